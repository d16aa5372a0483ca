"""Says whether a metric reports what was achieved or sets what is planned, from its words, its sentence and its section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, Literal

from govtext.metrics.kinds import clause_before
from govtext.metrics.quantities import Quantity
from govtext.metrics.weights import Weights
from govtext.types import SentenceContext

_PAIR: Final = "2:"  # begins the name of the feature of two neighbouring characters
_SHARED: Final = 0.8  # how much the mean of the sentence counts beside a quantity's own words
_TARGETS: Final = re.compile("(?:预期|奋斗|发展|工作|约束性)(?:性)?(?:指标|目标)[^，。；完]{0,6}?(?:是|为|[:：])")
_OF_TARGET: Final = re.compile(
    "(?:左右|以上|以内)?的?(?:(?:年初|年度|全年|既定|预期|预定|计划|省定|规划|任务|增长|工作|奋斗|发展|约束性|控制)的?){0,3}目标"
)
_CUE: Final = re.compile(
    "(?=[力确计将要争预目拟完实已累同较比全今明去年到新达突超以左不努推加启建开竣获入荣首成连位居五一过未下继进再改培打支深提抓做谋储招持稳圆着大落])(?:"
    "力争|确保|计划|将|要|争取|预计|预期|目标|拟|完成|实现|已|累计|同比|较上年|比上年|全年|今年|明年|去年|年底|年内|到20[0-9]{2}年|新增|达到?了?|"
    "突破|超过|以上|左右|不低于|不少于|努力|推动|推进|加快|启动|建成|建设|开工|竣工|获评|入选|荣获|首次|成功|连续|位居|居|五年来|一年来|过去|"
    "今后|未来|下一步|继续|进一步|再|新建|改造|培育|打造|实施|开展|落实|支持|深化|加强|提升|抓好|做好|谋划|储备|招引|持续|稳步|圆满|全面|全力|着力|大力)"
)
_YEAR: Final = re.compile("(?:19|20)[0-9]{2}(?=年)")


def find_statuses(
    text: str, quantities: Sequence[Quantity], context: SentenceContext, weights: Weights
) -> list[Literal["achieved", "planned"]]:
    """The status of each quantity of a sentence; they mostly share it, so each one hears the others."""
    whole = _leaning(weights.scores(_sentence(text, context))) + _leaning(weights.scores_of_pairs(_PAIR, text))
    whole += sum(_leaning(weights.sum_of(*group)) for group in _groups(context))
    leanings = [whole + _leaning(weights.sum_of(*_local_group(text, q, context))) for q in quantities]
    announced = _TARGETS.search(text)
    mean = sum(leanings) / max(len(leanings), 1)
    return [
        "planned"
        if (announced and announced.end() <= q.start) or _SHARED * mean + (1 - _SHARED) * own > 0
        else "achieved"
        for q, own in zip(quantities, leanings, strict=True)
    ]


def quotes_target(text: str, q: Quantity) -> bool:
    """Whether a ratio is itself a target that something is held against, also in a report of results.

    >>> from govtext.metrics.quantities import find_quantities
    >>> text = "产值增长9%，超出年初8%的预期目标。"
    >>> [quotes_target(text, q) for q in find_quantities(text)]
    [False, True]
    """
    return q.form == "ratio" and bool(_OF_TARGET.match(text, q.end))


def _leaning(scores: tuple[float, ...]) -> float:
    achieved, planned = scores
    return planned - achieved


def status_features(text: str, q: Quantity | None, context: SentenceContext) -> list[str]:
    """Features of the status of ``q``, or of the sentence as a whole where ``q`` is None."""
    groups = _groups(context) + ([_local_group(text, q, context)] if q else [])
    pairs = [f"{_PAIR}{a}{b}" for a, b in pairwise(text)]
    return _sentence(text, context) + pairs + [name for features, *key in groups for name in features(*key)]


def _groups(context: SentenceContext) -> list[tuple[Any, ...]]:
    """Functions that give a group of features of a sentence each, with the values that alone settle the group."""
    return [
        (_heads, context.heads, context.year),
        (_neighbour, "before", context.previous),
        (_neighbour, "after", context.following),
    ]


def _local_group(text: str, q: Quantity, context: SentenceContext) -> tuple[Any, ...]:
    return _local, clause_before(text, q.start), text[q.end : q.end + 2], context.part


@lru_cache(maxsize=1 << 12)
def _cues(text: str) -> tuple[str, ...]:
    return tuple(_CUE.findall(text))


def _sentence(text: str, context: SentenceContext) -> list[str]:
    cues = _cues(text)
    different = dict.fromkeys(cues)
    names = [
        "bias",
        f"part={context.part}",
        *(f"cue={c}" for c in different),
        *(f"{context.part}|cue={c}" for c in different),
    ]
    if cues:
        names.append(f"first={cues[0]}")
    names += [f"^{text[:n]}" for n in (1, 2, 3, 4)]
    names += [f"year={_relation(y, context.year)}" for y in set(_YEAR.findall(text))]
    return [*names, f"position={int(context.position * 8)}"]


def _neighbour(where: str, text: str) -> list[str]:
    return [f"{where}:{c}" for c in dict.fromkeys(_cues(text))]


def _heads(heads: tuple[str, ...], year: int | None) -> list[str]:
    words = " ".join(heads)
    names = [f"h:{words[i : i + 2]}" for i in range(len(words) - 1)]
    return names + [f"hyear={_relation(y, year)}" for y in set(_YEAR.findall(words))]


def _local(clause: str, after: str, part: str | None) -> list[str]:
    names = [f"q<{clause[-n:]}" for n in (1, 2, 3)] + [f"q>{after}", f"q>{after[:1]}"]
    return [*names, *(f"q:{c}" for c in _CUE.findall(clause)), f"{part}|q>{after}"]


def _relation(year: str, reported: int | None) -> str:
    return "unknown" if reported is None else str(max(-2, min(3, int(year) - reported)))
