"""One label for each name of a report, where most of its occurrences agree on one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from govtext.types import Entity, Label

MOST = 0.6  # share of the confidence of all occurrences that the label must have

Found = list[tuple[Entity, float]]


def agree_on_labels(sentences: Sequence[str], found: Sequence[Found]) -> list[Found]:
    """The names found in a report (with their confidence), a name under several labels under the one that most of them have.

    >>> found = [[(Entity(0, 3, "PLACE"), 0.9)], [(Entity(1, 4, "PLACE"), 0.9)], [(Entity(0, 3, "ORG"), 0.5)]]
    >>> agree_on_labels(["清河镇整治", "在清河镇", "清河镇说"], found)[2]
    [(Entity(start=0, end=3, label='PLACE'), 0.5)]
    """
    weights: defaultdict[str, dict[Label, float]] = defaultdict(dict)
    for sentence, row in zip(sentences, found, strict=True):
        for name, confidence in row:
            of = weights[sentence[name.start : name.end]]
            of[name.label] = of.get(name.label, 0.0) + confidence
    chosen = {
        name: max(of, key=lambda label: of[label])
        for name, of in weights.items()
        if len(of) > 1 and max(of.values()) >= MOST * sum(of.values())
    }
    if not chosen:
        return list(found)
    return [
        [(replace(e, label=chosen.get(sentence[e.start : e.end], e.label)), confidence) for e, confidence in row]
        for sentence, row in zip(sentences, found, strict=True)
    ]
