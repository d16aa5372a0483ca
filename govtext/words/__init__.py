"""Cuts text into words by the word standard: the user's words, a lexicon, exact rules, and a trained model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import compress
from pathlib import Path

import numpy as np
import srsly
from numpy.typing import NDArray

from govtext.errors import ModelError
from govtext.words.crf import B_SINGLE, GAP, I_END, I_FIRST, INSIDE, B, Crf, Floats, Ints, decode
from govtext.words.lexicon import WordList
from govtext.words.patterns import find_exact_words, holds_exact_words, punctuation

__all__ = ["Segmenter"]

BLOCK = 100_000  # characters decoded at once: bounds the memory
FREE = -1  # tag of a character that the model decides
_FORBIDDEN = np.float32(-1e6)
_IS_SPACE = np.array([chr(code).isspace() for code in range(0x3002)])  # by code point; there is none behind


class Segmenter:
    """Words of a text as character offsets: user words first, then the lexicon, exact rules, and the trained model.

    ``lexicon`` holds words that belong to the model, ``words`` those of the user, which win over everything else.
    Without a lexicon, ``rules=False`` gives the words of pkuseg itself for the same weights.
    """

    def __init__(self, crf: Crf, *, lexicon: Iterable[str] = (), words: Iterable[str] = (), rules: bool = True) -> None:
        self.crf = crf
        self.lexicon = WordList(lexicon)
        self.words = WordList(words)
        self.rules = rules

    def add_words(self, words: Iterable[str]) -> None:
        """Make every one of ``words`` one word wherever it stands in a text.

        Of two words that overlap in the text the longer one wins, then the first. A match that would cut a number or a
        Latin word in two is none. Raises DataError for a word with white space inside.
        """
        self.words.add(words)

    def segment(self, text: str) -> list[tuple[int, int]]:
        """Offsets of the words in ``text``: in order, without overlap, covering all that is not white space."""
        return list(zip(*self.offsets(text).T.tolist(), strict=True))

    def offsets(self, text: str) -> Ints:
        """The same as an array: a row of start and end for each word."""
        found = [np.stack(self._segment_block(block), axis=1) + offset for offset, block in _blocks(text)]
        return np.concatenate(found) if found else np.empty((0, 2), np.int64)

    def _segment_block(self, text: str) -> tuple[Ints, Ints]:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        at = np.flatnonzero(~_IS_SPACE[np.minimum(codes, len(_IS_SPACE) - 1)])  # what is not white space
        if not len(at):
            return at, at
        first = np.diff(at, prepend=-2) > 1  # opens a stretch without white space
        slots = np.arange(len(at)) + GAP * (np.cumsum(first) - 1)
        tags = np.full(slots[-1] + 1 + GAP, -2, dtype=np.int8)
        tags[slots] = self._fixed_tags(text, codes)[at]
        symbols = np.zeros(len(tags), dtype=np.int64)
        symbols[slots] = np.where(codes[at] < 0x10000, self.crf.symbols[np.minimum(codes[at], 0xFFFF)], 0)
        self._decode_free(symbols, tags)
        opens = first | (tags[slots] == B) | (tags[slots] == B_SINGLE)
        heads = np.flatnonzero(opens)
        return at[heads], at[np.append(heads[1:], len(at)) - 1] + 1

    def _fixed_tags(self, text: str, codes: NDArray[np.uint32]) -> NDArray[np.int8]:
        """Tags of the characters that words and rules decide, FREE for the others."""
        tags = np.full(len(codes), FREE, dtype=np.int8)
        spans = self.words.find(text)
        spans = sorted(spans + [span for lo, hi in _gaps(spans, len(text)) for span in self.lexicon.find(text, lo, hi)])
        if self.rules:
            tags[punctuation(codes)] = B_SINGLE
            gaps = list(_gaps(spans, len(text)))
            gaps = list(compress(gaps, holds_exact_words(codes, gaps)))
            spans += [span for lo, hi in gaps for span in find_exact_words(text, lo, hi)]
        if spans:
            _tag_words(tags, np.array(spans))
        return tags

    def _decode_free(self, symbols: Ints, tags: NDArray[np.int8]) -> None:
        """Fill in the free tags, each stretch of them between the fixed tags on its two sides."""
        free = tags == FREE
        starts, ends = _runs(free)
        scores, transitions = self.crf.scores(symbols), self.crf.transitions
        _tie_ends(scores, transitions, tags, starts, ends)
        tags[free] = decode(scores, transitions, starts, ends)[free]

    def to_bytes(self) -> bytes:
        """The model, its lexicon and the user words, without pickled objects."""
        state = {
            "crf": self.crf.to_bytes(),
            "lexicon": list(self.lexicon),
            "words": list(self.words),
            "rules": self.rules,
        }
        data: bytes = srsly.msgpack_dumps(state)
        return data

    @classmethod
    def from_bytes(cls, data: bytes) -> Segmenter:
        """Read what `to_bytes` wrote; raises ModelError if the bytes are damaged."""
        try:
            state = srsly.msgpack_loads(data)
            return cls(Crf.from_bytes(state.pop("crf")), **state)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError("these are not the bytes of a segmenter; save it again with to_bytes") from error

    def to_disk(self, path: str | Path) -> None:
        """Write the folder ``path``, made if missing: ``crf.npz``, ``lexicon.txt``, ``words.txt``, ``settings.json``."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "crf.npz").write_bytes(self.crf.to_bytes())
        for name, words in (("lexicon", self.lexicon), ("words", self.words)):
            (folder / f"{name}.txt").write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
        srsly.write_json(folder / "settings.json", {"rules": self.rules})

    @classmethod
    def from_disk(cls, path: str | Path) -> Segmenter:
        """Read what `to_disk` wrote; raises ModelError if a file is missing or damaged."""
        folder = Path(path)
        try:
            weights = (folder / "crf.npz").read_bytes()
            lexicon = (folder / "lexicon.txt").read_text(encoding="utf-8").split()
            words = (folder / "words.txt").read_text(encoding="utf-8").split()
            rules = bool(srsly.read_json(folder / "settings.json")["rules"])
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"no segmenter in {folder}; train one with  govtext train words") from error
        return cls(Crf.from_bytes(weights), lexicon=lexicon, words=words, rules=rules)


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """The text in blocks that end at a line break; a longer line is cut after a full stop, or anywhere."""
    start = 0
    while start < len(text):
        limit = start + BLOCK
        end = len(text) if limit >= len(text) else text.rfind("\n", start, limit) + 1
        end = end or text.rfind("。", start, limit) + 1 or limit
        yield start, text[start:end]
        start = end


