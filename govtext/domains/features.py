"""Turns texts into sparse rows of character n-grams, many texts at once, with numpy alone."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]
KeyArray = npt.NDArray[np.uint64]

CHAR_BITS = 14  # four characters fit into one 64-bit key; codes are never 0, so keys of different lengths differ
MAX_CHARS = (1 << CHAR_BITS) - 2
OUTSIDE, UNKNOWN, FIRST = 0, 1, 2  # outside the text, a character never seen, the first known character
_NO_START = np.uint64(
    1 << CHAR_BITS + 1
)  # in place of OUTSIDE: no n-gram with it is the key of another, not even at its beginning
TABLE_BITS = 21
BATCH = 200_000  # characters looked up at once: small enough to sort in the cache
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def normalise(text: str) -> str:
    """The text as the features see it: half-width, lower case, every digit 0, one character for one.

    >>> normalise("２０２１年，GDP增长8%")
    '0000年,gdp增长0%'
    """
    return text.translate(_FOLD)


class _Fold(dict[int, str]):
    """Character map that is filled as characters turn up."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = unicodedata.normalize("NFKC", char)
        folded = (plain if len(plain) == 1 else char).lower()
        folded = folded if len(folded) == 1 else char
        result = "0" if folded.isdecimal() else " " if folded.isspace() else folded
        self[code] = result
        return result


_FOLD = _Fold()


class _FoldTable:
    """``_FOLD`` as an array over all code points, filled as characters turn up."""

    def __init__(self) -> None:
        self._folded = np.full(0x110000, -1, dtype=np.int32)
        self._folded[0] = 0  # stands between texts

    def __call__(self, points: npt.NDArray[np.uint32]) -> npt.NDArray[np.int32]:
        """The code points as the features see them."""
        folded = self._folded[points]
        if (folded < 0).any():
            for point in np.unique(points[folded < 0]).tolist():
                self._folded[point] = ord(_FOLD[point])
            folded = self._folded[points]
        return folded


