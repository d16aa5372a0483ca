"""The table of units: how a unit is written and reported, its dimension, and the exact factor to the canonical unit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache

from govtext.numerals import without_zeros
from govtext.resources import read_table


@dataclass(frozen=True, slots=True)
class Unit:
    """A row of ``data/units.tsv``. ``role`` says when a number with this unit is a quantity (see the table's head)."""

    symbol: str
    dimension: str
    factor: Fraction
    canonical: str
    role: str
    not_before: str = ""

    def to_canonical(self, value: Decimal) -> Decimal:
        """``value`` in the canonical unit; exact where the factor has a finite decimal expansion, else 28 digits.

        >>> units()["亩"].to_canonical(Decimal(3))
        Decimal('2000')
        """
        if self.factor == 1:
            return value
        return without_zeros(value * self.factor.numerator / self.factor.denominator)


@cache
def units() -> dict[str, Unit]:
    """The units by the form in which they are written."""
    return {
        row["unit"]: Unit(
            row["symbol"],
            row["dimension"],
            Fraction(row["factor"]),
            row["canonical"],
            row["role"],
            row["not_before"] or "",
        )
        for row in read_table("units")
    }


@cache
def _longest() -> int:
    return max(map(len, units()))


def unit_at(text: str, start: int) -> tuple[Unit, int] | None:
    """The longest unit that begins at ``start``, and where it ends.

    >>> unit, end = unit_at("5万千瓦时电", 2)
    >>> unit.symbol, unit.dimension, end
    ('千瓦时', 'energy', 5)
    """
    known = units()
    for end in range(min(len(text), start + _longest()), start, -1):
        unit = known.get(text[start:end])
        if unit and not (end < len(text) and text[end] in unit.not_before):
            return unit, end
    return None
