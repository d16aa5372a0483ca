"""The administrative divisions of China: their codes, names, ancestry, and the short and former names they go by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple

from govtext.resources import read_table

Form = Literal["full", "alias", "variant", "short", "chain"]

PROVINCE_SUFFIXES = ("特别行政区", "自治区", "省", "市")
PREFECTURE_SUFFIXES = ("自治州", "地区", "市", "盟")
COUNTY_SUFFIXES = ("自治县", "自治旗", "林区", "特区", "新区", "区", "县", "市", "旗")
TOWNSHIP_SUFFIXES = ("街道", "民族乡", "地区", "苏木", "镇", "乡")
SUFFIXES = {
    "province": PROVINCE_SUFFIXES,
    "prefecture": PREFECTURE_SUFFIXES,
    "county": COUNTY_SUFFIXES,
    "township": TOWNSHIP_SUFFIXES,
    "zone": (),
}
RANK = {"country": 0, "province": 1, "prefecture": 2, "county": 3, "zone": 3, "township": 4}
ETHNIC_ENDINGS = ("族", "蒙古", "维吾尔", "哈萨克", "锡伯", "塔吉克", "柯尔克孜")
AUTONOMOUS = {"自治州": "州", "自治县": "县", "自治旗": "旗", "族乡": "乡"}
# the words that name a division by its kind alone (县 in 县委), and how its official name ends
RELATIVE_ENDINGS = {
    "自治区": ("自治区",),
    "自治州": ("自治州",),
    "街道": ("街道",),
    "省": ("省", "自治区"),
    "市": ("市",),
    "州": ("自治州",),
    "盟": ("盟",),
    "县": ("县",),
    "区": ("区",),
    "旗": ("旗",),
    "镇": ("镇",),
    "乡": ("乡",),
}
RELATIVE_KINDS = tuple(RELATIVE_ENDINGS)
# what a zone of one kind is called in full, and in short
ZONE_KINDS = (
    ("高新区", ("高新技术产业开发区", "高新技术产业园区", "高技术产业开发区", "高新技术开发区", "高新技术产业区", "高新开发区")),
    ("经开区", ("经济技术开发区", "经济开发区", "经济技术产业开发区")),
)  # fmt: skip


class Division(NamedTuple):
    """One division: ``code`` has six digits, nine for a township; ``parent`` is the code above it."""

    code: str
    name: str
    level: str  # province | prefecture | county | township | zone
    parent: str | None


def without_ethnic_groups(name: str) -> str:
    """Drop the ethnic groups that end a name; a name that is nothing else keeps the last one without 族.

    >>> without_ethnic_groups("黔西南布依族苗族"), without_ethnic_groups("鄂温克族")
    ('黔西南', '鄂温克')
    """
    groups = ethnic_groups()
    while group := next((g for g in groups if name.endswith(g)), None):
        if len(name) - len(group) < 2:  # 东乡族自治县, 内蒙古自治区
            return name.removesuffix("族")
        name = name[: -len(group)]
    return name


@cache
def ethnic_groups() -> tuple[str, ...]:
    """Names of ethnic groups, longest first."""
    return tuple(sorted((row["name"] for row in read_table("ethnic_groups")), key=len, reverse=True))


@lru_cache(maxsize=1 << 16)
def stem(name: str, level: str) -> str:
    """The name without the word for its kind and without ethnic groups; "" if nothing is left that names it.

    >>> stem("长沙县", "county"), stem("恩施土家族苗族自治州", "prefecture"), stem("麻陇彝族乡", "township")
    ('长沙', '恩施', '麻陇')
    """
    base = suffix = ""
    for suffix in SUFFIXES[level]:
        if name.endswith(suffix):
            base = name[: -len(suffix)]
            if len(base) >= 2:
                break
    if not base or suffix in ("特别行政区", "街道", "镇", "地区", "苏木", "省", "盟"):
        return base
    return without_ethnic_groups(base) if base.endswith(ETHNIC_ENDINGS) else base


def short_forms(name: str, level: str) -> Iterator[str]:
    """Forms of at least two characters that the official name is shortened to.

    >>> sorted(short_forms("恩施土家族苗族自治州", "prefecture"))
    ['恩施', '恩施州']
    """
    base = stem(name, level)
    if len(base) >= 2:
        yield base
    if base and ("自治" in name or name.endswith("族乡")):
        kind = next((short for full, short in AUTONOMOUS.items() if name.endswith(full)), "")
        if kind and base + kind != name:
            yield base + kind


def zone_form(name: str) -> str:
    """A zone's name with its kind shortened.

    >>> zone_form("石家庄高新技术产业开发区")
    '石家庄高新区'
    """
    for short, longs in ZONE_KINDS:
        for long in longs:
            if name.endswith(long):
                return name[: -len(long)] + short
    return name


class Gazetteer:
    """All divisions by code and by name.

    ``full`` gives the codes of an official name, ``short`` those of a short form, ``alias`` those of names in
    ``place_aliases.tsv``; ``openings`` are the first two characters of all of them.
    """

    def __init__(self) -> None:
        self.divisions = {division.code: division for division in _divisions()}
        full, short, alias, children = (defaultdict[str, list[Any]](list) for _ in range(4))
        for code, name, level, parent in self.divisions.values():
            full[name].append(code)
            if parent:
                children[parent].append(code)
            for form in _shorter(name, level):
                short[form].append(code)
        for row in read_table("place_aliases"):
            alias[row["name"]].append(tuple(row["codes"].split("|")))
        self.full: dict[str, tuple[str, ...]] = _frozen(full)
        self.short: dict[str, tuple[str, ...]] = _frozen(short)
        self.alias: dict[str, tuple[tuple[str, ...], ...]] = _frozen(alias)
        self.children: dict[str, tuple[str, ...]] = _frozen(children)
        self.openings = {name[:2] for names in (self.full, self.short, self.alias) for name in names}
        self._lineages: dict[str, tuple[str, ...]] = {}

    def lineage(self, code: str) -> tuple[str, ...]:
        """The code and the codes above it, the division itself first."""
        found = self._lineages.get(code)
        if found is None:
            parent = self.divisions[code].parent
            found = self._lineages[code] = (code, *(self.lineage(parent) if parent else ()))
        return found

    def path(self, code: str) -> tuple[str, ...]:
        """Names from the province down to the division."""
        return tuple(self.divisions[c].name for c in reversed(self.lineage(code)))

    def within(self, code: str, ancestor: str) -> bool:
        """Whether ``code`` is ``ancestor`` or lies inside it."""
        return ancestor in self.lineage(code)

    def relative(self, kind: str, home: str | None) -> str | None:
        """The division meant by its kind alone in a report about ``home``: the report's own, else the nearest above it.

        >>> gazetteer().relative("市", "430121001")
        '430100'
        """
        lineage = self.lineage(home) if home else ()
        return next((c for c in lineage if self.divisions[c].name.endswith(RELATIVE_ENDINGS[kind])), None)

    def rank(self, code: str) -> int:
        """1 province, 2 prefecture, 3 county, 4 township."""
        return 4 if len(code) == 9 else RANK[self.divisions[code].level]


def _divisions() -> Iterator[Division]:
    for row in read_table("places"):
        yield Division(row["code"], row["name"], row["level"], row["parent"] or None)
        for item in row["townships"].split():
            name = item[3:]
            level = "township" if name.endswith(TOWNSHIP_SUFFIXES) else "zone"
            yield Division(row["code"] + item[:3], name, level, row["code"])


def _shorter(name: str, level: str) -> Iterable[str]:
    if level != "zone":
        return short_forms(name, level)
    short = zone_form(name)
    return () if short == name else (short,)


def _frozen(lists: dict[str, list[Any]]) -> dict[str, tuple[Any, ...]]:
    """Tuples of strings, unlike lists, cost nothing when Python looks for garbage."""
    return {key: tuple(values) for key, values in lists.items()}


@cache
def gazetteer() -> Gazetteer:
    """The packaged table, read once (about 0.2 s)."""
    return Gazetteer()
