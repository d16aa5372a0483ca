"""The stages as spaCy components: each reads what earlier ones left on the Doc, calls its stage and writes the result.

Everything that goes on a Doc is plain JSON under ``doc.user_data["govtext"]``, so that ``to_bytes``, DocBin and ``n_process`` keep it;
``extensions`` gives it back as typed values.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, SpanGroup
from spacy.training import Example
from spacy.vocab import Vocab

from govtext import extensions
from govtext.domains import DomainClassifier, StatusClassifier
from govtext.entities.organizations import normalise_organization
from govtext.entities.places import PlaceLinker, resolve_report_place
from govtext.entities.projects import find_project_facts
from govtext.entities.recognizer import NameRecognizer
from govtext.entities.word_marks import Marks, mark_words
from govtext.errors import ModelError
from govtext.labels import NAME_LABELS
from govtext.metrics import find_all_metrics, find_table_metrics, find_tables
from govtext.report import parse_report
from govtext.spans import (
    CharIndex,
    get_entities,
    outermost,
    set_entities,
    set_sentence_starts,
    split_words,
    words_and_spaces,
)
from govtext.types import Entity, Furniture, Metric, PlaceLink, ProjectLink, Report, Section, Sentence, SentenceContext
from govtext.words import Segmenter

MAX_LENGTH = 100_000_000  # characters; the pipeline's memory grows with the report, not with its square


class Tokenizer:
    """Words of a text by the trained segmenter and the lexicon; the Doc's text is the text given, to the character."""

    def __init__(self, vocab: Vocab, segmenter: Segmenter | None = None, *, words: Iterable[str] = ()) -> None:
        self.vocab = vocab
        self.segmenter = segmenter
        self.words = tuple(words)  # of the config; added to every segmenter that is loaded

    def __call__(self, text: str) -> Doc:
        """A Doc of the text."""
        words, spaces = words_and_spaces(text, _trained(self.segmenter, "tokenizer").offsets(text))
        return Doc(self.vocab, words=words, spaces=spaces)

    def initialize(self, get_examples: Any = None, *, nlp: Language | None = None, **_: Any) -> None:
        """Nothing to prepare: the segmenter is trained by itself (``govtext.training.words``)."""

    def to_bytes(self, *, exclude: Any = ()) -> bytes:
        """The segmenter as bytes."""
        return self.segmenter.to_bytes() if self.segmenter else b""

    def from_bytes(self, data: bytes, *, exclude: Any = ()) -> Tokenizer:
        """Load the segmenter from bytes."""
        return self._with_words(Segmenter.from_bytes(data) if data else None)

    def to_disk(self, path: str | Path, *, exclude: Any = ()) -> None:
        """Write the segmenter into a folder."""
        if self.segmenter:
            self.segmenter.to_disk(path)

    def from_disk(self, path: str | Path, *, exclude: Any = ()) -> Tokenizer:
        """Load the segmenter from a folder."""
        return self._with_words(Segmenter.from_disk(path) if Path(path).exists() else None)

    def _with_words(self, segmenter: Segmenter | None) -> Tokenizer:
        if segmenter and self.words:
            segmenter.add_words(self.words)
        self.segmenter = segmenter
        return self


class TrainedComponent:
    """A component around one trained stage object, stored by the object's own ``to_bytes`` and ``to_disk``."""

    stage_type: ClassVar[Any]

    def __init__(self, name: str, stage: Any = None) -> None:
        self.name = name
        self.stage = stage

    def to_bytes(self, *, exclude: Any = ()) -> bytes:
        """The stage as bytes; empty if there is none yet."""
        return self.stage.to_bytes() if self.stage else b""

    def from_bytes(self, data: bytes, *, exclude: Any = ()) -> TrainedComponent:
        """Load the stage from bytes."""
        self.stage = self.stage_type.from_bytes(data) if data else None
        return self

    def to_disk(self, path: str | Path, *, exclude: Any = ()) -> None:
        """Write the stage into a folder."""
        if self.stage:
            self.stage.to_disk(path)

    def from_disk(self, path: str | Path, *, exclude: Any = ()) -> TrainedComponent:
        """Load the stage from a folder."""
        self.stage = self.stage_type.from_disk(path) if Path(path).exists() else None
        return self


