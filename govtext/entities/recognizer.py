"""The name recogniser: sentences of one report in, places, organizations and projects out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import srsly

from govtext.entities.agreement import agree_on_labels
from govtext.entities.consistency import repeat_names
from govtext.entities.encoder import Encoder
from govtext.entities.marks import complete_marks
from govtext.entities.rules import obey_rules
from govtext.entities.tagging import ALL_LABELS, Scores, TagScheme
from govtext.entities.vocabulary import Characters, Pieces
from govtext.entities.word_marks import Marks
from govtext.errors import ModelError
from govtext.labels import NAME_LABELS
from govtext.types import Entity, Label, SentenceContext

FORMAT = 1
CONFIG_FILE, MODEL_FILE = "config.json", "model.onnx"


@dataclass(frozen=True, slots=True)
class RecognizerConfig:
    """What the trained weights were made with, and how they are read.

    ``size`` and ``overlap`` are characters; ``sure`` is the probability from which a name counts as known in its
    report. ``outside_penalty`` is taken from the log probability of being no name: more of it finds more names, and more
    wrong ones. A model that reads word pieces besides characters lists them with their log probabilities; one with ``words`` reads where
    words begin and end.
    """

    characters: str
    pieces: tuple[str, ...] = ()
    piece_scores: tuple[float, ...] = ()
    labels: tuple[Label, ...] = ALL_LABELS
    size: int = 254
    overlap: int = 32
    sure: float = 0.97
    outside_penalty: float = 0.0
    words: bool = False
    format: int = FORMAT

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RecognizerConfig:
        """Rebuild from JSON; raises ModelError for a format that this version does not know."""
        if values.get("format") != FORMAT:
            raise ModelError(
                f"the name recogniser has format {values.get('format')!r}, this version reads {FORMAT}: "
                "train it again with  govtext train entities"
            )
        lists = ("labels", "pieces", "piece_scores")
        fields: dict[str, Any] = {name: tuple(value) if name in lists else value for name, value in values.items()}
        return cls(**fields)

    def inputs(self) -> Characters | Pieces:
        """What turns texts into the model's input arrays."""
        if self.pieces:
            return Pieces(self.pieces, self.piece_scores, Characters(self.characters), words=self.words)
        return Characters(self.characters, words=self.words)


class NameRecognizer:
    """Finds names (PLACE, ORG, PROJECT of the annotation guide) with exact character spans.

    ``model`` is an ONNX graph from character ids to tag scores. Inference is deterministic, runs on one core with
    onnxruntime, and never imports torch; training lives in ``govtext.training.entities``.
    """

    def __init__(self, model: bytes, config: RecognizerConfig) -> None:
        self.config = config
        self.scheme = TagScheme(config.labels)
        self.encoder = Encoder(model, config.inputs(), size=config.size, overlap=config.overlap)

    def predict(
        self,
        sentences: Sequence[str],
        contexts: Sequence[SentenceContext] | None = None,
        *,
        words: Sequence[Marks] | None = None,
    ) -> list[list[Entity]]:
        """The names of each sentence, flat and in order, offsets inside the sentence.

        Give all sentences of one report in one call: a name that is certain in one of them is found in the others too. ``words`` are the
        marks of the words of each sentence (``word_marks.mark_words``); a model that reads them finds the edges of names better.
        """
        return self.names_of(sentences, self.encoder.raw_scores(sentences, words))

    def names_of(self, sentences: Sequence[str], scores: Scores) -> list[list[Entity]]:
        """The names of each sentence by the encoder's scores of their characters, all sentences one after the other."""
        found = self.scheme.find_entities(
            scores, [len(s) for s in sentences], outside_penalty=self.config.outside_penalty
        )
        names = [_allowed(sentence, pairs) if pairs else [] for sentence, pairs in zip(sentences, found, strict=True)]
        return repeat_names(sentences, agree_on_labels(sentences, names), sure=self.config.sure)

    def to_bytes(self) -> bytes:
        """Everything needed to rebuild the recogniser, as one message."""
        message: bytes = srsly.msgpack_dumps({"config": asdict(self.config), "model": self.encoder.model})
        return message

    @classmethod
    def from_bytes(cls, data: bytes) -> NameRecognizer:
        """Rebuild from ``to_bytes``."""
        message = srsly.msgpack_loads(data)
        return cls(message["model"], RecognizerConfig.from_dict(message["config"]))

    def to_disk(self, path: str | Path) -> None:
        """Write ``config.json`` and ``model.onnx`` into the folder ``path`` (made if it is not there)."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        config = json.dumps(asdict(self.config), ensure_ascii=False, indent=1)
        (folder / CONFIG_FILE).write_text(config + "\n", encoding="utf-8")
        (folder / MODEL_FILE).write_bytes(self.encoder.model)

    @classmethod
    def from_disk(cls, path: str | Path) -> NameRecognizer:
        """Read what ``to_disk`` wrote; raises ModelError if a file is missing."""
        folder = Path(path)
        missing = [name for name in (CONFIG_FILE, MODEL_FILE) if not (folder / name).is_file()]
        if missing:
            raise ModelError(f"no name recogniser in {folder}: {', '.join(missing)} missing")
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        return cls((folder / MODEL_FILE).read_bytes(), RecognizerConfig.from_dict(config))


def _allowed(sentence: str, found: list[tuple[Entity, float]]) -> list[tuple[Entity, float]]:
    """The names among what was found, as the annotation guide writes them."""
    return obey_rules(sentence, complete_marks(sentence, [pair for pair in found if pair[0].label in NAME_LABELS]))
