"""The learned scores of linking: how well each stretch of text serves as the indicator of the quantity it stands near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from govtext.keys import KeyTable
from govtext.metrics.fillers import FillerFinder, Fillers
from govtext.metrics.grams import BITS, Alphabet, Bools, Ints, gram_keys
from govtext.metrics.quantities import Quantity
from govtext.metrics.strips import Strips
from govtext.metrics.weights import Weights

Floats = npt.NDArray[np.float32]

LONGEST: Final = 30
SIDES: Final = "BA"
SHORT: Final = 4  # characters of a stretch whose words are a feature as a whole
_NO_START: Final = "、的（("

# where n-grams are features: column, part of the stretch, length, and where they begin (0: its first or last character)
START_GRAMS: Final = (
    *((0, n, 0) for n in range(1, 5)),  # at the beginning, inwards
    *((1, n, -n) for n in range(1, 5)),  # before the beginning
    (2, 2, -1), (2, 4, -2),  # across it
)  # fmt: skip
END_GRAMS: Final = (
    *((3, n, 1 - n) for n in range(1, 5)),  # at the end, inwards
    *((4, n, 1) for n in range(1, 6)),  # behind the end
    (5, 2, 0), (5, 4, -1),  # across it
)  # fmt: skip
WHOLE: Final = 6
COLUMNS: Final = 7
# n-grams (of up to three characters) together with the shape or the unit of the quantity: tag, part, length, beginning
SHAPED_START: Final = ((0, "shape", 1, -1), (1, "shape", 2, 0))
SHAPED_END: Final = (
    (2, "shape", 1, 0), (3, "shape", 2, -1), (4, "shape", 1, 1), (5, "shape", 2, 1), (6, "unit", 1, 0), (7, "unit", 2, -1),
)  # fmt: skip
_SHAPED_BITS: Final = 3 * BITS
_VALUES: Final = 1 << 10
FLAGS: Final = (
    "verb before", "verb first", "verb before and first", "verb behind", "verb last", "fillers behind",
    "fillers 1", "fillers 2", "fillers 3", "fillers 4",
)  # fmt: skip


def shape_of(q: Quantity) -> str:
    """What kind of number a quantity is: its form, or the dimension of a plain amount."""
    return q.form if q.form != "amount" else q.dimension or "bare"


@dataclass(frozen=True, slots=True)
class LinkFeatures:
    """The features of all stretches of some strips, as rows of tables.

    ``grams`` and ``shaped`` are rows of n-grams by place; the flags are those of ``FLAGS`` for a stretch's first character
    (0 to 2), its last one (3 to 5), and for stretches of 1 to 4 characters from its first one; ``after`` is the number of the
    character behind the verb behind the end. Stretches shorter than ``banned`` from a place, and those from a place where
    ``start`` is False, are none.
    """

    strips: Strips
    grams: npt.NDArray[np.int32]
    shaped: dict[int, npt.NDArray[np.int32]]
    flags: Bools
    after: Ints
    start: Bools
    banned: Ints
    fillers: Fillers


@dataclass(frozen=True, slots=True)
class LinkScores:
    """What stretches score by their own words: ``table[length - 1, first character]``, -inf where there is no stretch."""

    table: Floats
    strips: Strips
    contents: list[str]
    closing: Bools
    best: list[float]
    best_at: list[int]
    best_length: list[int]

    def __getitem__(self, at: tuple[int, int, int]) -> float:
        """The score of the stretch from ``start`` to ``end`` (in the sentence) of a strip."""
        strip, start, end = at
        first = int(self.strips.first[strip]) + start - self.strips.segments[strip].start
        return float(self.table[end - start - 1, first]) if 0 < end - start <= len(self.table) else -np.inf


class LinkModel:
    """The weights of linking. ``grams`` and ``shaped`` weigh n-grams (rows of their tables) by side and column, ``places``
    the features of strips and of stretches that earlier quantities took.
    """

    def __init__(
        self, alphabet: Alphabet, keys: Ints, grams: Floats, shaped_keys: Ints, shaped: Floats, flags: Floats, after: Floats,
        lengths: Floats, shapes: Sequence[str], units: Sequence[str], places: Weights,
    ) -> None:  # fmt: skip
        self.alphabet = alphabet
        self.table, self.shaped_table = KeyTable(keys), KeyTable(shaped_keys)
        self.grams, self.shaped = _after_zero(grams), _after_zero(shaped)
        self.flags, self.after, self.lengths = flags, after, lengths
        self.values = {"shape": _numbered(shapes), "unit": _numbered(units)}
        self.places = places
        self.finder = FillerFinder(alphabet)

    def to_arrays(self, prefix: str) -> dict[str, npt.NDArray[np.generic]]:
        """As arrays for an ``.npz`` file; strings are UTF-8 bytes, n-grams with few weights take little space."""
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "alphabet": _text(self.alphabet.characters), "shapes": _text("\n".join(self.values["shape"])),
            "units": _text("\n".join(self.values["unit"])), "keys": _steps(self.table.keys),
            "grams": self.grams[1:].astype(np.float16), "shaped_keys": _steps(self.shaped_table.keys),
            "shaped": self.shaped[1:].astype(np.float16), "flags": self.flags, "after": self.after, "lengths": self.lengths,
        }  # fmt: skip
        return {f"{prefix}.{name}": values for name, values in arrays.items()} | self.places.to_arrays(
            f"{prefix}.places"
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], prefix: str) -> Self:
        """The model that ``to_arrays`` wrote under ``prefix``."""
        alphabet, shapes, units = (arrays[f"{prefix}.{n}"].tobytes().decode() for n in ("alphabet", "shapes", "units"))
        keys, shaped_keys = (np.cumsum(arrays[f"{prefix}.{n}"]) for n in ("keys", "shaped_keys"))
        grams, shaped, flags, after, lengths = (
            arrays[f"{prefix}.{n}"].astype(np.float32) for n in ("grams", "shaped", "flags", "after", "lengths")
        )
        return cls(
            Alphabet(alphabet), keys, grams, shaped_keys, shaped, flags, after, lengths, shapes.split("\n"),
            units.split("\n"), Weights.from_arrays(arrays, f"{prefix}.places"),
        )  # fmt: skip

    def score(self, strips: Strips, quantities: Sequence[Quantity]) -> LinkScores:
        """Scores of all stretches of the strips."""
        found = link_features(strips, quantities, self)
        table = np.full((LONGEST, len(strips.text)), -np.inf, np.float32)
        for side, part in enumerate((slice(0, strips.before), slice(strips.before, None))):
            self._fill(table[:, part], found, part, side)
        table[:, ~found.start] = -np.inf
        long = max(1, int(strips.remaining.max(initial=1)))
        lengths = np.arange(1, min(long, LONGEST) + 1)[:, None]
        table = table[: len(lengths)]
        table[(lengths > strips.remaining) | (lengths <= found.banned)] = -np.inf
        return _with_best(table, strips, found)

    def _fill(self, table: Floats, found: LinkFeatures, part: slice, side: int) -> None:
        size = table.shape[1]
        rows = found.grams[:, part]
        weights = self.grams[:, side][rows]
        start = found.flags[:3, part].T @ self.flags[side, :3]
        end = found.flags[3:6, part].T @ self.flags[side, 3:6] + self.after[side][found.after[part]]
        for column, n, shift in START_GRAMS:
            add_shifted(start, weights[n - 1, :, column], shift)
        for column, n, shift in END_GRAMS:
            add_shifted(end, weights[n - 1, :, column], shift)
        for shaped, total in ((SHAPED_START, start), (SHAPED_END, end)):
            for tag, _, _, shift in shaped:
                add_shifted(total, self.shaped[found.shaped[tag][part]], shift)
        for n in range(1, min(LONGEST, size) + 1):
            table[n - 1, : size - n + 1] = start[: size - n + 1] + end[n - 1 :] + self.lengths[side, n]
            if n <= SHORT:
                table[n - 1] += weights[n - 1, :, WHOLE] + found.flags[5 + n, part] * self.flags[side, 5 + n]


def link_features(strips: Strips, quantities: Sequence[Quantity], tables: Any) -> LinkFeatures:
    """The features of all stretches; ``tables`` is a model, or the tables that one is trained with."""
    numbers = tables.alphabet.numbers(strips.text)
    keys = gram_keys(numbers)
    fillers: Fillers = tables.finder.find(strips.text, keys)
    here, ends = np.arange(len(strips.text)), strips.first + strips.size
    end_of = np.where(strips.owner >= 0, ends[strips.owner], 0)
    behind = np.minimum(here + 1, len(here) - 1)  # the place behind a last character
    after = np.where(fillers.verb[behind] > 0, numbers[np.minimum(behind + fillers.verb[behind], len(here) - 1)], 0)
    short = [
        np.any([step == here + n for step in fillers.steps], axis=0) & (fillers.steps[0] > here)
        for n in range(1, SHORT + 1)
    ]
    flags = np.array([
        fillers.behind_verb, fillers.verb > 0, fillers.behind_verb & (fillers.verb > 0),
        fillers.verb[behind] > 0, fillers.behind_verb[behind], fillers.chain[behind] == end_of, *short,
    ])  # fmt: skip
    no_start = np.isin(numbers, tables.alphabet.numbers(_NO_START))
    banned = np.where(fillers.time, fillers.chain - here, 0)
    return LinkFeatures(
        strips, tables.table.rows(keys), _shaped_rows(strips, keys, quantities, tables), flags, after, ~no_start, banned, fillers
    )  # fmt: skip


def _shaped_rows(
    strips: Strips, keys: Ints, quantities: Sequence[Quantity], tables: Any
) -> dict[int, npt.NDArray[np.int32]]:
    of_strip = {
        name: np.array([tables.values[name].get(value(quantities[k]), 0) for k in strips.quantity], np.int64)
        for name, value in (("shape", shape_of), ("unit", lambda q: q.unit or ""))
    }
    of_place = {name: np.where(strips.owner >= 0, numbers[strips.owner], 0) for name, numbers in of_strip.items()}
    # marks belong to their strip too: n-grams may begin or end with one
    specs = SHAPED_START + SHAPED_END
    stacked = np.array([shaped_keys(keys[n - 1], of_place[name], tag, shift) for tag, name, n, shift in specs])
    return {spec[0]: rows for spec, rows in zip(specs, tables.shaped_table.rows(stacked), strict=True)}


def shaped_keys(keys: Ints, values: Ints, tag: int, shift: int) -> Ints:
    """Keys of n-grams together with a value of the place that they are seen from, ``shift`` characters before them."""
    seen = np.zeros_like(values)
    add_shifted(seen, values, -shift)
    return np.where((seen > 0) & (keys > 0), (tag * _VALUES + seen) << _SHAPED_BITS | keys, 0)


def add_shifted(total: npt.NDArray[Any], values: npt.NDArray[Any], shift: int) -> None:
    """Add to each place the value ``shift`` places on."""
    if shift == 0:
        total += values
    elif shift > 0:
        total[:-shift] += values[shift:]
    else:
        total[-shift:] += values[:shift]


def _with_best(table: Floats, strips: Strips, found: LinkFeatures) -> LinkScores:
    """The scores with the best stretch of each strip."""
    length = table.argmax(0)
    top = np.where(strips.owner >= 0, table[length, np.arange(table.shape[1])], -np.inf)
    best = np.maximum.reduceat(top, strips.first - 1) if len(strips.first) else np.zeros(0)
    hits = (
        np.flatnonzero((strips.owner >= 0) & (top == best[strips.owner]))[::-1] if len(best) else np.zeros(0, np.int64)
    )
    best_at = strips.first.copy()
    best_at[strips.owner[hits]] = hits  # the first of equals
    return LinkScores(
        table, strips, contents(found), found.flags[5], best.tolist(), best_at.tolist(), (length[best_at] + 1).tolist()
    )


def contents(found: LinkFeatures) -> list[str]:
    """Whether each strip is made of ``fillers``, of fillers and ``verbs``, or may be ``named``."""
    first, end = found.strips.first, found.strips.first + found.strips.size
    state = np.where(found.fillers.chain[first] >= end, 0, np.where(found.fillers.words[first] >= end, 1, 2))
    return [("fillers", "verbs", "named")[i] for i in state.tolist()]


def _after_zero(weights: Floats) -> Floats:
    return np.concatenate([np.zeros((1, *weights.shape[1:]), np.float32), weights.astype(np.float32)])


def _steps(keys: Ints) -> Ints:
    """Sorted keys as their differences, which pack better."""
    return np.diff(keys, prepend=np.int64(0))


def _text(words: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(words.encode(), np.uint8)


def _numbered(names: Sequence[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(names, start=1)}
