"""Finds the year that a report reviews and the year that it plans for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from govtext.metadata.passage import Passage, ReportText
from govtext.resources import read_table
from govtext.types import Found

_YEAR = r"(?<![\d\-—–~至.])((?:19|20)\d\d) ?年(?:度)?"
_TITLE_YEAR = re.compile(rf"{_YEAR}[^\n。]{{0,20}}?政府工作报告|政府工作报告[^\n。]{{0,6}}?{_YEAR}")
_SPEECH = re.compile(r"政府工作报告|(?:代表|委托).{0,20}(?:报告|作)|各位代表")
_OPENING_YEAR = re.compile(r"(?:^|\n)\s{0,9}((?:19|20)\d\d) ?年(?:以来)? ?(?=[,，是]|全|我|在)")
_PAST_YEAR = re.compile(r"刚刚过去的\s{0,3}((?:19|20)\d\d) ?年")
_CONTEXT = r"(?:^|[\n。:：、.)）\s]|关于|现将|[及和暨与对]|(?<!确定)的)\s{0,3}"
_AFTER = r"(?=[\s。，,:：;；(（、及和暨与的]|$|如下|报告|简况)"

Years = tuple[Found | None, Found | None]


def find_years(report: ReportText, *, title: Passage | None, date: Found | None, meeting: Found | None) -> Years:
    """The year reported on and the year planned for.

    The title and the headings say it outright (``2021年工作回顾``, ``2022年工作安排``). A work report that only says when it
    was given reviews the year before, or the same year from October on.
    """
    year, plan = _said(report, title)
    is_speech = bool(meeting) or _is_speech(report, title)
    if year is None and plan is None:
        year, plan = _by_occasion(report, title, date) if is_speech else (None, None)
    if year is None and plan is None:
        year = _opening_year(report)
    if is_speech:
        year, plan = year or _shifted(plan, -1), plan or _shifted(year, +1)
    return year, plan


def _said(report: ReportText, title: Passage | None) -> Years:
    """What title and headings say, the year that the title of a work report names being the later one of the two."""
    given = _title_year(title)
    latest = int(given.value) if given else 9999
    year = next((y for y in _years(report, title, "review") if int(y.value) <= latest), None)
    plan = next(
        (p for p in _years(report, title, "plan") if year is None or 0 < int(p.value) - int(year.value) <= 2), None
    )
    if given and (year is None or int(year.value) < latest):
        return year or _shifted(given, -1), given
    return year, plan


def _years(report: ReportText, title: Passage | None, part: str) -> Iterator[Found]:
    """Years with a word of review or plan: in the title, then in the text where a heading or clause begins."""
    whole = report.passage(0, len(report.text))
    for passage, context in ((title, ""), (whole, _CONTEXT)):
        if passage is None:
            continue
        for m in _part_pattern(part, context).finditer(passage.text):
            yield passage.found(int(m[1]), m.start(1), m.end(1))


def _title_year(title: Passage | None) -> Found | None:
    """The year in ``2022年政府工作报告``."""
    m = _TITLE_YEAR.search(title.text) if title else None
    return title.found(int(m[1] or m[2]), *m.span(1 if m[1] else 2)) if title and m else None


def _by_occasion(report: ReportText, title: Passage | None, date: Found | None) -> Years:
    """The years by the date on which a work report was given."""
    if date is None:
        return None, None
    given, month = int(str(date.value)[:4]), int(str(date.value)[5:7])
    year = given if month >= 10 else given - 1
    at = (date.source, date.start, date.end)
    return Found(year, *at), Found(year + 1, *at)


def _opening_year(report: ReportText) -> Found | None:
    """The year with which the text begins (``2022年，在…领导下``), or that it calls just past."""
    for pattern, end in ((_OPENING_YEAR, report.opening_end + 1500), (_PAST_YEAR, len(report.text))):
        if m := pattern.search(report.text, 0, end):
            return report.passage(m.start(1), m.end(1)).found(int(m[1]), 0, 4)
    return None


def _is_speech(report: ReportText, title: Passage | None) -> bool:
    return bool(_SPEECH.search(report.text[: report.opening_end + 300]) or (title and "政府工作报告" in title.text))


def _shifted(found: Found | None, by: int) -> Found | None:
    return Found(int(found.value) + by, found.source, found.start, found.end) if found else None


@cache
def _part_pattern(part: str, context: str) -> re.Pattern[str]:
    words = sorted((row["word"] for row in read_table("year_words") if row["part"] == part), key=len, reverse=True)
    return re.compile(rf"{context}{_YEAR}[^\n。，；,;:：\d]{{0,16}}?(?:{'|'.join(words)}){_AFTER}")
