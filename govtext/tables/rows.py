"""Analyzed reports as pandas tables: one row a report, section, sentence, entity or metric.

Every function takes one Doc, one record of ``govtext analyze`` or any iterable of them, and gives a DataFrame whose ``report`` column is the
report's id; ``start`` and ``end`` are characters in the report's text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pandas as pd
from spacy.tokens import Doc

from govtext.annotations import to_record
from govtext.errors import DataError

Record = Mapping[str, Any]
Docs = Doc | Record | Iterable[Doc | Record]

COLUMNS: dict[str, list[str]] = {
    "reports": [
        "report", "title", "issuer", "level", "place", "place_code", "year", "plan_year", "date", "meeting",
        "characters", "sections", "sentences", "words", "entities", "metrics", "format", "encoding",
    ],
    "sections": ["report", "section", "parent", "level", "number", "heading", "part", "start", "end"],
    "sentences": [
        "report", "sentence", "section", "heading", "path", "domain", "probability", "domains", "status", "text", "start", "end",
    ],
    "entities": [
        "report", "sentence", "section", "label", "text", "place_code", "place_path", "organization", "stage", "start", "end",
    ],
    "metrics": [
        "report", "place", "section", "heading", "indicator", "indicator_id", "value", "value_max", "unit", "bound", "kind",
        "direction", "period", "baseline", "status", "domain", "canonical_value", "canonical_unit", "mention", "sentence",
        "start", "end",
    ],
}  # fmt: skip


def records(docs: Docs) -> Iterator[Record]:
    """Records of one Doc or record, or of many."""
    if isinstance(docs, (Doc, Mapping)):
        docs = [docs]
    for doc in docs:
        yield to_record(doc) if isinstance(doc, Doc) else doc


def reports(docs: Docs) -> pd.DataFrame:
    """One row a report: metadata and sizes."""
    return _table("reports", docs)


def sections(docs: Docs) -> pd.DataFrame:
    """One row a section; ``parent`` is the ``section`` number of the one that contains it."""
    return _table("sections", docs)


def sentences(docs: Docs) -> pd.DataFrame:
    """One row a sentence: heading path, policy domain with probability, status and text."""
    return _table("sentences", docs)


def entities(docs: Docs) -> pd.DataFrame:
    """One row an entity; ``sentence`` is the number of the sentence it stands in."""
    return _table("entities", docs)


def metrics(docs: Docs) -> pd.DataFrame:
    """One row a metric: what was measured, the value in its unit, the period, and whether result or target.

    >>> import govtext as gt
    >>> table = metrics(gt.analyze("2021年完成固定资产投资84.84亿元，同比增长5.2%。"))
    >>> table[["indicator", "value", "unit", "kind"]].values.tolist()
    [['固定资产投资', 8484000000.0, '元', 'level'], ['固定资产投资', 5.2, '%', 'change']]
    """
    return _table("metrics", docs)


def rows(kind: str, record: Record) -> list[dict[str, Any]]:
    """The rows of one report for the table ``kind`` (a key of ``COLUMNS``)."""
    if kind not in _ROWS:
        raise DataError(f"no table {kind!r}; there are: {', '.join(_ROWS)}")
    return list(_ROWS[kind](record))


def _table(kind: str, docs: Docs) -> pd.DataFrame:
    return pd.DataFrame([row for record in records(docs) for row in rows(kind, record)], columns=COLUMNS[kind])


def _report_rows(record: Record) -> Iterator[dict[str, Any]]:
    meta = record["meta"]
    place = meta.get("place") or {}
    yield {
        "report": record["id"], "title": record["title"],
        **{k: meta.get(k) for k in ("issuer", "level", "year", "plan_year", "date", "meeting", "format", "encoding")},
        "place": place.get("name"), "place_code": place.get("code"), "characters": len(record["text"]),
        **{k: len(record[k]) for k in ("sections", "sentences", "words", "entities")},
        "metrics": sum(e["label"] == "METRIC" for e in record["entities"]),
    }  # fmt: skip


def _section_rows(record: Record) -> Iterator[dict[str, Any]]:
    for i, section in enumerate(record["sections"]):
        yield {"report": record["id"], "section": i, **section}


def _sentence_rows(record: Record) -> Iterator[dict[str, Any]]:
    for i, s in enumerate(record["sentences"]):
        yield {
            **s, "report": record["id"], "sentence": i, "path": heading_path(record, s["section"]),
            "domains": "|".join(s["labels"]), "text": record["text"][s["start"] : s["end"]],
        }  # fmt: skip


def _entity_rows(record: Record) -> Iterator[dict[str, Any]]:
    for e, i in _with_sentence(record):
        place, organization, project = (e.get(k) or {} for k in ("place", "organization", "project"))
        yield {
            **{k: e[k] for k in ("label", "text", "start", "end")}, "report": record["id"], "sentence": i,
            "section": record["sentences"][i]["section"] if i is not None else None,
            "place_code": place.get("code"), "place_path": "/".join(place.get("path") or ()) or None,
            "organization": organization.get("name"), "stage": project.get("stage"),
        }  # fmt: skip


def _metric_rows(record: Record) -> Iterator[dict[str, Any]]:
    place = (record["meta"].get("place") or {}).get("name")
    for e, i in _with_sentence(record):
        if e["label"] != "METRIC" or not e["metric"]:
            continue
        s = record["sentences"][i] if i is not None else {}
        section = s.get("section")
        yield {
            **e["metric"], "report": record["id"], "place": place, "section": section,
            "heading": record["sections"][section]["heading"] if section is not None else None,
            "domain": s.get("domain"), "mention": e["text"], "start": e["start"], "end": e["end"],
            "sentence": record["text"][s["start"] : s["end"]] if s else None,
        }  # fmt: skip


_ROWS: dict[str, Callable[[Record], Iterator[dict[str, Any]]]] = {
    "reports": _report_rows,
    "sections": _section_rows,
    "sentences": _sentence_rows,
    "entities": _entity_rows,
    "metrics": _metric_rows,
}
TABLES = tuple(_ROWS)


def heading_path(record: Record, section: int | None) -> str:
    """Headings from the outermost section to ``section``, joined by ``" > "``."""
    path: list[str] = []
    while section is not None:
        path.append(record["sections"][section]["heading"])
        section = record["sections"][section]["parent"]
    return " > ".join(reversed(path))


def _with_sentence(record: Record) -> Iterator[tuple[Record, int | None]]:
    """Entities in order, each with the number of the sentence that holds its start."""
    i, sentences = 0, record["sentences"]
    for e in record["entities"]:
        while i < len(sentences) and sentences[i]["end"] <= e["start"]:
            i += 1
        yield e, i if i < len(sentences) and sentences[i]["start"] <= e["start"] else None
