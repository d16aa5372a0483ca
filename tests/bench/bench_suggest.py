"""How many labels suggested sentences save against random ones, on an annotated corpus; prints a Markdown table.

    python tests/bench/bench_suggest.py CORPUS [--rounds 8] [--batch 50] [--seeds 3]

A fifth of the documents is held out. From the same first batch, each strategy asks for batch after batch from the rest, and the domain
classifier trained on what it got is measured on the held-out documents. The labels that a strategy needs for the accuracy that random choice
ends with are read off its curve.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from govtext.domains import DomainClassifier
from govtext.training.corpus import Example, read_examples
from govtext.training.splits import split_documents
from govtext.training.suggest import choose, margin_uncertainty

Strategy = Callable[[DomainClassifier, Sequence[Example], Sequence[Example], int, np.random.Generator], list[int]]


def at_random(
    _: DomainClassifier, pool: Sequence[Example], known: Sequence[Example], n: int, rng: np.random.Generator
) -> list[int]:
    return rng.choice(len(pool), n, replace=False).tolist()


def by_doubt(diversity: float) -> Strategy:
    def pick(
        model: DomainClassifier, pool: Sequence[Example], known: Sequence[Example], n: int, rng: np.random.Generator
    ) -> list[int]:
        doubt = margin_uncertainty(model.predict_proba([e.text for e in pool], context=[e.context for e in pool]))
        return choose([e.text for e in pool], doubt, n=n, known=[e.text for e in known], diversity=diversity)

    return pick


STRATEGIES: dict[str, Strategy] = {
    "random": at_random,
    "doubt": by_doubt(0.0),
    "doubt, diversity 0.5": by_doubt(0.5),
    "doubt, diversity 0.8": by_doubt(0.8),
}


def fit(examples: Sequence[Example]) -> DomainClassifier:
    model = DomainClassifier(min_count=1)
    return model.fit(
        [e.text for e in examples],
        [e.domains for e in examples],
        context=[e.context for e in examples],
        groups=[e.doc for e in examples],
    )


def accuracy(model: DomainClassifier, test: Sequence[Example]) -> float:
    found = model.predict([e.text for e in test], context=[e.context for e in test])
    return float(np.mean([e.domains[0] == domain for e, domain in zip(test, found, strict=True)]))


def curve(
    strategy: Strategy, pool: list[Example], test: list[Example], rounds: int, batch: int, seed: int
) -> list[float]:
    """Accuracy after each batch."""
    rng = np.random.default_rng(seed)
    order = np.random.default_rng(seed + 100).permutation(len(pool))
    known, rest = [pool[i] for i in order[:batch]], [pool[i] for i in order[batch:]]
    model = fit(known)
    found = [accuracy(model, test)]
    for _ in range(rounds - 1):
        picked = set(strategy(model, rest, known, batch, rng))
        known += [rest[i] for i in sorted(picked)]
        rest = [e for i, e in enumerate(rest) if i not in picked]
        model = fit(known)
        found.append(accuracy(model, test))
    return found


def labels_needed(values: Sequence[float], wanted: float, batch: int) -> float | None:
    """Labels at which a curve, made to rise only, reaches an accuracy; between two batches in proportion."""
    rising = np.maximum.accumulate(values)
    i = int(np.argmax(rising >= wanted))
    if rising[i] < wanted:
        return None
    if i == 0:
        return batch
    return batch * (i + (wanted - rising[i - 1]) / (rising[i] - rising[i - 1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, help="annotated sentences")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    examples = [e for e in read_examples(options.corpus) if e.domains and not e.furniture]
    curves = {}
    for name, strategy in STRATEGIES.items():
        runs = []
        for seed in range(options.seeds):
            pool, test = split_documents(examples, share=0.2, seed=seed)
            runs.append(curve(strategy, pool, test, options.rounds, options.batch, seed))
        curves[name] = np.mean(runs, axis=0)
        print(name, curves[name].round(3).tolist(), flush=True)
    wanted = curves["random"][-1]
    sizes = [options.batch * (i + 1) for i in range(options.rounds)]
    print(f"\n| strategy | {' | '.join(map(str, sizes))} | labels for {wanted:.3f} |\n|---|{'---|' * (len(sizes) + 1)}")
    for name, values in curves.items():
        needed = labels_needed(values, wanted, options.batch)
        print(f"| {name} | {' | '.join(f'{v:.3f}' for v in values)} | {needed or 0:.0f} |")


if __name__ == "__main__":
    main()
