"""What the classifiers read of sentences: their texts, those above and around them, their shape; each different text once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from govtext.domains.features import NgramVocabulary, Rows
from govtext.domains.shape import shape_features
from govtext.types import SentenceContext

FIELDS: Final = ("text", "heading", "headings", "previous", "following")
MAX_KEPT: Final = 20_000  # sentences; the inputs of longer calls are not kept for the next classifier
Weights = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


class Inputs:
    """The sentences of one call with their contexts.

    ``texts`` are the different texts among all fields and surroundings, ``numbers`` the number of the text of each field (rows) of
    each sentence (columns), ``present`` says which field has a text at all, ``shapes`` are the features of ``shape_features``.

    >>> inputs = Inputs(["新建公路。"], [SentenceContext(previous="交通", around=("交通", "公路通车。"))])
    >>> inputs.texts, inputs.numbers[:, 0].tolist()
    (['新建公路。', '', '交通', '公路通车。'], [0, 1, 1, 2, 1])
    >>> inputs.around_mean(np.array([[1.0], [0.0], [2.0], [4.0]], dtype=np.float32)).tolist()
    [[3.0]]
    """

    def __init__(self, sentences: Sequence[str], context: Sequence[SentenceContext]) -> None:
        number = _Numbers()
        rows = [
            (
                number[s],
                number[c.heads[-1] if c.heads else ""],
                number[" ".join(c.heads[:-1])],
                number[c.previous],
                number[c.following],
            )
            for s, c in zip(sentences, context, strict=True)
        ]
        around = [number[text] for c in context for text in c.around]
        self.texts = list(number)
        self.numbers = np.array(rows, dtype=np.int64).reshape(len(rows), len(FIELDS)).T
        filled = np.array([bool(text) for text in self.texts], dtype=bool)
        self.present = filled[self.numbers] if len(rows) else np.zeros(self.numbers.shape, dtype=bool)
        self.shapes = shape_features(sentences, context)
        self._sizes = np.array([len(c.around) for c in context], dtype=np.int64)
        self._around = _padded(np.array(around, dtype=np.int64), self._sizes, fill=len(self.texts))
        self._rows: tuple[str, Rows] | None = None

    def __len__(self) -> int:
        return self.numbers.shape[1]

    @property
    def surrounded(self) -> npt.NDArray[np.bool_]:
        """Which sentences have others around them."""
        return self._sizes > 0

    def around(self, sentence: int) -> list[int]:
        """The numbers of the texts around a sentence."""
        found: list[int] = self._around[: self._sizes[sentence], sentence].tolist()
        return found

    def around_mean(self, values: Weights) -> Weights:
        """The mean over the sentences around each sentence, given a row of values for each of ``texts``; 0 where there is none."""
        padded = np.vstack([values, np.zeros((1, values.shape[1]), dtype=values.dtype)])
        total: Weights = np.zeros((len(self), values.shape[1]), dtype=np.float32)
        for column in self._around:
            total += padded[column]
        total /= np.maximum(self._sizes, 1)[:, None]
        return total

    def rows(self, vocabulary: NgramVocabulary) -> Rows:
        """The n-grams of ``texts``; counted once for classifiers of the same vocabulary."""
        if self._rows is None or self._rows[0] != vocabulary.fingerprint:
            self._rows = vocabulary.fingerprint, vocabulary.rows(self.texts)
        return self._rows[1]


class _Numbers(dict[str, int]):
    """Numbers texts as they turn up."""

    def __missing__(self, text: str) -> int:
        return self.setdefault(text, len(self))


class _Latest:
    """The inputs made last: classifiers that are asked about the same sentences in turn share the work."""

    def __init__(self) -> None:
        self._kept: tuple[list[str], list[SentenceContext], Inputs] | None = None

    def __call__(self, sentences: Sequence[str], context: Sequence[SentenceContext]) -> Inputs:
        """The inputs of these sentences, made anew unless the last call asked for the same."""
        kept = self._kept  # one look, as another thread may put its own there
        sentences, context = list(sentences), list(context)
        if kept is not None and kept[0] == sentences and kept[1] == context:
            return kept[2]
        inputs = Inputs(sentences, context)
        if len(inputs) <= MAX_KEPT:
            self._kept = sentences, context, inputs
        return inputs


read_inputs: Final = _Latest()


def _padded(values: IntArray, sizes: IntArray, *, fill: int) -> IntArray:
    """Values of rows that lie one after the other, as the columns of a table that is filled up where a row is short."""
    table = np.full((len(sizes), int(sizes.max(initial=0))), fill, dtype=np.int64)
    table[np.arange(table.shape[1]) < sizes[:, None]] = values
    return np.ascontiguousarray(table.T)
