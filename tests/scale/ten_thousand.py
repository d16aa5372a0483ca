"""Analyzes many reports with several processes, kills a worker and then the whole run on the way, resumes, and compares with an undisturbed run:

    python tests/scale/ten_thousand.py FOLDER --reports 10000 --jobs 2 --work DIR

The reports are the files of FOLDER, over and over under new names. Prints a line a step, with the processor time and the peak memory of each
kind of process; leaves with code 1 if the outputs differ, a process of the killed run stays, or a process has used more than ``--memory`` MB.
The undisturbed run is long, and kept: the same call made again, when something has stopped the second half, goes on after it. Linux only.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

JOURNAL = ".govtext-journal.jsonl"


@dataclass
class Run:
    """One ``govtext analyze``: its seconds, of the clock and of processors, and the most memory that each process has used, in MB."""

    command: list[str]
    peaks: dict[int, float] = field(default_factory=dict)
    seconds: float = 0.0
    processor: float = 0.0

    def watch(self, until: Callable[[Run], bool] = lambda _: False, *, every: float = 0.2) -> int | None:
        """Run until it ends (its exit code) or ``until`` is true (None); it goes on then."""
        started, used = time.monotonic(), _processor()
        if not hasattr(self, "process"):
            self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while (code := self.process.poll()) is None:
            self.note_memory()
            if until(self):
                break
            time.sleep(every)
        self.seconds += time.monotonic() - started
        self.processor += _processor() - used
        return code

    def workers(self) -> list[int]:
        """Ids of the processes that analyze."""
        return [pid for pid in _children(self.process.pid) if b"spawn_main" in _read(pid, "cmdline")]

    def note_memory(self) -> None:
        """Keep the highest memory of each process so far."""
        for pid in (self.process.pid, *self.workers()):
            for line in _read(pid, "status").decode().splitlines():
                if line.startswith("VmHWM:"):
                    self.peaks[pid] = max(self.peaks.get(pid, 0.0), int(line.split()[1]) / 1024)

    def peak(self) -> tuple[float, float]:
        """Most memory of the parent, and of any worker, in MB."""
        parent = self.process.pid
        return self.peaks.get(parent, 0.0), max((mb for pid, mb in self.peaks.items() if pid != parent), default=0.0)


def main(argv: list[str] | None = None) -> int:
    """Read the command line, run, and give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--work", type=Path, required=True, help="a folder for inputs and outputs: new, or of the same call before"
    )
    parser.add_argument("--model", default="zh_govtext_sm")
    parser.add_argument("--format", default="jsonl", choices=["jsonl", "parquet"])
    parser.add_argument("--memory", type=float, default=1500.0, help="most MB that a process may use")
    args = parser.parse_args(argv)
    inputs = make_reports(args.folder, args.work / "reports", args.reports)
    say(f"{args.reports} reports, {size(inputs):.0f} MB of files")

    def run(name: str, *options: str) -> Run:
        exe = [sys.executable, "-m", "govtext.cli", "analyze", str(inputs), "-o", str(args.work / name)]
        return Run([*exe, "--jobs", str(args.jobs), "--model", args.model, "--format", args.format, *options])

    account = args.work / "undisturbed.json"
    if not account.exists():
        shutil.rmtree(args.work / "undisturbed", ignore_errors=True)
        undisturbed = finish(run("undisturbed"))
        told = f"undisturbed: {_cost(undisturbed)}, output {size(args.work / 'undisturbed'):.0f} MB"
        account.write_text(json.dumps({"told": told, "peak": max(undisturbed.peaks.values())}))
    before = json.loads(account.read_text())
    say(before["told"])

    shutil.rmtree(args.work / "killed", ignore_errors=True)
    journal = args.work / "killed" / JOURNAL
    killed = run("killed")
    killed.watch(lambda r: lines(journal) >= args.reports // 3 and len(r.workers()) == args.jobs)
    os.kill(killed.workers()[0], signal.SIGKILL)
    say(f"a worker killed after {lines(journal)} reports")
    at = lines(journal)
    killed.watch(lambda r: lines(journal) >= max(at + 1, 2 * args.reports // 3))
    left = killed.workers()
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.process.wait()
    say(f"the run killed after {lines(journal)} reports, {_memory(killed)}, journal {size(journal):.0f} MB")
    stays = not gone(left, seconds=60)
    resumed = finish(run("killed", "--resume"))
    say(f"resumed: {_cost(resumed)}")

    same = digest(args.work / "undisturbed") == digest(args.work / "killed")
    peak = max(before["peak"], *killed.peaks.values(), *resumed.peaks.values())
    say(
        f"outputs {'equal' if same else 'DIFFER'}; peak memory of a process {peak:.0f} MB{'; WORKERS STAYED' if stays else ''}"
    )
    return 0 if same and not stays and peak < args.memory else 1


def finish(run: Run) -> Run:
    """Let a run end; it must not fail."""
    if run.watch():
        sys.exit(f"{' '.join(run.command)} failed: {run.process.stderr.read()[-2000:]}")
    return run


def make_reports(folder: Path, target: Path, count: int) -> Path:
    """The files of a folder over and over under new names, as links where the disk has them."""
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".txt", ".html", ".htm", ".docx", ".pdf"))
    target.mkdir(parents=True, exist_ok=True)
    for i, path in zip(range(count), itertools.cycle(files), strict=False):
        new = target / f"{i:06}-{path.name}"
        if new.exists():
            continue
        try:
            os.link(path, new)
        except OSError:
            shutil.copyfile(path, new)
    return target


def lines(path: Path) -> int:
    """Finished reports in a journal."""
    if not path.exists():
        return 0
    with path.open("rb") as f:
        return sum(block.count(b"\n") for block in iter(lambda: f.read(2**20), b""))


def size(path: Path) -> float:
    """MB of a file, or of the files in a folder."""
    return sum(p.stat().st_size for p in (path.rglob("*") if path.is_dir() else [path]) if p.is_file()) / 1e6


def digest(folder: Path) -> dict[str, str]:
    """What is in the output files of a folder: bytes of JSONL, values of Parquet."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".jsonl" and not path.name.startswith("."):
            with path.open("rb") as f:
                found[path.name] = hashlib.file_digest(f, "sha256").hexdigest()
        elif path.suffix == ".parquet" and path.is_file():
            import pyarrow.parquet as pq

            rows = json.dumps(pq.read_table(path).to_pylist(), ensure_ascii=False)
            found[f"{path.parent.name}/{path.name}"] = hashlib.sha256(rows.encode()).hexdigest()
    assert found, f"no output in {folder}"
    return found


def gone(pids: list[int], *, seconds: float) -> bool:
    """Whether the processes end within so many seconds."""
    end = time.monotonic() + seconds
    while any(_read(pid, "cmdline") for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def say(line: str) -> None:
    """One line of the report."""
    print(line, flush=True)


def _memory(run: Run) -> str:
    parent, worker = run.peak()
    return f"peak memory: parent {parent:.0f} MB, worker {worker:.0f} MB"


def _cost(run: Run) -> str:
    return f"{run.seconds:.0f} s, {run.processor:.0f} s of processors, {_memory(run)}"


def _processor() -> float:
    """Seconds of processor time of the runs that have ended, with the processes that they have waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _children(pid: int) -> list[int]:
    return [int(child) for child in _read(pid, f"task/{pid}/children").split()]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    sys.exit(main())
