"""Trains a name recogniser on from its own weights, with rehearsal and a pull towards what it knew, so that it does not forget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from govtext.entities.encoder import Encoder, windows
from govtext.entities.recognizer import NameRecognizer
from govtext.labels import NAME_LABELS
from govtext.training.entities import NamedText
from govtext.training.fitting import SCHEME, Item, Plan, device, fit, load_torch, tensors
from govtext.training.rebuild import rebuild_network
from govtext.training.scores import score_texts, words_of
from govtext.words import Segmenter

if TYPE_CHECKING:
    from torch import Tensor, nn


STATIC = b"QLinearConv"  # a node that only the graphs of govtext.training.static have
LARGE = 0.2  # of the learning rate: what the layers on top of a large network get
PRETRAINED = 0.025  # … and those of its transformer
SAMPLES = 320  # sentences from which the ranges of such a graph are found


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """How a recogniser is trained on.

    ``rate`` is the learning rate of a small network; a large one gets a fifth of it, its transformer a fortieth.
    ``pull`` weighs the squared distance from the old weights; ``rehearsal`` is what a rehearsed sentence, with the old model's own scores
    for labels, counts against an annotated one. ``chars`` are the characters of a batch.
    """

    epochs: int = 8
    rate: float = 5e-4
    pull: float = 0.0
    rehearsal: float = 1.0
    chars: int = 1024
    patience: int = 3
    seed: int = 1


def finetune_recognizer(
    recognizer: NameRecognizer, examples: Sequence[NamedText], *, rehearsal: Sequence[str] = (),
    held_out: Sequence[Sequence[NamedText]] = (), segmenter: Segmenter | None = None, tuning: Tuning | None = None,
    checkpoint: Path | None = None, progress: bool = False,
) -> NameRecognizer:  # fmt: skip
    """A new recogniser, trained on from ``recognizer`` with annotated sentences; the old one is left as it is.

    ``rehearsal`` are sentences without labels: the old recogniser's scores of them are learned along with the examples. ``held_out``
    are annotated sentences, document by document: the epoch with the best F on them is kept, the start among them. ``segmenter`` cuts
    the words for a recogniser that reads them. With ``checkpoint`` (a file) an interrupted training goes on where it stopped. Needs
    torch and onnx (the extra ``train``).
    """
    load_torch()  # or the extra is named
    tuning = tuning or Tuning()
    network = rebuild_network(recognizer)
    encoder = recognizer.encoder
    items = [item for example in examples for item in _items(example, encoder.size)]
    items += [
        Item(np.exp(s.scores), text=s.text, weight=tuning.rehearsal)
        for s in score_texts(recognizer, _pieces(rehearsal, encoder.size), segmenter)
    ]
    items = [
        replace(item, words=marks)
        for item, marks in zip(items, words_of([item.text for item in items], segmenter), strict=True)
    ]

    def run(batch: Sequence[Item]) -> Tensor:
        scores = network(**tensors(encoder.inputs, batch))
        return scores[:, encoder.inputs.lead : encoder.inputs.lead + max(map(len, batch))]

    rates = (
        {"layers": tuning.rate * PRETRAINED, "": tuning.rate * LARGE} if recognizer.config.pieces else {"": tuning.rate}
    )
    current = NameRecognizer(b"", recognizer.config)
    current.encoder = NetworkEncoder(network, encoder)
    plan = Plan(
        tuning.epochs, rates, chars=tuning.chars, seed=tuning.seed, patience=tuning.patience, checkpoint=checkpoint,
        progress=progress, score=(lambda: names_f(current, held_out, segmenter)) if held_out else None,
        penalty=_pull(network, tuning.pull) if tuning.pull else None, start=True,
    )  # fmt: skip
    fit(network, items, run, plan)
    return export(network, recognizer, items)


def export(network: nn.Module, recognizer: NameRecognizer, items: Sequence[Item]) -> NameRecognizer:
    """A recogniser of a trained network, in 8 bits as they are shipped; what else it needs is that of ``recognizer``.

    ``items`` are sentences of the kind that it will read.
    """
    from govtext.training.networks import SmallNetwork, to_onnx
    from govtext.training.static import to_static_onnx

    inputs, old = recognizer.encoder.inputs, recognizer.encoder.model
    samples = [tensors(inputs, items[i : i + 16], "cpu") for i in range(0, min(len(items), SAMPLES), 16)]
    if isinstance(network, SmallNetwork) and STATIC in old:
        return NameRecognizer(to_static_onnx(network, samples), recognizer.config)
    return NameRecognizer(to_onnx(network, samples), recognizer.config)


def names_f(
    recognizer: NameRecognizer, documents: Iterable[Sequence[NamedText]], segmenter: Segmenter | None = None
) -> float:
    """Micro F of the names (exact spans), each document's sentences read in one call."""
    right = given = wanted = 0
    for sentences in documents:
        texts = [s.text for s in sentences]
        for example, found in zip(sentences, recognizer.predict(texts, words=words_of(texts, segmenter)), strict=True):
            gold = {e for e in example.entities if e.label in NAME_LABELS}
            right += len(gold.intersection(found))
            given += len(found)
            wanted += len(gold)
    return 2 * right / (given + wanted) if given + wanted else 1.0


def _items(example: NamedText, size: int) -> Iterator[Item]:
    """The sentence in stretches that the network reads at once."""
    target = np.eye(len(SCHEME), dtype=np.float32)[SCHEME.encode(len(example.text), example.entities)]
    for w in windows(0, len(example.text), size=size, overlap=0):
        yield Item(target[w.start : w.end], example.complete, example.text[w.start : w.end], example.weight)


def _pieces(texts: Iterable[str], size: int) -> list[str]:
    return [text[w.start : w.end] for text in texts for w in windows(0, len(text), size=size, overlap=0)]


def _pull(network: nn.Module, strength: float) -> Callable[[], Tensor]:
    """The squared distance of the trained weights from what they are now, times ``strength``."""
    torch = load_torch()
    network.to(device())
    pairs = [(p, p.detach().clone()) for p in network.parameters() if p.requires_grad]
    return lambda: strength * torch.stack([(p - old).square().sum() for p, old in pairs]).sum()


class NetworkEncoder(Encoder):
    """Scores texts with a network that is being trained."""

    def __init__(self, network: nn.Module, like: Encoder) -> None:
        super().__init__(b"", like.inputs, size=like.size, overlap=like.overlap)
        self.network = network

    @cached_property
    def _session(self) -> Any:
        return _Session(self.network)


class _Session:
    """What ``Encoder`` asks of onnxruntime."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def run(self, outputs: Sequence[str], arrays: dict[str, Any]) -> list[Any]:
        """The scores of a batch."""
        torch = load_torch()
        with torch.no_grad():
            place = next(self.network.parameters()).device
            tensors = {name: torch.from_numpy(array).to(place) for name, array in arrays.items()}
            return [self.network(**tensors).float().cpu().numpy()]
