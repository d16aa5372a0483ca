"""The learning curve: what more labels would bring, measured by training on parts of the corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from spacy.language import Language

from govtext.corpus import AnnotatedSentence
from govtext.errors import DataError
from govtext.training.corpus import Annotated, documents
from govtext.training.evaluate import MAIN, Score, evaluate


@dataclass(frozen=True, slots=True)
class Point:
    """One part of the corpus and how a pipeline trained on it scores."""

    documents: int
    sentences: int
    scores: dict[str, Score]


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Points from the smallest part of the corpus to the whole."""

    points: tuple[Point, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    def to_markdown(self) -> str:
        """A table, one row a part."""
        measures = list(self.points[0].scores)
        lines = [f"| documents | sentences | {' | '.join(measures)} |", f"|---|---|{'---|' * len(measures)}"]
        for point in self.points:
            values = " | ".join(f"{s.value:.3f} ({s.low:.3f} to {s.high:.3f})" for s in point.scores.values())
            lines.append(f"| {point.documents} | {point.sentences} | {values} |")
        return "\n".join([*lines, ""])


def learning_curve(
    train: Sequence[Annotated], dev: Sequence[AnnotatedSentence], fit: Callable[[list[Annotated]], Language], *,
    shares: Sequence[float] = (0.125, 0.25, 0.5, 1.0), measures: Sequence[str] = MAIN, seed: int = 0, **options: Any,
) -> LearningCurve:  # fmt: skip
    """Train with ``fit`` on growing shares of the documents of ``train``, each part holding the one before, and measure each on ``dev``.

    ``options`` are those of ``evaluate``. Raises DataError if a share is not above 0 and at most 1.
    """
    if not shares or not all(0 < share <= 1 for share in shares):
        raise DataError(f"shares of the corpus lie above 0 and at most at 1; these are {list(shares)}")
    by_doc = documents(train)
    order = np.random.default_rng(seed).permutation(list(by_doc)).tolist()
    points = []
    for share in sorted(shares):
        kept = set(order[: max(1, round(share * len(order)))])
        part = [s for s in train if s.doc in kept]
        evaluation = evaluate(fit(part), dev, seed=seed, **options)
        points.append(Point(len(kept), len(part), {name: evaluation.scores[name] for name in measures}))
    return LearningCurve(tuple(points))
