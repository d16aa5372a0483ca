"""Trains a sentence classifier on from its own weights: new labels move it, as far as what it knew of other reports stays."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import chain, dropwhile
from typing import Any, TypeVar

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from govtext.domains.classifier import SHARPNESS, TextClassifier
from govtext.domains.inputs import Inputs
from govtext.domains.solver import softmax
from govtext.errors import DataError
from govtext.types import SentenceContext

Classifier = TypeVar("Classifier", bound=TextClassifier)
Array = np.ndarray[Any, Any]
Known = Sequence[tuple[str, SentenceContext]]
HeldOut = tuple[Sequence[str], Sequence[str | Sequence[str]], Sequence[SentenceContext]]

PULLS = (0.3, 1.0, 3.0, 10.0, 30.0)  # tried one after the other
PULL = 1.0  # where nothing is rehearsed by which one could be chosen


def adapt_classifier(
    classifier: Classifier, sentences: Sequence[str], labels: Sequence[str | Sequence[str]], *,
    context: Sequence[SentenceContext], sample_weight: Sequence[float] | None = None, pull: float | None = None,
    rehearsal: Sequence[Known] = (), share: float = 1.5, tolerance: float = 0.005, held_out: HeldOut | None = None,
) -> Classifier:  # fmt: skip
    """A copy of a fitted classifier, trained on with labelled sentences.

    The weights of the n-grams that occur in the sentences move to where the log-loss plus ``pull`` times half the squared distance from the
    old weights is least; all else stays. ``sample_weight`` multiplies the loss of each sentence. ``rehearsal`` are reports of a known kind,
    as sentences with their contexts: the old probabilities are their labels, and ``share`` is what each of them counts against a labelled one.

    Unless ``pull`` is given, it is the weakest one of ``PULLS`` with which no more than the share ``tolerance`` of the old answers is lost: each
    report of the rehearsal is left out in turn, and where the answer to one of its sentences changes, the old probability of the old
    answer less that of the new one counts as lost. If every pull loses more, the copy is the old classifier.
    ``held_out`` are further labelled sentences, as texts, labels and contexts: with them the choice is that one of this pull, the stronger ones
    and the old classifier which gives their labels the highest likelihood. Raises DataError for a label that the classifier does not have.
    """
    given = [*labels, *(held_out[1] if held_out else ())]
    unknown = {name for label in given for name in ([label] if isinstance(label, str) else label)}.difference(
        classifier.classes_
    )
    if unknown:
        raise DataError(
            f"the base has no class {sorted(unknown)[0]!r}; it has {', '.join(classifier.classes_)}: train from nothing"
        )
    targets = classifier._targets(labels)
    if sample_weight is not None:
        targets = targets * np.asarray(sample_weight, float)[:, None]

    def moved(reports: Sequence[Known], pull: float) -> Classifier:
        known = [pair for report in reports for pair in report]
        texts, contexts = [*sentences, *(text for text, _ in known)], [*context, *(c for _, c in known)]
        old = classifier.predict_proba(texts[len(sentences) :], context=contexts[len(sentences) :])
        return _move(classifier, Inputs(texts, contexts), np.vstack([targets, share * old]), pull)

    def lost(pull: float) -> float:
        others = ([r for r in rehearsal if r is not report] for report in rehearsal)
        losses = [_loss(classifier, moved(rest, pull), report) for rest, report in zip(others, rehearsal, strict=True)]
        return float(np.concatenate(losses).mean())

    if pull is not None:
        return moved(rehearsal, pull)
    pulls = dropwhile(lambda p: lost(p) > tolerance, PULLS) if len(rehearsal) > 1 else (PULL,)
    found = chain((moved(rehearsal, p) for p in pulls), [copy.copy(classifier)])
    return max(found, key=lambda c: _likelihood(c, *held_out)) if held_out else next(found)


def _likelihood(
    classifier: TextClassifier,
    texts: Sequence[str],
    labels: Sequence[str | Sequence[str]],
    context: Sequence[SentenceContext],
) -> float:
    """The logarithm of how likely the classifier takes the labels to be."""
    probabilities = classifier.predict_proba(texts, context=context)
    return float((classifier._targets(labels) * np.log(probabilities + 1e-12)).sum())


def _loss(old: TextClassifier, new: TextClassifier, report: Known) -> Array:
    """How much less likely the new answer to each sentence is than the old one, if the old probabilities are right."""
    texts, context = zip(*report, strict=True)
    probabilities = old.predict_proba(texts, context=context)
    answers = new.predict_proba(texts, context=context).argmax(axis=1)
    loss: Array = probabilities.max(axis=1) - np.take_along_axis(probabilities, answers[:, None], axis=1)[:, 0]
    return loss


def _move(classifier: Classifier, inputs: Inputs, targets: Array, pull: float) -> Classifier:
    problem = _Problem(classifier, inputs, targets, pull)
    start = np.zeros(problem.shape[0] * problem.shape[1])
    found = minimize(problem, start, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    adapted = copy.copy(classifier)
    adapted.ngram_weights = classifier.ngram_weights.copy()
    adapted.ngram_weights[problem.columns] += found.x.reshape(problem.shape).astype(np.float32)
    return adapted


class _Problem:
    """The loss of a change of the weights of n-grams, and its slope."""

    def __init__(self, classifier: TextClassifier, inputs: Inputs, targets: Array, pull: float) -> None:
        rows = inputs.rows(classifier.vocabulary)
        size = len(inputs.texts), len(classifier.vocabulary)
        features = csr_matrix((rows.values.astype(np.float64), rows.columns, rows.starts), size)
        self.columns = np.unique(rows.columns)
        self.shape = len(self.columns), len(classifier.classes_)
        self.features = features[:, self.columns]
        self.margins = classifier._margins(inputs).astype(np.float64)
        self.votes = softmax(self.margins * SHARPNESS)
        self.scores = classifier._scores(inputs).astype(np.float64)
        self.fields = [
            (_mean_of([[number] for number in numbers], size[0]), weights.astype(np.float64))
            for numbers, weights in zip(inputs.numbers.tolist(), classifier.field_weights, strict=True)
        ]
        voters = {
            "own": [[number] for number in inputs.numbers[0].tolist()],
            "around": [inputs.around(i) for i in range(len(inputs))],
        }
        self.voting = [
            (_mean_of(voters[name], size[0]), weights.astype(np.float64))
            for name, weights in zip(classifier.votes, classifier.vote_weights, strict=True)
        ]
        self.targets, self.temperature, self.pull = targets, classifier.temperature, pull

    def __call__(self, flat: Array) -> tuple[float, Array]:
        """Loss and slope."""
        moved = self.features @ flat.reshape(self.shape)
        votes = softmax((self.margins + moved) * SHARPNESS)
        changed = votes - self.votes
        scores = self.scores + sum((mean @ moved) @ weights for mean, weights in self.fields)
        scores = scores + sum((mean @ changed) @ weights for mean, weights in self.voting)
        probabilities = softmax(scores / self.temperature)
        loss = -(self.targets * np.log(probabilities + 1e-12)).sum() + self.pull / 2 * (flat @ flat)
        slope = (probabilities * self.targets.sum(axis=1, keepdims=True) - self.targets) / self.temperature
        of_votes = sum((mean.T @ (slope @ weights.T) for mean, weights in self.voting), np.zeros_like(votes))
        of_margins = SHARPNESS * votes * (of_votes - (votes * of_votes).sum(axis=1, keepdims=True))
        of_margins += sum(mean.T @ (slope @ weights.T) for mean, weights in self.fields)
        return float(loss), np.ravel(self.features.T @ of_margins) + self.pull * flat


def _mean_of(numbers: Sequence[Sequence[int]], width: int) -> csr_matrix:
    """A matrix that takes the mean of the rows with these numbers, for each sentence; 0 where there are none."""
    lengths = np.array([len(n) for n in numbers])
    starts = np.concatenate([[0], lengths.cumsum()])
    values = np.repeat(1 / np.maximum(lengths, 1), lengths)
    return csr_matrix((values, [n for row in numbers for n in row], starts), (len(lengths), width))
