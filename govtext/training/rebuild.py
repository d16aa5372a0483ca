"""Rebuilds the torch network of a name recogniser from the ONNX weights that it ships, so that training can go on from there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from govtext.entities.recognizer import NameRecognizer
from govtext.errors import MissingExtraError, ModelError

if TYPE_CHECKING:
    from torch import nn

Array = np.ndarray[Any, Any]
PRODUCTS = ("MatMulInteger", "MatMul")
GATES = [0, 2, 3, 1]  # of an LSTM: ONNX has input, output, forget, cell; torch input, forget, cell, output


def rebuild_network(recognizer: NameRecognizer) -> nn.Module:
    """The network with the weights of a recogniser, 8-bit ones as the floats that they stand for.

    Its scores are those of the recogniser, but for the rounding of activations. Raises ModelError if the weights are not those of
    a network of this version.
    """
    from govtext.training.networks import LargeNetwork, SmallNetwork

    weights, config = read_weights(recognizer.encoder.model), recognizer.config
    tags = len(recognizer.scheme)
    try:
        if config.pieces:
            layers = len({name.split(".")[1] for name in weights if name.startswith("layers.")})
            encoder = {name.removeprefix("layers."): value.copy() for name, value in weights.items()}
            encoder["pieces"] = encoder["pieces.weight"]
            network: nn.Module = LargeNetwork(
                encoder,
                encoder["characters.weight"],
                tags,
                layers=layers,
                names=weights.get("names"),
                words=config.words,
            )
        else:
            network = SmallNetwork(
                len(weights["characters.weight"]), tags, width=weights["exit.weight"].shape[1],
                triples=len(weights.get("triples.weight", ())), names=weights.get("names"), words=config.words,
            )  # fmt: skip
        _load(network, weights)
    except (KeyError, IndexError, RuntimeError) as error:
        raise ModelError(
            f"these weights do not fit the networks of this version ({error}); train the model again from nothing"
        ) from None
    return network


def _load(network: nn.Module, weights: dict[str, Array]) -> None:
    import torch

    network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})


def read_weights(model: bytes) -> dict[str, Array]:
    """The weights of an ONNX model as 32-bit floats, by the names that torch knows them by."""
    try:
        import onnx
        from onnx import numpy_helper
    except ModuleNotFoundError as error:
        raise MissingExtraError("onnx", "train", "training on from a model") from error
    graph = onnx.load_model_from_string(model).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights = {name: value for name, value in stored.items() if _is_parameter(name)}
    for name in [name for name in stored if name.endswith(".codes")]:
        embedding = name.removesuffix(".codes")
        scales = stored.get(f"{embedding}.scales")
        codes = stored[name].astype(np.float32)
        # without scales of its own it is in the steps that the entry reads, where 128 stands for 0 (see static.py)
        weights[f"{embedding}.weight"] = (
            codes * scales if scales is not None else (codes - 128) * stored["entry.input_scale"]
        )
    weights |= dict(_static_layers(stored)) or _matrices(graph, stored)
    for name in [name for name in stored if name.endswith(".factors")]:
        weights[f"{name.removesuffix('.factors')}.weight"] *= stored[name]
    for node in graph.node:
        if node.op_type == "LSTM":
            weights |= dict(_lstm(node.name.split("/")[1], [stored[name] for name in node.input[1:4]]))
    return weights


def _is_parameter(name: str) -> bool:
    return not name.startswith(("onnx::", "/", "constant_")) and not name.endswith(
        (".codes", ".scales", ".factors", "_quantized", "_scale", "_zero_point")
    )


def _static_layers(stored: dict[str, Array]) -> Iterator[tuple[str, Array]]:
    """Weights and biases of the layers of a static graph: convolutions (output, input, 1, neighbour), and matrices (input, output)."""
    for layer in [name.removesuffix(".weight_quantized") for name in stored if name.endswith(".weight_quantized")]:
        codes, scales = stored[f"{layer}.weight_quantized"], stored[f"{layer}.weight_scale"]
        if codes.ndim == 2:
            yield f"{layer}.weight", (codes * scales).T
        else:
            yield f"{layer}.weight", codes[:, :, 0].transpose(0, 2, 1).reshape(len(codes), -1) * scales[:, None]
            yield f"{layer}.bias", stored[f"{layer}.bias_quantized"] * scales * stored[f"{layer}.input_scale"]


def _matrices(graph: Any, stored: dict[str, Array]) -> dict[str, Array]:
    """The matrix of every linear layer: that of the product to which the layer's bias is added."""
    made_by = {output: node for node in graph.node for output in node.output}
    found = {}
    for node in graph.node:
        biases = [name for name in node.input if name.endswith(".bias") and name in stored]
        if node.op_type == "Add" and biases:
            (other,) = (name for name in node.input if name not in biases)
            product = _product(other, made_by, depth=4)
            if product is not None:
                found[f"{biases[0].removesuffix('.bias')}.weight"] = _matrix(product, stored).T
    return found


def _product(name: str, made_by: dict[str, Any], depth: int) -> Any:
    """The nearest product of matrices that a value comes from."""
    node = made_by.get(name)
    if node is None or depth == 0 or node.op_type in PRODUCTS:
        return node if node is not None and node.op_type in PRODUCTS else None
    found = (_product(source, made_by, depth - 1) for source in node.input)
    return next((product for product in found if product is not None), None)


def _matrix(product: Any, stored: dict[str, Array]) -> Array:
    name = product.input[1]
    if not name.endswith("_quantized"):
        return stored[name]
    source = name.removesuffix("_quantized")
    codes, zero = stored[name].astype(np.float32), stored[f"{source}_zero_point"].astype(np.float32)
    matrix: Array = (codes - zero) * stored[f"{source}_scale"]
    return matrix


def _lstm(module: str, arrays: list[Array]) -> Iterator[tuple[str, Array]]:
    """The weights of one bidirectional LSTM layer."""
    inputs, states, biases = arrays
    for direction, suffix in enumerate(("", "_reverse")):
        yield f"{module}.weight_ih_l0{suffix}", _gates(inputs[direction])
        yield f"{module}.weight_hh_l0{suffix}", _gates(states[direction])
        for name, bias in zip(("ih", "hh"), np.split(biases[direction], 2), strict=True):
            yield f"{module}.bias_{name}_l0{suffix}", _gates(bias)


def _gates(stacked: Array) -> Array:
    gates: Array = stacked.reshape(4, -1, *stacked.shape[1:])[GATES].reshape(stacked.shape)
    return gates
