"""Reads annotated sentences and joins them to the layout of the reports they come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TypeVar

from govtext.corpus import AnnotatedSentence, read_corpus
from govtext.errors import DataError
from govtext.report import REACH, read, sentence_contexts
from govtext.types import Report, SentenceContext

Annotated = TypeVar("Annotated", bound=AnnotatedSentence)
LAYERS = ("names", "metrics", "domains", "status")  # of annotation
BARE = 25  # sentences of a document without a single entity, from which it counts as not annotated for entities


@dataclass(frozen=True, slots=True, kw_only=True)
class Example(AnnotatedSentence):
    """An annotated sentence with what the stages may know of it beside its words."""

    context: SentenceContext


def read_examples(path: str | Path, *, reports: str | Path | None = None, format: str | None = None) -> list[Example]:
    """Annotated sentences of a corpus in any format of ``govtext.corpus``, in file order.

    With ``reports`` (a folder of ``<doc>.txt``) every sentence gets the context that the library's own layout gives it, just as at
    inference; without, the context is the ``heads`` of the record and its neighbours in the file. They are marked by ``mark_annotated``.
    Raises DataError naming file and line where an offset does not match its text.
    """
    sentences = mark_annotated(read_corpus(path, format))
    contexts = _layout_contexts(sentences, Path(reports)) if reports else _file_contexts(sentences)
    return [to_example(sentence, context) for sentence, context in zip(sentences, contexts, strict=True)]


def mark_annotated(sentences: Sequence[Annotated]) -> list[Annotated]:
    """The sentences with ``meta["annotated"]``: the ``LAYERS`` in which somebody has labelled all there is, be it nothing.

    Where a row does not say, names and metrics are annotated if any sentence of the corpus has some, but not in documents of 25 sentences
    and more without a single entity; domains and status speak for themselves. Raises DataError for another layer.

    >>> from govtext.types import Entity
    >>> named = AnnotatedSentence(id="1", doc="a", text="云山县", start=0, end=3, entities=(Entity(0, 3, "PLACE"),))
    >>> [s.meta["annotated"] for s in mark_annotated([named, replace(named, entities=()), replace(named, meta={"annotated": []})])]
    [('names',), ('names',), ()]
    """
    kept = [s for s in sentences if not s.furniture and "annotated" not in s.meta]
    bare = {d for d, found in documents(kept).items() if len(found) >= BARE and not any(s.entities for s in found)}
    labels = {e.label for s in kept for e in s.entities}
    layers = [name for name, there in (("names", labels - {"METRIC"}), ("metrics", "METRIC" in labels)) if there]
    return [replace(s, meta={**s.meta, "annotated": _layers(s, () if s.doc in bare else layers)}) for s in sentences]


def _layers(sentence: AnnotatedSentence, default: Sequence[str]) -> tuple[str, ...]:
    """What a row says is annotated in it."""
    given = sentence.meta.get("annotated", default)
    if not isinstance(given, (list, tuple)) or any(layer not in LAYERS for layer in given):
        raise DataError(
            f"sentence {sentence.id}: 'annotated' must be a list of some of {', '.join(LAYERS)}, not {given!r}"
        )
    return tuple(given)


def to_example(sentence: AnnotatedSentence, context: SentenceContext) -> Example:
    """The sentence with its context."""
    return Example(**{f.name: getattr(sentence, f.name) for f in fields(AnnotatedSentence)}, context=context)


def documents(examples: Iterable[Annotated]) -> dict[str, list[Annotated]]:
    """Sentences by document, in order of first appearance."""
    by_doc: dict[str, list[Annotated]] = {}
    for e in examples:
        by_doc.setdefault(e.doc, []).append(e)
    return by_doc


def _file_contexts(sentences: Sequence[AnnotatedSentence]) -> list[SentenceContext]:
    last = max((s.end for s in sentences), default=1)
    result = []
    for i, sentence in enumerate(sentences):
        before = sentences[i - 1] if i and sentences[i - 1].doc == sentence.doc else None
        after = sentences[i + 1] if i + 1 < len(sentences) and sentences[i + 1].doc == sentence.doc else None
        near = (*sentences[max(0, i - REACH) : i], *sentences[i + 1 : i + 1 + REACH])
        result.append(
            SentenceContext(
                heads=sentence.heads,
                previous=before.text if before else "",
                following=after.text if after else "",
                position=sentence.start / last,
                year=sentence.meta.get("year"),
                level=sentence.meta.get("level"),
                around=tuple(s.text for s in near if s.doc == sentence.doc),
            )
        )
    return result


def _layout_contexts(sentences: Sequence[AnnotatedSentence], folder: Path) -> list[SentenceContext]:
    cache: dict[str, tuple[Report, list[SentenceContext]]] = {}
    result = []
    for sentence in sentences:
        doc = sentence.doc
        if doc not in cache:
            report = read(folder / f"{doc}.txt")
            cache[doc] = report, sentence_contexts(report)
        report, contexts = cache[doc]
        if report.text[sentence.start : sentence.end] != sentence.text:
            raise DataError(f"{folder / doc}.txt does not hold the sentence {sentence.id} at its offsets")
        result.append(_context_at(report, contexts, sentence.start, sentence.end))
    return result


def _context_at(report: Report, contexts: list[SentenceContext], start: int, end: int) -> SentenceContext:
    """Context of the sentence that overlaps the stretch most; of the nearest one before it where none does."""
    best, size, before = None, 0, None
    for s, context in zip(report.sentences, contexts, strict=True):
        shared = min(end, s.end) - max(start, s.start)
        if shared > size:
            best, size = context, shared
        if s.start < end:
            before = context
    if best is not None:
        return best
    return replace(before, is_heading=False, previous="", following="", around=()) if before else SentenceContext()
