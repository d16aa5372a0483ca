"""Panels of indicators over places and years, and two reports set side by side."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal

import pandas as pd

from govtext.errors import DataError
from govtext.resources import read_table
from govtext.tables.rows import Docs, Record, records, rows
from govtext.tables.subjects import Subjects

PANEL_COLUMNS = [
    "place", "place_code", "year", "indicator_id", "indicator", "kind", "added", "value", "value_max", "unit", "bound",
    "direction", "status", "mentions", "report", "sentence", "start", "end",
]  # fmt: skip
COMPARE_COLUMNS = [
    "relation", "indicator_id", "indicator", "kind", "unit", "year_a", "value_a", "year_b", "value_b", "difference",
    "sentence_a", "sentence_b", "start_a", "start_b",
]  # fmt: skip
_ADDED = re.compile(
    r"新(?!能源|材料|一代|兴|型|时代|媒体|业态|农|三板|质)|净增|再增|增加|认定|培育|引进|获批|入选|获评|评为|晋升"
)  # words of a clause whose count is what came in during the period, not what there is
_CLAUSE = re.compile(r"[，,；;。：:、\n]")
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
    out, and so are figures of other places (a county's in a city's report). ``added`` tells levels that count what came in during the
    period (``新增``, ``新认定``, ``培育``) from those that count what there is. Where a report gives a figure more than once the first
    mention is taken and ``mentions`` counts them. ``sentence``, ``start`` and ``end`` (characters in the report's text) lead back to the
    source. Raises DataError for an indicator that is not in the table.

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
    result, target against target for different years. What came in during a year (``added``) is set against the same of another
    year, never against what there is. ``difference`` is b minus a, in ``unit``
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
    subjects = Subjects(record)
    entities = {e["start"]: e for e in record["entities"] if e["label"] == "METRIC"}
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows("metrics", record):
        own = subjects.is_own(entities[row["start"]])
        year, chosen = year_of(row["period"]), row["indicator_id"]
        if chosen is None or (wanted is not None and chosen not in wanted) or not own:
            continue
        if year is None or row["value"] is None or status not in (None, row["status"]):
            continue
        added = row["kind"] == "level" and _counts_added(record["text"], entities[row["start"]])
        key = (year, chosen, row["kind"], added, row["status"])
        if key in kept:
            kept[key]["mentions"] += 1
        else:
            kept[key] = {
                **row, "place": place.get("name"), "place_code": place.get("code"), "year": year, "added": added, "mentions": 1,
            }  # fmt: skip
    return kept.values()


@cache
def _added_by_name() -> frozenset[str]:
    return frozenset(row["id"] for row in read_table("indicators") if "新增" in row["name"])


def _counts_added(text: str, entity: Mapping[str, Any]) -> bool:
    """Whether a clause says of a count that so many came in, or the indicator's own name does (``城镇新增就业``)."""
    metric = entity["metric"]
    if metric["indicator_id"] in _added_by_name():
        return True
    start, end = metric.get("indicator_start"), metric.get("indicator_end")
    left = text[max(0, entity["start"] - 30) : entity["start"]]
    words = _CLAUSE.split(left)[-1]
    if start is not None and end is not None and end <= entity["start"]:
        words = _CLAUSE.split(text[max(0, start - 8) : start])[-1] + text[end : entity["start"]]
    return bool(_ADDED.search(words))


def _pairs(a: pd.DataFrame, b: pd.DataFrame, relation: str, status_a: str, status_b: str) -> pd.DataFrame:
    on = ["indicator_id", "kind", "unit", "added"]
    pairs = a[a["status"] == status_a].merge(b[b["status"] == status_b], on=on, suffixes=("_a", "_b"))
    same_year = pairs["year_a"] == pairs["year_b"]
    pairs = pairs[same_year if relation == "target_result" else ~same_year]
    difference = (pairs["value_b"] - pairs["value_a"]).astype(float).round(10)
    return pairs.assign(relation=relation, indicator=pairs["indicator_b"], difference=difference)[COMPARE_COLUMNS]
