"""The small network as an ONNX graph of 8-bit convolutions whose scales are fixed beforehand: half as fast again as scales found at run time.

Between layers nothing is copied: a convolution reads its neighbours by stride, its ReLU is the zero point of its output, and
padding is the value that stands for zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from govtext.training.networks import PAIRS, CompactEmbedding, SmallNetwork

Floats = NDArray[np.float32]

PORTION = 0.99999  # of the values seen lie inside the range that 8 bits cover; the rest is cut off
ZERO = np.uint8(128)  # stands for 0 in what a convolution reads
MICROSOFT = "com.microsoft"


def to_static_onnx(network: SmallNetwork, samples: Sequence[Tensor]) -> bytes:
    """The network as an ONNX model from ``ids`` to ``scores``; ``samples`` are batches of ids (0 is padding) to find the ranges.

    A few hundred sentences of the kind that will be read are enough. Needs onnx (the extra ``train``).
    """
    ranges = _find_ranges(network.eval().cpu(), samples)
    graph = _Graph()
    hidden = graph.linear("entry", _embedded(graph, network), network.entry)
    real = graph.node("Not", graph.node("Equal", "ids", graph.constant(np.int64(0))))
    real = graph.node("Unsqueeze", real, graph.constant(np.array([1, 3])))
    hidden = graph.node("Unsqueeze", hidden, graph.constant(np.array([1])))
    zero = graph.constant(ZERO)
    for i, gap in enumerate(network.dilations):
        norm, layer = network.norms[i], network.layers[i]
        low, high = ranges[f"norms.{i}"] / 127, ranges[f"layers.{i}"] / 255
        inside = graph.node(
            "LayerNormalization", hidden, *graph.parameters(norm), axis=-1, epsilon=float(norm.eps)  # type: ignore[arg-type]
        )  # fmt: skip
        codes = graph.node("QuantizeLinear", inside, graph.constant(np.float32(low)), zero)
        codes = graph.node("Where", real, codes, zero)
        gained = graph.convolution(codes, layer, gap, low=low, high=high)  # type: ignore[arg-type]
        hidden = graph.node("Add", hidden, gained)
    hidden = graph.node("Squeeze", hidden, graph.constant(np.array([1])))
    graph.linear("scores", hidden, network.exit, output="scores")
    return graph.to_bytes(tags=network.exit.out_features)


def _find_ranges(network: SmallNetwork, samples: Sequence[Tensor]) -> dict[str, float]:
    """How far from zero the outputs of norms and (after ReLU) of layers go, at characters that are no padding."""
    seen: dict[str, list[Floats]] = {}
    real: list[Tensor] = []

    def keep(name: str) -> Any:
        return lambda _, __, output: seen.setdefault(name, []).append(output[real[-1]].abs().numpy().ravel())

    def keep_positive(name: str) -> Any:
        return lambda _, __, output: seen.setdefault(name, []).append(output[real[-1]].relu().numpy().ravel())

    hooks = [m.register_forward_hook(keep(f"norms.{i}")) for i, m in enumerate(network.norms)]
    hooks += [m.register_forward_hook(keep_positive(f"layers.{i}")) for i, m in enumerate(network.layers)]
    with torch.no_grad():
        for ids in samples:
            real.append(ids != 0)
            network(ids)
    for hook in hooks:
        hook.remove()
    return {name: max(float(np.quantile(np.concatenate(values), PORTION)), 1e-3) for name, values in seen.items()}


def _embedded(graph: _Graph, network: SmallNetwork) -> str:
    """Vectors of each character and of its pairs with the characters before and after it."""

    def slice_of(first: int, last: int) -> str:
        return graph.node("Slice", "ids", *(graph.constant(np.array([v])) for v in (first, last, 1)))

    left = graph.node("Mul", slice_of(0, -1), graph.constant(np.int64(7919)))
    right = graph.node("Mul", slice_of(1, 1 << 31), graph.constant(np.int64(104729)))
    pair = graph.node("Mod", graph.node("Add", left, right), graph.constant(np.int64(PAIRS)))
    characters = graph.embedding("ids", network.characters)
    pairs = graph.embedding(pair, network.pairs)
    before, after = (
        graph.node("Pad", pairs, graph.constant(np.array(p))) for p in ([0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0])
    )
    return graph.node("Concat", characters, before, after, axis=-1)


class _Graph:
    """Collects the nodes and constants of an ONNX graph; every method gives the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def constant(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def node(self, kind: str, *inputs: str, domain: str = "", output: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], domain=domain, **attributes))
        return output

    def parameters(self, module: nn.Module) -> list[str]:
        return [self.constant(p.detach().numpy()) for p in module.parameters()]

    def embedding(self, ids: str, embedding: nn.Embedding) -> str:
        compact = CompactEmbedding(embedding)
        codes, scales = (self.constant(getattr(compact, name).numpy()) for name in ("codes", "scales"))
        wide = self.node("Cast", self.node("Gather", codes, ids), to=1)
        return self.node("Mul", wide, self.node("Gather", scales, ids))

    def linear(self, name: str, source: str, layer: nn.Linear, *, output: str = "") -> str:
        """A matrix in 8 bits over input whose scale is found at run time."""
        codes, scales = _quantized(layer)
        constants = (codes.T.copy(), scales, np.zeros(len(scales), np.int8), layer.bias.detach().numpy())
        return self.node(
            "DynamicQuantizeMatMul", source, *map(self.constant, constants), domain=MICROSOFT, output=output
        )

    def convolution(self, codes: str, layer: nn.Linear, gap: int, *, low: float, high: float) -> str:
        """The layer as a convolution over the characters ``gap`` before, at, and ``gap`` after each, with ReLU, as floats."""
        weight, scales = _quantized(layer)
        width = layer.out_features
        kernel = weight.reshape(width, 3, -1).transpose(0, 2, 1)[:, :, None]  # output, input, 1, neighbour
        bias = np.round(layer.bias.detach().numpy() / (scales * low)).astype(np.int32)
        scale, floor = self.constant(np.float32(high)), self.constant(np.uint8(0))
        reading = [self.constant(np.float32(low)), self.constant(ZERO)]
        weights = map(self.constant, (np.ascontiguousarray(kernel), scales, np.zeros(width, np.int8)))
        found = self.node(
            "QLinearConv", codes, *reading, *weights, scale, floor, self.constant(bias), domain=MICROSOFT, channels_last=1,
            kernel_shape=[1, 3], dilations=[1, gap], pads=[0, gap, 0, gap],
        )  # fmt: skip
        return self.node("DequantizeLinear", found, scale, floor)

    def to_bytes(self, *, tags: int) -> bytes:
        from onnx import TensorProto, helper

        axes = ["batch", "characters"]
        ids = helper.make_tensor_value_info("ids", TensorProto.INT64, axes)
        scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [*axes, tags])
        graph = helper.make_graph(self.nodes, "small", [ids], [scores], list(self.constants.values()))
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
        model: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
        return model


def _quantized(layer: nn.Linear) -> tuple[NDArray[np.int8], Floats]:
    """Weights in 8 bits, and a scale for each output."""
    weight = layer.weight.detach().numpy()
    scales = np.maximum(np.abs(weight).max(axis=1), 1e-12).astype(np.float32) / np.float32(127)
    return np.round(weight / scales[:, None]).astype(np.int8), scales
