"""Reports and analyses as annotated sentences: without labels, or with those of the model, which a person corrects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from govtext.corpus.sentence import AnnotatedSentence
from govtext.report import sentence_contexts
from govtext.types import Entity, Metric, Report

_NUMBER = 20  # characters, at most, of a heading's number with its punctuation


def from_record(record: Mapping[str, Any]) -> list[AnnotatedSentence]:
    """The sentences of an analyzed report (a record of ``govtext analyze``) with the labels that the model gives them.

    >>> import govtext as gt
    >>> from govtext.annotations import to_record
    >>> sentence, = from_record(to_record(gt.analyze("全年新增学位1200个。")))
    >>> sentence.entities, sentence.metrics[0].kind
    ((Entity(start=6, end=11, label='METRIC'),), 'level')
    """
    return [_sentence(record, row) for row in record["sentences"]]


def from_report(report: Report) -> list[AnnotatedSentence]:
    """The sentences of a report with their headings and without any label.

    >>> from govtext.report import parse_report
    >>> [s.text for s in from_report(parse_report("新建学校2所。改造道路3条。"))]
    ['新建学校2所。', '改造道路3条。']
    """
    return [
        AnnotatedSentence(
            id=f"{report.id}:{s.start}", doc=report.id, text=report.text[s.start : s.end], start=s.start, end=s.end, heads=c.heads
        )
        for s, c in zip(report.sentences, sentence_contexts(report), strict=True)
    ]  # fmt: skip


def _sentence(record: Mapping[str, Any], row: Mapping[str, Any]) -> AnnotatedSentence:
    start, end = row["start"], row["end"]
    inside = [e for e in record["entities"] if start <= e["start"] and e["end"] <= end]
    domains = list(row.get("labels") or ()) or ([row["domain"]] if row.get("domain") else [])
    return AnnotatedSentence(
        id=f"{record['id']}:{start}", doc=record["id"], text=record["text"][start:end], start=start, end=end,
        heads=_heads(record, row["section"], start),
        entities=tuple(Entity(e["start"] - start, e["end"] - start, e["label"]) for e in inside),
        metrics=tuple(
            Metric(
                e["start"] - start, e["end"] - start, indicator=e["metric"]["indicator"], kind=e["metric"]["kind"],
                status=e["metric"]["status"],
            )
            for e in inside
            if e.get("metric")
        ),
        domains=tuple(domains), status=row.get("status"),
    )  # fmt: skip


def _heads(record: Mapping[str, Any], section: int | None, before: int) -> tuple[str, ...]:
    """Headings as written, from the outermost section inwards, without the one that the sentence itself is."""
    heads: list[str] = []
    while section is not None:
        node = record["sections"][section]
        if node["start"] < before:
            heads.append(_heading(record["text"], node))
        section = node["parent"]
    return tuple(reversed(heads))


def _heading(text: str, node: Mapping[str, Any]) -> str:
    """The heading of a section with its number, as the text has it."""
    start, heading = node["start"], node["heading"]
    at = text.find(heading, start, start + len(heading) + _NUMBER)
    return text[start : at + len(heading)].strip() if at >= 0 else heading
