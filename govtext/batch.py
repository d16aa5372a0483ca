"""Analyzes many files into one folder: goes on after a file that fails, resumes after a kill, writes whole outputs only."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tqdm import tqdm

from govtext.earlier import Earlier, finish_replacing, replaced_outputs
from govtext.errors import GovtextError, OutputError, describe_failure
from govtext.output import WRITERS, Analysis, Stored, check_format, check_places, output_files, page_files
from govtext.report import FileError, find_report_files, read_bytes, unique_ids
from govtext.workers import Load, Outcome, Task, analyze_file, analyze_in_processes

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

JOURNAL = ".govtext-journal.jsonl"  # finished records of a run that is under way, [key, path, record] a line
_KEY = re.compile(rb'\[("(?:[^"\\]|\\.)*+"),("(?:[^"\\]|\\.)*+"),')


@dataclass(slots=True)
class BatchResult:
    """What a run did: files written, reports analyzed now, taken from an earlier run, failed; files of other kinds in the folders, by suffix."""

    written: list[Path] = field(default_factory=list)
    analyzed: int = 0
    resumed: int = 0
    characters: int = 0
    seconds: float = 0.0
    errors: list[FileError] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


def analyze_files(
    paths: Sequence[str | Path], out: str | Path, *, load: Load, model: str = "", format: str = "jsonl", resume: bool = False,
    overwrite: bool = False, jobs: int = 1, timeout: float | None = None, progress: bool = False,
) -> BatchResult:  # fmt: skip
    """Analyze files and folders into ``out`` in the order given.

    ``load`` gives the pipeline and is called only if there is something to analyze; ``model`` names it, so that a resumed run never mixes
    models. With ``jobs`` > 1, or a ``timeout`` in seconds a file, that many other processes work, each with the pipeline loaded once
    (``load`` must be picklable, as ``gt.load`` is); then a process that dies or takes too long costs only its file. They import the script
    that has started them: it has to call this function under ``if __name__ == "__main__":``. A file that fails is listed in ``errors`` and
    the run goes on. Finished reports are kept in a journal until all is written: a killed run goes on with ``resume=True`` where it
    stopped, and a file that has changed since is analyzed again. The outputs do not depend on ``jobs``. Raises OutputError before any work
    is done if the outputs exist already and neither ``resume`` nor ``overwrite`` is set, if they hold reports that ``paths`` do not name
    and only ``resume`` is set, or if they would take the place of files that are none of theirs.
    """
    out = Path(out)
    result = BatchResult()
    _check_outputs(out, format, overwrite=overwrite, resume=resume)
    files = _collect(paths, out, result)
    _check_inputs(files, out, format)
    with _Journal(out / JOURNAL, keep=resume) as journal:
        finish_replacing(out)
        tasks = _find_tasks(files, model, result.errors)
        earlier = Earlier(out, format, use=resume)
        if not overwrite:
            _check_kept({**journal.paths, **earlier.paths}, tasks, files)
        reusable = earlier.reusable([task.key for task in tasks])
        missing = [task for task in tasks if task.key not in journal and task.key not in reusable]
        result.resumed = len(tasks) - len(missing)
        started = time.perf_counter()
        for outcome in tqdm(
            _outcomes(missing, load, jobs, timeout),
            total=len(missing),
            unit="report",
            disable=None if progress else True,
        ):
            _note(outcome, journal, result)
        result.seconds = time.perf_counter() - started
        done = {task.key: (task.id, _place(task.path)) for task in tasks if task.key in journal or task.key in reusable}
        if reusable and list(done) == earlier.keys:
            result.written = output_files(format, out)
        elif done:
            with replaced_outputs(out, format, done) as new:
                written = WRITERS[format](_analyses(done, journal, earlier), new, jobs=jobs)
            result.written = [out / path.name for path in written]
    if not result.errors or earlier.reads_back or not journal:
        journal.remove()
    return result


def _analyses(keys: Iterable[str], journal: _Journal, earlier: Earlier) -> Iterator[Analysis]:
    """What is to be written, in this order: from the journal, or from the outputs of an earlier run."""
    with closing(earlier.analyses([key for key in keys if key not in journal])) as finished:
        for key in keys:
            yield journal.record(key) if key in journal else next(finished)


def _find_tasks(files: list[tuple[Path, str]], model: str, errors: list[FileError]) -> list[Task]:
    """What there is to do; files that cannot even be opened are errors at once."""
    tasks = []
    for path, id in files:
        try:
            tasks.append(Task(f"{model}:{_key(path, id)}", path, id))
        except GovtextError as error:
            errors.append(FileError(str(path), describe_failure(error, name=str(path))))
    return tasks


def _outcomes(tasks: list[Task], load: Load, jobs: int, timeout: float | None) -> Iterator[Outcome]:
    if tasks and (jobs > 1 or timeout is not None):
        yield from analyze_in_processes(tasks, load, jobs=min(jobs, len(tasks)), timeout=timeout)
    elif tasks:
        nlp = load()
        for task in tasks:
            yield analyze_file(task, nlp)


def _note(outcome: Outcome, journal: _Journal, result: BatchResult) -> None:
    if outcome.error is not None:
        result.errors.append(FileError(str(outcome.task.path), outcome.error))
        return
    journal.add(outcome.task, outcome.record)
    result.analyzed += 1
    result.characters += outcome.characters


def _check_outputs(out: Path, format: str, *, overwrite: bool, resume: bool) -> None:
    check_format(format)
    existing = [p for p in output_files(format, out) if p.exists()]
    if existing and not (overwrite or resume):
        raise OutputError(
            f"{existing[0]} exists already: choose another folder with -o, or add --overwrite or --resume"
        )
    journal = out / JOURNAL
    if journal.exists() and journal.stat().st_size and not (overwrite or resume):
        raise OutputError(f"{out} holds an unfinished run: go on with --resume, or start anew with --overwrite")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: cannot be made a folder ({error.strerror or error})") from None


def _check_inputs(files: list[tuple[Path, str]], out: Path, format: str) -> None:
    """Raise OutputError if an output would take the place of an input, or of anything else that no run has written."""
    ids = [id for _, id in files]
    check_places(format, out, ids)
    home = out.resolve()
    outputs = {str(home / path.name) for path in (*output_files(format, out), *page_files(format, out, ids))}
    for path, _ in files:
        if not outputs.isdisjoint({str(path.resolve()), _place(path)}):
            raise OutputError(f"{path} stands where a result will be written: choose another folder with -o")


def _check_kept(finished: dict[str, str], tasks: list[Task], files: list[tuple[Path, str]]) -> None:
    """Raise OutputError if reports finished earlier (key: path) are not among the files, neither by their content nor by their place."""
    keys, places = {task.key for task in tasks}, {_place(path) for path, _ in files}
    gone = [path for key, path in finished.items() if key not in keys and path not in places]
    if gone:
        raise OutputError(
            f"these files leave out {len(gone)} of the reports of the earlier run (the first: {gone[0]}):"
            " name all its files and folders again, or drop these reports with --resume --overwrite"
        )


def _place(path: Path) -> str:
    """The same for a file from wherever it is named; a link is a place of its own."""
    return str(path.parent.resolve() / path.name)


def _collect(paths: Iterable[str | Path], out: Path, result: BatchResult) -> list[tuple[Path, str]]:
    """All files with an id that is unique in the run; what lies in ``out`` is passed over where ``out`` is inside of a folder."""
    files: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            files.append(path)
            continue
        try:
            found = find_report_files(path, without=out)
        except GovtextError as error:
            result.errors.append(FileError(str(path), describe_failure(error, name=str(path))))
            continue
        result.errors += found.errors
        result.others += found.others
        files += found.paths
    return unique_ids(files)


def _key(path: Path, id: str) -> str:
    """Identifies a file by its id and content; raises the ReadError of a file that cannot be opened, is empty or too large."""
    return f"{id}:{hashlib.sha256(read_bytes(path)).hexdigest()}"


class _Journal:
    """Finished records on disk, appended one by one; a line broken by a kill is dropped on opening."""

    def __init__(self, path: Path, *, keep: bool) -> None:
        self._path = path
        self._records: dict[str, Stored] = {}
        self.paths: dict[str, str] = {}  # of the records that were there already
        self._file = self._open()
        if not keep:
            self._file.close()
            self.remove()
            self._file = self._open()
        try:
            self._read_index()
        except OutputError:
            self._file.close()
            raise

    def __enter__(self) -> _Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, key: str) -> bool:
        return key in self._records

    def add(self, task: Task, record: bytes) -> None:
        """Keep the record of a task, given as JSON."""
        head = json.dumps([task.key, _place(task.path)], ensure_ascii=False, separators=(",", ":"))
        before = head[:-1].encode(errors="surrogatepass") + b","
        line = before + record + b"]\n"
        start = self._file.seek(0, 2)
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise OutputError(f"{self._path.parent}: cannot be written to ({error.strerror or error})") from error
        self._records[task.key] = Stored(self._path, start + len(before), len(record))

    def record(self, key: str) -> Stored:
        """Where the record stands."""
        return self._records[key]

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)

    def _open(self) -> IO[bytes]:
        """The file, locked so that no second run writes into the folder; a lock ends with its process, however that ends."""
        try:
            file = self._path.open("a+b")
        except OSError as error:
            raise OutputError(f"{self._path.parent}: cannot be written to ({error.strerror or error})") from None
        try:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise OutputError(
                f"{self._path.parent}: another run is writing there; wait for it, or choose another folder"
            ) from None
        except OSError:  # a disk without locks
            pass
        return file

    def _read_index(self) -> None:
        self._file.seek(0)
        position = 0
        for line in self._lines():
            found = _KEY.match(line)
            if not found:
                raise OutputError(f"{self._path}: damaged, or written by another release; start anew with --overwrite")
            key = json.loads(found[1])
            self._records[key] = Stored(self._path, position + found.end(), len(line) - found.end() - 2)
            self.paths[key] = json.loads(found[2])
            position += len(line)
        self._file.truncate(position)

    def _lines(self) -> Iterator[bytes]:
        for line in self._file:
            if not line.endswith(b"\n"):
                return
            yield line
