"""Ties place names to the administrative divisions: the report's own place first, candidates rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from govtext.entities.divisions import RELATIVE_KINDS, Form, gazetteer, stem, zone_form
from govtext.entities.place_names import COUNTRY, Match, chains, endings, foreign_places, groups, matches
from govtext.entities.report_place import resolve_report_place
from govtext.types import PlaceLink

__all__ = ["PlaceLinker", "resolve_report_place"]

# what a report calls its own area without naming it
NOT_A_PLACE = re.compile(
    r"(?:[全我本各该两多]|整个|所有)(?:国|省|市|县|区|州|盟|旗|镇|乡|村|街道|社区|域)"
    r"|(?:国|省|市|县|区|州|镇|乡|村|境|域|辖区)[内外]|(?:中心|主|老|新)?城区|县城|城乡|农村|周边|各地|辖区|全域|境内外"
)
# a division named by its kind alone: 市 in a county's report is the city above the county
RELATIVE = re.compile(f"({'|'.join(RELATIVE_KINDS)})(.*)")
FEATURES = ("road", "line", "water", "relief", "settlement", "new_area", "zone", "old_town", "facility")
LOCAL = ("settlement", "new_area", "zone", "old_town")  # what rarely carries the name of a far city
ZONE = re.compile(r"(.*?)(高新区|经开区|高新技术产业开发区|经济技术开发区|经济开发区|高新技术产业园区)")
RIVER = ("河", "湖")  # 唐河 is rather a river here than a far county
SEPARATORS = re.compile(r"[—–\-·、和与]+")
BRACKETS = str.maketrans("", "", '（）()“”"「」 　')
MUNICIPALITIES = ("110000", "120000", "310000", "500000")
MAX_CANDIDATES = 20
SURE = 0.7  # at least this sure of a division before other links are built on it


class Choice(NamedTuple):
    """The division chosen among matches (None: they compete), how sure, and the codes that competed."""

    code: str | None
    confidence: float
    candidates: tuple[str, ...] = ()


class PlaceLinker:
    """Links the places of one report.

    ``report_place`` is the report's own place (see `resolve_report_place`); without it a name that several divisions share
    stays open.

    The confidence of a link is set by rule, not fitted: 0.9 and more for official names and for short forms at home or of
    provinces and cities; 0.7 to 0.9 for short forms elsewhere and for containers that the name itself gives; below that the
    likeliest reading where a township, river or road of the same name is possible, and the report's own place as container.

    >>> linker = PlaceLinker(resolve_report_place("福州市"))
    >>> [(link.code, link.path) for link in linker.link(["鼓楼区"])]
    [('350102', ('福建省', '福州市', '鼓楼区'))]
    >>> PlaceLinker().link(["鼓楼区"])[0].candidates
    ('320106', '320302', '350102', '410204')
    """

    def __init__(self, report_place: PlaceLink | None = None) -> None:
        self.table = gazetteer()
        self.home = report_place.code if report_place else None
        self.home_lineage = self.table.lineage(self.home) if self.home else ()
        self.mentioned: frozenset[str] = frozenset()

    def link(self, names: Sequence[str]) -> list[PlaceLink | None]:
        """One link a name, in order; None for what is no name (全县, 城区). The names of one report settle one another."""
        first = {name: self.link_one(name) for name in dict.fromkeys(names)}
        self.mentioned = frozenset(
            link.code
            for link in first.values()
            if link and link.code and link.confidence >= SURE and len(link.code) == 6
        )
        unsettled = [name for name, link in first.items() if link and link.relation is None and link.candidates]
        first.update((name, self.link_one(name)) for name in unsettled)
        return [self._beside(names, i, first) for i in range(len(names))]

    def _beside(self, names: Sequence[str], at: int, links: dict[str, PlaceLink | None]) -> PlaceLink | None:
        """The link of a name, settled by its neighbours where it is a far one: 朝阳 in 昌平、朝阳、丰台 is in 北京."""
        link = links[names[at]]
        if link is None or len(link.candidates) < 2 or (link.code and self._tier(link.code) < 3):
            return link
        near = {n for n in names[max(0, at - 2) : at + 3] if n != names[at]}
        beside = [self._cities(links[n]) for n in near]
        votes = {c: sum(self.table.divisions[c].parent in cities for cities in beside) for c in self._counties(link)}
        best = sorted(votes, key=lambda c: -votes[c])[:2]
        if not best or not votes[best[0]] or (len(best) == 2 and votes[best[0]] == votes[best[1]]):
            return link
        parent = self.table.divisions[best[0]].parent
        return self._is(best[0], 0.8, link.candidates) if votes[best[0]] > 1 or parent in self.mentioned else link

    def _counties(self, link: PlaceLink | None) -> list[str]:
        """Counties and districts that a link is or may be, outside the report's own city."""
        codes = dict.fromkeys((link.code or "", *link.candidates)) if link else {}
        return [c for c in codes if c and self.table.rank(c) == 3 and self._tier(c) > 2]

    def _cities(self, link: PlaceLink | None) -> set[str | None]:
        return {self.table.divisions[c].parent for c in self._counties(link)}

    def link_one(self, name: str) -> PlaceLink | None:
        """The link of one name without regard to the report's other names."""
        name = name.strip()
        if not name or NOT_A_PLACE.fullmatch(name):
            return None
        for attempt in (self._country, self._relative, self._group, self._division, self._several, self._abroad):
            if link := attempt(name):
                return link
        return self._container(name)

    def division(self, name: str) -> str | None:
        """The code of the division that goes by exactly this name here, None if that is not sure."""
        found = matches(name) or chains(name)
        choice = self._choose(found) if found else Choice(None, 0.0)
        return choice.code if choice.confidence >= SURE else None

    # what a name can be, in the order in which it is tried

    def _country(self, name: str) -> PlaceLink | None:
        if name in COUNTRY:
            return PlaceLink("中国", None, "country", ("中国",), confidence=0.99)
        return None

    def _relative(self, name: str) -> PlaceLink | None:
        """市, 县, 市经开区: counted from the report's own place upwards."""
        found = RELATIVE.fullmatch(name)
        if not found:
            return None
        kind, rest = found.groups()
        area = self.table.relative(kind, self.home)
        if not rest:
            return self._is(area, 0.9) if area else self._open(name)
        if ZONE.fullmatch(rest) and area:
            return self._zone(name, rest, area)
        return None

    def _group(self, name: str) -> PlaceLink | None:
        kind, codes = groups().get(name, ("", ()))
        several = [codes for codes in gazetteer().alias.get(name, ()) if len(codes) > 1]
        if not codes and several:
            kind, codes = "former", several[0]
        if not codes or any(m.code in self.home_lineage for m in matches(name)):
            return None
        return PlaceLink(name, None, kind, relation="group", members=codes, confidence=0.9)

    def _division(self, name: str) -> PlaceLink | None:
        found = matches(name)
        if not found or (found[0].form in ("variant", "short") and len(name) > 3):
            found = chains(name) or found
        if not found and name.startswith("中国") and len(name) > 3:
            found = matches(name[2:]) or chains(name[2:])
        if len(name) == 1:
            return self._one_character(name)
        found = tuple(m for m in found if m.form == "chain" or not self._far_zone(m.code))
        if not found:
            return self._zone_of(name)
        choice = self._choose(found)
        if choice.code:
            return self._is(choice.code, choice.confidence, choice.candidates)
        if found[0].form != "short" and any(self.table.divisions[c].level != "zone" for c in choice.candidates):
            return self._open(name, choice.candidates)
        if any(self.table.rank(c) < 4 for c in choice.candidates) and not name.endswith((*RIVER, *endings("road"))):
            return self._open(name, choice.candidates)
        return self._zone_of(name)

    def _one_character(self, name: str) -> PlaceLink | None:
        """厦 in a report of 厦门, 湘 anywhere."""
        own = [c for c in self.home_lineage if self.table.divisions[c].name.startswith(name)]
        alias = next((m.code for m in matches(name)), None)
        if own and alias in self.home_lineage and alias not in own:
            return self._is(str(alias), 0.65)  # 湘 in a report of 湘潭 is 湖南 more often than not
        if own:
            return self._is(own[0], 0.75)
        if alias:
            return self._is(alias, 0.85)
        near = self._near(name)
        return self._is(near[0], 0.6) if len(near) == 1 else self._abroad(name) or self._open(name, near)

    def _several(self, name: str) -> PlaceLink | None:
        """沪苏浙, 北京天津, 郑州—开封: each part a division, none inside another."""
        parts = [p for p in SEPARATORS.split(name) if p]
        if len(parts) == 1:
            parts = list(name) if len(name) <= 5 and not name.endswith(endings(*FEATURES)) else []
            two = [(name[:i], name[i:]) for i in range(2, len(name) - 1)]
            parts = next((list(p) for p in two if all(self._high(x) for x in p)), parts)
        codes = [self._part(part) for part in parts]
        if len(parts) < 2 or not all(codes):
            return None
        found = tuple(dict.fromkeys(c for part in codes for c in part))
        return PlaceLink(name, None, "region", relation="group", members=found, confidence=0.8)

    def _abroad(self, name: str) -> PlaceLink | None:
        kinds = foreign_places()
        kind = kinds.get(name)
        if kind is None and len(name) > 2:
            kind = (
                next((kinds[c] for c in (name[:i] for i in range(2, 6)) if kinds.get(c) == "country"), None) and "city"
            )
        if kind is None and len(name) > 1 and all(c == "中" or kinds.get(c) == "abbreviation" for c in name):
            kind = "area"
        if kind is None:
            return None
        sure = 0.65 if len(name) == 1 or (kind == "city" and name.endswith(endings("relief", "water"))) else 0.9
        kind = "country" if kind == "abbreviation" else kind
        return PlaceLink(name, None, kind, relation="abroad", confidence=sure)

    def _container(self, name: str) -> PlaceLink:
        """A road, river, community or zone: the division that it lies in."""
        plain = name.translate(BRACKETS).removeprefix("中国")
        forms = ("full",) if plain.endswith(endings("road", "line")) else ("full", "short", "alias")
        if own := [c for c in self._inside(plain, forms) if self.home and self.table.within(c, self.home)]:
            deepest = max(own, key=self.table.rank)
            return self._in(name, deepest, 0.8 if deepest != self.home else 0.75)
        prefix = self._prefix(plain, forms)
        if prefix and prefix not in self.home_lineage and not self._far_local(prefix, plain):
            return self._in(name, prefix, 0.75)
        if self.home:
            return self._in(name, self.home, 0.6 if plain.endswith(endings(*FEATURES)) and not matches(name) else 0.4)
        return self._in(name, prefix, 0.6) if prefix else self._open(name)

    def _far_local(self, prefix: str, name: str) -> bool:
        """Whether a name only seems to start with a far division: 山南新区 in a report of 淮南, 文峰里 in one of 随州."""
        tier, rank = self._tier(prefix), self.table.rank(prefix)
        if self.home is None or name.startswith(self.table.divisions[prefix].name):
            return False
        return (tier > 2 and rank > 1) if name.endswith(endings(*LOCAL)) else (tier > 3 and rank > 2)

    # choosing among divisions

    def _tier(self, code: str) -> int:
        """How near a division is to the report's place: 0 itself or above, 1 inside, 2 same city, 3 same province, 4 elsewhere."""
        if code in self.home_lineage:
            return 0
        common = next((c for c in self.home_lineage if c in self.table.lineage(code)), None)
        if common is None:
            return 4
        if common == self.home or self.table.rank(common) == 3:
            return 1
        return 2 if self.table.rank(common) == 2 or common in MUNICIPALITIES else 3

    def _choose(self, found: Sequence[Match]) -> Choice:
        codes = tuple(dict.fromkeys(m.code for m in found))
        if len(codes) == 1 and found[0].form == "chain":
            return Choice(codes[0], 0.97)
        exact = found[0].form in ("full", "alias", "chain") and not any(m.form == "short" for m in found)
        choice = self._choose_exact(codes) if exact else self._choose_short(codes, found[0].form)
        if choice.code is None and self.mentioned:
            near = [c for c in codes if self.mentioned.intersection(self.table.lineage(c)[1:])]
            if len(near) == 1 and self.table.rank(near[0]) <= 3:
                return Choice(near[0], SURE, codes)
        return choice

    def _choose_exact(self, codes: tuple[str, ...]) -> Choice:
        """An official or former name: unique, or the only one near the report's place."""
        tiers = {c: self._tier(c) for c in codes}
        best = min(tiers.values())
        nearest = [c for c in codes if tiers[c] == best]
        high = self.table.rank(codes[0]) < 4
        if len(codes) == 1:
            return Choice(codes[0], 0.97 if high or best < 2 else (0.85, 0.65, 0.5)[best - 2])
        if (
            best == 4
            and len(listed := [c for c in codes if self.table.divisions[c].level != "zone" or len(c) == 6]) == 1
        ):
            return Choice(listed[0], 0.85, codes)  # 滨海新区, and zones of that name at the level of townships
        if len(nearest) == 1 and best <= (3 if high else 2):
            return Choice(nearest[0], (0.97, 0.95, 0.9 if high else 0.75, 0.6)[best], codes)
        return Choice(None, 0.0, codes)

    def _choose_short(self, codes: tuple[str, ...], form: Form) -> Choice:
        """A short form: the report's own surroundings first, then the highest level if one division has it there."""
        tiers = {c: self._tier(c) for c in codes}
        return self._own(codes, tiers) or self._nearby(codes, tiers) or self._farther(codes, tiers, form)

    def _own(self, codes: tuple[str, ...], tiers: dict[str, int]) -> Choice | None:
        """The report's own place or one above it, the highest: 长沙 in a report of 长沙县 is the city."""
        own = [c for c in codes if tiers[c] == 0]
        rivals = [c for c in codes if tiers[c] == 1 and self.table.rank(c) < 3]
        return Choice(min(own, key=self.table.rank), 0.7 if rivals else 0.92, codes) if own else None

    def _nearby(self, codes: tuple[str, ...], tiers: dict[str, int]) -> Choice | None:
        """The only division of its level inside the report's place, else beside it; a township only if no city rivals it."""
        rank = self.table.rank
        top = min(map(rank, codes))
        for tier in (1, 2):
            near = sorted((c for c in codes if tiers[c] == tier), key=rank)
            if not near:
                continue
            level = rank(near[0])
            if len(near) > 1 and rank(near[1]) == level:
                return None
            if level < 4:
                sure = 0.92 if top >= level else 0.75 if top > 1 else 0.6
                river = self._home_rank() < 2 and self.table.divisions[near[0]].name[:-1].endswith(RIVER)
                return Choice(near[0], 0.65 if river else sure, codes)
            if top < 3:
                return None
            if tier == 1 and top == 4:
                return Choice(near[0], 0.85 if self._home_rank() >= 3 else 0.65, codes)
        return None

    def _farther(self, codes: tuple[str, ...], tiers: dict[str, int], form: Form) -> Choice:
        """The only division of the highest level; a far county only if nothing else has the name."""
        rank, undecided = self.table.rank, Choice(None, 0.0, codes)
        top = min(map(rank, codes))
        highest = sorted((c for c in codes if rank(c) == top), key=lambda c: tiers[c])
        code = highest[0]
        tied = len(highest) > 1 and (tiers[code] > 3 or tiers[highest[1]] == tiers[code])
        if top == 4 or tied or (self._home_rank() >= 3 and 1 in tiers.values()):
            return undecided
        if form == "short" and top == 3 and tiers[code] == 4:
            plain = self.table.divisions[code].name[:-1]
            if len(codes) > 1 or plain.endswith(RIVER):
                return undecided
            return Choice(code, 0.65 if plain.endswith(endings("water", "relief", "pass")) else 0.8)
        rivals = top == 2 and tiers[code] == 4 and any(rank(c) == 3 and not self.table.within(c, code) for c in codes)
        sure = {1: 0.97, 2: 0.75 if rivals else 0.93}.get(top, 0.8 if form == "short" else 0.85)
        return Choice(code, sure if len(highest) == 1 else 0.65, codes)

    def _far_zone(self, code: str) -> bool:
        """Whether this is a small zone elsewhere, whose name (化工园区) says nothing here."""
        return len(code) == 9 and self.table.divisions[code].level == "zone" and self._tier(code) > 2

    def _home_rank(self) -> int:
        return self.table.rank(self.home) if self.home else 0

    # parts of names

    def _near(self, character: str) -> list[str]:
        """Divisions beside or under the report's place whose names start with the character."""
        around = [c for above in self.home_lineage[:2] for c in self.table.children.get(above, ()) if len(c) == 6]
        return [c for c in dict.fromkeys(around) if self.table.divisions[c].name.startswith(character)]

    def _high(self, name: str) -> bool:
        return any(self.table.rank(m.code) < 3 for m in matches(name))

    def _part(self, part: str) -> tuple[str, ...]:
        """The codes that a part of 沪苏浙 or 京雄保 stands for, none if it is no place."""
        if part in groups():
            return groups()[part][1]
        link = self._one_character(part) if len(part) == 1 else self._division(part)
        return (link.code,) if link and link.code else ()

    def _zone_of(self, name: str) -> PlaceLink | None:
        """雅安经开区, 高新区: the zone of its kind in the division that the name or the report gives."""
        found = ZONE.fullmatch(zone_form(name))
        if not found:
            return None
        prefix = found.group(1)
        if area := self.home if not prefix else self.division(prefix):
            return self._zone(name, found.group(2), area)
        return None

    def _zone(self, name: str, kind: str, area: str) -> PlaceLink:
        kind = zone_form(kind)
        codes = [c for c in self.table.children.get(area, ()) if zone_form(self.table.divisions[c].name).endswith(kind)]
        if not codes and len(area) == 6:
            below = (c for county in self.table.children.get(area, ()) for c in self.table.children.get(county, ()))
            own = stem(self.table.divisions[area].name, self.table.divisions[area].level)
            codes = [c for c in below if zone_form(self.table.divisions[c].name) == own + kind]
        return self._is(codes[0], 0.7) if len(codes) == 1 else self._in(name, area, 0.7)

    def _prefix(self, name: str, forms: Iterable[str]) -> str | None:
        """The division that the longest possible start of the name gives."""
        cuts = range(len(name) - 1, 1, -1) if name[:2] in self.table.openings else ()
        for cut in cuts:
            found = [m for m in matches(name[:cut]) or chains(name[:cut]) if m.form in (*forms, "chain")]
            found = [m for m in found if m.form != "short" or self.table.rank(m.code) < 4]
            if found and (choice := self._choose(found)).code and choice.confidence >= SURE:
                return choice.code
        return None

    def _inside(self, name: str, forms: Iterable[str]) -> Iterator[str]:
        """Divisions named anywhere in a longer name; townships only by their official names."""
        starts = (i for i in range(len(name) - 1) if name[i : i + 2] in self.table.openings)
        for start in starts:
            for end in range(start + 2, min(len(name), start + 12) + 1):
                found = [m for m in matches(name[start:end]) if m.form in forms]
                found = [m for m in found if m.form == "full" or self.table.rank(m.code) < 4]
                if found and (choice := self._choose(found)).code and end - start < len(name):
                    yield str(choice.code)

    # the links

    def _is(self, code: str, confidence: float, candidates: tuple[str, ...] = ()) -> PlaceLink:
        division = self.table.divisions[code]
        others = candidates[:MAX_CANDIDATES] if len(candidates) > 1 else ()
        return PlaceLink(
            division.name, code, division.level, self.table.path(code), candidates=others, confidence=confidence
        )

    def _in(self, name: str, container: str, confidence: float) -> PlaceLink:
        return PlaceLink(name, None, None, self.table.path(container), "in", confidence=confidence, container=container)

    def _open(self, name: str, candidates: Sequence[str] = ()) -> PlaceLink:
        few = tuple(candidates[:MAX_CANDIDATES])
        return PlaceLink(name, None, None, relation=None, candidates=few, confidence=round(0.3 / max(len(few), 1), 3))
