"""Sparse linear weights by feature name: how the learned parts of the metric stage score, and how they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

import numpy as np
import numpy.typing as npt


class Weights:
    """Weights of named features for one or more outcomes; a feature that is not known weighs nothing.

    >>> w = Weights(("achieved", "planned"), {"bias": (0.5, 0.0), "将": (-1.0, 2.0)})
    >>> w.best(["bias", "将", "unknown"])
    'planned'
    """

    def __init__(self, outcomes: tuple[str, ...], rows: Mapping[str, tuple[float, ...]]) -> None:
        self.outcomes = outcomes
        self.rows = dict(rows)
        self.single = {name: row[0] for name, row in self.rows.items()} if len(outcomes) == 1 else {}

    def score(self, features: Iterable[str]) -> float:
        """Sum of the weights of a single-outcome scorer."""
        get = self.single.get
        return sum(get(f, 0.0) for f in features)

    def scores(self, features: Iterable[str]) -> dict[str, float]:
        """Sum of the weights for each outcome."""
        totals = [0.0] * len(self.outcomes)
        for feature in features:
            row = self.rows.get(feature)
            if row:
                for i, weight in enumerate(row):
                    totals[i] += weight
        return dict(zip(self.outcomes, totals, strict=True))

    def best(self, features: Iterable[str]) -> str:
        """The outcome with the highest score; the first of equals."""
        scores = self.scores(features)
        return max(self.outcomes, key=scores.__getitem__)

    def to_arrays(self, prefix: str) -> dict[str, npt.NDArray[np.generic]]:
        """As arrays for an ``.npz`` file; names are UTF-8 bytes joined by line feeds."""
        names = "\n".join(self.rows).encode()
        return {
            f"{prefix}.outcomes": np.frombuffer("\n".join(self.outcomes).encode(), dtype=np.uint8),
            f"{prefix}.names": np.frombuffer(names, dtype=np.uint8),
            f"{prefix}.weights": np.array(list(self.rows.values()), dtype=np.float32).reshape(-1, len(self.outcomes)),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]], prefix: str) -> Self:
        """The weights that ``to_arrays`` wrote under ``prefix``."""
        outcomes = tuple(arrays[f"{prefix}.outcomes"].tobytes().decode().split("\n"))
        names = arrays[f"{prefix}.names"].tobytes().decode().split("\n")
        rows = arrays[f"{prefix}.weights"].tolist()
        return cls(outcomes, dict(zip(names, map(tuple, rows), strict=False)))
