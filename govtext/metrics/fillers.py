"""Finds the words that name nothing themselves (``data/metric_words.tsv``) at all places of a text at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from govtext.keys import KeyTable
from govtext.metrics.grams import LONGEST_GRAM, Alphabet, Bools, Ints
from govtext.metrics.words import TIME, TIME_WORDS, words_of

DOUBLINGS: Final = 3  # chains of up to 32 words are followed to their end


@dataclass(frozen=True, slots=True)
class Fillers:
    """Words of the table at each place of a text.

    ``verb`` is the length of the longest word of two characters or more that begins there, ``behind_verb`` whether one ends
    there, ``steps`` where one to four filler words (changes, reaching, times) that begin there lead, ``chain`` where all that
    follow one another lead, ``words`` the same for all words of the table, ``time`` whether a time or a comparison begins
    there.
    """

    verb: Ints
    behind_verb: Bools
    steps: tuple[Ints, ...]
    chain: Ints
    words: Ints
    time: Bools


class FillerFinder:
    """Finds fillers by n-gram keys; words with characters that the alphabet lacks are not found."""

    def __init__(self, alphabet: Alphabet) -> None:
        flags: dict[int, int] = {}
        for flag, words in (
            (1, words_of("change", "reach") | set(" 、和及")),
            (2, words_of("change", "reach", "count")),
            (4, TIME_WORDS),
        ):
            for word in words:
                if len(word) <= LONGEST_GRAM and not (flag == 2 and len(word) == 1) and (key := alphabet.key(word)):
                    flags[key] = flags.get(key, 0) | flag
        self._table = KeyTable(flags)
        self._flags = np.array([0, *flags.values()], np.int8)

    def find(self, text: str, keys: Ints) -> Fillers:
        """The fillers of a text that ends with NUL and whose n-grams have these keys."""
        flags = self._flags[self._table.rows(keys)]
        length, verb = np.zeros(len(text), np.int64), np.zeros(len(text), np.int64)
        behind = np.zeros(len(text) + 1, np.bool_)
        for n in range(1, LONGEST_GRAM + 1):
            length[(flags[n - 1] & 1) > 0] = n
            verbs = np.flatnonzero(flags[n - 1] & 2)
            verb[verbs] = n
            behind[verbs + n] = True
        time: Bools = np.bitwise_or.reduce(flags, axis=0) >= 4
        for m in TIME.finditer(text):
            for i in range(m.start(), m.end()):
                length[i] = max(m.end() - i, length[i])
            time[m.start() : m.end()] = True
        here = np.arange(len(text))
        step, words = here + length, here + np.maximum(length, verb)
        steps = [step]
        for _ in range(3):
            steps.append(step[steps[-1]])
        chain = steps[-1]
        for _ in range(DOUBLINGS):
            chain = chain[chain]
        for _ in range(DOUBLINGS + 2):
            words = words[words]
        return Fillers(verb, behind[:-1], tuple(steps), chain, words, time)
