"""``doc._`` and ``span._``: typed getters over the plain JSON that the pipeline keeps in ``doc.user_data["govtext"]``.

========================  =====================================================================
``doc._.report``          dict: id, path, format, encoding and the metadata, each with its source
``span._.section``        Section of a span in ``doc.spans["sections"]``
``span._.domain``         likeliest policy domain of a sentence (a span that starts where one starts)
``span._.domains``        {domain: probability}, likeliest first (those below 2 % are left out)
``span._.labels``         the domains that the sentence is sorted into: the primary one, and up to two secondary ones
``span._.status``         achieved, planned or other
``span._.metric``         Metric record of a METRIC entity
``span._.place``          PlaceLink of a PLACE entity
``span._.organization``   Organization of an ORG entity
``span._.project``        ProjectLink of a PROJECT entity
========================  =====================================================================

Each is None (``domains``: an empty dict) where the pipeline has found nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any

from spacy.tokens import Doc, Span

from govtext.entities.organizations import Organization
from govtext.errors import ModelError
from govtext.report import sentence_contexts
from govtext.types import (
    Found,
    Furniture,
    Metadata,
    Metric,
    PlaceLink,
    ProjectLink,
    Report,
    Section,
    Sentence,
    SentenceContext,
)

KEY = "govtext"
LINKS: dict[str, Any] = {"place": PlaceLink, "organization": Organization, "project": ProjectLink}
META_FIELDS = tuple(f.name for f in fields(Metadata))
_FURNITURE, _SECTION, _SENTENCE = (
    attrgetter(*(f.name for f in fields(kind))) for kind in (Furniture, Section, Sentence)
)
FIELDS = {kind: tuple(f.name for f in fields(kind)) for kind in (Metric, Found, *LINKS.values())}


class _Store(dict[str, Any]):
    """The JSON that the pipeline keeps on a Doc; in the process that made it, it still has the Report beside it."""

    report: Report | None = None
    contexts: list[SentenceContext] | None = None

    def __reduce__(self) -> tuple[type, tuple[dict[str, Any]]]:
        return dict, (dict(self),)


def store(doc: Doc) -> dict[str, Any]:
    """The JSON that the pipeline keeps on a Doc, made if there is none."""
    return _store(doc)


def _store(doc: Doc) -> _Store:
    data = doc.user_data.get(KEY)
    if not isinstance(data, _Store):
        data = doc.user_data[KEY] = _Store(data or {})
    return data


def write_report(doc: Doc, report: Report) -> None:
    """Keep a Report (all but its text) on the Doc."""
    data = _store(doc)
    data.report, data.contexts = report, None
    data.update(
        report={
            "id": report.id, "path": report.path, "format": report.format, "encoding": report.encoding,
            **{name: found and _plain(found) for name in META_FIELDS for found in [getattr(report.meta, name)]},
        },
        furniture=list(map(_FURNITURE, report.furniture)),
        sections=list(map(_SECTION, report.sections)),
        sentences=list(map(_SENTENCE, report.sentences)),
    )  # fmt: skip


def report(doc: Doc) -> Report | None:
    """The Report that a Doc was made from, None if the layout has not run."""
    data = doc.user_data.get(KEY)
    if not data or "report" not in data:
        return None
    if isinstance(data, _Store) and data.report:
        return data.report
    head = data["report"]
    return Report(
        text=doc.text, id=head["id"], path=head["path"], format=head["format"], encoding=head["encoding"],
        meta=Metadata(**{name: Found(**head[name]) for name in META_FIELDS if head[name]}),
        furniture=tuple(Furniture(*f) for f in data["furniture"]),
        sections=tuple(Section(*s) for s in data["sections"]),
        sentences=tuple(Sentence(*s) for s in data["sentences"]),
    )  # fmt: skip


def need_report(doc: Doc, component: str) -> Report:
    """The Report of a Doc; raises ModelError if the layout has not run before ``component``."""
    found = report(doc)
    if found is None:
        raise ModelError(f"the pipeline part {component!r} needs 'govtext_layout' before it")
    return found


def contexts(doc: Doc, report: Report) -> list[SentenceContext]:
    """What is known of each sentence of the Doc's Report beside its words; made once."""
    data = _store(doc)
    if data.contexts is None or data.report is not report:
        data.report, data.contexts = report, sentence_contexts(report)
    return data.contexts


