"""Finds the section tree of a report: numbered, run-in and unnumbered headings, nesting, review and plan parts."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from govtext.lines import BLANK, INLINE_FURNITURE, find_lines, trim
from govtext.resources import read_table
from govtext.types import Furniture, HeadingMark, Part, Section

_MAX_HEADING = 60
_MAX_PLAIN = 30
_MAX_GAP = 3
_LONG_LINE = 500
_CN = "一二三四五六七八九十"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_NUMERAL = re.compile(f"[{_CN}]+|[0-9０-９]+|[{_CIRCLED}]")
_HEADING_END = re.compile(r"[。！？!?]+[”’」』》）)】]*")
_INLINE_END = re.compile(r"[。！？!?](?=.)|(?<=[^\s\d])(?=\s)")
_BEFORE_INLINE = re.compile(f"[。！？!?：:][”’）)]?\\s{{0,8}}(?=[{_CN}]{{1,3}}、|[（(][{_CN}]{{1,3}}[)）])")
_CLAUSE_END = re.compile(r"[，,；;：:]")
_COLON = re.compile(r"[：:]")
_SEMICOLON = re.compile(r"[；;]")
_MEETING = re.compile(r"会议|大会|[届次].{0,6}全会")
_YEAR = re.compile(r"(?<!\d)((?:20|19)\d\d)(?=年)|[二一][〇○零九][〇○零一二三四五六七八九]{2}(?=年)")
_PLAIN_HEADING = re.compile(
    r"(?:\d{4}年|[二一][〇○零九][〇○零一二三四五六七八九]{2}年|[过刚]去|上半年|下半年|今[年后]|明年|全年|下一?[步年]"
    r"|“?十[一二三四五]五|本届|[一二三四五两]年来)(?:(?!街道|人民政府|办事处)[^。；！？，：]){0,24}"
    r"(?:回顾|总结|成效|成就|情况|计划|安排|打算|思路|任务|目标|建议|重点工作|要求)"
)
_APPENDED = re.compile(
    r"(?:附件|附录|附表)[一二三四五六七八九十\d]{0,3}[:：]?|.{0,16}(?:名词|用语|术语|注)(?:解释|释|注释|说明)[:：]?"
)
_TURN = re.compile(
    r"(?:今年|明年|来年|今后|未来|下一步|新的一年|(?:19|20)\d\d年)[^。；\n]{0,40}?(?:目标|安排|打算|任务|总体要求|工作思路|总体思路|要求是|重点抓好|着力抓好|做好以下)"
)
_TURN_WINDOW = 3000  # characters before the new numbering in which the turn to the time ahead is looked for
_RANKS = {row["style"]: rank for rank, row in enumerate(read_table("numbering"))}
_PLAIN_RANK = _RANKS["cn"] - 0.5


@dataclass(frozen=True)
class _Heading:
    """A candidate: where heading and line stand, how it is numbered, what it says, the level the format gives it."""

    start: int
    end: int
    rank: float
    heading: str
    number: str = ""
    value: int | None = None
    lone: bool = True
    mark: int | None = None

    @property
    def part(self) -> Part | None:
        """The part that the heading itself names; deep headings speak of content, not of parts."""
        if self.rank > _RANKS["cn"] and not _PLAIN_HEADING.fullmatch(self.heading):
            return None
        return _part_of(self.heading)


@dataclass
class _Node:
    """An open section: its place in the list and the heading that opened it."""

    index: int
    heading: _Heading


@dataclass
class _Tree:
    """Sections found so far, and the path of open ones from the outermost inwards."""

    sections: list[Section] = field(default_factory=list)
    path: list[_Node] = field(default_factory=list)


def find_sections(
    text: str, *, furniture: Sequence[Furniture] = (), headings: Sequence[HeadingMark] = ()
) -> list[Section]:
    r"""The section tree in reading order; ``headings`` are those that the file format itself knows.

    A section runs to the next of the same or a higher level, so parents contain their children; ``parent`` is an index
    into the list, smaller than the section's own. ``text[heading_start:heading_end]`` is the heading as written, number
    and final mark included. A numbered item that opens with a long sentence has its first clause as heading, or none.
    Text without headings gives an empty list. Time grows with the length of the text alone.

    >>> for s in find_sections("一、2021年工作总结\n（一）产业升级。完成投资3亿元。\n二、2022年工作计划"):
    ...     print(s.level, s.number, s.heading, s.part)
    1 一 2021年工作总结 review
    2 一 产业升级 review
    1 二 2022年工作计划 plan
    """
    found = _with_marks(text, _find_candidates(text, furniture), headings)
    tree = _Tree()
    for heading in _chained(found):
        _close(tree.path, heading)
        parent = tree.path[-1].index if tree.path else None
        tree.path.append(_Node(len(tree.sections), heading))
        tree.sections.append(
            Section(
                start=heading.start, end=heading.end, level=len(tree.path), number=heading.number,
                heading=heading.heading, parent=parent, heading_start=heading.start, heading_end=heading.end,
                part=heading.part,
            )
        )  # fmt: skip
    sections = _with_parts(_with_ends(text, tree.sections, end=_text_end(text, furniture)))
    return _with_unnamed_plan(text, sections)


def _find_candidates(text: str, furniture: Sequence[Furniture]) -> list[_Heading]:
    """Every line that starts like a heading, furniture left out."""
    blocks = [f for f in furniture if f.kind not in INLINE_FURNITURE]
    starts = [f.start for f in blocks]
    found = []
    for start, end in find_lines(text):
        at = bisect_right(starts, start)
        if at and blocks[at - 1].end > start:
            continue
        if at < len(blocks) and blocks[at].start < end:
            start, end = trim(text, start, blocks[at].start)
        if heading := _numbered(text, start, end) or _plain(text, start, end):
            found.append(heading)
        if end - start > _LONG_LINE:
            found.extend(_inline(text, found[-1].end if found else start, start, end))
    return found


def _inline(text: str, position: int, start: int, end: int) -> Iterator[_Heading]:
    """Headings inside a line that holds many paragraphs: behind a full stop, and ended by a blank or a full stop."""
    for stop in _BEFORE_INLINE.finditer(text, max(start, position), end):
        heading = _numbered(text, stop.end(), end, inline=True)
        if heading and heading.heading:
            yield heading


@cache
def _numbering() -> re.Pattern[str]:
    """One pattern for all styles of numbering; the named group that matched is the style."""
    classes = {"[C]": f"[{_CN}]", "[D]": "[0-9０-９]", "[CD]": f"[{_CN}0-9０-９]"}
    rows = [f"(?P<{row['style']}>{row['pattern']})" for row in read_table("numbering")]
    pattern = "|".join(rows)
    for name, characters in classes.items():
        pattern = pattern.replace(name, characters)
    return re.compile(pattern)


def _numbered(text: str, start: int, end: int, *, inline: bool = False) -> _Heading | None:
    """The numbered heading that a line starts with, or that stands at ``start`` inside a line."""
    match = _numbering().match(text, start, end)
    if match is None or match.lastgroup is None:
        return None
    style = match.lastgroup
    first, last = _heading_span(text, match.end(), end, inline=inline)
    heading = text[first:last].rstrip("。！？!?；;：:，," + BLANK)
    if style == "dash" and not _opens_item(heading, alone=last == end):
        return None
    numeral = _NUMERAL.search(match.group())
    alone = style.startswith("cn") and 0 < len(heading) == last - first and last == end
    return _Heading(
        start=start, end=last, rank=_RANKS[style], heading=heading,
        number=match.group().strip("、．.（()），,—―–─-" + BLANK),
        value=_value(numeral.group()) if numeral else None,
        lone=alone or read_table("numbering")[_RANKS[style]]["lone"] == "yes",
    )  # fmt: skip


def _opens_item(heading: str, *, alone: bool) -> bool:
    """Whether what follows a dash is an item, not the line under the title that names meeting and date."""
    if not heading or not (heading[0].isalnum() or heading[0] in '“《"'):
        return False
    return not (alone and _MEETING.search(heading))


def _heading_span(text: str, start: int, end: int, *, inline: bool) -> tuple[int, int]:
    """Where the heading behind a number stands: its first sentence if short, else its first clause, else nothing."""
    start, seen = trim(text, start, min(end, start + 2 * _MAX_HEADING))
    end = seen if start == seen else end
    limit = min(end, start + _MAX_HEADING)
    if inline and (gap := _INLINE_END.search(text, start, limit)):
        return start, gap.end()
    if (colon := _COLON.search(text, start, min(limit, start + 16))) and colon.end() < end:
        return start, colon.start()
    if (listed := _SEMICOLON.search(text, start, limit)) and listed.end() < end:
        limit = listed.start()
    if stop := _HEADING_END.search(text, start, limit):
        return start, stop.end()
    if end == limit or listed:
        return start, limit
    clause = _CLAUSE_END.search(text, start, limit)
    return start, clause.start() if clause else start


def _plain(text: str, start: int, end: int) -> _Heading | None:
    """The unnumbered heading of a review or plan part, or of what is appended, alone on its line."""
    if end - start <= _MAX_PLAIN and _APPENDED.fullmatch(text, start, end):
        return _Heading(start=start, end=end, rank=-1, heading=text[start:end].rstrip("：:"))
    if end - start > _MAX_PLAIN or not _PLAIN_HEADING.fullmatch(text, start, end):
        return None
    heading = text[start:end]
    if len({part for _, part in _named_parts(heading)}) > 1:
        return None  # a title: "summary of this year and plan for the next"
    return _Heading(start=start, end=end, rank=_PLAIN_RANK, heading=heading)


def _value(numeral: str) -> int:
    """Value of a heading's numeral, below 100.

    >>> _value("二十三"), _value("7"), _value("③")
    (23, 7, 3)
    """
    if numeral in _CIRCLED:
        return _CIRCLED.index(numeral) + 1
    if numeral.isdecimal():
        return int(numeral)
    tens, ten, ones = numeral.rpartition("十")
    high = (_CN.find(tens[-1]) + 1 if tens else 1) if ten else 0
    return high * 10 + (_CN.find(ones[-1]) + 1 if ones else 0)


def _with_marks(text: str, found: list[_Heading], marks: Sequence[HeadingMark]) -> list[_Heading]:
    """Candidates with the levels that the format gives them; marked headings without a number are added."""
    if not marks:
        return found
    by_start = {heading.start: heading for heading in found}
    marks = _without_title(marks, found)
    top = min((mark.level for mark in marks), default=1)
    for mark in marks:
        start, end = trim(text, mark.start, mark.end)
        if start in by_start:
            by_start[start] = replace(by_start[start], mark=mark.level, lone=True)
        elif 0 < end - start <= 2 * _MAX_HEADING:
            rank = _PLAIN_RANK + max(0, 2 * (mark.level - top) - 1)
            by_start[start] = _Heading(start=start, end=end, rank=rank, heading=text[start:end], mark=mark.level)
    return [by_start[start] for start in sorted(by_start)]


def _without_title(marks: Sequence[HeadingMark], found: list[_Heading]) -> Sequence[HeadingMark]:
    """The marks without a first one that stands alone on its level above everything else: the title of the document."""
    first = marks[0]
    is_title = all(m.level > first.level for m in marks[1:]) and all(h.start > first.start for h in found)
    return marks[1:] if is_title else marks


def _chained(found: list[_Heading]) -> list[_Heading]:
    """Candidates without numbers that follow from nothing, such as a ``2.`` deep in a text that has no ``1.``."""
    following: dict[float, int | None] = {}
    has_next = []
    for heading in reversed(found):
        has_next.append(heading.value is not None and following.get(heading.rank) == heading.value + 1)
        following[heading.rank] = heading.value
    kept: list[_Heading] = []
    last: dict[float, int] = {}
    for heading, next_follows in zip(found, reversed(has_next), strict=True):
        step = (heading.value or 0) - last.get(heading.rank, 0)
        if heading.lone or heading.value == 1 or next_follows or (heading.rank in last and 0 < step <= _MAX_GAP):
            kept.append(heading)
            last[heading.rank] = heading.value or 0
    return kept


def _close(path: list[_Node], new: _Heading) -> None:
    """Close the open sections that end where ``new`` starts: at the sibling that its number continues, else by rank."""
    continued = [i for i, node in enumerate(path) if _continues(node.heading, new)]
    if new.part:
        continued = [i for i in continued if path[i].heading.part] or continued
    if continued:
        del path[continued[-1] :]
        return
    while path and not _contains(path[-1].heading, new):
        path.pop()


def _continues(last: _Heading, new: _Heading) -> bool:
    """Whether ``new`` carries on the numbering of ``last``."""
    if last.rank != new.rank or last.value is None or new.value is None:
        return False
    return 0 < new.value - last.value <= _MAX_GAP


def _contains(outer: _Heading, new: _Heading) -> bool:
    """Whether ``new`` stands below ``outer``; numbering that starts again under a part heading is a level deeper."""
    if outer.mark is not None and new.mark is not None and outer.mark != new.mark:
        return outer.mark < new.mark
    restarts = outer.rank == new.rank and new.value == 1 and outer.part is not None and new.part is None
    return outer.rank < new.rank or restarts


def _with_ends(text: str, sections: list[Section], *, end: int) -> list[Section]:
    """Sections with their spans: each up to the next of the same or a higher level."""
    ends: dict[int, int] = {}
    open_ends: dict[int, int] = {}
    for i in range(len(sections) - 1, -1, -1):
        section = sections[i]
        limit = min((at for level, at in open_ends.items() if level <= section.level), default=max(end, section.end))
        ends[i] = max(trim(text, section.start, limit)[1], section.heading_end)
        open_ends = {level: at for level, at in open_ends.items() if level < section.level}
        open_ends[section.level] = section.start
    return [replace(section, end=ends[i]) for i, section in enumerate(sections)]


def _text_end(text: str, furniture: Sequence[Furniture]) -> int:
    """End of the text without the furniture that closes it."""
    end = len(text)
    for piece in reversed(furniture):
        if text[piece.end : end].strip(BLANK):
            break
        end = piece.start
    return trim(text, 0, end)[1]


@cache
def _part_patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The patterns of ``parts.tsv``, compiled."""
    return tuple((re.compile(row["pattern"]), row["part"]) for row in read_table("parts"))


