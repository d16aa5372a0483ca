"""Cuts a text into sentences as exact spans: by full stops and line breaks, quotations and titles respected."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from govtext.lines import BLANK, INLINE_FURNITURE, find_lines, trim
from govtext.types import Furniture, Section, Sentence

Span = tuple[int, int]

_STOP = re.compile(r"[。！？!?]+")
_CLOSERS = "”’」』》〉）)】]'\""
_PAIRED = re.compile(r"[“”「」『』《》\"]")
_OPENING = {"“": "”", "「": "」", "『": "』", "《": "》"}
_MAX_QUOTE = 300
_SHORT_QUOTE = 15
_GOES_ON = re.compile(
    r"[，、；：,;:。！？的及或]|等(?!待)|与(?!会|此)|和(?!谐|平)|之(?!后|前)|[^。！？：，；“”]{0,6}(?:(?<!是)说|指出|强调|表示|写道)(?![：:])"
)
_INTRODUCED = re.compile(r"[：:，,。！？；]\s?$|(?:说|指出|强调|提出|要求)$")


def find_sentences(
    text: str, *, furniture: Sequence[Furniture] = (), sections: Sequence[Section] = ()
) -> list[Sentence]:
    r"""The sentences of ``text`` in order, without overlap; ``section`` is an index into ``sections``.

    A sentence ends after 。！？!? with the closing quotes and brackets that follow, or at a line break; not inside 《》,
    nor inside a quotation that the sentence continues after. White space and furniture at either end are outside.
    Never raises; a text of blanks gives an empty list. Time grows with the length of the text alone.

    >>> text = "一、回顾\n完成投资3.5亿元。他说：“好。干得好！”"
    >>> [text[s.start:s.end] for s in find_sentences(text)]
    ['一、回顾', '完成投资3.5亿元。', '他说：“好。', '干得好！”']
    """
    cuts = _heading_cuts(text, sections)
    spans = [span for a, b in _stretches(text, furniture) for c, d in _split(a, b, cuts) for span in _cut(text, c, d)]
    edges = [f for f in furniture if f.kind in INLINE_FURNITURE]
    starts = [f.start for f in edges]
    found = []
    for span in spans:
        start, end = _outside(text, *span, edges, starts)
        if any(c.isalnum() for c in text[start:end]):
            found.append((start, end))
    return list(_placed(found, sections))


def _stretches(text: str, furniture: Sequence[Furniture]) -> Iterator[Span]:
    """The lines of the text without the block furniture on them."""
    blocks = [f for f in furniture if f.kind not in INLINE_FURNITURE]
    at = 0
    for start, end in find_lines(text):
        while at < len(blocks) and blocks[at].end <= start:
            at += 1
        position, i = start, at
        while i < len(blocks) and blocks[i].start < end:
            if position < blocks[i].start:
                yield position, blocks[i].start
            position = max(position, blocks[i].end)
            i += 1
        if position < end:
            yield position, end


def _heading_cuts(text: str, sections: Sequence[Section]) -> list[int]:
    """Where sentences start for the sake of a heading: at it, and behind one that a blank ends."""
    starts = {section.start for section in sections}
    ends = {s.heading_end for s in sections if text[s.heading_end : s.heading_end + 1].isspace()}
    return sorted(starts | ends)


def _split(start: int, end: int, cuts: list[int]) -> Iterator[Span]:
    """One stretch in pieces between the cuts that fall into it."""
    for cut in cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]:
        yield start, cut
        start = cut
    yield start, end


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """The sentences of one line, white space included."""
    held = _held_spans(text, start, end)
    starts = [a for a, _ in held]
    position = start
    for stop in _STOP.finditer(text, start, end):
        if stop.end() == end or stop.start() < position:
            continue
        at = bisect_left(starts, stop.start())
        if (at and held[at - 1][1] > stop.start()) or _is_no_stop(text, stop, end):
            continue
        after = _end_with_closers(text, stop.end(), position, end)
        yield position, after
        position = after
    if position < end:
        yield position, end


def _is_no_stop(text: str, stop: re.Match[str], end: int) -> bool:
    """Whether ``!`` or ``?`` belong to an address, or a run of ``?`` stands for characters that were lost."""
    mark, after = stop.group(), text[stop.end()]
    if mark[-1] in "!?" and (after.isascii() and (after.isalnum() or after in "=&/_")):
        before = text[stop.start() - 1 : stop.start()]
        return before.isascii() and before.isalnum()
    return len(mark) > 1 and set(mark) == {"?"}


def _end_with_closers(text: str, position: int, start: int, end: int) -> int:
    """End of a sentence with its closing marks; a straight quote closes only where one is open in the sentence."""
    is_open = text.count('"', start, position) % 2 == 1
    while position < end and text[position] in _CLOSERS:
        if text[position] == '"':
            if not is_open:
                break
            is_open = False
        position += 1
    return position


def _held_spans(text: str, start: int, end: int) -> list[Span]:
    """Outermost titles and quotations in which no sentence ends, sorted."""
    held: list[Span] = []
    opened: dict[str, int] = {}
    is_paired = text.count('"', start, end) % 2 == 0
    for mark in _PAIRED.finditer(text, start, end):
        sign, at = mark.group(), mark.start()
        if sign == '"' and "”" in opened:
            sign = "”"  # a curly quote that was closed by a straight one
        if sign in _OPENING:
            opened[_OPENING[sign]] = at
        elif sign in opened:
            first = opened.pop(sign)
            if at - first <= _MAX_QUOTE and (sign == "》" or _continues(text, first, at, end)):
                while held and held[-1][0] > first:
                    held.pop()
                if not held or held[-1][1] < first:
                    held.append((first, at + 1))
        elif sign == '"' and is_paired:
            opened[sign] = at
    return held


def _continues(text: str, opening: int, closing: int, end: int) -> bool:
    """Whether the sentence goes on after the quotation that stands from ``opening`` to ``closing``."""
    if text[closing - 1] not in "。！？!?":
        return True
    after = text[closing + 1 : min(end, closing + 12)].lstrip(BLANK)
    if not after:
        return False
    if _GOES_ON.match(after):
        return True
    is_name = closing - opening <= _SHORT_QUOTE and not _INTRODUCED.search(text[max(0, opening - 4) : opening])
    return is_name and after[0] not in "（("


def _outside(text: str, start: int, end: int, inline: list[Furniture], starts: list[int]) -> Span:
    """A span without white space and inline furniture at its ends; a note's own mark at the front of a line stays."""
    start, end = trim(text, start, end)
    at = bisect_left(starts, start)
    while at < len(inline) and inline[at].start == start < end:
        start = min(inline[at].end, end)
        while start < end and text[start] in BLANK:
            start += 1
        at += 1
    last = bisect_left(starts, end) - 1
    while last >= at and inline[last].kind == "code" and inline[last].end == end:
        end = inline[last].start
        while start < end and text[end - 1] in BLANK:
            end -= 1
        last -= 1
    return start, end


def _placed(spans: list[Span], sections: Sequence[Section]) -> Iterator[Sentence]:
    """The spans as sentences, each in the innermost section around it."""
    last = -1
    for start, end in spans:
        while last + 1 < len(sections) and sections[last + 1].start <= start:
            last += 1
        place: int | None = last if last >= 0 else None
        while place is not None and sections[place].end <= start:
            place = sections[place].parent
        is_heading = place is not None and sections[place].start <= start and end <= sections[place].heading_end
        yield Sentence(start, end, section=place, is_heading=is_heading)
