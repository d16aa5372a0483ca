"""BIOES tags of names: spans to tags and back, and the best legal tag sequence (Viterbi) of a batch of scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from govtext.types import Entity, Label

Scores = NDArray[np.float32]
Path = NDArray[np.intp]

ALL_LABELS: Final[tuple[Label, ...]] = get_args(Label)
FORBIDDEN = np.float32(-1e4)


class TagScheme:
    """The BIOES tags over ``labels``: tag 0 is O, then B, I, E, S of each label in order.

    >>> scheme = TagScheme(("PLACE",))
    >>> scheme.tags
    ('O', 'B-PLACE', 'I-PLACE', 'E-PLACE', 'S-PLACE')
    >>> scheme.encode(4, [Entity(1, 3, "PLACE")])
    [0, 1, 3, 0]
    >>> list(scheme.decode([0, 1, 3, 0]))
    [Entity(start=1, end=3, label='PLACE')]
    """

    def __init__(self, labels: Sequence[Label] = ALL_LABELS) -> None:
        self.labels: tuple[Label, ...] = tuple(labels)
        self.tags = ("O", *(f"{prefix}-{label}" for label in self.labels for prefix in "BIES"))

    def __len__(self) -> int:
        return len(self.tags)

    def encode(self, length: int, entities: Iterable[Entity]) -> list[int]:
        """Tags of a text of ``length`` characters; entities of other labels are left out."""
        tags = [0] * length
        for entity in entities:
            if entity.label not in self.labels:
                continue
            begin = 1 + 4 * self.labels.index(entity.label)
            if entity.end - entity.start == 1:
                tags[entity.start] = begin + 3
                continue
            tags[entity.start : entity.end] = [begin, *[begin + 1] * (entity.end - entity.start - 2), begin + 2]
        return tags

    def decode(self, tags: Sequence[int] | Path) -> Iterator[Entity]:
        """The entities of a legal tag sequence, in order."""
        start = 0
        for i, tag in enumerate(tags):
            position = (int(tag) - 1) % 4
            if tag == 0 or position == 1:
                continue
            if position in (0, 3):
                start = i
            if position in (2, 3):
                yield Entity(start, i + 1, self.labels[(int(tag) - 1) // 4])

    @cached_property
    def legal(self) -> tuple[Scores, Scores, Scores]:
        """Scores of moves (from, to), of starts and of ends: 0 where legal, strongly negative where not."""
        closed = np.array([tag[0] in "OES" for tag in self.tags])
        opening = np.array([tag[0] in "OBS" for tag in self.tags])
        group = np.array([(i - 1) // 4 if i else -1 for i in range(len(self))])
        inside = (~closed)[:, None] & (~opening)[None, :] & (group[:, None] == group[None, :])
        moves = (closed[:, None] & opening[None, :]) | inside
        as_scores = [np.where(mask, np.float32(0), FORBIDDEN).astype(np.float32) for mask in (moves, opening, closed)]
        return as_scores[0], as_scores[1], as_scores[2]

    def best_paths(self, scores: Scores, lengths: Sequence[int]) -> list[Path]:
        """The best legal tag sequence of each row of ``scores`` (batch, characters, tags), cut to its length."""
        moves, starts, ends = self.legal
        best = scores[:, 0] + starts
        longest = max(lengths, default=0)
        back = np.zeros((longest, len(scores), len(self)), np.intp)
        final = np.zeros_like(best)
        last = np.asarray(lengths) - 1
        for i in range(longest):
            if i:
                arrivals = best[:, :, None] + moves
                back[i] = arrivals.argmax(axis=1)
                best = arrivals.max(axis=1) + scores[:, i]
            final[last == i] = best[last == i]
        tags = (final + ends).argmax(axis=1)
        return [self._trace(back[:n, row], int(tags[row])) for row, n in enumerate(lengths)]

    def _trace(self, back: NDArray[np.intp], tag: int) -> Path:
        path = np.empty(len(back), np.intp)
        for i in range(len(back) - 1, -1, -1):
            path[i] = tag
            tag = int(back[i, tag])
        return path
