"""Says how a quantity measures its indicator: as a level, a change, a share or a rank; and which way a change goes."""

from __future__ import annotations

import re
from typing import Final, Literal, cast

from govtext.metrics.quantities import Quantity
from govtext.metrics.weights import Weights
from govtext.metrics.words import filler_words
from govtext.types import Kind

Direction = Literal["up", "down"]

_CLAUSE: Final = re.compile(r"[，,；;。：:！？、]")
_RATE: Final = re.compile("率|比重|占比|比例|覆盖面|完成.{0,6}(?:任务|计划|目标)|占")
_UP: Final = re.compile(
    "增[长加幅速至到]?|提[高升]|上[升涨]|扩大|升|涨|翻|递增|前[进移]|净增|高于|快于|超出|高出|跃升|进位|多"
)
_DOWN: Final = re.compile(
    "下[降跌]|降[低幅至到]?|减[少排]?|回落|压[减缩]|缩[短减小]|精简|核减|削减|收窄|节[约省]|跌|低于|少|后退|负增长|退[后出]"
)


def find_kind(
    text: str, q: Quantity, link: tuple[int, int] | None, previous: tuple[Quantity, str] | None, weights: Weights
) -> Kind:
    """The kind of ``q``, linked to the stretch ``link``; ``previous`` is the quantity before it, with its kind."""
    if q.form == "proportion":
        return "share"
    return cast("Kind", weights.best(kind_features(text, q, link, previous)))


def kind_features(
    text: str, q: Quantity, link: tuple[int, int] | None, previous: tuple[Quantity, str] | None
) -> list[str]:
    """Features of the kind of the quantity ``q`` that is linked to the stretch ``link``.

    ``previous`` is the quantity before it in the sentence, with its kind.
    """
    shape = q.form if q.form != "amount" else q.dimension or "bare"
    clause = clause_before(text, q)
    indicator = text[slice(*link)] if link else ""
    verbs = filler_words(clause)
    last = verbs[-1] if verbs else ""
    after = text[q.end : q.end + 3]
    moves = "moves" if _UP.search(clause) or _DOWN.search(clause) else "still"
    rate = "rate" if _RATE.search(text, max(0, q.start - 24), q.start) or _RATE.search(indicator) else "other"
    names = [
        "bias",
        shape,
        f"{shape}|{moves}",
        f"{shape}|{moves}|{rate}",
        f"{moves}|{rate}",
        f"{moves}|i>{indicator[-1:]}",
    ]
    names += [f"unit={q.unit}", f"last={last}", f"{shape}|last={last}"]
    names += [f"verb={v}" for v in verbs[-4:]] + [f"{shape}|verb={v}" for v in verbs[-4:]]
    names += [f"<{clause[-n:]}" for n in (1, 2, 3, 4)] + [f"{shape}<{clause[-n:]}" for n in (1, 2)]
    names += [f"i>{indicator[-n:]}" for n in (1, 2, 3)] + [f"{shape}|i>{indicator[-1:]}", f"{shape}|i>{indicator[-2:]}"]
    names += [f"i<{indicator[:2]}", f">{after[:1]}", f">{after[:2]}", f"{shape}>{after[:1]}"]
    if link:
        names.append(f"side={'B' if link[1] <= q.start else 'A'}|{shape}")
        between = text[link[1] : q.start] if link[1] <= q.start else ""
        if len(between) <= 12:
            names += [f"between={between}", f"{shape}|between={between}"]
    if previous:
        gap = text[previous[0].end : q.start]
        names += [f"prev={previous[1]}|{shape}", f"prev={previous[1]}|{shape}|{gap if len(gap) <= 4 else gap[:1]}"]
    return names


def direction_of(text: str, q: Quantity) -> Direction | None:
    """Which way a change goes, by the last word of change before the quantity (or right after it).

    >>> from govtext.metrics.quantities import find_quantities
    >>> [direction_of("能耗下降3.5%", q) for q in find_quantities("能耗下降3.5%")]
    ['down']
    """
    clause = clause_before(text, q)
    up = max((m.end() for m in _UP.finditer(clause)), default=-1)
    down = max((m.end() for m in _DOWN.finditer(clause)), default=-1)
    if up == down == -1:
        return None
    return "up" if up > down else "down"


def clause_before(text: str, q: Quantity, *, reach: int = 24) -> str:
    """What stands before the quantity in its clause."""
    left = text[max(0, q.start - reach) : q.start]
    cut = max((m.end() for m in _CLAUSE.finditer(left)), default=0)
    return left[cut:]
