"""Sparse linear weights by feature name: how the learned parts of the metric stage score, and how they are stored."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

REMEMBERED: Final = 1 << 15  # sums kept by ``sum_of``


class Weights:
    """Weights of named features for one or more outcomes; a feature that is not known weighs nothing.

    >>> w = Weights(("achieved", "planned"), {"bias": (0.5, 0.0), "将": (-1.0, 2.0)})
    >>> w.scores(["bias", "将", "unknown"])
    (-0.5, 2.0)
    """

    def __init__(self, outcomes: tuple[str, ...], rows: Mapping[str, tuple[float, ...]]) -> None:
        self.outcomes = outcomes
        self.rows = dict(rows)
        self._pairs: dict[str, dict[str, tuple[float, ...]]] = {}
        self._sum_of = lru_cache(maxsize=REMEMBERED)(lambda features, *key: self.scores(features(*key)))

    def scores(self, features: Iterable[str]) -> tuple[float, ...]:
        """Sum of the weights for each outcome."""
        return self._sum(map(self.rows.get, features))

    def _sum(self, rows: Iterable[tuple[float, ...] | None]) -> tuple[float, ...]:
        known = [row for row in rows if row is not None]
        return tuple(map(sum, zip(*known, strict=True))) if known else (0.0,) * len(self.outcomes)

    def sum_of(self, features: Callable[..., Iterable[str]], *key: Any) -> tuple[float, ...]:
        """The scores of ``features(*key)``, remembered by function and key: a group of features is often seen again."""
        return self._sum_of(features, *key)

    def scores_of_pairs(self, prefix: str, text: str) -> tuple[float, ...]:
        """The scores of the features ``prefix`` + two neighbouring characters, for all of them in the text.

        >>> Weights(("a", "b"), {"2:产值": (1.0, 2.0)}).scores_of_pairs("2:", "产值产值")
        (2.0, 4.0)
        """
        if prefix not in self._pairs:
            self._pairs[prefix] = {n.removeprefix(prefix): r for n, r in self.rows.items() if n.startswith(prefix)}
        return self._sum(map(self._pairs[prefix].get, map(operator.add, text, text[1:])))

    def best(self, *scores: tuple[float, ...]) -> str:
        """The outcome with the highest sum of scores; the first of equals."""
        totals = list(map(sum, zip(*scores, strict=True)))
        return self.outcomes[totals.index(max(totals))]

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
