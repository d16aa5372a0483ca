"""The library's own format: one sentence a line, fields as in the annotation guide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from govtext.corpus.files import numbered, read_objects, write_json_lines
from govtext.corpus.sentence import LABELS_OF_TOOLS, Row

_OWN = {"doc", "heads", "metrics", "domains", "status", "furniture"}
_OF_TOOLS = {*LABELS_OF_TOOLS, "relations", "sentence_id"}  # fields of doccano, which carries ours along


def matches(path: Path, head: Row | None) -> bool:
    """Whether a file looks like this format, by its first object."""
    if head is None or "text" not in head or head.keys() & _OF_TOOLS:
        return False
    return bool(head.keys() & _OWN) or _are_own(head.get("entities"))


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Rows with ``file, line n``."""
    return numbered(read_objects(path), path)


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write the file whole or not at all."""
    write_json_lines(rows, path)


def _are_own(entities: object) -> bool:
    return isinstance(entities, list) and all(isinstance(e, dict) and {"start", "end"} <= e.keys() for e in entities)
