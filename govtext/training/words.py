"""Trains the segmenter with pkuseg's trainer, lays its weights out for `govtext.words`, and scores segmentations."""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import srsly

from govtext.corpus.files import read_lines
from govtext.errors import DataError
from govtext.resources import read_table
from govtext.words import Segmenter
from govtext.words.crf import TAGS, Crf, Floats, Ints, Level

TOWNSHIPS = ("街道", "镇", "乡", "苏木")  # the other names of the table are zones, farms and parks: cut into words
PKUSEG_PARTS = 10  # pkuseg divides a round into that many parts and fails on fewer sentences


def read_segmented(path: str | Path) -> list[list[str]]:
    """Sentences of a segmented file in UTF-8: one sentence a line, words separated by white space.

    Raises DataError if the file cannot be read or holds no sentence.
    """
    sentences = [words for _, line in read_lines(Path(path)) if (words := line.split())]
    if not sentences:
        raise DataError(f"{path}: holds no sentence; one sentence a line is needed, words separated by spaces")
    return sentences


def train_segmenter(
    sentences: Iterable[Sequence[str]],
    *,
    out: str | Path | None = None,
    rounds: int = 10,
    prune: float = 0.0,
    lexicon: Iterable[str] = (),
) -> Segmenter:
    """Train a segmenter on segmented sentences with `spacy_pkuseg.train`.

    ``rounds`` passes are made over the data; features whose weights are all below ``prune`` are dropped. ``lexicon``
    becomes the segmenter's own list of words. With ``out`` the result is also written to that folder. The result depends on
    nothing but the arguments. Raises DataError if there is no sentence.

    >>> segmenter = train_segmenter([["经济", "发展"], ["发展", "经济"]] * 5, rounds=3)
    >>> segmenter.segment("经济发展")
    [(0, 2), (2, 4)]
    """
    lines = [" ".join(sentence) for sentence in sentences if sentence]
    if not lines:
        raise DataError("no sentence to train on; give one sentence a line, words separated by spaces")
    lines *= -(-PKUSEG_PARTS // len(lines))
    with tempfile.TemporaryDirectory() as folder:
        _run_pkuseg(lines, Path(folder), rounds)
        segmenter = Segmenter(read_pkuseg(folder, prune=prune), lexicon=lexicon)
    if out is not None:
        segmenter.to_disk(out)
    return segmenter


def train_words(
    gold: str | Path,
    reports: Iterable[str | Path],
    out: str | Path | None,
    *,
    held_out: str | Path | None = None,
    silver: int = 24_000,
    gold_weight: int = 4,
    rounds: int = 4,
    prune: float = 0.05,
    lexicon: Iterable[str] | None = None,
) -> Segmenter:
    """Train the segmenter that ships: on gold sentences and on silver ones made from raw reports; returns it.

    ``gold`` is a segmented file (see `read_segmented`), ``reports`` are texts in UTF-8, ``out`` is the folder written (None: none).
    ``silver`` sentences are drawn from the reports and segmented by the teacher of `govtext.training.silver`; every gold
    sentence counts ``gold_weight`` times. Sentences of the segmented file ``held_out`` are kept out of the silver data,
    so that it can serve for evaluation. ``rounds``, ``prune`` and ``lexicon`` are those of `train_segmenter`; the lexicon
    is `packaged_lexicon` if none is given.
    """
    from govtext.training.silver import make_silver

    sentences = read_segmented(gold)
    shut = ["".join(words) for words in read_segmented(held_out)] if held_out else []
    made = make_silver(sentences, map(Path, reports), limit=silver, exclude=shut)
    words = packaged_lexicon() if lexicon is None else lexicon
    return train_segmenter([*(sentences * gold_weight), *made], out=out, rounds=rounds, prune=prune, lexicon=words)


def packaged_lexicon() -> list[str]:
    """Words of three characters or more that the shipped segmenter never cuts: terms, and divisions with their suffix.

    The terms are those of ``data/lexicon.tsv``; its shorter ones are left to the model, since they also come about where
    two words meet.
    """
    names = {row["word"] for row in read_table("lexicon")}
    for row in read_table("places"):
        names.add(row["name"])
        townships = (entry[3:] for entry in (row["townships"] or "").split())
        names.update(name for name in townships if name.endswith(TOWNSHIPS))
    return sorted(name for name in names if len(name) > 2 and not name.endswith("特别行政区"))


def _run_pkuseg(lines: list[str], folder: Path, rounds: int) -> None:
    """Train pkuseg into ``folder``; its report of every round is not shown."""
    import spacy_pkuseg

    (folder / "train.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "probe.txt").write_text(lines[0] + "\n", encoding="utf-8")  # pkuseg wants a test file
    state = random.getstate()
    random.seed(0)  # pkuseg shuffles with the global generator
    with Path(os.devnull).open("w") as sink, contextlib.redirect_stdout(sink):
        spacy_pkuseg.train(str(folder / "train.txt"), str(folder / "probe.txt"), str(folder), train_iter=rounds)
    random.setstate(state)


def read_pkuseg(path: str | Path, *, prune: float = 0.0) -> Crf:
    """The weights of a trained pkuseg model in the layout of `govtext.words`.

    ``path`` is a folder with pkuseg's ``features.msgpack`` and ``weights.npz``. Features whose weights all lie within
    ``prune`` of zero are dropped. Raises DataError if the model does not use pkuseg's five tags.
    """
    features = srsly.read_msgpack(Path(path) / "features.msgpack")
    with np.load(Path(path) / "weights.npz", allow_pickle=False) as archive:
        weights = archive["w"].astype(np.float32)
    if sorted(features["tag_to_idx"]) != sorted(TAGS):
        raise DataError(f"the pkuseg model has the tags {sorted(features['tag_to_idx'])}, not {sorted(TAGS)}")
    order = [features["tag_to_idx"][tag] for tag in TAGS]
    index: dict[str, int] = features["feature_to_idx"]
    nodes = weights[: len(index) * len(TAGS)].reshape(-1, len(TAGS))[:, order]
    edges = weights[len(index) * len(TAGS) :].reshape(len(TAGS), len(TAGS)).T[np.ix_(order, order)]
    keep = np.abs(nodes).max(axis=1) > prune
    return _Layout({name: nodes[i] for name, i in index.items() if keep[i]}, nodes[0], edges).build()


class _Layout:
    """Sorts pkuseg's named features into the tables of `Crf`."""

    CHARS = {"c2": 0, "c1": 1, "c": 2, "c-1": 3, "c-2": 4}  # noqa: RUF012
    PAIRS = {"cc1": 0, "c-1c": 1, "c-2c-1": 2}  # noqa: RUF012
    WORDS = {"w1": 0, "w-1": 1}  # noqa: RUF012
    MEETS = {"ww.r": 0, "ww.l": 1}  # noqa: RUF012

    def __init__(self, weights: dict[str, Floats], bias: Floats, edges: Floats) -> None:
        self.bias, self.edges = bias, edges
        self.chars: dict[tuple[str, ...], dict[int, Floats]] = {}
        self.pairs: dict[tuple[str, ...], dict[int, Floats]] = {}
        self.words: dict[tuple[str, ...], dict[int, Floats]] = {}
        self.meets: dict[tuple[str, ...], dict[int, Floats]] = {}
        for name, row in weights.items():
            self._sort_in(name, row)

    def _sort_in(self, name: str, row: Floats) -> None:
        kind, _, rest = name.partition(".")
        if kind in self.CHARS:
            self.chars.setdefault((rest,), {})[self.CHARS[kind]] = row
        elif kind in self.PAIRS:
            self.pairs.setdefault(tuple(rest.split(".")), {})[self.PAIRS[kind]] = row
        elif kind in self.WORDS:
            self.words.setdefault(tuple(rest), {})[self.WORDS[kind]] = row
        elif kind == "ww":
            left, _, right = rest[2:].partition("*")
            self.meets.setdefault((left, right), {})[self.MEETS[name[:4]]] = row
            self.words.setdefault(tuple(left), {})
            self.words.setdefault(tuple(right), {})

    def build(self) -> Crf:
        """The finished tables."""
        from spacy_pkuseg.feature_extractor import FeatureExtractor

        names = {key for table in (self.chars, self.pairs, self.words) for path in table for key in path}
        number = {name: i for i, name in enumerate(sorted(names), 1)}
        symbols = np.zeros(0x10000, dtype=np.uint16)
        for code in range(0x10000):
            if not 0xD800 <= code < 0xE000:
                symbols[code] = number.get(next(FeatureExtractor.normalize_text(chr(code))), 0)
        levels, words = self._trie(number)
        row = {path: i for i, path in enumerate(words)}
        meets = {row[tuple(a)] * len(words) + row[tuple(b)]: w for (a, b), w in self.meets.items()}
        pairs = sorted(self.pairs, key=lambda path: [number[name] for name in path])
        return Crf(
            symbols=symbols,
            bias=self.bias,
            transitions=self.edges,
            chars=_table([{}, *(self.chars.get((name,), {}) for name in sorted(names))], 5),
            levels=levels,
            pairs=_table([self.pairs[path] for path in pairs], 3),
            words=_table([self.words[path] for path in words], 2),
            meet_keys=np.array(sorted(meets), dtype=np.int64),
            meets=_table([meets[key] for key in sorted(meets)], 2),
        )

    def _trie(self, number: dict[str, int]) -> tuple[tuple[Level, ...], list[tuple[str, ...]]]:
        """The levels from the second on, and the words in the order of their rows."""
        size = len(number) + 1
        node: dict[tuple[str, ...], int] = {(name,): i for name, i in number.items()}
        levels: list[Level] = []
        words: list[tuple[str, ...]] = []
        pairs = 0
        for depth in range(2, 1 + max((len(path) for path in self.words), default=2)):
            paths = {path[:depth] for path in self.words if len(path) >= depth}
            paths |= {path for path in self.pairs if len(path) == depth}
            keys = {path: node[path[:-1]] * size + number[path[-1]] for path in paths}
            order = sorted(paths, key=keys.__getitem__)
            node = {path: i for i, path in enumerate(order)}
            pair, pairs = _rows([path in self.pairs for path in order], pairs)
            word, _ = _rows([path in self.words for path in order], len(words))
            words += [path for path in order if path in self.words]
            levels.append(Level(np.array([keys[path] for path in order], dtype=np.int64), pair, word))
        return tuple(levels), words


def _rows(present: list[bool], first: int) -> tuple[Ints, int]:
    """Rows counted on from ``first`` where something is present, -1 elsewhere; and the next row."""
    mask = np.array(present, dtype=bool)
    return np.where(mask, first + np.cumsum(mask) - 1, -1), first + int(mask.sum())


def _table(rows: list[dict[int, Floats]], width: int) -> Floats:
    table = np.zeros((len(rows), width, len(TAGS)), dtype=np.float32)
    for i, row in enumerate(rows):
        for k, weights in row.items():
            table[i, k] = weights
    return table


@dataclass(frozen=True, slots=True)
class WordScores:
    """Precision, recall and F of whole words, and the recall of words not in the training vocabulary; all 0 to 1."""

    p: float
    r: float
    f: float
    oov_recall: float | None


def evaluate_segmenter(
    gold: Iterable[Sequence[str]], segmenter: Segmenter, *, vocabulary: Iterable[str] = ()
) -> WordScores:
    """Score a segmenter on gold sentences; a word counts as right when both of its edges are.

    ``vocabulary`` holds the words of the training data; without it, or if gold has no new word, ``oov_recall`` is None.
    """
    return evaluate_cuts(
        gold, lambda text: [text[start:end] for start, end in segmenter.segment(text)], vocabulary=vocabulary
    )


def evaluate_cuts(
    gold: Iterable[Sequence[str]], cut: Callable[[str], Sequence[str]], *, vocabulary: Iterable[str] = ()
) -> WordScores:
    """Score any function that cuts a text into its words, as `evaluate_segmenter` does."""
    known = set(vocabulary)
    right = wanted = given = new = new_right = 0
    for sentence in gold:
        spans = list(_spans(sentence))
        found = set(_spans(cut("".join(sentence))))
        right += len(found.intersection(spans))
        wanted += len(spans)
        given += len(found)
        unseen = [span for word, span in zip(sentence, spans, strict=True) if known and word not in known]
        new += len(unseen)
        new_right += len(found.intersection(unseen))
    p, r = right / max(given, 1), right / max(wanted, 1)
    f = 2 * p * r / (p + r) if right else 0.0
    return WordScores(p, r, f, new_right / new if new else None)


def _spans(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for word in words:
        yield start, start + len(word)
        start += len(word)
