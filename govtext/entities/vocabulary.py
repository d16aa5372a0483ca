"""Texts to the ids that a model reads: one id a character, and word pieces tied to their characters."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from govtext.entities.encoder import Arrays
from govtext.entities.word_marks import NO_WORD, Marks

Ids = NDArray[np.int64]

UNSEEN = -1
PADDING, UNKNOWN, SPACE, FIRST, LAST = range(5)
SPECIALS = ("[PAD]", "[UNK]", "[SPACE]", "[FIRST]", "[LAST]")
FULL_WIDTH = range(0xFF01, 0xFF5F)


def normalize(char: str) -> str:
    """One character as the vocabulary knows it: full-width ASCII to half width, Latin letters in lower case.

    >>> [normalize(c) for c in "（Ａ镇"]
    ['(', 'a', '镇']
    """
    if ord(char) in FULL_WIDTH:
        char = chr(ord(char) - 0xFEE0)
    return char.lower() if len(char.lower()) == 1 else char


class Characters:
    """Ids of characters; every text gets exactly one id a character, so that offsets hold.

    With ``words`` the model reads the marks of words too.

    >>> Characters("京县").ids("县 ?")
    [6, 2, 1]
    """

    lead = 1

    def __init__(self, characters: Iterable[str], *, words: bool = False) -> None:
        self.characters = tuple(characters)
        self.words = words
        self._ids = {char: len(SPECIALS) + i for i, char in enumerate(self.characters)}
        self._table = np.full(sys.maxunicode + 1, UNSEEN, np.int32)  # by code point, filled as characters are met

    def __len__(self) -> int:
        return len(SPECIALS) + len(self.characters)

    def ids(self, text: str) -> list[int]:
        """One id a character."""
        found: list[int] = self._array(text).tolist()
        return found

    def _array(self, text: str) -> Ids:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        found = self._table[codes]
        if found.size and found.min() == UNSEEN:
            for char in set(text):
                self._table[ord(char)] = self._id(char)
            found = self._table[codes]
        return found.astype(np.int64)

    def _id(self, char: str) -> int:
        return SPACE if char.isspace() else self._ids.get(normalize(char), self._ids.get(char, UNKNOWN))

    def __call__(self, texts: Sequence[str], words: Sequence[Marks] | None = None) -> Arrays:
        """``ids``: each text between FIRST and LAST, padded; and ``words``, where the model reads them (none are like no words)."""
        lengths = np.fromiter(map(len, texts), np.intp, len(texts))
        table = np.full((len(texts), int(lengths.max()) + 2), PADDING, np.int64)
        inside = np.arange(-1, table.shape[1] - 1) < lengths[:, None]
        inside[:, 0] = False
        table[inside] = self._array("".join(texts))
        table[:, 0] = FIRST
        table[np.arange(len(texts)), lengths + 1] = LAST
        return {"ids": table, **({"words": _marks(inside, words)} if self.words else {})}


class Pieces:
    """Word pieces of a unigram language model, and for every character the piece that it stands in.

    ``scores`` are log probabilities. The first piece ids are first, padding, last and unknown. With ``words`` the model reads the
    marks of words too.

    >>> pieces = Pieces(["<s>", "<pad>", "</s>", "<unk>", "▁", "青", "青石", "县"], [0, 0, 0, 0, -1, -4, -5, -2])
    >>> pieces.cut("青石县")
    ([0, 4, 6, 7, 2], [2, 2, 3], [0, 1, 0])
    """

    lead = 0
    longest = 8

    def __init__(
        self,
        pieces: Sequence[str],
        scores: Sequence[float],
        characters: Characters | None = None,
        *,
        words: bool = False,
    ) -> None:
        self.pieces, self.scores, self.words = tuple(pieces), tuple(scores), words
        self.characters = characters or Characters("")
        self._known = {piece: (i, score) for i, (piece, score) in enumerate(zip(pieces, scores, strict=True)) if i > 3}
        self._unknown = min(score for _, score in self._known.values()) - 10

    def cut(self, text: str) -> tuple[list[int], list[int], list[int]]:
        """Piece ids, for each character the index of its piece, and its place inside the piece (at most 3)."""
        marked = "▁" + "".join("▁" if char.isspace() else _compatible(char) for char in text)
        ids, piece_of, place = [0], [0] * len(text), [0] * len(text)
        for number, (piece, start, end) in enumerate(self._best(marked), 1):
            ids.append(piece)
            first = max(start, 1)
            for i in range(first, end):
                piece_of[i - 1], place[i - 1] = number, min(3, i - first)
        return [*ids, 2], piece_of, place

    def _best(self, text: str) -> list[tuple[int, int, int]]:
        """The most probable pieces (id, start, end) that make up the text."""
        size, known = len(text), self._known
        best = [0.0] + [float("-inf")] * size
        back: list[tuple[int, int]] = [(3, 0)] * (size + 1)
        for i in range(size):
            here = best[i]
            for end in range(i + 1, min(size, i + self.longest) + 1):
                found = known.get(text[i:end])
                if found is not None and here + found[1] > best[end]:
                    best[end], back[end] = here + found[1], (found[0], i)
            if here + self._unknown > best[i + 1]:
                best[i + 1], back[i + 1] = here + self._unknown, (3, i)
        cuts, end = [], size
        while end:
            piece, start = back[end]
            cuts.append((piece, start, end))
            end = start
        return cuts[::-1]

    def __call__(self, texts: Sequence[str], words: Sequence[Marks] | None = None) -> Arrays:
        """``pieces``, and for each character ``piece_of``, ``place``, ``ids`` and, where the model reads them, ``words``, all padded."""
        cuts = [self.cut(text) for text in texts]
        lengths = np.fromiter(map(len, texts), np.intp, len(texts))
        inside = np.arange(int(lengths.max())) < lengths[:, None]
        return {
            "pieces": _padded([ids for ids, _, _ in cuts], 1),
            "piece_of": _padded([piece_of for _, piece_of, _ in cuts], 0),
            "place": _padded([place for _, _, place in cuts], 0),
            "ids": _padded([self.characters.ids(text) for text in texts], PADDING),
            **({"words": _marks(inside, words)} if self.words else {}),
        }


def _compatible(char: str) -> str:
    """The compatibility form of a character where that is one character too (full width to half width, ① to 1)."""
    form = unicodedata.normalize("NFKC", char)
    return form if len(form) == 1 else char


def _marks(inside: NDArray[np.bool_], words: Sequence[Marks] | None) -> Ids:
    """The marks of texts at their places in a padded table; without words they say that there is none."""
    table = np.full(inside.shape, NO_WORD, np.int64)
    if words is not None:
        table[inside] = np.concatenate(words)
    return table


def _padded(rows: Sequence[Sequence[int]], value: int) -> Ids:
    table = np.full((len(rows), max(map(len, rows))), value, np.int64)
    for row, ids in zip(table, rows, strict=True):
        row[: len(ids)] = ids
    return table
