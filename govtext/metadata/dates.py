"""Finds the publication date and the meeting of a report."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator

from govtext.metadata.fields import find_fields
from govtext.metadata.passage import TAIL, Line, Passage, ReportText
from govtext.numerals import parse_number
from govtext.types import Found

_NUMBER = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_DATE = re.compile(
    rf"(?<!\d)((?:19|20)\d\d) ?(?:年 ?({_NUMBER}) ?月 ?({_NUMBER}) ?日|([-/.]) ?(\d{{1,2}}) ?\4 ?(\d{{1,2}})(?!\d))"
)
_COUNT = "[一二三四五六七八九十百0-9]{1,4}"
_MEETING = re.compile(
    rf"[\u4e00-\u9fff]{{0,14}}(?:第 ?)?{_COUNT}\s?届[\u4e00-\u9fff\s]{{2,24}}?"
    rf"(?:第 ?)?{_COUNT}次(?:全体)?\s{{0,3}}(?:会\s?议|全会)"
    rf"|中国共产党[\u4e00-\u9fff]{{0,10}}第{_COUNT}次(?:全国)?代表大会"
)
_MEETING_USE = re.compile(r"\s{0,3}(?:$|\n|上|通过|听取|审议|开幕|政府工作报告|\(|\)|（|）| )")
_OCCASION = re.compile(r"日\s{0,3}(?:在|于)?[^。，,]{0,30}(?:会议|大会)|日\s{0,3}在")
_MEETING_LEAD = re.compile(r"^.*(?:[在于日年月]|出席|召开|举行)(?=.*届)", re.DOTALL)
_MEETING_OWNER = re.compile(r"(?:[省市区县旗州盟镇乡]|街道|中国共产党|中共|政协|人大)$")


def parse_date(match: re.Match[str]) -> str | None:
    """ISO form of a match of the date pattern, None if there is no such day."""
    month, day = match[2] or match[5], match[3] or match[6]
    try:
        return datetime.date(int(match[1]), int(parse_number(month)), int(parse_number(day))).isoformat()
    except ValueError:
        return None


def find_dates(passage: Passage) -> Iterator[Found]:
    """Every full date of a passage in order, as ISO 8601.

    >>> next(find_dates(Passage("2024 年1月5日", "text", 7)))
    Found(value='2024-01-05', source='text', start=7, end=17)
    """
    for m in _DATE.finditer(passage.text):
        if value := parse_date(m):
            yield passage.found(value, m.start(), m.end())


def find_publication_date(report: ReportText, *, extra: Iterable[Passage] = ()) -> Found | None:
    """The date of publication: a labelled line, the page's own metadata, a bare date in the head, the signature."""
    for passage in (*find_fields(report, "date"), *extra):
        if date := next(find_dates(passage), None):
            return date
    return _bare_date(report) or find_signature_date(report)


def _bare_date(report: ReportText) -> Found | None:
    """A date before the salutation: of the meeting, of adoption, or standing alone beside the title."""
    lines = list(report.lines(0, report.opening_end))
    for line in lines[:12]:
        passage = report.passage(line.start, line.end, report.source_at(line.start, line.end))
        date = next(find_dates(passage), None)
        if date and (_is_dateline(line) or _OCCASION.search(passage.text)):
            return date
    return None


def find_signature_date(report: ReportText) -> Found | None:
    """The date on a line of its own near the end."""
    end = len(report.text)
    for line in reversed(list(report.lines(max(0, end - TAIL), end))):
        if not line.is_furniture and _is_dateline(line):
            return next(find_dates(report.passage(line.start, line.end)), None)
    return None


def _is_dateline(line: Line) -> bool:
    """Whether a line holds little beside its date (``(2022年4月20日)``, ``标题 2018-06-15``)."""
    match = _DATE.search(line.text)
    if match is None:
        return False
    return len(line.text) - len(match[0]) <= 10 or match.end() == len(line.text) < 70


def find_meeting(report: ReportText) -> Found | None:
    """The meeting before which the report was given, as written, blanks dropped.

    >>> find_meeting(ReportText("——2024年1月5日在青禾县第十八届人民代表大会第三次会议上")).value
    '青禾县第十八届人民代表大会第三次会议'
    """
    opening = report.opening
    meetings = _MEETING.finditer(opening.text)
    match = next((m for m in meetings if _MEETING_USE.match(opening.text, m.end())), None)
    if not match:
        return None
    start = match.start() + _lead_length(match[0])
    value = "".join(opening.text[start : match.end()].split())
    return opening.found(value, start, match.end())


def _lead_length(meeting: str) -> int:
    """How much of a match stands before the meeting's own name."""
    session = re.search(rf"(?:第 ?)?{_COUNT}\s?届|中国共产党", meeting)
    before = session.start() if session else 0
    lead = _MEETING_LEAD.match(meeting[:before] + "届") if before else None
    cut = lead.end() if lead else 0
    return cut if _MEETING_OWNER.search(meeting[cut:before]) else before
