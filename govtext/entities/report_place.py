"""The division that a report is about, from its metadata and from what its text speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

from govtext.entities.divisions import gazetteer, stem
from govtext.entities.place_names import COUNTRY, Match, chains, matches
from govtext.types import PlaceLink

LEAD = re.compile(
    r"^(?:中共|中国共产党|关于|[\d０-９〇○零一二三四五六七八九十]{4}年度?)+"
)  # what a title has before its place
BARE_ISSUER = re.compile(r"(自治州|市|州|盟|县|区|旗)(?:人民)?政府")  # a government that does not say whose it is
ENDINGS = {"州": "自治州"}
STRONG = 10.0  # a vote of the text counts from here, and if it is clear
CLEAR = 1.5  # times the next
OFTEN = 20  # more mentions than this say no more


def resolve_report_place(
    name: str | None, *, title: str = "", issuer: str = "", mentions: Iterable[str] = (), text: str = ""
) -> PlaceLink | None:
    """The division that a report is about, None where that stays open.

    ``name`` is the place as its metadata gives it (星沙街道, 涞水, 河北省保定市); without it issuer and title are read. A name that
    several divisions share is settled by the divisions above and below each that the fields, the report's place ``mentions``
    and its ``text`` name. Where the issuer is no more than 市人民政府, the text decides by what it speaks of most.

    >>> resolve_report_place("城关镇", mentions=["和林格尔县"]).path
    ('内蒙古自治区', '呼和浩特市', '和林格尔县', '城关镇')
    """
    if name == "全国" or name in COUNTRY:
        return PlaceLink("中国", None, "country", ("中国",), confidence=0.99)
    sources = [LEAD.sub("", s) for s in (name, issuer, title) if s]
    found: Sequence[Match] = next((m for source in sources if (m := _leading(source))), ())
    if (bare := BARE_ISSUER.match(issuer)) and (voted := _voted(text, bare[1], found)):
        return _link(voted, 0.85)
    return _settled([m.code for m in found], "\n".join((*sources, *mentions, text)))


def _settled(codes: Sequence[str], evidence: str) -> PlaceLink | None:
    """The one of several divisions that the evidence speaks for, else the highest if it is the only one of its level."""
    table = gazetteer()
    # 容城 is the county rather than its town 容城镇
    outermost = [c for c in codes if not set(table.lineage(c)[1:]).intersection(codes)]
    scores = {code: _support(code, evidence) for code in outermost}
    ranked = sorted(scores, key=lambda c: (-scores[c], table.rank(c)))
    if len(ranked) < 2:
        return _link(ranked[0], 0.97) if ranked else None
    best, second = ranked[:2]
    if scores[best] >= 2 and scores[best] >= CLEAR * scores[second]:
        return _link(best, 0.9, ranked)
    top = sorted(ranked, key=table.rank)
    if table.rank(top[0]) < min(4, table.rank(top[1])):
        return _link(top[0], 0.75, ranked)
    return None


def _leading(source: str) -> Sequence[Match]:
    """The divisions that a metadata field names: all of it, or its longest start (番禺区 of 番禺区卫生健康局)."""
    table = gazetteer()
    for cut in range(min(len(source), 30), 1, -1):
        found = chains(source[:cut]) or matches(source[:cut])
        if cut < len(source):
            found = tuple(m for m in found if m.form != "short" or table.rank(m.code) < 4)
        if found:
            return found
    return ()


def _support(code: str, evidence: str) -> float:
    """How much a text speaks of the surroundings of a division: names above it count 3, names below it 1 each."""
    table = gazetteer()
    score = 0.0
    for above in table.lineage(code)[1:]:
        score += 3.0 * _named(evidence, above) or 1.5 * _named(evidence, above, short=True)
    for below in table.children.get(code, ()):
        score += 1.0 * _named(evidence, below) or 0.5 * _named(evidence, below, short=True)
    return score


def _voted(text: str, kind: str, named: Sequence[Match]) -> str | None:
    """The division of a kind that a text speaks of by far the most, unless a place named in the metadata holds its own."""
    table = gazetteer()
    pairs = set(map("".join, pairwise(text)))
    codes = (c for c in _divisions_of(ENDINGS.get(kind, kind)) if table.divisions[c].name[:2] in pairs)
    scores = {c: score for c in codes if (score := _mentions(text, c))}
    ranked = sorted(scores, key=lambda c: -scores[c])
    if not ranked or scores[ranked[0]] < STRONG:
        return None
    best = ranked[0]
    rival = next((scores[c] for c in ranked[1:] if not table.within(c, best)), 0.0)
    held = max((scores.get(m.code, 0.0) for m in named), default=0.0)
    return best if scores[best] >= max(CLEAR * rival, 2 * CLEAR * held) else None


@cache
def _divisions_of(ending: str) -> tuple[str, ...]:
    """Divisions down to counties whose names end so."""
    divisions = gazetteer().divisions.items()
    return tuple(c for c, d in divisions if len(c) == 6 and d.level != "zone" and d.name.endswith(ending))


def _mentions(text: str, code: str) -> float:
    """Mentions of a division, and of those under it: three for each that the text names in full, one for a short form."""
    table = gazetteer()
    division = table.divisions[code]
    base = stem(division.name, division.level)
    count = text.count(base if len(base) >= 2 else division.name)
    below = (
        sum(3.0 * _named(text, c) or 1.0 * _named(text, c, short=True) for c in table.children.get(code, ()))
        if count
        else 0.0
    )
    if below < 2 and division.name not in text:  # 合作 is rather a word than 合作市
        return 0.0
    return min(count, OFTEN) + below


def _named(text: str, code: str, *, short: bool = False) -> bool:
    """Whether a text has the name of a division, or its short form (which for townships says too little)."""
    division = gazetteer().divisions[code]
    if not short:
        return division.name in text
    base = stem(division.name, division.level)
    return len(code) == 6 and len(base) >= 2 and base in text


def _link(code: str, confidence: float, candidates: Sequence[str] = ()) -> PlaceLink:
    division, path = gazetteer().divisions[code], gazetteer().path(code)
    return PlaceLink(division.name, code, division.level, path, candidates=tuple(candidates), confidence=confidence)