def _named_parts(heading: str) -> list[tuple[int, str]]:
    """The parts that the words of a heading name, by where they end in it."""
    return sorted((m.end(), part) for pattern, part in _part_patterns() for m in pattern.finditer(heading))


@cache
def _part_of(heading: str) -> Part | None:
    """The part that a heading names; of several the last decides."""
    parts = _named_parts(heading)
    if not parts:
        return None
    return "review" if parts[-1][1] == "review" else "plan"


def _with_parts(sections: list[Section]) -> list[Section]:
    """Sections with review or plan handed down to children, and on to what follows a plan on its level."""
    reviewed = _last_year(s.heading for s in sections if s.part == "review")
    intended = _last_year(s.heading for s in sections if s.part == "plan")
    done: list[Section] = []
    planned: set[tuple[int | None, int]] = set()
    for section in sections:
        part = done[section.parent].part if section.parent is not None else None
        part = part or section.part
        place = (section.parent, section.level)
        year = _last_year([section.heading])
        if part is None and _APPENDED.fullmatch(section.heading):
            pass
        elif part is None and (place in planned or 0 < reviewed < year):
            part = "plan"
        elif part is None and 0 < year < intended:
            part = "review"
        if part == "plan":
            planned.add(place)
        done.append(replace(section, part=part))
    return done


def _with_unnamed_plan(text: str, sections: list[Section]) -> list[Section]:
    """Sections where a plan without a heading of its own begins as the numbering under a review starts again.

    The text before must turn to the time ahead (``今年经济社会发展主要预期目标…``); what follows on that level is then plan, with all below.
    """
    numbers: dict[int | None, int] = {}  # the last number under each parent
    turned: set[int | None] = set()
    done: list[Section] = []
    for section in sections:
        parent, part = section.parent, section.part
        value = _value(section.number) if _NUMERAL.fullmatch(section.number) else 0
        if part == "review" and parent is not None and not _part_of(section.heading):
            before = text[max(done[-1].start, section.start - _TURN_WINDOW) : section.start]
            restarts = value == 1 < numbers.get(parent, 0)
            if done[parent].part == "plan" or parent in turned or (restarts and _TURN.search(before)):
                part = "plan"
                turned.add(parent)
        numbers[parent] = value or numbers.get(parent, 0)
        done.append(replace(section, part=part))
    return done


def _last_year(headings: Iterable[str]) -> int:
    """The latest year in digits that the headings name, 0 if there is none."""
    return max((int(m[1]) for heading in headings for m in _YEAR.finditer(heading) if m[1]), default=0)
