"""Trains the learned parts of the metric stage on annotated sentences: indicator linking, kinds and status."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from govtext.metrics.kinds import kind_features
from govtext.metrics.linking import (
    LONGEST,
    Candidates,
    Segment,
    Span,
    end_features,
    length_feature,
    span_features,
    start_features,
)
from govtext.metrics.model import MetricModel
from govtext.metrics.quantities import Quantity, find_quantities
from govtext.metrics.status import status_features
from govtext.metrics.weights import Weights
from govtext.training.corpus import Example
from govtext.types import Metric

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class LinkerSettings:
    """How the linker is fitted: AdaGrad on the log-likelihood of the annotated stretch among all candidates.

    ``min_count`` is the number of quantities in whose candidates a feature must occur; ``smooth`` is what AdaGrad's
    sums of squares start from: the larger, the less a rare feature weighs.
    """

    epochs: int = 8
    rate: float = 0.2
    smooth: float = 1.0
    l2: float = 2e-3
    min_count: int = 2
    smallest_weight: float = 0.01
    seed: int = 0


def train_metric_model(
    examples: Iterable[Example], *, linker: LinkerSettings = LinkerSettings(), regularization: float = 0.5
) -> MetricModel:
    """Fit the three parts on annotated sentences. Deterministic for equal input and settings.

    ``regularization`` is the inverse strength (C) of the two logistic regressions. Raises ValueError if the examples
    hold no metrics.
    """
    annotated = [a for e in examples if not e.furniture for a in [_annotate(e)]]
    if not any(a.metrics for a in annotated):
        raise ValueError("no metrics in the examples; annotate some, or pass other sentences")
    return MetricModel(
        linker=fit_linker(annotated, linker),
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


# --- linker -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Block:
    """The candidates of one segment: features of its place, of each start and end (flat, with owners), lengths, some spans."""

    place: Ints
    starts: Ints
    start_of: Ints
    ends: Ints
    end_of: Ints
    lengths: Ints
    length_of: Ints
    allowed: npt.NDArray[np.bool_]
    special: list[tuple[int, int, Ints]]
    gold: Span | None

    def scores(self, w: Floats) -> Floats:
        size = len(self.allowed)
        starts = np.bincount(self.start_of, w[self.starts], size)
        ends = np.bincount(self.end_of, w[self.ends], size)
        total = w[self.place].sum() + starts[:, None] + ends[None, :] + w[self.lengths][self.length_of]
        for i, j, features in self.special:
            total[i, j] += w[features].sum()
        return np.where(self.allowed, total, -np.inf)

    def gradient(self, p: Floats) -> tuple[Ints, Floats]:
        by_length = np.bincount(self.length_of.ravel(), p.ravel(), LONGEST + 1)
        by_length[0] = 0
        special = [(f, np.full(len(f), p[i, j])) for i, j, f in self.special]
        features = np.concatenate([self.place, self.starts, self.ends, self.lengths, *(f for f, _ in special)])
        values = [
            np.full(len(self.place), p.sum()),
            p.sum(1)[self.start_of],
            p.sum(0)[self.end_of],
            by_length,
            *(v for _, v in special),
        ]
        return features, np.concatenate(values)


def fit_linker(annotated: Sequence[Annotated], settings: LinkerSettings) -> Weights:
    """Weights under which the annotated stretch of each quantity is the likeliest of its candidates."""
    named = [blocks for a in annotated for blocks in _named_blocks(a)]
    counts = Counter(f for blocks in named for f in {f for block in blocks for f in _features_of(block)})
    names = [f for f, n in counts.items() if n >= settings.min_count]
    index = {name: i for i, name in enumerate(names)}
    data = [[_numbered(block, index) for block in blocks] for blocks in named]
    w = _ada_grad(data, len(index) + 1, settings)
    return Weights(
        ("link",),
        {n: (round(float(x), 4),) for n, x in zip(names, w, strict=False) if abs(x) >= settings.smallest_weight},
    )


def _named_blocks(a: Annotated) -> Iterable[list[dict[str, Any]]]:
    text = a.example.text
    for k, gold in enumerate(a.links):
        candidates = Candidates(text, a.quantities, k, a.links)
        blocks = [_named_block(text, candidates, s, gold) for s in candidates.segments]
        if any(block["gold"] for block in blocks):
            yield blocks


def _named_block(text: str, candidates: Candidates, s: Segment, gold: Span | None) -> dict[str, Any]:
    inside = gold is not None and s.start <= gold[0] and gold[1] <= min(s.end, gold[0] + LONGEST)
    spans = {}
    for i in range(s.start, s.end):
        for j in range(i + 1, min(s.end, i + LONGEST) + 1):
            if names := span_features(text, s, i, j) + candidates.earlier.get((i, j), []):
                spans[i - s.start, j - s.start - 1] = names
    return {
        "place": candidates.place_features(s),
        "starts": [start_features(text, s, i) for i in range(s.start, s.end)],
        "ends": [end_features(text, s, j) for j in range(s.start + 1, s.end + 1)],
        "lengths": [length_feature(s.side, n) for n in range(LONGEST + 1)],
        "special": [(i, j, names) for (i, j), names in spans.items()],
        "gold": (gold[0] - s.start, gold[1] - s.start - 1) if gold and inside else None,
    }


def _features_of(block: dict[str, Any]) -> Iterable[str]:
    yield from block["lengths"]
    yield from block["place"]
    for names in (*block["starts"], *block["ends"], *(names for *_, names in block["special"])):
        yield from names


def _numbered(block: dict[str, Any], index: dict[str, int]) -> _Block:
    def flat(rows: list[list[str]]) -> tuple[Ints, Ints]:
        numbers = [[index[f] for f in row if f in index] for row in rows]
        owner = np.repeat(np.arange(len(rows)), [len(n) for n in numbers])
        return np.array([x for n in numbers for x in n], dtype=np.intp), owner

    size = len(block["starts"])
    length = np.arange(size)[None, :] - np.arange(size)[:, None] + 1
    allowed = (length >= 1) & (length <= LONGEST)
    return _Block(
        np.array([index[f] for f in block["place"] if f in index], dtype=np.intp),
        *flat(block["starts"]), *flat(block["ends"]),
        np.array([index.get(f, len(index)) for f in block["lengths"]], dtype=np.intp), np.where(allowed, length, 0), allowed,
        [(i, j, np.array([index[f] for f in names if f in index], dtype=np.intp)) for i, j, names in block["special"]],
        block["gold"],
    )  # fmt: skip


def _ada_grad(data: list[list[_Block]], size: int, settings: LinkerSettings) -> Floats:
    w, squares = np.zeros(size), np.full(size, settings.smooth)
    shuffle = random.Random(settings.seed)
    order = list(range(len(data)))
    total = np.zeros(size)
    for epoch in range(settings.epochs):
        shuffle.shuffle(order)
        for n in order:
            features, gradient = _gradient(data[n], w)
            gradient += settings.l2 * w[features]
            squares[features] += gradient**2
            w[features] -= settings.rate * gradient / np.sqrt(squares[features])
        if epoch >= settings.epochs // 2:
            total += w
    mean: Floats = total / (settings.epochs - settings.epochs // 2)
    mean[-1] = 0.0
    return mean


def _gradient(blocks: list[_Block], w: Floats) -> tuple[Ints, Floats]:
    scores = [block.scores(w) for block in blocks]
    top = max(s.max() for s in scores)
    weights = [np.exp(s - top) for s in scores]
    total = sum(x.sum() for x in weights)
    parts = []
    for block, x in zip(blocks, weights, strict=True):
        p = x / total
        if block.gold:
            p[block.gold] -= 1
        parts.append(block.gradient(p))
    features, where = np.unique(np.concatenate([f for f, _ in parts]), return_inverse=True)
    gradient = np.bincount(where, np.concatenate([v for _, v in parts])).astype(np.float64)
    return features.astype(np.intp), gradient


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
