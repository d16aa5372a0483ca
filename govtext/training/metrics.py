"""Trains the learned parts of the metric stage on annotated sentences: indicator linking, kinds and status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from govtext.metrics.kinds import kind_features
from govtext.metrics.model import MetricModel
from govtext.metrics.quantities import Quantity, find_quantities
from govtext.metrics.status import status_features
from govtext.metrics.weights import Weights
from govtext.training.corpus import Example
from govtext.training.linking import LinkerSettings, fit_linker
from govtext.types import Metric

Span = tuple[int, int]

DEFAULT_LINKER: Final = LinkerSettings()


def train_metric_model(
    examples: Iterable[Example], *, linker: LinkerSettings = DEFAULT_LINKER, regularization: float = 0.5
) -> MetricModel:
    """Fit the three parts on annotated sentences. Deterministic for equal input and settings.

    ``regularization`` is the inverse strength (C) of the two logistic regressions. Raises ValueError if the examples
    hold no metrics.
    """
    annotated = [a for e in examples if not e.furniture for a in [_annotate(e)]]
    if not any(a.metrics for a in annotated):
        raise ValueError("no metrics in the examples; annotate some, or pass other sentences")
    return MetricModel(
        linker=fit_linker([(a.example.text, a.quantities, a.links) for a in annotated], linker),
        kinds=_fit_classes(*_kind_rows(annotated), regularization=regularization),
        status=_fit_classes(*_status_rows(annotated), regularization=regularization),
    )


@dataclass(frozen=True, slots=True)
class Annotated:
    """A sentence with the quantities and the indicator stretches of its annotated metrics."""

    example: Example
    metrics: tuple[Metric, ...]
    quantities: tuple[Quantity, ...]
    links: tuple[Span | None, ...]


def _annotate(example: Example) -> Annotated:
    found = {(q.start, q.end): q for q in find_quantities(example.text)}
    metrics = tuple(sorted(example.metrics, key=lambda m: m.start))
    quantities = tuple(found.get((m.start, m.end)) or Quantity(m.start, m.end, None) for m in metrics)
    links = tuple(indicator_span(example.text, m.indicator, q) for m, q in zip(metrics, quantities, strict=True))
    return Annotated(example, metrics, quantities, links)


def indicator_span(text: str, indicator: str, q: Quantity) -> Span | None:
    """Where the indicator stands: its occurrence nearest to the quantity, outside it.

    >>> indicator_span("项目12个，新项目3个", "项目", Quantity(9, 11, None))
    (7, 9)
    """
    spans = []
    start = text.find(indicator) if indicator else -1
    while start >= 0:
        end = start + len(indicator)
        if end <= q.start or start >= q.end:
            spans.append((q.start - end if end <= q.start else start - q.end, start, end))
        start = text.find(indicator, start + 1)
    return min(spans)[1:] if spans else None


# --- kinds and status ---------------------------------------------------------------------------------------------------


def _kind_rows(annotated: Iterable[Annotated]) -> tuple[list[list[str]], list[str], list[float]]:
    rows: list[list[str]] = []
    labels: list[str] = []
    for a in annotated:
        for k, (m, q) in enumerate(zip(a.metrics, a.quantities, strict=True)):
            previous = (a.quantities[k - 1], a.metrics[k - 1].kind) if k else None
            rows.append(kind_features(a.example.text, q, a.links[k], previous))
            labels.append(m.kind)
    return rows, labels, [1.0] * len(rows)


def _status_rows(annotated: Iterable[Annotated]) -> tuple[list[list[str]], list[str], list[float]]:
    """Metrics and whole sentences, each a second time without the part of the report, which may be read wrongly."""
    rows, labels, weights = [], [], []
    for a in annotated:
        text, context = a.example.text, a.example.context
        for known, weight in ((context, 0.7), (replace(context, part=None), 0.3)):
            if a.example.status in ("achieved", "planned"):
                rows.append(status_features(text, None, known))
                labels.append(a.example.status)
                weights.append(weight * 0.3)
            for m, q in zip(a.metrics, a.quantities, strict=True):
                rows.append(status_features(text, q, known))
                labels.append(m.status)
                weights.append(weight)
    return rows, labels, weights


def _fit_classes(rows: list[list[str]], labels: list[str], weights: list[float], *, regularization: float) -> Weights:
    counts = Counter(f for row in rows for f in set(row))
    vectors = DictVectorizer()
    x = vectors.fit_transform([{f: 1.0 for f in row if counts[f] > 1} for row in rows])
    fitted = LogisticRegression(C=regularization, max_iter=400).fit(x, labels, sample_weight=weights)
    outcomes = tuple(map(str, fitted.classes_))
    coefficients = fitted.coef_ if len(outcomes) > 2 else np.vstack([np.zeros_like(fitted.coef_[0]), fitted.coef_[0]])
    bias = fitted.intercept_ if len(outcomes) > 2 else np.array([0.0, fitted.intercept_[0]])
    table = {
        name: tuple(round(float(c), 4) for c in coefficients[:, i])
        for i, name in enumerate(vectors.get_feature_names_out()) if np.abs(coefficients[:, i]).max() >= 0.005
    }  # fmt: skip
    table["bias"] = tuple(float(b + c) for b, c in zip(bias, table.get("bias", (0.0,) * len(outcomes)), strict=True))
    return Weights(outcomes, table)
