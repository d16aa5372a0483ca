"""The part of the word standard that needs no statistics: numbers, dates, codes and punctuation, found by rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_DIGIT = "[0-9０-９]"
_LATIN = "[A-Za-zＡ-Ｚａ-ｚ]"
_ALNUM = "[0-9０-９A-Za-zＡ-Ｚａ-ｚ]"
# 84.84 · 1,234.5 · 84．84
_DECIMAL = rf"{_DIGIT}{{1,20}}(?:,{_DIGIT}{{3}}(?!{_DIGIT})){{0,6}}(?:[.．]{_DIGIT}{{1,20}})?"
# 万 · 余万 · 万余 · 万亿; 千伏, 千瓦, 百分点 and the like are units and stay off
_MULTIPLIER = r"(?:[余多几]?(?:[十万亿]|百(?!分)|千(?![伏瓦米克卡赫]))){0,3}[余多]?"
_NUMBER = rf"{_DECIMAL}{_MULTIPLIER}[%％‰]?"
_DASH = r"(?:[-~～–－]|—{1,2}|－{2})"

# The order matters: the first alternative that matches at a position wins.
_WORD = re.compile(
    rf"""
    (?P<escape>(?:\\[rnt]){{1,20}})                                            # line ends that a scraper left as text
  | (?P<mark>…{{2}}|—{{2}}|-{{2}})                                              # …… and —— are one word each
  | (?P<code>(?={_DIGIT}{{0,20}}{_LATIN})                                      # 5G  PM2.5  COVID-19  R&D  220KV
        {_ALNUM}{{1,40}}(?:[-.&/_+＋]{_ALNUM}{{1,40}}){{0,20}}[+＋]{{0,2}}(?:[级型](?![别号]))?)
  | (?P<formula>{_DIGIT}{{1,6}}(?:[+＋]{_ALNUM}{{1,6}}){{1,10}})                # 1+2+N
  | (?P<clock>{_DIGIT}{{1,4}}(?:[:：/]{_DIGIT}{{1,2}}){{1,2}}(?!{_DIGIT}))      # 10:30  2021/3/5
  | (?P<iso>{_DIGIT}{{4}}-{_DIGIT}{{1,2}}-{_DIGIT}{{1,2}}(?!{_DIGIT}))         # 2021-03-05
  | (?P<date>{_DIGIT}{{4}}(?:{_DASH}{_DIGIT}{{2,4}})?年度?
        | {_DIGIT}{{1,2}}(?:{_DASH}{_DIGIT}{{1,2}})?[月日])                     # 2021年  1-12月  5日
  | (?P<number>第?{_NUMBER}(?:(?:{_DASH}|/){_NUMBER})?[#]?)                      # 第3  4万余  38.53%  6%-7%  3.8/10万
    """,
    re.VERBOSE,
)


def find_exact_words(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Words that the standard decides by form alone: numbers with multiplier and percent sign, ranges, dates, codes.

    Only ``text[start:end]`` is searched. Offsets do not overlap; single marks are left to `punctuation`.

    >>> text = "2021年增长38.53%,安装5G基站100余个"
    >>> [text[start:end] for start, end in find_exact_words(text)]
    ['2021年', '38.53%', '5G', '100余']
    """
    for match in _WORD.finditer(text, start, len(text) if end is None else end):
        yield match.span()


def holds_exact_words(codes: NDArray[np.uint32], stretches: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """Which stretches of the code points hold a character that no exact word is without; the others need no search.

    >>> text = "其中基站100个"
    >>> holds_exact_words(np.array([ord(char) for char in text], np.uint32), [(0, 4), (4, 8)]).tolist()
    [False, True]
    """
    telling = _telling()[np.minimum(codes, 0xFFFF)]
    before = np.concatenate([[0], np.cumsum(telling)])
    edges = np.asarray(stretches, np.intp).reshape(-1, 2)
    found: NDArray[np.bool_] = before[edges[:, 1]] > before[edges[:, 0]]
    return found


@cache
def _telling() -> NDArray[np.bool_]:
    table = np.zeros(0x10000, dtype=bool)
    table[[ord(char) for char in map(chr, range(0xFFFF)) if re.match(_ALNUM, char) or char in "\\…—-"]] = True
    return table


@cache
def _marks() -> NDArray[np.bool_]:
    table = np.zeros(0x10000, dtype=bool)
    for code in (*range(0x21, 0xD800), *range(0xF900, 0x10000)):
        char = chr(code)
        table[code] = not (char.isalnum() or char.isspace())
    return table


def punctuation(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Mask of the code points that are a word of their own: no letter, digit, ideograph or white space."""
    return _marks()[np.minimum(codes, 0xFFFF)] & (codes < 0x10000)


def correct_words(words: Sequence[str]) -> list[str]:
    """The words cut anew where the exact rules or single marks say otherwise.

    >>> correct_words(["增长", "38", ".", "53%，", "其中"])
    ['增长', '38.53%', '，', '其中']
    """
    text = "".join(words)
    edge = np.zeros(len(text) + 1, dtype=bool)
    edge[np.cumsum([0, *map(len, words)])] = True
    marks = np.flatnonzero(punctuation(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)))
    edge[marks] = edge[marks + 1] = True
    for start, end in find_exact_words(text):
        edge[start + 1 : end] = False
        edge[start] = edge[end] = True
    cuts = np.flatnonzero(edge).tolist()
    return [text[start:end] for start, end in pairwise(cuts)]
