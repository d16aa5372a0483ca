"""Character n-grams as integers."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LONGEST_GRAM: Final = 5
BITS: Final = 12  # of a character's number: five characters fit 60 bits
_CODES: Final = 1 << 16


class Alphabet:
    """Numbers of the characters that matter, from 1; every other character is 0, and so is NUL, which parts stretches.

    >>> Alphabet("产值").numbers("产值x").tolist()
    [1, 2, 0]
    """

    def __init__(self, characters: str) -> None:
        self.characters = characters
        codes = np.frombuffer(characters.encode("utf-32-le"), np.uint32)
        self._numbers = np.zeros(_CODES, np.int64)
        kept = codes < _CODES - 1
        self._numbers[codes[kept]] = np.flatnonzero(kept) + 1
        self._numbers[0] = 0

    def numbers(self, text: str) -> Ints:
        """The number of each character."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        return self._numbers[np.minimum(codes, _CODES - 1)]

    def key(self, gram: str) -> int:
        """An n-gram of up to five characters as one integer; 0 if one of its characters has no number."""
        key = 0
        for number in self.numbers(gram).tolist():
            if not number:
                return 0
            key = key << BITS | number
        return key


def gram_keys(numbers: Ints) -> Ints:
    """Keys of the 1- to 5-grams that begin at each character, one row for each length.

    The key of an n-gram with an unknown character equals the key of no known one: it has a 0 inside, or is 0.
    """
    size = len(numbers)
    known = numbers > 0
    keys = np.zeros((LONGEST_GRAM, size), np.int64)
    keys[0] = numbers
    for n in range(1, min(LONGEST_GRAM, size)):
        keys[n, :-n] = (keys[n - 1, :-n] << BITS | numbers[n:]) * known[:-n]
    return keys
