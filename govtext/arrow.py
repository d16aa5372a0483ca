"""Reports in and analyses out as Arrow record batches: the one function that every engine (processes, datasets, Spark, Ray) runs.

A batch of reports has a column ``text``, or ``content`` (the bytes of a file) with ``filename``; a column ``id`` if the file names are not
to be the ids. A batch of analyses has one row a report, with everything that a record of ``govtext analyze`` holds; ``explode`` makes flat
tables of it (reports, sections, sentences, entities, metrics), the same as Parquet output. ``schema`` gives the columns of both. Needs the
extra ``parquet``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from pathlib import Path, PurePosixPath
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from spacy.language import Language

from govtext.annotations import to_record
from govtext.entities.organizations import Organization
from govtext.errors import DataError, MissingExtraError, ReadError, describe_failure
from govtext.formats import extract
from govtext.formats.limits import MAX_BYTES, check_text
from govtext.pipeline import analyze, load
from govtext.report import FolderFiles, find_report_files, lay_out, read_bytes
from govtext.resources import DEFAULT_MODEL
from govtext.tables import COLUMNS, TABLES, Record, rows
from govtext.types import Extract, Metric, PlaceLink, ProjectLink, Report

try:
    import pyarrow as pa
except ImportError:
    raise MissingExtraError("pyarrow", "parquet", "govtext.arrow") from None

VERSION = 1
"""Version of the schemas, kept in their metadata; raised when a column goes or changes its type."""
ANALYSES = "analyses"
# types by their names in Arrow and in Spark
_STRING = re.compile(r"(dictionary<values=)?(large_)?string|(var)?char|null|void")
_BYTES = re.compile(r"(dictionary<values=)?(large_)?binary|null|void")
_NO_BYTES = re.compile(r"\A(?!.*binary)")
CHUNK = 16  # analyses that are held as Python objects: 4 MB each, 0.1 MB as columns

Batches = Iterable[pa.RecordBatch]
Item = TypeVar("Item")


def schema(table: str = ANALYSES) -> pa.Schema:
    """The columns of the nested table ``analyses``, or of a flat table (a key of ``tables.COLUMNS``).

    ``schema().metadata`` names the table and the version of the schema. Raises DataError if there is no such table.

    >>> schema("sections").names
    ['report', 'section', 'parent', 'level', 'number', 'heading', 'part', 'start', 'end']
    >>> schema().metadata
    {b'govtext.table': b'analyses', b'govtext.schema': b'1'}
    """
    if table != ANALYSES and table not in TABLES:
        raise DataError(f"no table {table!r}; there are: {', '.join((ANALYSES, *TABLES))}")
    columns = _analysis_fields() if table == ANALYSES else [(c, _flat_type(table, c)) for c in COLUMNS[table]]
    return pa.schema(columns, metadata={"govtext.table": table, "govtext.schema": str(VERSION)})


def analyze_batches(
    batches: Batches, *, model: str | Path | Language = DEFAULT_MODEL, id: str = "id", text: str = "text",
    content: str = "content", filename: str = "filename", batch_size: int = CHUNK,
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    """Analyze batches of reports, row by row and in order; each batch that comes out has at most ``batch_size`` rows.

    ``id``, ``text``, ``content`` and ``filename`` name the columns of the reports. A row is read from ``content`` if that is not null: the
    bytes of a file, whose format the suffix of ``filename`` tells; else from ``text``. Without a column ``id`` the id is the
    whole ``filename``. Other columns are left out: join them by ``id``. A row that cannot be analyzed has nulls and a message in ``error``,
    and the others go on; a message that the input has in a column ``error`` is kept. A model given by name or folder is loaded once a
    process. Memory holds one batch that comes in and one that goes out, however many there are. Raises DataError if the columns are
    missing, ModelError if the model cannot be loaded.

    >>> batch = pa.RecordBatch.from_pylist([{"id": "a", "text": "完成投资3亿元。"}, {"id": "b", "text": ""}])
    >>> (found,) = analyze_batches([batch])
    >>> found["entities"][0][0]["text"].as_py(), found["error"][1].as_py()
    ('3亿元', 'holds no text; give a report')
    """
    nlp = model if isinstance(model, Language) else _load(str(model))
    names = {"id": id, "text": text, "content": content, "filename": filename}
    found = (_analyze_row(row, nlp) for batch in batches for row in _input_rows(batch, names))
    columns = schema()
    for chunk in chunks(found, batch_size):
        yield pa.RecordBatch.from_pylist(chunk, schema=columns)


def explode(batches: Batches, table: str) -> Iterator[pa.RecordBatch]:
    """The rows of a flat table, from batches of analyses of any size; rows with an error have none. A batch holds those of a few reports.

    >>> batch = pa.RecordBatch.from_pylist([{"id": "a", "text": "完成投资3亿元，增长5%。"}])
    >>> (metrics,) = explode(analyze_batches([batch]), "metrics")
    >>> metrics.select(["indicator", "value", "unit"]).to_pylist()
    [{'indicator': '投资', 'value': 300000000.0, 'unit': '元'}, {'indicator': '投资', 'value': 5.0, 'unit': '%'}]
    """
    schema(table)  # an unknown table is told before any work is done
    for found in chunks(records(batches), CHUNK):
        yield flat_batch(found, table)


def flat_batch(found: Iterable[Record], table: str) -> pa.RecordBatch:
    """The rows that records have in a flat table, as one batch."""
    return rows_batch((row for record in found for row in rows(table, record)), table)


def rows_batch(found: Iterable[Mapping[str, Any]], table: str) -> pa.RecordBatch:
    """Rows of a flat table as one batch."""
    columns = schema(table)
    numbers = {f.name for f in columns if pa.types.is_floating(f.type)}
    return pa.RecordBatch.from_pylist(
        [{c: _cell(row.get(c), c in numbers) for c in columns.names} for row in found], schema=columns
    )


def write_part(path: Path, batches: Batches) -> None:
    """Write batches of a table as a Parquet file."""
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_batches(batches), path)


def records(batches: Batches) -> Iterator[dict[str, Any]]:
    """The records (as ``govtext analyze`` writes them) in batches of analyses; rows with an error are left out.

    All functions of ``tables``, ``views`` and ``charts`` take them.
    """
    for batch in batches:
        for start in range(0, batch.num_rows, CHUNK):
            yield from (_to_record(row) for row in batch.slice(start, CHUNK).to_pylist() if row["error"] is None)


def read_files(paths: Iterable[str | Path], *, batch_size: int = 64) -> Iterator[pa.RecordBatch]:
    """Files and the report files of folders as batches with ``filename``, ``content``, and ``error`` for what cannot be read.

    ``filename`` is the path as given, with escapes for bytes that are no text. A batch ends after ``batch_size`` files, or once it holds 64 MiB.
    Raises ReadError if a folder holds no report.
    """
    columns = pa.schema([("filename", pa.string()), ("content", pa.binary()), ("error", pa.string())])
    batch: list[dict[str, Any]] = []
    size = 0
    for row in _file_rows(paths):
        batch.append(row)
        size += len(row.get("content", b""))
        if len(batch) >= batch_size or size >= MAX_BYTES:
            yield pa.RecordBatch.from_pylist(batch, schema=columns)
            batch, size = [], 0
    if batch:
        yield pa.RecordBatch.from_pylist(batch, schema=columns)


def _file_rows(paths: Iterable[str | Path]) -> Iterator[dict[str, Any]]:
    for path in map(Path, paths):
        found = find_report_files(path) if path.is_dir() else FolderFiles([path])
        yield from ({"filename": _name(error.path), "error": error.message} for error in found.errors)
        yield from map(_read_file, found.paths)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return {"filename": _name(path), "content": read_bytes(path)}
    except ReadError as error:
        return {"filename": _name(path), "error": describe_failure(error, name=str(path))}


def _name(path: str | Path) -> str:
    """A path as text that is unlike that of every other path."""
    return Path(path).as_posix().encode(errors="backslashreplace").decode()


@lru_cache(maxsize=1)
def _load(model: str) -> Language:
    """The pipeline of this process."""
    return load(model)


def check_columns(there: Mapping[str, str], *, id: str, text: str, content: str, filename: str) -> None:
    """Raise DataError unless the columns of the reports, given with their types, tell which they are and what is in them."""
    known = f"(there are: {', '.join(there)})"
    if not {text, content} & there.keys():
        raise DataError(
            f"no column {text!r} or {content!r} in the reports; name the one that holds them with text= or content= {known}"
        )
    if not {id, filename} & there.keys():
        raise DataError(
            f"no column {id!r} or {filename!r} in the reports; name the one that identifies them with id= or filename= {known}"
        )
    for name, pattern, use in (
        (id, _NO_BYTES, "ids: make them text"),
        (filename, _STRING, "file names: make them text, or name another column with filename="),
        (text, _STRING, "texts: make them text, or name the column with content= if it holds the bytes of files"),
        (content, _BYTES, "the bytes of files: name it with text= if it holds texts, and another one with content="),
    ):
        if not pattern.match(there.get(name, "null")):
            raise DataError(f"column {name!r} holds {there[name]}, not {use}")


def _input_rows(batch: pa.RecordBatch, columns: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The rows of a batch with the fields id, text, content, filename, error, null where it lacks the column."""
    check_columns({column.name: str(column.type) for column in batch.schema}, **columns)
    names = {**columns, "error": "error"}
    given = {field: batch.column(name) for field, name in names.items() if name in batch.schema.names}
    for i in range(batch.num_rows):
        yield {field: given[field][i].as_py() if field in given else None for field in names}


