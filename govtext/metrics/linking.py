"""Links a quantity to the words of its sentence that say what it measures: scores every stretch nearby, takes the best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from govtext.metrics.quantities import Quantity
from govtext.metrics.weights import Weights
from govtext.metrics.words import hollow, verb, verb_at_end

Span = tuple[int, int]

REACH_LEFT: Final = 70
REACH_RIGHT: Final = 36
LONGEST: Final = 30
_BREAK: Final = re.compile(r"[，,；;。！!？?：:\n]")
_EACH: Final = re.compile(r"分别|各自?")
_ITEMS: Final = re.compile(r"[、和及与]")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch between punctuation marks and quantities in which an indicator of quantity ``k`` may stand."""

    start: int
    end: int
    side: str  # "B" before the quantity, "A" after it
    marks: int  # punctuation marks between
    quantities: int  # other quantities between


def segments(text: str, quantities: Sequence[Quantity], k: int) -> list[Segment]:
    """The stretches around quantity ``k`` in which its indicator may stand, nearest first on each side."""
    q = quantities[k]
    found = []
    left = max(0, q.start - REACH_LEFT)
    cuts = _cuts(text, quantities, left, q.start)
    marks = count = 0
    end = q.start
    for start, stop, is_mark in reversed(cuts):
        if stop < end:
            found.append(Segment(stop, end, "B", marks, count))
        marks, count, end = marks + is_mark, count + (not is_mark), start
    if left < end:
        found.append(Segment(left, end, "B", marks, count))
    right = min(len(text), q.end + REACH_RIGHT)
    marks = count = 0
    start = q.end
    for cut, stop, is_mark in [*_cuts(text, quantities, q.end, right), (right, right, True)]:
        if start < cut:
            found.append(Segment(start, cut, "A", marks, count))
        marks, count, start = marks + is_mark, count + (not is_mark), stop
        if marks > 1 or count > 2:
            break
    return found


def _cuts(text: str, quantities: Sequence[Quantity], low: int, high: int) -> list[tuple[int, int, bool]]:
    marks = [(m.start(), m.end(), True) for m in _BREAK.finditer(text, low, high)]
    others = [(q.start, q.end, False) for q in quantities if low <= q.start and q.end <= high]
    return sorted(others + [m for m in marks if not any(a <= m[0] < b for a, b, _ in others)])


def _shape(q: Quantity) -> str:
    return q.form if q.form != "amount" else q.dimension or "bare"


