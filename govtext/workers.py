"""Worker processes that analyze one file at a time: one that dies or takes too long is replaced, and its file is reported."""

from __future__ import annotations

import gc
import json
import multiprocessing
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from spacy.language import Language

from govtext.annotations import to_record
from govtext.errors import GovtextError, ModelError, describe_failure
from govtext.pipeline import analyze
from govtext.report import read

Load = Callable[[], Language]
READY = "ready"
DIED = (
    "a process died while it loaded the model (out of memory? use fewer --jobs);"
    ' a script of your own has to start the work under  if __name__ == "__main__":'
)


@dataclass(frozen=True, slots=True)
class Task:
    """A file to analyze under an id; ``key`` tells the caller which one it was."""

    key: str
    path: Path
    id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task: the record as JSON (UTF-8) and the number of its characters, or an error message."""

    task: Task
    record: bytes = b""
    characters: int = 0
    error: str | None = None


def analyze_file(task: Task, nlp: Language) -> Outcome:
    """Analyze one file; whatever goes wrong with it is the message of the outcome."""
    with (
        nlp.memory_zone()
    ):  # the words of one report are forgotten before the next: memory does not grow with their number
        try:  # inside: earlier releases of spaCy 3.8 never leave a zone that an error passes through
            report = read(task.path, id=task.id)
            found = to_record(analyze(report, nlp))
            record = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
        except Exception as error:  # noqa: BLE001 - one file must not stop the others, and its error is reported
            return Outcome(task, error=describe_failure(error, name=str(task.path)))
    return Outcome(task, record, len(report.text))


def analyze_in_processes(
    tasks: Iterable[Task], load: Load, *, jobs: int, timeout: float | None = None
) -> Iterator[Outcome]:
    """Outcomes of the tasks as they are done, not in their order; at most one file a process is under way.

    ``load`` is called once in each process and must be picklable. ``timeout`` is seconds a file. Raises ModelError if a process cannot load
    the pipeline.
    """
    pending = deque(tasks)
    workers = [_Worker(load) for _ in range(jobs)]
    try:
        while pending or any(w.task for w in workers):
            for worker in workers:
                if pending and worker.is_idle:
                    worker.give(pending.popleft())
            for worker in _signalled([w for w in workers if not w.is_idle], timeout):
                if outcome := worker.take(timeout):
                    yield outcome
    finally:
        for worker in workers:
            worker.stop()


def _signalled(workers: list[_Worker], timeout: float | None) -> list[_Worker]:
    """Workers that have sent something, have died, or are over their time."""
    started = [w.started for w in workers if w.task]
    seconds = max(0.0, min(started) + timeout - time.monotonic()) if started and timeout is not None else None
    found = wait([w.pipe for w in workers] + [w.process.sentinel for w in workers], seconds)
    return [w for w in workers if w.pipe in found or w.process.sentinel in found or w.is_late(timeout)]


class _Worker:
    """One process: loading, idle, or at a task."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self.task: Task | None = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, self._load), daemon=True)
        with _uninterrupted():
            self.process.start()
        theirs.close()
        self.loading, self.task, self.started = True, None, 0.0

    @property
    def is_idle(self) -> bool:
        return not self.loading and self.task is None

    def give(self, task: Task) -> None:
        self.task, self.started = task, time.monotonic()
        with suppress(OSError):  # a process that has died is noticed by its sentinel
            self.pipe.send(task)

    def is_late(self, timeout: float | None) -> bool:
        return self.task is not None and timeout is not None and time.monotonic() - self.started >= timeout

    def take(self, timeout: float | None) -> Outcome | None:
        """The outcome of the task, None from a process that is now ready; one that has died or is late is replaced."""
        message = self._receive()
        if self.loading:
            if message != READY:
                raise ModelError(message or DIED)
            self.loading = False
            return None
        late = self.is_late(timeout)
        task, self.task = self.task, None
        if isinstance(message, Outcome) or task is None:
            return message
        self.stop()
        self._start()
        reason = (
            f"took longer than {timeout:g} seconds" if late else "the process that analyzed it died (out of memory?)"
        )
        return Outcome(task, error=f"{reason}; leave it out, or analyze it by itself")

    def _receive(self) -> Any:
        try:
            return self.pipe.recv() if self.pipe.poll() else None
        except (EOFError, OSError):
            return None

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes started here never hear Ctrl-C, which is for this one: it stops them. It hears it at the end of the block."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # starting it would end the block of the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection[Any, Any], load: Load) -> None:
    """The life of a worker process."""
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):  # the parent has ended
        try:
            nlp = load()
        except GovtextError as error:
            pipe.send(str(error))
            return
        gc.freeze()  # what has been loaded stays: the collector need not look at it again after every report
        pipe.send(READY)
        while True:
            pipe.send(analyze_file(pipe.recv(), nlp))
