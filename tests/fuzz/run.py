"""Fuzzes one target with coverage feedback:  python tests/fuzz/run.py TARGET --minutes 60   (needs  pip install atheris).

Inputs that teach something are kept in a folder, and the next run begins with them. The minutes are processor time, and those of earlier runs
in the same folder count: the same call made again goes on where the last one stopped, until the hour is full. A finding stops the run: its input
is in the folder's ``findings``, and belongs, when it is mended, into tests/specs/fuzz.jsonl (``--spec FILE`` prints the line).
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

NOTE_SECONDS = 5.0  # of processor time between two notes of how long a run has been going


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target")
    parser.add_argument("--minutes", type=float, default=60, help="of processor time, with the folder's earlier runs")
    parser.add_argument("--slice", type=float, help="stop after so many minutes of this total, in this run")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "govtext-fuzz", help="inputs and findings"
    )
    parser.add_argument("--max-bytes", type=int, default=8192, help="longest input")
    parser.add_argument(
        "--spec", type=Path, metavar="FILE", help="print a finding as a line of tests/specs/fuzz.jsonl, and run nothing"
    )
    args = parser.parse_args()
    if args.spec:
        print(
            json.dumps({"target": args.target, "data": base64.b64encode(args.spec.read_bytes()).decode(), "note": ""})
        )
        return
    folder = args.folder / args.target
    done = seconds_done(folder)
    seconds = min(args.minutes * 60 - done, args.slice * 60 if args.slice else float("inf"))
    print(f"{args.target}: {done:.0f} s of {args.minutes * 60:.0f} s done before")
    if seconds > 0:
        fuzz(args.target, folder, seconds=seconds, max_bytes=args.max_bytes)


def seconds_done(folder: Path) -> float:
    """Processor seconds of all runs noted in a target's folder."""
    return sum(json.loads(path.read_text())["seconds"] for path in (folder / "runs").glob("*.json"))


def fuzz(target: str, folder: Path, *, seconds: float, max_bytes: int) -> None:
    """Run a target for so many seconds of processor time; what is imported here is watched."""
    import atheris

    with atheris.instrument_imports(include=["govtext"]):
        from seeds import dictionary, seeds
        from targets import TARGETS, check
    if target not in TARGETS:
        sys.exit(f"no target {target!r}; there are: {', '.join(TARGETS)}")
    inputs, findings, runs = (folder / name for name in ("inputs", "findings", "runs"))
    for path in (inputs, findings, runs):
        path.mkdir(parents=True, exist_ok=True)
    for i, seed in enumerate(seeds(target)):
        (inputs / f"seed-{i}").write_bytes(seed)
    words = folder / "dictionary"
    words.write_text("\n".join('"' + "".join(f"\\x{b:02x}" for b in word) + '"' for word in dictionary()) + "\n")
    options = [
        f"-max_len={max_bytes}", f"-dict={words}", f"-artifact_prefix={findings}/", "-timeout=600", "-report_slow_units=600",
        "-rss_limit_mb=4096", str(inputs),
    ]  # fmt: skip
    for data in seeds(target):  # what is loaded once is loaded before the clock counts
        check(target, data)
    clock = Clock(runs / f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.json", seconds=seconds)

    def one(data: bytes) -> None:
        try:
            check(target, data)
        except BaseException:
            clock.note(ended="finding")
            raise
        clock.tick()

    atheris.Setup([sys.argv[0], *options], one)
    atheris.Fuzz()


class Clock:
    """Counts the inputs and the processor seconds of a run, notes both in a file now and then, and ends the run when its time is over."""

    def __init__(self, path: Path, *, seconds: float) -> None:
        self.path = path
        self.seconds = seconds
        self.inputs = 0
        self.began = self.noted = time.process_time()

    def tick(self) -> None:
        """One more input is done."""
        self.inputs += 1
        now = time.process_time()
        if now - self.began >= self.seconds:
            self.note(ended="time")
            os._exit(0)  # the fuzzer's loop has no other end; what it learned is in the folder already
        if now - self.noted >= NOTE_SECONDS:
            self.note(ended="")

    def note(self, *, ended: str) -> None:
        """Write the account of the run so far; it outlives a killed run."""
        self.noted = time.process_time()
        account = {"seconds": round(self.noted - self.began, 1), "inputs": self.inputs, "ended": ended}
        self.path.write_text(json.dumps(account) + "\n")


if __name__ == "__main__":
    main()
