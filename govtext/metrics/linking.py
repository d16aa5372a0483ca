"""Links a quantity to the words of its sentence that say what it measures: scores every stretch nearby, takes the best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from govtext.metrics.indicators import names_indicator
from govtext.metrics.quantities import Quantity
from govtext.metrics.weights import Weights
from govtext.metrics.words import hollow, time_words, verb, verb_at_end

Span = tuple[int, int]

REACH_LEFT: Final = 64
REACH_RIGHT: Final = 36
LONGEST: Final = 30
NEAR_INDICATOR: Final = (
    4.0  # added to a canonical indicator right before the quantity, against well-known words far off
)
_SHORT: Final = 4
_BREAK: Final = re.compile(r"[，,；;。！!？?：:\n]")
_EACH: Final = re.compile(r"分别|各自?")
_EVERY: Final = re.compile(r"[均都]|分别|双双")
_ITEMS: Final = (re.compile(r"[、和及与]"), re.compile(r"[、和与]"), re.compile("、"))
_NO_START: Final = "、的"
_ADVERBS: Final = re.compile("(?:预计|预期|今年|明年|全年|年内|力争|确保|累计|其中|[全我](?:省|市|县|区|州|国|旗|盟))+")
_STRUCTURE: Final = re.compile("(?:三次|三大|[一二三、]{3,5})?产业?(?:结构|比例|比重|比)(?!例)")
_BESIDE: Final = re.compile(r"同比|比上年|较上年|平均|在(?=.{2,20}基础上)|[又再均](?=$)")
_LISTED: Final = frozenset({"、", "和", "，", ",", "及", "与"})


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch between punctuation marks and quantities in which the indicator of a quantity may stand.

    ``side`` is B before the quantity and A after it; ``marks`` and ``quantities`` count what stands between;
    ``opens`` and ``closes`` are the marks at its ends (``◆`` the quantity itself, ``◇`` another one, ``^ $`` the edges).
    """

    start: int
    end: int
    side: str
    marks: int
    quantities: int
    opens: str
    closes: str


def segments(text: str, quantities: Sequence[Quantity], k: int) -> list[Segment]:
    """The stretches around quantity ``k`` in which its indicator may stand, nearest first on each side."""
    q = quantities[k]
    low, high = max(0, q.start - REACH_LEFT), min(len(text), q.end + REACH_RIGHT)
    found = []
    marks = others = 0
    end, closes = q.start, "◆"
    for start, stop, mark in reversed([(low, low, "^"), *_cuts(text, quantities, low, q.start)]):
        if stop < end:
            found.append(Segment(stop, end, "B", marks, others, mark, closes))
        marks, others, end, closes = marks + (mark != "◇"), others + (mark == "◇"), start, mark
    marks = others = 0
    start, opens = q.end, "◆"
    for stop, behind, mark in [*_cuts(text, quantities, q.end, high), (high, high, "$")]:
        if start < stop:
            found.append(Segment(start, stop, "A", marks, others, opens, mark))
        marks, others, start, opens = marks + (mark != "◇"), others + (mark == "◇"), behind, mark
        if marks > 1 or others > 2:
            break
    return found


def _cuts(text: str, quantities: Sequence[Quantity], low: int, high: int) -> list[tuple[int, int, str]]:
    inside = [(q.start, q.end, "◇") for q in quantities if low <= q.start and q.end <= high]
    marks = [(m.start(), m.end(), m.group()) for m in _BREAK.finditer(text, low, high)]
    return sorted(inside + [m for m in marks if not any(a <= m[0] < b for a, b, _ in inside)])


