"""One document, gold beside predicted: counts of what agrees, and the errors as sentences with both readings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from govtext.corpus import AnnotatedSentence
from govtext.labels import DOMAINS, ENTITY_LABELS, STATUSES

BINS = 10  # of probabilities
Array = npt.NDArray[np.float64]
Counts = dict[str, Array]
Record = Mapping[str, Any]
Reading = tuple[int, int, str]
_SAME_INDICATOR = 0.5  # overlap of the characters of two indicators from which they count as the same


@dataclass(frozen=True, slots=True)
class ErrorExample:
    """One sentence that was read otherwise than annotated: ``gold`` and ``predicted`` are the two readings."""

    doc: str
    start: int
    end: int
    sentence: str
    gold: str
    predicted: str


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Errors of one kind (``missed``, ``spurious``, ``edges``, ``label``, ``record``, ``domain``, ``status``), gold → predicted."""

    kind: str
    gold: str
    predicted: str
    count: int
    examples: tuple[ErrorExample, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """The labels that rows and columns of the counts stand for."""

    labels: tuple[str, ...]
    domains: tuple[str, ...]
    statuses: tuple[str, ...]

    @classmethod
    def of(cls, gold: Iterable[AnnotatedSentence], records: Iterable[Record]) -> Names:
        """The library's labels, and what else gold or records use."""
        gold, records = list(gold), list(records)
        labels = [e.label for s in gold for e in s.entities] + [e["label"] for r in records for e in r["entities"]]
        domains = [d for s in gold for d in s.domains] + [x["domain"] for r in records for x in r["sentences"]]
        statuses = [s.status for s in gold]
        return cls(
            _known_first(ENTITY_LABELS, labels), _known_first(DOMAINS, domains), _known_first(STATUSES, statuses)
        )

    def joined(self, other: Names) -> Names:
        """The labels of both."""
        return Names(*(_known_first(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)))

    def widen(self, counts: Counts, names: Names) -> Counts:
        """Counts over these names as counts over ``names``, which has them all."""
        wide = {key: x.copy() for key, x in counts.items()}
        size = len(counts["entities"])
        rows = [names.labels.index(x) for x in self.labels]
        for key in ("entities", "overlap"):
            wide[key] = np.zeros((size, len(names.labels), 3))
            wide[key][:, rows] = counts[key]
        for key, own, all_ in (("domains", self.domains, names.domains), ("status", self.statuses, names.statuses)):
            rows = [all_.index(x) for x in own]
            wide[key] = np.zeros((size, len(all_), len(all_) + 1))
            wide[key][np.ix_(range(size), rows, [*rows, len(all_)])] = counts[key]
        return wide


def _known_first(known: Sequence[str], found: Iterable[str | None]) -> tuple[str, ...]:
    return (*known, *sorted({name for name in found if name and name not in known}))


class MarkedDocument:
    """One document, gold (marked by ``mark_annotated``) beside predicted: its counts and its errors."""

    def __init__(self, doc: str, gold: Sequence[AnnotatedSentence], record: Record | None, names: Names) -> None:
        self.doc, self.names = doc, names
        self.gold = [s for s in gold if not s.furniture]
        self.named, self.measured = (
            [s for s in self.gold if layer in s.meta["annotated"]] for layer in ("names", "metrics")
        )
        self.errors: list[tuple[str, str, str, ErrorExample]] = []
        self.sentences = list(record["sentences"]) if record else []
        found = record["entities"] if record else ()
        inside = [e for e in found if any(_overlap(e, s) for s in self._where_annotated(e["label"]))]
        self.leaked = sum(any(_overlap(p, s) for p in self.sentences) for s in gold if s.furniture)
        self.counts: Counts = {
            **self._count_entities(inside), **self._count_records(inside), **self._count_sentences(), **self._count_labels()
        }  # fmt: skip

    def _where_annotated(self, label: str) -> list[AnnotatedSentence]:
        """The sentences in which entities of the label are annotated."""
        return self.measured if label == "METRIC" else self.named

    def _count_entities(self, predicted: Sequence[Record]) -> Counts:
        gold: set[Reading] = set()
        for label in self.names.labels:
            placed = ((s.start, e) for s in self._where_annotated(label) for e in s.entities if e.label == label)
            gold |= {(start + e.start, start + e.end, label) for start, e in placed}
        found = {(e["start"], e["end"], e["label"]) for e in predicted}
        exact, loose = np.zeros((2, len(self.names.labels), 3))
        for i, label in enumerate(self.names.labels):
            a, b = {x for x in gold if x[2] == label}, {x for x in found if x[2] == label}
            exact[i] = len(a & b), len(b - a), len(a - b)
            hit_gold, hit_found = (
                sum(any(_meet(x, y) for y in b) for x in a),
                sum(any(_meet(x, y) for x in a) for y in b),
            )
            loose[i] = hit_gold, len(b) - hit_found, len(a) - hit_gold
        self._explain_entities(gold - found, found - gold)
        return {"entities": exact, "overlap": loose}

    def _explain_entities(self, missed: set[Reading], spurious: set[Reading]) -> None:
        left = sorted(spurious)
        for g in sorted(missed):
            p = next((x for x in left if _meet(x, g)), None)
            if p is None:
                self._add("missed", g, g[2], "nothing", self._mark(g), "–")
                continue
            left.remove(p)
            kind = "edges" if p[2] == g[2] else "label"
            self._add(kind, g, g[2], p[2], self._mark(g), self._mark(p))
        for p in left:
            self._add("spurious", p, "nothing", p[2], "–", self._mark(p))

    def _count_records(self, predicted: Sequence[Record]) -> Counts:
        found = {(e["start"], e["end"]): e.get("metric") or {} for e in predicted if e["label"] == "METRIC"}
        fields = np.zeros(4)  # metrics found, and of them indicator, kind, status right
        gold = good = 0
        for s in self.measured:
            for m in s.metrics:
                gold += 1
                q = found.get((s.start + m.start, s.start + m.end))
                if q is None:
                    continue
                same = indicator_overlap(m.indicator, q.get("indicator")) >= _SAME_INDICATOR
                right = (same, m.kind == q.get("kind"), m.status == q.get("status"))
                fields += (1, *right)
                good += all(right)
                if not all(right):
                    wrong = " ".join(n for n, ok in zip(("indicator", "kind", "status"), right, strict=True) if not ok)
                    place = (s.start + m.start, s.start + m.end, "METRIC")
                    told = " · ".join((m.indicator, m.kind, m.status))
                    read = " · ".join(str(q.get(part) or "–") for part in ("indicator", "kind", "status"))
                    self._add("record", place, wrong, f"other {wrong}", told, read)
        return {"records": np.array([good, len(found) - good, gold - good], float), "fields": fields}

    def _count_sentences(self) -> Counts:
        gold = {(s.start, s.end) for s in self.gold}
        found = {(p["start"], p["end"]) for p in self.sentences if any(_overlap(p, s) for s in self.gold)}
        return {"sentences": np.array([len(gold & found), len(found - gold), len(gold - found)], float)}

    def _count_labels(self) -> Counts:
        d, st = self.names.domains, self.names.statuses
        domains, status = np.zeros((len(d), len(d) + 1)), np.zeros((len(st), len(st) + 1))
        in_set, bins = np.zeros(1), np.zeros((BINS, 3))
        for s in self.gold:
            best: Record = max(self.sentences, key=lambda p: _overlap(p, s), default={})
            best = best if best and _overlap(best, s) else {}
            place = (s.start, s.end, "")
            if s.domains:
                given = best.get("domain")
                domains[d.index(s.domains[0]), _column(d, given)] += 1
                in_set += given in s.domains
                if given is not None and (p := best.get("probability")) is not None:
                    bins[min(int(p * BINS), BINS - 1)] += 1, p, given == s.domains[0]
                if given not in s.domains:
                    self._add("domain", place, s.domains[0], str(given), " ".join(s.domains), str(given))
            if s.status is not None:
                told = best.get("status")
                status[st.index(s.status), _column(st, told)] += 1
                if told != s.status:
                    self._add("status", place, s.status, str(told), s.status, str(told))
        return {"domains": domains, "status": status, "in_gold_set": in_set, "bins": bins}

    def _mark(self, reading: Reading) -> str:
        """The words of a reading and its label."""
        start, end, label = reading
        sentence = self._sentence(start, end)
        inside = sentence.text[max(start - sentence.start, 0) : end - sentence.start] if sentence else ""
        return f"{inside} {label}"

    def _sentence(self, start: int, end: int) -> AnnotatedSentence | None:
        return next((s for s in self.gold if s.start < end and start < s.end), None)

    def _add(
        self, kind: str, place: Reading, gold: str, predicted: str, gold_reading: str, predicted_reading: str
    ) -> None:
        sentence = self._sentence(place[0], place[1])
        text = sentence.text if sentence else ""
        example = ErrorExample(self.doc, place[0], place[1], text, gold_reading, predicted_reading)
        self.errors.append((kind, gold, predicted, example))


def indicator_overlap(a: str | None, b: str | None) -> float:
    """F1 over the bags of characters of two indicators; two empty ones agree.

    >>> round(indicator_overlap("工业总产值", "规模工业总产值"), 2)
    0.83
    """
    a, b = (a or "").strip(), (b or "").strip()
    if not a or not b:
        return float(a == b)
    return 2 * sum((Counter(a) & Counter(b)).values()) / (len(a) + len(b))


def _overlap(a: Any, b: AnnotatedSentence) -> int:
    return max(0, min(a["end"], b.end) - max(a["start"], b.start))


def _meet(a: Reading, b: Reading) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _column(names: Sequence[str], name: str | None) -> int:
    return names.index(name) if name in names else len(names)


def grouped(errors: Sequence[tuple[str, str, str, ErrorExample]]) -> list[ErrorGroup]:
    """Errors of one kind with the same two labels together, the most frequent first."""
    groups: dict[tuple[str, str, str], list[ErrorExample]] = defaultdict(list)
    for *key, example in errors:
        groups[tuple(key)].append(example)  # type: ignore[index]
    found = [ErrorGroup(*key, len(examples), _by_frequency(examples)) for key, examples in groups.items()]
    return sorted(found, key=lambda g: (-g.count, g.kind, g.gold, g.predicted))


def _by_frequency(examples: Sequence[ErrorExample]) -> tuple[ErrorExample, ...]:
    often = Counter((e.gold, e.predicted) for e in examples)
    return tuple(sorted(examples, key=lambda e: -often[e.gold, e.predicted]))
