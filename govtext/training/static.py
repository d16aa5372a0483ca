"""The small network as an ONNX graph of 8-bit convolutions whose scales are fixed beforehand: half as fast again as scales found at run time.

Between layers nothing is copied: a convolution reads its neighbours by stride, its ReLU is the zero point of its output, and
padding is the value that stands for zero.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from govtext.training.networks import SmallNetwork, exported

Floats = NDArray[np.float32]

PORTION = 0.99999  # of the values seen lie inside the range that 8 bits cover; the rest is cut off
ZERO = np.uint8(128)  # stands for 0 in what a convolution reads
MICROSOFT = "com.microsoft"


def to_static_onnx(network: SmallNetwork, samples: Sequence[dict[str, Tensor]]) -> bytes:
    """The network as an ONNX model from ``ids`` (and ``words``) to ``scores``; ``samples`` are batches of them (0 is padding) to find the ranges.

    A few hundred sentences of the kind that will be read are enough. Needs onnx (the extra ``train``).
    """
    ranges = _find_ranges(network.eval().cpu(), samples)
    graph = _Graph()
    example = {name: array[:2, :5] for name, array in samples[0].items()}
    embedded = graph.include(_embedding(network, example, ranges["entry"] / 127), output="embedded")
    hidden = graph.linear("entry", embedded, network.entry, ranges["entry"] / 127)
    real = graph.node("Not", graph.node("Equal", "ids", graph.constant(np.int64(0))))
    real = graph.node("Unsqueeze", real, graph.constant(np.array([1, 3])))
    hidden = graph.node("Unsqueeze", hidden, graph.constant(np.array([1])))
    zero = graph.constant(ZERO)
    for i, gap in enumerate(network.dilations):
        norm, layer = network.norms[i], network.layers[i]
        low, high = ranges[f"norms.{i}"] / 127, ranges[f"layers.{i}"] / 255
        inside = graph.node(
            "LayerNormalization", hidden, *graph.parameters(f"norms.{i}", norm), axis=-1, epsilon=float(norm.eps)  # type: ignore[arg-type]
        )  # fmt: skip
        codes = graph.node("QuantizeLinear", inside, graph.constant(np.float32(low)), zero)
        codes = graph.node("Where", real, codes, zero)
        gained = graph.convolution(f"layers.{i}", codes, layer, gap, low=low, high=high)  # type: ignore[arg-type]
        hidden = graph.node("Add", hidden, gained)
    hidden = graph.node("Squeeze", hidden, graph.constant(np.array([1])))
    low = ranges["exit"] / 127
    codes = graph.node("QuantizeLinear", hidden, graph.constant(np.float32(low)), zero)
    graph.linear("exit", codes, network.exit, low, output="scores")
    return graph.to_bytes(list(example), tags=network.exit.out_features)


def _find_ranges(network: SmallNetwork, samples: Sequence[dict[str, Tensor]]) -> dict[str, float]:
    """How far from zero go what entry and exit read, the outputs of norms and (after ReLU) of layers, at characters that are no padding."""
    seen: dict[str, list[Floats]] = {}
    real: list[Tensor] = []

    def keep_input(name: str) -> Any:
        return lambda _, inputs: seen.setdefault(name, []).append(inputs[0][real[-1]].abs().numpy().ravel())

    def keep(name: str) -> Any:
        return lambda _, __, output: seen.setdefault(name, []).append(output[real[-1]].abs().numpy().ravel())

    def keep_positive(name: str) -> Any:
        return lambda _, __, output: seen.setdefault(name, []).append(output[real[-1]].relu().numpy().ravel())

    hooks = [m.register_forward_hook(keep(f"norms.{i}")) for i, m in enumerate(network.norms)]
    hooks += [m.register_forward_hook(keep_positive(f"layers.{i}")) for i, m in enumerate(network.layers)]
    hooks += [getattr(network, name).register_forward_pre_hook(keep_input(name)) for name in ("entry", "exit")]
    with torch.no_grad():
        for sample in samples:
            real.append(sample["ids"] != 0)
            network(**sample)
    for hook in hooks:
        hook.remove()
    portions = {"entry": 1.0, "exit": 1.0}  # cutting off what these read costs names
    return {
        name: max(float(np.quantile(np.concatenate(values), portions.get(name, PORTION))), 1e-3)
        for name, values in seen.items()
    }


def _embedding(network: SmallNetwork, example: dict[str, Tensor], step: float) -> bytes:
    """The part of the network that looks up vectors, as an ONNX model; the vectors are in the 8 bits that the entry reads."""
    part = copy.deepcopy(network).cpu().eval()
    for name, child in list(part.named_children()):
        if isinstance(child, nn.Embedding):
            setattr(part, name, _CodedEmbedding(child, step))
    part.nothing = float(ZERO)
    part.forward = part.embed  # type: ignore[method-assign, assignment]
    return exported(part, example)


class _CodedEmbedding(nn.Module):
    """An embedding in steps of the same size for all of its vectors."""

    def __init__(self, embedding: nn.Embedding, step: float) -> None:
        super().__init__()
        codes = torch.round(embedding.weight.detach() / step) + int(ZERO)
        self.register_buffer("codes", codes.clamp(0, 255).to(torch.uint8))

    def forward(self, ids: Tensor) -> Tensor:
        """The codes of the ids."""
        return cast(Tensor, self.codes)[ids]


class _Graph:
    """Collects the nodes and constants of an ONNX graph; every method gives the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def constant(self, value: Any, name: str = "") -> str:
        from onnx import numpy_helper

        name = name or f"constant_{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def node(self, kind: str, *inputs: str, domain: str = "", output: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], domain=domain, **attributes))
        return output

    def parameters(self, name: str, module: nn.Module) -> list[str]:
        return [self.constant(p.detach().numpy(), f"{name}.{part}") for part, p in module.named_parameters()]

    def include(self, model: bytes, *, output: str) -> str:
        """All nodes of another model; its only output gets a new name."""
        import onnx

        graph = onnx.load_model_from_string(model).graph
        for node in graph.node:
            node.output[:] = [output if name == graph.output[0].name else name for name in node.output]
        self.nodes += graph.node
        self.constants |= {tensor.name: tensor for tensor in graph.initializer}
        return output

    def linear(self, name: str, codes: str, layer: nn.Linear, low: float, *, output: str = "") -> str:
        """A matrix in 8 bits over what is read in steps of ``low``."""
        weights, scales = _quantized(layer)
        weight, weight_scale = (
            self.constant(weights.T.copy(), f"{name}.weight_quantized"),
            self.constant(scales, f"{name}.weight_scale"),
        )
        scale, zero = self.constant(np.float32(low), f"{name}.input_scale"), self.constant(ZERO)
        weight_zero = self.constant(np.zeros(len(scales), np.int8))
        bias = self.constant(layer.bias.detach().numpy(), f"{name}.bias")
        return self.node(
            "MatMulIntegerToFloat", codes, weight, scale, weight_scale, zero, weight_zero, bias, domain=MICROSOFT, output=output
        )  # fmt: skip

    def convolution(self, name: str, codes: str, layer: nn.Linear, gap: int, *, low: float, high: float) -> str:
        """The layer as a convolution over the characters ``gap`` before, at, and ``gap`` after each, with ReLU, as floats."""
        weight, scales = _quantized(layer)
        width = layer.out_features
        kernel = weight.reshape(width, 3, -1).transpose(0, 2, 1)[:, :, None]  # output, input, 1, neighbour
        bias = np.round(layer.bias.detach().numpy() / (scales * low)).astype(np.int32)
        scale, floor = self.constant(np.float32(high)), self.constant(np.uint8(0))
        reading = [self.constant(np.float32(low), f"{name}.input_scale"), self.constant(ZERO)]
        weights = [
            self.constant(np.ascontiguousarray(kernel), f"{name}.weight_quantized"),
            self.constant(scales, f"{name}.weight_scale"), self.constant(np.zeros(width, np.int8)),
        ]  # fmt: skip
        found = self.node(
            "QLinearConv", codes, *reading, *weights, scale, floor, self.constant(bias, f"{name}.bias_quantized"), domain=MICROSOFT, channels_last=1,
            kernel_shape=[1, 3], dilations=[1, gap], pads=[0, gap, 0, gap],
        )  # fmt: skip
        return self.node("DequantizeLinear", found, scale, floor)

    def to_bytes(self, inputs: Sequence[str], *, tags: int) -> bytes:
        from onnx import TensorProto, helper

        axes = ["batch", "characters"]
        read = [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in inputs]
        scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [*axes, tags])
        graph = helper.make_graph(self.nodes, "small", read, [scores], list(self.constants.values()))
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
        model: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
        return model


def _quantized(layer: nn.Linear) -> tuple[NDArray[np.int8], Floats]:
    """Weights in 8 bits, and a scale for each output."""
    weight = layer.weight.detach().numpy()
    scales = np.maximum(np.abs(weight).max(axis=1), 1e-12).astype(np.float32) / np.float32(127)
    return np.round(weight / scales[:, None]).astype(np.int8), scales
