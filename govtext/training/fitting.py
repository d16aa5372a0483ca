"""Fits a network to tagged sentences: batches of like length, warm-up and decay, early stopping, a checkpoint after every epoch."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from govtext.entities.tagging import TagScheme
from govtext.errors import DataError, MissingExtraError, OutputError

if TYPE_CHECKING:
    from torch import Tensor, nn

LOG = logging.getLogger(__name__)
SCHEME = TagScheme()
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One training sentence: for each character the probabilities of the tags, and the mark of its word.

    ``complete`` is False where METRIC is not annotated; ``weight`` multiplies the sentence's part in the loss.
    """

    target: Array
    complete: bool = True
    text: str = ""
    weight: float = 1.0
    words: Array = field(default_factory=lambda: np.zeros(0, np.int8))

    def __len__(self) -> int:
        return len(self.target)


@dataclass(slots=True)
class Plan:
    """How a network is fitted. ``rates`` are learning rates by prefix of parameter name, ``chars`` the characters of a batch.

    With ``score`` (called after each epoch; higher is better) the weights of the best epoch are kept, and fitting stops after ``patience``
    epochs without a better one; with ``start`` the weights that the network came with count as the first of them. ``penalty`` is added to
    the loss of every step. With ``checkpoint`` (a file) an interrupted fit goes on
    where it stopped and ends as it would have without the interruption.
    """

    epochs: int
    rates: dict[str, float]
    chars: int
    seed: int
    score: Callable[[], float] | None = None
    patience: int = 3
    start: bool = False
    penalty: Callable[[], Tensor] | None = None
    checkpoint: Path | None = None
    progress: bool = False


def fit(network: nn.Module, items: Sequence[Item], run: Callable[[Sequence[Item]], Tensor], plan: Plan) -> list[float]:
    """Fit with AdamW, in bfloat16; ``run`` gives the scores of a batch. Returns the score of each epoch, if the plan has one."""
    if not items:
        raise DataError("no sentence to train on")
    network.to(device())
    state = _State(network, items, plan)
    state.restore()
    if plan.start and not state.scores:
        state.judge()
    epochs = range(state.epoch, plan.epochs)
    for epoch in tqdm(epochs, initial=state.epoch, total=plan.epochs, desc="epochs", disable=not plan.progress, leave=False):  # fmt: skip
        if state.stopped:
            break
        loss = state.run_epoch(epoch, run)
        LOG.info("epoch %d of %d: loss %.4f%s", epoch + 1, plan.epochs, loss, state.judge())
        state.save()
    state.finish()
    return state.scores


class _State:
    """What changes from epoch to epoch, and can be written to a file and read back."""

    def __init__(self, network: nn.Module, items: Sequence[Item], plan: Plan) -> None:
        torch = load_torch()
        self.network, self.items, self.plan = network, items, plan
        self.optimizer = torch.optim.AdamW(list(_groups(network, plan.rates)), weight_decay=0.01, fused=True)
        self.base = [group["lr"] for group in self.optimizer.param_groups]
        self.steps = plan.epochs * len(batches(items, plan.chars, random.Random(plan.seed)))
        self.epoch = self.step = 0
        self.scores: list[float] = []
        self.best: dict[str, Array] = {}

    @property
    def stopped(self) -> bool:
        """Whether the last epochs brought nothing."""
        if not self.scores:
            return False
        return len(self.scores) - 1 - self.scores.index(max(self.scores)) >= self.plan.patience

    def run_epoch(self, epoch: int, run: Callable[[Sequence[Item]], Tensor]) -> float:
        """One pass over the sentences; returns the mean loss of a sentence. Depends on the epoch's number, not on earlier ones."""
        torch = load_torch()
        torch.manual_seed(self.plan.seed * 1000 + epoch)
        rng = random.Random(self.plan.seed * 1000 + epoch)
        self.network.train()
        total = 0.0
        for batch in batches(self.items, self.plan.chars, rng):
            for group, rate in zip(self.optimizer.param_groups, self.base, strict=True):
                group["lr"] = rate * self._factor()
            with torch.autocast(device().type, torch.bfloat16):
                scores = run(batch)
            loss = _loss(scores.float(), batch)
            total += loss.item() * len(batch)
            if self.plan.penalty:
                loss = loss + self.plan.penalty()
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimizer.step()
            self.step += 1
        self.epoch = epoch + 1
        return total / len(self.items)

    def _factor(self) -> float:
        """Warm-up over a tenth of the steps, then linear decay."""
        return min(1.0, (self.step + 1) / (0.1 * self.steps + 1)) * max(0.02, 1 - self.step / self.steps)

    def judge(self) -> str:
        """Score the epoch, if the plan has a score, and keep the weights if they are the best so far."""
        if not self.plan.score:
            return ""
        self.network.eval()
        self.scores.append(self.plan.score())
        if self.scores[-1] == max(self.scores):
            self.best = {name: p.detach().cpu().numpy().copy() for name, p in self._trained()}
        return f", score {self.scores[-1]:.4f}"

    def finish(self) -> None:
        """Leave the best weights in the network."""
        if self.best:
            self._load(self.best)
        self.network.eval()

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        path = self.plan.checkpoint
        if path is None:
            return
        arrays = {f"now/{name}": p.detach().cpu().numpy() for name, p in self._trained()}
        arrays |= {f"best/{name}": value for name, value in self.best.items()}
        for i, values in self.optimizer.state_dict()["state"].items():
            arrays |= {f"optimizer/{i}/{key}": value.cpu().numpy() for key, value in values.items()}
        arrays |= {"epoch": np.array(self.epoch), "step": np.array(self.step), "scores": np.array(self.scores)}
        write_arrays(path, arrays)

    def restore(self) -> None:
        """Go back to the checkpoint, if there is one."""
        torch = load_torch()
        path = self.plan.checkpoint
        if path is None or not path.is_file():
            return
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
        self.epoch, self.step, self.scores = int(arrays["epoch"]), int(arrays["step"]), arrays["scores"].tolist()
        self._load(_under("now/", arrays))
        self.best = _under("best/", arrays)
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimizer/", arrays).items():
            i, _, key = name.partition("/")
            moments.setdefault(int(i), {})[key] = torch.from_numpy(value)
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": moments})
        LOG.info("resumed after epoch %d", self.epoch)

    def _trained(self) -> Iterator[tuple[str, Any]]:
        return ((name, p) for name, p in self.network.named_parameters() if p.requires_grad)

    def _load(self, values: dict[str, Array]) -> None:
        torch = load_torch()
        with torch.no_grad():
            for name, parameter in self._trained():
                parameter.copy_(torch.from_numpy(values[name]))


