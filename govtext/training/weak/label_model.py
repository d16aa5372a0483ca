"""How far each of several labelling functions can be trusted, learned from where they agree, or from labels that are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from govtext.errors import DataError

ABSTAIN = -1
Array = npt.NDArray[np.float64]
Votes = npt.NDArray[np.int64]
_STRENGTH = 10.0  # cases that the accuracy taken for granted counts
_KNOWN = 5.0  # cases that the accuracy found without known labels counts against these


@dataclass(frozen=True, slots=True)
class LabelModel:
    """The accuracy of each labelling function; ``predict_proba`` weighs the votes by it.

    A vote counts by the logarithm of the odds that its function is right (the model of Dawid and Skene with one accuracy a function), so
    a function that is right four times in five outweighs two that are right every other time. ``ABSTAIN`` says nothing.
    """

    labels: tuple[str, ...]
    accuracies: Array

    @classmethod
    def fit(
        cls, votes: Votes, labels: Sequence[str], *, gold: Votes | None = None, prior: float = 0.7, rounds: int = 1
    ) -> LabelModel:
        """Estimate the accuracies from the votes (items, functions), which are numbers of ``labels`` or ABSTAIN.

        In each round, functions are measured against what all of them said together in the round before (first: the majority). More rounds
        are expectation maximisation; with functions that give one label each it runs away with those that vote most, so the default is one.
        Every function is taken to have been right ``prior`` times in ten cases before: one that rarely votes stays near it. ``gold`` holds
        the labels of items where they are known, ABSTAIN elsewhere; as few as fifty tell more than agreement does, and outweigh it. Raises
        DataError if nothing has a vote, or a vote is no label.

        >>> votes = np.array([[0, 0, 1], [1, 1, -1], [0, 0, -1], [1, 1, 0], [-1, -1, -1]])
        >>> model = LabelModel.fit(votes, ["road", "school"])
        >>> bool(model.accuracies[0] > model.accuracies[2])
        True
        >>> model.predict_proba(votes)[4].tolist()
        [0.0, 0.0]
        """
        votes = np.asarray(votes, np.int64)
        if votes.ndim != 2 or not (votes != ABSTAIN).any():
            raise DataError("no labelling function says anything of any item")
        if votes.min() < ABSTAIN or votes.max() >= len(labels):
            raise DataError(f"votes are the numbers of {len(labels)} labels, or {ABSTAIN}; these run to {votes.max()}")
        model = cls(tuple(labels), np.full(votes.shape[1], prior))
        cast = (votes != ABSTAIN).sum(axis=0)
        for _ in range(rounds):
            guessed = model.predict_proba(votes)
            right = sum(((votes == k) * guessed[:, [k]]).sum(axis=0) for k in range(len(labels)))
            model = cls(model.labels, (right + prior * _STRENGTH) / (cast + _STRENGTH))
        if gold is not None:
            judged = (votes != ABSTAIN) & (np.asarray(gold) != ABSTAIN)[:, None]
            right = (judged & (votes == np.asarray(gold)[:, None])).sum(axis=0)
            model = cls(model.labels, (right + model.accuracies * _KNOWN) / (judged.sum(axis=0) + _KNOWN))
        return model

    def predict_proba(self, votes: Votes) -> Array:
        """Probability of each label for each item; a row of zeros where every function abstains."""
        n = len(self.labels)
        accuracies = self.accuracies.clip(1e-3, 1 - 1e-3)
        odds = np.log(accuracies) - np.log((1 - accuracies) / max(n - 1, 1))
        scores = np.exp(np.column_stack([(votes == k) @ odds for k in range(n)]))
        found: Array = scores / scores.sum(axis=1, keepdims=True) * (votes != ABSTAIN).any(axis=1)[:, None]
        return found


def majority(votes: Votes, n: int) -> Array:
    """Shares of the votes for each of ``n`` labels, every function counting the same; zeros where all abstain.

    >>> majority(np.array([[0, 0, 1], [-1, -1, -1]]), 2).round(2).tolist()
    [[0.67, 0.33], [0.0, 0.0]]
    """
    counted = np.column_stack([(votes == k).sum(axis=1) for k in range(n)]).astype(float)
    total = counted.sum(axis=1, keepdims=True)
    return np.divide(counted, total, out=np.zeros_like(counted), where=total > 0)
