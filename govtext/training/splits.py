"""Splits a corpus by document, and finds documents that stand on both sides of a split, whole or nearly so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from govtext.corpus import AnnotatedSentence
from govtext.errors import DataError
from govtext.training.corpus import Annotated, documents

SHINGLE = 12  # characters
THRESHOLD = 0.5  # share of the smaller document's shingles that the larger one has
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Leak:
    """Two documents, one on each side, and how much of the smaller one the other repeats (0 to 1)."""

    train: str
    dev: str
    similarity: float


def split_documents(
    sentences: Sequence[Annotated], *, share: float = 0.2, seed: int = 0, threshold: float = THRESHOLD
) -> tuple[list[Annotated], list[Annotated]]:
    """Train and dev part, each of whole documents; about ``share`` of the sentences are dev.

    Documents that are nearly the same stay together. The order of the sentences is kept. Raises DataError if the corpus has fewer than two
    documents that differ, ``share`` is not between 0 and 1, or ``seed`` is negative.

    >>> from govtext.corpus import AnnotatedSentence
    >>> made = [AnnotatedSentence(id=f"{d}{i}", doc=d, text=f"{d * 9}{i}。", start=0, end=11) for d in "甲乙丙丁" for i in range(3)]
    >>> train, dev = split_documents(made, share=0.25)
    >>> len(train), len({s.doc for s in dev})
    (9, 1)
    """
    if seed < 0:
        raise DataError(f"a seed is 0 or more, not {seed}")
    if not 0 < share < 1:
        raise DataError(f"a share of {share} leaves one side empty; give one between 0 and 1")
    by_doc = documents(sentences)
    groups = _groups(_texts(by_doc), threshold)
    if len(groups) < 2:
        raise DataError(
            "a split needs two documents that differ; label sentences of more reports, or name their reports (doc)"
        )
    order = np.random.default_rng(seed).permutation(len(groups))
    wanted = share * len(sentences)
    dev: set[str] = set()
    taken = 0
    for i in order[:-1]:
        size = sum(len(by_doc[doc]) for doc in groups[i])
        if not dev or taken + size / 2 <= wanted:
            dev.update(groups[i])
            taken += size
    return [s for s in sentences if s.doc not in dev], [s for s in sentences if s.doc in dev]


def check_leak(
    train: Iterable[AnnotatedSentence], dev: Iterable[AnnotatedSentence], *, threshold: float = THRESHOLD, texts: Mapping[str, str] | None = None
) -> None:  # fmt: skip
    """Raise DataError, with the names, if a document stands on both sides or one side repeats a document of the other.

    ``texts`` gives the whole text of documents by name, where there is more of it than the annotated sentences.
    """
    left, right = documents(train), documents(dev)
    both = [doc for doc in left if doc in right]
    if both:
        raise DataError(f"{_listed(both)} on both sides of the split; split by document (govtext annotate split)")
    leaks = find_leaks(_texts(left) | _known(texts, left), _texts(right) | _known(texts, right), threshold=threshold)
    if leaks:
        named = _listed([f"{leak.train} and {leak.dev} ({leak.similarity:.0%})" for leak in leaks])
        raise DataError(
            f"nearly the same document on both sides of the split: {named}; keep such documents on one side"
        )


def without_leaks(
    train: Iterable[Annotated], dev: Iterable[AnnotatedSentence], *, threshold: float = THRESHOLD
) -> list[Annotated]:
    """The sentences of ``train`` but for those of documents that stand in ``dev``, or repeat one of it."""
    left, right = documents(train), documents(dev)
    leaks = find_leaks(_texts(left), _texts(right), threshold=threshold)
    shut = {*right, *(leak.train for leak in leaks)}
    return [s for doc, found in left.items() if doc not in shut for s in found]


def find_leaks(train: Mapping[str, str], dev: Mapping[str, str], *, threshold: float = THRESHOLD) -> list[Leak]:
    """Pairs of documents (name: text) that share at least ``threshold`` of the smaller one's shingles, the most alike first.

    A shingle is a run of 12 characters without white space. Documents of fewer characters are alike only if one holds the other's text.
    """
    left = {doc: _shingles(text) for doc, text in train.items()}
    right = {doc: _shingles(text) for doc, text in dev.items()}
    leaks = [
        Leak(a, b, similarity) for (a, b), similarity in _similarities(left, right).items() if similarity >= threshold
    ]
    return sorted(leaks, key=lambda leak: (-leak.similarity, leak.train, leak.dev))


def _similarities(left: Mapping[str, Hashes], right: Mapping[str, Hashes]) -> dict[tuple[str, str], float]:
    """Share of the smaller document's shingles that the other has, for every pair that has any in common."""
    names, sizes = list(right), np.array([len(hashes) for hashes in right.values()], np.intp)
    values = np.concatenate([*right.values(), np.empty(0, np.uint64)])
    order = np.argsort(values, kind="stable")
    values, holder = values[order], np.repeat(np.arange(len(names)), sizes)[order]
    found = {}
    for doc, hashes in left.items():
        first, last = np.searchsorted(values, hashes, "left"), np.searchsorted(values, hashes, "right")
        hits = np.concatenate([holder[a:b] for a, b in zip(first, last, strict=True) if a < b] or [holder[:0]])
        shared = np.bincount(hits, minlength=len(names))
        for i in np.flatnonzero(shared):
            found[doc, names[i]] = float(shared[i] / min(len(hashes), sizes[i]))
    return found


def _shingles(text: str) -> Hashes:
    """Hashes of the runs of characters."""
    codes = np.frombuffer("".join(text.split()).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    length = min(SHINGLE, len(codes))
    if not length:
        return np.empty(0, np.uint64)
    hashes = np.zeros(len(codes) - length + 1, np.uint64)
    for i in range(length):
        hashes = (hashes ^ codes[i : len(codes) - length + 1 + i]) * _MULTIPLIER
        hashes ^= hashes >> np.uint64(29)
    return np.unique(hashes)


def _groups(texts: Mapping[str, str], threshold: float) -> list[list[str]]:
    """Documents that are nearly the same, together (the first one's name leads), in order of first appearance."""
    leader = {doc: doc for doc in texts}

    def find(doc: str) -> str:
        while leader[doc] != doc:
            doc = leader[doc]
        return doc

    hashes = {doc: _shingles(text) for doc, text in texts.items()}
    for (a, b), similarity in _similarities(hashes, hashes).items():
        if a != b and similarity >= threshold:
            leader[find(a)] = find(b)
    groups: dict[str, list[str]] = defaultdict(list)
    for doc in texts:
        groups[find(doc)].append(doc)
    return list(groups.values())


def _texts(by_doc: Mapping[str, Sequence[AnnotatedSentence]]) -> dict[str, str]:
    return {doc: "".join(s.text for s in found) for doc, found in by_doc.items()}


def _known(texts: Mapping[str, str] | None, docs: Iterable[str]) -> dict[str, str]:
    return {doc: texts[doc] for doc in docs if texts and doc in texts}


def _listed(names: Sequence[str], limit: int = 5) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