def _gaps(spans: list[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """What lies between the spans."""
    last = 0
    for start, end in spans:
        if start > last:
            yield last, start
        last = end
    if size > last:
        yield last, size


def _tag_words(tags: NDArray[np.int8], spans: Ints) -> None:
    """Write the tags of the words ``spans`` (rows of start and end) into ``tags``."""
    starts, ends = spans[:, 0], spans[:, 1]
    lengths = ends - starts
    depth = np.zeros(len(tags) + 1, dtype=np.int64)
    np.add.at(depth, starts, 1)
    np.add.at(depth, ends, -1)
    tags[np.cumsum(depth[:-1]) > 0] = INSIDE
    tags[(starts + 1)[lengths > 2]] = I_FIRST
    tags[ends - 1] = I_END
    tags[starts] = np.where(lengths == 1, B_SINGLE, B)


def _runs(mask: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Starts and ends of the stretches where the mask is set."""
    edges = np.diff(mask.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def _tie_ends(scores: Floats, transitions: Floats, tags: NDArray[np.int8], starts: Ints, ends: Ints) -> None:
    """Let the fixed tags beside each stretch count in the scores of its first and last character."""
    before = np.where(starts > 0, tags[starts - 1], -2)
    tied = starts[before >= 0]
    scores[tied] += transitions[before[before >= 0]]
    scores[tied[:, None], [INSIDE, I_END, I_FIRST]] += _FORBIDDEN
    after = tags[np.minimum(ends, len(tags) - 1)]
    scores[ends[after >= 0] - 1] += transitions[:, after[after >= 0]].T
