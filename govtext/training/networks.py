"""The networks behind the name recogniser, in torch: a small character network, and a transformer over word pieces."""

from __future__ import annotations

import copy
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from govtext.entities.word_marks import COUNT
from govtext.training.gazetteer import KINDS, LENGTHS, MARKS, MODULUS, SLOTS, Table, hash_table

PAIRS, TRIPLES = 1 << 17, 100_000
PRIMES = (7919, 104729, 1299709)
HEADS = 12
LOUD = 2.0  # times the median of all inputs is how loud one may be


class SmallNetwork(nn.Module):
    """Dilated convolutions over embeddings of characters, their neighbours (hashed), known names and the edges of words; fast on a CPU.

    ``triples`` is the number of rows for triples, ``names`` a table of ``govtext.training.gazetteer``; both can be left out, and so
    can ``words``.
    """

    nothing = 0.0  # what stands in an embedding where there is nothing to look up

    def __init__(
        self,
        vocabulary: int,
        tags: int,
        *,
        width: int = 192,
        dilations: Sequence[int] = (1, 2, 4, 8, 1),
        dropout: float = 0.15,
        triples: int = 0,
        names: Table | None = None,
        words: bool = False,
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.dilations = tuple(dilations)
        self.rows = triples
        self.characters = nn.Embedding(vocabulary, 96, padding_idx=0)
        self.pairs = nn.Embedding(PAIRS, 40)
        size = 96 + 2 * 40
        if triples:
            self.triples = nn.Embedding(triples, 32)
            size += 32
        size += _add_lookups(self, names, words)
        for hashed in (self.pairs, *([self.triples] if triples else [])):
            nn.init.normal_(hashed.weight, std=0.05)
        self.entry = nn.Linear(size, width)
        self.layers = nn.ModuleList([nn.Linear(3 * width, width) for _ in dilations])
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in dilations])
        self.exit = nn.Linear(width, tags)

    def embed(self, ids: Tensor, words: Tensor | None = None) -> Tensor:
        """What is looked up for each character: (batch, characters, size)."""
        padded = functional.pad(ids, (0, 1))  # so that the longest text of a batch, too, ends before padding
        pairs = functional.pad(self.pairs(_hashed(padded, 2) % PAIRS), (0, 0, 1, 0), value=self.nothing)
        found = [self.characters(ids), pairs[:, :-1], pairs[:, 1:]]
        if self.rows:
            triples = self.triples(_hashed(padded, 3) % self.rows)
            found.append(functional.pad(triples, (0, 0, 1, 0), value=self.nothing))
        return torch.cat([*found, *_lookups(self, ids, words)], -1)

    def body(self, ids: Tensor, words: Tensor | None = None) -> Tensor:
        """Features of each character: (batch, characters, width)."""
        length = ids.shape[1]
        real = (ids != 0).unsqueeze(-1)
        hidden: Tensor = self.entry(functional.dropout(self.embed(ids, words), self.dropout, self.training))
        for layer, norm, gap in zip(self.layers, self.norms, self.dilations, strict=True):
            inside = norm(hidden) * real
            wide = functional.pad(inside, (0, 0, gap, gap))
            around = torch.cat([wide[:, :length], inside, wide[:, 2 * gap :]], -1)
            hidden = hidden + functional.dropout(torch.relu(layer(around)), self.dropout, self.training)
        return hidden

    def forward(self, ids: Tensor, words: Tensor | None = None) -> Tensor:
        """Scores of tags: (batch, characters, tags)."""
        return cast(Tensor, self.exit(self.body(ids, words)))


def _add_lookups(network: nn.Module, names: Table | None, words: bool) -> int:
    """Give a network the table of known names with its embeddings, and the embedding of words' marks; returns their width."""
    size = 0
    if names is not None:
        network.register_buffer("names", torch.from_numpy(names.copy()))
        network.starts, network.ends = (nn.Embedding(KINDS * (LENGTHS.stop - 1), 24) for _ in range(2))
        size += 2 * 24
    if words:
        network.words = nn.Embedding(COUNT, 16)
        size += 16
    return size


def _lookups(network: Any, ids: Tensor, words: Tensor | None) -> list[Tensor]:
    """What a network with these lookups finds for each character."""
    found = []
    if hasattr(network, "names"):
        starts, ends = longest_names(ids, network.names)
        found += [network.starts(starts), network.ends(ends)]
    if hasattr(network, "words"):
        found.append(network.words(words))
    return found


def _hashed(ids: Tensor, size: int) -> Tensor:
    """A number for every stretch of ``size`` characters."""
    count = ids.shape[1] - size + 1
    return cast(Tensor, sum(ids[:, i : i + count] * prime for i, prime in enumerate(PRIMES[:size])))


