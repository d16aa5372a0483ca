"""Writes records as JSONL, CSV, Parquet or HTML pages: each file whole or not at all."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from govtext.errors import DataError, MissingExtraError, OutputError
from govtext.tables import COLUMNS, TABLES, Record, rows

_PARQUET_BATCH = 64  # reports a row group


@contextmanager
def whole_file(path: Path, mode: str = "w", **options: Any) -> Iterator[IO[Any]]:
    """Open a file that appears under its name only when the block has ended without an error.

    Raises OutputError if it cannot be written (no permission, disk full).
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open(mode, **options) as f:
            yield f
        part.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        part.unlink(missing_ok=True)


def write_jsonl(records: Iterable[Record], folder: Path) -> list[Path]:
    """``reports.jsonl``, one report a line."""
    path = folder / "reports.jsonl"
    with whole_file(path, encoding="utf-8", newline="\n") as f:
        for record in records:
            f.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
    return [path]


def write_csv(records: Iterable[Record], folder: Path) -> list[Path]:
    """One CSV a table, UTF-8 with BOM so that Excel shows the Chinese."""
    paths = [folder / f"{kind}.csv" for kind in TABLES]
    with ExitStack() as stack:
        writers = []
        for path in paths:
            f = stack.enter_context(whole_file(path, encoding="utf-8-sig", newline=""))
            writers.append(csv.DictWriter(f, COLUMNS[path.stem], extrasaction="ignore"))
            writers[-1].writeheader()
        for record in records:
            for path, writer in zip(paths, writers, strict=True):
                writer.writerows({k: _csv_cell(v) for k, v in row.items()} for row in rows(path.stem, record))
    return paths


def write_parquet(records: Iterable[Record], folder: Path) -> list[Path]:
    """One Parquet file a table, with a fixed schema."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtraError("pyarrow", "parquet", "Parquet output") from None
    schemas = {kind: pa.schema([(c, _arrow_type(pa, kind, c)) for c in COLUMNS[kind]]) for kind in TABLES}
    paths = [folder / f"{kind}.parquet" for kind in TABLES]
    with ExitStack() as stack:
        writers = {
            path.stem: stack.enter_context(
                pq.ParquetWriter(stack.enter_context(whole_file(path, "wb")), schemas[path.stem])
            )
            for path in paths
        }
        for batch in _batches(records, _PARQUET_BATCH):
            for kind, writer in writers.items():
                found = [{c: row.get(c) for c in COLUMNS[kind]} for record in batch for row in rows(kind, record)]
                writer.write_table(pa.Table.from_pylist(found, schema=schemas[kind]))
    return paths


def write_html(records: Iterable[Record], folder: Path) -> list[Path]:
    """One page a report and an index of them."""
    from govtext import views

    paths: list[Path] = []

    def written() -> Iterator[Record]:
        for record in records:
            path = folder / f"{record['id']}.html"
            with whole_file(path, encoding="utf-8") as f:
                f.write(str(views.report(record)))
            paths.append(path)
            yield record

    with whole_file(folder / "index.html", encoding="utf-8") as f:
        f.write(str(views.index(written())))
    return [folder / "index.html", *paths]


WRITERS: dict[str, Callable[[Iterable[Record], Path], list[Path]]] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "parquet": write_parquet,
    "html": write_html,
}


def output_files(format: str, folder: Path) -> list[Path]:
    """The files that a format is known by in a folder; their presence means that a run has finished there."""
    if format not in WRITERS:
        raise DataError(f"no output format {format!r}; there are: {', '.join(WRITERS)}")
    if format in ("csv", "parquet"):
        return [folder / f"{kind}.{format}" for kind in TABLES]
    return [folder / ("index.html" if format == "html" else "reports.jsonl")]


_NUMBERS = {"value", "value_max", "canonical_value", "probability"}
_INTEGERS = {
    "year", "plan_year", "characters", "sections", "sentences", "words", "entities", "metrics", "section", "parent", "level",
    "sentence", "start", "end",
}  # fmt: skip
_TEXT = {("reports", "level"), ("metrics", "sentence")}  # the same names hold words in these tables


def _arrow_type(pa: Any, kind: str, column: str) -> Any:
    if (kind, column) in _TEXT:
        return pa.string()
    if (kind, column) == ("sentences", "heading"):
        return pa.bool_()
    return pa.float64() if column in _NUMBERS else pa.int64() if column in _INTEGERS else pa.string()


def _csv_cell(value: Any) -> Any:
    """Keep a spreadsheet from running a text cell as a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


def _batches(items: Iterable[Record], size: int) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
