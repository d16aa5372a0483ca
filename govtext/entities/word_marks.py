"""Where the words of a text begin and end, one mark a character: what a recogniser may read besides the characters."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Marks = NDArray[np.int8]

NO_WORD, FIRST, INSIDE, LAST, ALONE = range(5)
COUNT: Final = 5


def mark_words(starts: ArrayLike, ends: ArrayLike, length: int) -> Marks:
    """The marks of ``length`` characters from the offsets of words, which are in order and do not overlap.

    >>> mark_words([0, 3], [3, 4], 6).tolist()
    [1, 2, 3, 4, 0, 0]
    """
    first, last = np.asarray(starts, np.intp), np.asarray(ends, np.intp) - 1
    changes = np.zeros(length + 1, np.int8)
    changes[first] += 1
    changes[last + 1] -= 1
    marks = np.cumsum(changes[:-1], dtype=np.int8) * np.int8(INSIDE)
    marks[last], marks[first] = LAST, FIRST
    marks[first[first == last]] = ALONE
    return marks