class Candidates:
    """The stretches that quantity ``k`` may be about, with the features of their edges and of the stretch as a whole."""

    def __init__(self, text: str, quantities: Sequence[Quantity], k: int, before: Sequence[Span | None]) -> None:
        self.text, self.quantities, self.k = text, quantities, k
        self.segments = segments(text, quantities, k)
        self.hollow_before, self.hollow_after = self._near()
        self.special = self._special_spans(before)

    def start_features(self, segment: Segment, i: int) -> list[str]:
        """Features of a stretch that begins at ``i``."""
        text, side = self.text, segment.side
        left = text[max(segment.start, i - 4) : i]
        if i - segment.start < 4:
            left = self._mark_before(segment) + left
        right = text[i : min(segment.end, i + 4)]
        names = [f"{side}s<{left[-n:]}" for n in range(1, len(left) + 1)]
        names += [f"{side}s>{right[:n]}" for n in range(1, len(right) + 1)]
        names += [f"s{left[-1:]}|{right[:1]}", f"s<{left[-2:]}", f"s<{left[-3:]}", f"s>{right[:2]}"]
        behind = verb_at_end().search(self.text, segment.start, i)
        names.append(f"{side}s{'<verb' if behind else '<other'}")
        if m := verb().match(self.text, i, segment.end):
            names += [f"{side}s>verb", f"{side}s>{m.group()}|{'verb' if behind else ''}"]
        return names + self._place_features(segment)

    def end_features(self, segment: Segment, j: int) -> list[str]:
        """Features of a stretch that ends at ``j``."""
        text, side = self.text, segment.side
        left = text[max(segment.start, j - 4) : j]
        right = text[j : min(segment.end, j + 5)]
        if segment.end - j < 5:
            right += self._mark_after(segment)
        names = [f"{side}e<{left[-n:]}" for n in range(1, len(left) + 1)]
        names += [f"{side}e>{right[:n]}" for n in range(1, len(right) + 1)]
        names += [f"e{left[-1:]}|{right[:1]}", f"e<{left[-2:]}", f"e<{left[-3:]}", f"e>{right[:2]}", f"e>{right[:3]}"]
        if m := verb().match(self.text, j, segment.end):
            names += [f"{side}e>verb", f"{side}e>>{self._after_filler(m.end(), segment)}"]
        if verb_at_end().search(self.text, segment.start, j):
            names.append(f"{side}e<verb")
        if self._hollow(j, segment.end):
            names.append(f"{side}e>hollow")
        return names

    @staticmethod
    def length_feature(segment: Segment, length: int) -> str:
        """The feature of a stretch's length."""
        return f"{segment.side}len{min(length, 16)}"

    def _after_filler(self, j: int, segment: Segment) -> str:
        return self.text[j : min(j + 1, segment.end)] or self._mark_after(segment)

    def _hollow(self, start: int, end: int) -> bool:
        return hollow().fullmatch(self.text, start, end) is not None

    def _near(self) -> tuple[str, str]:
        """Whether the stretches next to the quantity are missing, made of filler words, or may name something."""
        state = {"B": "none", "A": "none"}
        for s in self.segments:
            if s.marks == 0 and s.quantities == 0:
                state[s.side] = "hollow" if self._hollow(s.start, s.end) else "named"
        return state["B"], state["A"]

    def _mark_before(self, segment: Segment) -> str:
        if segment.start == 0:
            return "^"
        if segment.side == "A" and segment.start == self.quantities[self.k].end:
            return "◆"
        mark = self.text[segment.start - 1]
        return mark if _BREAK.match(mark) else "◇"

    def _mark_after(self, segment: Segment) -> str:
        if segment.end == len(self.text):
            return "$"
        if segment.end == self.quantities[self.k].start:
            return "◆"
        mark = self.text[segment.end]
        return mark if _BREAK.match(mark) else "◇"

    def _place_features(self, segment: Segment) -> list[str]:
        q = self.quantities[self.k]
        place = f"{segment.side}{min(segment.marks, 3)}{min(segment.quantities, 3)}"
        shape = _shape(q)
        after = self.text[q.end : q.end + 1]
        follow = "end" if not after else "mark" if _BREAK.match(after) else after if after in "、的以左和及" else "word"
        gap = "gap" if segment.side == "B" and q.start > 0 and _BREAK.match(self.text[q.start - 1]) else ""
        before = self.text[max(0, q.start - 2) : q.start]
        content = "hollow" if self._hollow(segment.start, segment.end) else "named"
        near = self.hollow_before
        return [
            f"p{place}|{content}", f"p{place}|{near}|{follow}|{shape}", f"p{place}|{near}|{content}|{self.hollow_after}",
            f"p{place}", f"p{place}|{shape}", f"p{place}|{follow}", f"p{place}|{follow}|{shape}|{gap}",
            f"p{place}<{before}", f"p{place}<{before[-1:]}|{follow}", f"p{place}>{self.text[q.end:q.end + 2]}",
        ]  # fmt: skip

    def _special_spans(self, before: Sequence[Span | None]) -> dict[Span, list[str]]:
        """Stretches that earlier quantities took, and the one that a list with 分别 gives to this quantity."""
        found: dict[Span, list[str]] = {}
        q = self.quantities[self.k]
        for back in range(1, min(4, self.k) + 1):
            span = before[self.k - back]
            if span is None:
                continue
            other = self.quantities[self.k - back]
            between = self.text[self.quantities[self.k - 1].end : q.start]
            link = between if len(between) <= 7 else f"{between[:1]}…{between[-2:]}"
            after = "end" if q.end == len(self.text) else "mark" if _BREAK.match(self.text[q.end]) else "word"
            names = found.setdefault(span, [])
            names += [
                f"same{back}", f"same{back}|{_shape(other)}|{_shape(q)}", f"same{back}|{link}", f"same{back}<{between[-2:]}",
                f"same{back}|{after}|{_shape(q)}", f"same{back}|{self.hollow_before}|{after}", f"same{back}|{self.hollow_before}|{self.hollow_after}|{_shape(q)}|{_shape(other)}", f"same{back}{'=' if _shape(other) == _shape(q) else '#'}{between[:1]}",
            ]  # fmt: skip
        for span in self._distributed():
            found.setdefault(span, []).append("each")
        for s in self.segments:
            for i in range(s.start, s.end):
                for j in range(i + 1, min(s.end, i + 4) + 1):
                    names = [f"{s.side}={self.text[i:j]}"]
                    if self._hollow(i, j):
                        names.append(f"{s.side}hollow{j - i}")
                    found[i, j] = found.get((i, j), []) + names
        return found

    def _distributed(self) -> list[Span]:
        """The conjunct that belongs to this quantity in ``A、B分别增长5%、6%``, if the numbers of items agree."""
        first = self.k
        while first > 0 and self._listed(self.quantities[first - 1], self.quantities[first]):
            first -= 1
        last = self.k
        while last + 1 < len(self.quantities) and self._listed(self.quantities[last], self.quantities[last + 1]):
            last += 1
        size = last - first + 1
        if size < 2:
            return []
        left = segments(self.text, self.quantities, first)
        near = next((s for s in left if s.side == "B" and s.quantities == 0 and s.marks == 0), None)
        each = _EACH.search(self.text, near.start, near.end) if near else None
        if near is None or each is None:
            return []
        items = [near.start, *(m.end() for m in _ITEMS.finditer(self.text, near.start, each.start())), each.start() + 1]
        if len(items) - 1 != size:
            return []
        at = self.k - first
        return [(items[at], items[at + 1] - 1)]

    def _listed(self, one: Quantity, two: Quantity) -> bool:
        between = self.text[one.end : two.start]
        return len(between) <= 4 and between.lstrip("以上左右多 ").rstrip("约近超 ") in {
            "、",
            "和",
            "，",
            ",",
            "及",
            "与",
        }


def best_span(candidates: Candidates, weights: Weights) -> Span | None:
    """The candidate with the highest score; None where there is none."""
    best, top = None, float("-inf")
    for segment in candidates.segments:
        positions = range(segment.start, segment.end + 1)
        starts = [weights.score(candidates.start_features(segment, i)) for i in positions[:-1]]
        ends = [weights.score(candidates.end_features(segment, j)) for j in positions[1:]]
        lengths = [weights.score((candidates.length_feature(segment, n),)) for n in range(LONGEST + 1)]
        for a, start_score in enumerate(starts):
            for b in range(a, min(len(ends), a + LONGEST)):
                score = start_score + ends[b] + lengths[b - a + 1]
                if score > top:
                    best, top = (segment.start + a, segment.start + b + 1), score
        for (i, j), names in candidates.special.items():
            if segment.start <= i and j <= segment.end:
                score = (
                    starts[i - segment.start]
                    + ends[j - 1 - segment.start]
                    + lengths[min(j - i, LONGEST)]
                    + weights.score(names)
                )
                if score > top:
                    best, top = (i, j), score
    return best
