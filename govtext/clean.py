"""Finds page furniture: what a web site, a printer or a scraper added to a report. It is marked, never cut."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from statistics import median

from govtext.lines import find_lines
from govtext.resources import read_table
from govtext.types import Furniture

Span = tuple[int, int]

_MAX_LINE = 160
_MAX_SUMMARY = 600
_MAX_NOTES = 1200
_MIN_PAGE = 150
_MIN_BREAK = 8
_ZONES = ("any", "edge", "head", "tail")
_CODE = re.compile(r"(?:\\r\\n|\\(?:r(?!\\n)|[nt])(?![A-Za-z]))+|&(?:[a-zA-Z]{2,8}|#x?[0-9a-fA-F]{1,6});|\?{2,}")
_FOOTNOTE = re.compile(r"[\[［〔【]\d{1,3}[\]］〕】]|(?<=[”」』》])[①-⑳]|[①-⑳](?=[，。；、,;！])")
_ROUND_FOOTNOTE = re.compile(r"[（(](\d{1,3})[)）]")
_GARBLED = re.compile("[M](?:[^M]{0,60}[M]){20,}".replace("M", "銆锛鐨\ufffd\ue000-\uf8ff"))
_BULLET = "•●·◆■*"
_SALUTATION = re.compile(r"(?:各位|尊敬的|同志们|女士们|先生们|主任|主席).{0,30}[:：!！,，]$")
_NUMBERED = re.compile(r"第?[（(]?[一二三四五六七八九十]{1,3}(?:[)）、]|[章节条]|部分)")
_SUBTITLE = re.compile(r"报告|总结|计划|要点|方案|会议|大会|[省市县区乡镇]长|主任|通知|意见|办法|规划|[（(]\d{4}年")
_TITLE_AND_DATE = re.compile(r"(\S.{5,80}?)\s+\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?")
_END_MARKS = "。！？；，、：,;:!?"


@dataclass(frozen=True)
class _Line:
    """A trimmed line, its span, and the same without any white space and leading bullet."""

    start: int
    end: int
    text: str
    bare: str


def find_furniture(text: str, *, known: Sequence[Furniture] = ()) -> list[Furniture]:
    r"""Stretches of page furniture, sorted and without overlap; ``known`` are those that the file format itself tells.

    Site navigation, source and index lines, font switches, share and print buttons, link lists and footers after the
    text, watermarks glued to line ends, page numbers, footnote marks, codes left by a scraper (``&nbsp;``, ``\r\n``).
    Kinds of ``govtext.lines.INLINE_FURNITURE`` stand inside sentences. Time grows with the length of the text alone.

    >>> [(f.kind, f.start, f.end) for f in find_furniture("来源：某县政府网\n2021年，全县完成投资3亿元。")]
    [('source', 0, 8)]
    """
    lines = [_line(text, *span) for span in find_lines(text)]
    found = [
        *known,
        *_find_blocks(lines),
        *_find_garbled(text),
        *_find_page_numbers(lines),
        *_find_watermarks(text, lines),
        *_find_codes(text),
        *_find_footnotes(text, {line.start for line in lines}),
    ]
    return _without_overlap(found, len(text))


def _line(text: str, start: int, end: int) -> _Line:
    """Cut out one line; what is too long for furniture keeps an empty bare form."""
    size = end - start
    if size > _MAX_SUMMARY:
        return _Line(start, end, "", "")
    line = text[start:end]
    if size > _MAX_LINE and not line.endswith(("...", "……")) and "://" not in line:
        return _Line(start, end, line, "")
    return _Line(start, end, line, "".join(line.split()).lstrip(_BULLET))


@cache
def _patterns(*zones: str) -> re.Pattern[str]:
    """One pattern for all rows of these zones; the named group that matched is ``<kind>_<row>``."""
    rows = [(i, row) for i, row in enumerate(read_table("furniture")) if row["zone"] in zones]
    return re.compile("|".join(f"(?P<{row['kind']}_{i}>{row['pattern']})" for i, row in rows))


def _match_kind(line: _Line, *zones: str) -> tuple[str, bool] | None:
    """Kind of furniture that a whole line is, and whether everything after it is furniture as well."""
    match = _patterns(*zones).fullmatch(line.bare) if line.bare else None
    if match is None or match.lastgroup is None:
        return None
    kind, row = match.lastgroup.rsplit("_", 1)
    return kind, read_table("furniture")[int(row)]["rest"] == "yes"


def _find_blocks(lines: list[_Line]) -> Iterator[Furniture]:
    """Whole lines: by the table in the head, the body and the tail, and what stands among them."""
    first, last = _body(lines)
    yield from _mark_head(lines[:first])
    for is_text, run in groupby(lines[first:last], key=_is_prose):
        group = list(run)
        yield from _mark_any(group) if is_text else _mark_between(group)
    yield from _mark_tail(lines[last:], has_body=last > first)


def _mark_any(lines: Iterable[_Line]) -> Iterator[Furniture]:
    """Furniture that is furniture wherever it stands."""
    for line in lines:
        if match := _match_kind(line, "any"):
            yield Furniture(line.start, line.end, match[0])


def _mark_between(lines: list[_Line]) -> Iterator[Furniture]:
    """Furniture among short lines inside the body: all of it where a page ends and another starts there."""
    if len(lines) < _MIN_BREAK:
        yield from _mark_any(lines)
        return
    kinds = [_match_kind(line, *_ZONES) for line in lines]
    marked = [i for i, kind in enumerate(kinds) if kind and len(lines[i].bare) > 1]
    if sum(kinds[i] is not None and lines[i].bare.isalnum() for i in marked) < _MIN_BREAK // 2:
        yield from _mark_any(lines)
        return
    kind = "navigation"
    for line, match in zip(lines[marked[0] : marked[-1] + 1], kinds[marked[0] :], strict=False):
        kind = match[0] if match else kind
        yield Furniture(line.start, line.end, kind)


def _body(lines: list[_Line]) -> Span:
    """Indices of the first line of the body and of the line after its last.

    A line that opens a footer also ends the body where hardly any running text follows it (licence notes, disclaimers).
    """
    prose = [i for i, line in enumerate(lines) if _is_prose(line)]
    first = next((i for i in prose if not _match_kind(lines[i], *_ZONES)), len(lines))
    last = next((i + 1 for i in reversed(prose) if not _match_kind(lines[i], *_ZONES)), len(lines))
    sizes = {i: lines[i].end - lines[i].start for i in prose}
    after, allowed = 0, min(_MAX_NOTES, sum(sizes.values()) // 10)
    for i in range(len(lines) - 1, first, -1):
        after += sizes.get(i, 0)
        if after > allowed:
            break
        match = _match_kind(lines[i], "tail")
        if match and match[1]:
            last = min(last, i)
    return first, last


def _is_prose(line: _Line) -> bool:
    """Whether a line looks like running text, a numbered heading or the salutation."""
    if not line.bare:
        return True
    if len(line.bare) >= 40 and any(mark in line.bare for mark in "。，,"):
        return True
    return bool(_NUMBERED.match(line.bare) or _SALUTATION.match(line.bare))


def _mark_head(lines: list[_Line]) -> Iterator[Furniture]:
    """Furniture above the body: lines by the table, page titles, short links that stand between them."""
    kinds = [_match_kind(line, "any", "edge", "head") for line in lines]
    marked = [i for i, kind in enumerate(kinds) if kind]
    last_of = {line.bare: i for i, line in enumerate(lines)}
    for i, (line, kind) in enumerate(zip(lines, kinds, strict=True)):
        if kind:
            yield Furniture(line.start, line.end, kind[0])
        elif title := _TITLE_AND_DATE.fullmatch(line.text):
            is_repeated = "".join(title[1].split()) in last_of
            yield Furniture(*(line.start, line.end) if is_repeated else _shifted(line, title.end(1)), "source")
        elif (marked and _is_echo(i, lines, last_of[line.bare])) or _is_link(i, line, marked):
            yield Furniture(line.start, line.end, "navigation")


def _is_echo(index: int, lines: list[_Line], last: int) -> bool:
    """Whether a line of a page's head says what comes again: the title, or a channel that the title ends with."""
    line = lines[index].bare
    is_channel = index == 0 and len(lines) > 1 and lines[1].bare != line and lines[1].bare.endswith(line)
    return len(line) >= 4 and (last > index or is_channel)