def start_features(text: str, segment: Segment, i: int) -> list[str]:
    """Features of a stretch that begins at ``i``: the characters and words on both sides."""
    side = segment.side
    left = text[max(segment.start, i - 4) : i]
    if i - segment.start < 4:
        left = segment.opens + left
    right = text[i : min(segment.end, i + 4)]
    names = [f"{side}s<{left[-n:]}" for n in range(1, len(left) + 1)]
    names += [f"{side}s>{right[:n]}" for n in range(1, len(right) + 1)]
    names += [f"s{left[-1:]}|{right[:1]}", f"s<{left[-2:]}", f"s<{left[-3:]}", f"s>{right[:2]}"]
    behind = verb_at_end().search(text, max(segment.start, i - 6), i)
    names.append(f"{side}s<verb" if behind else f"{side}s<other")
    if m := verb().match(text, i, segment.end):
        names += [f"{side}s>verb", f"{side}s>{m.group()}|{'verb' if behind else ''}"]
    return names


def end_features(text: str, segment: Segment, j: int) -> list[str]:
    """Features of a stretch that ends at ``j``: the characters and words on both sides."""
    side = segment.side
    left = text[max(segment.start, j - 4) : j]
    right = text[j : min(segment.end, j + 5)]
    if segment.end - j < 5:
        right += segment.closes
    names = [f"{side}e<{left[-n:]}" for n in range(1, len(left) + 1)]
    names += [f"{side}e>{right[:n]}" for n in range(1, len(right) + 1)]
    names += [f"e{left[-1:]}|{right[:1]}", f"e<{left[-2:]}", f"e<{left[-3:]}", f"e>{right[:2]}", f"e>{right[:3]}"]
    if m := verb().match(text, j, segment.end):
        names += [f"{side}e>verb", f"{side}e>>{text[m.end() : segment.end][:1] or segment.closes}"]
    if verb_at_end().search(text, max(segment.start, j - 6), j):
        names.append(f"{side}e<verb")
    if hollow().fullmatch(text, j, segment.end):
        names.append(f"{side}e>hollow")
    return names


def length_feature(side: str, length: int) -> str:
    """The feature of a stretch's length."""
    return f"{side}len{min(length, 16)}"


def span_features(text: str, segment: Segment, i: int, j: int) -> list[str]:
    """Features of a stretch as a whole: its words if it is short, whether they name anything."""
    names = []
    if j - i <= _SHORT:
        names.append(f"{segment.side}={text[i:j]}")
        if hollow().fullmatch(text, i, j):
            names.append(f"{segment.side}hollow{j - i}")
    return names