def _analyze_row(row: dict[str, Any], nlp: Language) -> dict[str, Any]:
    """The analysis of one report; whatever goes wrong with it is its error."""
    name = str(row["filename"] or "")
    id = str(row["id"]) if row["id"] is not None else name
    if row["error"] and isinstance(row["error"], str):
        return {"id": id, "error": row["error"]}
    with nlp.memory_zone():  # the words of one report are forgotten before the next
        try:  # inside: earlier releases of spaCy 3.8 never leave a zone that an error passes through
            return _to_row(to_record(analyze(_to_report(row, id, name), nlp)))
        except Exception as error:  # noqa: BLE001 - one row must not stop the others, and its error is reported
            return {"id": id, "error": describe_failure(error, name=name)}


def _to_report(row: Mapping[str, Any], id: str, name: str) -> Report:
    if row["content"] is not None:
        found = extract(row["content"], name=name)
    elif row["text"] is None or not str(row["text"]).strip():
        raise ReadError("holds no text; give a report")
    else:
        found = Extract(text=str(row["text"]), format="text")
        check_text(found.text, name=name)
    return lay_out(found, id=id, path=name or None, name=PurePosixPath(name).stem if name else None)


def _to_row(record: Record) -> dict[str, Any]:
    """A record as a row of ``analyses``: dictionaries with free keys become lists, pairs become structs."""
    sources = [{"field": name, **found} for name, found in record["meta"]["sources"].items()]
    return {
        **record,
        "meta": {**record["meta"], "sources": sources},
        "sentences": [
            {
                **s,
                "domains": _structs(s["domains"].items(), ("domain", "probability")),
                "reasons": _structs(s["reasons"], ("feature", "weight")) if "reasons" in s else None,
            }
            for s in record["sentences"]
        ],
        "words": _structs(record["words"], ("start", "end")),
        "entities": [{**e, "metric": e["metric"] and _with_floats(e["metric"])} for e in record["entities"]],
    }


