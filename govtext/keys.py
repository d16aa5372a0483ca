"""A table that looks up many integer keys at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


class KeyTable:
    """A set of integer keys from 0 on; gives the row of each (from 1, in the order given), and 0 for any other integer."""

    def __init__(self, keys: Iterable[int] | Ints) -> None:
        self.keys = np.array(keys if isinstance(keys, np.ndarray) else list(keys), dtype=np.int64)
        self._held = np.concatenate([np.array([-1], np.int64), self.keys])
        bits = max(8, int(np.ceil(np.log2(len(self._held) * 4))))
        self._shift, self._mask = np.uint64(64 - bits), (1 << bits) - 1
        self._slots = np.zeros(1 << bits, np.int32)
        rows = np.arange(1, len(self.keys) + 1, dtype=np.int32)
        places = self._place(self.keys)
        while len(rows):
            free = self._slots[places] == 0
            self._slots[places[free]] = rows[free]
            left = self._slots[places] != rows
            rows, places = rows[left], (places[left] + 1) & self._mask

    def __len__(self) -> int:
        return len(self.keys)

    def rows(self, keys: Ints) -> npt.NDArray[np.int32]:
        """The row of each key, in the shape of ``keys``."""
        flat = keys.ravel()
        places = self._place(flat)
        found = self._slots[places]
        missed = np.flatnonzero((self._held[found] != flat) & (found > 0))
        while len(missed):
            places[missed] = (places[missed] + 1) & self._mask
            found[missed] = self._slots[places[missed]]
            missed = missed[(self._held[found[missed]] != flat[missed]) & (found[missed] > 0)]
        return found.reshape(keys.shape)

    def _place(self, keys: Ints) -> Ints:
        return ((keys.astype(np.uint64) * _SPREAD) >> self._shift).astype(np.int64)
