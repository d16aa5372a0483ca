"""Measures from counts of documents: totals, resamples of documents, precision, recall, F, confusion and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from govtext.labels import NAME_LABELS
from govtext.training.marking import BINS, Array, Counts, Names

Values = dict[str, Array]
Sizes = dict[str, int]


def weights(size: int, n: int, seed: int) -> Array:
    """How often each of ``size`` documents is drawn, one row for each of ``n`` resamples."""
    return np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), size=n).astype(float)


def total_of(counts: Counts) -> Counts:
    """Counts of all documents, as one row."""
    return {key: x.sum(axis=0, keepdims=True) for key, x in counts.items()}


def resampled(counts: Counts, weights: Array) -> Counts:
    """Counts of each resample, one row for each row of weights."""
    return {key: np.tensordot(weights, x, axes=1) for key, x in counts.items()}


def swapped(a: Counts, b: Counts, swap: npt.NDArray[np.bool_]) -> Counts:
    """Counts of ``a``, one row for each row of ``swap``, with the documents that it marks taken from ``b``."""
    taken = swap.astype(float)
    return {key: np.tensordot(1 - taken, a[key], axes=1) + np.tensordot(taken, b[key], axes=1) for key in a}


def measures_of(totals: Counts, names: Names) -> tuple[Values, Sizes]:
    """Every measure for each row of the totals, and what those of the first row were measured on."""
    values: Values = {}
    sizes: Sizes = {}
    for key in ("entities", "overlap"):
        by_label = {label: totals[key][:, i] for i, label in enumerate(names.labels)}
        by_label["names"] = sum((by_label[label] for label in NAME_LABELS), np.zeros(3))
        by_label["micro"] = totals[key].sum(axis=1)
        for label, outcome in by_label.items():
            _add_prf(values, sizes, f"{key}.{label}", outcome)
    _add_prf(values, sizes, "records", totals["records"])
    found = totals["fields"][:, 0]
    for i, part in enumerate(("indicator", "kind", "status"), 1):
        _add(values, sizes, f"records.{part}", totals["fields"][:, i], found)
    _add_prf(values, sizes, "sentences", totals["sentences"])
    for key in ("domains", "status"):
        confusion = totals[key]
        hits, size = np.trace(confusion, axis1=1, axis2=2), confusion.sum(axis=(1, 2))
        _add(values, sizes, f"{key}.accuracy", hits, size)
        values[f"{key}.macro_f"], sizes[f"{key}.macro_f"] = _macro_f(confusion), int(size[0])
    _add(values, sizes, "domains.in_gold_set", totals["in_gold_set"][:, 0], totals["domains"].sum(axis=(1, 2)))
    n, probability, right = np.moveaxis(totals["bins"], 2, 0)
    _add(values, sizes, "domains.ece", np.abs(probability - right).sum(axis=1), n.sum(axis=1))
    return values, sizes


def _add(values: Values, sizes: Sizes, name: str, part: Array, whole: Array) -> None:
    values[name], sizes[name] = ratio(part, whole), int(whole[0])


def _add_prf(values: Values, sizes: Sizes, name: str, outcome: Array) -> None:
    hit, false, missed = outcome[:, 0], outcome[:, 1], outcome[:, 2]
    p, r = ratio(hit, hit + false), ratio(hit, hit + missed)
    for part, value in (("p", p), ("r", r), ("f", ratio(2 * p * r, p + r))):
        values[f"{name}.{part}"], sizes[f"{name}.{part}"] = value, int(hit[0] + missed[0])


def _macro_f(confusion: Array) -> Array:
    """Mean F over the classes that occur in the gold annotation."""
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    gold, given = confusion.sum(axis=2), confusion.sum(axis=1)[:, :-1]
    occurring = gold > 0
    return ratio((ratio(2 * hits, gold + given) * occurring).sum(axis=1), occurring.sum(axis=1))


def ratio(part: Any, whole: Any) -> Array:
    """``part / whole``, 0 where there is nothing."""
    whole = np.asarray(whole, float)
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def confusion_table(total: Array, names: Sequence[str]) -> dict[str, dict[str, int]]:
    """``{gold: {predicted: n}}`` of the names that occur; ``nothing`` is where the model says nothing."""
    columns = (*names, "nothing")
    return {
        name: {column: int(x) for column, x in zip(columns, row, strict=True) if x}
        for name, row, given in zip(names, total, total.sum(axis=0), strict=False)
        if row.any() or given
    }


def reliability_of(bins: Array) -> list[dict[str, float]]:
    """Mean probability and accuracy of each bin of probabilities that holds a sentence."""
    return [
        {"from": i / BINS, "to": (i + 1) / BINS, "n": int(size), "probability": p / size, "accuracy": right / size}
        for i, (size, p, right) in enumerate(bins.tolist())
        if size
    ]