def _is_link(index: int, line: _Line, marked: list[int]) -> bool:
    """Whether a short line stands among furniture and is no part of the title."""
    return len(line.bare) <= 12 and _between(index, marked) and not _SUBTITLE.search(line.bare)


def _shifted(line: _Line, offset: int) -> Span:
    """The part of a line from ``offset`` on, without white space at its front."""
    rest = line.text[offset:]
    return line.start + offset + len(rest) - len(rest.lstrip()), line.end


def _between(index: int, marked: list[int]) -> bool:
    """Whether a line stands between two marked lines that are at most 12 lines apart."""
    at = bisect_left(marked, index)
    return 0 < at < len(marked) and marked[at] - marked[at - 1] <= 12


def _mark_tail(lines: list[_Line], *, has_body: bool) -> Iterator[Furniture]:
    """Furniture below the body: lines by the table, and everything after one that opens a link list or footer."""
    kinds = [_match_kind(line, "any", "edge", "tail") for line in lines]
    marked = [i for i, kind in enumerate(kinds) if kind]
    rest: str | None = None
    for i, (line, kind) in enumerate(zip(lines, kinds, strict=True)):
        if kind:
            yield Furniture(line.start, line.end, kind[0])
            rest = kind[0] if kind[1] and has_body else rest
        elif rest or _is_link(i, line, marked):
            yield Furniture(line.start, line.end, rest or "navigation")


