"""Turns the quantities of a sentence into metric records: what is measured, how, when, and whether it is a result or a target."""

from __future__ import annotations

import re
from typing import Final

from govtext.metrics.quantities import Quantity, find_quantities
from govtext.types import Kind, Metric, SentenceContext

_CHANGE: Final = re.compile(r"(?:增长|增加|提高|提升|下降|降低|减少|增|降|上升|回落|压减|缩短)[了约近超过率至少]{0,3}$")
_LEFT: Final = re.compile(r"[^，,；;。：:！、\d%％]*$")
_RIGHT: Final = re.compile(r"[^，,；;。：:！、\d]*")


def find_metrics(text: str, context: SentenceContext = SentenceContext()) -> list[Metric]:
    """The metric records of one sentence, in order; offsets refer to ``text``.

    >>> [(m.indicator, m.value, m.unit) for m in find_metrics("粮食总产量12万吨。")]
    [('粮食总产量', Decimal('120000'), '吨')]
    """
    return [_record(text, quantity, context) for quantity in find_quantities(text)]


def _record(text: str, q: Quantity, context: SentenceContext) -> Metric:
    start, end = _indicator(text, q)
    return Metric(
        q.start, q.end, q.value, q.value_max, q.unit, q.bound,
        indicator=text[start:end], indicator_start=start if start < end else None, indicator_end=end if start < end else None,
        kind=_kind(text, q), status="planned" if context.part == "plan" else "achieved",
        canonical_value=q.canonical_value, canonical_unit=q.canonical_unit, dimension=q.dimension,
    )  # fmt: skip


def _indicator(text: str, q: Quantity) -> tuple[int, int]:
    left, right = _LEFT.search(text[: q.start]), _RIGHT.match(text, q.end)
    if right and right.group():
        return right.span()
    return left.span() if left else (0, 0)


def _kind(text: str, q: Quantity) -> Kind:
    if q.form == "rank":
        return "rank"
    if q.dimension == "ratio_points" or _CHANGE.search(text[max(0, q.start - 8) : q.start]):
        return "change"
    return "share" if q.dimension in {"ratio", "proportion"} else "level"
