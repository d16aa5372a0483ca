"""Trains a sentence classifier on from its own weights: new labels move it, a pull towards the old weights keeps what it knew."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from govtext.domains.classifier import TextClassifier
from govtext.domains.inputs import Inputs
from govtext.domains.solver import softmax
from govtext.errors import DataError
from govtext.types import SentenceContext

Classifier = TypeVar("Classifier", bound=TextClassifier)
Array = np.ndarray[Any, Any]


def adapt_classifier(
    classifier: Classifier, sentences: Sequence[str], labels: Sequence[str | Sequence[str]], *,
    context: Sequence[SentenceContext], sample_weight: Sequence[float] | None = None, pull: float = 1.0,
    rehearsal: Sequence[tuple[str, SentenceContext]] = (), share: float = 0.5,
) -> Classifier:  # fmt: skip
    """A copy of a fitted classifier, trained on with labelled sentences.

    The weights of the n-grams that occur in the sentences, and the biases, move to where the log-loss plus ``pull`` times half the squared
    distance from the old weights is least; all else stays. ``sample_weight`` multiplies the loss of each sentence. ``rehearsal`` are sentences
    without labels: the old probabilities are their labels, and ``share`` is what each of them counts against a labelled one. Raises DataError
    for a label that the classifier does not have.
    """
    unknown = {name for label in labels for name in ([label] if isinstance(label, str) else label)}.difference(
        classifier.classes_
    )
    if unknown:
        raise DataError(
            f"the base has no class {sorted(unknown)[0]!r}; it has {', '.join(classifier.classes_)}: train from nothing"
        )
    targets = classifier._targets(labels)
    if sample_weight is not None:
        targets = targets * np.asarray(sample_weight, float)[:, None]
    if rehearsal:
        texts, contexts = zip(*rehearsal, strict=True)
        targets = np.vstack([targets, share * classifier.predict_proba(texts, context=contexts)])
        sentences, context = [*sentences, *texts], [*context, *contexts]
    problem = _Problem(classifier, sentences, targets, context, pull)
    found = minimize(problem, np.zeros(problem.size), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    change, bias = problem.split(found.x)
    adapted = copy.copy(classifier)
    adapted.ngram_weights = classifier.ngram_weights.copy()
    adapted.ngram_weights[problem.columns] += change.astype(np.float32)
    adapted.bias = (classifier.bias + bias).astype(np.float32)
    return adapted


class _Problem:
    """The loss of a change of weights, and its slope."""

    def __init__(
        self, classifier: TextClassifier, sentences: Sequence[str], targets: Array, context: Sequence[SentenceContext], pull: float
    ) -> None:  # fmt: skip
        inputs = Inputs(sentences, context)
        rows = inputs.rows(classifier.vocabulary)
        size = len(inputs.texts), len(classifier.vocabulary)
        features = csr_matrix((rows.values.astype(np.float64), rows.columns, rows.starts), size)
        self.columns = np.unique(rows.columns)
        self.fields = [features[numbers][:, self.columns] for numbers in inputs.numbers]
        self.mixing = classifier.field_weights.astype(np.float64)
        self.temperature, self.pull = classifier.temperature, pull
        self.scores = np.log(classifier.predict_proba(sentences, context=context) + 1e-12) * classifier.temperature
        self.targets = targets
        self.shape = len(self.columns), len(classifier.classes_)
        self.size = self.shape[0] * self.shape[1] + self.shape[1]

    def split(self, flat: Array) -> tuple[Array, Array]:
        """The change of the n-grams' weights, and of the biases."""
        k = self.shape[1]
        return flat[:-k].reshape(self.shape), flat[-k:]

    def __call__(self, flat: Array) -> tuple[float, Array]:
        """Loss and slope."""
        change, bias = self.split(flat)
        scores = self.scores + bias
        for rows, mixing in zip(self.fields, self.mixing, strict=True):
            scores += (rows @ change) @ mixing
        probabilities = softmax(scores / self.temperature)
        loss = -(self.targets * np.log(probabilities + 1e-12)).sum() + self.pull / 2 * (flat @ flat)
        slope = (probabilities * self.targets.sum(axis=1, keepdims=True) - self.targets) / self.temperature
        total = sum(rows.T @ (slope @ mixing.T) for rows, mixing in zip(self.fields, self.mixing, strict=True))
        return float(loss), np.concatenate([np.ravel(total), slope.sum(axis=0)]) + self.pull * flat
