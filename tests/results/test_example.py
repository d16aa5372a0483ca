"""The packaged example corpus: its offsets hold in its reports, its parts share no report, its data statement says what is in it."""

from __future__ import annotations

from collections import Counter

import pytest

from govtext.corpus import AnnotatedSentence, read_corpus
from govtext.resources import example_path
from govtext.training.splits import check_leak

PARTS = ("train", "dev", "test")


@pytest.fixture(scope="module")
def parts() -> dict[str, list[AnnotatedSentence]]:
    return {part: read_corpus(example_path() / f"{part}.jsonl") for part in PARTS}


def test_every_sentence_lies_in_its_report(parts: dict[str, list[AnnotatedSentence]]) -> None:
    for sentence in (s for part in parts.values() for s in part):
        path = example_path() / "reports" / f"{sentence.doc}.txt"
        text = path.read_bytes().decode("utf-8")
        assert text[sentence.start : sentence.end] == sentence.text


def test_everything_is_annotated(parts: dict[str, list[AnnotatedSentence]]) -> None:
    for sentence in (s for part in parts.values() for s in part if not s.furniture):
        assert sentence.domains and sentence.status
        metrics = [(e.start, e.end) for e in sentence.entities if e.label == "METRIC"]
        assert metrics == [(m.start, m.end) for m in sentence.metrics]
        assert all(m.indicator in sentence.text for m in sentence.metrics)


def test_parts_share_no_report(parts: dict[str, list[AnnotatedSentence]]) -> None:
    check_leak(parts["train"], [*parts["dev"], *parts["test"]])
    check_leak(parts["dev"], parts["test"])


def test_data_statement_counts(parts: dict[str, list[AnnotatedSentence]]) -> None:
    statement = (example_path() / "README.md").read_text(encoding="utf-8")
    sentences = [s for part in parts.values() for s in part]
    labels = Counter(e.label for s in sentences for e in s.entities)
    assert f"{len({s.doc for s in sentences})} 份" in statement
    assert f"（{sum(not s.furniture for s in sentences)} 个句子" in statement
    for part, found in parts.items():
        documents, kept = len({s.doc for s in found}), sum(not s.furniture for s in found)
        assert f"`{part}.jsonl`（{documents} 份，{kept} 句）" in statement
    for label, n in labels.items():
        assert f"{label} {n:,}" in statement
