"""Quote marks and brackets of names: one that opens inside a name closes inside it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from govtext.types import Entity

PAIRS = {"“": "”", "‘": "’", "「": "」", "（": "）", "(": ")"}
MARKS = frozenset(PAIRS) | frozenset(PAIRS.values())


def complete_marks(sentence: str, names: Sequence[tuple[Entity, float]]) -> list[tuple[Entity, float]]:
    """The names with a lone mark completed where its partner stands right beside the name, or else left out at the name's edge.

    >>> complete_marks("“千百”工程和“清河行动", [(Entity(1, 6, "PROJECT"), 1.0), (Entity(7, 12, "PROJECT"), 1.0)])
    [(Entity(start=0, end=6, label='PROJECT'), 1.0), (Entity(start=8, end=12, label='PROJECT'), 1.0)]
    """
    completed: list[tuple[Entity, float]] = []
    for i, (name, confidence) in enumerate(names):
        if not MARKS.isdisjoint(sentence[name.start : name.end]):
            lowest = completed[-1][0].end if completed else 0
            highest = names[i + 1][0].start if i + 1 < len(names) else len(sentence)
            name = _completed(sentence, name, lowest, highest)
        if name.start < name.end:
            completed.append((name, confidence))
    return completed


def _completed(sentence: str, name: Entity, lowest: int, highest: int) -> Entity:
    """The name mended inside the bounds ``lowest`` and ``highest``."""
    start, end = name.start, name.end
    for opening, closing in PAIRS.items():
        lone = sentence.count(opening, start, end) - sentence.count(closing, start, end)
        if lone == 1:
            if end < highest and sentence[end] == closing:
                end += 1
            elif sentence[start] == opening:
                start += 1
        elif lone == -1:
            if start > lowest and sentence[start - 1] == opening:
                start -= 1
            elif sentence[end - 1] == closing:
                end -= 1
    return replace(name, start=start, end=end)