def _find_page_numbers(lines: list[_Line]) -> Iterator[Furniture]:
    """Lines of a bare number, where they count upwards page by page; the rows of a table stand closer together."""
    numbers = [(line, int(line.text)) for line in lines if len(line.text) <= 3 and line.text.isdecimal()]
    steps = [b.start - a.end for (a, m), (b, n) in pairwise(numbers) if n - m == 1]
    ascending = all(m < n for (_, m), (_, n) in pairwise(numbers))
    needed = (0.6 if ascending else 0.8) * (len(numbers) - 1)
    if len(numbers) >= 3 and len(steps) >= needed and median(steps) >= _MIN_PAGE:
        yield from (Furniture(line.start, line.end, "page") for line, _ in numbers)


def _find_watermarks(text: str, lines: list[_Line]) -> Iterator[Furniture]:
    """A string glued to the ends of many lines, after the sentence mark that should end them."""
    long_enough = [line for line in lines if line.end - line.start >= 3]
    endings = Counter(text[line.end - 3 : line.end] for line in long_enough)
    ending, count = endings.most_common(1)[0] if endings else ("", 0)
    if count < 3 or count < 0.3 * len(long_enough) or ending[-1] in _END_MARKS + "”」』》）)】]\"'":
        return
    members = [line for line in long_enough if text[line.end - 3 : line.end] == ending]
    mark = _common_ending(text[max(line.start, line.end - 60) : line.end] for line in members).lstrip(_END_MARKS)
    glued = sum(text[line.end - len(mark) - 1 : line.end - len(mark)] in tuple("。！？；") for line in members)
    if glued >= 2 and not any(c in "。！？；，" for c in mark):
        yield from (Furniture(line.end - len(mark), line.end, "watermark") for line in members)


def _common_ending(strings: Iterable[str]) -> str:
    """What all strings end with.

    >>> _common_ending(["甲乙丙", "丁乙丙"])
    '乙丙'
    """
    reverse = [string[::-1] for string in strings]
    first, last = min(reverse), max(reverse)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:length][::-1]


def _find_codes(text: str) -> Iterator[Furniture]:
    """Escape codes, HTML entities and runs of ``?`` that a scraper left in place of blanks and line breaks."""
    return (Furniture(*match.span(), "code") for match in _CODE.finditer(text))


def _find_garbled(text: str) -> Iterator[Furniture]:
    """Long stretches of UTF-8 that were read as GBK: characters that Chinese text does not have, close together."""
    return (Furniture(*match.span(), "garbled") for match in _GARBLED.finditer(text))


def _find_footnotes(text: str, line_starts: set[int]) -> Iterator[Furniture]:
    """Footnote marks inside the text; at the start of a line the mark belongs to the note itself."""
    for match in _FOOTNOTE.finditer(text):
        if match.start() not in line_starts:
            yield Furniture(*match.span(), "footnote")
    marks = [m for m in _ROUND_FOOTNOTE.finditer(text) if m.start() not in line_starts]
    counted = [m for m, expected in zip(marks, range(1, len(marks) + 1), strict=True) if int(m[1]) == expected]
    if len(counted) >= 5 and len(counted) == len(marks):
        yield from (Furniture(*match.span(), "footnote") for match in counted)


def _without_overlap(found: Iterable[Furniture], length: int) -> list[Furniture]:
    """Sorted, clipped to the text; of pieces that overlap the first found stays."""
    kept: list[Furniture] = []
    order = sorted(enumerate(found), key=lambda item: (item[1].start, item[0]))
    for _, piece in order:
        start, end = max(piece.start, kept[-1].end if kept else 0), min(piece.end, length)
        if start < end:
            kept.append(piece if (start, end) == (piece.start, piece.end) else Furniture(start, end, piece.kind))
    return kept
