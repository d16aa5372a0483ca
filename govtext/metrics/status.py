"""Says whether a metric reports what was achieved or sets what is planned, from its words, its sentence and its section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from govtext.metrics.kinds import clause_before
from govtext.metrics.quantities import Quantity
from govtext.metrics.weights import Weights
from govtext.types import SentenceContext

_SHARED: Final = 0.8  # how much the mean of the sentence counts beside a quantity's own words
_TARGETS: Final = re.compile("(?:预期|奋斗|发展|工作|约束性)(?:性)?(?:指标|目标)[^，。；完]{0,6}?(?:是|为|[:：])")
_CUE: Final = re.compile(
    "力争|确保|计划|将|要|争取|预计|预期|目标|拟|完成|实现|已|累计|同比|较上年|比上年|全年|今年|明年|去年|年底|年内|到20[0-9]{2}年|新增|达到?了?|"
    "突破|超过|以上|左右|不低于|不少于|努力|推动|推进|加快|启动|建成|建设|开工|竣工|获评|入选|荣获|首次|成功|连续|位居|居|五年来|一年来|过去|"
    "今后|未来|下一步|继续|进一步|再|新建|改造|培育|打造|实施|开展|落实|支持|深化|加强|提升|抓好|做好|谋划|储备|招引|持续|稳步|圆满|全面|全力|着力|大力"
)
_YEAR: Final = re.compile("(?:19|20)[0-9]{2}(?=年)")


def find_statuses(
    text: str, quantities: Sequence[Quantity], context: SentenceContext, weights: Weights
) -> list[Literal["achieved", "planned"]]:
    """The status of each quantity of a sentence; they mostly share it, so each one hears the others."""
    leanings = []
    for q in quantities:
        scores = weights.scores(status_features(text, q, context))
        leanings.append(scores["planned"] - scores["achieved"])
    announced = _TARGETS.search(text)
    mean = sum(leanings) / max(len(leanings), 1)
    return [
        "planned"
        if (announced and announced.end() <= q.start) or _SHARED * mean + (1 - _SHARED) * own > 0
        else "achieved"
        for q, own in zip(quantities, leanings, strict=True)
    ]


def status_features(text: str, q: Quantity | None, context: SentenceContext) -> list[str]:
    """Features of the status of ``q``, or of the sentence as a whole where ``q`` is None."""
    names = ["bias", f"part={context.part}", *_sentence(text, context), *_heads(context)]
    names += [f"before:{c}" for c in set(_CUE.findall(context.previous))]
    names += [f"after:{c}" for c in set(_CUE.findall(context.following))]
    return names + (_local(text, q, context) if q else [])


def _sentence(text: str, context: SentenceContext) -> list[str]:
    cues = _CUE.findall(text)
    names = [f"cue={c}" for c in set(cues)] + [f"{context.part}|cue={c}" for c in set(cues)]
    if cues:
        names.append(f"first={cues[0]}")
    names += [f"^{text[:n]}" for n in (1, 2, 3, 4)]
    names += [f"2:{text[i : i + 2]}" for i in range(len(text) - 1)]
    names += [f"year={_relation(int(y), context)}" for y in set(_YEAR.findall(text))]
    return [*names, f"position={int(context.position * 8)}"]


def _heads(context: SentenceContext) -> list[str]:
    heads = " ".join(context.heads)
    names = [f"h:{heads[i : i + 2]}" for i in range(len(heads) - 1)]
    return names + [f"hyear={_relation(int(y), context)}" for y in set(_YEAR.findall(heads))]


def _local(text: str, q: Quantity, context: SentenceContext) -> list[str]:
    clause = clause_before(text, q)
    after = text[q.end : q.end + 2]
    names = [f"q<{clause[-n:]}" for n in (1, 2, 3)] + [f"q>{after}", f"q>{after[:1]}"]
    names += [f"q:{c}" for c in _CUE.findall(clause)]
    return [*names, f"{context.part}|q>{after}"]


def _relation(year: int, context: SentenceContext) -> str:
    if context.year is None:
        return "unknown"
    return str(max(-2, min(3, year - context.year)))
