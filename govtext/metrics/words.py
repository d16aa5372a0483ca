"""The words that stand between an indicator and its quantity and name nothing themselves (``data/metric_words.tsv``)."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from govtext.resources import read_table

_DIGIT: Final = "[0-9０-９]"
_TIME: Final = (
    rf"{_DIGIT}{{1,4}}年(?:末|底|同期)?|{_DIGIT}{{1,2}}(?:[-—]{_DIGIT}{{1,2}})?月(?:份|底|末)?"
    '|(?:前?[一二三四1-4]|第[一二三四])季度|[“”一二三四五六七八九十]{1,3}五[”"]?(?:末|期间|时期)?|[一二三四五六七八九十]年(?:来|间)?'
)


@cache
def hollow() -> re.Pattern[str]:
    """Matches a stretch made of words of change and of reaching alone."""
    return re.compile(f"(?:{_alternatives('change', 'reach')}|{_TIME}|[ 、和及])*")


@cache
def verb() -> re.Pattern[str]:
    """Matches one word of the table of two characters or more."""
    return re.compile(_alternatives("change", "reach", "count", shortest=2))


@cache
def time_words() -> re.Pattern[str]:
    """Matches a stretch made of times and comparisons alone, which is never an indicator (``比2006年``, ``二季度``)."""
    return re.compile(f"(?:{_TIME}|[上下]半年|去年|上年|前年|今年|全年|年度|同期|同比|环比|累计|[比较])+")


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
