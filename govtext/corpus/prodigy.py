"""Prodigy JSONL: ``spans`` in characters, labels of the whole sentence under ``accept``; only accepted tasks are read.

Label with ``prodigy ner.manual … --highlight-chars``, since the edges of names need not be edges of words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from govtext.corpus.files import (
    numbered,
    read_objects,
    sentence_labels,
    settle_spans,
    split_labels,
    without_lost_metrics,
    write_json_lines,
)  # fmt: skip
from govtext.corpus.sentence import Row, listed, offsets_of
from govtext.errors import DataError
from govtext.labels import STATUSES

_OWN = {"text", "spans", "tokens", "accept", "options", "answer", "label", "config", "meta"}
_LABELS = {"entities", "domains", "status"}


def matches(path: Path, head: Row | None) -> bool:
    """Whether a file looks like this format, by its first object."""
    return head is not None and bool(head.keys() & {"spans", "answer", "_input_hash", "_task_hash"})


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Rows with ``file, line n``."""
    tasks = read_objects(path)
    return numbered(((w, _row(t, w)) for w, t in tasks if t.get("answer", "accept") == "accept"), path)


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write the file whole or not at all."""
    write_json_lines(map(_task, rows), path)


def _row(task: Row, where: str) -> Row:
    text, spans = task.get("text"), listed(task, "spans", where)
    if not isinstance(text, str) or not text:
        raise DataError(f"{where}: no text")
    if any(not {"start", "end", "label"} <= s.keys() for s in spans):
        raise DataError(f"{where}: a span needs start, end and label")
    mentions = [s.get("text") for s in spans]
    places = settle_spans(text, [offsets_of(s, where) for s in spans], mentions, where)
    row = {key: value for key, value in task.items() if key not in _OWN and not key.startswith("_")}
    if "accept" in task or "label" in task:
        accepted = listed(task, "accept", where, of=str)
        row |= split_labels(accepted or listed(task, "label", where, of=str), STATUSES)
    row["text"] = text
    if "spans" in task:
        row["entities"] = [
            {"start": start, "end": end, "label": s["label"], "text": mention}
            for (start, end), s, mention in zip(places, spans, mentions, strict=True)
        ]
    return without_lost_metrics(row, where)


def _task(row: Row) -> Row:
    rest = {key: value for key, value in row.items() if key not in _OWN | _LABELS}
    shown = {"meta": {"doc": row["doc"], "heads": " > ".join(row["heads"])}}
    return {"text": row["text"], "spans": row["entities"], "accept": sentence_labels(row), **shown, **rest}
