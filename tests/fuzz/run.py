"""Fuzzes one target with coverage feedback:  python tests/fuzz/run.py TARGET --minutes 60   (needs  pip install atheris).

Inputs that teach something are kept in a folder, and the next run begins with them. A finding stops the run: its input is in the folder's
``findings``, and belongs, when it is mended, into tests/specs/fuzz.jsonl (``--spec FILE`` prints the line).
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target")
    parser.add_argument("--minutes", type=float, default=60)
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
    fuzz(args.target, args.folder / args.target, seconds=int(args.minutes * 60), max_bytes=args.max_bytes)


def fuzz(target: str, folder: Path, *, seconds: int, max_bytes: int) -> None:
    """Run a target for so many seconds; what is imported here is watched."""
    import atheris

    with atheris.instrument_imports(include=["govtext"]):
        from seeds import dictionary, seeds
        from targets import TARGETS, check
    if target not in TARGETS:
        sys.exit(f"no target {target!r}; there are: {', '.join(TARGETS)}")
    inputs, findings = folder / "inputs", folder / "findings"
    for path in (inputs, findings):
        path.mkdir(parents=True, exist_ok=True)
    for i, seed in enumerate(seeds(target)):
        (inputs / f"seed-{i}").write_bytes(seed)
    words = folder / "dictionary"
    words.write_text("\n".join('"' + "".join(f"\\x{b:02x}" for b in word) + '"' for word in dictionary()) + "\n")
    options = [
        f"-max_total_time={seconds}", f"-max_len={max_bytes}", f"-dict={words}", f"-artifact_prefix={findings}/", "-timeout=600",
        "-report_slow_units=600",
        "-rss_limit_mb=4096", "-print_final_stats=1", str(inputs),
    ]  # fmt: skip
    for data in seeds(target):  # what is loaded once is loaded before the clock counts
        check(target, data)
    atheris.Setup([sys.argv[0], *options], lambda data: check(target, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
