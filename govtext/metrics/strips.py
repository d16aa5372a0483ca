"""The stretches of text around quantities in which their indicators may stand, laid end to end for scoring at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from govtext.metrics.grams import Ints
from govtext.metrics.quantities import Quantity

REACH_LEFT: Final = 64
REACH_RIGHT: Final = 36
BREAK: Final = re.compile(r"[，,；;。！!？?：:\n]")
SELF, OTHER, PARTING = "◆", "◇", "\0"


class Segment(NamedTuple):
    """A stretch between punctuation marks and quantities in which the indicator of a quantity may stand.

    ``side`` is B before the quantity and A after it; ``marks`` and ``quantities`` count what stands between;
    ``opens`` and ``closes`` are the marks at its ends (``◆`` the quantity itself, ``◇`` another one, ``^ $`` the edges).
    """

    start: int
    end: int
    side: str
    marks: int
    quantities: int
    opens: str
    closes: str


def segments(text: str, quantities: Sequence[Quantity]) -> Iterator[list[Segment]]:
    """For each quantity of a sentence the stretches in which its indicator may stand, nearest first on each side."""
    cuts, places = _cuts(text, quantities)
    return (_left(q, cuts, at) + _right(q, cuts, at, len(text)) for q, at in zip(quantities, places, strict=True))


_Cut = tuple[int, int, str]


def _cuts(text: str, quantities: Sequence[Quantity]) -> tuple[list[_Cut], list[int]]:
    """Marks and quantities in order of position, and where in the list each quantity is; marks inside quantities are left out."""
    cuts: list[_Cut] = []
    places = []
    position = 0
    for q in quantities:
        cuts += [(m.start(), m.end(), m.group()) for m in BREAK.finditer(text, position, q.start)]
        places.append(len(cuts))
        cuts.append((q.start, q.end, OTHER))
        position = q.end
    cuts += [(m.start(), m.end(), m.group()) for m in BREAK.finditer(text, position)]
    return cuts, places


def _left(q: Quantity, cuts: list[_Cut], at: int) -> list[Segment]:
    found = []
    low, marks, others = max(0, q.start - REACH_LEFT), 0, 0
    end, closes = q.start, SELF
    while end > low:
        at -= 1
        start, stop, mark = cuts[at] if at >= 0 else (low, low, "^")
        if stop <= low:
            start, stop, mark = low, low, "^"
        if stop < end:
            found.append(Segment(stop, end, "B", marks, others, mark, closes))
        if mark == OTHER:
            others += 1
        else:
            marks += 1
        end, closes = start, mark
    return found


def _right(q: Quantity, cuts: list[_Cut], at: int, length: int) -> list[Segment]:
    found = []
    high, marks, others = min(length, q.end + REACH_RIGHT), 0, 0
    start, opens = q.end, SELF
    while start < high and marks < 2 and others < 3:
        at += 1
        stop, behind, mark = cuts[at] if at < len(cuts) else (high, high, "$")
        if behind > high:
            stop, behind, mark = high, high, "$"
        if start < stop:
            found.append(Segment(start, stop, "A", marks, others, opens, mark))
        if mark == OTHER:
            others += 1
        else:
            marks += 1
        start, opens = behind, mark
    return found


def _place(s: Segment) -> str:
    return f"p{s.side}{min(s.marks, 3)}{min(s.quantities, 3)}"


@dataclass(frozen=True, slots=True)
class Strips:
    """The segments of many quantities as one text: opening mark, characters, closing mark, NUL; those before quantities first.

    ``first`` and ``size`` are the position and the number of each strip's characters; ``owner`` is the strip of each
    character of the text (-1 for marks), ``remaining`` the characters from it to its strip's end; ``before`` is the length of
    the text that the strips before quantities fill. ``segments`` are those of the strips, ``places`` their side and distance in
    short, ``quantity`` the number of the
    quantity each belongs to, and ``of_quantity`` the strips of each quantity.
    """

    text: str
    before: int
    first: Ints
    size: Ints
    owner: Ints
    remaining: Ints
    segments: list[Segment]
    places: list[str]
    quantity: list[int]
    of_quantity: list[list[int]]

    @classmethod
    def join(cls, found: Iterable[tuple[str, Sequence[Segment]]]) -> Strips:
        """The strips of quantities, which are numbered in this order: for each its sentence and its segments."""
        sides: tuple[list[tuple[str, Segment, int]], ...] = ([], [])
        number = 0
        for text, some in found:
            for s in some:
                sides[s.side == "A"].append((text, s, number))
            number += 1
        rows = sides[0] + sides[1]
        pieces = [f"{s.opens}{text[s.start : s.end]}{s.closes}{PARTING}" for text, s, _ in rows]
        lengths = np.array([len(piece) for piece in pieces], np.int64)
        first, size = np.cumsum(lengths) - lengths + 1, lengths - 3
        whole = int(lengths.sum())
        owner = np.repeat(np.arange(len(rows)), lengths)
        remaining = first[owner] + size[owner] - np.arange(whole)
        inside = (remaining > 0) & (remaining <= size[owner])
        of_quantity: list[list[int]] = [[] for _ in range(number)]
        for i, (_, _, k) in enumerate(rows):
            of_quantity[k].append(i)
        return cls(
            "".join(pieces), int(lengths[: len(sides[0])].sum()), first, size, np.where(inside, owner, -1),
            np.where(inside, remaining, 0), [s for _, s, _ in rows], [_place(s) for _, s, _ in rows], [k for *_, k in rows], of_quantity,
        )  # fmt: skip
