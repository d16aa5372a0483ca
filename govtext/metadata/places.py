"""Finds the division that a report is about: in its title, its issuer, its meeting, else the one it names most."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from govtext.metadata.passage import Passage, ReportText
from govtext.resources import read_table
from govtext.types import Found

_GOVERNMENT = re.compile(r"(?:人民)?政府")
_FOLLOWED = re.compile(
    r"$|\s|\d|第|人民|政府|街道|办事处|党工委|工委|机关|工作|国民|经济|社会|委员会|管理|管委|印发|关于|[\"“《(,，]"
    r"|[\u4e00-\u9fff]{2,10}(?:局|厅|委|委员会|办公室|中心)"
)
_STARTS = re.compile(r"^|年(?:度)?|[\s(\-—―–·]|在|代表|委托|中共|关于|发布|人民政府")
_STEM_SUFFIX = re.compile(
    r"(?:省|市|区|县|旗|盟|地区|特别行政区|(?:壮族|回族|维吾尔)?自治区|[\u4e00-\u9fff]{1,12}自治[州县旗])$"
)
_OWN_GOVERNMENT = re.compile(
    r"(?:代表|委托|向).{0,3}?([省市州区县旗])(?:人民)?政府|全([省市州区县旗])|([省市州区县旗])委"
)
_LEVEL_OF_SIGN = {
    "省": "province",
    "市": "prefecture",
    "州": "prefecture",
    "区": "county",
    "县": "county",
    "旗": "county",
}
_MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")


@dataclass(frozen=True, slots=True)
class Division:
    """A division named in a passage, offsets inside the passage."""

    name: str
    level: str
    start: int
    end: int


def find_place(passages: Iterable[Passage], report: ReportText) -> tuple[Found, str] | None:
    """The place and its level: the most specific division of the first passage that names one, else the most named."""
    for passage in passages:
        if division := find_division(passage.text):
            return passage.found(division.name, division.start, division.end), division.level
    return _most_named(report)


def find_division(text: str) -> Division | None:
    """The most specific division of the first chain of divisions in ``text``.

    >>> find_division("上海市浦东新区塘桥街道办事处2023年工作总结").name
    '塘桥街道'
    """
    for start in _STARTS.finditer(text):
        if chain := list(_chain(text, start.end())):
            return chain[-1]
    return None


def _chain(text: str, at: int) -> Iterator[Division]:
    """Divisions that stand one after the other from ``at`` on (``长沙县`` ``星沙街道``)."""
    while division := _known_division(text, at) or _unknown_division(text, at):
        yield division
        government = _GOVERNMENT.match(text, division.end)
        at = government.end() if government else division.end


def _known_division(text: str, at: int) -> Division | None:
    """The longest name of the code table at ``at``; a short form only before ``政府``."""
    names, stems = _names(), _stems()
    for length in range(min(14, len(text) - at), 1, -1):
        name = text[at : at + length]
        if name in names:
            return Division(name, names[name], at, at + length)
        if name in stems and _GOVERNMENT.match(text, at + length):
            return Division(name, stems[name], at, at + length)
    return None


def _unknown_division(text: str, at: int) -> Division | None:
    """A name by its ending, if what follows shows that the name is over."""
    for m in _suffix_pattern().finditer(text, at, at + 12):
        name = text[at : m.end()]
        if (
            len(name) - len(m[0]) >= 1
            and re.fullmatch("[\u4e00-\u9fff]{2,11}", name)
            and _FOLLOWED.match(text, m.end())
        ):
            return Division(name, _suffix_levels()[m[0]], at, m.end())
    return None


def _most_named(report: ReportText) -> tuple[Found, str] | None:
    """The division that the text names most among those of the level its own government has (``我代表市人民政府``)."""
    own = _OWN_GOVERNMENT.search(report.text[:20_000])
    if not own:
        return None
    level = _LEVEL_OF_SIGN[next(filter(None, own.groups()))]
    counts = {stem: report.text.count(stem) for stem, at in _stems().items() if at == level}
    ranked = sorted(counts, key=lambda stem: (-counts[stem], stem))[:2]
    if not ranked or counts[ranked[0]] < 3 or (counts[ranked[0]] < 1.5 * counts[ranked[-1]] and len(ranked) > 1):
        return None
    name = ranked[0]
    start = report.text.index(name)
    return report.passage(start, start + len(name)).found(name, 0, len(name)), level


@cache
def _names() -> dict[str, str]:
    """Level by full name; the highest one where a name is used twice."""
    names: dict[str, str] = {}
    for row in read_table("places"):
        if row["level"] != "zone":
            names.setdefault(row["name"], row["level"])
    return names


@cache
def _stems() -> dict[str, str]:
    """Level by short form of at least two characters (``长沙``), provinces before prefectures before counties."""
    order = ("province", "prefecture", "county")
    stems: dict[str, str] = {}
    for name, level in sorted(_names().items(), key=lambda item: order.index(item[1])):
        stem = _STEM_SUFFIX.sub("", name)
        if len(stem) >= 2:
            stems.setdefault(stem, level)
    return stems


@cache
def _suffix_levels() -> dict[str, str]:
    return {row["suffix"]: row["level"] for row in read_table("division_suffixes")}


@cache
def _suffix_pattern() -> re.Pattern[str]:
    return re.compile("|".join(sorted(_suffix_levels(), key=len, reverse=True)))
