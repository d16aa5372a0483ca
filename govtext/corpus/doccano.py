"""doccano JSONL: spans under ``label``, ``labels`` or ``entities``, the text under ``text`` or ``data``, labels of the text under ``cats``.

doccano counts offsets in UTF-16 code units, as JavaScript does; a character outside the Basic Multilingual Plane counts two. Spans are read
and written so, unless ``offsets="characters"``. Its own ``id`` is a running number; ours travels as ``sentence_id``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from govtext.corpus.files import (
    Span,
    from_utf16,
    numbered,
    read_objects,
    sentence_labels,
    split_labels,
    utf16_offsets,
    without_lost_metrics,
    write_json_lines,
)  # fmt: skip
from govtext.corpus.sentence import Row, listed
from govtext.errors import DataError
from govtext.labels import STATUSES

Offsets = Literal["utf-16", "characters"]
Field = Literal["label", "labels", "entities"]
_SPANS = ("label", "labels", "entities")
_OWN = {"id", "sentence_id", "text", "data", "cats", "relations", "comments", "Comments", *_SPANS}


def matches(path: Path, head: Row | None) -> bool:
    """Whether a file looks like this format, by its first object."""
    return (
        head is not None
        and isinstance(head.get("text", head.get("data")), str)
        and bool(head.keys() & _OWN - {"id", "text"})
    )


def read_rows(path: Path, *, offsets: Offsets = "utf-16") -> Iterator[tuple[str, Row]]:
    """Rows with ``file, line n``."""
    return numbered(((where, _row(item, where, offsets)) for where, item in read_objects(path)), path)


def write_rows(rows: Iterable[Row], path: Path, *, field: Field = "label", offsets: Offsets = "utf-16") -> None:
    """Write the file whole or not at all; ``field`` is where the spans go."""
    write_json_lines((_item(number, row, field, offsets) for number, row in enumerate(rows, 1)), path)


def _row(item: Row, where: str, offsets: Offsets) -> Row:
    text = item.get("text", item.get("data"))
    if not isinstance(text, str) or not text:
        raise DataError(f"{where}: no text under 'text' or 'data'")
    given = [x for name in _SPANS for x in _listed(item.get(name))]
    of_text = [x for x in given if isinstance(x, str)] + listed(item, "cats", where, of=str)
    spans = [_span(x, where) for x in given if not isinstance(x, str)]
    places: list[Span] = [(start, end) for start, end, _ in spans]
    if offsets == "utf-16":
        places = from_utf16(text, places, where)
    row = {key: value for key, value in item.items() if key not in _OWN}
    row |= {name: value for name, value in split_labels(of_text, STATUSES).items() if value}
    row |= {"id": item.get("sentence_id") or item.get("id"), "text": text}
    row["entities"] = [{"start": s, "end": e, "label": x[2]} for (s, e), x in zip(places, spans, strict=True)]
    return without_lost_metrics(row, where)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _span(found: Any, where: str) -> tuple[int, int, str]:
    if isinstance(found, dict):
        found = [found.get("start_offset"), found.get("end_offset"), found.get("label")]
    if not (isinstance(found, list) and len(found) == 3 and isinstance(found[0], int) and isinstance(found[1], int)):
        raise DataError(
            f"{where}: a span is [start, end, label] or has start_offset, end_offset and label, this is {found!r}"
        )
    return found[0], found[1], str(found[2])


def _item(number: int, row: Row, field: Field, offsets: Offsets) -> Row:
    text = row["text"]
    at = utf16_offsets(text) if offsets == "utf-16" else range(len(text) + 1)
    spans = [[at[e["start"]], at[e["end"]], e["label"]] for e in row["entities"]]
    found: list[Any] = spans
    if field == "entities":
        found = [{"id": i, "label": x[2], "start_offset": x[0], "end_offset": x[1]} for i, x in enumerate(spans, 1)]
    rest = {key: value for key, value in row.items() if key not in _OWN and key not in ("domains", "status")}
    return {"id": number, "text": text, field: found, "cats": sentence_labels(row), "sentence_id": row["id"], **rest}
