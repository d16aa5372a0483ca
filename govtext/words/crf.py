"""A linear-chain CRF over the features of pkuseg, scored and decoded for a whole text at once with numpy.

The features of a character are itself, its neighbours up to two away, the pairs of them, the known words that start or
end here, and the pairs of known words that meet here. All of them are looked up in one trie whose levels are sorted
arrays: level 2 holds the character pairs, and any node from level 2 on may be a word.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from govtext.errors import ModelError
from govtext.keys import KeyTable

TAGS = ("B", "B_single", "I", "I_end", "I_first")
B, B_SINGLE, INSIDE, I_END, I_FIRST = range(5)
GAP = 2  # empty slots between two stretches of text: no feature reaches further

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Level:
    """One level of the trie: the sorted ``keys`` are parent node × number of symbols + symbol, a node is an index.

    ``pair`` and ``word`` give the row of the node's weights, -1 where it has none.
    """

    keys: Ints
    pair: Ints
    word: Ints

    @cached_property
    def _table(self) -> KeyTable:
        return KeyTable(self.keys)

    def find(self, queries: Ints) -> Ints:
        """Nodes of the queried keys, -1 for those that are not there."""
        return self._table.rows(queries).astype(np.int64) - 1


@dataclass(frozen=True)
class Crf:
    """The weights of a model, laid out for look-up; scores are float32, one column a tag.

    ``symbols`` maps a code point of the basic plane to its symbol, 0 for one that the model does not know.
    ``chars[s, k]`` holds the scores that symbol ``s`` gives to the character at distance ``k - 2`` from it,
    ``pairs`` those of a character pair for its first, its second and the next character, ``words`` those of a word for
    its first and its last character, ``meets`` those of two adjoining words for the characters left and right of the
    joint.
    """

    symbols: NDArray[np.uint16]
    bias: Floats  # tag
    transitions: Floats  # tag before × tag
    chars: Floats  # symbol × 5 × tag
    levels: tuple[Level, ...]  # of the trie, from the second on
    pairs: Floats  # row × 3 × tag
    words: Floats  # row × 2 × tag
    meet_keys: Ints  # word row × number of words + word row, sorted
    meets: Floats  # row × 2 × tag

    @cached_property
    def _meet_table(self) -> KeyTable:
        return KeyTable(self.meet_keys)

    def scores(self, symbols: Ints) -> Floats:
        """Score of every tag for every slot; slots of symbol 0 see and give no features."""
        n = len(symbols)
        out = np.empty((n + 2 * GAP, len(TAGS)), dtype=np.float32)
        out[:] = self.bias
        rows = self.chars[symbols]
        for k in range(5):
            out[k : k + n] += rows[:, k]
        out = out[GAP : GAP + n]
        self._add_pairs_and_words(symbols, out)
        return out

    def _add_pairs_and_words(self, symbols: Ints, out: Floats) -> None:
        size = len(self.chars)
        known = np.flatnonzero((symbols[:-1] > 0) & (symbols[1:] > 0))
        start, node = known, symbols[known]
        found: list[tuple[Ints, Ints, Ints]] = []  # start, last, row of the words in the text
        for depth, level in enumerate(self.levels, 1):
            inside = start + depth < len(symbols)
            start, node = start[inside], node[inside]
            node = level.find(node * size + symbols[start + depth])
            alive = node >= 0
            start, node = start[alive], node[alive]
            if depth == 1:
                self._add_pairs(start, level.pair[node], out)
            row = level.word[node]
            hit = row >= 0
            found.append((start[hit], start[hit] + depth, row[hit]))
        for first, last, row in found:
            weights = self.words[row]
            out[first] += weights[:, 0]
            out[last] += weights[:, 1]
        self._add_meets(found, out)

    def _add_pairs(self, start: Ints, row: Ints, out: Floats) -> None:
        hit = row >= 0
        start, weights = start[hit], self.pairs[row[hit]]
        out[start] += weights[:, 0]
        out[start + 1] += weights[:, 1]
        after = start + 2 < len(out)
        out[start[after] + 2] += weights[after, 2]

    def _add_meets(self, found: list[tuple[Ints, Ints, Ints]], out: Floats) -> None:
        """Add the scores of two words that adjoin, for every combination of words found."""
        for _, last, left in found:
            for first, _, right in found:
                at = np.full(len(out) + 1, -1)
                at[first] = right
                follower = at[last + 1]
                hit = follower >= 0
                row = self._meet_table.rows(left[hit] * len(self.words) + follower[hit]) - 1
                joint = last[hit][row >= 0]
                weights = self.meets[row[row >= 0]]
                out[joint] += weights[:, 0]
                out[joint + 1] += weights[:, 1]

    def to_bytes(self) -> bytes:
        """The model as a compressed npz archive without pickled objects."""
        arrays: dict[str, NDArray[Any]] = {
            "symbols": np.flatnonzero(self.symbols),
            "symbol_ids": self.symbols[self.symbols > 0],
            "bias": self.bias,
            "transitions": self.transitions,
            "chars": self.chars.astype(np.float16),
            "pairs": self.pairs.astype(np.float16),
            "words": self.words.astype(np.float16),
            "meets": self.meets.astype(np.float16),
            "meet_keys": np.diff(self.meet_keys, prepend=0),
            "levels": np.array(len(self.levels)),
        }
        for depth, level in enumerate(self.levels):
            arrays[f"keys{depth}"] = np.diff(level.keys, prepend=0)
            arrays[f"pair{depth}"] = level.pair >= 0
            arrays[f"word{depth}"] = level.word >= 0
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Crf:
        """Read what `to_bytes` wrote; raises ModelError if the bytes are damaged."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                return cls._from_arrays({name: archive[name] for name in archive.files})
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise ModelError("the segmenter's weights are damaged; train or install the model again") from error

    @classmethod
    def _from_arrays(cls, arrays: dict[str, NDArray[np.generic]]) -> Crf:
        symbols = np.zeros(0x10000, dtype=np.uint16)
        symbols[cast(Ints, arrays["symbols"])] = arrays["symbol_ids"]
        levels, pairs, words = [], 0, 0
        for depth in range(int(arrays["levels"])):
            pair, pairs = _number(arrays[f"pair{depth}"], pairs)
            word, words = _number(arrays[f"word{depth}"], words)
            levels.append(Level(np.cumsum(arrays[f"keys{depth}"]), pair, word))
        floats = {
            name: arrays[name].astype(np.float32)
            for name in ("bias", "transitions", "chars", "pairs", "words", "meets")
        }
        return cls(symbols=symbols, levels=tuple(levels), meet_keys=np.cumsum(arrays["meet_keys"]), **floats)


