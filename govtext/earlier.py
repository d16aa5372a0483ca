"""What runs have finished in a folder: which reports its outputs hold, and their analyses, so that none is made again; how new ones replace them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from govtext.errors import OutputError
from govtext.output import Analysis, Rows, Stored, output_files, settle, whole_file

NEW = ".govtext-new"  # a folder of outputs that are being written, or that are whole and on the way to their places
MANIFEST = ".govtext-run.json"  # for each format the reports that its outputs hold, key: [id, path], in their order
_ID = re.compile(rb'\{"id":("(?:[^"\\]|\\.)*+")')  # at the start of a record

Reader = Callable[[list[Path], list[str]], Generator[Analysis]]


class Earlier:
    """The finished outputs of a format in a folder.

    ``paths`` (by key) is empty without any, where they are not what the manifest says, and with ``use=False``, when nothing is taken from
    them. ``reads_back`` is whether single reports can be taken from the outputs of the format.
    """

    def __init__(self, folder: Path, format: str, *, use: bool = True) -> None:
        self._outputs = output_files(format, folder)
        ids_in, self._reader = _IDS.get(format), _READERS.get(format)
        self.reads_back = self._reader is not None
        use = use and all(path.exists() for path in self._outputs)
        held = _manifest(folder).get(format, {}) if use else {}
        if held and ids_in and ids_in(self._outputs) != [id for id, _ in held.values()]:
            held = {}
        self.keys, self._ids = list(held), [id for id, _ in held.values()]
        self.paths = {key: path for key, (_, path) in held.items()}

    def reusable(self, wanted: Sequence[str]) -> set[str]:
        """Those of the keys wanted that ``analyses`` can give: a way through the outputs from the beginning to the end.

        CSV and pages are not read again: of them all is reusable if nothing has changed, else nothing.
        """
        if self._reader is None:
            return set(wanted) if list(wanted) == self.keys else set()
        place = {key: i for i, key in enumerate(self.keys)}
        found, last = set(), -1
        for key in wanted:
            if place.get(key, -1) > last:
                found.add(key)
                last = place[key]
        return found

    def analyses(self, keys: Iterable[str]) -> Generator[Analysis]:
        """The analyses with these keys, which must be in the order of the outputs."""
        assert self._reader is not None, "what is not read again is not asked for"
        with closing(self._reader(self._outputs, self._ids)) as found:
            there = zip(self.keys, found, strict=True)
            for wanted in keys:
                yield next(analysis for key, analysis in there if key == wanted)


@contextmanager
def replaced_outputs(folder: Path, format: str, held: Mapping[str, tuple[str, str]]) -> Iterator[Path]:
    """An empty folder for the outputs that hold these reports (key: id and path); when the block has ended without an error they replace the old.

    All do or none, at whatever point a kill comes: they are whole as soon as the manifest stands beside them, and ``finish_replacing`` of
    the next run brings whole ones to their places. Raises OutputError.
    """
    new = folder / NEW
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        yield new
        for file in new.rglob("*"):
            if file.is_file():
                settle(file)
        with whole_file(new / MANIFEST, encoding="utf-8", errors="surrogatepass") as f:
            json.dump({**_manifest(folder), format: dict(held)}, f, ensure_ascii=False)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written to ({error.strerror or error})") from error
    finally:
        if not (new / MANIFEST).exists():
            shutil.rmtree(new, ignore_errors=True)
    finish_replacing(folder)


def finish_replacing(folder: Path) -> None:
    """Bring new outputs that are whole to their places, the manifest last; drop others. Raises OutputError."""
    new = folder / NEW
    try:
        if (new / MANIFEST).exists():
            for path in sorted(new.iterdir(), key=lambda path: path.name == MANIFEST):
                _replace(folder / path.name, path)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be written to ({error.strerror or error}); then go on with --resume"
        ) from error
    shutil.rmtree(new, ignore_errors=True)


def _replace(path: Path, new: Path) -> None:
    """Put ``new`` at ``path``; a table of parts is never put on top of another."""
    if new.is_dir() and path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif new.is_dir():
        path.unlink(missing_ok=True)
    new.replace(path)


def _manifest(folder: Path) -> dict[str, dict[str, tuple[str, str]]]:
    """Empty if there is none, or one that is damaged."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return {format: held for format, held in found.items() if _is_account(held)} if isinstance(found, dict) else {}


def _is_account(held: Any) -> bool:
    """Whether this says which reports an output holds."""
    return isinstance(held, dict) and all(isinstance(entry, list) and len(entry) == 2 for entry in held.values())


def _jsonl_ids(outputs: list[Path]) -> list[str]:
    with outputs[0].open("rb") as f:
        return [json.loads(found[1]) if (found := _ID.match(line)) else "" for line in f]


def _read_jsonl(outputs: list[Path], ids: list[str]) -> Generator[Analysis]:
    start = 0
    with outputs[0].open("rb") as f:
        for line in f:
            yield Stored(outputs[0], start, len(line) - 1)
            start += len(line)


def _parquet_ids(outputs: list[Path]) -> list[str]:
    (reports,) = (path for path in outputs if path.stem == "reports")
    return [row["report"] for row in _parquet_rows(reports, ["report"])]


def _read_parquet(outputs: list[Path], ids: list[str]) -> Generator[Analysis]:
    """The rows of each report, from all tables side by side: reports stand in one order in all, those without a row are not there."""
    groups = {path.stem: groupby(_parquet_rows(path), itemgetter("report")) for path in outputs}
    waiting = {table: _next(found) for table, found in groups.items()}
    place = {id: i for i, id in enumerate(ids)}
    for i, id in enumerate(ids):
        rows: dict[str, list[dict[str, Any]]] = {}
        for table, (report, found) in waiting.items():
            if report is not None and place.get(report, -1) < i:
                raise OutputError(
                    f"the table {table} is not of the same run as the others; analyze anew with --overwrite"
                )
            rows[table] = found if report == id else []
            if report == id:
                waiting[table] = _next(groups[table])
        yield Rows(rows)


def _next(groups: Iterator[tuple[str, Iterator[dict[str, Any]]]]) -> tuple[str | None, list[dict[str, Any]]]:
    report, rows = next(groups, (None, iter(())))
    return report, list(rows)


def _parquet_rows(table: Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    for part in sorted(table.iterdir()):
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(batch_size=1024, columns=columns):
                yield from batch.to_pylist()


_IDS: dict[str, Callable[[list[Path]], list[str]]] = {"jsonl": _jsonl_ids, "parquet": _parquet_ids}
_READERS: dict[str, Reader] = {"jsonl": _read_jsonl, "parquet": _read_parquet}
