"""Lines of a text as the layout stages see them: hard breaks, break codes left by scrapers, indents inside a line."""

from __future__ import annotations

import re

#: Furniture that stands inside sentences: it neither ends one nor takes its line away.
INLINE_FURNITURE = frozenset({"footnote", "code"})

#: What a trimmed span never starts or ends with: white space, zero-width characters, byte-order marks.
BLANK = "".join(
    map(chr, [*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200E), 0x2028, 0x2029])
) + ("\u202f\u205f\u2060\u3000\ufeff\xad")

_LONG_LINE = 500
_MIN_HEADING = 2
_BREAK = re.compile(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+|(?:\\r\\n|\\[rn](?![A-Za-z]))+")
_WIDE_GAP = re.compile(r"[\u2002\u2003\u3000\xa0]{2,}")
_NUMBER_AHEAD = re.compile(
    r"\s?(?:第[一二三四五六七八九十百]{1,4}[章节条编]|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）])"
)
_CLOSED = frozenset("。！？：；…”）")


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space and invisible characters at either end; empty at ``start`` if nothing is left.

    >>> trim("  一、回顾 ", 0, 7)
    (2, 6)
    """
    piece = text[start:end].rstrip(BLANK)
    kept = piece.lstrip(BLANK)
    start = start + len(piece) - len(kept) if kept else start
    return start, start + len(kept)


def find_lines(text: str) -> list[tuple[int, int]]:
    r"""Non-empty lines as trimmed character spans, in order.

    A line ends at a line break, at a literal ``\r\n`` that a scraper left in the text, and at the wide indent of a new
    paragraph where a whole report was written into one line.

    >>> find_lines("一、回顾\n\n 完成投资3亿元。")
    [(0, 4), (7, 15)]
    """
    lines: list[tuple[int, int]] = []
    position = 0
    for mark in _BREAK.finditer(text):
        _add_paragraphs(text, position, mark.start(), lines)
        position = mark.end()
    _add_paragraphs(text, position, len(text), lines)
    return lines


def _add_paragraphs(text: str, start: int, end: int, lines: list[tuple[int, int]]) -> None:
    """Append the paragraphs of one line: cut at wide gaps that are indents rather than spaced-out names."""
    start, end = trim(text, start, end)
    if start == end:
        return
    is_long = end - start > _LONG_LINE
    position = start
    for gap in _WIDE_GAP.finditer(text, start, end):
        before = text[gap.start() - 2 : gap.start()].rstrip()[-1:]
        number = _NUMBER_AHEAD.match(text, position, gap.start())
        is_heading = number is not None and gap.start() - number.end() >= _MIN_HEADING
        if is_long or is_heading or before in _CLOSED or _NUMBER_AHEAD.match(text, gap.end(), end):
            a, b = trim(text, position, gap.start())
            if a < b:
                lines.append((a, b))
            position = gap.end()
    a, b = trim(text, position, end)
    if a < b:
        lines.append((a, b))
