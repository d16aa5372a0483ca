"""Says how a quantity measures its indicator: as a level, a change, a share or a rank; and which way a change goes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, Literal, cast

from govtext.metrics.links import shape_of
from govtext.metrics.quantities import Quantity
from govtext.metrics.weights import Weights
from govtext.metrics.words import filler_words
from govtext.types import Kind

Direction = Literal["up", "down"]
Features = list[str]

_CLAUSE: Final = re.compile(r"[，,；;。：:！？、]")
_RATE: Final = re.compile("率|比重|占比|比例|覆盖面|完成.{0,6}(?:任务|计划|目标)|占")
_NAMED_CHANGE: Final = re.compile("(?:[涨增降跌]幅|增速)[^率占比重]{0,8}$")  # a change by name: 涨幅控制在3%
# 增加66间 is by this much, 增加到66间 is not; 死亡率为0 is a share
_CHANGED_BY: Final = re.compile("(?:净增加?|增加|增长|减少|下降|压减|提高|缩短)(?:了|约|近|超过?|逾)?$")
_RATE_OF: Final = re.compile("率(?:分别|均|各|仅|已|约)?(?:为|是|达到?|控制在|保持在|稳定在|维持在)?(?:约|仅)?$")
_NAMED_RATE_OF_CHANGE: Final = re.compile("[增升减降]|回落|缩")
_UP: Final = re.compile(
    "增[长加幅速至到]?|提[高升]|上[升涨]|扩大|升|涨|翻|递增|前[进移]|净增|高于|快于|超出|高出|跃升|进位|多"
)
_DOWN: Final = re.compile(
    "下[降跌]|降[低幅至到]?|减[少排]?|回落|压[减缩]|缩[短减小]|精简|核减|削减|收窄|节[约省]|跌|低于|少|后退|负增长|退[后出]"
)


def find_kind(
    text: str, q: Quantity, link: tuple[int, int] | None, previous: tuple[Quantity, Kind] | None, weights: Weights
) -> Kind:
    """The kind of ``q``, linked to the stretch ``link``; ``previous`` is the quantity before it, with its kind."""
    if q.form == "proportion":
        return "share"
    clause = clause_before(text, q.start)
    if (q.form == "ratio" and _NAMED_CHANGE.search(clause)) or (q.form != "rank" and _CHANGED_BY.search(clause)):
        return "change"
    if q.form != "rank" and _RATE_OF.search(clause) and not _NAMED_RATE_OF_CHANGE.search(clause):
        return "share"
    if previous and q.unit == previous[0].unit and text[previous[0].end : q.start] in ("、", "和"):
        return previous[1]  # 分别为0.93‰、1.62‰
    return cast("Kind", weights.best(*(weights.sum_of(*group) for group in _groups(text, q, link, previous))))


def kind_features(
    text: str, q: Quantity, link: tuple[int, int] | None, previous: tuple[Quantity, Kind] | None
) -> Features:
    """Features of the kind of the quantity ``q`` that is linked to the stretch ``link``.

    ``previous`` is the quantity before it in the sentence, with its kind.
    """
    return [name for features, *key in _groups(text, q, link, previous) for name in features(*key)]


def _groups(
    text: str, q: Quantity, link: tuple[int, int] | None, previous: tuple[Quantity, Kind] | None
) -> list[tuple[Any, ...]]:
    """Functions that give a group of features each, with the values that alone settle the group."""
    shape, clause = shape_of(q), clause_before(text, q.start)
    indicator = text[link[0] : link[1]] if link else ""
    moves = "moves" if _direction(clause) else "still"
    rate = "rate" if _RATE.search(text, max(0, q.start - 24), q.start) or _RATE.search(indicator) else "other"
    groups: list[tuple[Any, ...]] = [
        (_measure_features, shape, q.unit, moves, rate),
        (_indicator_features, shape, moves, indicator[:2], indicator[-3:]),
        (_verb_features, shape, filler_words(clause)[-4:]),
        (_beside_features, shape, clause[-4:], text[q.end : q.end + 2]),
    ]
    if link:
        side = "B" if link[1] <= q.start else "A"
        between = text[link[1] : q.start] if side == "B" else ""
        groups.append((_distance_features, shape, side, between if len(between) <= 12 else None))
    if previous:
        gap = text[previous[0].end : q.start]
        groups.append((_previous_features, shape, previous[1], gap if len(gap) <= 4 else gap[:1]))
    return groups


def _measure_features(shape: str, unit: str | None, moves: str, rate: str) -> Features:
    return ["bias", shape, f"{shape}|{moves}", f"{shape}|{moves}|{rate}", f"{moves}|{rate}", f"unit={unit}"]


def _indicator_features(shape: str, moves: str, first: str, last: str) -> Features:
    names = [f"{moves}|i>{last[-1:]}", f"i<{first}", f"{shape}|i>{last[-1:]}", f"{shape}|i>{last[-2:]}"]
    return names + [f"i>{last[-n:]}" for n in (1, 2, 3)]


def _verb_features(shape: str, verbs: tuple[str, ...]) -> Features:
    last = verbs[-1] if verbs else ""
    return [
        f"last={last}",
        f"{shape}|last={last}",
        *(f"verb={v}" for v in verbs),
        *(f"{shape}|verb={v}" for v in verbs),
    ]


def _beside_features(shape: str, before: str, after: str) -> Features:
    names = [f"<{before[-n:]}" for n in (1, 2, 3, 4)] + [f"{shape}<{before[-n:]}" for n in (1, 2)]
    return [*names, f">{after[:1]}", f">{after[:2]}", f"{shape}>{after[:1]}"]


def _distance_features(shape: str, side: str, between: str | None) -> Features:
    names = [f"side={side}|{shape}"]
    return names if between is None else [*names, f"between={between}", f"{shape}|between={between}"]


def _previous_features(shape: str, kind: str, gap: str) -> Features:
    return [f"prev={kind}|{shape}", f"prev={kind}|{shape}|{gap}"]


def direction_of(text: str, q: Quantity) -> Direction | None:
    """Which way a change goes, by the last word of change before the quantity (or right after it).

    >>> from govtext.metrics.quantities import find_quantities
    >>> [direction_of("能耗下降3.5%", q) for q in find_quantities("能耗下降3.5%")]
    ['down']
    """
    return _direction(clause_before(text, q.start))


@lru_cache(maxsize=1 << 14)
def _direction(clause: str) -> Direction | None:
    up = max((m.end() for m in _UP.finditer(clause)), default=-1)
    down = max((m.end() for m in _DOWN.finditer(clause)), default=-1)
    if up == down == -1:
        return None
    return "up" if up > down else "down"


def clause_before(text: str, start: int, *, reach: int = 24) -> str:
    """What stands before a place in its clause."""
    return _CLAUSE.split(text[max(0, start - reach) : start])[-1]
