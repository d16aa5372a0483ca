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
BATCH = 256  # texts whose paths are searched together


def log_probabilities(scores: Scores) -> Scores:
    """Scores of any scale as log probabilities: in each row their exponentials sum up to 1."""
    scores = scores - scores.max(axis=-1, keepdims=True, initial=-np.inf)
    scores -= np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    return scores


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

    def find_entities(
        self, scores: Scores, lengths: Sequence[int], *, outside_penalty: float = 0.0
    ) -> list[list[tuple[Entity, float]]]:
        """The entities of each of several texts with their confidence, the (geometric) mean probability of their tags.

        ``scores`` (characters, tags; of any scale) are those of texts of these ``lengths`` one after the other;
        ``outside_penalty`` is taken from the score of tag O.
        """
        found: list[list[tuple[Entity, float]]] = [[] for _ in lengths]
        edges = np.cumsum([0, *lengths])
        if not edges[-1]:
            return found
        tags = self._legal_tags(scores, edges, outside_penalty)
        inside = np.flatnonzero(tags)
        chosen = log_probabilities(scores[inside])[np.arange(len(inside)), tags[inside]]
        starts, ends = np.flatnonzero(self._opens[tags]), np.flatnonzero(self._closes[tags]) + 1
        sizes = ends - starts
        sums = np.add.reduceat(chosen, np.cumsum(sizes) - sizes) if len(sizes) else chosen
        texts = np.searchsorted(edges, starts, side="right") - 1
        rows = (starts - edges[texts], ends - edges[texts], (tags[starts] - 1) // 4, np.exp(sums / sizes), texts)
        for start, end, label, sure, text in zip(*(row.tolist() for row in rows), strict=True):
            found[text].append((Entity(start, end, self.labels[label]), sure))
        return found

    def _legal_tags(self, scores: Scores, edges: Path, outside_penalty: float) -> Path:
        """The best legal tags of all texts: where the best tag of each character makes a legal sequence, it is that one."""
        if outside_penalty:
            scores = scores.copy()
            scores[:, 0] -= outside_penalty
        tags: Path = scores.argmax(axis=1)
        moves, openings, closings = (table == 0 for table in self.legal)
        legal = moves[tags[:-1], tags[1:]]
        first, last = edges[:-1][np.diff(edges) > 0], edges[1:][np.diff(edges) > 0] - 1
        legal[last[:-1]] = True  # from one text to the next anything goes
        wrong = np.concatenate([np.flatnonzero(~legal), first[~openings[tags[first]]], last[~closings[tags[last]]]])
        texts = np.unique(np.searchsorted(first, wrong, side="right") - 1)
        texts = texts[np.argsort((last - first)[texts], kind="stable")]
        for some in (texts[at : at + BATCH] for at in range(0, len(texts), BATCH)):
            sizes = (last - first)[some] + 1
            batch = np.zeros((len(some), sizes[-1], len(self)), np.float32)
            for row, start, size in zip(batch, first[some], sizes, strict=True):
                row[:size] = scores[start : start + size]
            for start, path in zip(first[some], self.best_paths(batch, sizes.tolist()), strict=True):
                tags[start : start + len(path)] = path
        return tags

    @cached_property
    def _opens(self) -> NDArray[np.bool_]:
        return np.array([tag[0] in "BS" for tag in self.tags])

    @cached_property
    def _closes(self) -> NDArray[np.bool_]:
        return np.array([tag[0] in "ES" for tag in self.tags])

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
        """The best legal tag sequence of each row of ``scores`` (batch, characters, tags), cut to its length.

        A tag that opens (O, B, S) follows the best of those that close (O, E, S); I and E follow B or I of their label.
        """
        size, rows, count = max(lengths, default=0), len(scores), len(self.labels)
        steps = np.ascontiguousarray(scores[:, :size].transpose(1, 2, 0))  # characters, tags, batch
        ended = np.zeros(rows, np.float32)  # score of the best path so far that ends in a closing tag
        begun, inside = np.full((2, count, rows), FORBIDDEN, np.float32)
        closings = np.empty((1 + 2 * count, rows), np.float32)  # O, and E and S of each label
        best = np.zeros((size, rows), np.intp)
        stays = np.zeros((size, count, rows), np.intp)  # 1 where I is followed rather than B
        for i, step in enumerate(steps):
            stays[i] = inside > begun
            inner = np.maximum(begun, inside)
            closings[0], closings[1::2], closings[2::2] = ended + step[0], inner + step[3::4], ended + step[4::4]
            begun, inside = ended + step[1::4], inner + step[2::4]
            best[i] = closings.argmax(axis=0)
            ended = np.maximum.reduce(closings)
        closing_tags = np.array([0, *(1 + 4 * label + position for label in range(count) for position in (2, 3))])
        return self._trace(closing_tags[best], stays, np.asarray(lengths))

    def _trace(self, closing: Path, stays: Path, lengths: Path) -> list[Path]:
        """The tags of each row from its last character backwards; ``closing`` is the best closing tag of each character."""
        paths = np.zeros_like(closing)
        rows, tags = np.arange(len(lengths)), np.zeros(len(lengths), np.intp)
        labels, positions = (np.maximum(np.arange(len(self)) - 1, 0) // 4), (np.arange(len(self)) - 1) % 4
        follows = (positions == 1) | (positions == 2)
        for i in range(len(paths) - 1, -1, -1):
            tags = np.where(lengths == i + 1, closing[i], tags)
            paths[i] = tags
            label = labels[tags]
            tags = np.where(follows[tags], 1 + 4 * label + stays[i, label, rows], closing[i - 1])
        return [paths[:length, row] for row, length in enumerate(lengths.tolist())]
