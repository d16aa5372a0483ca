"""Reading and writing that the formats share: JSON lines with their numbers, folders that appear whole, offsets of other tools."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any
from zlib import crc32

from govtext.corpus.sentence import Row, listed, offsets_of
from govtext.errors import DataError
from govtext.output import check_target, whole_file, whole_folder

Span = tuple[int, int]
_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # of a character, written as JSON


def read_text(path: Path) -> str:
    """A UTF-8 file with its line ends as they are; raises DataError if it is not one."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None


def read_lines(path: Path, *, keep_returns: bool = False) -> Iterator[tuple[str, str]]:
    """Each line of a UTF-8 file with ``file, line n``; only a line feed (or CR LF, unless ``keep_returns``) ends a line."""
    for number, line in enumerate(read_text(path).split("\n"), 1):
        yield f"{path}, line {number}", line if keep_returns else line.removesuffix("\r")


def read_json_lines(path: Path) -> Iterator[tuple[str, Row]]:
    """The JSON objects of a file, one a line, with ``file, line n``."""
    for where, line in read_lines(path):
        if line.strip():
            yield where, parse_object(line, where)


def read_objects(path: Path) -> Iterator[tuple[str, Row]]:
    """The JSON objects of a file, one a line or in an array (``file, item n``)."""
    text = read_text(path)
    if not text.lstrip().startswith("["):
        yield from read_json_lines(path)
        return
    for number, value in enumerate(parse_json(text, str(path)), 1):
        where = f"{path}, item {number}"
        yield where, _object(value, where)


def parse_json(written: str, where: str) -> Any:
    """A JSON value; raises DataError if it is none, is nested too deeply, or holds half of a character (``\\ud800``)."""
    try:
        value = json.loads(written)
        if _HALF.search(written):
            dump(value).encode()
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON ({error})") from None
    return value


def parse_object(line: str, where: str) -> Row:
    """A JSON object; raises DataError if it is none."""
    return _object(parse_json(line, where), where)


def _object(value: Any, where: str) -> Row:
    if not isinstance(value, dict):
        raise DataError(f"{where}: a JSON object is needed, this is {type(value).__name__}")
    return value


def dump(value: Any) -> str:
    """JSON on one line, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write_json_lines(rows: Iterable[Row], path: Path) -> None:
    """One JSON object a line; the file appears whole or not at all."""
    with whole_file(path, encoding="utf-8", newline="\n") as f:
        f.writelines(dump(row) + "\n" for row in rows)


def copy_folder(source: Path, path: Path, *, overwrite: bool = False) -> Path:
    """Copy a folder to ``path``, whole or not at all; raises OutputError if the path exists and ``overwrite`` is not set."""
    check_target(path, overwrite=overwrite, folder=True)
    with whole_folder(path, own=[path / file.relative_to(source) for file in source.rglob("*")]) as new:
        shutil.copytree(source, new, dirs_exist_ok=True)
    return path


def utf16_offsets(text: str) -> list[int]:
    """For each character of the text, and its end, how many UTF-16 code units stand before it.

    >>> utf16_offsets("a𠮷b")
    [0, 1, 3, 4]
    """
    return [0, *accumulate(2 if ord(c) > 0xFFFF else 1 for c in text)]


def from_utf16(text: str, spans: Sequence[Span], where: str) -> list[Span]:
    """Spans counted in UTF-16 code units, as JavaScript does, in characters; raises DataError for one that cuts a character."""
    if text.isascii() or max(text) <= "\uffff":
        return list(spans)
    position = {units: i for i, units in enumerate(utf16_offsets(text))}
    missing = [span for span in spans if not (span[0] in position and span[1] in position)]
    if missing:
        raise DataError(
            f"{where}: offsets {missing[0][0]} to {missing[0][1]} do not lie at characters when counted in UTF-16, as the tool does"
        )
    return [(position[start], position[end]) for start, end in spans]


def settle_spans(text: str, spans: Sequence[Span], mentions: Sequence[str | None], where: str) -> list[Span]:
    """The spans in characters, whichever way the tool has counted: characters if they give all mentions, else UTF-16 if that does.

    Spans that fit neither way are given back as they are, for the check that names the strings.
    """
    if _fits(text, spans, mentions) or max(text, default="") <= "\uffff":
        return list(spans)
    try:
        counted = from_utf16(text, spans, where)
    except DataError:
        return list(spans)
    return counted if _fits(text, counted, mentions) else list(spans)


def _fits(text: str, spans: Sequence[Span], mentions: Sequence[str | None]) -> bool:
    return all(m is None or text[s:e] == m for (s, e), m in zip(spans, mentions, strict=True))


def numbered(rows: Iterable[tuple[str, Row]], path: Path) -> Iterator[tuple[str, Row]]:
    """Rows with an id and a document; those that name none are one document, called by the file's name and a checksum of their text.

    So files of the same name are different documents unless they hold the same text.
    """
    found = list(rows)
    unnamed = "\n".join(str(row.get("text")) for _, row in found if not row.get("doc"))
    document = f"{path.stem}-{crc32(unnamed.encode(errors='replace')):08x}"
    for number, (where, row) in enumerate(found, 1):
        doc = row.get("doc") or document
        yield where, {**row, "doc": doc, "id": row.get("id") or f"{doc}:{row.get('start', number)}"}


def without_lost_metrics(row: Row, where: str) -> Row:
    """The row without metrics whose METRIC the annotator has taken away or moved."""
    kept = {(e["start"], e["end"]) for e in row.get("entities", ()) if e["label"] == "METRIC"}
    return {**row, "metrics": [m for m in listed(row, "metrics", where) if offsets_of(m, where) in kept]}


def split_labels(names: Iterable[str], statuses: Sequence[str]) -> Row:
    """``domains`` and ``status`` from labels of a whole sentence that stand in one list."""
    names = list(names)
    status = [name for name in names if name in statuses]
    return {"domains": [name for name in names if name not in statuses], "status": status[0] if status else None}


def sentence_labels(row: Row) -> list[str]:
    """Domains and status of a row in one list, for tools that have one list of labels for a text."""
    return [*row["domains"], *([row["status"]] if row["status"] else [])]