class Layout:
    """Writes the report's layout and metadata on the Doc; a Doc made from a Report brings its own."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc; the one returned may have more words."""
        report = extensions.report(doc)
        if report is None:
            report = parse_report(doc.text)
            extensions.write_report(doc, report)
        groups: dict[str, tuple[Furniture | Section | Sentence, ...]] = {
            "furniture": report.furniture,
            "sections": report.sections,
            "sentences": report.sentences,
        }
        doc = split_words(doc, (offset for spans in groups.values() for s in spans for offset in (s.start, s.end)))
        index = CharIndex(doc)
        for key, spans in groups.items():
            found = [index.span(s.start, s.end, label=key.rstrip("s"), span_id=str(i)) for i, s in enumerate(spans)]
            doc.spans[key] = SpanGroup(doc, name=key, spans=found)
        set_sentence_starts(doc, [s.start for s in report.sentences] + [f.start for f in report.furniture])
        return doc


class Names(TrainedComponent):
    """PLACE, ORG and PROJECT entities by the trained recogniser."""

    stage_type = NameRecognizer

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc; the one returned may have more words."""
        report = extensions.need_report(doc, self.name)
        stage = _trained(self.stage, self.name)
        words = _words_of_sentences(doc, report) if stage.config.words else None
        found = stage.predict(_sentence_texts(report), words=words)
        names = [
            Entity(s.start + e.start, s.start + e.end, e.label)
            for s, es in zip(report.sentences, found, strict=True)
            for e in es
        ]
        others = [e for e in get_entities(doc) if e.label not in NAME_LABELS]
        return set_entities(doc, outermost(names, others))

    def score(self, examples: list[Example], **options: Any) -> dict[str, Any]:
        """Precision, recall and F of the entities, as spaCy scores ``ents``."""
        from spacy.scorer import get_ner_prf

        scores: dict[str, Any] = get_ner_prf(examples)
        return scores


class StatusTagger(TrainedComponent):
    """Writes the status of each sentence."""

    stage_type = StatusClassifier

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc; the one returned may have more words."""
        report = extensions.need_report(doc, self.name)
        found = _trained(self.stage, self.name).predict(
            _sentence_texts(report), context=extensions.contexts(doc, report)
        )
        extensions.write_sentences(doc, report, [{"status": str(status)} for status in found])
        return doc


class DomainTagger(TrainedComponent):
    """Writes the policy domains of each sentence: the labels given, and the probabilities worth a look, likeliest first.

    With ``reasons`` above 0 that many features that decided the likeliest domain are kept with each sentence (slower).
    """

    stage_type = DomainClassifier
    least = 0.02  # probabilities below are not kept
    reasons = 0

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc."""
        report = extensions.need_report(doc, self.name)
        stage = _trained(self.stage, self.name)
        if not report.sentences:
            return doc
        texts, contexts = _sentence_texts(report), extensions.contexts(doc, report)
        probabilities = stage.predict_proba(texts, context=contexts)
        names = [str(name) for name in stage.classes_]
        tags: list[dict[str, Any]] = []
        kept = np.maximum((probabilities >= self.least).sum(axis=1), 1)
        ranks = np.argsort(-probabilities, axis=1, kind="stable")[:, : kept.max()]
        values = np.take_along_axis(probabilities, ranks, axis=1)
        rows = zip(values.tolist(), ranks.tolist(), kept.tolist(), stage.labels_of(probabilities), strict=True)
        for row, ranked, count, labels in rows:
            likely = {names[i]: round(p, 4) for i, p in zip(ranked[:count], row, strict=False)}
            tags.append({"domains": likely, "labels": [name for name, _ in labels]})
        if self.reasons:
            for tag, text, context in zip(tags, texts, contexts, strict=True):
                tag["reasons"] = stage.explain(text, context=context, top=self.reasons)
        extensions.write_sentences(doc, report, tags)
        return doc


class Metrics:
    """METRIC entities and their records, by the quantity grammar."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc; the one returned may have more words."""
        report = extensions.need_report(doc, self.name)
        contexts = extensions.contexts(doc, report)
        found = _table_metrics(report, contexts)
        cells = {m.start for m in found}
        running = find_all_metrics(_sentence_texts(report), contexts)
        for sentence, metrics in zip(report.sentences, running, strict=True):
            found.extend(m for m in (_moved(m, sentence.start) for m in metrics) if m.start not in cells)
        names = [e for e in get_entities(doc) if e.label != "METRIC"]
        kept = outermost(names, [Entity(m.start, m.end, "METRIC") for m in found])
        doc = set_entities(doc, kept)
        edges = {(e.start, e.end) for e in kept if e.label == "METRIC"}
        extensions.write_metrics(doc, [m for m in found if (m.start, m.end) in edges])
        return doc


