"""Renders a tree of HTML elements as lines: blocks and breaks end lines, table rows become ``cell | cell``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from govtext.formats.layout import LayoutBuilder
from govtext.resources import read_table

_DROPPED, _BLOCKS = (
    frozenset(row["tag"] for row in read_table("html_tags") if row["role"] == role) for role in ("dropped", "block")
)
_HEADING = re.compile(r"h([1-6])")
_HIDDEN = re.compile(r"display\s{0,5}:\s{0,5}none|visibility\s{0,5}:\s{0,5}hidden", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f\xa0]{1,}")
_WRAP = re.compile(r"(?<=[^\x00-\xff])[ \t\r]{0,99}\n[ \t\r\n]{0,999}(?=[^\x00-\xff])")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_CELL_LIMIT = 2_000  # characters; a longer cell holds an article, so its table only arranges the page


def render(root: etree._Element) -> LayoutBuilder:
    """The visible text below ``root``, one line a block, with a heading mark for each ``<h1>`` … ``<h6>``."""
    renderer = _Renderer()
    for event, element in _walk(root):
        if event == "start":
            renderer.start(element)
        else:
            renderer.end(element, is_root=element is root)
    renderer.flush()
    return renderer.layout


def visible_lengths(root: etree._Element) -> dict[etree._Element, int]:
    """Characters of visible text in ``root`` and in each element below it, white space not counted.

    What is dropped or hidden has a length of its own, and adds nothing to the elements around it.
    """
    lengths: dict[etree._Element, int] = {}
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            lengths[element] = _visible(element.text)
        elif element is not root:
            parent = element.getparent()
            assert parent is not None
            lengths[parent] += (0 if _is_dropped(element) else lengths[element]) + _visible(element.tail)
    return lengths


def _visible(text: str | None) -> int:
    return len("".join(text.split())) if text else 0


def _walk(root: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """Start and end events in document order, without recursion; dropped and hidden elements show only their end."""
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        if event == "start" and _is_dropped(element) and element is not root:
            walker.skip_subtree()
            continue
        yield event, element


def _is_dropped(element: etree._Element) -> bool:
    if not isinstance(element.tag, str) or element.tag in _DROPPED:
        return True
    style = element.get("style")
    return bool(style and _HIDDEN.search(style)) or element.get("hidden") is not None


def is_data_table(table: etree._Element) -> bool:
    """Whether a table shows data, rather than arranging a page: no table inside, two columns or more, short cells."""
    if len(list(islice(table.iter("table"), 2))) > 1:
        return False
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
    if max(map(len, rows), default=0) < 2:
        return False
    lengths = visible_lengths(table)
    return all(lengths[cell] <= _CELL_LIMIT for row in rows for cell in row)


class _Renderer:
    """State of one rendering: the line being built and, inside a data table, the cells of its row."""

    def __init__(self) -> None:
        self.layout = LayoutBuilder()
        self._line: list[str] = []
        self._cells: list[str] | None = None
        self._table: etree._Element | None = None
        self._heading: int | None = None
        self._verbatim = 0

    def start(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "br":
            self._break()
        elif tag == "table" and self._table is None and is_data_table(element):
            self.flush()
            self._table = element
        elif tag == "tr" and self._table is not None:
            self._cells = []
        elif tag in _BLOCKS:
            self._break()
        if heading := _HEADING.fullmatch(tag):
            self._heading = int(heading[1])
        self._verbatim += tag == "pre"
        self._add(element.text)

    def end(self, element: etree._Element, *, is_root: bool) -> None:
        tag = element.tag
        if isinstance(tag, str) and not _is_dropped(element):
            self._close(element, tag)
        if not is_root:
            self._add(element.tail)

    def _close(self, element: etree._Element, tag: str) -> None:
        self._verbatim -= tag == "pre"
        if self._table is not None and tag in ("td", "th") and self._cells is not None:
            self._cells.append(self._take_line())
        elif self._table is not None and tag == "tr":
            self._end_row()
        elif element is self._table:
            self.flush()
            self._table = None
        elif tag in _BLOCKS:
            self._break()
        if _HEADING.fullmatch(tag):
            self._heading = None

    def flush(self) -> None:
        """End the line being built."""
        self.layout.add_line(self._take_line(), heading=self._heading)

    def _break(self) -> None:
        """A line break; inside a table cell it is only a space, for a row stays one line."""
        if self._cells is None:
            self.flush()
        else:
            self._line.append(" ")

    def _end_row(self) -> None:
        cells, self._cells = self._cells or [], None
        if any(cells):
            self.layout.add_line(" | ".join(cells))

    def _add(self, text: str | None) -> None:
        if not text:
            return
        if self._verbatim:
            *lines, last = text.split("\n")
            for line in lines:
                self._line.append(line)
                self._break()
            self._line.append(last)
        else:
            self._line.append(_SPACE.sub(" ", _WRAP.sub("", text)))

    def _take_line(self) -> str:
        line = re.sub(" {2,}", " ", "".join(self._line).translate(_INVISIBLE)).strip()
        self._line = []
        return line
