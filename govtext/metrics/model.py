"""The learned parameters of the metric stage: linker, kinds and status, in one file that the package carries."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from govtext.errors import ModelError
from govtext.metrics.links import LinkModel
from govtext.metrics.weights import Weights
from govtext.resources import DATA

PACKAGED = DATA / "metrics.npz"


@dataclass(frozen=True, slots=True)
class MetricModel:
    """Weights of the three decisions that words around a quantity settle: what it measures, how, and result or target."""

    linker: LinkModel
    kinds: Weights
    status: Weights

    def to_bytes(self) -> bytes:
        """As a compressed ``.npz`` without pickled objects."""
        stream = io.BytesIO()
        arrays: dict[str, npt.NDArray[np.generic]] = {}
        for part, weights in (("linker", self.linker), ("kinds", self.kinds), ("status", self.status)):
            arrays |= weights.to_arrays(part)
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The model that ``to_bytes`` wrote. Raises ModelError if the bytes are no such model."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                kinds, status = (Weights.from_arrays(arrays, part) for part in ("kinds", "status"))
                return cls(LinkModel.from_arrays(arrays, "linker"), kinds, status)
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise ModelError("the metric model is damaged; train it again with govtext train metrics") from error

    def to_disk(self, path: str | Path) -> None:
        """Write the model to a file."""
        Path(path).write_bytes(self.to_bytes())

    @classmethod
    def from_disk(cls, path: str | Path) -> Self:
        """Read the model from a file. Raises ModelError if there is none or it is damaged."""
        try:
            return cls.from_bytes(Path(path).read_bytes())
        except OSError as error:
            raise ModelError(f"{path}: no metric model can be read there ({error.strerror or error})") from error


@cache
def packaged_model() -> MetricModel:
    """The model that the package carries."""
    return MetricModel.from_disk(PACKAGED)