def longest_names(ids: Tensor, names: Tensor) -> tuple[Tensor, Tensor]:
    """For every character the code (16 × (length - 1) + kind) of the longest known name that starts at it, and that ends at it.

    All lengths are looked up at once: as an ONNX graph a few operations over large arrays are quicker than many over small ones.
    """
    longest, (factors, shifts) = LENGTHS[-1], (torch.tensor(table, device=ids.device) for table in hash_table())
    padded, codes = functional.pad(ids, (0, longest - 1)), shifts[:, None, None]
    for at, column in enumerate(factors):
        codes = codes + padded[:, at : at - longest + 1 or None] * column[:, None, None]  # lengths, batch, characters
    codes = codes % MODULUS
    kinds = names[codes % SLOTS] - KINDS * (
        codes // SLOTS % MARKS
    )  # another name's slot gives a number beyond the kinds
    long = KINDS * (torch.tensor(LENGTHS, device=ids.device) - 1)
    named = torch.where((kinds > 0) & (kinds < KINDS), kinds + long[:, None, None], 0)
    before = functional.pad(named, (longest - 1, 0))
    ended = [before[i, :, longest - size : 1 - size] for i, size in enumerate(LENGTHS)]
    return named.amax(0), torch.stack(ended).amax(0)


class TransformerLayer(nn.Module):
    """One post-norm transformer layer (BERT's)."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.widen = nn.Linear(width, inner)
        self.narrow = nn.Linear(inner, width)
        self.last_norm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, hidden: Tensor, mask: Tensor, dropout: float) -> Tensor:
        """``mask`` is added to the attention logits."""
        batch, length, width = hidden.shape
        query, key, value = self.qkv(hidden).view(batch, length, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(query @ key.transpose(-1, -2) * (width // HEADS) ** -0.5 + mask, -1).to(value.dtype)
        mixed = self.merge((weights @ value).transpose(1, 2).reshape(batch, length, width))
        hidden = self.norm(hidden + functional.dropout(mixed, dropout, self.training))
        inner = self.narrow(functional.gelu(self.widen(hidden)))
        return cast(Tensor, self.last_norm(hidden + functional.dropout(inner, dropout, self.training)))


class LargeNetwork(nn.Module):
    """The lower layers of a pretrained encoder of word pieces, spread over their characters, with a BiLSTM on top.

    ``weights`` are those of ``read_encoder``; of its layers the first ``layers`` are kept and of these the first
    ``frozen`` are not trained, nor are the vectors of pieces and ``characters``. ``names`` is a table of
    ``govtext.training.gazetteer``; it can be left out, and so can ``words``.
    """

    def __init__(
        self,
        weights: dict[str, np.ndarray[Any, Any]],
        characters: np.ndarray[Any, Any],
        tags: int,
        *,
        layers: int = 9,
        frozen: int = 4,
        dropout: float = 0.25,
        names: Table | None = None,
        words: bool = False,
    ) -> None:
        super().__init__()
        width, inner = weights["pieces"].shape[1], weights["0.widen.weight"].shape[0]
        self.dropout, self.frozen = dropout, frozen
        self.pieces = nn.Embedding.from_pretrained(torch.from_numpy(weights["pieces"]), freeze=True)
        self.positions = nn.Parameter(torch.from_numpy(weights["positions"]), requires_grad=False)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList([TransformerLayer(width, inner) for _ in range(layers)])
        self._load(weights)
        self.characters = nn.Embedding.from_pretrained(torch.from_numpy(characters), freeze=True)
        self.places = nn.Embedding(4, 32)
        size = width + characters.shape[1] + 32 + _add_lookups(self, names, words)
        self.lstm = nn.LSTM(size, 128, batch_first=True, bidirectional=True)
        self.exit = nn.Linear(256, tags)

    def _load(self, weights: dict[str, np.ndarray[Any, Any]]) -> None:
        with torch.no_grad():
            for name in ("weight", "bias"):
                getattr(self.norm, name).copy_(torch.from_numpy(weights[f"norm.{name}"]))
                for i, layer in enumerate(self.layers):
                    for part, module in layer.named_children():
                        getattr(module, name).copy_(torch.from_numpy(weights[f"{i}.{part}.{name}"]))
        for module in (self.norm, *list(self.layers)[: self.frozen]):
            module.requires_grad_(False)

    def lower(self, pieces: Tensor) -> Tensor:
        """What the frozen layers make of the pieces; it never changes, so training computes it once."""
        mask = piece_mask(pieces)
        hidden: Tensor = self.norm(self.pieces(pieces) + self.positions[: pieces.shape[1]])
        for layer in list(self.layers)[: self.frozen]:
            hidden = layer(hidden, mask, 0.0)
        return hidden

    def upper(
        self,
        hidden: Tensor,
        mask: Tensor,
        piece_of: Tensor,
        place: Tensor,
        ids: Tensor,
        words: Tensor | None = None,
    ) -> Tensor:
        """Scores of tags from the output of ``lower``."""
        for layer in list(self.layers)[self.frozen :]:
            hidden = layer(hidden, mask, 0.1)
        spread = torch.gather(hidden, 1, piece_of[:, :, None].expand(-1, -1, hidden.shape[-1]))
        looked_up = [self.characters(ids), self.places(place), *_lookups(self, ids, words)]
        features = torch.cat([spread, *(vectors.to(spread.dtype) for vectors in looked_up)], -1)
        features, _ = self.lstm(functional.dropout(features, self.dropout, self.training))
        return cast(Tensor, self.exit(functional.dropout(features, self.dropout, self.training)))

    def forward(
        self, pieces: Tensor, piece_of: Tensor, place: Tensor, ids: Tensor, words: Tensor | None = None
    ) -> Tensor:
        """Scores of tags: (batch, characters, tags)."""
        return self.upper(self.lower(pieces), piece_mask(pieces), piece_of, place, ids, words)


def piece_mask(pieces: Tensor) -> Tensor:
    """What to add to attention logits so that padding (piece 1) is not attended to."""
    return ((pieces == 1).float() * -1e4)[:, None, None, :]


class CompactEmbedding(nn.Module):
    """An embedding in 8 bits with one scale a row (one scale for a whole table costs points of F)."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        weight = embedding.weight.detach()
        scales = weight.abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("scales", scales)
        self.register_buffer("codes", torch.round(weight / scales).to(torch.int8))

    def forward(self, ids: Tensor) -> Tensor:
        """The vectors of the ids."""
        codes, scales = cast(Tensor, self.codes), cast(Tensor, self.scales)
        return codes[ids].float() * scales[ids]


