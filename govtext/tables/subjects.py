"""Whose figure a metric is: the report's own place's, or that of a county, a zone or another place that its sentence names."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from govtext.resources import read_table

Record = Mapping[str, Any]

_UNIT: Final = re.compile(r"[。；;！!？?\n]")
_CLAUSE: Final = re.compile(r"[，,：:。；;！!？?\n]")
_OPENING: Final = re.compile(
    r"(?:其中|例如|[如像仅而]|以及|力争|确保|支持|推动|预计|预期|[（(]|[一二三四五六七八九十0-9]{1,3}(?:是|[、.．)）])|[“\"])*"
)
# words between a place's name and an indicator that leave the indicator to the place
_OWNS: Final = re.compile(
    r"(?:的|等地|全[省市县区州盟旗]|预计|预期|累计|共|全年|全口径|上半年|前?[一二三四]季度|前?[0-9]{1,2}(?:[-—][0-9]{1,2})?月(?:份)?|"
    r"[0-9]{4}年|完成|实现|力争|确保|争取|今年|去年|当年|本年|分别)*"
)
# words between a place's name and a figure whose indicator was named before
_CHANGES: Final = re.compile(
    r"(?:为|达到?|增[长加速幅]|下降|减少|提高|提升|上升|降低|突破|超过?|约|近|同比|比上年|较上年|完成|实现|不低于|[了到至])*"
)
_OUR_OWN: Final = re.compile(r"[全我本](?:省|市|县|区|州|盟|旗|国|镇|乡|自治区|街道|地区)")
_ZONE: Final = re.compile(r"(?:开发区|经开区|高新区|工业区|产业园|工业园|园区)(?:的|完成|实现|预计|力争)?")
_LONGEST_NAME: Final = 12
_SUFFIX: Final = re.compile(r"(?:自治区|自治州|地区|[省市县区盟州])$")


@cache
def _divisions() -> dict[str, list[str]]:
    """Codes of the divisions from province to county by their names of three characters or more."""
    codes: dict[str, list[str]] = {}
    for row in read_table("places"):
        if 3 <= len(row["name"]) <= _LONGEST_NAME:
            codes.setdefault(row["name"], []).append(row["code"])
    return codes


class Subjects:
    """Tells whose figures the metrics of one report are."""

    def __init__(self, record: Record) -> None:
        self.text: str = record["text"]
        place = record["meta"].get("place") or {}
        self.name, self.code = str(place.get("name") or ""), place.get("code")
        self.sections, self.sentences = record["sections"], record["sentences"]
        self._starts = [s["start"] for s in self.sentences]
        self.places = {e["start"]: e for e in record["entities"] if e["label"] == "PLACE"}
        self._place_starts = sorted(self.places)
        self._own: dict[int, bool] = {}
        self._last: tuple[int, int] | None = None  # the unit of the metric asked for last, and that metric

    def is_own(self, entity: Mapping[str, Any]) -> bool:
        """Whether the METRIC ``entity`` measures the report's own place; ask for the metrics of a report in their order.

        It does not if the name of another place begins the clause and goes with its indicator or with the figure itself, if
        a part of the own place begins the stretch between two full stops or semicolons, if the figure before it is another
        place's, or if a heading above is the name of another place; words such as 全市 bring the own place back. Places that
        are compared with (``高于某省2个百分点``) do not count.
        """
        start = entity["start"]
        at = max(bisect_right(self._starts, start) - 1, 0)
        sentence: Mapping[str, Any] = self.sentences[at] if self.sentences else {"start": 0, "section": None}
        unit = self._behind(_UNIT, sentence["start"], start)
        found = self._stated(entity, unit)
        if found is None and self._last and self._last[0] == unit:
            found = self._own[self._last[1]]
        if found is None and self._begins_with_part(unit, start):
            found = False
        if found is None:
            found = not self._below_other_place(sentence["section"])
        self._own[start], self._last = found, (unit, start)
        return found

    def _stated(self, entity: Mapping[str, Any], unit: int) -> bool | None:
        """What the clauses of the figure and of its indicator say; None if they name no place."""
        metric = entity.get("metric") or {}
        if metric.get("kind") == "rank":
            return None  # the place before a rank is the one ranked in
        first, last = metric.get("indicator_start"), metric.get("indicator_end")
        clause = self._behind(_CLAUSE, unit, entity["start"])
        if first is None or last is None or not unit <= first < entity["start"]:
            return self._begins(clause, entity["start"], entity["start"], _CHANGES)
        if not _ZONE.search(self.name) and any(m.end() >= first for m in _ZONE.finditer(self.text, clause, last)):
            return False
        if first >= clause:
            return self._begins(clause, first, last, _OWNS)
        named = self._begins(clause, entity["start"], entity["start"], _CHANGES)
        return self._begins(self._behind(_CLAUSE, unit, first), first, last, _OWNS) if named is None else named

    def _begins_with_part(self, unit: int, end: int) -> bool:
        """Whether the stretch between two full stops or semicolons begins with a part of the own place, which stays the subject."""
        opening = _OPENING.match(self.text, unit, end)
        begin = opening.end() if opening else unit
        if not self.code or _OUR_OWN.search(self.text, unit, end):
            return False
        if self._own_zone(begin) is not None:
            return True
        within = re.sub(r"(?:00){1,2}$", "", str(self.code))
        place = self.places.get(begin)
        codes = [(place.get("place") or {}).get("code")] if place else []
        codes += [
            code for n in range(3, _LONGEST_NAME + 1) for code in _divisions().get(self.text[begin : begin + n], ())
        ]
        return any(code and code != self.code and str(code).startswith(within) for code in codes)

    def _begins(self, clause: int, goal: int, limit: int, between: re.Pattern[str]) -> bool | None:
        """Whether the clause up to ``goal`` begins with the name of the own place (True) or of another one (False)."""
        words = self.text[clause:goal]
        for start in dict.fromkeys((clause + words.rfind("、") + 1, clause)):
            opening = _OPENING.match(self.text, start, goal)
            begin = opening.end() if opening else start
            for end, own in self._names_at(begin, limit):
                if end >= goal or between.fullmatch(self.text, end, goal):
                    return own
        return True if _OUR_OWN.search(words) else None

    def _names_at(self, start: int, limit: int) -> list[tuple[int, bool]]:
        """Where names of places that begin at ``start`` end, and whether each is the own place's."""
        if _OUR_OWN.match(self.text, start):
            return []
        place = self.places.get(start)
        if place and place["end"] <= limit:
            return [(place["end"], not self._is_other(place))]
        ends = range(start + 3, min(start + _LONGEST_NAME, limit - 1) + 1)
        if (zone := self._own_zone(start)) is not None and zone <= limit:
            return [(zone, False)]
        return [
            (end, self._is_home(name)) for end in ends if self.name and (name := self.text[start:end]) in _divisions()
        ]

    def _own_zone(self, start: int) -> int | None:
        """Where the name of a zone ends that begins at ``start`` with the own place's name (``云山高新区``)."""
        home = _SUFFIX.sub("", self.name)
        zone = _ZONE.match(self.text, start + len(home)) if home and self.text.startswith(home, start) else None
        return zone.end() if zone else None

    def _is_other(self, place: Mapping[str, Any]) -> bool:
        link = place.get("place") or {}
        if self.code and link.get("code") and link.get("relation") == "is":
            return bool(link["code"] != self.code)
        return bool(self.name) and not self._is_home(place["text"])

    def _is_home(self, name: str) -> bool:
        return (_SUFFIX.sub("", name) or name) in self.name or (_SUFFIX.sub("", self.name) or self.name) in name

    def _below_other_place(self, section: int | None) -> bool:
        """Whether a heading above is nothing but the name of another place."""
        while section is not None:
            row = self.sections[section]
            heading = row["heading"].strip()
            i = bisect_left(self._place_starts, row["start"])
            place = self.places[self._place_starts[i]] if i < len(self._place_starts) else None
            if place and place["text"] == heading and place["start"] < row["start"] + 8 and self._is_other(place):
                return True
            section = row["parent"]
        return False

    def _behind(self, marks: re.Pattern[str], start: int, end: int) -> int:
        """Where the text goes on behind the last of the marks between ``start`` and ``end``."""
        return max((m.end() for m in marks.finditer(self.text, start, end)), default=start)
