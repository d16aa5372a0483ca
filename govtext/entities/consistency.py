"""One report, one reading: a name that is certain in one sentence is found wherever else the report has it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from govtext.types import Entity, Label

SHORTEST: dict[Label, int] = {"PLACE": 2, "ORG": 3, "PROJECT": 4}


def repeat_names(
    sentences: Sequence[str], found: Sequence[Sequence[tuple[Entity, float]]], *, sure: float
) -> list[list[Entity]]:
    """Add the occurrences of certain names (confidence ≥ ``sure``) that overlap no name found; longer names first.

    >>> found = [[(Entity(0, 3, "PLACE"), 0.99)], []]
    >>> repeat_names(["清河镇整治", "在清河镇"], found, sure=0.9)
    [[Entity(start=0, end=3, label='PLACE')], [Entity(start=1, end=4, label='PLACE')]]
    """
    names = _certain(sentences, found, sure)
    joined = "\n".join(sentences)
    starts = [0, *accumulate(len(sentence) + 1 for sentence in sentences)]
    result = [[entity for entity, _ in row] for row in found]
    taken = bytearray(len(joined))
    for start, row in zip(starts, result, strict=False):
        for entity in row:
            taken[start + entity.start : start + entity.end] = b"\1" * (entity.end - entity.start)
    for name, at in sorted(_occurrences(joined, names), key=lambda found: (-len(found[0]), *found)):
        end = at + len(name)
        if not any(taken[at:end]):
            sentence = bisect_right(starts, at) - 1
            result[sentence].append(Entity(at - starts[sentence], end - starts[sentence], names[name]))
            taken[at:end] = b"\1" * len(name)
    return [sorted(row, key=lambda entity: entity.start) if len(row) > 1 else row for row in result]


def _occurrences(text: str, names: Collection[str]) -> Iterator[tuple[str, int]]:
    """Each name wherever the text has it, with its offset; in one pass, by the first two characters of the names."""
    lengths: defaultdict[int, set[int]] = defaultdict(set)
    for name in names:
        lengths[int(_pairs(name[:2])[0])].add(len(name))
    pairs, wanted = _pairs(text), np.array(sorted(lengths), np.uint64)
    if not len(wanted):
        return
    nearest = np.minimum(np.searchsorted(wanted, pairs), len(wanted) - 1)
    hits = np.flatnonzero(wanted[nearest] == pairs)
    for at, pair in zip(hits.tolist(), pairs[hits].tolist(), strict=True):
        for length in lengths[pair]:
            if (name := text[at : at + length]) in names:
                yield name, at


def _pairs(text: str) -> NDArray[np.uint64]:
    """One number for each two neighbouring characters."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    return codes[:-1] << np.uint64(32) | codes[1:]


def _certain(
    sentences: Sequence[str], found: Sequence[Sequence[tuple[Entity, float]]], sure: float
) -> dict[str, Label]:
    """Certain names and their label; a name that the report uses under two labels is left alone."""
    labels: defaultdict[str, set[Label]] = defaultdict(set)
    certain: set[str] = set()
    for sentence, row in zip(sentences, found, strict=True):
        for entity, confidence in row:
            name = sentence[entity.start : entity.end]
            labels[name].add(entity.label)
            if confidence >= sure and len(name) >= SHORTEST.get(entity.label, 2):
                certain.add(name)
    return {name: next(iter(labels[name])) for name in certain if len(labels[name]) == 1}
