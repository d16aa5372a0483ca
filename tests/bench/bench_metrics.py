"""Speed of the quantity grammar and of whole metric records, beside jieba's segmentation in the same run.

python tests/bench/bench_metrics.py [FILE ...]      (the packaged samples by default)
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jieba

from govtext.metrics import find_all_metrics, find_metrics, find_quantities
from govtext.resources import sample_paths
from govtext.types import SentenceContext

REPEAT = 3
SENTENCE = re.compile(r"[^。！？\n]+[。！？]?")


def rate(work: Callable[[str], object], texts: list[str]) -> float:
    """Characters a second, the best of a few runs on one core."""
    best = float("inf")
    for _ in range(REPEAT):
        started = time.process_time()
        for text in texts:
            work(text)
        best = min(best, time.process_time() - started)
    return sum(map(len, texts)) / best


def quantities(text: str) -> int:
    return sum(1 for _ in find_quantities(text))


def records(text: str) -> int:
    return sum(len(find_metrics(sentence)) for sentence in SENTENCE.findall(text))


def batches(text: str) -> int:
    sentences = SENTENCE.findall(text)
    return sum(map(len, find_all_metrics(sentences, [SentenceContext()] * len(sentences))))


def segmentation(text: str) -> int:
    return sum(1 for _ in jieba.cut(text))


def main(arguments: list[str]) -> None:
    paths = [Path(a) for a in arguments] or [p for p in sample_paths() if p.suffix == ".txt"]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    jieba.setLogLevel(30)
    jieba.initialize()
    print(f"{len(texts)} texts, {sum(map(len, texts)):,} characters, {sum(map(quantities, texts)):,} quantities")
    works = (
        ("find_quantities", quantities), ("find_metrics", records), ("find_all_metrics", batches), ("jieba.cut", segmentation),
    )  # fmt: skip
    for name, work in works:
        print(f"{name:16} {rate(work, texts):>12,.0f} characters/s")


if __name__ == "__main__":
    main(sys.argv[1:])
