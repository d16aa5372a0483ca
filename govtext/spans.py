"""Character offsets on a spaCy Doc: exact spans, words split where an edge falls inside one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from spacy.tokens import Doc, Span, SpanGroup

from govtext.types import Entity


def words_and_spaces(text: str, words: Sequence[tuple[int, int]]) -> tuple[list[str], list[bool]]:
    """Words and trailing-space flags for ``Doc(words=…, spaces=…)``, so that the Doc's text is ``text`` to the character.

    White space between words becomes the trailing space of a word where it is one blank, a token of its own otherwise.
    """
    tokens: list[str] = []
    spaces: list[bool] = []
    position = 0
    for start, end in (*words, (len(text), len(text))):
        gap = text[position:start]
        if gap:
            if gap[0] == " " and tokens:
                spaces[-1] = True
                gap = gap[1:]
            if gap:
                tokens.append(gap)
                spaces.append(False)
        if end > start:
            tokens.append(text[start:end])
            spaces.append(False)
        position = end
    return tokens, spaces


class CharIndex:
    """Finds the tokens under character offsets of a Doc."""

    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        self.starts = doc.to_array("IDX").astype(np.int64) if len(doc) else np.zeros(0, dtype=np.int64)

    def span(self, start: int, end: int, *, label: str = "", span_id: str = "") -> Span:
        """The span whose text is ``doc.text[start:end]``; both offsets must be edges of tokens (see ``split_words``)."""
        first, last = np.searchsorted(self.starts, (start, end), side="left")
        span = Span(self.doc, int(first), int(last), label=label, span_id=span_id)
        if span.start_char != start or span.end_char != end:
            raise ValueError(f"offsets {start}:{end} are not at the edges of tokens")
        return span


def split_words(doc: Doc, offsets: Iterable[int]) -> Doc:
    """The same Doc with every word cut where an offset falls inside it; the Doc itself if none does.

    Sentence starts, entities, span groups and user data are carried over.
    """
    cuts = _inner_offsets(doc, offsets)
    if not cuts:
        return doc
    known, trailing = doc.to_array("ORTH").tolist(), (doc.to_array("SPACY") > 0).tolist()
    words: list[int | str] = []
    spaces: list[bool] = []
    done = 0
    for token, inside in cuts.items():
        words += known[done:token]
        text = doc[token].text
        words += [text[a:b] for a, b in pairwise([0, *inside, len(text)])]
        spaces += [*trailing[done:token], *[False] * len(inside), trailing[token]]
        done = token + 1
    new = Doc(doc.vocab, words=words + known[done:], spaces=spaces + trailing[done:], user_data=doc.user_data)  # type: ignore[arg-type]
    return _carry_over(doc, new, cuts)


def set_sentence_starts(doc: Doc, starts: Iterable[int]) -> None:
    """Mark the tokens at these character offsets as sentence starts, and no others (in one array, not one by one)."""
    if not len(doc):
        return
    index = CharIndex(doc).starts
    flags = np.full((len(doc), 1), -1, dtype=np.int64)
    at = np.searchsorted(index, np.fromiter(starts, dtype=np.int64), side="left")
    flags[at[at < len(doc)], 0] = 1
    flags[0, 0] = 1
    doc.from_array(["SENT_START"], flags.astype(np.uint64))  # type: ignore[arg-type]


def set_entities(doc: Doc, entities: Iterable[Entity]) -> Doc:
    """The Doc (with words split where needed) whose ``ents`` are exactly these flat, sorted entities."""
    entities = list(entities)
    doc = split_words(doc, (offset for e in entities for offset in (e.start, e.end)))
    index = CharIndex(doc)
    doc.set_ents([index.span(e.start, e.end, label=e.label) for e in entities])
    return doc


def get_entities(doc: Doc) -> list[Entity]:
    """The entities of a Doc by character offsets, in order; quicker than by way of ``doc.ents``."""
    if not len(doc):
        return []
    rows = doc.to_array(["IDX", "LENGTH", "ENT_IOB", "ENT_TYPE"]).astype(np.uint64)
    starts, marks = rows[:, 0].astype(np.int64), rows[:, 2]
    first = np.flatnonzero(marks == 3)
    outside = np.append(np.flatnonzero(marks != 1), len(rows))
    last = outside[np.searchsorted(outside, first, side="right")] - 1
    ends = starts[last] + rows[last, 1].astype(np.int64)
    labels = [doc.vocab.strings[label] for label in rows[first, 3].tolist()]
    found = zip(starts[first].tolist(), ends.tolist(), labels, strict=True)
    return [Entity(start, end, label) for start, end, label in found]  # type: ignore[arg-type]


def outermost(first: Iterable[Entity], second: Iterable[Entity]) -> list[Entity]:
    """Flat merge of two lists: of two that overlap the longer stays, of two equally long the one from ``first``.

    >>> outermost([Entity(0, 8, "PROJECT")], [Entity(2, 4, "METRIC"), Entity(9, 12, "METRIC")])
    [Entity(start=0, end=8, label='PROJECT'), Entity(start=9, end=12, label='METRIC')]
    """
    ranked = sorted(
        [*((e, 0) for e in first), *((e, 1) for e in second)], key=lambda p: (p[0].start - p[0].end, p[1], p[0].start)
    )
    kept: list[Entity] = []
    taken: set[int] = set()
    for entity, _ in ranked:
        if entity.start not in taken and entity.end - 1 not in taken:
            taken.update(range(entity.start, entity.end))
            kept.append(entity)
    return sorted(kept, key=lambda e: e.start)


def _inner_offsets(doc: Doc, offsets: Iterable[int]) -> dict[int, list[int]]:
    """Offsets that fall inside a token, relative to its start, by token index; in order."""
    if not len(doc):
        return {}
    starts = CharIndex(doc).starts
    wanted = np.unique(np.fromiter(offsets, dtype=np.int64))
    tokens = np.searchsorted(starts, wanted, side="right") - 1
    relative = wanted - starts[tokens]
    within = (tokens >= 0) & (relative > 0) & (relative < doc.to_array("LENGTH").astype(np.int64)[tokens])
    inside: dict[int, list[int]] = {}
    for token, offset in zip(tokens[within].tolist(), relative[within].tolist(), strict=True):
        inside.setdefault(token, []).append(offset)
    return inside


def _carry_over(old: Doc, new: Doc, cuts: Mapping[int, Sequence[int]]) -> Doc:
    """Give the new Doc the annotation of the old one; of a word that was cut the first part starts what the word started."""
    added = np.zeros(len(old) + 1, dtype=np.int64)
    for token, inside in cuts.items():
        added[token + 1] = len(inside)
    moved = (np.arange(len(old) + 1) + np.cumsum(added)).tolist()

    def copy(span: Span) -> Span:
        return Span(new, moved[span.start], moved[span.end], label=span.label, span_id=span.id)

    if old.has_annotation("SENT_START"):
        flags = np.full((len(new), 1), -1, dtype=np.int64)
        flags[np.asarray(moved)[:-1][old.to_array("SENT_START") == 1], 0] = 1
        new.from_array(["SENT_START"], flags.astype(np.uint64))  # type: ignore[arg-type]
    for key, group in old.spans.items():
        new.spans[key] = SpanGroup(new, name=key, attrs=dict(group.attrs), spans=[copy(s) for s in group])
    if old.ents:
        new.set_ents([copy(e) for e in old.ents])
    return new
