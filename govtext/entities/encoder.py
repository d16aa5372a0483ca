"""Characters to tag scores: the vocabulary, batches and windows around an ONNX model, run by onnxruntime."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from govtext.entities.tagging import Scores

PADDING, UNKNOWN, SPACE, FIRST, LAST = range(5)
SPECIALS = ("[PAD]", "[UNK]", "[SPACE]", "[FIRST]", "[LAST]")
FULL_WIDTH = range(0xFF01, 0xFF5F)


def normalize(char: str) -> str:
    """One character as the vocabulary knows it: full-width ASCII to half width, Latin letters in lower case.

    >>> [normalize(c) for c in "（Ａ镇"]
    ['(', 'a', '镇']
    """
    if ord(char) in FULL_WIDTH:
        char = chr(ord(char) - 0xFEE0)
    return char.lower() if len(char.lower()) == 1 else char


class Vocabulary:
    """Ids of characters; every text gets exactly one id a character, so that offsets hold."""

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters = tuple(characters)
        self._ids = {char: len(SPECIALS) + i for i, char in enumerate(self.characters)}
        self._seen: dict[str, int] = {}

    def __len__(self) -> int:
        return len(SPECIALS) + len(self.characters)

    def __call__(self, text: str) -> list[int]:
        """One id a character."""
        seen = self._seen
        return [seen[char] if char in seen else self._learn(char) for char in text]

    def _learn(self, char: str) -> int:
        """The id of a character met for the first time, remembered as written."""
        found = SPACE if char.isspace() else self._ids.get(normalize(char), self._ids.get(char, UNKNOWN))
        self._seen[char] = found
        return found


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
    """Scores every character for every tag with an ONNX model (``ids`` in, ``scores`` out).

    Windows are sorted by length and put into batches of about ``batch_chars`` characters; the order of the texts and
    their neighbours do not change a score beyond float rounding.
    """

    def __init__(
        self, model: bytes, vocabulary: Vocabulary, *, size: int = 254, overlap: int = 32, batch_chars: int = 2048
    ) -> None:
        self.model = model
        self.vocabulary = vocabulary
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
        ids = [self.vocabulary(text) for text in texts]
        parts: list[list[tuple[Window, Scores]]] = [[] for _ in texts]
        every = [w for i, seq in enumerate(ids) if seq for w in self._windows(i, len(seq))]
        for batch in self._batches(every):
            for window, scores in zip(batch, self._run([ids[w.text][w.start : w.end] for w in batch]), strict=True):
                parts[window.text].append((window, scores[window.keep_start : window.keep_end]))
        return [self._join(found) for found in parts]

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

    def _run(self, sequences: list[list[int]]) -> Iterator[Scores]:
        width = max(map(len, sequences)) + 2
        ids: NDArray[np.int64] = np.full((len(sequences), width), PADDING, np.int64)
        for row, seq in zip(ids, sequences, strict=True):
            row[: len(seq) + 2] = [FIRST, *seq, LAST]
        scores: Scores = self._session.run(["scores"], {"ids": ids})[0]
        scores -= scores.max(axis=-1, keepdims=True)
        scores -= np.log(np.exp(scores).sum(axis=-1, keepdims=True))
        return (scores[i, 1 : len(seq) + 1] for i, seq in enumerate(sequences))

    @staticmethod
    def _join(found: list[tuple[Window, Scores]]) -> Scores:
        if not found:
            return np.zeros((0, 0), np.float32)
        return np.concatenate([scores for _, scores in sorted(found, key=lambda pair: pair[0].start)])