def _table_metrics(report: Report, contexts: list[SentenceContext]) -> list[Metric]:
    """Metrics of the cells of tables, which take their unit from header or caption; cells in page furniture are left out."""
    found: list[Metric] = []
    starts = [s.start for s in report.sentences]
    for start, end in find_tables(report.text):
        at = max(bisect_right(starts, end) - 1, 0)
        for metric in find_table_metrics(report.text[start:end], contexts[at] if contexts else SentenceContext()):
            moved = _moved(metric, start)
            row = bisect_right(starts, moved.start) - 1
            if row >= 0 and moved.end <= report.sentences[row].end:
                found.append(moved)
    return found


class Links:
    """Ties places to the code table, organizations to their full names, projects to investment and stage."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc."""
        report = extensions.need_report(doc, self.name)
        by_label: dict[str, list[Entity]] = {}
        entities = get_entities(doc)
        for e in entities:
            by_label.setdefault(e.label, []).append(e)
        places = by_label.get("PLACE", [])
        names = [report.text[e.start : e.end] for e in places]
        home = _report_place(report, names)
        extensions.store(doc)["place_code"] = home.code if home else None
        extensions.write_links(doc, "place", _by_offsets(places, PlaceLinker(home).link(names)))
        bodies = by_label.get("ORG", [])
        bodies_named = [report.text[e.start : e.end] for e in bodies]
        full = {name: normalise_organization(name, report_place=home) for name in dict.fromkeys(bodies_named)}
        extensions.write_links(doc, "organization", _by_offsets(bodies, [full[name] for name in bodies_named]))
        projects = by_label.get("PROJECT", [])
        extensions.write_links(doc, "project", _by_offsets(projects, _project_links(doc, report, projects, entities)))
        return doc


def _report_place(report: Report, mentions: list[str]) -> PlaceLink | None:
    meta = report.meta
    place, title, issuer = (str(found.value) if found else "" for found in (meta.place, meta.title, meta.issuer))
    return resolve_report_place(place or None, title=title, issuer=issuer, mentions=mentions, text=report.text)


def _project_links(doc: Doc, report: Report, projects: list[Entity], entities: list[Entity]) -> list[ProjectLink]:
    """What the sentence of each project says of its investment and stage."""
    sentence_starts, entity_starts = [s.start for s in report.sentences], [e.start for e in entities]
    tags = extensions.store(doc).get("tags", {})
    links = []
    for project in projects:
        sentence = report.sentences[bisect_right(sentence_starts, project.start) - 1]
        near = entities[bisect_left(entity_starts, sentence.start) : bisect_left(entity_starts, sentence.end)]
        inside = [m for e in near if (m := extensions.metric_at(doc, e.start, e.end))]
        others = [_shifted(e, -sentence.start) for e in near if e != project]
        facts = find_project_facts(
            report.text[sentence.start : sentence.end], _shifted(project, -sentence.start),
            [_moved(m, -sentence.start) for m in inside], others=others,
            planned=tags.get(str(sentence.start), {}).get("status") == "planned",
        )  # fmt: skip
        money = inside[facts.investment] if facts.investment is not None else None
        at = None if facts.stage_start is None or facts.stage_end is None else (facts.stage_start, facts.stage_end)
        links.append(
            ProjectLink(
                stage=facts.stage,
                stage_start=at[0] + sentence.start if at else None,
                stage_end=at[1] + sentence.start if at else None,
                target=facts.target,
                investment_start=money.start if money else None,
                investment_end=money.end if money else None,
            )
        )
    return links


def _shifted(entity: Entity, offset: int) -> Entity:
    return Entity(entity.start + offset, entity.end + offset, entity.label)


def _by_offsets(entities: list[Entity], links: Iterable[Any]) -> dict[tuple[int, int], Any]:
    return {(e.start, e.end): link for e, link in zip(entities, links, strict=True) if link is not None}


def _trained(stage: Any, name: str) -> Any:
    if stage is None:
        raise ModelError(f"the pipeline part {name!r} has no trained model: load one with govtext.load()")
    return stage


def _words_of_sentences(doc: Doc, report: Report) -> list[Marks]:
    """The marks of the words of each sentence."""
    rows = doc.to_array(["IDX", "LENGTH", "IS_SPACE"]).reshape(-1, 3).astype(np.intp)
    starts, lengths = rows[rows[:, 2] == 0, :2].T
    marks = mark_words(starts, starts + lengths, len(report.text))
    return [marks[s.start : s.end] for s in report.sentences]


def _sentence_texts(report: Report) -> list[str]:
    return [report.text[s.start : s.end] for s in report.sentences]


def _moved(metric: Metric, offset: int) -> Metric:
    """The record with all its offsets moved."""
    start, end = metric.indicator_start, metric.indicator_end
    return replace(
        metric, start=metric.start + offset, end=metric.end + offset,
        indicator_start=None if start is None else start + offset, indicator_end=None if end is None else end + offset,
    )  # fmt: skip
