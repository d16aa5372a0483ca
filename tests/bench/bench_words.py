"""Speed and accuracy of the segmenter beside jieba and spacy_pkuseg, in one run; prints a Markdown table.

python tests/bench/bench_words.py --model SEGMENTER --train gov.train.txt --gold gov.dev.txt REPORT.txt …
"""

import argparse
import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import jieba
import spacy_pkuseg

from govtext.training.words import evaluate_cuts, read_pkuseg, read_segmented
from govtext.words import Segmenter

REPEATS = 3


def train_pkuseg(path: Path, folder: str, rounds: int) -> None:
    with Path(os.devnull).open("w") as sink, contextlib.redirect_stdout(sink):
        spacy_pkuseg.train(str(path), str(path), folder, train_iter=rounds)


def cutter(segmenter: Segmenter) -> Callable[[str], list[str]]:
    return lambda text: [text[start:end] for start, end in segmenter.segment(text)]


def speed(cut: Callable[[str], object], texts: Sequence[str]) -> float:
    """Characters a second, the best of a few passes over all texts."""
    best = float("inf")
    for _ in range(REPEATS):
        started = time.perf_counter()
        for text in texts:
            cut(text)
        best = min(best, time.perf_counter() - started)
    return sum(map(len, texts)) / best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="+", type=Path, help="reports in UTF-8, for the speed")
    parser.add_argument("--model", type=Path, required=True, help="folder of a trained segmenter")
    parser.add_argument("--train", type=Path, required=True, help="segmented sentences, to train pkuseg itself on")
    parser.add_argument("--gold", type=Path, required=True, help="segmented sentences, for precision, recall and F")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of pkuseg's own training")
    options = parser.parse_args()
    texts = [path.read_text(encoding="utf-8") for path in options.texts]
    gold, train = read_segmented(options.gold), read_segmented(options.train)
    jieba.setLogLevel("ERROR")
    jieba.initialize()
    with tempfile.TemporaryDirectory() as folder:
        train_pkuseg(options.train, folder, options.rounds)
        pkuseg = spacy_pkuseg.pkuseg(folder, user_dict=None)
        same_weights = cutter(Segmenter(read_pkuseg(folder), rules=False))
    different = sum(a != b for text in texts for a, b in zip(pkuseg.cut(text), same_weights(text), strict=False))
    started = time.perf_counter()
    shipped = Segmenter.from_disk(options.model)
    loaded = time.perf_counter() - started
    contenders: dict[str, Callable[[str], list[str]]] = {
        "jieba": jieba.lcut,
        f"spacy_pkuseg, {options.rounds} rounds": pkuseg.cut,
        "the same weights, decoded by govtext": same_weights,
        "govtext": cutter(shipped),
    }
    print("| segmenter | P | R | F | recall of new words | characters/s |\n|---|---|---|---|---|---|")
    vocabulary = {word for sentence in train for word in sentence}
    for name, cut in contenders.items():
        s = evaluate_cuts(gold, cut, vocabulary=vocabulary)
        print(f"| {name} | {s.p:.4f} | {s.r:.4f} | {s.f:.4f} | {s.oov_recall or 0:.4f} | {speed(cut, texts):,.0f} |")
    print(f"\n{sum(map(len, texts)):,} characters; the model loads in {loaded:.2f} s")
    print(f"pkuseg and the same weights in govtext: {different} different words")


if __name__ == "__main__":
    main()
