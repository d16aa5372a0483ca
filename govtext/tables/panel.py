"""Panels of indicators over places and years, and two reports set side by side."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd

from govtext.errors import DataError
from govtext.resources import read_table
from govtext.tables.rows import Docs, Record, records, rows

PANEL_COLUMNS = [
    "place", "place_code", "year", "indicator_id", "indicator", "kind", "value", "value_max", "unit", "bound", "direction",
    "status", "mentions", "report", "sentence", "start", "end",
]  # fmt: skip
COMPARE_COLUMNS = [
    "relation", "indicator_id", "indicator", "kind", "unit", "year_a", "value_a", "year_b", "value_b", "difference",
    "sentence_a", "sentence_b", "start_a", "start_b",
]  # fmt: skip
_YEAR = re.compile(r"(\d{4})(?:-\d\d){0,2}(?:/(\d{4})(?:-\d\d){0,2})?")
_RELATIONS = (
    ("target_result", "planned", "achieved"),
    ("result_result", "achieved", "achieved"),
    ("target_target", "planned", "planned"),
)


def panel(
    docs: Docs, *, indicators: Iterable[str] | None = None, status: Literal["planned", "achieved"] | None = "achieved"
) -> pd.DataFrame:
    """Place × year × indicator, one row for each kind of figure (level, change, share, rank) that a report gives.

    ``indicators`` are ids or names of the indicator table (None: all); ``status`` is "planned" for targets, "achieved" for results, None
    for both. A figure counts for a year if its period is that year or a part of it from the year's start; sums over several years are left
    out. Where a report gives a figure more than once the first mention is taken and ``mentions`` counts them. ``sentence``, ``start`` and
    ``end`` (characters in the report's text) lead back to the source. Raises DataError for an indicator that is not in the table.

    >>> import govtext as gt
    >>> doc = gt.analyze("2021年工作总结\\n2021年，地区生产总值增长8.1%。")
    >>> panel(doc, indicators=["地区生产总值"])[["year", "kind", "value"]].values.tolist()
    [[2021, 'change', 8.1]]
    """
    wanted = None if indicators is None else {indicator_id(name) for name in indicators}
    found = [row for record in records(docs) for row in _panel_rows(record, wanted, status)]
    table = pd.DataFrame(found, columns=PANEL_COLUMNS)
    return table.sort_values(["place", "year", "indicator_id", "kind", "status"], kind="stable", ignore_index=True)


def compare(doc_a: Docs, doc_b: Docs) -> pd.DataFrame:
    """The same indicators in two reports: the target of ``doc_a`` against the result in ``doc_b`` for the same year, and result against
    result, target against target for different years. ``difference`` is b minus a, in ``unit``
    (percentage points where the unit is %).
    """
    a, b = panel(doc_a, status=None), panel(doc_b, status=None)
    parts = [_pairs(a, b, relation, *statuses) for relation, *statuses in _RELATIONS]
    return pd.concat(parts, ignore_index=True)[COMPARE_COLUMNS]


def indicator_id(name: str) -> str:
    """The id of an indicator given by id, Chinese name or synonym; raises DataError naming similar ones.

    >>> indicator_id("固定资产投资")
    'fixed_asset_investment'
    """
    names = indicator_names()
    if name not in names:
        close = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
        raise DataError(f"no indicator {name!r}; similar ones: {', '.join(close) or 'none'}")
    return names[name]


def indicator_names() -> dict[str, str]:
    """Id of every indicator by its id, its Chinese name and its synonyms."""
    names: dict[str, str] = {}
    for row in read_table("indicators"):
        for name in (row["id"], row["name"], *filter(None, row["synonyms"].split("|"))):
            names.setdefault(name, row["id"])
    return names


def year_of(period: str | None) -> int | None:
    """The year that a period lies in, None for a period of several years.

    >>> year_of("2021"), year_of("2021-01/2021-10"), year_of("2016/2020"), year_of(None)
    (2021, 2021, None, None)
    """
    match = _YEAR.fullmatch(period or "")
    if not match or (match[2] and match[2] != match[1]):
        return None
    return int(match[1])


def _panel_rows(record: Record, wanted: set[str] | None, status: str | None) -> Iterable[dict[str, Any]]:
    place = record["meta"]["place"] or {}
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows("metrics", record):
        year = year_of(row["period"])
        chosen = (
            row["indicator_id"] if wanted is None else row["indicator_id"] if row["indicator_id"] in wanted else None
        )
        if chosen is None or year is None or row["value"] is None or status not in (None, row["status"]):
            continue
        key = (year, chosen, row["kind"], row["status"])
        if key in kept:
            kept[key]["mentions"] += 1
        else:
            kept[key] = {
                **row,
                "place": place.get("name"),
                "place_code": place.get("code"),
                "year": year,
                "mentions": 1,
            }
    return kept.values()


def _pairs(a: pd.DataFrame, b: pd.DataFrame, relation: str, status_a: str, status_b: str) -> pd.DataFrame:
    on = ["indicator_id", "kind", "unit"]
    pairs = a[a["status"] == status_a].merge(b[b["status"] == status_b], on=on, suffixes=("_a", "_b"))
    same_year = pairs["year_a"] == pairs["year_b"]
    pairs = pairs[same_year if relation == "target_result" else ~same_year]
    difference = (pairs["value_b"] - pairs["value_a"]).astype(float).round(10)
    return pairs.assign(relation=relation, indicator=pairs["indicator_b"], difference=difference)[COMPARE_COLUMNS]
