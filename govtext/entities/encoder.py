"""Characters to tag scores: batches and windows around an ONNX model, run by onnxruntime."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from govtext.entities.tagging import Scores

Arrays = dict[str, NDArray[np.int64]]


class Inputs(Protocol):
    """Makes the model's input arrays of a batch of texts; ``lead`` positions of the scores stand before the text."""

    lead: int

    def __call__(self, texts: Sequence[str]) -> Arrays:
        """The arrays by input name."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a text that fits the model, and the part of it (from the stretch's start) whose scores are kept."""

    text: int
    start: int
    end: int
    keep_start: int
    keep_end: int


def windows(text: int, length: int, *, size: int, overlap: int) -> Iterator[Window]:
    """Cut a text of ``length`` characters into windows of at most ``size``; neighbours share 2 × ``overlap``.

    >>> [(w.start, w.end, w.keep_start, w.keep_end) for w in windows(0, 10, size=6, overlap=1)]
    [(0, 6, 0, 5), (4, 10, 1, 6)]
    """
    start = 0
    while True:
        end = min(length, start + size)
        first, last = start == 0, end == length
        yield Window(text, start, end, 0 if first else overlap, end - start - (0 if last else overlap))
        if last:
            return
        start = end - 2 * overlap


class Encoder:
    """Scores every character for every tag with an ONNX model (output ``scores``: batch, positions, tags).

    Windows of at most ``size`` characters are sorted by length and put into batches of about ``batch_chars`` characters.
    """

    def __init__(
        self, model: bytes, inputs: Inputs, *, size: int = 254, overlap: int = 32, batch_chars: int = 2048
    ) -> None:
        self.model = model
        self.inputs = inputs
        self.size = size
        self.overlap = overlap
        self.batch_chars = batch_chars

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(self.model, options, providers=["CPUExecutionProvider"])

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_session"}

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Log probabilities (characters, tags) of each text, in the order given."""
        parts: list[list[tuple[Window, Scores]]] = [[] for _ in texts]
        every = [w for i, text in enumerate(texts) if text for w in self._windows(i, len(text))]
        for batch in self._batches(every):
            for window, scores in zip(batch, self._run([texts[w.text][w.start : w.end] for w in batch]), strict=True):
                parts[window.text].append((window, scores[window.keep_start : window.keep_end]))
        return [_join(found) for found in parts]

    def _windows(self, text: int, length: int) -> Iterator[Window]:
        return windows(text, length, size=self.size, overlap=self.overlap)

    def _batches(self, every: list[Window]) -> Iterator[list[Window]]:
        batch: list[Window] = []
        for window in sorted(every, key=lambda w: w.end - w.start):
            if batch and (window.end - window.start) * (len(batch) + 1) > self.batch_chars:
                yield batch
                batch = []
            batch.append(window)
        if batch:
            yield batch

    def _run(self, texts: list[str]) -> Iterator[Scores]:
        scores: Scores = self._session.run(["scores"], self.inputs(texts))[0]
        scores = scores - scores.max(axis=-1, keepdims=True)
        scores -= np.log(np.exp(scores).sum(axis=-1, keepdims=True))
        lead = self.inputs.lead
        return (scores[i, lead : lead + len(text)] for i, text in enumerate(texts))


def _join(found: list[tuple[Window, Scores]]) -> Scores:
    if not found:
        return np.zeros((0, 0), np.float32)
    return np.concatenate([scores for _, scores in sorted(found, key=lambda pair: pair[0].start)])
