"""User words and where they stand in a text: longest match, honoured exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from govtext.errors import DataError

_ALNUM = re.compile("[0-9A-Za-z]")


class WordList:
    """A set of words with a fast search for all of their matches.

    Words are kept by their first two characters (by the one, for a word of one character), each with the lengths that
    occur, longest first: a position of the text costs one look-up unless a word may start there.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words: set[str] = set()
        self._lengths: dict[str, list[int]] = {}
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
            lengths = self._lengths.setdefault(word[:2], [])
            if len(word) not in lengths:
                lengths.append(len(word))
                lengths.sort(reverse=True)

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
        if not words:
            return
        for at, (char, following) in enumerate(zip(text[start:end], text[start + 1 : end] + "\n", strict=False), start):
            for length in lengths.get(char + following, ()):
                if at + length <= end and text[at : at + length] in words:
                    yield at, at + length
            if char in lengths:
                yield at, at + 1


def _cuts_run(text: str, start: int, end: int) -> bool:
    return _same_run(text, start) or _same_run(text, end)


def _same_run(text: str, cut: int) -> bool:
    """Whether the characters on both sides of ``cut`` are Latin letters, or are digits."""
    if not 0 < cut < len(text):
        return False
    left, right = text[cut - 1], text[cut]
    return bool(_ALNUM.match(left) and _ALNUM.match(right)) and left.isdigit() == right.isdigit()