def _to_record(row: Record) -> dict[str, Any]:
    """The record that a row of ``analyses`` was made from; whole numbers are floats in it."""
    record: dict[str, Any] = {**row, "words": [[w["start"], w["end"]] for w in row["words"]]}
    del record["error"]
    sources = {s["field"]: {k: s[k] for k in ("source", "start", "end")} for s in row["meta"]["sources"]}
    record["meta"] = {**row["meta"], "sources": sources}
    record["sentences"] = [
        {
            **{k: v for k, v in s.items() if k != "reasons"},
            "domains": {d["domain"]: d["probability"] for d in s["domains"]},
            **({"reasons": [[r["feature"], r["weight"]] for r in s["reasons"]]} if s["reasons"] is not None else {}),
        }
        for s in row["sentences"]
    ]
    return record


def _structs(pairs: Iterable[Iterable[Any]], names: tuple[str, str]) -> list[dict[str, Any]]:
    return [dict(zip(names, pair, strict=True)) for pair in pairs]


def _with_floats(metric: Record) -> dict[str, Any]:
    return {k: _cell(v, k in _METRIC_NUMBERS) for k, v in metric.items()}


def _cell(value: Any, is_number: bool) -> Any:
    """A value as its column takes it: Arrow turns no whole number above 2**53 into a float by itself."""
    return float(value) if is_number and value is not None else value


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of so many items, the last with those that are left."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


