"""An analyzed Doc as one JSON record: the contract of ``govtext analyze``, described in ``docs/report.schema.json``."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any

import numpy as np
from spacy.tokens import Doc

from govtext import extensions
from govtext.errors import ModelError
from govtext.spans import get_entities
from govtext.types import Entity, Found, Metadata, Metric, Report

_METRIC_OFFSETS = ("start", "end")


def to_record(doc: Doc) -> dict[str, Any]:
    """The whole analysis of a report as plain JSON values; all offsets are characters in ``record["text"]``.

    Raises ModelError if the Doc has not been through the pipeline.
    """
    report = extensions.report(doc)
    if report is None:
        raise ModelError("the Doc carries no report: make it with govtext.analyze() or a loaded govtext model")
    data = extensions.store(doc)
    return {
        "id": report.id,
        "title": report.meta.title.value if report.meta.title else None,
        "text": report.text,
        "meta": _meta(report, data),
        "sections": [
            {
                "start": s.start, "end": s.end, "level": s.level, "number": s.number, "heading": s.heading,
                "parent": s.parent, "part": s.part,
            }
            for s in report.sections
        ],
        "sentences": _sentences(report, data.get("tags", {})),
        "words": _words(doc),
        "entities": [_entity(doc, report.text, e) for e in get_entities(doc)],
    }  # fmt: skip


def _words(doc: Doc) -> list[tuple[int, int]]:
    """Start and end of each word. Pairs as tuples: so many lists would have Python look through all of its memory for garbage."""
    rows = doc.to_array(["IDX", "LENGTH", "IS_SPACE"]).reshape(-1, 3).astype(np.int64)
    starts, lengths = rows[rows[:, 2] == 0, :2].T
    return list(zip(starts.tolist(), (starts + lengths).tolist(), strict=True))


def _meta(report: Report, data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Found | None] = {f.name: getattr(report.meta, f.name) for f in fields(Metadata)}
    meta: dict[str, Any] = {name: f.value if f else None for name, f in found.items() if name not in ("title", "place")}
    place = found["place"]
    meta["place"] = {"name": place.value, "code": data.get("place_code")} if place else None
    meta["sources"] = {
        name: {"source": f.source, "start": f.start, "end": f.end} for name, f in found.items() if f is not None
    }
    meta["format"], meta["encoding"] = report.format, report.encoding
    return meta


def _sentences(report: Report, tags: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for s in report.sentences:
        tag = tags.get(str(s.start), {})
        domains = dict(tag.get("domains", {}))
        top = next(iter(domains), None)
        rows.append(
            {
                "start": s.start,
                "end": s.end,
                "section": s.section,
                "heading": s.is_heading,
                "domain": top,
                "probability": domains.get(top) if top else None,
                "domains": domains,
                "labels": list(tag.get("labels", ())),
                "status": tag.get("status"),
                **({"reasons": [list(reason) for reason in tag["reasons"]]} if "reasons" in tag else {}),
            }
        )
    return rows


def _entity(doc: Doc, text: str, entity: Entity) -> dict[str, Any]:
    start, end = entity.start, entity.end
    row: dict[str, Any] = {"start": start, "end": end, "label": entity.label, "text": text[start:end]}
    metric = extensions.metric_values(doc, start, end)
    row["metric"] = _metric(metric) if metric else None
    for kind in extensions.LINKS:
        row[kind] = extensions.link_values(doc, kind, start, end)
    return row


def metric_json(metric: Metric) -> dict[str, Any]:
    """A metric record as JSON: exact whole numbers as integers, other values as the shortest decimal number."""
    return _metric({name: getattr(metric, name) for name in extensions.FIELDS[Metric]})


def _metric(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: number(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
        if name not in _METRIC_OFFSETS
    }


def number(value: Decimal) -> int | float:
    """A Decimal as a JSON number: an int where it is whole, else the float that prints the same digits.

    >>> number(Decimal("8484000000.00")), number(Decimal("38.53"))
    (8484000000, 38.53)
    """
    return int(value) if value == value.to_integral_value() else float(value)
