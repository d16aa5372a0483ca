"""Joins the wrapped lines of printed pages to paragraphs, and marks page numbers and running headers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from govtext.formats.layout import LayoutBuilder

_PAGE_NUMBER = re.compile(
    r"[-—–·\s]{0,6}(?:第\s{0,3})?(?:\d{1,4}|[ivxlc]{1,6})(?:\s{0,3}页)?(?:\s{0,3}[/,，共]\s{0,3}(?:共\s{0,3})?\d{1,4}(?:\s{0,3}页)?)?[-—–·\s]{0,6}"
)
_SENTENCE_END = re.compile(r"[。！？：；!?:;][”’」』）)]{0,2}$")
_ITEM = re.compile(
    r"[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十\d]{1,3}[）)]|\d{1,2}[.．、](?!\d)"
    r"|第[一二三四五六七八九十百\d]{1,4}[章节条部]|[①-⑳●■◆•]|[—–-]{2}|[一二三四五六七八九十]是"
)
_LATIN = re.compile(r"[A-Za-z][,.]?$")
_EDGE_LINES = 2  # lines at the top and at the bottom of a page that may be furniture
_REPEATED = 0.3  # share of the pages (three at least) on which a running header stands


@dataclass(frozen=True, slots=True)
class PageLine:
    """One printed line and its box, in points from the lower left corner of the page."""

    text: str
    left: float
    right: float
    bottom: float
    top: float

    @property
    def size(self) -> float:
        """Height of its characters."""
        return self.top - self.bottom


def join_lines(pages: Sequence[Sequence[PageLine]]) -> LayoutBuilder:
    """Paragraphs of all pages, one a line; furniture that interrupts a paragraph is set after it."""
    running = _running_lines(pages)
    kinds = {id(line): kind for lines in pages for line, kind in _furniture(lines, running)}
    bodies = [[line for line in lines if id(line) not in kinds] for lines in pages]
    rights = [max(line.right for line in body) for body in bodies if body]
    paragraphs = _Paragraphs(right=median(rights) if rights else 0.0, indented=_is_indented(bodies))
    for lines, body in zip(pages, bodies, strict=True):
        left = min((line.left for line in body), default=0.0)
        for line in lines:
            if kind := kinds.get(id(line)):
                paragraphs.add_furniture(line, kind)
            else:
                paragraphs.add(line, left=left)
    paragraphs.flush()
    return paragraphs.layout


class _Paragraphs:
    """The paragraph being joined and the furniture that waits for its end.

    ``right`` is the margin of the text, ``indented`` says whether paragraphs begin with an indent.
    """

    def __init__(self, *, right: float, indented: bool) -> None:
        self.layout = LayoutBuilder()
        self._right = right
        self._indented = indented
        self._parts: list[str] = []
        self._waiting: list[tuple[str, str]] = []
        self._last: PageLine | None = None

    def add(self, line: PageLine, *, left: float) -> None:
        if self._last is not None and self._continues(self._last, line, left):
            self._parts += [" " if _LATIN.search(self._last.text) and line.text[:1].isascii() else "", line.text]
        else:
            self.flush()
            self._parts = [line.text]
        self._last = line

    def add_furniture(self, line: PageLine, kind: str) -> None:
        self._waiting.append((line.text, kind))

    def _continues(self, last: PageLine, line: PageLine, left: float) -> bool:
        """Whether ``line`` goes on with the paragraph of ``last``."""
        return (
            last.right >= self._right - 2 * last.size
            and (self._indented or not _SENTENCE_END.search(last.text))
            and not _ITEM.match(line.text)
            and line.left <= left + 0.8 * line.size
            and abs(line.size - last.size) <= 0.15 * last.size
        )

    def flush(self) -> None:
        """End the paragraph, and set the waiting furniture after it."""
        self.layout.add_line("".join(self._parts))
        for text, kind in self._waiting:
            self.layout.add_line(text, furniture=kind)
        self._parts = []
        self._waiting = []


def _is_indented(bodies: Sequence[Sequence[PageLine]]) -> bool:
    """Whether paragraphs begin with an indent: most lines after a sentence that ends short of the margin do."""
    indented = starts = 0
    for lines in bodies:
        left, right = min((n.left for n in lines), default=0.0), max((n.right for n in lines), default=0.0)
        for last, line in pairwise(lines):
            if _SENTENCE_END.search(last.text) and last.right < right - 2 * last.size:
                starts += 1
                indented += 1.2 * line.size <= line.left - left <= 4 * line.size
    return indented > 0.5 * starts


def _furniture(lines: Sequence[PageLine], running: set[str]) -> Iterator[tuple[PageLine, str]]:
    """The page numbers and running headers of one page."""
    for edge in _edges(lines):
        for line in edge:
            if _PAGE_NUMBER.fullmatch(line.text):
                yield line, "page_number"
            elif _pattern(line.text) in running:
                yield line, "running_header"


def _edges(lines: Sequence[PageLine]) -> tuple[list[PageLine], list[PageLine]]:
    """The lines that stand topmost and lowest, whatever their order in the file."""
    ranked = sorted(lines, key=lambda line: -line.top)
    return ranked[:_EDGE_LINES], ranked[_EDGE_LINES:][-_EDGE_LINES:]


def _running_lines(pages: Sequence[Sequence[PageLine]]) -> set[str]:
    """Patterns of edge lines that come back on many pages."""
    counts: Counter[str] = Counter()
    for lines in pages:
        counts.update({_pattern(line.text) for edge in _edges(lines) for line in edge})
    return {pattern for pattern, n in counts.items() if n >= max(3, _REPEATED * len(pages))}


def _pattern(text: str) -> str:
    """A line with its digits and blanks made alike."""
    return re.sub(r"\d+", "#", "".join(text.split()))
