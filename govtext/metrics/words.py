"""The words that stand between an indicator and its quantity and name nothing themselves (``data/metric_words.tsv``)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from govtext.resources import read_table

_DIGIT: Final = "[0-9０-９]"
TIME: Final = re.compile(
    rf"[与和同](?:{_DIGIT}{{4}}年|上年|去年)(?:末|底|同期|度)?相比|{_DIGIT}{{1,4}}年(?:末|底|同期)?|{_DIGIT}{{1,2}}(?:[-—]{_DIGIT}{{1,2}})?月(?:份|底|末)?"
    '|(?:前?[一二三四1-4]|第[一二三四])季度|[“”一二三四五六七八九十]{1,3}五[”"]?(?:末|期间|时期)?|[一二三四五六七八九十]年(?:来|间)?'
)
TIME_WORDS: Final = frozenset(
    [
        "上半年",
        "下半年",
        "去年",
        "上年",
        "前年",
        "今年",
        "全年",
        "年度",
        "同期",
        "同比",
        "环比",
        "累计",
        "比",
        "较",
        "相比",
        "相较",
    ]
)  # times and comparisons, which never begin an indicator if nothing but fillers follow


@cache
def words_of(*roles: str) -> frozenset[str]:
    """The words of the table with one of these roles (``change``, ``reach``, ``count``)."""
    return frozenset(row["word"] for row in read_table("metric_words") if row["role"] in roles)


@cache
def _any_word() -> re.Pattern[str]:
    return any_of(words_of("change", "reach", "count"))


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Matches the longest of the words; looks at a word's first character first, which is several times as fast."""
    longest = sorted(set(words), key=lambda word: (-len(word), word))
    firsts = re.escape("".join(sorted({word[0] for word in longest})))
    return re.compile(f"(?=[{firsts}])(?:{'|'.join(map(re.escape, longest))})")


@lru_cache(maxsize=1 << 14)
def filler_words(text: str) -> tuple[str, ...]:
    """The words of the table in a stretch, longest match first.

    >>> filler_words("营业收入同比增长")
    ('同比', '增长')
    """
    return tuple(_any_word().findall(text))
