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
    a layer makes of so many stays in the cache of a core. A batch ends early rather than hold more than ``padding`` places
    without a character.
    """

    def __init__(
        self,
        model: bytes,
        inputs: Inputs,
        *,
        size: int = 254,
        overlap: int = 32,
        batch_chars: int = 768,
        padding: int = 24,
    ) -> None:
        self.model = model
        self.inputs = inputs
        self.size = size
        self.overlap = overlap
        self.batch_chars = batch_chars
        self.padding = padding

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
        same: dict[tuple[str, bytes], list[Window]] = {}  # windows of the same characters and marks are scored once
        for number, text in enumerate(texts):
            for w in windows(number, len(text), size=self.size, overlap=self.overlap) if text else ():
                marks = b"" if words is None else words[number][w.start : w.end].tobytes()
                same.setdefault((text[w.start : w.end], marks), []).append(w)
        for batch in self._batches(list(same)):
            marked = None if words is None else [np.frombuffer(marks, np.int8) for _, marks in batch]
            found = self._run([characters for characters, _ in batch], marked)
            if not scores.size:
                scores = np.empty((starts[-1], found.shape[2]), np.float32)
            for row, key in zip(found, batch, strict=True):
                for w in same[key]:
                    at = starts[w.text] + w.start
                    scores[at + w.keep_start : at + w.keep_end] = row[w.keep_start : w.keep_end]
        return scores

    def _batches(self, every: list[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
        batch: list[tuple[str, bytes]] = []
        padding = 0
        for one in sorted(every, key=lambda one: len(one[0])):
            length = len(one[0])
            if batch:
                padding += (length - len(batch[-1][0])) * len(batch)
                if padding > self.padding or length * (len(batch) + 1) > self.batch_chars:
                    yield batch
                    batch, padding = [], 0
            batch.append(one)
        if batch:
            yield batch

    def _run(self, texts: list[str], words: list[Marks] | None) -> Scores:
        scores: Scores = self._session.run(["scores"], self.inputs(texts, words))[0]
        return scores[:, self.inputs.lead :]
