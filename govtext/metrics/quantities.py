"""Finds measured quantities in a text: a numeral with its unit or classifier as one span, with value, bound and dimension."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from govtext.metrics.grammar import ARABIC, CHINESE_START, PER, PER_MANY, SECOND_NUMBER, TO_NUMBER, TOKEN
from govtext.metrics.surroundings import (
    accepts,
    bound_around,
    is_bare_measure,
    is_code,
    is_rank_move,
    is_ranking,
    rank_end,
)
from govtext.metrics.units import Unit, unit_at, units
from govtext.numerals import parse_number, parse_range, to_half_width, without_zeros
from govtext.types import Bound

_NUMBER: Final = re.compile(f"{ARABIC}")
RANK_STEP: Final = Unit("位", "rank_steps", Fraction(1), "位", "measure")  # by how many places a rank moves
Form = Literal["amount", "ratio", "rank", "proportion"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity at ``text[start:end]``.

    ``value`` is in ``unit`` with magnitude words applied; a range has ``value_max`` too. ``unit`` is None where only a
    magnitude word stands (``84.84亿``) or nothing (``死亡率为0``). ``canonical_value`` is the same in ``canonical_unit``,
    the base unit of ``dimension``. ``form`` tells plain amounts from ranks (``第3位``), percentages and fractions
    (``ratio``) and proportions of several parts (``3:4:3``, which have no single value).
    """

    start: int
    end: int
    value: Decimal | None
    value_max: Decimal | None = None
    unit: str | None = None
    bound: Bound | None = None
    dimension: str | None = None
    canonical_value: Decimal | None = None
    canonical_unit: str | None = None
    form: Form = "amount"


def find_quantities(text: str) -> Iterator[Quantity]:
    """The quantities of a text in order of position, without overlaps.

    What is no measurement is left out: dates and periods, ordinals, codes, ages and thresholds that define a group,
    set phrases, articles. Never raises; time is linear in the length of the text.

    >>> [(q.value, q.unit, q.bound) for q in find_quantities("停车位90余个，增速6%-7%，3月5日起执行")]
    [(Decimal('90'), '个', 'more_than'), (Decimal('6'), '%', None)]
    """
    position = 0
    while m := TOKEN.search(text, position):
        found = _READERS[m.lastgroup](text, m) if m.lastgroup in _READERS else None
        if found is not None:
            yield found
        position = max(m.end(), found.end if found else 0)


def _read_number(text: str, m: re.Match[str]) -> Quantity | None:
    start, end = m.span()
    numeral = m.group()
    if is_code(text, start, end):
        return None
    chinese = numeral[0] in CHINESE_START
    second = SECOND_NUMBER.match(text, end) or TO_NUMBER.match(text, end)
    found = _unit_after(text, second.end() if second else end)
    if found is None:
        return None if second else _read_bare(text, start, end, numeral)
    unit, unit_end = found
    if not second and (upper := _upper_with_unit(text, unit_end, unit)):
        second, unit_end = upper
    if not accepts(text, start, unit_end, unit, numeral, chinese=chinese):
        return None
    try:
        low, high = _values(numeral, second["number"] if second else None)
    except ValueError:
        return None
    if is_rank_move(text, start, unit_end):
        unit = RANK_STEP
    return _quantity(text, start, unit_end, low, high, unit)


def _unit_after(text: str, end: int) -> tuple[Unit, int] | None:
    """The unit behind a numeral, a rate's denominator taken in (``微克/立方米``)."""
    if m := PER_MANY.match(text, end):
        many = parse_number(to_half_width(m.group()[1:]))
        return Unit(to_half_width(m.group()), "ratio", Fraction(100) / int(many), "%", "measure"), m.end()
    found = unit_at(text, end) or (unit_at(text, end + 1) if text[end : end + 1] in {" ", "\u3000", "\u00a0"} else None)
    if found and (m := PER.match(text, found[1])):
        unit, denominator = found[0], m.group().replace("／", "/")
        symbol = f"{unit.symbol}{denominator}"
        return Unit(symbol, f"{unit.dimension} rate", unit.factor, f"{unit.canonical}{denominator}", "measure"), m.end()
    return found


