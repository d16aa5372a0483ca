"""User words and where they stand in a text: longest match, honoured exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from govtext.errors import DataError

OPENINGS = 1 << 20  # slots of the table of openings
_ALNUM = re.compile("[0-9A-Za-z]")


class WordList:
    """A set of words with a fast search for all of their matches.

    Words are kept by their first two characters (by the one, for a word of one character), each with the lengths that
    occur, longest first. Where a word may start is looked up for the whole text at once, in a table of hashed openings.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words: set[str] = set()
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._openings = np.zeros(OPENINGS, np.bool_)
        self._has_short = False
        self.add(words)

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, word: object) -> bool:
        return word in self._words

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._words))

    def add(self, words: Iterable[str]) -> None:
        """Add words; white space around a word is dropped, a word with white space inside raises DataError."""
        for raw in words:
            word = raw.strip()
            if not word:
                continue
            if len(word.split()) > 1:
                raise DataError(f"a word cannot hold white space: {word!r}; give its parts as words of their own")
            self._words.add(word)
            self._has_short |= len(word) == 1
            lengths = self._lengths.get(word[:2], ())
            if len(word) not in lengths:
                self._lengths[word[:2]] = tuple(sorted((*lengths, len(word)), reverse=True))
        self._openings[_hashes("".join(opening for opening in self._lengths if len(opening) == 2))[::2]] = True

    def find(self, text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
        """Offsets of the words in ``text[start:end]``, in order and without overlap: the longer wins, then the first.

        A match may not cut a run of digits or Latin letters: ``AI`` is not found in ``MAIN``, nor ``G3`` in ``G319``.

        >>> WordList(["长沙", "长沙县", "县大数据中心"]).find("长沙县大数据中心")
        [(0, 2), (2, 8)]
        """
        end = len(text) if end is None else end
        matches = [span for span in self._matches(text, start, end) if not _cuts_run(text, *span)]
        matches.sort(key=lambda span: (span[0] - span[1], span[0]))
        taken = bytearray(end - start)
        chosen = []
        for first, last in matches:
            if not (
                taken[first - start] or taken[last - 1 - start]
            ):  # longer words come first: none can lie inside this one
                taken[first - start : last - start] = b"\x01" * (last - first)
                chosen.append((first, last))
        return sorted(chosen)

    def _matches(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        lengths, words = self._lengths, self._words
        for at in self._starts(text, start, end):
            for length in lengths.get(text[at : at + 2], ()):
                if at + length <= end and text[at : at + length] in words:
                    yield at, at + length
            if self._has_short and text[at] in words:
                yield at, at + 1

    def _starts(self, text: str, start: int, end: int) -> Iterable[int]:
        """Where a word may start."""
        if self._has_short:
            return range(start, end)
        if not self._words:
            return ()
        starts: list[int] = (np.flatnonzero(self._openings[_hashes(text[start:end])]) + start).tolist()
        return starts


def _hashes(text: str) -> NDArray[np.uint32]:
    """A number for each two neighbouring characters; different pairs may share one."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return (codes[:-1] * np.uint32(8191) + codes[1:]) % np.uint32(OPENINGS)


def _cuts_run(text: str, start: int, end: int) -> bool:
    return _same_run(text, start) or _same_run(text, end)


def _same_run(text: str, cut: int) -> bool:
    """Whether the characters on both sides of ``cut`` are Latin letters, or are digits."""
    if not 0 < cut < len(text):
        return False
    left, right = text[cut - 1], text[cut]
    return bool(_ALNUM.match(left) and _ALNUM.match(right)) and left.isdigit() == right.isdigit()