def write_sentences(doc: Doc, report: Report, tags: Iterable[Mapping[str, Any]]) -> None:
    """Add tags to the sentences, in the order of the report's sentences."""
    kept = store(doc).setdefault("tags", {})
    for sentence, tag in zip(report.sentences, tags, strict=True):
        kept.setdefault(str(sentence.start), {}).update(tag)


def write_metrics(doc: Doc, metrics: Iterable[Metric]) -> None:
    """Keep the metric records by the offsets of their entities."""
    store(doc)["metrics"] = {_at(m.start, m.end): _plain(m) for m in metrics}


def write_links(doc: Doc, kind: str, links: Mapping[tuple[int, int], Any]) -> None:
    """Keep what entities are tied to; ``kind`` is a key of ``LINKS``."""
    store(doc)[kind] = {_at(*edges): _plain(link) for edges, link in links.items()}


def metric(span: Span) -> Metric | None:
    """The record of a METRIC entity."""
    return metric_at(span.doc, span.start_char, span.end_char)


def metric_at(doc: Doc, start: int, end: int) -> Metric | None:
    """The record of the METRIC entity with these offsets."""
    values = metric_values(doc, start, end)
    return Metric(**values) if values else None


def metric_values(doc: Doc, start: int, end: int) -> dict[str, Any] | None:
    """The same as a dict by field, in the order of the fields."""
    row = _row(doc, "metrics", start, end)
    return row and {k: Decimal(v) if k in _DECIMALS and v is not None else v for k, v in row.items()}


def link_at(doc: Doc, kind: str, start: int, end: int) -> Any:
    """What the entity with these offsets is tied to, None if it is not; ``kind`` is a key of ``LINKS``."""
    values = link_values(doc, kind, start, end)
    return LINKS[kind](**values) if values else None


def link_values(doc: Doc, kind: str, start: int, end: int) -> dict[str, Any] | None:
    """The same as a dict by field, in the order of the fields."""
    row = _row(doc, kind, start, end)
    return row and {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}


def _link(span: Span, kind: str) -> Any:
    return link_at(span.doc, kind, span.start_char, span.end_char)


def _tag(span: Span, name: str) -> Any:
    return span.doc.user_data.get(KEY, {}).get("tags", {}).get(str(span.start_char), {}).get(name)


def _domain(span: Span) -> str | None:
    return next(iter(_tag(span, "domains") or ()), None)


def _section(span: Span) -> Section | None:
    rows = span.doc.user_data.get(KEY, {}).get("sections", ())
    return Section(*rows[int(span.id_)]) if span.label_ == "section" and span.id_ else None


def _head(doc: Doc) -> dict[str, Any] | None:
    return doc.user_data.get(KEY, {}).get("report")


def _row(doc: Doc, kind: str, start: int, end: int) -> dict[str, Any] | None:
    row: dict[str, Any] | None = doc.user_data.get(KEY, {}).get(kind, {}).get(_at(start, end))
    return row


def _at(start: int, end: int) -> str:
    return f"{start}:{end}"


def _plain(value: Any) -> dict[str, Any]:
    """A dataclass as a JSON object; Decimals become strings."""
    pairs = ((name, getattr(value, name)) for name in FIELDS[type(value)])
    return {k: str(v) if isinstance(v, Decimal) else list(v) if isinstance(v, tuple) else v for k, v in pairs}


_DECIMALS = {f.name for f in fields(Metric) if "Decimal" in str(f.type)}

Doc.set_extension("report", getter=_head, force=True)
Span.set_extension("section", getter=_section, force=True)
Span.set_extension("domain", getter=_domain, force=True)
Span.set_extension("domains", getter=lambda s: dict(_tag(s, "domains") or {}), force=True)
Span.set_extension("labels", getter=lambda s: list(_tag(s, "labels") or ()), force=True)
Span.set_extension("status", getter=lambda s: _tag(s, "status"), force=True)
Span.set_extension("metric", getter=metric, force=True)
for _kind in LINKS:
    Span.set_extension(_kind, getter=partial(_link, kind=_kind), force=True)
