"""Links quantities to the words of their sentence that say what they measure: takes the stretch nearby that scores best."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np

from govtext.metrics.indicators import may_end_name, names_indicator
from govtext.metrics.links import LONGEST, LinkModel, shape_of
from govtext.metrics.quantities import Quantity
from govtext.metrics.strips import BREAK, REACH_LEFT, Segment, Strips, segments

Span = tuple[int, int]

NEAR_INDICATOR: Final = (
    4.0  # added to a canonical indicator right before the quantity, against well-known words far off
)
BATCH: Final = 256  # quantities that are scored at once: their arrays stay in the processor's cache
_MARKS: Final = frozenset("，,；;。！!？?：:\n")
_EACH: Final = re.compile(r"分别|各自?")
_EVERY: Final = re.compile(r"[均都]|分别|双双")
_ITEMS: Final = (re.compile(r"[、和及与]"), re.compile(r"[、和与]"), re.compile("、"))
_ADVERBS: Final = re.compile("(?:预计|预期|今年|明年|全年|年内|力争|确保|累计|其中|[全我](?:省|市|县|区|州|国|旗|盟))+")
_STRUCTURE: Final = re.compile("(?:三次|三大|[一二三、]{3,5})?产业?(?:结构|比例|比重|比)(?!例)")
_BESIDE: Final = re.compile(r"同比|比上年|较上年|平均|在(?=.{2,20}基础上)|[又再均](?=$)")
_RANKED: Final = re.compile(
    "[并且仍]?(?:[均都稳]|双双|分别|继续|始终|连续[一二三四五六七八九十0-9]{1,3}个?[年月季]度?)?(?:保持在?)?"
    "(?:位居|[名排位]列|排名?|跃居|跃升至?|升至|进入|跻身|居|列)"
)
_LONGEST_LIST: Final = 12
_STRUCTURE_REACH: Final = 160
_LISTED: Final = frozenset({"、", "和", "，", ",", "及", "与"})


class Surroundings(NamedTuple):
    """What stands right beside a quantity: its shape, what follows it (a mark, a word …), whether a mark stands before it."""

    shape: str
    follow: str
    gap: str


def surroundings(text: str, q: Quantity) -> Surroundings:
    """The surroundings of a quantity of ``text``."""
    return Surroundings(
        shape_of(q), _follow(text[q.end : q.end + 1]), "gap" if text[q.start - 1 : q.start] in _MARKS else ""
    )


def _follow(after: str) -> str:
    if not after:
        return "end"
    if after in _MARKS:
        return "mark"
    return after if after in "、的以左和及" else "word"


def position_features(
    shape: str, follow: str, gap: str, place: str, content: str, taken: str, left: str, right: str, last: str
) -> list[str]:
    """Features of the place of a strip: side and distance, what stands next to the quantity.

    ``left`` and ``right`` say whether the strips next to the quantity are missing, made of filler words, or may name
    something, ``taken`` whether the quantity before took its indicator from the strip, ``last`` where it found it.
    """
    return [
        place, f"{place}|{shape}", f"{place}|{follow}", f"{place}|{follow}|{shape}|{gap}", f"{place}|{content}",
        f"{place}|{content}|{shape}", f"{place}|{left}|{follow}|{shape}", f"{place}|{left}|{content}|{right}",
        f"{place}|{taken}|{last}", f"{place}|{taken}|{last}|{follow}", f"{place}|{last}|{left}|{right}",
        f"{place}|{taken}|{last}|{shape}|{left}",
    ]  # fmt: skip


def beside_features(place: str, before: str, after: str, follow: str) -> list[str]:
    """Features of the place of a strip together with the characters beside the quantity."""
    return [f"{place}<{before}", f"{place}<{before[-1:]}|{follow}", f"{place}>{after}"]


def shared_features(
    back: int,
    other: str,
    unit: str,
    shape: str,
    between: str,
    link: str,
    follow: str,
    left: str,
    right: str,
    every: str,
) -> list[str]:
    """Features of sharing the indicator of the quantity ``back`` places before, whose shape is ``other``; ``unit`` says
    whether it has the same unit."""
    after = follow if follow in {"end", "mark"} else "word"
    same = f"same{back}"
    counted = f"{same}|{unit}|{shape}"
    return [
        same, f"{same}|{other}|{shape}", f"{same}|{link}", f"{same}<{between[-2:]}", f"{same}|{after}|{shape}",
        f"{same}|{left}|{after}", f"{same}|{every}|{shape}", f"{same}|{every}|{left}",
        f"{same}|{left}|{right}|{shape}|{other}", f"{same}{'=' if other == shape else '#'}{between[:1]}",
        counted, f"{counted}|{left}|{after}", f"{counted}<{between[-2:]}", f"{counted}|{left}|{between[:1]}",
    ]  # fmt: skip


class Candidates:
    """The strips (by their numbers) of quantity ``k`` of a sentence, with the keys of the features of their places.

    ``before`` holds the stretches that earlier quantities took; ``contents`` says what each of all strips is made of.
    """

    def __init__(
        self, text: str, quantities: Sequence[Quantity], k: int, before: Sequence[Span | None], strips: Strips,
        mine: Sequence[int], contents: Sequence[str],
    ) -> None:  # fmt: skip
        self.text, self.quantities, self.k, self.before = text, quantities, k, before
        self.strips, self.contents = strips, contents
        q = quantities[k]
        self.around = surroundings(text, q)
        self.words = text[max(0, q.start - 2) : q.start], text[q.end : q.end + 2], self.around.follow
        state = {"pB00": "none", "pA00": "none"}
        self.field = -1  # the strip before a rank that only says among whom (``居全省沿海城市第二``)
        for i in mine:
            place, s = strips.places[i], strips.segments[i]
            if place == "pB00" and q.form == "rank" and _RANKED.match(text, s.start, s.end):
                self.field = i
            if place in state:
                state[place] = "field" if i == self.field else contents[i]
        self.near = state["pB00"], state["pA00"]
        self.taken = before[k - 1] if k else None
        self.beyond = *self.near, self._last()

    def _last(self) -> str:
        """Where the quantity before found its indicator: right before or behind it, farther off, nowhere; or that there is none."""
        if self.k == 0:
            return "first"
        if self.taken is None:
            return "none"
        other = self.quantities[self.k - 1]
        if self.taken[0] >= other.end:
            return "A" if self.taken[0] - other.end <= 2 else "A+"
        gap = self.text[self.taken[1] : other.start]
        return "B+" if len(gap) > 16 or _MARKS.intersection(gap) else "B"

    def position(self, i: int) -> tuple[Any, ...]:
        """The key of ``position_features`` of strip ``i``."""
        s, taken = self.strips.segments[i], self.taken
        held = "taken" if taken and s.start <= taken[0] and taken[1] <= s.end else "free"
        content = "field" if i == self.field else self.contents[i]
        return *self.around, self.strips.places[i], content, held, *self.beyond

    def beside(self, i: int) -> tuple[str, str, str, str]:
        """The key of ``beside_features`` of strip ``i``."""
        return self.strips.places[i], *self.words

    def shared(self) -> list[tuple[Span, tuple[int, str, str, str, str, str, str, str, str, str]]]:
        """The stretches of earlier quantities, nearest first, with the keys of ``shared_features``."""
        reach = min(self._reach(), self.k)
        if not reach:
            return []
        between = self.text[self.quantities[self.k - 1].end : self.quantities[self.k].start]
        link = between if len(between) <= 7 else f"{between[:1]}…{between[-2:]}"
        ends = between if len(between) <= 3 else f"{between[:1]}{between[-2:]}"
        every = "every" if _EVERY.search(between) else "one"
        found = []
        for back in range(1, reach + 1):
            span = self.before[self.k - back]
            if span is not None:
                other = self.quantities[self.k - back]
                unit = "=" if other.unit == self.quantities[self.k].unit else "#"
                key = back, shape_of(other), unit, self.around.shape, ends, link, self.around.follow, *self.near, every
                found.append((span, key))
        return found

    def _reach(self) -> int:
        """How many quantities back an indicator may be shared: a rank without 均 or 分别 belongs to the one before it."""
        q = self.quantities[self.k]
        if q.form != "rank" or self.k == 0:
            return 4
        return 4 if _EVERY.search(self.text, self.quantities[self.k - 1].end, q.start) else 1


def link_quantities(sentences: Sequence[tuple[str, Sequence[Quantity]]], model: LinkModel) -> list[list[Span | None]]:
    """For each sentence the stretches that its quantities measure; None where there is none.

    ``sentences`` are texts with their quantities. Many quantities are scored at once, then linked one after the other.
    """
    links: list[list[Span | None]] = [[] for _ in sentences]
    rows = ((i, found) for i, sentence in enumerate(sentences) for found in segments(*sentence))
    while batch := list(islice(rows, BATCH)):
        strips = Strips.join((sentences[i][0], found) for i, found in batch)
        linker = _Linker(strips, model, [sentences[i][1][len(links[i]) + n] for i, n in _numbered(batch)])
        for number, (i, _) in enumerate(batch):
            links[i].append(linker.link(*sentences[i], links[i], number))
    return links


def _numbered(batch: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, int]]:
    """The sentence of each row of a batch, and how many rows of the same sentence stand before it in the batch."""
    for i, rows in groupby(batch, key=itemgetter(0)):
        for n, _ in enumerate(rows):
            yield i, n


class _Linker:
    """Links the quantities of one batch."""

    def __init__(self, strips: Strips, model: LinkModel, quantities: Sequence[Quantity]) -> None:
        self.strips, self.model = strips, model
        self.scores = model.score(strips, quantities)
        self._first: list[int] = strips.first.tolist()
        self._closing = self.scores.closing.tobytes()

    def link(
        self, text: str, quantities: Sequence[Quantity], before: Sequence[Span | None], number: int
    ) -> Span | None:
        """The stretch of quantity ``number`` of the batch, which follows those of its sentence with the stretches ``before``."""
        k = len(before)
        return conjunct(text, quantities, k, before) or self._best(
            text, quantities, k, before, self.strips.of_quantity[number]
        )

    def _best(
        self, text: str, quantities: Sequence[Quantity], k: int, before: Sequence[Span | None], strips: list[int]
    ) -> Span | None:
        sum_of, segments = self.model.places.sum_of, self.strips.segments
        candidates = Candidates(text, quantities, k, before, self.strips, strips, self.scores.contents)
        bonuses: dict[Span, float] = {}
        for span, key in candidates.shared():
            bonuses[span] = bonuses.get(span, 0.0) + sum_of(shared_features, *key)[0]
        best, top = None, float("-inf")
        for i in strips:
            s = segments[i]
            place = sum_of(position_features, *candidates.position(i))[0]
            place += sum_of(beside_features, *candidates.beside(i))[0]
            inside = (
                {span: x for span, x in bonuses.items() if s.start <= span[0] and span[1] <= s.end} if bonuses else {}
            )
            if self.strips.places[i] == "pB00":
                self._add_named(text, i, s, inside)
            span, score = self._best_of(i, s, inside, top - place) if inside else self._plain_best(i, s)
            if score + place > top:
                best, top = span, score + place
        return best

    def _plain_best(self, i: int, s: Segment) -> tuple[Span, float]:
        start = s.start + self.scores.best_at[i] - self._first[i]
        return (start, start + self.scores.best_length[i]), self.scores.best[i]

    def _best_of(self, i: int, s: Segment, bonuses: dict[Span, float], least: float) -> tuple[Span, float]:
        """The best stretch of a strip if some have a bonus (or malus); any stretch where all score less than ``least``."""
        span, score = self._plain_best(i, s)
        malus = bonuses.get(span, 0.0) < 0
        if malus and score > least:
            span, score = self._best_without(i, s, bonuses)
        elif malus:
            score = float("-inf")
        for other, bonus in bonuses.items():
            raised = self.scores[i, other[0], other[1]] + bonus
            if raised > score:
                span, score = other, raised
        return span, score

    def _best_without(self, i: int, s: Segment, spans: Iterable[Span]) -> tuple[Span, float]:
        first = self._first[i]
        table = self.scores.table[:, first : first + s.end - s.start].copy()
        for start, end in spans:
            if end - start <= len(table):
                table[end - start - 1, start - s.start] = -np.inf
        length, at = divmod(int(table.argmax()), table.shape[1])
        return (s.start + at, s.start + at + length + 1), float(table[length, at])

    def _add_named(self, text: str, i: int, s: Segment, bonuses: dict[Span, float]) -> None:
        """Give a bonus to stretches that end in a canonical indicator with nothing but fillers before the quantity."""
        first = self._first[i]
        at, stop = first - 1, first + s.end - s.start
        while (at := self._closing.find(1, at + 1, stop)) >= 0:
            end = s.start + at - first + 1
            if not may_end_name(text[end - 2 : end]):
                continue
            lowest = max(s.start, end - LONGEST)
            named = next((a for a in range(lowest, end - 1) if names_indicator(text[a:end])), None)
            if named is not None:
                for a in range(lowest, named + 1):
                    bonuses[a, end] = bonuses.get((a, end), 0.0) + NEAR_INDICATOR


# --- what lists with 分别 and proportions measure, by rule -------------------------------------------------------------------


def conjunct(text: str, quantities: Sequence[Quantity], k: int, before: Sequence[Span | None]) -> Span | None:
    """What a quantity measures in a list with 分别: its conjunct (``A、B分别增长5%、6%``) if the numbers of items agree,
    else what the quantity before it in the list does; and what a proportion gives the parts of (``三次产业结构``)."""
    q = quantities[k]
    if q.form == "proportion":
        found = list(_STRUCTURE.finditer(text, max(0, q.start - _STRUCTURE_REACH), q.start))
        return found[-1].span() if found else None
    first = last = k
    while first > max(0, k - _LONGEST_LIST) and _listed(text, quantities, first - 1):
        first -= 1
    while last + 1 < min(len(quantities), k + _LONGEST_LIST) and _listed(text, quantities, last):
        last += 1
    return _distributed(text, quantities, first, last, k, before) if first < last else None


def _distributed(
    text: str, quantities: Sequence[Quantity], first: int, last: int, k: int, before: Sequence[Span | None]
) -> Span | None:
    end = quantities[first].start
    start = max(end - REACH_LEFT, quantities[first - 1].end if first else 0)
    start = max((m.end() for m in BREAK.finditer(text, start, end)), default=start)
    each = _EACH.search(text, start, end)
    if each is None:
        return None
    if each.start() == start and first:
        return _resumed(first, last, k, before)
    for marks in _ITEMS:
        cuts = [start, *(m.end() for m in marks.finditer(text, start, each.start())), each.start() + 1]
        if len(cuts) == last - first + 2:
            return _trimmed(text, cuts[k - first], cuts[k - first + 1] - 1)
    return before[k - 1] if k > first else None


def _resumed(first: int, last: int, k: int, before: Sequence[Span | None]) -> Span | None:
    """What a list that begins with 分别 itself goes on about: the last different stretches before it, in their order."""
    earlier = list(dict.fromkeys(span for span in before[:first] if span))
    size = last - first + 1
    return earlier[k - first - size] if len(earlier) >= size else None


def _trimmed(text: str, start: int, end: int) -> Span | None:
    """A conjunct without the adverbs around it (``预计城镇``, ``损失金额同比``)."""
    if m := _BESIDE.search(text, start, end):
        end = m.start()
    if m := _ADVERBS.match(text, start, end):
        start = m.end()
    return (start, end) if start < end else None


def _listed(text: str, quantities: Sequence[Quantity], k: int) -> bool:
    """Whether quantity ``k`` and the next one are items of one list."""
    start, end = quantities[k].end, quantities[k + 1].start
    return end - start <= 4 and text[start:end].lstrip("以上左右多 ").rstrip("约近超 ") in _LISTED
