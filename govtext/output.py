"""Writes records as JSONL, CSV, Parquet or HTML pages; files and folders that appear whole or not at all."""

from __future__ import annotations

import csv
import importlib
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from govtext.errors import DataError, OutputError
from govtext.processes import map_in_processes
from govtext.tables import COLUMNS, TABLES, Record, rows

_PART = 256  # reports in a part of a Parquet table


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as JSON in a file of many."""

    path: Path
    start: int
    size: int

    def read(self) -> bytes:
        """The JSON."""
        with self.path.open("rb") as f:
            f.seek(self.start)
            return f.read(self.size)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one report in each flat table, as an earlier run has written them."""

    tables: Mapping[str, list[dict[str, Any]]]


Analysis = Record | Stored | Rows


@contextmanager
def whole_file(path: Path, mode: str = "w", **options: Any) -> Iterator[IO[Any]]:
    """Open a file that appears under its name only when the block has ended without an error.

    Raises OutputError if it cannot be written (no permission, disk full).
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder: give the name of a file")
    part = path.with_name(f".{path.name[:50]}.part")  # no longer than a name may be
    try:
        part.unlink(missing_ok=True)  # a link that somebody has put there is not followed
        with part.open(mode, **options) as f:
            yield f
        settle(part)
        part.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path, *, own: Iterable[Path]) -> Iterator[Path]:
    """A new folder that takes the name ``path`` only when the block has ended without an error; an old one is then replaced.

    ``own`` are the files that an old one may hold. Raises OutputError if it holds others, or cannot be written.
    """
    check_folder(path, own)
    path = path.resolve()
    part = path.with_name(f".{path.name}.part")  # what a kill has left there is cleared
    new, old = part / "new", part / "old"
    try:
        if old.exists() and not path.exists():
            old.rename(path)  # it was killed while they changed places
        shutil.rmtree(part, ignore_errors=True)
        new.mkdir(parents=True)
        yield new
        for file in new.rglob("*"):
            if file.is_file():
                settle(file)
        _replace(path, new, old)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def check_target(*paths: Path, overwrite: bool, folder: bool = False) -> None:
    """See, before long work, that files (or folders, with ``folder``) can be written; makes the folders that they are to stand in.

    Raises OutputError, and makes none, if one is there already and ``overwrite`` is not set, or a folder stands where a file is to be; and if
    a folder cannot be made.
    """
    for path in paths:
        if path.is_dir() and not folder:
            raise OutputError(f"{path} is a folder: give the name of a file")
        if path.exists() and not overwrite:
            raise OutputError(f"{path} exists already: choose another name, or replace it with --overwrite")
    for path in paths:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from None


def check_folder(path: Path, own: Iterable[Path]) -> None:
    """Raise OutputError if a folder that is to be replaced holds other files than its ``own``."""
    known = set(own)
    found = (file for file in path.rglob("*") if file.is_symlink() or not file.is_dir())
    foreign = next((file for file in found if file not in known), None)
    if foreign:
        raise OutputError(
            f"{path} holds {foreign.relative_to(path)}, which was not written here; the folder is left as it is, choose another name"
        )


def settle(file: Path) -> None:
    """Wait until the file is on the disk, so that a power cut leaves what was there, or all of it."""
    with (
        suppress(PermissionError),
        file.open("r+b") as f,
    ):  # a copy of a read-only file is settled when the system likes
        os.fsync(f.fileno())


def _replace(path: Path, new: Path, old: Path) -> None:
    """Put ``new`` at ``path`` and what was there at ``old``; interrupted, what was there stays."""
    if path.exists():
        path.rename(old)
    try:
        new.rename(path)
    except BaseException:
        if old.exists():
            old.rename(path)
        raise


def write_jsonl(analyses: Iterable[Analysis], folder: Path, *, jobs: int = 1) -> list[Path]:
    """``reports.jsonl``, one report a line."""
    path = folder / "reports.jsonl"
    with path.open("wb") as f:
        f.writelines(_json(analysis) + b"\n" for analysis in analyses)
    return [path]


def write_csv(analyses: Iterable[Analysis], folder: Path, *, jobs: int = 1) -> list[Path]:
    """One CSV a table, UTF-8 with BOM so that Excel shows the Chinese."""
    paths = [folder / f"{kind}.csv" for kind in TABLES]
    with ExitStack() as stack:
        writers = []
        for path in paths:
            f = stack.enter_context(path.open("w", encoding="utf-8-sig", newline=""))
            writers.append(csv.DictWriter(f, COLUMNS[path.stem], extrasaction="ignore"))
            writers[-1].writeheader()
        for analysis in analyses:
            tables = _tables(analysis)
            for path, writer in zip(paths, writers, strict=True):
                writer.writerows({k: _csv_cell(v) for k, v in row.items()} for row in tables[path.stem])
    return paths


def write_parquet(analyses: Iterable[Analysis], folder: Path, *, jobs: int = 1) -> list[Path]:
    """One Parquet table a kind, a folder of parts with the schema of ``arrow.schema``: ``metrics.parquet/part-00000.parquet`` …

    The parts are written by so many processes.
    """
    from govtext import arrow

    tables = {kind: folder / f"{kind}.parquet" for kind in TABLES}
    for table in tables.values():
        table.mkdir()
    parts = enumerate(arrow.chunks(analyses, _PART))
    deque(map_in_processes(partial(_write_part, tables), parts, jobs=jobs), maxlen=0)
    return list(tables.values())


def _write_part(folders: Mapping[str, Path], numbered: tuple[int, list[Analysis]]) -> None:
    """Write the part of a number of each table."""
    from govtext import arrow

    number, analyses = numbered
    found: dict[str, list[Any]] = {kind: [] for kind in folders}
    for chunk in arrow.chunks(analyses, arrow.CHUNK):
        tables = [_tables(analysis) for analysis in chunk]
        for kind, batches in found.items():
            batches.append(arrow.rows_batch((row for table in tables for row in table[kind]), kind))
    for kind, batches in found.items():
        arrow.write_part(folders[kind] / f"part-{number:05}.parquet", batches)


def write_html(analyses: Iterable[Analysis], folder: Path, *, jobs: int = 1) -> list[Path]:
    """One page a report and an index of them."""
    from govtext import views
    from govtext.views.index import page_name

    paths: list[Path] = []

    def written() -> Iterator[Record]:
        for analysis in analyses:
            record = json.loads(_json(analysis))
            path = folder / page_name(record["id"])
            path.write_text(str(views.report(record)), encoding="utf-8")
            paths.append(path)
            yield record

    (folder / "index.html").write_text(str(views.index(written())), encoding="utf-8")
    return [folder / "index.html", *paths]


# (analyses, empty folder, jobs=…): the files written; several processes work where a format has parts
WRITERS: dict[str, Callable[..., list[Path]]] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "parquet": write_parquet,
    "html": write_html,
}


def check_format(format: str) -> None:
    """Raise DataError for a format that there is not, MissingExtraError for one that needs what is not installed."""
    if format not in WRITERS:
        raise DataError(f"no output format {format!r}; there are: {', '.join(WRITERS)}")
    if format == "parquet":
        importlib.import_module("govtext.arrow")


def output_files(format: str, folder: Path) -> list[Path]:
    """The files that a format is known by in a folder; their presence means that a run has finished there."""
    if format in ("csv", "parquet"):
        return [folder / f"{kind}.{format}" for kind in TABLES]
    return [folder / ("index.html" if format == "html" else "reports.jsonl")]


def page_files(format: str, folder: Path, ids: Iterable[str]) -> list[Path]:
    """The pages of reports with these ids and the index of them, in a format of pages."""
    from govtext.views.index import page_name

    return [folder / "index.html", *(folder / page_name(id) for id in ids)] if format == "html" else []


def check_places(format: str, folder: Path, ids: Iterable[str]) -> None:
    """Raise OutputError if the outputs for reports with these ids would take the place of what was not written as one."""
    for path in output_files(format, folder):
        if format == "parquet":
            check_folder(path, own=path.glob("part-*.parquet"))
        elif path.is_dir():
            raise OutputError(f"{path} is a folder, and a file is to be written there; choose another folder with -o")
    for path in page_files(format, folder, ids):
        if path.exists() and not _is_page(path):
            raise OutputError(f"{path} was not written here; it is left as it is, choose another folder with -o")


def _is_page(path: Path) -> bool:
    """Whether a page of this library, which names its generator in the first lines, stands there."""
    try:
        with path.open("rb") as f:
            return b'<meta name="generator" content="govtext">' in f.read(2000)
    except OSError:
        return False


def _json(analysis: Analysis) -> bytes:
    """The record as JSON; rows of tables are no record."""
    if isinstance(analysis, Stored):
        return analysis.read()
    assert not isinstance(analysis, Rows)
    return json.dumps(analysis, ensure_ascii=False, separators=(",", ":")).encode()


def _tables(analysis: Analysis) -> Mapping[str, list[dict[str, Any]]]:
    """The rows of a report in each table."""
    if isinstance(analysis, Rows):
        return analysis.tables
    record = json.loads(analysis.read()) if isinstance(analysis, Stored) else analysis
    return {kind: rows(kind, record) for kind in TABLES}


def _csv_cell(value: Any) -> Any:
    """Keep a spreadsheet from running a text cell as a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value
