"""A readable summary of analyzed reports, as plain text for the shell."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from govtext.display import name_of
from govtext.labels import ENTITY_LABELS
from govtext.tables import Record

if TYPE_CHECKING:
    import pandas as pd

_BAR = 24  # characters of a full bar


def summarize(record: Record, *, metrics: int = 8, names: int = 6) -> str:
    """Sections, first metrics, entities by label and domain shares of one record, one screen of text."""
    return "\n".join(_lines(record, metrics, names))


def _lines(record: Record, metrics: int, names: int) -> Iterator[str]:
    meta = record["meta"]
    place = meta["place"]["name"] if meta["place"] else "地点不明"
    years = f"{meta['year'] or '?'}年回顾 / {meta['plan_year'] or '?'}年计划"
    yield f"■ {record['title'] or record['id']}"
    yield f"  {place} · {name_of('level', meta['level']) or '级别不明'} · {years} · {len(record['text']):,} 字 · {len(record['sentences'])} 句"
    yield ""
    yield "  结构"
    for section in record["sections"]:
        if section["level"] <= 2:
            yield f"    {'  ' * (section['level'] - 1)}{section['number']} {shorten(section['heading'], 44)}"
    yield ""
    yield "  指标"
    found = [e for e in record["entities"] if e["label"] == "METRIC" and e["metric"]["indicator_id"]]
    rest = [e for e in record["entities"] if e["label"] == "METRIC" and e not in found]
    for e in (found + rest)[:metrics]:
        yield "    " + _metric_line(e)
    yield ""
    yield "  名称"
    for label in ENTITY_LABELS[:3]:
        counts = Counter(e["text"] for e in record["entities"] if e["label"] == label)
        listed = "、".join(shorten(name, 24) for name, _ in counts.most_common(names))
        yield f"    {label:<8}{sum(counts.values()):>4}  {listed}"
    yield f"    {'METRIC':<8}{len(found) + len(rest):>4}"
    yield ""
    yield "  领域"
    yield from _domain_lines(record)


def _metric_line(entity: Record) -> str:
    m = entity["metric"]
    kind, status = name_of("kind", m["kind"]), name_of("status", m["status"])
    columns = (
        (shorten(m["indicator"] or "—", 28), 30),
        (entity["text"], 16),
        (kind, 6),
        (status, 6),
        (m["period"] or "", 0),
    )
    return "".join(pad(text, width) for text, width in columns).rstrip()


def _domain_lines(record: Record, most: int = 8) -> Iterator[str]:
    weights: Counter[str] = Counter()
    for s in record["sentences"]:
        if s["domain"] and s["domain"] != "none":
            weights[s["domain"]] += s["end"] - s["start"]
    total = sum(weights.values()) or 1
    for domain, weight in weights.most_common(most):
        share = weight / total
        yield f"    {pad(name_of('domain', domain), 24)}{share:6.1%}  {'█' * max(1, round(share * _BAR / 0.5))}"


RELATIONS = {"target_result": "目标 → 结果", "result_result": "结果 → 结果", "target_target": "目标 → 目标"}


def comparison_lines(table: pd.DataFrame) -> Iterator[str]:
    """The table of ``tables.compare`` as lines of text, grouped by what is compared."""
    for relation, name in RELATIONS.items():
        rows = table[table["relation"] == relation]
        if len(rows):
            yield f"■ {name}"
        for row in rows.to_dict("records"):
            values = f"{amount(row['value_a'])} ({row['year_a']}) → {amount(row['value_b'])} ({row['year_b']})"
            kind, unit = name_of("kind", str(row["kind"])), "个百分点" if row["unit"] == "%" else row["unit"] or ""
            indicator = pad(shorten(str(row["indicator"]), 28), 30)
            yield f"    {indicator}{pad(kind, 6)}{pad(values, 34)}{amount(row['difference'], sign='+')} {unit}".rstrip()


def amount(value: float, *, sign: str = "") -> str:
    """A number with its magnitude word, as reports write it; ``sign="+"`` marks positive ones.

    >>> amount(28640000000.0), amount(-1.9, sign="+"), amount(270000000, sign="+")
    ('286.4亿', '-1.9', '+2.7亿')
    """
    size = 1e8 if abs(value) >= 1e8 else 1e4 if abs(value) >= 1e4 else 1
    return f"{value / size:{sign},.10g}{'' if size == 1 else '亿' if size == 1e8 else '万'}"


def width(text: str) -> int:
    """Columns that a text takes in a terminal: full-width characters count two.

    >>> width("GDP增长")
    7
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text: str, columns: int) -> str:
    """Text filled with blanks to so many terminal columns."""
    return text + " " * max(0, columns - width(text))


def shorten(text: str, columns: int) -> str:
    """Text cut to so many terminal columns, with an ellipsis where something was cut."""
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text + "…"
