"""Full names of the bodies of party and state that reports name in short: 县委 is the party committee of the report's county."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from govtext.entities.divisions import RELATIVE_KINDS, gazetteer
from govtext.entities.places import PlaceLinker
from govtext.resources import read_table
from govtext.types import PlaceLink

HEADS = {
    "部": "部",
    "厅": "厅",
    "局": "局",
    "委员会": "委员会",
    "委": "委员会",
    "办公室": "办公室",
    "办": "办公室",
    "中心": "中心",
}
HEAD_LEVELS = {"部": (), "厅": ("province",)}
LOCAL_LEVELS = ("province", "prefecture", "county", "zone")
COURTS = {"province": "高级", "prefecture": "中级", "county": ""}
# what a name that stays as written is, by its end
ENDINGS = (
    ("company", re.compile(r"(?:公司|集团|银行|厂|企业|酒店|民宿|交易所|事务所)$")),
    ("school", re.compile(r"(?:大学|学院|学校|中学|小学|幼儿园|高中|初中|职校|分校|校区|中专|技校)$")),
    ("hospital", re.compile(r"(?:医院|卫生院|院区|诊所|医共体|医联体)$")),
    ("institution", re.compile(r"(?:中心|馆|院|所|站|台|社|实验室|研究院|基地|林场|农场)$")),
    ("association", re.compile(r"(?:协会|学会|商会|联盟|基金会|联合会|促进会|理事会)$")),
)
UNITED = (
    "hospital",
    "school",
    "institution",
    "association",
)  # 市中医院 is 长沙市中医院; a company's name is not made up


class Body(NamedTuple):
    """A kind of body, ``full`` with ``{p}`` for the place."""

    full: str
    kind: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Organization:
    """What an ORG is: its full name, kind and level, and the code of the division that it belongs to.

    ``name`` is as written where no full name is known. ``kind`` is party, government, congress, cppcc, supervision, court,
    procuratorate, mass, military, institution, company, school, hospital, association, or None. ``confidence`` is 0 for a name
    that stays as written.
    """

    name: str
    kind: str | None = None
    level: str | None = None
    place: str | None = None
    confidence: float = 0.0


@cache
def national_bodies() -> dict[str, Body]:
    """National bodies by short and full name."""
    rows = read_table("national_bodies")
    found = {row["full"]: Body(row["full"], row["kind"], ("national",)) for row in rows}
    return found | {row["form"]: found[row["full"]] for row in rows}


@cache
def local_bodies() -> dict[str, Body]:
    """Bodies below the national level, by what follows the place."""
    return {
        row["form"]: Body(row["full"], row["kind"], tuple(row["levels"].split(",")))
        for row in read_table("organizations")
    }


@cache
def departments() -> dict[str, tuple[str, str]]:
    """Short and full stems of departments: (full stem, heads)."""
    found: dict[str, tuple[str, str]] = {}
    for row in read_table("departments"):
        for form in (*row["short"].split("|"), row["full"]):
            found.setdefault(form, (row["full"], row["heads"]))
    return found


def normalise_organization(name: str, *, report_place: PlaceLink | None = None) -> Organization:
    """The full name, kind, level and place of an organization named in a report about ``report_place``.

    A body whose level does not fit the place (县委 in a city's report, 市财政厅) and every name that is in no table stays as
    written, with confidence 0.

    >>> from govtext.entities.places import resolve_report_place
    >>> county = resolve_report_place("长沙县")
    >>> normalise_organization("县委", report_place=county).name
    '中国共产党长沙县委员会'
    >>> normalise_organization("市发改委", report_place=county)
    Organization(name='长沙市发展和改革委员会', kind='government', level='prefecture', place='430100', confidence=0.95)
    >>> normalise_organization("五羊实业公司", report_place=county)
    Organization(name='五羊实业公司', kind='company', level=None, place=None, confidence=0.0)
    """
    plain = re.sub(r"\s", "", name)
    if body := national_bodies().get(plain):
        return Organization(body.full, body.kind, "national", None, 0.97)
    plain = re.sub(r"^(?:中共|中国共产党)(?=.{3})", "", plain)
    linker = PlaceLinker(report_place)
    home = report_place.code if report_place else None
    for code, rest, confidence in _splits(plain, linker, home):
        if code and (found := _body(code, rest)):
            return Organization(found.full, found.kind, level_of(code), code, confidence)
    return _as_written(name, plain, home)


def _splits(name: str, linker: PlaceLinker, home: str | None) -> Iterator[tuple[str | None, str, float]]:
    """Ways to read a name as place and body: a named place, a place by its kind (县委), the report's own place."""
    if home and _body(home, name):
        yield home, name, 0.6  # 市场监管局 is not 市 + 场监管局
    for kind in RELATIVE_KINDS:
        if name.startswith(kind) and len(name) > len(kind):
            yield gazetteer().relative(kind, home), name[len(kind) :], 0.95
    if name[:2] in gazetteer().openings:
        for cut in range(min(len(name) - 1, 20), 1, -1):
            yield linker.division(name[:cut]), name[cut:], 0.95


def _body(code: str, rest: str) -> Body | None:
    """The body of a division by what follows the division's name; None if that level has no such body."""
    level, place = level_of(code), official_place(code)
    if (body := local_bodies().get(rest)) and level in body.levels:
        full = body.full.replace("{高级|中级|}", COURTS.get(level, ""))
        return Body(full.replace("{p}", place), body.kind, body.levels)
    head = next((h for h in HEADS if rest.endswith(h)), None)
    if head is None:
        return None
    stem, heads = departments().get(rest[: -len(head)], ("", ""))
    full_head = HEADS[head]
    if full_head[0] not in heads or level not in HEAD_LEVELS.get(full_head, LOCAL_LEVELS):
        return None
    if full_head == "厅" and place.endswith("市"):
        return None
    return Body(place + stem + full_head, "government", (level,))


def level_of(code: str) -> str:
    """Level of the bodies of a division: province, prefecture, county, township, street or zone."""
    division = gazetteer().divisions[code]
    return "street" if division.level == "township" and division.name.endswith("街道") else division.level


def official_place(code: str) -> str:
    """A division's name as the names of its bodies have it: districts follow their city, townships their county.

    >>> official_place("310106"), official_place("430121001")
    ('上海市静安区', '长沙县星沙街道')
    """
    division = gazetteer().divisions[code]
    if division.parent and (len(code) == 9 or (division.level == "county" and division.name.endswith("区"))):
        return official_place(division.parent) + division.name
    return division.name


def _as_written(name: str, plain: str, home: str | None) -> Organization:
    kind = next((kind for kind, ending in ENDINGS if ending.search(plain)), None)
    relative = next((k for k in RELATIVE_KINDS if plain.startswith(k)), None)
    code = gazetteer().relative(relative, home) if relative and kind else None
    if code and relative and kind in UNITED:
        return Organization(official_place(code) + plain[len(relative) :], kind, level_of(code), code, 0.6)
    return Organization(name, kind, None, code, 0.0)