# ---- columns


def _analysis_fields() -> list[tuple[str, pa.DataType]]:
    """The columns of ``analyses``: those of a record, and ``error``."""
    string, integer, number = pa.string(), pa.int64(), pa.float64()
    edges = [("start", integer), ("end", integer)]
    place = pa.struct([("name", string), ("code", string)])
    sources = pa.list_(pa.struct([("field", string), ("source", string), *edges]))
    return [
        ("id", string),
        ("title", string),
        ("text", string),
        (
            "meta",
            pa.struct(
                [
                    ("issuer", string), ("level", string), ("year", integer), ("plan_year", integer), ("date", string),
                    ("meeting", string), ("place", place), ("sources", sources), ("format", string), ("encoding", string),
                ]
            ),
        ),
        (
            "sections",
            _list_of(*edges, ("level", integer), ("number", string), ("heading", string), ("parent", integer), ("part", string)),
        ),
        (
            "sentences",
            _list_of(
                *edges, ("section", integer), ("heading", pa.bool_()), ("domain", string), ("probability", number),
                ("domains", _list_of(("domain", string), ("probability", number))), ("labels", pa.list_(string)),
                ("status", string), ("reasons", _list_of(("feature", string), ("weight", number))),
            ),
        ),
        ("words", _list_of(*edges)),
        (
            "entities",
            _list_of(
                *edges, ("label", string), ("text", string), ("metric", _struct_of(Metric, without=("start", "end"))),
                ("place", _struct_of(PlaceLink)), ("organization", _struct_of(Organization)), ("project", _struct_of(ProjectLink)),
            ),
        ),
        ("error", string),
    ]  # fmt: skip


def _list_of(*columns: tuple[str, pa.DataType]) -> pa.DataType:
    return pa.list_(pa.struct(list(columns)))


def _struct_of(kind: type, *, without: tuple[str, ...] = ()) -> pa.DataType:
    """The struct of a dataclass, by its type hints."""
    hints = get_type_hints(kind)
    return pa.struct([(f.name, _type_of(hints[f.name])) for f in fields(kind) if f.name not in without])


_TYPES: dict[Any, Callable[[], pa.DataType]] = {
    str: pa.string, int: pa.int64, float: pa.float64, Decimal: pa.float64, bool: pa.bool_,
}  # fmt: skip
_METRIC_NUMBERS = {"value", "value_max", "canonical_value"}


def _type_of(hint: Any) -> pa.DataType:
    if get_origin(hint) is Literal:
        return pa.string()
    if get_origin(hint) is tuple:
        return pa.list_(_type_of(get_args(hint)[0]))
    if isinstance(hint, UnionType) or NoneType in get_args(hint):
        return _type_of(next(a for a in get_args(hint) if a is not NoneType))
    return _TYPES[hint]()


_FLOATS = {*_METRIC_NUMBERS, "probability"}
_INTEGERS = {
    "year", "plan_year", "characters", "sections", "sentences", "words", "entities", "metrics", "section", "parent", "level",
    "sentence", "start", "end",
}  # fmt: skip
_TEXT = {("reports", "level"), ("metrics", "sentence")}  # the same names hold words in these tables


def _flat_type(table: str, column: str) -> pa.DataType:
    if (table, column) in _TEXT:
        return pa.string()
    if (table, column) == ("sentences", "heading"):
        return pa.bool_()
    return pa.float64() if column in _FLOATS else pa.int64() if column in _INTEGERS else pa.string()
