"""Finds the year that a report reviews and the year that it plans for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from govtext.metadata.passage import Passage, ReportText
from govtext.resources import read_table
from govtext.types import Found

_YEAR = r"(?<![\d\-—–~至.])((?:19|20)\d\d) ?年(?:度)?"
_WORK_REPORT = re.compile(rf"{_YEAR}[^\n。]{{0,20}}?政府工作报告|政府工作报告[^\n。]{{0,6}}?{_YEAR}")
_SPEECH = re.compile(r"政府工作报告|(?:代表|委托).{0,20}(?:报告|作)")


def find_years(
    report: ReportText, *, title: Passage | None, date: Found | None, meeting: Found | None
) -> tuple[Found | None, Found | None]:
    """The year reported on and the year planned for.

    The title and the headings say it outright (``2021年工作回顾``, ``2022年工作安排``). A work report that only says when it was
    given reviews the year before, or the same year from October on.
    """
    passages = [p for p in (title, report.passage(0, len(report.text))) if p]
    year = next(_years(passages, "review"), None)
    plan = next((p for p in _years(passages, "plan") if year is None or int(p.value) > int(year.value)), None)
    if year is None and plan is None:
        year, plan = _by_occasion(report, title=title, date=date, meeting=meeting)
    elif _is_work_report(report, title):
        year = year or _shifted(plan, -1)
        plan = plan or _shifted(year, +1)
    return year, plan


def _years(passages: Iterable[Passage], part: str) -> Iterator[Found]:
    for passage in passages:
        for m in _part_pattern(part).finditer(passage.text):
            yield passage.found(int(m[1]), m.start(1), m.end(1))


def _by_occasion(
    report: ReportText, *, title: Passage | None, date: Found | None, meeting: Found | None
) -> tuple[Found | None, Found | None]:
    """The years by the title ``2022年政府工作报告`` or the date on which a work report was given."""
    if title and (m := _WORK_REPORT.search(title.text)):
        plan = title.found(int(m[1] or m[2]), *m.span(1 if m[1] else 2))
        return _shifted(plan, -1), plan
    if date is None or not (meeting or _is_work_report(report, title)):
        return None, None
    given, month = int(str(date.value)[:4]), int(str(date.value)[5:7])
    year = given if month >= 10 else given - 1
    at = (date.source, date.start, date.end)
    return Found(year, *at), Found(year + 1, *at)


def _is_work_report(report: ReportText, title: Passage | None) -> bool:
    return bool(_SPEECH.search(report.text[: report.opening_end + 300]) or (title and "政府工作报告" in title.text))


def _shifted(found: Found | None, by: int) -> Found | None:
    return Found(int(found.value) + by, found.source, found.start, found.end) if found else None


@cache
def _part_pattern(part: str) -> re.Pattern[str]:
    words = sorted((row["word"] for row in read_table("year_words") if row["part"] == part), key=len, reverse=True)
    return re.compile(rf"{_YEAR}[^\n。，；,;:：\d]{{0,16}}?(?:{'|'.join(words)})")
