"""Builds the text of an Extract line by line, with headings and furniture at their offsets."""

from __future__ import annotations

from govtext.types import Furniture, HeadingMark


class LayoutBuilder:
    """Collects lines; ``text``, ``headings`` and ``furniture`` belong together at any time.

    >>> layout = LayoutBuilder()
    >>> layout.add_line("一、回顾", heading=2)
    >>> layout.add_line("完成投资3亿元。")
    >>> layout.text, layout.headings
    ('一、回顾\\n完成投资3亿元。', [HeadingMark(start=0, end=4, level=2)])
    """

    def __init__(self) -> None:
        self.headings: list[HeadingMark] = []
        self.furniture: list[Furniture] = []
        self._lines: list[str] = []
        self._length = 0

    def add_line(self, line: str, *, heading: int | None = None, furniture: str | None = None) -> None:
        """Append one line (white space at its ends is dropped, an empty line is passed over)."""
        line = line.strip()
        if not line:
            return
        start = self._length + bool(self._lines)
        self._lines.append(line)
        self._length = start + len(line)
        if heading:
            self.headings.append(HeadingMark(start, self._length, heading))
        if furniture:
            self.furniture.append(Furniture(start, self._length, furniture))

    @property
    def text(self) -> str:
        """All lines so far."""
        return "\n".join(self._lines)
