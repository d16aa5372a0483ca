"""Measures a text classifier on labelled sentences, with confidence intervals over documents, and writes its card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from govtext.domains.classifier import TextClassifier
from govtext.errors import DataError
from govtext.types import SentenceContext

BINS = 10
COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)
Array = npt.NDArray[np.float64]


def evaluate_classifier(
    classifier: TextClassifier,
    sentences: Sequence[str],
    labels: Sequence[str | Sequence[str]],
    *,
    context: Sequence[SentenceContext] | None = None,
    groups: Sequence[Any] | None = None,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Scores of a fitted classifier on sentences it has not seen, as plain JSON.

    ``labels``: a class or the classes of each sentence, the primary one first. ``groups``: the document of each sentence; the
    intervals (95 %, in ``intervals``) come from drawing documents with replacement, without ``groups`` sentences.
    ``accuracy`` is that of the primary class, ``in_gold_set`` asks whether the likeliest class is one of the gold ones, ``macro_f``
    averages over the classes that occur, ``micro_f_sets`` compares sets of labels. ``ece`` is the expected calibration error over
    ten equal bins; ``reliability`` lists the bins, ``risk_coverage`` the error among the surest sentences.
    """
    gold = [[label] if isinstance(label, str) else list(label) for label in labels]
    if not gold or len(gold) != len(sentences):
        raise DataError(
            f"{len(sentences)} sentences and {len(gold)} labels: an evaluation needs one label for each sentence"
        )
    probabilities = classifier.predict_proba(sentences, context=context)
    found = [[name for name, _ in given] for given in classifier.labels_of(probabilities)]
    return score_probabilities(
        probabilities, classifier.classes_.tolist(), gold, found, groups=groups, n_bootstrap=n_bootstrap, seed=seed
    )