def _upper_with_unit(text: str, end: int, unit: Unit) -> tuple[re.Match[str], int] | None:
    """The upper end of a range whose lower end has the same unit: ``6%-7%``."""
    upper = SECOND_NUMBER.match(text, end)
    found = _unit_after(text, upper.end()) if upper else None
    return (upper, found[1]) if upper and found and found[0] == unit else None


def _values(low: str, high: str | None) -> tuple[Decimal, Decimal | None]:
    if high is None:
        return (parse_number(low), None) if low[0] not in CHINESE_START else parse_range(low)
    bottom, top = parse_range(f"{low}-{high}")
    if top is not None and top < bottom:
        raise ValueError(f"{low} to {high} is no range")
    return bottom, top


def _read_bare(text: str, start: int, end: int, numeral: str) -> Quantity | None:
    """A number without unit: with a magnitude word (``84.84亿``), or where the words beside it say that it measures."""
    after = text[end : end + 1]
    big = any(c in numeral for c in "万亿")
    if numeral[0] in CHINESE_START:
        if not (all(c in "百千万亿" for c in numeral) or numeral == "零") or not is_bare_measure(text, start, end):
            return None
    elif big and after == "级":
        end += 1
    elif after in {"年", "级", "号", "强", "版", "届", "大"} or not (big or is_bare_measure(text, start, end)):
        return None
    return Quantity(start, end, parse_number(numeral), bound=bound_around(text, start, end))


def _read_rank(text: str, m: re.Match[str]) -> Quantity | None:
    end = rank_end(text, m.end())
    if end is None or not is_ranking(text, m.start(), end):
        rest = _NUMBER.match(text, m.start() + 1) if m.group()[0] == "前" else None
        return _read_number(text, rest) if rest else None
    value = parse_number(m.group().lstrip("第前 "))
    bound: Bound | None = "at_most" if m.group()[0] == "前" else None
    return Quantity(m.start(), end, value, unit="位", bound=bound, dimension="rank", form="rank")


def _read_fraction(text: str, m: re.Match[str]) -> Quantity | None:
    numeral = m.group()
    per_cent = numeral.replace("百分之", "")
    try:
        if per_cent != numeral:
            low, high = parse_range(per_cent)
        else:
            low, high = without_zeros(parse_number(numeral) * 100), None
    except ValueError:
        return None
    return _quantity(text, *m.span(), low, high, units()["%"], form="ratio")


def _read_tenths(text: str, m: re.Match[str]) -> Quantity | None:
    if text[m.end() : m.end() + 1] in {"立", "效", "果", "为", "长", "功", "员", "分", "品", "本", "套", "就"}:
        return None
    try:
        low, high = parse_range(m.group()[: m.group().index("成")])
        value = parse_number(m.group()) if high is None else low / 10
    except ValueError:
        return None
    return _quantity(
        text, *m.span(), without_zeros(value * 100), high and without_zeros(high * 10), units()["%"], form="ratio"
    )


def _read_digits(text: str, m: re.Match[str]) -> Quantity:
    low, high = parse_range(m.group())
    return Quantity(
        *m.span(), low, high, unit="%", dimension="ratio", canonical_value=low, canonical_unit="%", form="ratio"
    )


def _read_proportion(text: str, m: re.Match[str]) -> Quantity | None:
    before = text[max(0, m.start() - 18) : m.start()]
    if not any(word in before for word in ("比", "结构", "构成")):
        return None
    return Quantity(*m.span(), None, dimension="proportion", form="proportion")


def _quantity(
    text: str, start: int, end: int, value: Decimal, value_max: Decimal | None, unit: Unit, form: Form | None = None
) -> Quantity:
    return Quantity(
        start, end, value, value_max, unit.symbol, bound_around(text, start, end), unit.dimension,
        unit.to_canonical(value), unit.canonical, form or ("ratio" if unit.dimension == "ratio" else "amount"),
    )  # fmt: skip


_READERS: Final = {
    "number": _read_number, "rank": _read_rank, "fraction": _read_fraction,
    "tenths": _read_tenths, "digits": _read_digits, "proportion": _read_proportion,
}  # fmt: skip
