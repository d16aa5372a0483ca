"""The learning curve: what more labels would bring, measured by training on parts of the corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from spacy.language import Language

from govtext.corpus import AnnotatedSentence
from govtext.errors import DataError
from govtext.pipeline import load
from govtext.training import evaluation_report
from govtext.training.config import TrainingConfig
from govtext.training.corpus import Annotated, Example, documents
from govtext.training.evaluate import Score, evaluate, main_measures

_MEASURES = {
    "entities": ("entities.names.f", "entities.PLACE.f", "entities.ORG.f", "entities.PROJECT.f"),
    "domains": ("domains.accuracy", "domains.macro_f", "status.accuracy"),
}


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
            values = " | ".join(f"{s.value:.3f} ({evaluation_report.interval(s)})" for s in point.scores.values())
            lines.append(f"| {point.documents} | {point.sentences} | {values} |")
        return "\n".join([*lines, ""])

    def plot(self, path: str | Path) -> Path:
        """Draw the measures over the sentences, with their intervals (.png, .svg, .pdf); needs the extra ``viz``."""
        return evaluation_report.draw_curve(self, Path(path))


def learning_curve(
    train: Sequence[Annotated], dev: Sequence[AnnotatedSentence], fit: Callable[[list[Annotated]], Language], *,
    shares: Sequence[float] = (0.125, 0.25, 0.5, 1.0), measures: Sequence[str] | None = None, seed: int = 0, **options: Any,
) -> LearningCurve:  # fmt: skip
    """Train with ``fit`` on growing shares of the documents of ``train``, each part holding the one before, and measure each on ``dev``.

    ``measures`` are the main ones that something is annotated for, if none are given; ``options`` are those of ``evaluate``. Raises DataError
    if a share is not above 0 and at most 1.
    """
    if not shares or not all(0 < share <= 1 for share in shares):
        raise DataError(f"shares of the corpus lie above 0 and at most at 1; these are {list(shares)}")
    by_doc = documents(train)
    order = np.random.default_rng(seed).permutation(list(by_doc)).tolist()
    points: list[Point] = []
    for share in sorted(shares):
        kept = set(order[: max(1, round(share * len(order)))])
        part = [s for s in train if s.doc in kept]
        evaluation = evaluate(fit(part), dev, seed=seed, **options)
        names = main_measures(evaluation) if measures is None else measures
        points.append(Point(len(kept), len(part), {name: evaluation.scores[name] for name in names}))
    return LearningCurve(tuple(points))


def measure_training(
    config: TrainingConfig, parts: Sequence[str] = (), *, shares: Sequence[float] = (0.125, 0.25, 0.5, 1.0), progress: bool = False
) -> LearningCurve:  # fmt: skip
    """The learning curve of a training as ``govtext train`` does it; its first point is the base, before any training.

    ``parts`` are some of "entities" and "domains" (with status); without them both that there is data for. The measures are those that they
    have a say in. Nothing is written. Raises DataError if a part is unknown, or no document is set aside to measure on.
    """
    from govtext.training.data import read_data
    from govtext.training.parts import Trainer, choose_parts
    from govtext.training.workspace import Workspace

    unknown = [part for part in parts if part not in _MEASURES]
    if unknown:
        raise DataError(f"no learning curve of {unknown[0]!r}; there are: {', '.join(_MEASURES)}")
    data = read_data(config)
    if not data.dev:
        raise DataError("no document is set aside to measure on: set paths.dev or training.dev_share")
    chosen = [part for part in choose_parts(config, data, parts) if part in _MEASURES]
    options: dict[str, Any] = {"seed": config.training.seed, "reports": data.layouts}
    before = evaluate(load(config.training.base), data.dev, **options).scores
    measures = [name for part in chosen for name in _MEASURES[part] if name in before]
    if not measures:
        raise DataError(f"nothing to measure is annotated in the documents set aside: {', '.join(chosen) or 'no part'}")

    def fit(sentences: list[Example]) -> Language:
        nlp = load(config.training.base)
        with TemporaryDirectory() as folder, Workspace(Path(folder) / "model", {}) as workspace:
            trainer = Trainer(nlp, config, replace(data, train=sentences), workspace, progress=progress)
            for part in chosen:
                trainer.train(part)
        return nlp

    trained = learning_curve(data.train, data.dev, fit, shares=shares, measures=measures, **options)
    first = Point(0, 0, {name: before[name] for name in measures})
    return LearningCurve((first, *trained.points))