class Candidates:
    """The stretches that quantity ``k`` may be about; ``before`` holds the stretches that earlier quantities took."""

    def __init__(self, text: str, quantities: Sequence[Quantity], k: int, before: Sequence[Span | None]) -> None:
        self.text, self.quantities, self.k = text, quantities, k
        self.segments = segments(text, quantities, k)
        self.shape = _shape(quantities[k])
        self.follow = self._follow()
        self.near = self._near()
        self.before = before
        self.item = self._distributed() or self._structure()
        self.earlier = self._earlier(before)

    def place_features(self, segment: Segment) -> list[str]:
        """Features of the place of a segment: side, distance, what stands next to the quantity."""
        q = self.quantities[self.k]
        place = f"p{segment.side}{min(segment.marks, 3)}{min(segment.quantities, 3)}"
        gap = "gap" if segment.side == "B" and q.start > 0 and _BREAK.match(self.text[q.start - 1]) else ""
        before, after = self.text[max(0, q.start - 2) : q.start], self.text[q.end : q.end + 2]
        content = "hollow" if hollow().fullmatch(self.text, segment.start, segment.end) else "named"
        left, right = self.near
        return [
            place, f"{place}|{self.shape}", f"{place}|{self.follow}", f"{place}|{self.follow}|{self.shape}|{gap}",
            f"{place}<{before}", f"{place}<{before[-1:]}|{self.follow}", f"{place}>{after}", f"{place}|{content}",
            f"{place}|{left}|{self.follow}|{self.shape}", f"{place}|{left}|{content}|{right}",
        ]  # fmt: skip

    def _near(self) -> tuple[str, str]:
        """Whether the stretches next to the quantity are missing, made of filler words, or may name something."""
        state = {"B": "none", "A": "none"}
        for s in self.segments:
            if s.marks == 0 and s.quantities == 0:
                state[s.side] = "hollow" if hollow().fullmatch(self.text, s.start, s.end) else "named"
        return state["B"], state["A"]

    def _follow(self) -> str:
        after = self.text[self.quantities[self.k].end : self.quantities[self.k].end + 1]
        if not after:
            return "end"
        if _BREAK.match(after):
            return "mark"
        return after if after in "、的以左和及" else "word"

    def _earlier(self, before: Sequence[Span | None]) -> dict[Span, list[str]]:
        """Features of the stretches that earlier quantities took, and of the one that a list with 分别 gives to this one."""
        found: dict[Span, list[str]] = {}
        for back in range(1, min(self._reach(), self.k) + 1):
            span = before[self.k - back]
            if span is not None:
                found.setdefault(span, []).extend(self._same(back))
        if self.item:
            found.setdefault(self.item, []).append("each")
        return found

    def _reach(self) -> int:
        """How many quantities back an indicator may be shared: a rank without 均 or 分别 belongs to the one before it."""
        q = self.quantities[self.k]
        if q.form != "rank" or self.k == 0:
            return 4
        return 4 if _EVERY.search(self.text, self.quantities[self.k - 1].end, q.start) else 1

    def _same(self, back: int) -> list[str]:
        """Features of sharing the indicator of the quantity ``back`` places before."""
        q, other = self.quantities[self.k], _shape(self.quantities[self.k - back])
        between = self.text[self.quantities[self.k - 1].end : q.start]
        link = between if len(between) <= 7 else f"{between[:1]}…{between[-2:]}"
        after = self.follow if self.follow in {"end", "mark"} else "word"
        same, (left, right) = f"same{back}", self.near
        every = "every" if _EVERY.search(between) else "one"
        return [
            same, f"{same}|{other}|{self.shape}", f"{same}|{link}", f"{same}<{between[-2:]}", f"{same}|{after}|{self.shape}",
            f"{same}|{left}|{after}", f"{same}|{every}|{self.shape}", f"{same}|{every}|{left}", f"{same}|{left}|{right}|{self.shape}|{other}",
            f"{same}{'=' if other == self.shape else '#'}{between[:1]}",
        ]  # fmt: skip

    def _distributed(self) -> Span | None:
        """What this quantity measures in a list with 分别: its conjunct (``A、B分别增长5%、6%``) if the numbers of items agree,
        else what the quantity before it in the list does."""
        first = last = self.k
        while first > 0 and self._listed(first - 1):
            first -= 1
        while last + 1 < len(self.quantities) and self._listed(last):
            last += 1
        left = segments(self.text, self.quantities, first) if first < last else []
        near = next((s for s in left if s.side == "B" and s.quantities == s.marks == 0), None)
        each = _EACH.search(self.text, near.start, near.end) if near else None
        if near is None or each is None:
            return None
        for marks in _ITEMS:
            cuts = [
                near.start,
                *(m.end() for m in marks.finditer(self.text, near.start, each.start())),
                each.start() + 1,
            ]
            if len(cuts) == last - first + 2:
                return self._trimmed(cuts[self.k - first], cuts[self.k - first + 1] - 1)
        return self.before[self.k - 1] if self.k > first else None

    def _trimmed(self, start: int, end: int) -> Span | None:
        """A conjunct without the adverbs around it (``预计城镇``, ``损失金额同比``)."""
        if m := _BESIDE.search(self.text, start, end):
            end = m.start()
        if m := _ADVERBS.match(self.text, start, end):
            start = m.end()
        return (start, end) if start < end else None

    def _structure(self) -> Span | None:
        """The structure whose parts a proportion gives: ``三次产业结构``."""
        if self.quantities[self.k].form != "proportion":
            return None
        found = list(_STRUCTURE.finditer(self.text, 0, self.quantities[self.k].start))
        return found[-1].span() if found else None

    def _listed(self, k: int) -> bool:
        """Whether quantity ``k`` and the next one are items of one list."""
        between = self.text[self.quantities[k].end : self.quantities[k + 1].start]
        return len(between) <= 4 and between.lstrip("以上左右多 ").rstrip("约近超 ") in _LISTED


