"""A text classifier with context, in the scikit-learn idiom: character n-grams of sentence, headings and neighbours."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from govtext.domains import shape, solver
from govtext.domains.features import NgramVocabulary
from govtext.domains.inputs import FIELDS, Inputs, read_inputs
from govtext.errors import DataError, ModelError
from govtext.types import SentenceContext

FORMAT = 2  # 1 had no votes
SHARPNESS = 6.0  # of votes: what margins are multiplied with before they become probabilities
Label = str | Sequence[str] | Mapping[str, float]
Array = npt.NDArray[np.float64]
Weights = npt.NDArray[np.float32]
_STORED = ("ngram_bias", "field_weights", "field_bias", "vote_weights", "vote_bias", "shape_weights", "bias")


class TextClassifier:
    """Sorts sentences into classes by their words, their headings, their neighbours and their shape.

    Two steps. The first gives each text a margin for each class from its character n-grams (support vector machines, one class
    against the rest). The second adds up the margins of the sentence, of the headings above it and of the sentences beside it, its
    shape, and votes: the classes that the sentence by itself and the sentences around it seem to have, as shares that add up to 1
    (a logistic regression fitted to margins of held-out documents, hence calibrated on texts that the first step has not seen).

    ``min_probability``: below it a prediction is None (abstain). ``max_labels``: how many labels ``predict_labels`` gives at most.
    ``max_features``: how many n-grams are kept. ``strength``, ``mixing``: the C of the two steps (larger: less regularised).
    ``own_vote``: whether the sentence itself has a vote beside its margins, which pays where there are many classes.
    ``secondary_weight``: the share of a training sentence that its labels after the first get. Deterministic.

    >>> sentences = ["新建公路十公里。", "公路通车。", "新建学校两所。", "学校开学。"] * 5
    >>> classifier = TextClassifier().fit(sentences, ["transport", "transport", "education", "education"] * 5)
    >>> classifier.predict(["改造公路。"]).tolist(), classifier.classes_.tolist()
    (['transport'], ['education', 'transport'])
    """

    max_labels: ClassVar[int] = 1

    def __init__(
        self,
        *,
        min_probability: float = 0.0,
        max_features: int = 100_000,
        min_count: int = 2,
        strength: float = 1.0,
        mixing: float = 0.02,
        own_vote: bool = True,
        secondary_weight: float = 0.25,
        n_folds: int = 5,
    ) -> None:
        self.min_probability = min_probability
        self.max_features = max_features
        self.min_count = min_count
        self.strength = strength
        self.mixing = mixing
        self.own_vote = own_vote
        self.secondary_weight = secondary_weight
        self.n_folds = n_folds
        self.classes_: npt.NDArray[Any] = np.empty(0, dtype=object)

    # fitting

    def fit(
        self,
        sentences: Sequence[str],
        labels: Sequence[Label],
        *,
        context: Sequence[SentenceContext] | None = None,
        groups: Sequence[Any] | None = None,
        sample_weight: Sequence[float] | None = None,
    ) -> Self:
        """Fit to labelled sentences and return self.

        A label is a class, a sequence of classes (the primary one first) or a mapping {class: share}. ``context`` has one entry a
        sentence. ``groups`` names the document of each sentence: the second step and the calibration then hold whole documents
        out; without it single sentences, which makes the probabilities too sure if sentences of one document are alike.
        Raises DataError on lengths that differ or fewer than two classes. Needs scikit-learn.
        """
        _check_lengths(sentences, labels=labels, context=context, groups=groups, sample_weight=sample_weight)
        self.classes_ = np.array(sorted({name for label in labels for name in _shares(label, 0.0)}), dtype=object)
        if len(self.classes_) < 2:
            raise DataError(f"a classifier needs sentences of at least two classes; these have {len(self.classes_)}")
        targets = self._targets(labels)
        weight = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        held_out = solver.folds(np.arange(len(labels)) if groups is None else np.asarray(groups), self.n_folds)
        inputs = Inputs(sentences, _contexts(sentences, context))
        self.votes = ("own", "around") if self.own_vote else ("around",)
        signals = self._held_out_signals(inputs, targets, weight, held_out)
        self._fit_mixture(signals, inputs, targets, weight, held_out)
        self._fit_margins(inputs, np.arange(len(labels)), targets, weight)
        return self

    def _targets(self, labels: Sequence[Label]) -> Array:
        column = {name: i for i, name in enumerate(self.classes_)}
        targets = np.zeros((len(labels), len(column)))
        for row, label in zip(targets, labels, strict=True):
            for name, share in _shares(label, self.secondary_weight).items():
                row[column[name]] = share
        return targets

    def _held_out_signals(
        self, inputs: Inputs, targets: Array, weight: Array, held_out: list[npt.NDArray[np.int64]]
    ) -> Weights:
        """What the second step sees of every sentence (signals × sentences × classes), by a first step that has not seen its group."""
        count = len(FIELDS) + len(self.votes)
        result = np.zeros((count, len(inputs), len(self.classes_)), dtype=np.float32)
        for held in held_out:
            self._fit_margins(inputs, np.setdiff1d(np.arange(len(inputs)), held), targets, weight)
            result[:, held] = self._signals(inputs)[:, held]
        return result

    def _signals(self, inputs: Inputs) -> Weights:
        """The margins of the fields, then the votes."""
        margins = self._margins(inputs)
        votes = _votes(margins)
        cast = {"own": lambda: votes[inputs.numbers[0]], "around": lambda: inputs.around_mean(votes)}
        return np.stack([*(margins[numbers] for numbers in inputs.numbers), *(cast[name]() for name in self.votes)])

    def _fit_margins(self, inputs: Inputs, seen: npt.NDArray[np.int64], targets: Array, weight: Array) -> None:
        """The first step: n-grams of the sentences alone; the vocabulary is cut to the n-grams with the largest weights."""
        texts = [inputs.texts[i] for i in inputs.numbers[0][seen]]
        targets, weight = targets[seen], weight[seen]
        vocabulary = NgramVocabulary.from_texts(texts, min_count=self.min_count)
        if len(vocabulary) > self.max_features:
            weights, _ = solver.fit_margins(
                vocabulary.rows(texts), len(vocabulary), targets, weight, strength=self.strength
            )
            heaviest = np.argsort(-np.abs(weights).max(axis=1) * vocabulary.idf, kind="stable")
            vocabulary = vocabulary.subset(np.sort(heaviest[: self.max_features]))
        weights, bias = solver.fit_margins(
            vocabulary.rows(texts), len(vocabulary), targets, weight, strength=self.strength
        )
        self.vocabulary = vocabulary
        self.ngram_weights = weights.astype(np.float16).astype(np.float32)
        self.ngram_bias = bias

    def _fit_mixture(
        self, signals: Weights, inputs: Inputs, targets: Array, weight: Array, held_out: list[npt.NDArray[np.int64]]
    ) -> None:
        """The second step and its temperature, from held-out signals; and the probabilities of the training sentences, held out."""
        present = self._present(inputs)
        mean, scale = _mean_and_scale(signals, present)
        scaled = (signals - mean[:, None]) / scale[:, None] * present[:, :, None]
        shapes = inputs.shapes
        shape_mean, shape_scale = shapes.mean(axis=0), np.maximum(shapes.std(axis=0), 0.05)
        features = np.hstack([*scaled, (shapes - shape_mean) / shape_scale]).astype(np.float64)
        scores = np.zeros_like(targets)
        for held in held_out:
            seen = np.setdiff1d(np.arange(len(targets)), held)
            w, b = solver.fit_softmax(features[seen], targets[seen], weight[seen], strength=self.mixing)
            scores[held] = features[held] @ w + b
        self.temperature = solver.fit_temperature(scores, targets, weight)
        self.held_out_proba_ = solver.softmax(scores / self.temperature)
        w, b = solver.fit_softmax(features, targets, weight, strength=self.mixing)
        count, _, k = signals.shape
        weights = (w[: count * k].reshape(count, k, k) / scale[:, :, None]).astype(np.float32)
        bias = -np.einsum("fk,fkj->fj", mean, weights).astype(np.float32)
        self.field_weights, self.vote_weights = np.split(weights, [len(FIELDS)])
        self.field_bias, self.vote_bias = np.split(bias, [len(FIELDS)])
        self.shape_weights = (w[count * k :] / shape_scale[:, None]).astype(np.float32)
        self.bias = (b - shape_mean @ self.shape_weights).astype(np.float32)

    def _present(self, inputs: Inputs) -> npt.NDArray[np.bool_]:
        """Which signal of which sentence there is."""
        there = {"own": np.ones(len(inputs), dtype=bool), "around": inputs.surrounded}
        return np.stack([*inputs.present, *(there[name] for name in self.votes)])

    # predicting

    def predict_proba(self, sentences: Sequence[str], *, context: Sequence[SentenceContext] | None = None) -> Array:
        """Probabilities, one row a sentence, one column a class in the order of ``classes_``."""
        self._check_fitted()
        _check_lengths(sentences, context=context)
        inputs = read_inputs(sentences, _contexts(sentences, context))
        return solver.softmax(self._scores(inputs) / self.temperature)

    def predict(
        self,
        sentences: Sequence[str],
        *,
        context: Sequence[SentenceContext] | None = None,
        min_probability: float | None = None,
    ) -> npt.NDArray[Any]:
        """The likeliest class of each sentence; None where its probability is below ``min_probability``."""
        least = self.min_probability if min_probability is None else min_probability
        probabilities = self.predict_proba(sentences, context=context)
        best: npt.NDArray[Any] = self.classes_[probabilities.argmax(axis=1)].astype(object)
        best[probabilities.max(axis=1, initial=0.0) < least] = None
        return best

    def predict_labels(
        self,
        sentences: Sequence[str],
        *,
        context: Sequence[SentenceContext] | None = None,
        min_probability: float | None = None,
    ) -> list[list[tuple[str, float]]]:
        """Labels of each sentence with their probabilities, likeliest first; an empty list where the classifier abstains."""
        least = self.min_probability if min_probability is None else min_probability
        return self.labels_of(self.predict_proba(sentences, context=context), min_probability=least)

    def labels_of(self, probabilities: Array, *, min_probability: float = 0.0) -> list[list[tuple[str, float]]]:
        """The labels that rows of ``predict_proba`` stand for, as ``predict_labels`` gives them."""
        order = np.argsort(-probabilities, axis=1, kind="stable")[:, : self.max_labels]
        names, values = self.classes_[order], np.take_along_axis(probabilities, order, axis=1)
        given = self._given(names, values) & (values[:, :1] >= min_probability)
        rows = zip(names.tolist(), values.tolist(), given.tolist(), strict=True)
        return [[(str(name), p) for name, p, kept in zip(*row, strict=True) if kept] for row in rows]

    def _given(self, names: npt.NDArray[Any], probabilities: Array) -> npt.NDArray[np.bool_]:
        """Which of the likeliest classes of each sentence, from the likeliest on, are part of the answer."""
        first = np.zeros(names.shape, dtype=bool)
        first[:, 0] = True
        return first

    def explain(
        self, sentence: str, *, context: SentenceContext | None = None, label: str | None = None, top: int = 10
    ) -> list[tuple[str, float]]:
        """What speaks for a label (the likeliest one unless given), strongest first: n-grams of the sentence as written in it,
        n-grams around it (``heading: …``, ``previous: …``) and traits of its shape (``shape: …``).

        The weight is the feature's part in the label's log-odds against the other classes at their present probabilities (votes bend:
        what counts is how much they would change at once); negative weights speak against the label. At most ``top`` features; an
        unknown label raises DataError listing the classes.
        """
        inputs = Inputs([sentence], [context or SentenceContext()])
        probabilities = solver.softmax(self._scores(inputs) / self.temperature)[0]
        chosen = int(probabilities.argmax()) if label is None else self._column(label)
        others = probabilities.copy()
        others[chosen] = 0
        others /= others.sum() or 1.0
        direction = (np.eye(len(self.classes_))[chosen] - others) / self.temperature
        reasons = self._ngram_reasons(inputs, direction, top)
        effects = self.shape_weights @ direction
        reasons += [
            (f"shape: {name}", float(x * e))
            for name, x, e in zip(shape.NAMES, inputs.shapes[0], effects, strict=True)
            if x
        ]
        return sorted(reasons, key=lambda reason: -abs(reason[1]))[:top]

    def _ngram_reasons(self, inputs: Inputs, direction: Array, top: int) -> list[tuple[str, float]]:
        """The strongest n-grams in and around the one sentence of the inputs, with their part in the direction."""
        rows = inputs.rows(self.vocabulary)
        parts: dict[tuple[str, int], float] = {}
        texts: dict[tuple[str, int], str] = {}
        for prefix, number, pull in self._pulls(inputs, direction):
            ngrams = list(rows.row(number))
            effects = self.ngram_weights[[column for column, _ in ngrams]] @ pull
            for (column, value), effect in zip(ngrams, effects.tolist(), strict=True):
                key = prefix, column
                parts[key] = parts.get(key, 0.0) + value * effect
                texts.setdefault(key, inputs.texts[number])
        strongest = nlargest(top, parts, key=lambda key: abs(parts[key]))
        return [(key[0] + self.vocabulary.surface(key[1], texts[key]), parts[key]) for key in strongest]

    def _pulls(self, inputs: Inputs, direction: Array) -> Iterator[tuple[str, int, Array]]:
        """How the margins of each text pull into the direction: the prefix of its n-grams, its number, a weight for each class."""
        votes = _votes(self._margins(inputs))
        own, around = inputs.numbers[:, 0].tolist(), inputs.around(0)
        for name, number, weights in zip(FIELDS, own, self.field_weights, strict=True):
            yield "" if name == "text" else f"{name}: ", number, weights @ direction
        for name, weights in zip(self.votes, self.vote_weights, strict=True):
            for number in own[:1] if name == "own" else around:
                share, pull = votes[number], weights @ direction
                slope = SHARPNESS * share * (pull - share @ pull)
                yield ("", number, slope) if name == "own" else ("around: ", number, slope / len(around))

    def _column(self, label: str) -> int:
        found = np.flatnonzero(self.classes_ == label)
        if not len(found):
            raise DataError(f"no class {label!r}; there are: {', '.join(map(str, self.classes_))}")
        return int(found[0])

    def _scores(self, inputs: Inputs) -> Weights:
        margins = self._margins(inputs)
        scores: Weights = inputs.shapes @ self.shape_weights + self.bias
        for f, numbers in enumerate(inputs.numbers):
            mixed = margins @ self.field_weights[f] + self.field_bias[f]
            scores += mixed[numbers] * inputs.present[f][:, None]
        votes = _votes(margins)
        for name, weights, bias in zip(self.votes, self.vote_weights, self.vote_bias, strict=True):
            mixed = votes @ weights + bias
            scores += mixed[inputs.numbers[0]] if name == "own" else inputs.around_mean(mixed)
        return scores

    def _margins(self, inputs: Inputs) -> Weights:
        """The first step: a margin for each class from the n-grams of each text."""
        margins: Weights = inputs.rows(self.vocabulary).dot(self.ngram_weights) + self.ngram_bias
        return margins

    # storing

    def to_bytes(self) -> bytes:
        """The classifier as bytes: a line of JSON, then the arrays; nothing in it is executed when it is loaded."""
        arrays = self._arrays()
        return self._header(arrays) + b"\n" + arrays

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Load a classifier from bytes; raises ModelError if they are damaged, tampered with, or made for another class."""
        header, _, arrays = data.partition(b"\n")
        return cls._load(header, arrays)

    def to_disk(self, path: str | Path) -> None:
        """Write ``classifier.json`` and ``weights.npz`` into a folder, which is made if it does not exist."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        arrays = self._arrays()
        (folder / "weights.npz").write_bytes(arrays)
        (folder / "classifier.json").write_bytes(self._header(arrays) + b"\n")

    @classmethod
    def from_disk(cls, path: str | Path) -> Self:
        """Load a classifier from a folder; raises ModelError if it is missing, damaged, tampered with, or of another kind."""
        folder = Path(path)
        try:
            header, arrays = (folder / "classifier.json").read_bytes(), (folder / "weights.npz").read_bytes()
        except OSError as error:
            raise ModelError(
                f"{folder} holds no classifier ({error.strerror}); train one or name another folder"
            ) from None
        return cls._load(header.strip(), arrays)

    def _settings(self) -> dict[str, Any]:
        """What ``__init__`` takes, and what was fitted besides the arrays."""
        return {"min_probability": self.min_probability, "temperature": self.temperature}

    def _apply_settings(self, settings: dict[str, Any]) -> None:
        self.min_probability, self.temperature = settings["min_probability"], settings["temperature"]

    def _header(self, arrays: bytes) -> bytes:
        header = {
            "format": FORMAT, "kind": type(self).__name__, "classes": self.classes_.tolist(), "chars": self.vocabulary.chars,
            "orders": list(self.vocabulary.orders), "fields": list(FIELDS), "votes": list(self.votes),
            "shapes": list(shape.NAMES), "settings": self._settings(),
        }  # fmt: skip
        return _dump(header | {"sha256": _checksum(header, arrays)})

    def _check_fitted(self) -> None:
        if not len(self.classes_):
            raise ModelError(
                f"this {type(self).__name__} is not fitted: call fit, or load a trained one with from_disk"
            )

    def _arrays(self) -> bytes:
        self._check_fitted()
        file = io.BytesIO()
        np.savez_compressed(
            file, keys=self.vocabulary.keys, idf=self.vocabulary.idf, ngram_weights=self.ngram_weights.astype(np.float16),
            ngram_bias=self.ngram_bias, field_weights=self.field_weights, field_bias=self.field_bias,
            vote_weights=self.vote_weights, vote_bias=self.vote_bias, shape_weights=self.shape_weights, bias=self.bias,
        )  # fmt: skip
        return file.getvalue()

    @classmethod
    def _load(cls, data: bytes, arrays: bytes) -> Self:
        try:
            header = json.loads(data)
            checksum = header.pop("sha256")
        except (ValueError, KeyError, AttributeError, TypeError):
            raise ModelError("this is no stored classifier: its description cannot be read") from None
        if checksum != _checksum(header, arrays):
            raise ModelError(
                "the stored classifier was changed or damaged (its checksum does not match): install or train it again"
            )
        if (
            header["format"] not in (1, FORMAT)
            or header["fields"] != list(FIELDS)
            or header["shapes"] != list(shape.NAMES)
        ):
            raise ModelError("the classifier was stored by another version of govtext: train it again with this one")
        if header["kind"] != cls.__name__:
            raise ModelError(
                f"this is a {header['kind']}, not a {cls.__name__}: load it with {header['kind']}.from_disk"
            )
        return cls()._restore(header, arrays)

    def _restore(self, header: dict[str, Any], arrays: bytes) -> Self:
        self.votes = tuple(header.get("votes", ()))
        self.vote_weights, self.vote_bias = np.empty((0, 0, 0), np.float32), np.empty((0, 0), np.float32)
        with np.load(io.BytesIO(arrays), allow_pickle=False) as stored:
            self.vocabulary = NgramVocabulary(header["chars"], stored["keys"], stored["idf"], orders=header["orders"])
            self.ngram_weights = stored["ngram_weights"].astype(np.float32)
            for name in set(stored.files).intersection(_STORED):
                setattr(self, name, stored[name])
        self.classes_ = np.array(header["classes"], dtype=object)
        self._apply_settings(header["settings"])
        return self


def _shares(label: Label, secondary: float) -> dict[str, float]:
    """The classes of a label with the share of the sentence that each gets; the shares add up to 1."""
    if isinstance(label, str):
        return {label: 1.0}
    if isinstance(label, Mapping):
        total = sum(label.values())
        return {str(name): share / total for name, share in label.items() if share > 0}
    primary, *others = label
    others = [name for name in others if name != primary]
    if not others:
        return {primary: 1.0}
    return {primary: 1 - secondary} | dict.fromkeys(others, secondary / len(others))


def _contexts(sentences: Sequence[str], context: Sequence[SentenceContext] | None) -> Sequence[SentenceContext]:
    return [SentenceContext()] * len(sentences) if context is None else context


def _votes(margins: Weights) -> Weights:
    """Margins as shares of the classes, which add up to 1."""
    return solver.softmax(margins * SHARPNESS).astype(np.float32)


def _mean_and_scale(signals: Weights, present: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """Mean and standard deviation of each signal where there is one (signals × classes)."""
    k = signals.shape[2]
    found = [s[there] if there.any() else np.zeros((1, k)) for s, there in zip(signals, present, strict=True)]
    scale = np.stack([s.std(axis=0) for s in found])
    return np.stack([s.mean(axis=0) for s in found]), np.where(scale == 0, 1.0, scale)


def _check_lengths(sentences: Sequence[str], **others: Sequence[Any] | None) -> None:
    for name, values in others.items():
        if values is not None and len(values) != len(sentences):
            raise DataError(
                f"{len(sentences)} sentences, but {len(values)} entries in {name}: give one for each sentence"
            )


def _dump(header: dict[str, Any]) -> bytes:
    return json.dumps(header, ensure_ascii=False, sort_keys=True).encode()


def _checksum(header: dict[str, Any], arrays: bytes) -> str:
    return hashlib.sha256(_dump(header) + b"\n" + arrays).hexdigest()