def _number(mask: NDArray[np.generic], first: int) -> tuple[Ints, int]:
    """Rows counted on from ``first`` where the mask is set, -1 elsewhere; and the next row."""
    rows = np.full(len(mask), -1)
    at = np.flatnonzero(mask)
    rows[at] = np.arange(first, first + len(at))
    return rows, first + len(at)


def decode(scores: Floats, transitions: Floats, starts: Ints, ends: Ints) -> NDArray[np.int8]:
    """Best tag of every slot by Viterbi, each stretch ``[starts[i], ends[i])`` by itself; -1 outside of them.

    All stretches advance together, one character a step, so the cost in Python is that of the longest one.
    """
    tags = np.full(len(scores), -1, dtype=np.int8)
    lengths = ends - starts
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 0]
    if not len(order):
        return tags
    starts, lengths = starts[order], lengths[order]
    active = np.searchsorted(-lengths, -np.arange(lengths[0]), side="left")  # stretches longer than each step
    best = scores[starts]
    back = np.zeros((len(scores), len(TAGS)), dtype=np.int8)
    final = best.copy()
    for step in range(1, int(lengths[0])):
        k = active[step]
        paths = best[:k, :, None] + transitions
        at = starts[:k] + step
        back[at] = paths.argmax(axis=1)
        best = np.maximum.reduce(paths, axis=1) + scores[at]
        final[:k] = best
    tag = final.argmax(axis=1).astype(np.int8)
    last = starts + lengths - 1
    tags[last] = tag
    for step in range(int(lengths[0]) - 1, 0, -1):
        k = active[step]
        at = starts[:k] + step
        tags[at - 1] = back[at, tags[at]]
    return tags
