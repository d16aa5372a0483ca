"""Ranks sentences of unlabelled reports for labelling: where the model is unsure, where it and the rules disagree, no two alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from spacy.language import Language

from govtext import extensions
from govtext.annotations import to_record
from govtext.corpus import AnnotatedSentence, from_record
from govtext.entities.word_marks import Marks
from govtext.errors import DataError
from govtext.pipeline import analyze
from govtext.report import sentence_contexts
from govtext.training.scores import words_of
from govtext.types import Report

Target = Literal["domains", "status", "names", "metrics"]
TARGETS: tuple[Target, ...] = get_args(Target)
_SHORTEST = 5  # characters of a sentence worth labelling
_UNSURE_CHARACTERS = 3  # of a sentence, whose mean says how unsure its names are
_CANDIDATES = 20  # times the sentences asked for are compared with one another
_CONTRADICTION = {"review": "planned", "plan": "achieved"}  # part of a report and the status that does not belong there
Array = npt.NDArray[np.float64]


def suggest(
    nlp: Language, reports: Iterable[str | Path | Report], *, n: int = 100, known: Iterable[AnnotatedSentence] = (),
    of: Sequence[Target] = TARGETS, diversity: float = 0.8,
) -> list[AnnotatedSentence]:  # fmt: skip
    """The ``n`` sentences of the reports that teach most, best first, with the labels that the model gives them.

    ``of`` is what will be labelled; a sentence's score is the mean of these, each from 0 to 1: ``domains`` and ``status`` are unsure where
    the two likeliest have nearly the same probability (or the status contradicts the part of the report); ``names`` by the
    characters that the recogniser is least sure of; ``metrics`` where recogniser and quantity grammar see different quantities.
    ``diversity`` (0 to 1) is how unlike one another, and unlike those ``known`` (labelled before), the sentences have to be; see ``choose``.
    ``meta["suggestion"]`` holds rank, score and what it was made of.

    >>> import govtext as gt
    >>> text = "全年新增学位1200个，新建学校2所。会议听取了汇报，研究了下一步工作。全年新增学位1200个，新建学校2所。"
    >>> found = suggest(gt.load(), [gt.parse_report(text)], n=3)
    >>> len(found), sorted(found[0].meta["suggestion"])
    (2, ['domains', 'metrics', 'names', 'rank', 'score', 'status'])
    """
    unknown = [target for target in of if target not in TARGETS]
    if unknown or not of:
        raise DataError(f"nothing to suggest for {unknown or of}; there are: {', '.join(TARGETS)}")
    found = [pair for report in reports for pair in _scored(nlp, report, of)]
    chosen = choose(
        [s.text for s, _ in found], np.array([np.mean([parts[target] for target in of]) for _, parts in found]),
        n=n, known=[s.text for s in known], diversity=diversity,
    )  # fmt: skip
    return [_with_reason(*found[i], rank, of) for rank, i in enumerate(chosen, 1)]


def choose(
    texts: Sequence[str], scores: Array, *, n: int, known: Sequence[str] = (), diversity: float = 0.8
) -> list[int]:
    """Indexes of ``n`` texts, best first: a high score, and unlike those chosen before and the ``known`` ones.

    A text is passed over if its likeness to one of these, the cosine of character n-grams (2 and 3, TF-IDF), is above ``1 - diversity``;
    where that leaves too few, those passed over follow by their score. A text that was chosen or known is not chosen again.

    >>> choose(["新建学校", "新建学校", "公路通车"], np.array([0.9, 0.9, 0.8]), n=3)
    [0, 2]
    """
    if not 0 <= diversity <= 1:
        raise DataError(f"a diversity of {diversity} is not between 0 and 1")
    first: dict[str, int] = {}
    for i in np.argsort(-scores, kind="stable").tolist():
        first.setdefault(texts[i], i)
    for text in known:
        first.pop(text, None)
    candidates = list(first.values())[: n * _CANDIDATES]
    if not candidates:
        return []
    vectors, others = _vectors([texts[i] for i in candidates], known)
    nearest = np.zeros(len(candidates))
    if others.shape[0]:
        nearest = (vectors @ others.T).max(axis=1).toarray().ravel()
    chosen: list[int] = []
    alike: list[int] = []
    for i in range(len(candidates)):
        if len(chosen) == n:
            break
        if nearest[i] > 1 - diversity:
            alike.append(i)
            continue
        chosen.append(i)
        nearest = np.maximum(nearest, (vectors @ vectors[i].T).toarray().ravel())
    return [candidates[i] for i in (chosen + alike)[:n]]


def margin_uncertainty(probabilities: Array) -> Array:
    """1 where the two likeliest classes of a row are equally likely, 0 where one is certain.

    >>> margin_uncertainty(np.array([[0.5, 0.5, 0.0], [0.9, 0.1, 0.0]])).round(1).tolist()
    [1.0, 0.2]
    """
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities))
    top = np.sort(probabilities, axis=1)[:, -2:]
    return np.asarray(1 - (top[:, 1] - top[:, 0]), float)


def _scored(
    nlp: Language, source: str | Path | Report, of: Sequence[Target]
) -> Iterator[tuple[AnnotatedSentence, dict[str, float]]]:
    """The sentences of a report with their scores for each target."""
    doc = analyze(source, nlp)
    report = extensions.need_report(doc, "suggest")
    sentences = from_record(to_record(doc))
    if not sentences:
        return
    texts, contexts = [s.text for s in sentences], sentence_contexts(report)
    scores: dict[str, Array] = {target: np.zeros(len(texts)) for target in of}
    for target in ("domains", "status"):
        stage = _stage(nlp, target)
        if target in of and stage is not None:
            scores[target] = margin_uncertainty(stage.predict_proba(texts, context=contexts))
    if "status" in of:
        told = zip(sentences, contexts, strict=True)
        against = [s.status is not None and s.status == _CONTRADICTION.get(c.part or "") for s, c in told]
        scores["status"] = np.maximum(scores["status"], against)
    recognizer = _stage(nlp, "names")
    if recognizer is not None and ("names" in of or "metrics" in of):
        tokenizer: Any = nlp.tokenizer  # the Doc's words have been cut at the names since
        words = words_of(texts, tokenizer.segmenter) if recognizer.config.words else None
        names, metrics = _read_by_recognizer(recognizer, sentences, words)
        scores |= {target: x for target, x in (("names", names), ("metrics", metrics)) if target in of}
    for i, sentence in enumerate(sentences):
        if len(sentence.text) >= _SHORTEST:
            yield sentence, {target: float(values[i]) for target, values in scores.items()}


def _read_by_recognizer(
    recognizer: Any, sentences: Sequence[AnnotatedSentence], words: Sequence[Marks] | None
) -> tuple[Array, Array]:
    """How unsure the recogniser is of each sentence, and how far its quantities differ from those of the grammar."""
    scores = recognizer.encoder.score([s.text for s in sentences], words)
    unsure, differ = np.zeros(len(sentences)), np.zeros(len(sentences))
    for i, (sentence, found) in enumerate(zip(sentences, scores, strict=True)):
        if not len(found):
            continue
        least = np.sort(np.exp(found.max(axis=1)))[:_UNSURE_CHARACTERS]
        unsure[i] = 1 - least.mean()
        path = recognizer.scheme.best_paths(found[None], [len(found)])[0]
        tagged = {(e.start, e.end) for e in recognizer.scheme.decode(path) if e.label == "METRIC"}
        by_rule = {(e.start, e.end) for e in sentence.entities if e.label == "METRIC"}
        if "METRIC" in recognizer.scheme.labels and tagged | by_rule:
            differ[i] = len(tagged ^ by_rule) / len(tagged | by_rule)
    return unsure, differ


def _stage(nlp: Language, name: str) -> Any:
    """The trained stage of a pipeline part, None if the pipeline does without."""
    part = f"govtext_{name}"
    return getattr(nlp.get_pipe(part), "stage", None) if part in nlp.pipe_names else None


def _with_reason(
    sentence: AnnotatedSentence, parts: dict[str, float], rank: int, of: Sequence[Target]
) -> AnnotatedSentence:
    reason: dict[str, float] = {"rank": rank, "score": round(float(np.mean(list(parts.values()))), 3)}
    reason |= {target: round(parts[target], 3) for target in of}
    return replace(sentence, meta={**sentence.meta, "suggestion": reason})


def _vectors(texts: Sequence[str], known: Sequence[str]) -> tuple[Any, Any]:
    """TF-IDF vectors of unit length: of the texts and of the known ones."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(2, 3), sublinear_tf=True, dtype=np.float32)
    vectors = vectorizer.fit_transform(texts)
    return vectors, vectorizer.transform(known) if known else vectors[:0]
