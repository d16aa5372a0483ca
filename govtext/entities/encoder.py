"""Characters to tag scores: batches and windows around an ONNX model, run by onnxruntime."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from govtext.entities.tagging import Scores, log_probabilities
from govtext.entities.word_marks import Marks

Arrays = dict[str, NDArray[np.int64]]


class Inputs(Protocol):
    """Makes the model's input arrays of a batch of texts; ``lead`` positions of the scores stand before the text."""

    lead: int

    def __call__(self, texts: Sequence[str], words: Sequence[Marks] | None = None) -> Arrays:
        """The arrays by input name; ``words`` are the marks of the words of each text."""
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

    Windows of at most ``size`` characters are sorted by length and put into batches of about ``batch_chars`` characters: what
    a layer makes of so many stays in the cache of a core.
    """

    def __init__(
        self, model: bytes, inputs: Inputs, *, size: int = 254, overlap: int = 32, batch_chars: int = 512
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

    def score(self, texts: Sequence[str], words: Sequence[Marks] | None = None) -> list[Scores]:
        """Log probabilities (characters, tags) of each text, in the order given."""
        scores = log_probabilities(self.raw_scores(texts, words))
        return np.split(scores, np.cumsum([len(text) for text in texts])[:-1]) if len(texts) else []

    def raw_scores(self, texts: Sequence[str], words: Sequence[Marks] | None = None) -> Scores:
        """The scores as the model gives them (characters of all texts one after the other, tags).

        ``words`` are the marks of the words of each text (``word_marks.mark_words``), for a model that reads them.
        """
        starts = [0, *accumulate(map(len, texts))]
        scores = np.zeros((starts[-1], 0), np.float32)
        for batch in self._batches([w for i, text in enumerate(texts) if text for w in self._windows(i, len(text))]):
            marks = None if words is None else [words[w.text][w.start : w.end] for w in batch]
            found = self._run([texts[w.text][w.start : w.end] for w in batch], marks)
            if not scores.size:
                scores = np.empty((starts[-1], found.shape[2]), np.float32)
            for row, window in zip(found, batch, strict=True):
                at = starts[window.text] + window.start
                scores[at + window.keep_start : at + window.keep_end] = row[window.keep_start : window.keep_end]
        return scores

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

    def _run(self, texts: list[str], words: list[Marks] | None) -> Scores:
        scores: Scores = self._session.run(["scores"], self.inputs(texts, words))[0]
        return scores[:, self.inputs.lead :]