class SmoothedLinear(nn.Module):
    """A linear layer whose loudest inputs are made quieter, and their weights greater by as much.

    One scale of 8 bits holds all inputs; where one of them is ten times as loud as the others it would leave these few steps.
    """

    def __init__(self, layer: nn.Linear, loudness: Tensor) -> None:
        super().__init__()
        divisors = (loudness / loudness.median().clamp(min=1e-6) / LOUD).clamp(min=1).sqrt()
        self.weight, self.bias = nn.Parameter(layer.weight.detach() * divisors), layer.bias
        self.register_buffer("factors", 1 / divisors)

    def forward(self, hidden: Tensor) -> Tensor:
        """What the layer makes of them."""
        return functional.linear(hidden * cast(Tensor, self.factors), self.weight, self.bias)


def to_onnx(network: nn.Module, samples: Sequence[dict[str, Tensor]], *, quantize: bool = True) -> bytes:
    """The network as an ONNX model with the output ``scores``; embeddings and matrices in 8 bits if ``quantize``.

    ``samples`` are batches of what it reads; a few hundred sentences of the kind that will be read are enough.
    """
    example = {name: array[:2] for name, array in samples[0].items()}
    return (
        _quantized(exported(smoothed(compact(network), samples), example)) if quantize else exported(network, example)
    )


def smoothed(network: nn.Module, samples: Sequence[dict[str, Tensor]]) -> nn.Module:
    """The network with the layers between its transformer's halves smoothed, by what they read in ``samples``."""
    loudness: dict[nn.Module, Tensor] = {}

    def listen(layer: nn.Module, inputs: tuple[Tensor]) -> None:
        loudest = inputs[0].abs().flatten(0, -2).amax(0)
        loudness[layer] = torch.maximum(loudness.get(layer, loudest), loudest)

    halves = [(t, name) for t in network.modules() if isinstance(t, TransformerLayer) for name in ("widen", "narrow")]
    hooks = [getattr(t, name).register_forward_pre_hook(listen) for t, name in halves]
    with torch.no_grad():
        for sample in samples if halves else ():
            network(**sample)
    for hook in hooks:
        hook.remove()
    for t, name in halves:
        layer = getattr(t, name)
        setattr(t, name, SmoothedLinear(layer, loudness[layer]))
    return network


def compact(network: nn.Module) -> nn.Module:
    """A copy with its embeddings in 8 bits."""
    network = copy.deepcopy(network).cpu().eval()
    for name, child in list(network.named_children()):
        if isinstance(child, nn.Embedding):
            setattr(network, name, CompactEmbedding(child))
    return network


def exported(network: nn.Module, inputs: dict[str, Tensor]) -> bytes:
    """The network as an ONNX model with the output ``scores``; ``inputs`` are an example of what it reads."""
    network = copy.deepcopy(network).cpu().eval()
    buffer = io.BytesIO()
    axes = {name: {0: "batch", 1: "pieces" if name == "pieces" else "characters"} for name in (*inputs, "scores")}
    with warnings.catch_warnings():  # this exporter is deprecated, but needs no further package
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            tuple(inputs.values()),
            buffer,  # type: ignore[arg-type]
            input_names=list(inputs),
            output_names=["scores"],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    return buffer.getvalue()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the advice that onnxruntime logs."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _quantized(model: bytes) -> bytes:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with TemporaryDirectory() as folder, _quiet():
        full, small = Path(folder, "full.onnx"), Path(folder, "small.onnx")
        full.write_bytes(model)
        quantize_dynamic(
            full, small, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul", "Gemm"]
        )
        return small.read_bytes()
