"""One annotated sentence, and the JSON row that every format of the corpus is converted to and from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Any

from govtext.errors import DataError
from govtext.labels import DOMAINS, ENTITY_LABELS, KINDS, STATUSES
from govtext.types import Entity, Metric

Row = dict[str, Any]
FIELDS = ("id", "doc", "start", "end", "heads", "text", "entities", "metrics", "domains", "status", "furniture")
LABELS_OF_TOOLS = (
    "spans",
    "label",
    "labels",
    "cats",
    "accept",
    "annotations",
    "completions",
    "predictions",
)  # their fields
MAX_DOMAINS = 3
MAX_CHARACTERS = 10_000  # of one sentence


@dataclass(frozen=True, slots=True)
class Scheme:
    """The names that an annotation may use; the default is the library's own scheme."""

    labels: tuple[str, ...] = ENTITY_LABELS
    domains: tuple[str, ...] = DOMAINS
    statuses: tuple[str, ...] = STATUSES


SCHEME = Scheme()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedSentence:
    """One sentence with its labels.

    ``start`` and ``end`` are characters in the text of the report ``doc``; the offsets of entities and metrics are inside ``text``.
    ``heads`` is the heading path, outermost first. ``domains`` (primary first) is empty and ``status`` None where nobody has said.
    ``furniture`` marks a stretch of page furniture, where no sentence should be. ``meta`` holds further JSON values, carried along.
    """

    id: str
    doc: str
    text: str
    start: int
    end: int
    heads: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()
    metrics: tuple[Metric, ...] = ()
    domains: tuple[str, ...] = ()
    status: str | None = None
    furniture: bool = False
    meta: Mapping[str, Any] = field(default_factory=dict)


def to_row(sentence: AnnotatedSentence) -> Row:
    """The sentence as plain JSON values, ``meta`` among the other fields.

    >>> sentence = AnnotatedSentence(id="1", doc="a", text="云山县", start=0, end=3, entities=(Entity(0, 3, "PLACE"),))
    >>> to_row(sentence)["entities"]
    [{'start': 0, 'end': 3, 'label': 'PLACE', 'text': '云山县'}]
    """
    return {
        **sentence.meta,
        "id": sentence.id, "doc": sentence.doc, "start": sentence.start, "end": sentence.end,
        "heads": list(sentence.heads), "text": sentence.text,
        "entities": [
            {"start": e.start, "end": e.end, "label": e.label, "text": sentence.text[e.start : e.end]}
            for e in sentence.entities
        ],
        "metrics": [
            {"start": m.start, "end": m.end, "indicator": m.indicator, "kind": m.kind, "status": m.status}
            for m in sentence.metrics
        ],
        "domains": list(sentence.domains), "status": sentence.status, "furniture": sentence.furniture,
    }  # fmt: skip


def from_row(row: Row, where: str, *, scheme: Scheme = SCHEME) -> AnnotatedSentence:
    """The sentence of a row; ``where`` names file and line in errors.

    Raises DataError if an offset does not match its text, entities overlap, a label is unknown to the scheme, the row has a field in
    which another tool holds labels, or its ``weight`` is no weight.
    """
    text = row.get("text")
    if not isinstance(text, str) or not text:
        raise DataError(f"{where}: no text")
    if len(text) > MAX_CHARACTERS:
        raise DataError(
            f"{where}: a sentence of {len(text):,} characters, at most {MAX_CHARACTERS:,} are read; annotate sentence by sentence"
        )
    other = next((name for name in LABELS_OF_TOOLS if row.get(name)), None)
    if other:
        raise DataError(
            f"{where}: {other!r} holds labels of another format; name the format of the file, or rename the field"
        )
    weight = row.get("weight", 1)
    if not (isinstance(weight, (int, float)) and not isinstance(weight, bool) and 0 <= weight < inf):
        raise DataError(f"{where}: a weight is a number from 0 upwards, this is {weight!r}")
    start: Any = row.get("start", 0)
    end: Any = row.get("end", start + len(text) if _is_offset(start) else None)
    if not (_is_offset(start) and _is_offset(end) and end - start == len(text)):
        raise DataError(f"{where}: start {start} and end {end} of the sentence do not fit its {len(text)} characters")
    return AnnotatedSentence(
        id=str(row["id"]), doc=str(row["doc"]), text=text, start=start, end=end, heads=tuple(listed(row, "heads", where, of=str)),
        entities=_entities(row, text, where, scheme), metrics=_metrics(row, text, where),
        domains=_domains(row, where, scheme), status=_status(row, where, scheme), furniture=bool(row.get("furniture")),
        meta={key: value for key, value in row.items() if key not in FIELDS},
    )  # fmt: skip


