"""Trains the domain and status classifiers on annotated reports, and classifiers for a user's own taxonomy.

    python -m govtext.training.domains GOLD.jsonl --reports FOLDER --out FOLDER --extra models/gold/domains_extra.jsonl
        --composed models/gold/domains_composed.tsv --test HELD_OUT.jsonl

writes ``domains/`` and ``status/`` into the output folder and, with ``--test``, ``metrics.json`` and a card for each.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import srsly

from govtext.corpus import AnnotatedSentence, from_row
from govtext.corpus.files import read_text
from govtext.domains import DomainClassifier, StatusClassifier
from govtext.domains.classifier import Label, TextClassifier
from govtext.errors import DataError
from govtext.report import parse_report, read, sentence_contexts
from govtext.training.classifiers import evaluate_classifier, write_card
from govtext.training.corpus import Example, read_examples
from govtext.types import SentenceContext


@dataclass(frozen=True, slots=True)
class Labelled:
    """One sentence to learn from: ``domains`` and ``status`` are None where it says nothing of them."""

    text: str
    context: SentenceContext
    doc: str
    domains: Label | None = None
    status: Label | None = None
    weight: float = 1.0


def train_classifiers(examples: Iterable[Labelled]) -> tuple[DomainClassifier, StatusClassifier]:
    """The two classifiers of the library, fitted to labelled sentences; folds are whole documents."""
    rows = list(examples)
    domains = DomainClassifier(mixing=0.015)
    status = StatusClassifier(strength=0.3, mixing=0.05, own_vote=False)
    return _fit(domains, [(r, r.domains) for r in rows]), _fit(status, [(r, r.status) for r in rows])


def _fit(classifier: Any, pairs: Sequence[tuple[Labelled, Label | None]]) -> Any:
    kept = [(row, label) for row, label in pairs if label is not None]
    return classifier.fit(
        [row.text for row, _ in kept],
        [label for _, label in kept],
        context=[row.context for row, _ in kept],
        groups=[row.doc for row, _ in kept],
        sample_weight=[row.weight for row, _ in kept],
    )


def from_examples(examples: Iterable[Example]) -> list[Labelled]:
    """Annotated sentences as examples to learn from; page furniture is left out. ``meta["weight"]`` is the weight of silver labels."""
    return [
        Labelled(e.text, e.context, e.doc, domains=e.domains or None, status=e.status, weight=e.meta.get("weight", 1.0))
        for e in examples
        if not e.furniture
    ]


def read_pointers(path: str | Path, *, reports: str | Path) -> list[Labelled]:
    """Labels that point into reports: JSONL of doc, start, end, sha256 of the sentence, domains and/or status, weight.

    Such a file holds no text of the reports. Raises DataError naming the line where a report does not hold the sentence.
    """
    by_doc: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for number, row in enumerate(srsly.read_jsonl(path), 1):
        by_doc[row["doc"]].append((number, row))
    result = []
    for doc, rows in by_doc.items():
        report = read(Path(reports) / f"{doc}.txt")
        contexts = sentence_contexts(report)
        for number, row in rows:
            text = report.text[row["start"] : row["end"]]
            if checksum(text) != row["sha256"]:
                raise DataError(f"{path}, line {number}: {doc}.txt does not hold the sentence at {row['start']}")
            overlap = [min(s.end, row["end"]) - max(s.start, row["start"]) for s in report.sentences]
            if max(overlap, default=0) > 0:
                context = contexts[overlap.index(max(overlap))]
                result.append(
                    Labelled(text, context, doc, row.get("domains"), row.get("status"), row.get("weight", 1.0))
                )
    return result


def read_composed(path: str | Path) -> list[Labelled]:
    """Reports written line by line with their labels: a TSV of doc, domains (separated by commas), status and text.

    Each line is laid out as part of its report, so that it has the context that it would have in a file. Raises DataError for a label that is
    not in the scheme.
    """
    by_doc: dict[str, list[AnnotatedSentence]] = defaultdict(list)
    for row in _read_tsv(path, ("doc", "domains", "status", "text")):
        labels = {"domains": row["domains"].split(","), "status": row["status"]}
        by_doc[row["doc"]].append(from_row({**row, **labels, "id": ""}, f"{path}, “{row['text'][:20]}”"))
    result = []
    for doc, sentences in by_doc.items():
        report = parse_report("\n".join(sentence.text for sentence in sentences))
        found = {
            report.text[s.start : s.end]: c for s, c in zip(report.sentences, sentence_contexts(report), strict=True)
        }
        result += [
            Labelled(s.text, found[s.text], doc, list(s.domains), s.status) for s in sentences if s.text in found
        ]
    return result


def checksum(text: str) -> str:
    """The first 16 digits of the SHA-256 of a sentence, which tell whether a report still holds it."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_taxonomy(labels: str | Path, sentences: str | Path) -> tuple[list[str], list[Labelled]]:
    """A user's own taxonomy: the labels, and the sentences sorted into them.

    ``labels`` is a TSV with a column ``id``; ``sentences`` a TSV with ``text`` and ``label`` (several labels separated by ``|``, the
    primary one first) and, if wished, ``document`` and ``heading``. Raises DataError naming the line with an unknown label.
    """
    known = [row["id"] for row in _read_tsv(labels, ("id",))]
    result = []
    for number, row in enumerate(_read_tsv(sentences, ("text", "label")), 2):
        names = [name.strip() for name in row["label"].split("|")]
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise DataError(f"{sentences}, line {number}: no label {unknown[0]!r}; there are: {', '.join(known)}")
        context = SentenceContext(heads=(row["heading"],) if row.get("heading") else ())
        result.append(Labelled(row["text"], context, row.get("document") or str(number), domains=names))
    return known, result