def _shape(q: Quantity) -> str:
    return q.form if q.form != "amount" else q.dimension or "bare"


class Linker:
    """Links the quantities of one sentence, one after the other; what its stretches score is reckoned once."""

    def __init__(self, text: str, quantities: Sequence[Quantity], weights: Weights) -> None:
        self.text, self.quantities, self.weights = text, quantities, weights
        self.links: list[Span | None] = []
        self._known: dict[Segment, npt.NDArray[np.float64]] = {}

    def link(self) -> Span | None:
        """The stretch that the next quantity measures; None where there is none."""
        candidates = Candidates(self.text, self.quantities, len(self.links), self.links)
        self.links.append(candidates.item or self._best(candidates))
        return self.links[-1]

    def _best(self, candidates: Candidates) -> Span | None:
        best, top = None, float("-inf")
        for s in candidates.segments:
            scores = self._scores(replace(s, marks=0, quantities=0))
            inside = [(i, j, names) for (i, j), names in candidates.earlier.items() if s.start <= i and j <= s.end]
            known = self._named(s) if s.side == "B" and s.marks == s.quantities == 0 else []
            if inside or known:
                scores = scores.copy()
                for i, j in known:
                    scores[i, j] += NEAR_INDICATOR
                for i, j, names in inside:
                    scores[i - s.start, j - s.start - 1] += self.weights.score(names)
            at = int(scores.argmax())
            score = float(scores.flat[at]) + self.weights.score(candidates.place_features(s))
            if score > top:
                i, j = divmod(at, s.end - s.start)
                best, top = (s.start + i, s.start + j + 1), score
        return best

    def _named(self, s: Segment) -> list[Span]:
        """Stretches that end in a canonical indicator with nothing but filler words before the quantity, as row and column."""
        text, found = self.text, []
        for j in range(s.end, s.start, -1):
            if not hollow().fullmatch(text, j, s.end):
                continue
            first = next((i for i in range(max(s.start, j - LONGEST), j - 1) if names_indicator(text[i:j])), None)
            if first is not None:
                found += [(i - s.start, j - s.start - 1) for i in range(s.start, first + 1)]
        return found

    def _scores(self, s: Segment) -> npt.NDArray[np.float64]:
        """What each stretch of a segment scores by its own words; row: first character, column: last."""
        if s not in self._known:
            text, score, size = self.text, self.weights.score, s.end - s.start
            starts = np.array([score(start_features(text, s, i)) for i in range(s.start, s.end)])
            ends = np.array([score(end_features(text, s, j)) for j in range(s.start + 1, s.end + 1)])
            lengths = np.array([-np.inf, *(score((length_feature(s.side, n),)) for n in range(1, LONGEST + 1))])
            total = starts[:, None] + ends[None, :] + lengths[_lengths(size)]
            for i in range(size):
                if text[s.start + i] in _NO_START:
                    total[i] = -np.inf
                if time_words().match(text, s.start + i, s.end):
                    m = hollow().match(text, s.start + i, s.end)
                    total[i, : m.end() - s.start if m else 0] = -np.inf
                for j in range(i, min(size, i + LONGEST)):
                    if names := span_features(text, s, s.start + i, s.start + j + 1):
                        total[i, j] += score(names)
            self._known[s] = total
        return self._known[s]


@cache
def _lengths(size: int) -> npt.NDArray[np.intp]:
    """Length of the stretch of each row and column, 0 where there is none or it is too long."""
    length = np.arange(size)[None, :] - np.arange(size)[:, None] + 1
    return np.where((length >= 1) & (length <= LONGEST), length, 0)