_fold = _FoldTable()


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: row ``i`` has ``columns[starts[i]:starts[i + 1]]`` with the same slice of ``values``."""

    starts: IntArray
    columns: IntArray
    values: FloatArray

    def __len__(self) -> int:
        return len(self.starts) - 1

    def row(self, i: int) -> Iterator[tuple[int, float]]:
        """Columns and values of one row."""
        part = slice(self.starts[i], self.starts[i + 1])
        yield from zip(self.columns[part].tolist(), self.values[part].tolist(), strict=True)

    def dot(self, weights: FloatArray, *, chunk: int = 200_000) -> FloatArray:
        """The product with a dense matrix, in chunks that stay in the cache."""
        result = np.zeros((len(self), weights.shape[1]), dtype=np.float32)
        filled = np.flatnonzero(np.diff(self.starts))
        begins, ends = self.starts[filled], self.starts[filled + 1]
        at = 0
        while at < len(filled):
            to = max(at + 1, int(np.searchsorted(ends, begins[at] + chunk, side="right")))
            part = slice(begins[at], ends[to - 1])
            terms = weights.take(self.columns[part], axis=0)
            terms *= self.values[part, None]
            result[filled[at:to]] = np.add.reduceat(terms, begins[at:to] - begins[at], axis=0)
            at = to
        return result


class NgramVocabulary:
    """The character n-grams a model knows, each with its inverse document frequency.

    A row holds ``(1 + log count) · idf`` of each known n-gram of the text, scaled to length 1.

    >>> known = NgramVocabulary.from_texts(["新建公路", "新建学校"], max_size=3, min_count=2)
    >>> sorted(known.ngrams())
    ['建', '新', '新建']
    >>> rows = known.rows(["新建医院", ""])
    >>> sorted(known.ngram(column) for column, _ in rows.row(0)), list(rows.row(1))
    (['建', '新', '新建'], [])
    """

    def __init__(self, chars: str, keys: KeyArray, idf: FloatArray, *, orders: Sequence[int] = (1, 2, 3, 4)) -> None:
        self.chars, self.keys, self.idf, self.orders = chars, keys, idf, tuple(orders)
        self._codes = np.full(0x110000, UNKNOWN, dtype=np.uint16)
        self._codes[[ord(c) for c in chars]] = np.arange(FIRST, FIRST + len(chars), dtype=np.uint16)
        self._table = np.full(1 << TABLE_BITS, -1, dtype=np.int32)
        self._table[_address(keys)[::-1]] = np.arange(len(keys) - 1, -1, -1, dtype=np.int32)
        self._in_slot = np.append(keys, np.uint64(0))  # the last is that of an empty place, -1, and no n-gram's

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def fingerprint(self) -> str:
        """Tells vocabularies that give the same rows from others."""
        words = f"{self.chars}{self.orders}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(words + self.keys.tobytes() + self.idf.tobytes()).hexdigest()

    @classmethod
    def from_texts(
        cls,
        texts: Iterable[str],
        *,
        max_size: int | None = None,
        min_count: int = 2,
        orders: Sequence[int] = (1, 2, 3, 4),
    ) -> NgramVocabulary:
        """The n-grams that stand in at least ``min_count`` of the texts, the most frequent ``max_size`` of them.

        Texts that occur several times count once. Two n-grams that fall on one place of the look-up table cannot both stay;
        the more frequent one does.
        """
        texts = sorted(set(texts))
        chars = "".join(sorted({c for text in texts for c in normalise(text)})[:MAX_CHARS])
        empty = np.empty(0)
        reader = cls(chars, empty.astype(np.uint64), empty.astype(np.float32), orders=orders)
        found = [_once_per_text(owners, keys) for owners, keys in reader._keys(texts)]
        keys, counts = np.unique(np.concatenate(found) if found else empty.astype(np.uint64), return_counts=True)
        keep = counts >= min_count
        keys, counts = keys[keep], counts[keep]
        order = np.lexsort((keys, -counts))
        _, first = np.unique(_address(keys[order]), return_index=True)
        chosen = order[np.sort(first)[:max_size]]
        idf = np.log((1 + len(texts)) / (1 + counts[chosen])) + 1
        return cls(chars, keys[chosen], idf.astype(np.float32), orders=orders)

    def subset(self, columns: IntArray) -> NgramVocabulary:
        """The vocabulary with only these columns, in the order given."""
        return NgramVocabulary(self.chars, self.keys[columns], self.idf[columns], orders=self.orders)

    def ngram(self, column: int) -> str:
        """The n-gram of a column, as the features see it (see ``normalise``)."""
        key, result = int(self.keys[column]), []
        while key:
            code = key & ((1 << CHAR_BITS) - 1)
            result.append(self.chars[code - FIRST] if code >= FIRST else "\ufffd")
            key >>= CHAR_BITS
        return "".join(reversed(result))

    def surface(self, column: int, text: str) -> str:
        """The n-gram of a column as it is first written in the text."""
        ngram = self.ngram(column)
        at = normalise(text).find(ngram)
        return text[at : at + len(ngram)] if at >= 0 else ngram

    def ngrams(self) -> list[str]:
        """All n-grams, by column."""
        return [self.ngram(i) for i in range(len(self))]

    def rows(self, texts: Sequence[str]) -> Rows:
        """One sparse row of length 1 for every text; a text without known n-grams has an empty row."""
        owners, columns, values = [], [], []
        for first, batch in _batches(texts):
            codes, owner = self._encode(batch)
            codes[codes == OUTSIDE] = _NO_START
            found = []
            for keys in self._windows(codes):
                slots = self._table[_address(keys)]
                known = np.flatnonzero(self._in_slot[slots] == keys)
                found.append(((owner[known] + first) << np.int64(32)) | slots[known])
            places, counts = np.unique(np.concatenate(found), return_counts=True)
            owners.append(places >> np.int64(32))
            columns.append(places & np.int64(0xFFFFFFFF))
            values.append((1 + np.log(counts.astype(np.float32))) * self.idf[columns[-1]])
        owner = np.concatenate(owners) if owners else np.empty(0, dtype=np.int64)
        column = np.concatenate(columns) if columns else np.empty(0, dtype=np.int64)
        value = np.concatenate(values) if values else np.empty(0, dtype=np.float32)
        norm = np.sqrt(np.bincount(owner, weights=np.square(value, dtype=np.float64), minlength=len(texts)))
        value = (value / norm[owner]).astype(np.float32)
        starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(texts)))]).astype(np.int64)
        return Rows(starts, column, value)

    def _keys(self, texts: Sequence[str]) -> Iterator[tuple[IntArray, KeyArray]]:
        """Number of the text and key of every n-gram, batch by batch."""
        for first, batch in _batches(texts):
            codes, owners = self._encode(batch)
            ends = np.flatnonzero(np.append(codes, np.uint64(OUTSIDE)) == OUTSIDE)
            left = ends[np.searchsorted(ends, np.arange(len(codes)))] - np.arange(
                len(codes)
            )  # up to the end of the text
            found = [
                (owners[left >= n] + first, keys[left >= n])
                for n, keys in zip(sorted(self.orders), self._windows(codes), strict=True)
            ]
            yield np.concatenate([o for o, _ in found]), np.concatenate([k for _, k in found])

    def _windows(self, codes: KeyArray) -> Iterator[KeyArray]:
        """The key of the n-gram that begins at every character, for each order; some reach beyond the end of their text."""
        padded = np.concatenate([codes, np.zeros(max(self.orders), dtype=np.uint64)])
        key = np.zeros(len(codes), dtype=np.uint64)
        for n in range(1, max(self.orders) + 1):
            key = (key << np.uint64(CHAR_BITS)) | padded[n - 1 : n - 1 + len(codes)]
            if n in self.orders:
                yield key

    def _encode(self, texts: Sequence[str]) -> tuple[KeyArray, IntArray]:
        """Character codes of all texts with a gap after each, and the number of the text each belongs to."""
        lengths = np.fromiter((len(t) + 1 for t in texts), dtype=np.int64, count=len(texts))
        joined = "\0".join([*texts, ""])
        points = _fold(np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32))
        codes = np.where(points == 0, np.uint16(OUTSIDE), self._codes[points]).astype(np.uint64)
        return codes, np.repeat(np.arange(len(texts), dtype=np.int64), lengths)


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Slices of the texts of about BATCH characters, each with the number of its first text."""
    start = size = 0
    for i, text in enumerate(texts):
        if size and size + len(text) > BATCH:
            yield start, texts[start:i]
            start, size = i, 0
        size += len(text) + 1
    if start < len(texts):
        yield start, texts[start:]


def _address(keys: KeyArray) -> KeyArray:
    """Place of each key in the look-up table (multiplicative hashing)."""
    addresses: KeyArray = (keys * _MULTIPLIER) >> np.uint64(64 - TABLE_BITS)
    return addresses


def _once_per_text(owners: IntArray, keys: KeyArray) -> KeyArray:
    """The keys without those that repeat within one text."""
    distinct, number = np.unique(keys, return_inverse=True)
    pairs = np.unique((owners << np.int64(32)) | number)
    kept: KeyArray = distinct[pairs & np.int64(0xFFFFFFFF)]
    return kept
