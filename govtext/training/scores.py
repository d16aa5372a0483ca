"""What a recogniser thinks of raw sentences: the labels from which a smaller one, or the same one, learns."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np

from govtext.entities.recognizer import NameRecognizer
from govtext.entities.tagging import Scores, TagScheme, log_probabilities
from govtext.entities.word_marks import NO_WORD, Marks, mark_words
from govtext.training.fitting import SCHEME
from govtext.types import Entity
from govtext.words import Segmenter

REPEATED = 0.9  # probability added to the tags of a name that is known from elsewhere in its report
POSSIBLE = 0.05  # probability of a name's tags from which a character may belong to one
LONGEST = 400  # characters of a scored sentence that are kept


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A raw sentence and a recogniser's log probabilities (characters, tags) for it."""

    text: str
    scores: Scores


def words_of(texts: Sequence[str], segmenter: Segmenter | None) -> list[Marks]:
    """The marks of the words of each text; without a segmenter they say that there is none."""
    if segmenter is None:
        return [np.full(len(text), NO_WORD, np.int8) for text in texts]
    joined = "\n".join(texts)
    spans = np.array(segmenter.segment(joined), np.intp).reshape(-1, 2)
    marks = mark_words(spans[:, 0], spans[:, 1], len(joined))
    starts = accumulate((len(text) + 1 for text in texts), initial=0)
    return [marks[start : start + len(text)] for start, text in zip(starts, texts, strict=False)]


def write_scores(path: str | Path, scored: Sequence[ScoredText]) -> None:
    """Write scored sentences to one compressed file."""
    lengths = np.array([len(s.text) for s in scored])
    text = np.frombuffer("".join(s.text for s in scored).encode("utf-32-le"), np.uint32)
    scores = np.concatenate([s.scores for s in scored]).astype(np.float16)
    np.savez_compressed(path, lengths=lengths, text=text, scores=scores)


def read_scores(path: str | Path) -> list[ScoredText]:
    """Read what ``write_scores`` wrote."""
    with np.load(path, allow_pickle=False) as data:
        lengths = data["lengths"].tolist()
        text = data["text"].tobytes().decode("utf-32-le")
        scores = data["scores"].astype(np.float32)
    ends = list(accumulate(lengths))
    return [ScoredText(text[end - n : end], scores[end - n : end]) for n, end in zip(lengths, ends, strict=True)]


def score_reports(
    recognizer: NameRecognizer, reports: Iterable[Sequence[str]], segmenter: Segmenter | None = None
) -> Iterator[ScoredText]:
    """What a recogniser thinks of the sentences (their first 400 characters) of raw reports, each once, to train another one on.

    A name that it finds because the report has it elsewhere too is made nearly certain.
    """
    seen: set[str] = set()
    for report in reports:
        sentences = [s for s in dict.fromkeys(report) if len(s) > 1 and s not in seen]
        seen.update(sentences)
        raw = recognizer.encoder.raw_scores(sentences, words_of(sentences, segmenter))
        found = recognizer.names_of(sentences, raw)
        start = 0
        for text, names in zip(sentences, found, strict=True):
            scores = log_probabilities(raw[start : start + len(text)])
            start += len(text)
            yield ScoredText(text[:LONGEST], _with_names(scores, names, recognizer.scheme)[:LONGEST])


def _with_names(scores: Scores, names: Iterable[Entity], scheme: TagScheme) -> Scores:
    """The scores with REPEATED more probability for each name that is not what the best tags say."""
    for name in names:
        tags = scheme.encode(len(scores), [name])[name.start : name.end]
        here = scores[name.start : name.end]
        if (here.argmax(axis=1) != tags).any():
            here[:] = np.log((1 - REPEATED) * np.exp(here) + REPEATED * np.eye(len(scheme))[tags] + 1e-6)
    return scores


def score_texts(
    recognizer: NameRecognizer, texts: Sequence[str], segmenter: Segmenter | None = None
) -> list[ScoredText]:
    """What a recogniser thinks of raw sentences, to train a smaller one on."""
    texts = [text for text in texts if text]
    scores = recognizer.encoder.score(texts, words_of(texts, segmenter))
    return [ScoredText(text, s) for text, s in zip(texts, scores, strict=True)]


def with_possible_names(scored: Iterable[ScoredText], *, seed: int, others: float = 0.0) -> list[ScoredText]:
    """Sentences in which some character may belong to a name, and a share of all ``others``."""
    rng = random.Random(seed)
    return [s for s in scored if may_hold_names(s) or rng.random() < others]


def may_hold_names(scored: ScoredText) -> bool:
    """Whether some character may belong to a name."""
    outside = [i for i, tag in enumerate(SCHEME.tags) if tag == "O" or tag.endswith("METRIC")]
    return bool(np.exp(scored.scores[:, outside]).sum(axis=1).min() < 1 - POSSIBLE)
