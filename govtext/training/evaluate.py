"""Measures a pipeline on annotated sentences: scores with intervals over documents, confusion, calibration, errors, and two models compared.

Every measure is computed from counts of each document, so that a resample of documents is a weighted sum of counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language

from govtext.annotations import to_record
from govtext.corpus import AnnotatedSentence
from govtext.errors import DataError
from govtext.pipeline import analyze
from govtext.report import parse_report, read
from govtext.training import evaluation_report
from govtext.training.corpus import documents, mark_annotated
from govtext.training.marking import Array, Counts, ErrorGroup, MarkedDocument, Names, Record, grouped
from govtext.training.measures import (
    confusion_table,
    measures_of,
    reliability_of,
    resampled,
    swapped,
    total_of,
    weights,
)
from govtext.types import Report

MAIN = (
    "entities.micro.f", "entities.names.f", "records.f", "sentences.f", "domains.accuracy", "domains.macro_f", "status.accuracy",
)  # fmt: skip
FEW = 6  # documents, below which no difference can be certain: their permutations are too few


@dataclass(frozen=True, slots=True)
class Score:
    """A measure with its interval, if there is one; ``n`` is what it was measured on (gold entities, sentences …)."""

    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What ``evaluate`` found. ``scores`` has names such as ``entities.PLACE.f``, of what is annotated; ``confusion`` is {gold: {predicted: n}}."""

    scores: dict[str, Score]
    confusion: dict[str, dict[str, dict[str, int]]]
    reliability: list[dict[str, float]]
    errors: list[ErrorGroup]
    documents: list[str]
    missing: list[str]
    furniture: int
    leaked: int
    confidence: float
    names: Names
    counts: Counts

    def to_dict(self) -> dict[str, Any]:
        """All but the raw counts, as JSON values."""
        return {
            "documents": self.documents, "missing": self.missing, "confidence": self.confidence,
            "furniture": self.furniture, "leaked": self.leaked,
            "scores": {name: asdict(score) for name, score in self.scores.items()},
            "confusion": self.confusion, "reliability": self.reliability, "errors": [asdict(e) for e in self.errors],
        }  # fmt: skip

    def to_markdown(self, *, title: str = "Evaluation", n_errors: int = 10) -> str:
        """A report for people: tables of scores, calibration, the most frequent confusions and errors."""
        return evaluation_report.to_markdown(self, title, n_errors)

    def plot(
        self, path: str | Path, *, against: Evaluation | None = None, names: tuple[str, str] = ("first", "second")
    ) -> Path:
        """Draw F with intervals, calibration and the confusion of domains into a picture (.png, .svg, .pdf); needs the extra ``viz``.

        The scores of ``against`` stand beside, with ``names`` for the two.
        """
        return evaluation_report.draw(self, Path(path), against=against, names=names)


