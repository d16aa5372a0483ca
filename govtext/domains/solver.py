"""Fits linear models to soft labels; scipy and scikit-learn are imported here, and only when something is fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from govtext.domains.features import Rows

Array = npt.NDArray[np.float64]
Weights = npt.NDArray[np.float32]


def fit_margins(rows: Rows, width: int, targets: Array, weight: Array, *, strength: float) -> tuple[Weights, Weights]:
    """Weights (columns × classes) and biases of linear support vector machines, one class against the rest.

    Each row of ``targets`` is a distribution over the classes; a sample counts for each of its classes by that share.
    """
    from scipy.sparse import csr_matrix
    from sklearn.svm import LinearSVC

    features = csr_matrix((rows.values.astype(np.float64), rows.columns, rows.starts), shape=(len(rows), width))
    sample, label = np.nonzero(targets)
    found = np.unique(label)
    coefficients = np.zeros((targets.shape[1], width))
    bias = np.full(targets.shape[1], -1.0)  # a class without sentences is surely not meant
    if len(found) > 1:
        model = LinearSVC(C=strength, random_state=0, max_iter=2000)
        model.fit(features[sample], label, sample_weight=targets[sample, label] * weight[sample])
        margins, offsets = model.coef_, model.intercept_
        if len(found) == 2:
            margins, offsets = np.vstack([-margins, margins]), np.concatenate([-offsets, offsets])
        coefficients[found], bias[found] = margins, offsets
    return coefficients.T.astype(np.float32), bias.astype(np.float32)


def fit_softmax(features: Array, targets: Array, weight: Array, *, strength: float) -> tuple[Weights, Weights]:
    """Weights and biases of a multinomial logistic regression on soft targets, with half the squared weights as penalty.

    ``strength`` multiplies the log-loss, as C does in scikit-learn.
    """
    from scipy.optimize import minimize

    d, k = features.shape[1], targets.shape[1]
    weight = strength * weight

    def objective(flat: Array) -> tuple[float, Array]:
        w, b = flat[: d * k].reshape(d, k), flat[d * k :]
        scores = features @ w + b
        top = scores.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(scores - top).sum(axis=1, keepdims=True)) + top
        value = float(weight @ (targets.sum(axis=1) * log_sum[:, 0] - (targets * scores).sum(axis=1)))
        slope = weight[:, None] * (np.exp(scores - log_sum) * targets.sum(axis=1, keepdims=True) - targets)
        gradient = np.concatenate([(features.T @ slope + w).ravel(), slope.sum(axis=0)])
        return value + 0.5 * float(np.vdot(w, w)), gradient

    found: Any = minimize(
        objective, np.zeros(d * k + k), jac=True, method="L-BFGS-B", options={"maxiter": 500, "maxcor": 20}
    )
    return found.x[: d * k].reshape(d, k).astype(np.float32), found.x[d * k :].astype(np.float32)


def fit_temperature(scores: Array, targets: Array, weight: Array) -> float:
    """The temperature that minimises the log-loss of ``softmax(scores / temperature)``."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        log_p = np.log(softmax(scores / np.exp(log_temperature)) + 1e-12)
        return -float(weight @ (targets * log_p).sum(axis=1))

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))


def softmax(scores: npt.NDArray[np.floating[Any]]) -> Array:
    """Probabilities of each row of scores."""
    shifted = np.exp(scores.astype(np.float64) - scores.max(axis=1, keepdims=True))
    result: Array = shifted / shifted.sum(axis=1, keepdims=True)
    return result


def folds(groups: npt.NDArray[Any], count: int) -> list[npt.NDArray[np.int64]]:
    """Indices held out in each fold; samples of one group stay together, large groups are dealt out first."""
    names, number, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    count = max(2, min(count, len(names)))
    fold_of, filled = np.zeros(len(names), dtype=np.int64), np.zeros(count)
    for group in np.argsort(-sizes, kind="stable"):
        fold_of[group] = filled.argmin()
        filled[fold_of[group]] += sizes[group]
    return [np.flatnonzero(fold_of[number] == k) for k in range(count)]
