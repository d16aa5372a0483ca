"""One report, one reading: a name that is certain in one sentence is found wherever else the report has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

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
    bounds = _bounds(sentences)
    result = [[entity for entity, _ in row] for row in found]
    taken = bytearray(len(joined))
    for (start, _), row in zip(bounds, result, strict=True):
        for entity in row:
            taken[start + entity.start : start + entity.end] = b"\1" * (entity.end - entity.start)
    sentence = 0
    for name, label in sorted(names.items(), key=lambda item: (-len(item[0]), item[0])):
        at, sentence = joined.find(name), 0
        while at >= 0:
            end = at + len(name)
            if not any(taken[at:end]):
                while bounds[sentence][1] < end:
                    sentence += 1
                start = bounds[sentence][0]
                result[sentence].append(Entity(at - start, end - start, label))
                taken[at:end] = b"\1" * len(name)
            at = joined.find(name, end)
    return [sorted(row, key=lambda entity: entity.start) for row in result]


def _bounds(sentences: Sequence[str]) -> list[tuple[int, int]]:
    bounds, start = [], 0
    for sentence in sentences:
        bounds.append((start, start + len(sentence)))
        start += len(sentence) + 1
    return bounds


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
