"""The library's own format: one sentence a line, fields as in the annotation guide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from govtext.corpus.files import numbered, read_json_lines, write_json_lines
from govtext.corpus.sentence import Row

_OF_TOOLS = {"spans", "cats", "sentence_id"}  # fields of formats that carry ours along


def matches(path: Path, head: Row | None) -> bool:
    """Whether a file looks like this format, by its first object."""
    return head is not None and {"doc", "start", "end", "text"} <= head.keys() and not head.keys() & _OF_TOOLS


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Rows with ``file, line n``."""
    return numbered(read_json_lines(path), path)


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write the file whole or not at all."""
    write_json_lines(rows, path)
