"""Known names for the small network to look up: one table of hashes, read by every stretch of 2 to 7 characters of a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from govtext.entities.divisions import Gazetteer, gazetteer
from govtext.entities.vocabulary import UNKNOWN
from govtext.resources import read_table

SLOTS = 1 << 18
MARKS = 1 << 11  # different marks by which a slot knows its name again
MODULUS = (1 << 28) - 57
FACTORS = (31337, 2654435, 77)
LENGTHS = range(2, 8)
KINDS = 16  # 0 is no name; 1 to 8 divisions, province to township, each in full and in short
ZONE, OTHER_PLACE, BODY = 9, 10, 11
LEVELS = ("province", "prefecture", "county", "township")

Table = NDArray[np.int16]


def known_names() -> dict[str, int]:
    """Kinds of divisions, zones, regions and bodies in the packaged tables; the first kind of a name counts.

    >>> known_names()["长沙县"], known_names()["长沙"], known_names()["发改委"]
    (5, 4, 11)
    """
    kinds: dict[str, int] = {}
    for name, kind in chain(_bodies(), _other_places(), _divisions(gazetteer())):
        if len(name) in LENGTHS:
            kinds.setdefault(name, kind)
    return kinds


def name_table(names: Mapping[str, int], ids: Callable[[str], Sequence[int]]) -> Table:
    """The slots of the names by their character ids: 16 × mark + kind; of two names for one slot the first has it.

    Names with a character that is not in the vocabulary are left out.

    >>> table = name_table({"青石县": 5}, lambda text: [7, 8, 9])
    >>> slot, mark = place_of([7, 8, 9])
    >>> int(table[slot]) == 16 * mark + 5
    True
    """
    table = np.zeros(SLOTS, np.int16)
    for name, kind in names.items():
        numbers = ids(name)
        slot, mark = place_of(numbers)
        if UNKNOWN not in numbers and not table[slot]:
            table[slot] = KINDS * mark + kind
    return table


def place_of(ids: Sequence[int]) -> tuple[int, int]:
    """Slot and mark of a name's character ids."""
    factor, other, shift = FACTORS
    code = 0
    for number in ids:
        code = (code * factor + number * other + shift) % MODULUS
    return code % SLOTS, code // SLOTS % MARKS


def hash_table() -> tuple[list[list[int]], list[int]]:
    """The same hash without its steps: a number for each character of a stretch (row) of each length (column), and one for each length.

    The ids times the numbers, plus the last one, all modulo ``MODULUS``, are the hash of the stretch.

    >>> factors, shifts = hash_table()
    >>> code = (7 * factors[0][0] + 8 * factors[1][0] + shifts[0]) % MODULUS
    >>> (code % SLOTS, code // SLOTS % MARKS) == place_of([7, 8])
    True
    """
    factor, other, shift = FACTORS
    powers = [pow(factor, n, MODULUS) for n in range(LENGTHS[-1])]
    factors = [
        [other * powers[length - 1 - at] % MODULUS if at < length else 0 for length in LENGTHS]
        for at in range(LENGTHS[-1])
    ]
    return factors, [shift * sum(powers[:length]) % MODULUS for length in LENGTHS]


def _bodies() -> Iterator[tuple[str, int]]:
    for row in read_table("national_bodies"):
        yield row["form"], BODY
    for row in read_table("organizations"):
        if len(row["form"]) < 5:
            yield from ((kind + row["form"], BODY) for kind in "省市县区州镇乡")
    for row in read_table("departments"):
        for stem in (*row["short"].split("|"), row["full"]):
            yield from ((stem + head, BODY) for head in row["heads"])


def _other_places() -> Iterator[tuple[str, int]]:
    for table in ("foreign_places", "place_groups", "place_aliases"):
        yield from ((row["name"], OTHER_PLACE) for row in read_table(table))


def _divisions(known: Gazetteer) -> Iterator[tuple[str, int]]:
    """Full names, higher levels first; then short ones, then zones."""
    for level, name in enumerate(LEVELS):
        yield from ((d.name, 2 * level + 1) for d in known.divisions.values() if d.level == name)
    for short, codes in known.short.items():
        levels = [LEVELS.index(known.divisions[c].level) for c in codes if known.divisions[c].level in LEVELS]
        yield short, 2 * min(levels) + 2 if levels else ZONE
    yield from ((d.name, ZONE) for d in known.divisions.values() if d.level == "zone")
