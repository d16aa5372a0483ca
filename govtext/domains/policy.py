"""The two classifiers of the library: the policy domains of a sentence, and its status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from govtext.domains.classifier import Array, Label, TextClassifier
from govtext.types import SentenceContext

NONE = "none"


class DomainClassifier(TextClassifier):
    """Policy domains of sentences: one primary, up to two secondary ones; works for any taxonomy of labels.

    ``predict_labels`` adds a second and a third label where its probability reaches ``secondary_threshold``, which ``fit`` sets so
    that the label sets of held-out training sentences agree best (micro-F); the class ``none`` is never secondary.

    >>> sentences = ["新建公路十公里。", "公路通到学校，学校开学。", "学校开学。", "各位代表！"] * 5
    >>> labels = [["transport"], ["education", "transport"], ["education"], ["none"]] * 5
    >>> classifier = DomainClassifier().fit(sentences, labels)
    >>> classifier.predict(["改造公路。"]).tolist(), classifier.predict(["？"], min_probability=0.9).tolist()
    (['transport'], [None])
    """

    max_labels: ClassVar[int] = 3
    secondary_threshold: float = 1.0

    def fit(
        self,
        sentences: Sequence[str],
        labels: Sequence[Label],
        *,
        context: Sequence[SentenceContext] | None = None,
        groups: Sequence[Any] | None = None,
        sample_weight: Sequence[float] | None = None,
    ) -> Self:
        """As TextClassifier.fit, and sets the threshold of secondary labels."""
        super().fit(sentences, labels, context=context, groups=groups, sample_weight=sample_weight)
        gold = [[label] if isinstance(label, str) else list(label) for label in labels]
        self.secondary_threshold = self._best_threshold(self.held_out_proba_, gold)
        return self

    def _best_threshold(self, probabilities: Array, gold: list[list[str]]) -> float:
        best = (0.0, 1.0)
        for threshold in np.arange(0.06, 0.5, 0.02).round(2):
            self.secondary_threshold = float(threshold)
            found = self.labels_of(probabilities)
            shared = sum(len({name for name, _ in f} & set(g)) for f, g in zip(found, gold, strict=True))
            best = max(best, (2 * shared / (sum(map(len, found)) + sum(map(len, gold))), float(threshold)))
        return best[1]

    def _given(self, names: npt.NDArray[Any], probabilities: Array) -> npt.NDArray[np.bool_]:
        second: npt.NDArray[np.bool_] = (names != NONE) & (probabilities >= self.secondary_threshold)
        return super()._given(names, probabilities) | second

    def _settings(self) -> dict[str, Any]:
        return super()._settings() | {"secondary_threshold": self.secondary_threshold}

    def _apply_settings(self, settings: dict[str, Any]) -> None:
        super()._apply_settings(settings)
        self.secondary_threshold = settings["secondary_threshold"]


class StatusClassifier(TextClassifier):
    """Status of sentences: achieved, planned or other (or any labels that exclude one another)."""
