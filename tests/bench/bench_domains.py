"""Speed and size of the shipped domain classifier: 100,000 sentences with context in under 10 s on one core, under 10 MB."""

import itertools
import time
from pathlib import Path

import pytest

from govtext.domains import DomainClassifier
from govtext.report import read, sentence_contexts
from govtext.resources import model_path, sample_paths
from govtext.types import SentenceContext

N = 100_000
SECONDS = 10.0
MEGABYTES = 10.0


@pytest.fixture(scope="module")
def folder() -> Path:
    return model_path("zh_govtext_sm") / "govtext_domains"


def sentences_with_context() -> tuple[list[str], list[SentenceContext]]:
    """Sentences of the packaged samples, repeated with a running number so that no two texts are the same."""
    rows = []
    for path in sample_paths():
        report = read(path)
        texts = [report.text[s.start : s.end] for s in report.sentences]
        rows += list(zip(texts, sentence_contexts(report), strict=True))
    numbered = ((f"{text}{i}", context) for i, (text, context) in zip(range(N), itertools.cycle(rows), strict=False))
    texts, contexts = map(list, zip(*numbered, strict=True))
    return texts, contexts


def test_predict_proba_of_100_000_sentences(benchmark, folder):
    classifier = DomainClassifier.from_disk(folder)
    texts, contexts = sentences_with_context()
    began = time.process_time()
    benchmark.pedantic(classifier.predict_proba, args=(texts,), kwargs={"context": contexts}, rounds=1)
    assert time.process_time() - began < SECONDS  # of the processor, so that other programs do not count


def test_model_size(folder):
    assert sum(p.stat().st_size for p in folder.iterdir()) < MEGABYTES * 1e6
