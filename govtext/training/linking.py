"""Fits the weights by which quantities are linked to their indicators: the annotated stretch is to be the likeliest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from govtext.keys import KeyTable
from govtext.metrics.fillers import FillerFinder
from govtext.metrics.grams import Alphabet, Ints, gram_keys
from govtext.metrics.linking import Candidates, Span, beside_features, position_features, shared_features
from govtext.metrics.links import (
    COLUMNS,
    END_GRAMS,
    FLAGS,
    LONGEST,
    SHAPED_END,
    SHAPED_START,
    SHORT,
    START_GRAMS,
    WHOLE,
    LinkFeatures,
    LinkModel,
    add_shifted,
    contents,
    link_features,
    shape_of,
    shaped_keys,
)
from govtext.metrics.quantities import Quantity
from govtext.metrics.strips import Strips, segments
from govtext.metrics.weights import Weights
from govtext.metrics.words import words_of

Floats = npt.NDArray[np.float64]

LENGTHS = 17  # lengths from 16 on share a weight


@dataclass(frozen=True, slots=True)
class LinkerSettings:
    """How the linker is fitted: L-BFGS on the log-likelihood of the annotated stretch among all candidates.

    ``penalty`` is the weight of half the squared norm; ``min_count`` the number of quantities near which an n-gram must
    stand; ``margin`` is by how much the annotated stretch should score above one that shares no character with it, less where
    they overlap (softmax margin);
    ``smallest_weight`` drops weights after the fit.
    """

    penalty: float = 0.5
    min_count: int = 2
    margin: float = 5.0
    iterations: int = 60
    smallest_weight: float = 0.01


LinkedSentence = tuple[str, Sequence[Quantity], Sequence[Span | None]]


def fit_linker(sentences: Sequence[LinkedSentence], settings: LinkerSettings) -> LinkModel:
    """The model under which the annotated stretches of the quantities are the likeliest of all nearby."""
    problem = LinkProblem.of(sentences, settings)
    found = minimize(
        problem.loss, np.zeros(problem.parameters.size), jac=True, method="L-BFGS-B",
        options={"maxiter": settings.iterations, "maxcor": 12},
    )  # fmt: skip
    return problem.model(found.x, settings.smallest_weight)


@dataclass(frozen=True, slots=True)
class _Tables:
    """What n-grams become rows; stands in for a model when features are found."""

    alphabet: Alphabet
    table: KeyTable
    shaped_table: KeyTable
    values: dict[str, dict[str, int]]
    finder: FillerFinder

    @classmethod
    def of(cls, strips: Strips, quantities: Sequence[Quantity], least: int) -> _Tables:
        counts = Counter(strips.text)
        words = Counter(c for word in words_of("change", "reach", "count") for c in word)
        alphabet = Alphabet("".join(sorted({c for c, n in counts.items() if n >= least and c != "\0"} | set(words))))
        keys = gram_keys(alphabet.numbers(strips.text))
        owner = np.maximum.reduce([np.roll(strips.owner, 1), strips.owner, np.roll(strips.owner, -1)])
        quantity = np.where(owner >= 0, np.array(strips.quantity)[owner], -1)
        values = {
            "shape": {v: i for i, v in enumerate(sorted({shape_of(q) for q in quantities}), start=1)},
            "unit": {v: i for i, v in enumerate(sorted({q.unit for q in quantities if q.unit}), start=1)},
        }
        seen = {
            "shape": np.array([0, *(values["shape"][shape_of(q)] for q in quantities)]),
            "unit": np.array([0, *(values["unit"].get(q.unit or "", 0) for q in quantities)]),
        }
        inside = np.where(strips.owner >= 0, quantity + 1, 0)
        shaped = [
            shaped_keys(keys[n - 1], seen[name][inside], tag, shift)
            for tag, name, n, shift in SHAPED_START + SHAPED_END
        ]
        return cls(
            alphabet, KeyTable(_frequent(keys, quantity, least)),
            KeyTable(_frequent(np.array(shaped), quantity, least)), values, FillerFinder(alphabet),
        )  # fmt: skip


def _frequent(keys: Ints, quantity: Ints, least: int) -> Ints:
    """The keys that occur with at least so many quantities."""
    pairs = np.stack([keys.ravel(), np.broadcast_to(quantity, keys.shape).ravel()])
    pairs = np.unique(pairs[:, (pairs[0] > 0) & (pairs[1] >= 0)], axis=1)
    found, counts = np.unique(pairs[0], return_counts=True)
    return found[counts >= least]


class _Parameters:
    """Named arrays within one long vector."""

    def __init__(self, **shapes: tuple[int, ...]) -> None:
        self.shapes = shapes
        self.size = sum(int(np.prod(shape)) for shape in shapes.values())

    def split(self, vector: Floats) -> dict[str, Floats]:
        """The arrays as views of the vector."""
        found, start = {}, 0
        for name, shape in self.shapes.items():
            size = int(np.prod(shape))
            found[name] = vector[start : start + size].reshape(shape)
            start += size
        return found


@dataclass(slots=True)
class LinkProblem:
    """The fit of the linker: all candidates of all quantities with their features, and the loss as a function of the weights."""

    features: LinkFeatures
    tables: _Tables
    settings: LinkerSettings
    quantity: Ints  # of each place
    places: tuple[Ints, Ints]  # features of strips: strip, feature
    spans: tuple[Ints, Ints, Ints]  # features of single stretches: length - 1, first place, feature
    names: list[str]
    gold: tuple[Ints, Ints]  # length - 1 and first place
    allowed: npt.NDArray[np.bool_]
    cost: npt.NDArray[np.float32]
    parameters: _Parameters = field(init=False)

    @classmethod
    def of(cls, sentences: Sequence[LinkedSentence], settings: LinkerSettings) -> LinkProblem:
        """The problem of these sentences."""
        sentences = [s for s in sentences if s[1]]
        quantities = [q for _, qs, _ in sentences for q in qs]
        strips = Strips.join((text, found) for text, qs, _ in sentences for found in segments(text, qs))
        tables = _Tables.of(strips, quantities, settings.min_count)
        features = link_features(strips, quantities, tables)
        index: dict[str, int] = {}
        places, spans, gold = _place_rows(sentences, features, index)
        lengths = np.arange(1, LONGEST + 1)[:, None]
        allowed = (lengths <= strips.remaining) & (lengths > features.banned) & features.start
        chosen = np.flatnonzero(gold[1] >= 0)
        allowed[gold[0][chosen], gold[1][chosen]] = True
        of_strip = np.array(strips.quantity)
        quantity = np.where(strips.owner >= 0, of_strip[strips.owner], -1)
        has_gold = np.append(gold[1] >= 0, False)
        allowed &= has_gold[quantity]
        found = cls(
            features, tables, settings, quantity, places, spans, list(index), (gold[0][chosen], gold[1][chosen]), allowed,
            _costs(strips, gold, settings.margin),
        )  # fmt: skip
        found.parameters = _Parameters(
            shared=(len(tables.table) + 1, COLUMNS), sided=(2, len(tables.table) + 1, COLUMNS),
            shaped=(len(tables.shaped_table) + 1,), flags=(2, len(FLAGS)), after=(2, len(tables.alphabet.characters) + 1),
            lengths=(2, LENGTHS), places=(len(index),),
        )  # fmt: skip
        return found

    def loss(self, vector: Floats) -> tuple[float, Floats]:
        """Penalised negative log-likelihood and its gradient."""
        w, strips = self.parameters.split(vector), self.features.strips
        scores = np.full((LONGEST, len(strips.text)), -np.inf)
        for side, part in self._sides():
            self._fill(scores[:, part], w, side, part)
        scores[~self.allowed] = -np.inf
        scores += self.cost
        place = np.bincount(self.places[0], w["places"][self.places[1]], len(strips.segments))
        scores += np.where(strips.owner >= 0, place[strips.owner], 0.0)
        np.add.at(scores, self.spans[:2], w["places"][self.spans[2]])
        p, value = self._likelihood(scores)
        gradient = np.zeros_like(vector)
        g = self.parameters.split(gradient)
        for side, part in self._sides():
            self._collect(p[:, part], g, side, part)
        of_place = p.sum(0)
        of_strip = np.bincount(strips.owner[strips.owner >= 0], of_place[strips.owner >= 0], len(strips.segments))
        g["places"] += np.bincount(self.places[1], of_strip[self.places[0]], len(self.names))
        g["places"] += np.bincount(self.spans[2], p[self.spans[:2]], len(self.names))
        gradient += self.settings.penalty * vector
        return value + self.settings.penalty / 2 * float(vector @ vector), gradient

    def _sides(self) -> Iterable[tuple[int, slice]]:
        before = self.features.strips.before
        return ((0, slice(0, before)), (1, slice(before, None)))

    def _likelihood(self, scores: Floats) -> tuple[Floats, float]:
        """Probabilities of the candidates less those annotated, and the negative log-likelihood."""
        known = self.quantity >= 0
        top = np.full(self.quantity.max() + 2, -np.inf)
        np.maximum.at(top, self.quantity, scores.max(0))
        top[~np.isfinite(top)] = 0.0
        right = scores[self.gold]
        p = np.exp(scores - top[self.quantity])
        total = np.bincount(self.quantity[known], p.sum(0)[known], len(top))
        total[total == 0] = 1.0
        p /= total[self.quantity]
        of_gold = self.quantity[self.gold[1]]
        value = float((np.log(total[of_gold]) + top[of_gold] - right).sum())
        np.subtract.at(p, self.gold, 1.0)
        return p, value

    def _fill(self, scores: Floats, w: dict[str, Floats], side: int, part: slice) -> None:
        f, size = self.features, scores.shape[1]
        weights, of_shape, after = w["shared"] + w["sided"][side], w["shaped"].copy(), w["after"][side].copy()
        weights[0] = of_shape[0] = after[0] = 0.0  # n-grams and characters that are none
        rows = f.grams[:, part]
        start = f.flags[:3, part].T @ w["flags"][side, :3]
        end = f.flags[3:6, part].T @ w["flags"][side, 3:6] + after[f.after[part]]
        for specs, total in ((START_GRAMS, start), (END_GRAMS, end)):
            for column, n, shift in specs:
                add_shifted(total, weights[rows[n - 1], column], shift)
        for shaped, total in ((SHAPED_START, start), (SHAPED_END, end)):
            for tag, _, _, shift in shaped:
                add_shifted(total, of_shape[f.shaped[tag][part]], shift)
        for n in range(1, min(LONGEST, size) + 1):
            scores[n - 1, : size - n + 1] = (
                start[: size - n + 1] + end[n - 1 :] + w["lengths"][side, min(n, LENGTHS - 1)]
            )
            if n <= SHORT:
                scores[n - 1] += weights[rows[n - 1], WHOLE] + f.flags[5 + n, part] * w["flags"][side, 5 + n]

    def _collect(self, p: Floats, g: dict[str, Floats], side: int, part: slice) -> None:
        f, size = self.features, p.shape[1]
        start, end = p.sum(0), np.zeros(size)
        for n in range(1, min(LONGEST, size) + 1):
            end[n - 1 :] += p[n - 1, : size - n + 1]
            g["lengths"][side, min(n, LENGTHS - 1)] += p[n - 1].sum()
        rows = f.grams[:, part]
        grams = np.zeros_like(g["shared"])
        for specs, total in ((START_GRAMS, start), (END_GRAMS, end)):
            for column, n, shift in specs:
                grams[:, column] += np.bincount(rows[n - 1], _back(total, shift), len(grams))
        for n in range(1, SHORT + 1):
            grams[:, WHOLE] += np.bincount(rows[n - 1], p[n - 1], len(grams))
            g["flags"][side, 5 + n] += float(p[n - 1] @ f.flags[5 + n, part])
        grams[0] = 0.0
        g["shared"] += grams
        g["sided"][side] += grams
        for shaped, total in ((SHAPED_START, start), (SHAPED_END, end)):
            for tag, _, _, shift in shaped:
                g["shaped"] += np.bincount(f.shaped[tag][part], _back(total, shift), len(g["shaped"]))
        g["shaped"][0] = 0.0
        g["flags"][side, :3] += f.flags[:3, part] @ start
        g["flags"][side, 3:6] += f.flags[3:6, part] @ end
        g["after"][side] += np.bincount(f.after[part], end, len(g["after"][side]))
        g["after"][side, 0] = 0.0

    def model(self, vector: Floats, least: float) -> LinkModel:
        """The model with these weights, those near zero left out."""
        w = self.parameters.split(np.where(np.abs(vector) >= least, vector, 0.0))
        grams = np.stack([w["shared"] + side for side in w["sided"]], axis=1)
        kept = np.flatnonzero(np.abs(grams[1:]).max((1, 2)) >= least)
        shaped = np.flatnonzero(w["shaped"][1:])
        lengths = w["lengths"][:, np.minimum(np.arange(LONGEST + 1), LENGTHS - 1)]
        return LinkModel(
            self.tables.alphabet, self.tables.table.keys[kept], _single(grams[1:][kept]),
            self.tables.shaped_table.keys[shaped], _single(w["shaped"][1:][shaped]), _single(w["flags"]), _single(w["after"]),
            _single(lengths), list(self.tables.values["shape"]), list(self.tables.values["unit"]),
            Weights(("link",), {n: (round(float(x), 4),) for n, x in zip(self.names, w["places"], strict=True) if x}),
        )  # fmt: skip


def _place_rows(
    sentences: Sequence[LinkedSentence], features: LinkFeatures, index: dict[str, int]
) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints, Ints], tuple[Ints, Ints]]:
    strips = features.strips
    made_of = contents(features)
    first = strips.first.tolist()
    owners: list[int] = []
    places: list[int] = []
    spans: list[tuple[int, int, int]] = []
    gold: list[tuple[int, int]] = []

    def number(name: str) -> int:
        return index.setdefault(name, len(index))

    for text, quantities, links in sentences:
        for k, link in enumerate(links):
            mine = strips.of_quantity[len(gold)]
            found = Candidates(text, quantities, k, links, strips, mine, made_of)
            right = (-1, -1)
            shared = [(span, shared_features(*key)) for span, key in found.shared()]
            for i in mine:
                s = strips.segments[i]
                names = position_features(*found.position(i)) + beside_features(*found.beside(i))
                places += [number(name) for name in names]
                owners += [i] * len(names)
                if link and s.start <= link[0] and link[1] <= min(s.end, link[0] + LONGEST):
                    right = link[1] - link[0] - 1, first[i] + link[0] - s.start
                for (a, b), names in shared:
                    if s.start <= a and b <= min(s.end, a + LONGEST):
                        spans += [(b - a - 1, first[i] + a - s.start, number(name)) for name in names]
            gold.append(right)
    special = np.array(spans, np.int64).reshape(-1, 3)
    right_ones = np.array(gold, np.int64).reshape(-1, 2)
    return (
        (np.array(owners, np.int64), np.array(places, np.int64)),
        (special[:, 0], special[:, 1], special[:, 2]),
        (right_ones[:, 0], right_ones[:, 1]),
    )


def _costs(strips: Strips, gold: tuple[Ints, Ints], margin: float) -> npt.NDArray[np.float32]:
    """What each stretch costs: the margin, less its share of characters in common with the annotated one."""
    cost = np.zeros((LONGEST, len(strips.text)), np.float32)
    if not margin:
        return cost
    cost += margin
    for length, first in zip(gold[0].tolist(), gold[1].tolist(), strict=True):
        if first < 0:
            continue
        strip = int(strips.owner[first])
        low, high = int(strips.first[strip]), int(strips.first[strip] + strips.size[strip])
        starts, sizes = np.arange(low, high)[None, :], np.arange(1, LONGEST + 1)[:, None]
        common = np.minimum(starts + sizes, first + length + 1) - np.maximum(starts, first)
        cost[:, low:high] = margin * (1 - 2 * np.maximum(common, 0) / (sizes + length + 1))
    return cost


def _back(total: Floats, shift: int) -> Floats:
    """What the place of an n-gram gets of the gradient of the places that see it ``shift`` characters on."""
    found = np.zeros_like(total)
    add_shifted(found, total, -shift)
    return found


def _single(values: Floats) -> npt.NDArray[np.float32]:
    return values.astype(np.float32)
