"""Finds the body that issued a report and the level of government it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from govtext.metadata.fields import find_fields
from govtext.metadata.passage import HEAD, TAIL, Passage, ReportText
from govtext.resources import read_table
from govtext.types import Found

_BEHALF = re.compile(r"(?:(?<!人民)代表|受)([\u4e00-\u9fff]{2,20}?)(?:委托|的委托|,|，|向|作|主要|就|报告)")
_TITLE_END = re.compile(r"\d{4}|关于|印发|政府工作报告|工作报告|工作总结|工作计划|工作要点|的|年度|[《“]")
_SPEAKER = re.compile(
    r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff]{2,20}?(?:人民政府|国务院|街道办事处))(?:代|副|代理)?(?:省长|市长|县长|区长|州长|旗长|盟长|镇长|乡长|主席|总理|主任)"
)
_DATE_LINE = re.compile(r"^\(?(?:19|20)\d\d ?年 ?\d{1,2} ?月 ?\d{1,2} ?日\)?$|^(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}$")
_OFFICE = re.compile(r"(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{2,24}(?:街道办事处|[镇乡]人民政府)(?![\u4e00-\u9fff])")
_DEPARTMENT = re.compile(
    r"(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{1,6}[省市区县旗州][\u4e00-\u9fff]{2,12}?(?:局|厅|委员会)(?=[围坚深认在以按全紧])"
)
_DIVISION_END = re.compile(r"[省市区县旗州镇乡]$|街道$")
_GENERIC = re.compile(
    r"^(?:[省市州区县旗镇乡]|本|我)?(?:人民)?政府(?:办公[厅室])?$|^(?:街道)?办事处$|^街道$|^办公[厅室]$"
)


def find_issuer(report: ReportText, *, title: Passage | None, extra: Iterable[Passage] = ()) -> Found | None:
    """The issuing body as the report names it: by label, title, signature, the words of the speaker, the page."""
    pages = [*find_fields(report, "source"), *extra]
    named = [
        *_bodies(find_fields(report, "issuer")), *_in_title(title), *_signatures(report), *_speakers(report),
        *_in_opening(report), *_bodies(pages),
    ]  # fmt: skip
    particular = [found for found in named if not _GENERIC.match(str(found.value))]
    bodies = [found for found in particular if issuer_level(str(found.value))]
    return next(iter(bodies or particular or named), None)


def find_level(issuer: Found | None, named: Iterable[Passage], address: Passage) -> Found | None:
    """Level of government: national where title, issuer, meeting or address say so, else by the issuer's name.

    None where the issuer is a government, whose level is that of its place.
    """
    for passage in named:
        if m := _national_pattern("name").search(passage.text[:24]):
            return passage.found("national", m.start(), m.end())
    if m := _national_pattern("address").search(address.text):
        return address.found("national", m.start(), m.end())
    ending = issuer_level(str(issuer.value)) if issuer else None
    if issuer and ending and ending != "division":
        return Found(ending, issuer.source, issuer.start, issuer.end)
    return None


def issuer_level(name: str) -> str | None:
    """Level that the ending of a body's name stands for, ``division`` for governments, None if it is no body's name.

    >>> issuer_level("青禾县水利局"), issuer_level("云岭街道办事处"), issuer_level("青禾县人民政府")
    ('department', 'street', 'division')
    """
    m = _suffix_pattern().search(name)
    return _suffix_levels()[m[0]] if m else None


def _bodies(passages: Iterable[Passage]) -> Iterator[Found]:
    """The bodies that labelled values begin with; a page may name the division alone."""
    for passage in passages:
        name = "".join(passage.text.split()[:1])  # "" where the passage is blank
        if issuer_level(name) or _DIVISION_END.search(name):
            yield passage.found(name, 0, len(name))


def _in_title(title: Passage | None) -> Iterator[Found]:
    """The body whose name begins the title."""
    if title is None:
        return
    lead = re.match(r"\s{0,9}(?:\(转载\))?(?:\d{4}年(?:度)?)?", title.text)
    start = lead.end() if lead else 0
    for m in _TITLE_END.finditer(title.text, start):
        name = title.text[start : m.start()].strip()
        if re.fullmatch(r"[\u4e00-\u9fff ]{3,40}", name) and issuer_level(name):
            yield title.found(name, start, start + len(name))
        return


def _signatures(report: ReportText) -> Iterator[Found]:
    """Names of bodies on a line beside a date line: at the end, then in the head."""
    end = len(report.text)
    for first, last in ((max(0, end - TAIL), end), (0, HEAD)):
        lines = [line for line in report.lines(first, last) if not line.is_furniture]
        for i in reversed(range(len(lines))):
            if not _DATE_LINE.match(lines[i].text):
                continue
            for line in (*lines[max(0, i - 1) : i], *lines[i + 1 : i + 2]):
                name = re.sub(r"(?<=^.) (?=.)|(?<= .) (?=.)", "", line.text)  # 水 利 局
                if re.fullmatch(r"[\u4e00-\u9fff ]{3,40}", name) and issuer_level(name):
                    yield report.passage(line.start, line.end).found(name, 0, len(line.text))


def _speakers(report: ReportText) -> Iterator[Found]:
    """``我代表…人民政府向大会报告`` and ``…人民政府县长 某某``."""
    head = report.passage(0, report.opening_end + 400)
    for pattern in (_BEHALF, _SPEAKER):
        for m in pattern.finditer(head.text):
            if issuer_level(m[1]):
                yield head.found(m[1], m.start(1), m.end(1))


def _in_opening(report: ReportText) -> Iterator[Found]:
    """An office in the page's path (``…街道办事处 > 政府工作报告``), a department that the first sentence is about."""
    for pattern in (_OFFICE, _DEPARTMENT):
        for m in pattern.finditer(report.text, 0, report.opening_end):
            yield report.passage(0, report.opening_end).found(m[0], m.start(), m.end())


@cache
def _suffix_levels() -> dict[str, str]:
    return {row["suffix"]: row["level"] for row in read_table("issuer_suffixes")}


@cache
def _suffix_pattern() -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(sorted(_suffix_levels(), key=len, reverse=True)) + ")$")


@cache
def _national_pattern(where: str) -> re.Pattern[str]:
    marks = [row["mark"] for row in read_table("national_marks") if row["where"] == where]
    if where == "name":
        rows = [row for row in read_table("national_bodies") if row["kind"] != "party"]
        marks += [form for row in rows for form in (row["form"], row["full"]) if len(form) > 2]
    return re.compile("|".join(sorted(set(marks), key=len, reverse=True)))