def write_arrays(path: Path, arrays: dict[str, Array]) -> None:
    """Write arrays to one file, whole or not at all; raises OutputError if that fails."""
    new = path.with_name(f".{path.name}.new.npz")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(new, **arrays)  # type: ignore[arg-type]
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error


def _under(prefix: str, arrays: dict[str, Array]) -> dict[str, Array]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def batches(items: Sequence[Item], chars: int, rng: random.Random) -> list[list[Item]]:
    """Batches of about ``chars`` characters, of sentences of like length, in random order."""
    made: list[list[Item]] = [[]]
    longest = 0
    for item in sorted(items, key=lambda item: len(item) + 8 * rng.random()):
        longest = max(longest, len(item))
        if made[-1] and longest * (len(made[-1]) + 1) > chars:
            made.append([])
            longest = len(item)
        made[-1].append(item)
    rng.shuffle(made)
    return made


def tensors(inputs: Any, batch: Sequence[Item], place: Any = None) -> dict[str, Tensor]:
    """What a network reads of a batch, by the name of its argument; on the device unless another ``place`` is given."""
    torch = load_torch()
    arrays = inputs([item.text for item in batch], [item.words for item in batch])
    return {name: torch.from_numpy(array).to(place or device()) for name, array in arrays.items()}


def device() -> Any:
    """Where networks are trained: a GPU if torch sees one."""
    torch = load_torch()
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_torch() -> Any:
    """The package torch, on one thread; raises MissingExtraError where it is not installed."""
    try:
        import torch
    except ModuleNotFoundError as error:
        raise MissingExtraError("torch", "train", "training the name recogniser") from error
    torch.set_num_threads(1)
    return torch


def _groups(network: nn.Module, rates: dict[str, float]) -> Iterator[dict[str, Any]]:
    """Optimizer groups: each trained parameter goes to the first prefix that it starts with."""
    groups: dict[str, list[Any]] = {prefix: [] for prefix in rates}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups[next(prefix for prefix in rates if name.startswith(prefix))].append(parameter)
    for prefix, parameters in groups.items():
        if parameters:
            yield {"params": parameters, "lr": rates[prefix]}


def _loss(scores: Tensor, batch: Sequence[Item]) -> Tensor:
    """Cross-entropy with the targets; where METRIC is not annotated its tags and O count as one."""
    torch = load_torch()
    logs = torch.log_softmax(scores, -1)
    outside = [i for i, tag in enumerate(SCHEME.tags) if tag == "O" or tag.endswith("METRIC")]
    merged = torch.logsumexp(logs[:, :, outside], -1)
    complete = torch.tensor([item.complete for item in batch], device=logs.device)[:, None]
    logs = torch.cat([torch.where(complete, logs[:, :, 0], merged)[:, :, None], logs[:, :, 1:]], -1)
    target = torch.zeros(logs.shape)
    for row, item in zip(target, batch, strict=True):
        row[: len(item)] = torch.from_numpy(item.target * item.weight)
    return -(target.to(logs.device) * logs).sum() / sum(map(len, batch))