def score_probabilities(
    probabilities: Array,
    classes: Sequence[str],
    gold: Sequence[Sequence[str]],
    found: Sequence[Sequence[str]],
    *,
    groups: Sequence[Any] | None = None,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """The scores of ``evaluate_classifier`` from probabilities and label sets that are already there."""
    best = probabilities.argmax(axis=1)
    surest = probabilities.max(axis=1)
    guessed = [classes[i] for i in best]
    right = np.array([g[0] == p for g, p in zip(gold, guessed, strict=True)])
    table = _Outcomes(gold, guessed, found)
    everything = np.arange(len(gold))
    documents = np.arange(len(gold)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    return {
        **{name: round(value, 4) for name, value in table.scores(everything).items()},
        "n": len(gold),
        "n_documents": int(documents.max()) + 1,
        "intervals": _intervals(table, documents, n_bootstrap, seed),
        "ece": round(expected_calibration_error(surest, right), 4),
        "reliability": _reliability(surest, right),
        "risk_coverage": _risk_coverage(surest, right),
        "per_class": table.per_class(everything),
    }


def expected_calibration_error(probabilities: Array, right: npt.NDArray[np.bool_]) -> float:
    """Mean distance of confidence and accuracy over ten equal bins, weighted by their size.

    >>> round(expected_calibration_error(np.array([0.95, 0.95, 0.55, 0.55]), np.array([True, True, True, False])), 3)
    0.05
    """
    return float(sum(b["share"] * abs(b["accuracy"] - b["confidence"]) for b in _bins(probabilities, right)))


def write_card(scores: dict[str, Any], *, title: str, notes: Sequence[str] = ()) -> str:
    """A card in Markdown: what was measured on what, per class, how far the probabilities can be trusted."""
    per_class = [
        f"| {name} | {c['precision']:.2f} | {c['recall']:.2f} | {c['f']:.2f} | {c['n']} |"
        for name, c in scores["per_class"].items()
    ]
    measures = [
        f"| {name} | {scores[name]:.3f} | {low:.3f} to {high:.3f} |"
        for name, (low, high) in scores["intervals"].items()
    ]
    reliability = [
        f"| {b['from']:.1f} to {b['to']:.1f} | {b['n']} | {b['confidence']:.2f} | {b['accuracy']:.2f} |"
        for b in scores["reliability"]
    ]
    risk = [f"| {r['coverage']:.0%} | {r['min_probability']:.2f} | {r['risk']:.3f} |" for r in scores["risk_coverage"]]
    return "\n".join(
        [
            f"# {title}", "",
            *(f"{note}\n" for note in notes),
            f"Measured on {scores['n']} sentences of {scores['n_documents']} documents; intervals of 95 % from drawing documents.", "",
            "| measure | value | interval |", "|---|---|---|", *measures, "",
            f"Expected calibration error: {scores['ece']:.3f}.", "",
            "| probability | sentences | mean probability | accuracy |", "|---|---|---|---|", *reliability, "",
            "Error among the surest sentences (abstaining below a probability):", "",
            "| coverage | min_probability | error |", "|---|---|---|", *risk, "",
            "| class | precision | recall | F | n |", "|---|---|---|---|---|", *per_class, "",
        ]
    )  # fmt: skip


class _Outcomes:
    """Gold and predicted labels as numbers, so that a resample of the sentences is scored by indexing."""

    def __init__(self, gold: Sequence[Sequence[str]], guessed: Sequence[str], found: Sequence[Sequence[str]]) -> None:
        self.names = sorted({g[0] for g in gold} | set(guessed))
        number = {name: i for i, name in enumerate(self.names)}
        self.gold = np.array([number[g[0]] for g in gold])
        self.guessed = np.array([number[p] for p in guessed])
        self.inside = np.array([p in g for g, p in zip(gold, guessed, strict=True)])
        self.shared = np.array([len(set(g) & set(f)) for g, f in zip(gold, found, strict=True)])
        self.sizes = np.array([len(set(g)) + len(set(f)) for g, f in zip(gold, found, strict=True)])

    def scores(self, rows: npt.NDArray[np.int64]) -> dict[str, float]:
        confusion = self._confusion(rows)
        occurring = confusion.sum(axis=1) > 0
        f = 2 * confusion.diagonal() / np.maximum(confusion.sum(axis=0) + confusion.sum(axis=1), 1)
        return {
            "accuracy": float((self.gold[rows] == self.guessed[rows]).mean()),
            "in_gold_set": float(self.inside[rows].mean()),
            "macro_f": float(f[occurring].mean()),
            "micro_f_sets": float(2 * self.shared[rows].sum() / max(self.sizes[rows].sum(), 1)),
        }

    def per_class(self, rows: npt.NDArray[np.int64]) -> dict[str, dict[str, float]]:
        confusion = self._confusion(rows)
        hits, given, gold = confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)
        return {
            name: {
                "precision": round(float(hits[i] / max(given[i], 1)), 4),
                "recall": round(float(hits[i] / max(gold[i], 1)), 4),
                "f": round(float(2 * hits[i] / max(given[i] + gold[i], 1)), 4),
                "n": int(gold[i]),
            }
            for i, name in enumerate(self.names)
        }

    def _confusion(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        size = len(self.names)
        flat = np.bincount(self.gold[rows] * size + self.guessed[rows], minlength=size * size)
        return flat.reshape(size, size)


def _intervals(table: _Outcomes, documents: npt.NDArray[np.int64], draws: int, seed: int) -> dict[str, list[float]]:
    members = [np.flatnonzero(documents == d) for d in range(int(documents.max()) + 1)]
    random = np.random.default_rng(seed)
    drawn = [
        table.scores(np.concatenate([members[d] for d in random.integers(len(members), size=len(members))]))
        for _ in range(draws)
    ]
    if not drawn:
        return {}
    return {
        name: [round(float(q), 4) for q in np.quantile([d[name] for d in drawn], (0.025, 0.975))] for name in drawn[0]
    }


def _bins(probabilities: Array, right: npt.NDArray[np.bool_]) -> list[dict[str, float]]:
    number = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    return [
        {
            "from": b / BINS, "to": (b + 1) / BINS, "n": int(inside.sum()), "share": float(inside.mean()),
            "confidence": float(probabilities[inside].mean()), "accuracy": float(right[inside].mean()),
        }
        for b in range(BINS)
        if (inside := number == b).any()
    ]  # fmt: skip


def _reliability(probabilities: Array, right: npt.NDArray[np.bool_]) -> list[dict[str, float]]:
    return [{k: round(v, 4) for k, v in b.items() if k != "share"} for b in _bins(probabilities, right)]


def _risk_coverage(probabilities: Array, right: npt.NDArray[np.bool_]) -> list[dict[str, float]]:
    order = np.argsort(-probabilities, kind="stable")
    points = []
    for coverage in COVERAGES:
        kept = order[: max(1, round(coverage * len(order)))]
        points.append(
            {
                "coverage": coverage,
                "min_probability": round(float(probabilities[kept[-1]]), 4),
                "risk": round(float(1 - right[kept].mean()), 4),
            }
        )
    return points
