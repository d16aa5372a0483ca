"""Reads annotated sentences (JSONL) and joins them to the layout of the reports they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import srsly

from govtext.errors import DataError
from govtext.report import read, sentence_contexts
from govtext.types import Entity, Metric, Report, SentenceContext


@dataclass(frozen=True, slots=True)
class Example:
    """One annotated sentence; offsets of entities and metrics are inside ``text``."""

    id: str
    doc: str
    text: str
    context: SentenceContext
    entities: tuple[Entity, ...]
    metrics: tuple[Metric, ...]
    domains: tuple[str, ...]
    status: str
    furniture: bool
    start: int
    end: int


def read_examples(path: str | Path, *, reports: str | Path | None = None) -> list[Example]:
    """Annotated sentences of a JSONL file in file order.

    With ``reports`` (a folder of ``<doc>.txt``) every sentence gets the context that the library's own layout gives it, just as at
    inference; without, the context is the ``heads`` of the record and its neighbours in the file.
    Raises DataError naming file and line where an offset does not match its text.
    """
    rows = list(_checked(path))
    contexts = _layout_contexts(rows, Path(reports)) if reports else _file_contexts(rows)
    return [_example(row, context) for row, context in zip(rows, contexts, strict=True)]


def documents(examples: Iterable[Example]) -> dict[str, list[Example]]:
    """Examples by document, in order of first appearance."""
    by_doc: dict[str, list[Example]] = {}
    for e in examples:
        by_doc.setdefault(e.doc, []).append(e)
    return by_doc


def _checked(path: str | Path) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(srsly.read_jsonl(path), 1):
        missing = {"doc", "text", "start", "end"} - row.keys()
        if missing:
            raise DataError(f"{path}, line {number}: fields missing: {', '.join(sorted(missing))}")
        for e in row.get("entities", ()):
            found = row["text"][e["start"] : e["end"]]
            if found != e.get("text", found):
                raise DataError(f"{path}, line {number}: offsets give {found!r}, the annotation says {e['text']!r}")
        yield row


def _example(row: dict[str, Any], context: SentenceContext) -> Example:
    return Example(
        id=row.get("id", f"{row['doc']}:{row['start']}"), doc=row["doc"], text=row["text"], context=context,
        entities=tuple(Entity(e["start"], e["end"], e["label"]) for e in row.get("entities", ())),
        metrics=tuple(
            Metric(m["start"], m["end"], indicator=m["indicator"], kind=m["kind"], status=m["status"])
            for m in row.get("metrics", ())
        ),
        domains=tuple(row.get("domains", ())), status=row.get("status", "other"),
        furniture=bool(row.get("furniture")), start=row["start"], end=row["end"],
    )  # fmt: skip


def _file_contexts(rows: list[dict[str, Any]]) -> list[SentenceContext]:
    last = max((r["end"] for r in rows), default=1)
    result = []
    for i, row in enumerate(rows):
        before = rows[i - 1]["text"] if i and rows[i - 1]["doc"] == row["doc"] else ""
        after = rows[i + 1]["text"] if i + 1 < len(rows) and rows[i + 1]["doc"] == row["doc"] else ""
        result.append(
            SentenceContext(
                heads=tuple(row.get("heads", ())),
                previous=before,
                following=after,
                position=row["start"] / last,
                year=row.get("year"),
                level=row.get("level"),
            )
        )
    return result


def _layout_contexts(rows: list[dict[str, Any]], folder: Path) -> list[SentenceContext]:
    cache: dict[str, tuple[Report, list[SentenceContext]]] = {}
    result = []
    for row in rows:
        doc = row["doc"]
        if doc not in cache:
            report = read(folder / f"{doc}.txt")
            cache[doc] = report, sentence_contexts(report)
        report, contexts = cache[doc]
        if report.text[row["start"] : row["end"]] != row["text"]:
            raise DataError(f"{folder / doc}.txt does not hold the sentence {row.get('id')} at its offsets")
        result.append(_context_at(report, contexts, row["start"], row["end"]))
    return result


def _context_at(report: Report, contexts: list[SentenceContext], start: int, end: int) -> SentenceContext:
    """Context of the sentence that overlaps the stretch most; of the nearest one before it where none does."""
    best, size, before = None, 0, None
    for s, context in zip(report.sentences, contexts, strict=True):
        shared = min(end, s.end) - max(start, s.start)
        if shared > size:
            best, size = context, shared
        if s.start < end:
            before = context
    if best is not None:
        return best
    return replace(before, is_heading=False, previous="", following="") if before else SentenceContext()