def train_taxonomy(examples: Sequence[Labelled], **options: Any) -> DomainClassifier:
    """A classifier for a user's own labels; ``options`` are those of DomainClassifier."""
    classifier: DomainClassifier = _fit(DomainClassifier(**options), [(r, r.domains) for r in examples])
    return classifier


def evaluate(classifier: TextClassifier, examples: Iterable[Labelled], *, of: str = "domains") -> dict[str, Any]:
    """Scores of a classifier on held-out examples (see ``evaluate_classifier``); ``of`` is ``domains`` or ``status``."""
    rows = [r for r in examples if getattr(r, of) is not None]
    return evaluate_classifier(
        classifier,
        [r.text for r in rows],
        [getattr(r, of) for r in rows],
        context=[r.context for r in rows],
        groups=[r.doc for r in rows],
    )


def _read_tsv(path: str | Path, columns: Sequence[str]) -> list[dict[str, str]]:
    lines = [line for line in read_text(Path(path)).splitlines() if not line.startswith("#")]
    header = lines[0].split("\t") if lines else []
    missing = [c for c in columns if c not in header]
    if missing:
        raise DataError(f"{path}: no column {missing[0]!r} in the first line; it has: {', '.join(header) or 'nothing'}")
    rows = [dict(zip(header, line.split("\t"), strict=False)) for line in lines[1:] if line.strip()]
    short = next((row for row in rows if not row.keys() >= set(columns)), None)
    if short:
        raise DataError(
            f"{path}: the line “{'  '.join(short.values())[:40]}” has no {columns[-1]!r}; tabs separate columns"
        )
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(prog="python -m govtext.training.domains", description=__doc__.partition("\n")[0])
    parser.add_argument("gold", type=Path, help="annotated sentences (JSONL)")
    parser.add_argument("--reports", type=Path, required=True, help="folder with the reports as <doc>.txt")
    parser.add_argument("--out", type=Path, required=True, help="folder for the classifiers")
    parser.add_argument(
        "--extra", type=Path, nargs="*", default=[], help="further labels that point into the reports (JSONL)"
    )
    parser.add_argument("--composed", type=Path, nargs="*", default=[], help="composed reports with labels (TSV)")
    parser.add_argument("--test", type=Path, help="annotated sentences to measure on (JSONL)")
    options = parser.parse_args(arguments)
    examples = from_examples(read_examples(options.gold, reports=options.reports))
    for path in options.extra:
        examples += read_pointers(path, reports=options.reports)
    for path in options.composed:
        examples += read_composed(path)
    trained = dict(zip(("domains", "status"), train_classifiers(examples), strict=True))
    for name, classifier in trained.items():
        classifier.to_disk(options.out / name)
    if options.test:
        test = from_examples(read_examples(options.test, reports=options.reports))
        scores = {name: evaluate(classifier, test, of=name) for name, classifier in trained.items()}
        srsly.write_json(options.out / "metrics.json", scores)
        for name in trained:
            card = write_card(scores[name], title=f"Classifier: {name}")
            (options.out / f"{name}.md").write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
