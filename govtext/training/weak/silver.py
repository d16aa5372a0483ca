"""Applies labelling functions to sentences: a table of what each does, and silver labels with the probability that they are right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from govtext.corpus import AnnotatedSentence
from govtext.corpus.sentence import SCHEME, Scheme
from govtext.errors import DataError
from govtext.training.weak.functions import TARGETS, LabellingFunction, Mention, Target
from govtext.training.weak.label_model import ABSTAIN, LabelModel, Votes, majority
from govtext.types import Entity

NOTHING = "nothing"  # the class of a stretch of text that is no mention
Spot = tuple[int, int, int]  # number of the sentence, start, end


@dataclass(frozen=True, slots=True)
class Silver:
    """Sentences with silver labels, a table with one row a function, and the model of each target."""

    sentences: list[AnnotatedSentence]
    table: pd.DataFrame
    models: dict[Target, LabelModel]


def label_weakly(
    sentences: Sequence[AnnotatedSentence], functions: Sequence[LabellingFunction], *, gold: Iterable[AnnotatedSentence] = (),
    min_probability: float = 0.5, weight: float = 0.3, weighted: bool = True, scheme: Scheme = SCHEME,
) -> Silver:  # fmt: skip
    """Label sentences by the votes of labelling functions.

    A sentence gets the likeliest domain and status if its probability reaches ``min_probability`` and any function speaks; otherwise it has
    none (it is left out of training). Entities are the mentions that any function gives, likeliest first, where they do not overlap.
    ``meta`` holds ``source`` ("weak"), ``annotated`` (the layers that got a label) and, where there is one, ``functions`` (those that spoke)
    and ``weight`` for training: the mean probability of the sentence's labels times ``weight``, what a silver sentence that is certain
    counts against one labelled by people.
    ``weighted`` False counts every function the same. ``gold`` (sentences labelled by people) tells how good the functions are: it fills the
    columns ``correct``, ``wrong`` and ``accuracy`` of the table, and decides how much each counts (fifty sentences are enough).

    The table's ``coverage`` is the share of sentences a function speaks of, ``overlaps`` the share where another one speaks as well and
    ``conflicts`` the share where another one says something else; ``estimated`` is the accuracy that the model gives it. Raises DataError
    if there are no functions or no sentences, or a function gives a label unknown to the scheme.
    """
    sentences, gold = [s for s in sentences if not s.furniture], [s for s in gold if not s.furniture]
    if not functions or not sentences:
        raise DataError(f"nothing to label: {len(functions)} labelling functions, {len(sentences)} sentences")
    repeated = sorted({f.name for f in functions if sum(g.name == f.name for g in functions) > 1})
    if repeated:
        raise DataError(f"two labelling functions are called {repeated[0]!r}; give each a name of its own")
    found = [_cleared(s, {f.of for f in functions}) for s in sentences]
    tables, models = [], {}
    reasons: list[dict[Target, tuple[float, list[str]]]] = [{} for _ in sentences]
    for target in TARGETS:
        kept = [f for f in functions if f.of == target]
        if not kept:
            continue
        given = (
            _entities(sentences, gold, kept, scheme) if target == "entities" else _labels(sentences, gold, kept, scheme)
        )
        model = LabelModel.fit(given.votes, given.names, gold=given.gold)
        probabilities = model.predict_proba(given.votes) if weighted else majority(given.votes, len(given.names))
        given.write(found, reasons, probabilities, [f.name for f in kept], min_probability)
        tables.append(_table(kept, given, model))
        models[target] = model
    marked = [_with_reason(s, reason, weight) for s, reason in zip(found, reasons, strict=True)]
    return Silver(marked, pd.concat(tables, ignore_index=True), models)


@dataclass(slots=True)
class _Given:
    """What the functions say: votes (items, functions), first of the sentences to label, then of the gold ones, whose label is known."""

    target: Target
    names: tuple[str, ...]
    votes: Votes
    gold: Votes
    n: int
    spots: list[Spot]

    def write(
        self, sentences: list[AnnotatedSentence], reasons: list[dict[Target, tuple[float, list[str]]]],
        probabilities: Any, functions: Sequence[str], least: float,
    ) -> None:  # fmt: skip
        """Put the likeliest labels into the sentences."""
        best, surest = probabilities.argmax(axis=1), probabilities.max(axis=1)
        by: dict[int, list[tuple[float, Mention, list[str]]]] = defaultdict(list)
        for item in np.flatnonzero((surest[: self.n] >= least) & (surest[: self.n] > 0)):
            number, start, end = self.spots[item]
            said = [functions[j] for j in np.flatnonzero(self.votes[item] == best[item]).tolist()]
            by[number].append((float(surest[item]), (start, end, self.names[best[item]]), said))
        for number, labels in by.items():
            kept = _apart(labels) if self.target == "entities" else labels
            if kept:
                sentences[number] = _labelled(sentences[number], self.target, [mention for _, mention, _ in kept])
                said = sorted({name for _, _, names in kept for name in names})
                reasons[number][self.target] = (float(np.mean([p for p, _, _ in kept])), said)


def _labels(
    sentences: Sequence[AnnotatedSentence], gold: Sequence[AnnotatedSentence], functions: Sequence[LabellingFunction], scheme: Scheme
) -> _Given:  # fmt: skip
    target = functions[0].of
    names = scheme.domains if target == "domains" else scheme.statuses
    number = {name: i for i, name in enumerate(names)}
    votes = np.array([[_vote(f, s, number) for f in functions] for s in (*sentences, *gold)], np.int64)
    truth = [ABSTAIN] * len(sentences) + [number.get(_truth(s, target) or "", ABSTAIN) for s in gold]
    spots = [(i, 0, len(s.text)) for i, s in enumerate(sentences)]
    return _Given(target, names, votes, np.array(truth), len(sentences), spots)


def _cleared(sentence: AnnotatedSentence, targets: Collection[Target]) -> AnnotatedSentence:
    """The sentence without labels of the targets."""
    if "entities" in targets:
        sentence = replace(sentence, entities=(), metrics=())
    return replace(
        sentence,
        domains=() if "domains" in targets else sentence.domains,
        status=None if "status" in targets else sentence.status,
    )


def _vote(function: LabellingFunction, sentence: AnnotatedSentence, number: dict[str, int]) -> int:
    label = function(sentence)
    if label is None:
        return ABSTAIN
    if label not in number:
        raise DataError(
            f"labelling function {function.name!r}: no label {label!r} in the scheme; there are: {', '.join(number)}"
        )
    return number[label]


def _truth(sentence: AnnotatedSentence, target: Target) -> str | None:
    return next(iter(sentence.domains), None) if target == "domains" else sentence.status


def _entities(
    sentences: Sequence[AnnotatedSentence], gold: Sequence[AnnotatedSentence], functions: Sequence[LabellingFunction], scheme: Scheme
) -> _Given:  # fmt: skip
    """One item for each stretch of text that any function takes for a mention; one that overlaps it takes it for nothing."""
    names = (*scheme.labels, NOTHING)
    number = {name: i for i, name in enumerate(names)}
    votes, truth, spots = [], [], []
    for i, sentence in enumerate((*sentences, *gold)):
        mentions = [_mentions(f, sentence, number) for f in functions]
        right = {(e.start, e.end): number[e.label] for e in sentence.entities} if i >= len(sentences) else None
        for start, end in sorted({m[:2] for found in mentions for m in found}):
            votes.append([_vote_on(start, end, found, number) for found in mentions])
            truth.append(ABSTAIN if right is None else right.get((start, end), number[NOTHING]))
            spots.append((i, start, end))
    if not spots:
        raise DataError("the labelling functions find no mention in any sentence")
    n = sum(number < len(sentences) for number, _, _ in spots)
    return _Given("entities", names, np.array(votes, np.int64), np.array(truth), n, spots)


def _mentions(function: LabellingFunction, sentence: AnnotatedSentence, number: dict[str, int]) -> list[Mention]:
    found = [(int(start), int(end), str(label)) for start, end, label in function(sentence) or ()]
    for start, end, label in found:
        if label not in number or label == NOTHING or not 0 <= start < end <= len(sentence.text):
            raise DataError(
                f"labelling function {function.name!r}: {(start, end, label)} is no mention in {sentence.text[:30]!r}"
            )
    return found


def _vote_on(start: int, end: int, found: Sequence[Mention], number: dict[str, int]) -> int:
    exact = [label for a, b, label in found if (a, b) == (start, end)]
    if exact:
        return number[exact[0]]
    return number[NOTHING] if any(a < end and start < b for a, b, _ in found) else ABSTAIN


def _apart(found: list[tuple[float, Mention, list[str]]]) -> list[tuple[float, Mention, list[str]]]:
    """Mentions that do not overlap: the likeliest first, of equals the longest."""
    kept: list[tuple[float, Mention, list[str]]] = []
    for p, (start, end, label), said in sorted(found, key=lambda x: (-x[0], x[1][0] - x[1][1], x[1])):
        if label != NOTHING and all(end <= a or b <= start for _, (a, b, _), _ in kept):
            kept.append((p, (start, end, label), said))
    return kept


def _labelled(sentence: AnnotatedSentence, target: Target, mentions: Sequence[Mention]) -> AnnotatedSentence:
    if target == "entities":
        entities = sorted((Entity(start, end, label) for start, end, label in mentions), key=lambda e: e.start)  # type: ignore[arg-type]
        return replace(sentence, entities=tuple(entities), metrics=())
    label = mentions[0][2]
    return replace(sentence, domains=(label,)) if target == "domains" else replace(sentence, status=label)


def _with_reason(
    sentence: AnnotatedSentence, reasons: dict[Target, tuple[float, list[str]]], scale: float
) -> AnnotatedSentence:
    meta = {**sentence.meta, "source": "weak", "annotated": _layers(sentence, reasons)}
    if reasons:
        meta["weight"] = round(scale * float(np.mean([p for p, _ in reasons.values()])), 3)
        meta["functions"] = [name for _, names in reasons.values() for name in names]
    return replace(sentence, meta=meta)


def _layers(sentence: AnnotatedSentence, labelled: Collection[Target]) -> list[str]:
    """The layers of annotation in which the sentence has got labels."""
    layers = [name for name in ("domains", "status") if name in labelled]
    if "entities" not in labelled:
        return layers
    metric = [e.label == "METRIC" for e in sentence.entities]
    return [*(["metrics"] if any(metric) else []), *([] if all(metric) else ["names"]), *layers]


def _table(functions: Sequence[LabellingFunction], given: _Given, model: LabelModel) -> pd.DataFrame:
    votes = given.votes[: given.n]
    spoken = votes != ABSTAIN
    known = given.gold != ABSTAIN
    rows = []
    for j, function in enumerate(functions):
        own, mine = spoken[:, j], votes[:, [j]]
        others = np.delete(votes, j, axis=1)
        judged = known & (given.votes[:, j] != ABSTAIN)
        correct = int((given.votes[judged, j] == given.gold[judged]).sum())
        rows.append(
            {
                "function": function.name, "of": function.of,
                "labels": ", ".join(given.names[k] for k in np.unique(given.votes[:, j]) if k != ABSTAIN),
                "n": int(own.sum()), "coverage": float(own.mean()) if len(own) else 0.0,
                "overlaps": float((own & (others != ABSTAIN).any(axis=1)).mean()) if len(own) else 0.0,
                "conflicts": float((own & ((others != ABSTAIN) & (others != mine)).any(axis=1)).mean()) if len(own) else 0.0,
                "correct": correct, "wrong": int(judged.sum()) - correct,
                "accuracy": correct / int(judged.sum()) if judged.any() else None, "estimated": float(model.accuracies[j]),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
