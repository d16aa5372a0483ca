"""Turns the quantities of a sentence into metric records: what is measured, how, when, and whether it is a result or a target."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, Literal

from govtext.metrics.indicators import indicator_id, indicators
from govtext.metrics.kinds import direction_of, find_kind
from govtext.metrics.linking import Span, link_quantities
from govtext.metrics.model import MetricModel, packaged_model
from govtext.metrics.periods import resolve_baseline, resolve_period
from govtext.metrics.quantities import Quantity, find_quantities
from govtext.metrics.status import find_statuses, quotes_target
from govtext.metrics.units import units
from govtext.types import Kind, Metric, SentenceContext

NO_CONTEXT: Final = SentenceContext()

_MONEY_NAME: Final = re.compile(
    r"(?:投资|资金|收入|产值|总额|金额|额|税收?|款|费|支出|营收|利润|增加值|资产|债券?|补贴|内资|外资|贷|GDP|生产总值|成本)$"
)
_PEOPLE_NAME: Final = re.compile(r"(?:人口|群众|人员|人数|居民|劳动力|职工|学生|农民|老人|用户数?)$")
_SHARED_TAIL: Final = re.compile(
    r"[、和及与](?P<last>[^、和及与，,；;。]{3,20}?)(?=分别|各|均|同比|比|较|增|下|达|为|提高|突破|[^一-龥])"
)


def find_metrics(text: str, context: SentenceContext = NO_CONTEXT, *, model: MetricModel | None = None) -> list[Metric]:
    """The metric records of one sentence, in order; offsets refer to ``text``.

    ``context`` is what is known of the sentence beside its words: headings, review or plan part, years. ``model`` are
    the learned parameters, those of the package by default. A bare magnitude (``84.84亿``) takes the unit that its
    indicator implies, if any.

    >>> [(m.indicator, m.value, m.unit, m.kind) for m in find_metrics("粮食总产量12万吨，增长3%。")]
    [('粮食总产量', Decimal('120000'), '吨', 'level'), ('粮食总产量', Decimal('3'), '%', 'change')]
    """
    return find_all_metrics([text], [context], model=model)[0]


def find_all_metrics(
    texts: Sequence[str], contexts: Iterable[SentenceContext], *, model: MetricModel | None = None
) -> list[list[Metric]]:
    """``find_metrics`` of many sentences, several times as fast as one by one; the records are the same.

    >>> [len(found) for found in find_all_metrics(["造林3万亩。", "加强学习。"], [SentenceContext()] * 2)]
    [1, 0]
    """
    model = model or packaged_model()
    quantities = [list(find_quantities(text)) for text in texts]
    known = [(text, context, qs) for text, context, qs in zip(texts, contexts, quantities, strict=True) if qs]
    links = iter(link_quantities([(text, qs) for text, _, qs in known], model.linker))
    found = (_measure(text, qs, next(links), context, model) for text, context, qs in known)
    return [next(found) if qs else [] for qs in quantities]


def _measure(
    text: str,
    quantities: Sequence[Quantity],
    links: Sequence[Span | None],
    context: SentenceContext,
    model: MetricModel,
) -> list[Metric]:
    """The records of the quantities of a sentence that are linked to these stretches."""
    statuses = find_statuses(text, quantities, context, model.status)
    found: list[Metric] = []
    previous: tuple[Quantity, Kind] | None = None
    for q, link, status in zip(quantities, links, statuses, strict=True):
        inside = _in_cell(text, link)
        kind = find_kind(text, q, inside, previous, model.kinds)
        found.append(_with_implied_unit(_record(text, q, inside, kind, status, context)))
        previous = q, kind
    return found


def _in_cell(text: str, link: Span | None) -> Span | None:
    """The part of a stretch before the edge of a table's cell."""
    if link is None:
        return None
    words = text[link[0] : link[1]].partition("|")[0].rstrip()
    return (link[0], link[0] + len(words)) if words else None


def _record(
    text: str,
    q: Quantity,
    link: Span | None,
    kind: Kind,
    status: Literal["achieved", "planned"],
    context: SentenceContext,
) -> Metric:
    start, end = link or (None, None)
    period = resolve_period(text, q.start, context, status=status)
    ahead = period and context.year and int(period[:4]) > context.year and f"到{period[:4]}年" in text[: q.start]
    if ahead or quotes_target(text, q):  # a target quoted in a review is of the year reviewed
        status = "planned"
    change = kind == "change"
    return Metric(
        q.start, q.end, q.value, q.value_max, q.unit, q.bound,
        indicator=text[start:end] if link else "", indicator_start=start, indicator_end=end,
        indicator_id=canonical_id(text, link) if link else None,
        kind=kind, direction=direction_of(text, q) if change else None, status=status,
        period=period, baseline=resolve_baseline(text, q.start, period, context) if change else None,
        canonical_value=q.canonical_value, canonical_unit=q.canonical_unit, dimension=q.dimension,
    )  # fmt: skip


def canonical_id(text: str, link: Span) -> str | None:
    """The canonical indicator of a linked stretch; the first of ``城镇居民和农村居民人均可支配收入`` takes the last one's tail."""
    mention = text[slice(*link)]
    new = text[max(0, link[0] - 2) : link[0]]
    if new in {"新增", "净增"} and (found := indicator_id(f"新增{mention}")):
        return found
    if found := indicator_id(mention):
        return found
    following = _SHARED_TAIL.match(text, link[1])
    if following is None:
        return None
    last = following["last"]
    return next((i for n in range(2, len(last)) if (i := indicator_id(mention + last[n:]))), None)


def _with_implied_unit(m: Metric) -> Metric:
    if m.unit is not None or m.value is None or m.value < 1000:
        return m
    known = indicators().get(m.indicator_id or "")
    name = (
        known.unit
        if known
        else "元"
        if _MONEY_NAME.search(m.indicator)
        else "人"
        if _PEOPLE_NAME.search(m.indicator)
        else None
    )
    unit = units().get(name or "")
    if unit is None:
        return m
    return replace(
        m,
        unit=unit.symbol,
        dimension=unit.dimension,
        canonical_value=unit.to_canonical(m.value),
        canonical_unit=unit.canonical,
    )
