"""Finds the title of a report: a labelled line, the title lines of the head, what the format says, the file's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from govtext.metadata.fields import find_fields
from govtext.metadata.passage import HEAD, Line, Passage, ReportText, normalize
from govtext.resources import read_table

_MAX_TITLE = 80  # characters
_BODY = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十]{1,3}\)|第[一二三四五六七八九十]{1,3}[章条部]|\d{1,2}[.、])"
)
_SENTENCE_END = re.compile(r"[。;；!！?？,，:：、]$")
_SUBTITLE = re.compile(r"^[—―\-─–]{1,4}\s{0,2}(?=\S)")
_PAGE_LINE = re.compile(
    r"首页|当前位置|位置:|字体|来源|索引|浏览|打印|分享|时间:|日期:|https?:|引证码|责任编辑|公开方式|\|"
)
_PROSE = re.compile(r"^(?:为(?:了|深|贯|进|全|加|认|切)|根据|按照|经(?![济开信])|现将|各)|听取|审议|》[,，]")
_SPACED = re.compile(r"(?<=[\u4e00-\u9fff]) {1,4}(?=[\u4e00-\u9fff](?: |$))")
_TRAILING_DATE = re.compile(r"\s{1,9}(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}$")


def find_title(report: ReportText, *, title: str | None, name: str | None) -> tuple[str, Passage] | None:
    """The title's value (one line) and the passage it was read from.

    ``title`` is what the file format gives; a title line of the text goes before one that names no kind of document.
    """
    if fields := find_fields(report, "title"):
        return _value(_written(report, fields[0])), fields[0]
    lines = _title_lines(list(report.lines(0, HEAD)))
    if title and (not lines or _has_title_word(title)):
        return title, _locate(report, title) or Passage(normalize(title), "title")
    if lines:
        passage = report.passage(lines[0].start, lines[-1].end, report.source_at(lines[0].start, lines[0].end))
        return _join([report.written(line.start, line.end) for line in lines]), passage
    if name and _has_title_word(name):
        return name, Passage(name, "file name")
    return None


def _locate(report: ReportText, title: str) -> Passage | None:
    start = report.text.find(normalize(title), 0, HEAD)
    return report.passage(start, start + len(title)) if start >= 0 else None


def _title_lines(lines: Sequence[Line]) -> list[Line]:
    """The best title line of the head with the lines that belong to it."""
    candidates = [i for i, line in enumerate(lines[:15]) if _may_be_title(lines, i)]
    if not candidates:
        return []
    best = candidates[0]
    first, last = best, best
    while first > 0 and _goes_on(lines[first - 1]) and not _has_title_word(lines[first - 1].text):
        first -= 1
    if last + 1 < len(lines) and _SUBTITLE.match(lines[last + 1].text) and _has_title_word(lines[last + 1].text):
        last += 1
    return list(lines[first : last + 1])


def _may_be_title(lines: Sequence[Line], i: int) -> bool:
    """Whether line ``i`` reads as a title: short, a title word in it, no sentence, nothing of the body before it."""
    if any(_BODY.match(line.text) or "各位" in line.text[:6] for line in lines[: i + 1]):
        return False
    line = lines[i]
    text = _squeeze(line.text)
    if len(re.findall("[,，]", text)) > 1 or _PROSE.search(text):
        return False
    return (
        4 <= len(text) <= _MAX_TITLE
        and not _is_page_line(line)
        and not _SENTENCE_END.search(text)
        and _has_title_word(text)
    )


def _goes_on(line: Line) -> bool:
    """Whether a line may be the first part of a title that the next line ends."""
    text = _squeeze(line.text)
    return 4 <= len(text) <= 40 and not _is_page_line(line) and not re.search(r"[。;；:：!！\d]", text)


def _is_page_line(line: Line) -> bool:
    return line.is_furniture or bool(_PAGE_LINE.search(line.text))


def _squeeze(text: str) -> str:
    """``政 府 工 作 报 告`` without its blanks."""
    return _SPACED.sub("", text)


def _value(text: str) -> str:
    return _TRAILING_DATE.sub("", _squeeze(" ".join(text.split())))


def _written(report: ReportText, passage: Passage) -> str:
    start = passage.start or 0
    return report.written(start, start + len(passage.text))


def _join(lines: Sequence[str]) -> str:
    parts = [_value(line) for line in lines]
    value = parts[0]
    for part in parts[1:]:
        value += part if _SUBTITLE.match(part) or value.endswith(("关于", "印发", "的", "》")) else " " + part
    return value


@cache
def _title_word_pattern() -> re.Pattern[str]:
    words = "|".join(re.escape(row["word"]) for row in read_table("title_words"))
    return re.compile(rf"(?:{words})")


def _has_title_word(text: str) -> bool:
    return bool(_title_word_pattern().search(_squeeze(text)))
