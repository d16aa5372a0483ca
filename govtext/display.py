"""The record as people read it: names and colours of ids, numbers, headings, what is known of an entity as rows of field and value."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from govtext.resources import read_table

Row = tuple[str, str]
_CODED_FIELDS = frozenset({"kind", "direction", "status", "level", "relation"})
_GREY = "#999999"
_NUMBERING = 12  # characters that a section's number and punctuation take at most


@cache
def _display() -> dict[tuple[str, str], dict[str, str]]:
    return {(row["kind"], row["id"]): row for row in read_table("display")}


def name_of(kind: str, id: str | None) -> str:
    """The Chinese name of an id (the id itself if it has none, "" for None).

    >>> name_of("domain", "health"), name_of("domain", "my_own")
    ('卫生健康', 'my_own')
    """
    if id is None:
        return ""
    row = _display().get((kind, id))
    return row["name"] if row else str(id)


def colour_of(kind: str, id: str) -> str:
    """The colour of an id as ``#rrggbb``; grey if it has none of its own."""
    row = _display().get((kind, id))
    return row["colour"] if row and row["colour"] else _GREY


def order_of(kind: str, id: str) -> int:
    """The place of an id among those of its kind, ids without a row last."""
    keys = [key for key in _display() if key[0] == kind]
    return keys.index((kind, id)) if (kind, id) in keys else len(keys)


def percent(share: float | None) -> str:
    """A probability or share as whole percent.

    >>> percent(0.934)
    '93%'
    """
    return "" if share is None else f"{share:.0%}"


def quantity(metric: Mapping[str, Any]) -> str:
    """Value, range and unit of a metric record.

    >>> quantity({"value": 8484000000, "value_max": None, "unit": "元", "bound": "about"})
    '约 8,484,000,000 元'
    """
    if metric.get("value") is None:
        return ""
    bound, unit = name_of("bound", metric.get("bound")), metric.get("unit") or ""
    amount = f"{metric['value']:,}"
    if metric.get("value_max") is not None:
        amount += f"–{metric['value_max']:,}"
    gap = "" if unit == "%" else " "
    return f"{bound} {amount}{gap}{unit}".strip()


def entity_rows(entity: Mapping[str, Any]) -> list[Row]:
    """What is known of an entity: its metric record, or what it is tied to."""
    if metric := entity.get("metric"):
        return list(_metric_rows(metric))
    return [row for kind in ("place", "organization", "project") for row in _link_rows(entity.get(kind) or {})]


def _metric_rows(metric: Mapping[str, Any]) -> Iterator[Row]:
    shown = {
        field: _value(field, metric.get(field))
        for field in ("indicator", "kind", "direction", "period", "baseline", "status")
    }
    canonical = {"value": metric.get("canonical_value"), "unit": metric.get("canonical_unit")}
    if canonical["unit"] and canonical["unit"] != metric.get("unit"):
        shown["canonical"] = quantity(canonical)
    shown = {"indicator": shown.pop("indicator"), "value": quantity(metric), **shown}
    return ((name_of("field", field), value) for field, value in shown.items() if value)


def _link_rows(link: Mapping[str, Any]) -> Iterator[Row]:
    return ((name_of("field", field), shown) for field, value in link.items() if (shown := _value(field, value)))


def _value(field: str, value: Any) -> str:
    if value is None or value == [] or value == ():
        return ""
    if field in _CODED_FIELDS:
        return name_of(field, value)
    if isinstance(value, (list, tuple)):
        return " / ".join(map(str, value))
    if field == "confidence":
        return percent(value)
    return str(value)


def section_label(record: Mapping[str, Any], section: Mapping[str, Any]) -> str:
    """Number and heading of a section as the text has them."""
    text, start, heading = record["text"], section["start"], section["heading"]
    at = text.find(heading, start, start + len(heading) + _NUMBERING)
    written = text[start : at + len(heading)] if at >= 0 else f"{section['number']} {heading}"
    return written.strip() or "（无标题）"


def width(text: str) -> int:
    """Columns that a text takes on a terminal: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """The text filled with blanks to so many columns; ``right`` puts it at the right edge."""
    blanks = " " * max(columns - width(text), 0)
    return blanks + text if right else text + blanks
