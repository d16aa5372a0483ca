"""The words that stand between an indicator and its quantity and name nothing themselves (``data/metric_words.tsv``)."""

from __future__ import annotations

import re
from functools import cache

from govtext.resources import read_table


@cache
def hollow() -> re.Pattern[str]:
    """Matches a stretch made of words of change and of reaching alone."""
    return re.compile(f"(?:{_alternatives('change', 'reach')}|[ 、和及])*")


@cache
def verb() -> re.Pattern[str]:
    """Matches one word of the table of two characters or more."""
    return re.compile(_alternatives("change", "reach", "count", shortest=2))


@cache
def verb_at_end() -> re.Pattern[str]:
    """Matches such a word where the searched stretch ends."""
    return re.compile(f"(?:{verb().pattern})$")


@cache
def _any_word() -> re.Pattern[str]:
    return re.compile(_alternatives("change", "reach", "count"))


def filler_words(text: str) -> list[str]:
    """The words of the table in a stretch, longest match first.

    >>> filler_words("营业收入同比增长")
    ['同比', '增长']
    """
    return _any_word().findall(text)


def _alternatives(*roles: str, shortest: int = 1) -> str:
    words = [row["word"] for row in read_table("metric_words") if row["role"] in roles and len(row["word"]) >= shortest]
    return "|".join(sorted(words, key=len, reverse=True))