def listed(row: Row, name: str, where: str, *, of: type = dict) -> list[Any]:
    """The list that a field holds, empty where it holds nothing; raises DataError if it is no list, or one of other things.

    >>> listed({"heads": ["一、工作回顾"]}, "heads", "line 1", of=str)
    ['一、工作回顾']
    """
    found = row.get(name) or []
    if not (isinstance(found, (list, tuple)) and all(isinstance(x, of) for x in found)):
        raise DataError(f"{where}: {name!r} must be a list of {'strings' if of is str else 'objects'}")
    return list(found)


def offsets_of(mention: Row, where: str) -> tuple[int, int]:
    """``start`` and ``end`` of an annotation; raises DataError if they are not there or no whole numbers."""
    start, end = mention.get("start"), mention.get("end")
    if not (_is_offset(start) and _is_offset(end)):
        raise DataError(f"{where}: start and end must be whole numbers, these are {start!r} and {end!r}")
    return start, end  # type: ignore[return-value]  # told by _is_offset


def mention_at(text: str, start: Any, end: Any, mention: str | None, where: str) -> str:
    """The text between two offsets; raises DataError if they lie outside or it is not ``mention`` (None: not said)."""
    if not (_is_offset(start) and _is_offset(end) and 0 <= start < end <= len(text)):
        raise DataError(
            f"{where}: offsets {start} to {end} do not lie in the {len(text)} characters of {_short(text)!r}"
        )
    found = text[start:end]
    if mention is not None and found != mention:
        raise DataError(f"{where}: offsets {start} to {end} give {found!r}, the annotation says {mention!r}")
    return found


def _entities(row: Row, text: str, where: str, scheme: Scheme) -> tuple[Entity, ...]:
    found = []
    for e in listed(row, "entities", where):
        mention_at(text, e.get("start"), e.get("end"), e.get("text"), where)
        found.append(Entity(e["start"], e["end"], _known(e.get("label"), scheme.labels, "label", where)))  # type: ignore[arg-type]
    found.sort(key=lambda e: (e.start, e.end))
    for a, b in pairwise(found):
        if b.start < a.end:
            raise DataError(
                f"{where}: {a.label} {text[a.start : a.end]!r} and {b.label} {text[b.start : b.end]!r} overlap; keep the outer one"
            )
    return tuple(found)


def _metrics(row: Row, text: str, where: str) -> tuple[Metric, ...]:
    found = []
    for m in listed(row, "metrics", where):
        mention_at(text, m.get("start"), m.get("end"), m.get("text"), where)
        kind = _known(m.get("kind"), KINDS, "kind of metric", where)
        status = _known(m.get("status"), ("achieved", "planned"), "status of a metric", where)
        found.append(Metric(m["start"], m["end"], indicator=str(m.get("indicator") or ""), kind=kind, status=status))  # type: ignore[arg-type]
    return tuple(sorted(found, key=lambda m: m.start))


def _domains(row: Row, where: str, scheme: Scheme) -> tuple[str, ...]:
    found = tuple(_known(name, scheme.domains, "domain", where) for name in listed(row, "domains", where, of=str))
    if len(found) > MAX_DOMAINS:
        raise DataError(f"{where}: {len(found)} domains, a sentence has at most {MAX_DOMAINS}")
    return found


def _status(row: Row, where: str, scheme: Scheme) -> str | None:
    return _known(row["status"], scheme.statuses, "status", where) if row.get("status") is not None else None


def _known(name: Any, names: Iterable[str], what: str, where: str) -> str:
    if name not in names:
        raise DataError(f"{where}: no {what} {name!r} in the scheme; there are: {', '.join(names)}")
    return str(name)


def _is_offset(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"
