"""Writes out the automatic numbers of Word paragraphs (``一、``, ``（一）``, ``1.``), which are not in their text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHINESE = "零一二三四五六七八九"
_MAX_LABEL = 40  # characters of a number; Word's own are shorter
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_CHINESE_FORMATS = ("chinese", "japaneseCounting", "ideographDigital", "taiwanese", "koreanDigital")


class Numbering:
    """Counts the numbered paragraphs of one document; ``root`` is the element of its numbering part, None if it has none."""

    def __init__(self, root: Any) -> None:
        self._levels: dict[str, dict[int, Any]] = {}
        self._counts: dict[tuple[str, int], int] = {}
        self._abstract: dict[str, str] = {}
        if root is not None:
            self._read(root)

    def label(self, paragraph: Any, styles: Sequence[Any]) -> str:
        """The number that Word shows before a paragraph, "" if none; call it once a paragraph, in order."""
        number = self._number_of(paragraph, styles)
        if number is None:
            return ""
        abstract, level = number
        definition = self._levels[abstract].get(level)
        if definition is None:
            return ""
        self._count(abstract, level)
        pattern = _attribute(definition, "lvlText") or ""
        if _attribute(definition, "numFmt") in ("bullet", "none"):
            return ""
        if len(pattern) > _MAX_LABEL:
            return ""
        return re.sub(r"%([1-9])", lambda m: self._shown(abstract, int(m[1]) - 1), pattern)[:_MAX_LABEL]

    def _read(self, root: Any) -> None:
        for abstract in root.findall(_W + "abstractNum"):
            levels = {int(level.get(_W + "ilvl", "0")): level for level in abstract.findall(_W + "lvl")}
            self._levels[abstract.get(_W + "abstractNumId", "")] = levels
        for number in root.findall(_W + "num"):
            self._abstract[number.get(_W + "numId", "")] = _attribute(number, "abstractNumId") or ""

    def _number_of(self, paragraph: Any, styles: Sequence[Any]) -> tuple[str, int] | None:
        """Abstract numbering and level of a paragraph, from itself or the nearest style that sets them."""
        level: str | None = None
        for element in (paragraph, *styles):
            properties = element.find(f"{_W}pPr/{_W}numPr")
            if properties is None:
                continue
            level = level or _attribute(properties, "ilvl")
            if number := _attribute(properties, "numId"):
                abstract = self._abstract.get(number, "")
                return (abstract, int(level or 0)) if abstract in self._levels else None
        return None

    def _count(self, abstract: str, level: int) -> None:
        start = int(_attribute(self._levels[abstract][level], "start") or 1)
        self._counts[abstract, level] = self._counts.get((abstract, level), start - 1) + 1
        for deeper in range(level + 1, 9):
            self._counts.pop((abstract, deeper), None)

    def _shown(self, abstract: str, level: int) -> str:
        definition = self._levels[abstract].get(level)
        fmt = (_attribute(definition, "numFmt") if definition is not None else None) or "decimal"
        return format_ordinal(self._counts.get((abstract, level), 1), fmt)


def format_ordinal(n: int, fmt: str) -> str:
    """``n`` in one of Word's number formats; Arabic digits where the format is not known.

    >>> format_ordinal(12, "chineseCountingThousand"), format_ordinal(3, "decimalEnclosedCircle"), format_ordinal(4, "upperRoman")
    ('十二', '③', 'IV')
    """
    if fmt.startswith(_CHINESE_FORMATS) and 0 < n < 100:
        tens, ones = divmod(n, 10)
        head = "" if tens == 0 else "十" if tens == 1 else _CHINESE[tens] + "十"
        return head + (_CHINESE[ones] if ones else "")
    if fmt.startswith("decimalEnclosedCircle") and 0 < n <= 20:
        return chr(ord("①") + n - 1)
    if fmt in ("lowerLetter", "upperLetter") and 0 < n <= 26:
        letter = chr(ord("a") + n - 1)
        return letter if fmt == "lowerLetter" else letter.upper()
    if fmt in ("lowerRoman", "upperRoman") and 0 < n < 40:
        return _roman(n) if fmt == "lowerRoman" else _roman(n).upper()
    return str(n)


def _roman(n: int) -> str:
    digits = ""
    for value, sign in _ROMAN:
        count, n = divmod(n, value)
        digits += sign * count
    return digits


def _attribute(parent: Any, tag: str) -> str | None:
    """``w:val`` of a child element."""
    child = parent.find(_W + tag)
    return child.get(_W + "val") if child is not None else None