@dataclass(frozen=True, slots=True)
class Difference:
    """Second model minus first, with its interval and the probability of so large a difference if the models were equal."""

    first: float
    second: float
    difference: float
    low: float | None
    high: float | None
    p: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same documents."""

    differences: dict[str, Difference]
    n_documents: int
    confidence: float

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    def to_markdown(self, names: tuple[str, str] = ("first", "second")) -> str:
        """A table; differences with p < 0.05 are bold."""
        lines = [
            f"| measure | {names[0]} | {names[1]} | difference | {self.confidence:.0%} interval | p |",
            "|---|---|---|---|---|---|",
        ]
        for name, d in self.differences.items():
            shown = f"**{d.difference:+.3f}**" if d.p < 0.05 else f"{d.difference:+.3f}"
            lines.append(
                f"| {name} | {d.first:.3f} | {d.second:.3f} | {shown} | {evaluation_report.interval(d, '+.3f')} | {d.p:.3f} |"
            )
        n = self.n_documents
        note = f"{n} documents; interval by paired bootstrap, p by paired permutation, both over documents."
        if n < FEW:
            note += f" With so few, p cannot go below {2 / 2**n:.3f}, whatever the difference."
        return "\n".join([*lines, "", note, ""])


def evaluate(
    predicted: Language | Iterable[Record], gold: Sequence[AnnotatedSentence], *, reports: str | Path | None = None,
    n_bootstrap: int = 1000, confidence: float = 0.95, seed: int = 0,
) -> Evaluation:  # fmt: skip
    """Measure a pipeline, or records of ``govtext analyze``, on annotated sentences.

    A pipeline analyzes the reports ``<doc>.txt`` in ``reports``; without that folder it reads the annotated sentences of each document, one a
    line under their headings. A record is matched by its ``id`` to the ``doc`` of a sentence. Only what lies inside annotated sentences counts.
    Documents without a record count as not found at all and are listed in ``missing``. Sentences without a domain or status annotated
    are left out of those measures, and those in which names or metrics are not (see ``govtext.training.corpus.mark_annotated``) of theirs;
    a measure without anything annotated is left out. Intervals come from drawing documents with replacement; one document has none. Raises
    DataError if there is nothing to measure on, or a report does not hold a sentence at its offsets.
    """
    gold = mark_annotated(gold)
    if not any(not s.furniture for s in gold):
        raise DataError("nothing to evaluate on: the corpus has no annotated sentence")
    by_doc = documents(gold)
    if isinstance(predicted, Language):
        records, by_doc = _analyzed(predicted, by_doc, reports)
    else:
        records = {str(record["id"]): record for record in predicted}
    names = Names.of(gold, records.values())
    marked = [MarkedDocument(doc, found, records.get(doc), names) for doc, found in by_doc.items()]
    counts = {key: np.stack([m.counts[key] for m in marked]) for key in marked[0].counts}
    values, n = measures_of(total_of(counts), names)
    drawn, _ = measures_of(resampled(counts, weights(len(marked), n_bootstrap, seed)), names)
    scores = {}
    for name, value in values.items():
        if n[name]:
            low, high = _interval(drawn[name], confidence, len(marked))
            scores[name] = Score(float(value[0]), low, high, n[name])
    total = total_of(counts)
    return Evaluation(
        scores=scores,
        confusion={
            "domains": confusion_table(total["domains"][0], names.domains),
            "status": confusion_table(total["status"][0], names.statuses),
        },
        reliability=reliability_of(total["bins"][0]),
        errors=grouped([e for m in marked for e in m.errors]),
        documents=list(by_doc),
        missing=[doc for doc in by_doc if doc not in records],
        furniture=sum(s.furniture for s in gold),
        leaked=sum(m.leaked for m in marked),
        confidence=confidence,
        names=names,
        counts=counts,
    )


def compare(
    first: Evaluation,
    second: Evaluation,
    *,
    measures: Sequence[str] | None = None,
    n_resamples: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Whether two models that were evaluated on the same documents differ: paired bootstrap and paired permutation test over documents.

    ``measures`` are those of ``MAIN`` that something is annotated for, if none are given.
    Raises DataError if the evaluations are of different documents, or a measure is unknown.
    """
    if first.documents != second.documents:
        raise DataError("the two evaluations are of different documents; evaluate both models on the same corpus")
    measures = main_measures(first) if measures is None else measures
    unknown = [m for m in measures if m not in first.scores or m not in second.scores]
    if unknown:
        raise DataError(f"no measure {unknown[0]!r}; there are: {', '.join(first.scores)}")
    names = first.names.joined(second.names)
    a, b = (evaluation.names.widen(evaluation.counts, names) for evaluation in (first, second))
    size = len(first.documents)
    drawn_documents = weights(size, n_resamples, seed)
    swap = np.random.default_rng(seed + 1).random((n_resamples, size)) < 0.5
    value_a, value_b = (measures_of(total_of(x), names)[0] for x in (a, b))
    drawn_a, drawn_b = (measures_of(resampled(x, drawn_documents), names)[0] for x in (a, b))
    mixed_a, mixed_b = (measures_of(swapped(x, y, swap), names)[0] for x, y in ((a, b), (b, a)))
    differences = {}
    for m in measures:
        difference = float(value_b[m][0] - value_a[m][0])
        low, high = _interval(drawn_b[m] - drawn_a[m], first.confidence, size)
        as_large = int((np.abs(mixed_b[m] - mixed_a[m]) >= abs(difference) - 1e-12).sum())
        p = (as_large + 1) / (n_resamples + 1)
        differences[m] = Difference(float(value_a[m][0]), float(value_b[m][0]), difference, low, high, p)
    return Comparison(differences, size, first.confidence)


def main_measures(evaluation: Evaluation) -> list[str]:
    """Those of ``MAIN`` that something is annotated for."""
    return [name for name in MAIN if name in evaluation.scores]


def _interval(drawn: Array, confidence: float, documents: int) -> tuple[float, float] | tuple[None, None]:
    if documents < 2:
        return None, None
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, (tail, 1 - tail))
    return float(low), float(high)


def _analyzed(
    nlp: Language, by_doc: dict[str, list[AnnotatedSentence]], reports: str | Path | None
) -> tuple[dict[str, Record], dict[str, list[AnnotatedSentence]]]:
    """Records of the documents, and the gold sentences at their places in what was analyzed."""
    records: dict[str, Record] = {}
    placed: dict[str, list[AnnotatedSentence]] = {}
    for doc, found in by_doc.items():
        report, placed[doc] = (
            (_read_report(doc, found, Path(reports)), found) if reports else rebuild_report(doc, found)
        )
        records[doc] = to_record(analyze(report, nlp))
    return records, placed


def _read_report(doc: str, found: Sequence[AnnotatedSentence], folder: Path) -> Report:
    report = read(folder / f"{doc}.txt", id=doc)
    for s in found:
        held = report.text[s.start : s.end]
        if held != s.text:
            raise DataError(
                f"{folder / doc}.txt, characters {s.start} to {s.end}: the report has {held!r}, the corpus {s.text!r}"
            )
    return report


def rebuild_report(doc: str, sentences: Sequence[AnnotatedSentence]) -> tuple[Report, list[AnnotatedSentence]]:
    """A report of annotated sentences alone, one a line below their headings, and the sentences with their places in it."""
    lines: list[str] = []
    placed: list[AnnotatedSentence] = []
    position, written = 0, {s.text for s in sentences}
    heads: tuple[str, ...] = ()
    for s in sentences:
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(heads, s.heads, strict=False)))
        new = [head for head in s.heads[shared:] if head not in written]
        lines += [*new, s.text]
        position += sum(len(head) + 1 for head in new)
        placed.append(replace(s, start=position, end=position + len(s.text)))
        position += len(s.text) + 1
        heads = s.heads
    return parse_report("\n".join(lines) + "\n", id=doc), placed
