"""Finds the division that a report is about: in its title, its issuer, its meeting, else the one it names most."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from govtext.metadata.passage import Passage, ReportText
from govtext.resources import read_table
from govtext.types import Found

_GOVERNMENT = re.compile(r"(?:人民)?政府")
_AFTER_SHORT_FORM = re.compile(r"(?:\d{4}年度?)?(?:人民)?政府")
_OUTER = re.compile(r"(.{1,8}[省市区县旗州镇乡])(?=.{3})")
_FOLLOWED = re.compile(
    r"$|\s|\d|第|人民|政府|办事处|党工委|工委|机关|工作|国民|经济|社会|委员会|管理|管委|印发|关于|[\"“《(（,，]"
    r"|[\u4e00-\u9fff]{2,10}(?:局|厅|委|委员会|办公室|中心)"
)
_STARTS = re.compile(r"年(?:度)?|[\s(（\-—―–·]|在|代表|委托|中共|关于|发布|人民政府")
_ASIDE = re.compile(r"\s{0,9}[(（][^()（）]{1,12}[)）]")
_NAME = re.compile(r"(?:(?!关于)[^\W\d_a-zA-Z在的第年])+")
_OWN = re.compile(r"(?:代表|委托|向).{0,3}?([省市州区县旗])(?:人民)?政府")
_WHOLE = re.compile(r"[全我]([省市州区县旗街镇乡])(?!部|域|体|都)")
_TOWNSHIP = re.compile(r"(?:街道|[镇乡])")
_WORDS = frozenset(["合作"])  # a word of every report, and a city in Gansu
_LEAST = 3  # times that a text names its own division at least
_LEAD = 1.2  # how many times as often as any other


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
    """The most specific division of the first chain of divisions in ``text``; names of the code table go first.

    >>> find_division("上海市浦东新区塘桥街道办事处2023年工作总结").name
    '塘桥街道'
    """
    aside = _ASIDE.match(text)
    return (_find_from(text, aside.end()) if aside else None) or _find_from(text, 0)


def _find_from(text: str, begin: int) -> Division | None:
    starts = [begin, *(start.end() for start in _STARTS.finditer(text, begin))]
    for first, places in (
        (_known_division, starts),
        (_full_name, range(begin, len(text))),
        (_unknown_division, starts),
    ):
        for at in places:
            if division := first(text, at):
                return list(_chain(text, division))[-1]
    return None


def _chain(text: str, division: Division | None) -> Iterator[Division]:
    """Divisions that stand one after the other (``长沙县`` ``星沙街道``)."""
    while division:
        yield division
        government = _GOVERNMENT.match(text, division.end)
        at = government.end() if government else division.end
        division = _known_division(text, at) or _unknown_division(text, at)


def _known_division(text: str, at: int) -> Division | None:
    """The longest name of the code table at ``at``; a short form only before ``政府``."""
    names, stems = _names(), _stems()
    for length in range(min(14, len(text) - at), 1, -1):
        name = text[at : at + length]
        if name in names:
            return Division(name, names[name], at, at + length)
        if name in stems and _AFTER_SHORT_FORM.match(text, at + length):
            return Division(name, stems[name], at, at + length)
    return None


def _full_name(text: str, at: int) -> Division | None:
    """A name of the code table with its ending, three characters or more, so that it tells a division anywhere."""
    division = _known_division(text, at)
    return division if division and division.name in _names() and len(division.name) > 2 else None


def _unknown_division(text: str, at: int) -> Division | None:
    """A name by its ending, if what follows shows that the name is over; of ``青禾区云岭街道`` the second part."""
    for m in _suffix_pattern().finditer(text, at, at + 12):
        name = text[at : m.end()]
        if len(m[0]) < len(name) <= 11 and _NAME.fullmatch(name) and _FOLLOWED.match(text, m.end()):
            outer = _OUTER.match(name)
            start = at + (outer.end() if outer else 0)
            return Division(text[start : m.end()], _suffix_levels()[m[0]], start, m.end())
    return None


def _most_named(report: ReportText) -> tuple[Found, str] | None:
    """The division that the text names most, of the kind that it calls its own (``我代表市人民政府``, ``全县``)."""
    sign = _own_sign(report.text)
    if sign is None:
        return None
    counts = _count_townships(report.text) if sign in "街镇乡" else _count_divisions(report.text, sign)
    (name, most), (_, next_most) = (*counts.most_common(2), ("", 0), ("", 0))[:2]
    if most < (1 if name.endswith("街道") and not next_most else _LEAST) or most < _LEAD * next_most:
        return None
    start = report.text.index(name)
    full = _by_sign().get(sign, {}).get(name, name)
    level = _names().get(full) or _suffix_levels()[name[-2:] if name.endswith("街道") else name[-1]]
    return report.passage(start, start + len(name)).found(name, 0, len(name)), level


def _count_divisions(text: str, sign: str) -> Counter[str]:
    """How often each division with the ending ``sign`` is named, by its short form.

    Short forms of counties are everyday words now and then, so their full name must stand in the text too.
    """
    divisions = _by_sign().get(sign, {})
    pairs = set(map("".join, pairwise(text)))
    stems = (stem for stem in divisions if stem[:2] in pairs and stem not in _WORDS)
    counts = Counter({stem: n for stem in stems if (n := _count(text, stem))})
    for stem in list(counts):
        counts[stem] -= sum(n for longer, n in counts.items() if stem in longer and stem != longer)
        if sign in "区县旗" and divisions[stem] not in text:
            del counts[stem]
    return counts


def _count(text: str, name: str) -> int:
    """How often a name stands in the text; one of two characters with its ending (``易县``) only where a word begins."""
    if name not in text or name[-1] not in "区县旗":
        return text.count(name)
    return len(re.findall(rf"(?:(?<![\u4e00-\u9fff])|(?<=[在了把为对使向是让]))(?:{name})", text))


def _own_sign(text: str) -> str | None:
    """The ending of the division that speaks: ``我代表市人民政府``, else what ``全…`` and ``我…`` name most."""
    if own := _OWN.search(text, 0, 2000):
        return own[1]
    whole = Counter(m[1] for m in _WHOLE.finditer(text)).most_common(1)
    if whole and whole[0][1] >= _LEAST:
        return whole[0][0]
    return "街" if text.count("街道") > 1 else None


def _count_townships(text: str) -> Counter[str]:
    """How often each street, town and township of the code table is named."""
    names, counts = _townships(), Counter[str]()
    for m in _TOWNSHIP.finditer(text):
        for length in range(7, 1, -1):
            name = text[max(0, m.end() - length) : m.end()]
            if name in names:
                counts[name] += 1
                break
    return counts


@cache
def _names() -> dict[str, str]:
    """Level by full or former name; the highest level where a name is used twice."""
    names: dict[str, str] = {}
    codes: dict[str, str] = {}
    for row in read_table("places"):
        if row["level"] != "zone":
            names.setdefault(row["name"], row["level"])
            codes[row["code"]] = row["level"]
    for row in read_table("place_aliases"):
        level = codes.get(row["codes"].split()[0])
        if level and len(row["name"]) > 2:
            names.setdefault(row["name"], level)
    for name, level in list(names.items()):
        if "自治" in name and level != "province" and len(stem := _stem(name)) > 1:
            names.setdefault(stem + name[-1], level)
    return names


@cache
def _stems() -> dict[str, str]:
    """Level by short form of at least two characters (``长沙``), provinces before prefectures before counties."""
    order = ("province", "prefecture", "county")
    stems: dict[str, str] = {}
    for name, level in sorted(_names().items(), key=lambda item: order.index(item[1])):
        if len(stem := _stem(name)) >= 2:
            stems.setdefault(stem, level)
    return stems


@cache
def _by_sign() -> dict[str, dict[str, str]]:
    """Full names by last character and short form: ``市`` to ``长沙`` to ``长沙市``."""
    signs: dict[str, dict[str, str]] = {}
    for name in _names():
        stem = _stem(name)
        signs.setdefault(name[-1], {}).setdefault(stem if len(stem) > 1 else name, name)
    return signs


def _stem(name: str) -> str:
    """A division's name without its ending and without ethnic names."""
    stem = _stem_suffix().sub("", name)
    while "自治" in name and (shorter := _ethnic_suffix().sub("", stem)) not in ("", stem):
        stem = shorter
    return stem


@cache
def _townships() -> frozenset[str]:
    """Names of streets, towns and townships; entries of the code table that are nothing but an ending are left out."""
    entries = (entry for row in read_table("places") for entry in row["townships"].split())
    return frozenset(entry[3:] for entry in entries if not _TOWNSHIP.fullmatch(entry[3:]))


@cache
def _suffix_levels() -> dict[str, str]:
    return {row["suffix"]: row["level"] for row in read_table("division_suffixes")}


@cache
def _suffix_pattern() -> re.Pattern[str]:
    return re.compile("|".join(sorted(_suffix_levels(), key=len, reverse=True)))


@cache
def _stem_suffix() -> re.Pattern[str]:
    return re.compile(f"(?:{_suffix_pattern().pattern})$")


@cache
def _ethnic_suffix() -> re.Pattern[str]:
    names = sorted((row["name"] for row in read_table("ethnic_groups")), key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(names)})$")
