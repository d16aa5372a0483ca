"""Character offsets on a spaCy Doc: exact spans, words split where an edge falls inside one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc, Span, SpanGroup

from govtext.types import Entity


def words_and_spaces(text: str, words: npt.ArrayLike) -> tuple[list[str], list[bool]]:
    """Words and trailing-space flags for ``Doc(words=…, spaces=…)``, so that the Doc's text is ``text`` to the character.

    ``words`` are rows of start and end, in order. White space between words becomes the trailing space of a word where it is one blank,
    a token of its own otherwise.
    """
    starts, ends = np.asarray(words, np.int64).reshape(-1, 2).T
    edges = np.empty((2, 2 * len(starts) + 1), np.int64)  # of gap, word, gap, word, ..., gap
    edges[0, 0], edges[1, -1] = 0, len(text)
    edges[0, 1::2], edges[1, 1::2] = starts, ends
    edges[0, 2::2], edges[1, :-1:2] = ends, starts
    blanks = np.flatnonzero(edges[1, 2::2] > edges[0, 2::2]) + 1  # gaps behind a word
    blanks = 2 * blanks[[text[at] == " " for at in edges[0, 2 * blanks].tolist()]]
    edges[0, blanks] += 1
    trailing = np.zeros(edges.shape[1], np.bool_)
    trailing[blanks - 1] = True
    kept = edges[1] > edges[0]
    tokens = [text[start:end] for start, end in zip(*edges[:, kept].tolist(), strict=True)]
    return tokens, trailing[kept].tolist()


class CharIndex:
    """Finds the tokens under character offsets of a Doc."""

    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        self.starts = doc.to_array("IDX").astype(np.int64) if len(doc) else np.zeros(0, dtype=np.int64)

    @cached_property
    def _places(self) -> list[int]:
        places: list[int] = self.starts.tolist()
        return places

    def span(self, start: int, end: int, *, label: str = "", span_id: str = "") -> Span:
        """The span whose text is ``doc.text[start:end]``; both offsets must be edges of tokens (see ``split_words``)."""
        first, last = bisect_left(self._places, start), bisect_left(self._places, end)
        span = Span(self.doc, first, last, label=label, span_id=span_id)
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
    marks = doc.to_array("ENT_IOB")
    first = np.flatnonzero(marks == 3)
    outside = np.append(np.flatnonzero(marks != 1), len(doc))
    last = outside[np.searchsorted(outside, first, side="right")] - 1
    found = ((doc[a], doc[b]) for a, b in zip(first.tolist(), last.tolist(), strict=True))
    return [Entity(a.idx, b.idx + len(b), a.ent_type_) for a, b in found]  # type: ignore[arg-type]


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
    behind = (tokens >= 0) & (relative > 0)
    inside: dict[int, list[int]] = {}
    for token, offset in zip(tokens[behind].tolist(), relative[behind].tolist(), strict=True):
        if offset < len(doc[token]):
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
