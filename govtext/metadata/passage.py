"""Stretches of a report in which metadata are looked for, normalized one to one so that offsets hold in the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from govtext.numerals import FULL_WIDTH
from govtext.types import Found, Furniture

HEAD = 1500  # characters at the start in which a report says what it is
TAIL = 1500  # characters at the end in which it is signed
_SALUTATION = re.compile(r"各位(?:代表|委员|同志)|同志们")
_LITERAL_BREAKS = re.compile(r"(?:\\r|\\n){1,8}")
_LITERAL_SPACES = re.compile(r"&nbsp;|\?{2,99}")
_BLANKS = str.maketrans(dict.fromkeys("\u3000\xa0\u2002\u2003\u2009\u200b\ufeff\t", " ") | {"\r": "\n"})
_PLAIN = FULL_WIDTH | _BLANKS
_CHINESE_YEAR = re.compile(r"[一二][〇○零Ｏ一二三四五六七八九0-9]{3}(?=年)")
_YEAR_DIGITS = str.maketrans("〇○零Ｏ一二三四五六七八九", "0000123456789")


def normalize(text: str) -> str:
    """The text with plain digits, blanks and line breaks, each character at its place.

    >>> normalize("二〇二二年１月&nbsp;\\\\r\\\\n")
    '2022年1月      \\n\\n\\n\\n'
    """
    return _CHINESE_YEAR.sub(lambda m: m[0].translate(_YEAR_DIGITS), _without_scraps(text).translate(_PLAIN))


def _without_scraps(text: str) -> str:
    """The text with blanks and line breaks for what scrapers leave of them, each character at its place."""
    text = _LITERAL_BREAKS.sub(lambda m: "\n" * len(m[0]), text)
    return _LITERAL_SPACES.sub(lambda m: " " * len(m[0]), text)


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of normalized text; ``start`` is its offset in the report, None outside of it (a file name)."""

    text: str
    source: str
    start: int | None = None

    def found(self, value: str | int, start: int, end: int) -> Found:
        """A Found for ``self.text[start:end]``."""
        if self.start is None:
            return Found(value, self.source)
        return Found(value, self.source, self.start + start, self.start + end)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report without the blanks around it."""

    text: str
    start: int
    end: int
    is_furniture: bool


class ReportText:
    """A report's text, normalized (``text``), and its parts: head, opening, lines."""

    def __init__(self, text: str, *, furniture: Sequence[Furniture] = ()) -> None:
        self.text = normalize(text)
        self._original = text
        self._furniture = sorted((f.start, f.end) for f in furniture)
        salutation = _SALUTATION.search(self.text, 0, HEAD)
        self.opening_end = salutation.start() if salutation else min(len(self.text), 400)

    def passage(self, start: int, end: int, source: str = "text") -> Passage:
        """The stretch from ``start`` to ``end``."""
        return Passage(self.text[start:end], source, start)

    def written(self, start: int, end: int) -> str:
        """The text as written from ``start`` to ``end``, with plain blanks."""
        return _without_scraps(self._original[start:end]).translate(_BLANKS)

    @property
    def head(self) -> Passage:
        """The first HEAD characters, furniture included."""
        return self.passage(0, HEAD)

    @property
    def opening(self) -> Passage:
        """What stands before the salutation (or the first 400 characters)."""
        return self.passage(0, self.opening_end)

    def lines(self, start: int = 0, end: int | None = None) -> Iterator[Line]:
        """The lines that are not blank, in order."""
        end = len(self.text) if end is None else min(end, len(self.text))
        while start < end:
            stop = self.text.find("\n", start, end)
            stop = end if stop < 0 else stop
            line = self.text[start:stop]
            if stripped := line.strip():
                first = start + len(line) - len(line.lstrip())
                yield Line(stripped, first, first + len(stripped), self._is_furniture(first, first + len(stripped)))
            start = stop + 1

    def source_at(self, start: int, end: int) -> str:
        """``furniture`` where a stretch lies in page furniture, else ``text``."""
        return "furniture" if self._is_furniture(start, end) else "text"

    def _is_furniture(self, start: int, end: int) -> bool:
        i = bisect_right(self._furniture, (start, len(self.text))) - 1
        return i >= 0 and end <= self._furniture[i][1]
