"""Sentences with their names marked in the text, ``[P 青石县]``, ``[O 县委]``, ``[J 清河大桥]``: the form of composed sentences and of templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from govtext.errors import DataError
from govtext.types import Entity, Label

LABELS: dict[str, Label] = {"P": "PLACE", "O": "ORG", "J": "PROJECT"}
MARKED = re.compile(r"\[([POJ]) ([^\[\]]+)\]|([^\[\]]+)")


def marked_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """The lines of a file with marked sentences and their numbers from 1; comments (#) and empty lines are left out."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#"))


def parse_marked(sentence: str) -> tuple[str, tuple[Entity, ...]]:
    """The text without its marks, and the names where they stand; quote marks around a whole name stay outside it.

    Raises DataError for a bracket that belongs to no mark.

    >>> parse_marked("[P 青石县]开展[J “清风”]行动")
    ('青石县开展“清风”行动', (Entity(start=0, end=3, label='PLACE'), Entity(start=6, end=8, label='PROJECT')))
    """
    text, entities, read = "", [], 0
    for match in MARKED.finditer(sentence):
        if match.start() != read:
            break
        label, name, plain = match.groups()
        read = match.end()
        if label:
            quoted = name.startswith("“") and name.endswith("”") and name.count("“") == 1
            entities.append(Entity(len(text) + quoted, len(text) + len(name) - quoted, LABELS[label]))
        text += plain or name
    if read != len(sentence):
        raise DataError(f"no mark like [P …], [O …] or [J …] at “{sentence[read : read + 20]}”")
    return text, tuple(entities)
