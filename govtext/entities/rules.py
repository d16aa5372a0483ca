"""The exact rules of the annotation guide on names: nothing inside 《》, no quote mark at both ends, each body by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from govtext.types import Entity

QUOTES = {"“": "”", '"': '"', "‘": "’", "「": "」", "＂": "＂"}
TITLE = re.compile(r"《[^《》]{1,200}》")
EDGE = " \t\u3000，,、。；;：:"
# two bodies written without a mark between them: 县委县政府, 党中央国务院
PAIR = re.compile(r"((?:中共)?([省市州区县旗镇乡])委)(\2(?:人民)?政府)|(党中央)(国务院)")


def obey_rules(sentence: str, names: Sequence[tuple[Entity, float]]) -> list[tuple[Entity, float]]:
    """The names that the guide allows, with their edges trimmed; each comes with its confidence.

    >>> obey_rules("推进“清河行动”", [(Entity(2, 8, "PROJECT"), 1.0)])
    [(Entity(start=3, end=7, label='PROJECT'), 1.0)]
    >>> obey_rules("印发《青石县规划》", [(Entity(3, 6, "PLACE"), 1.0)])
    []
    """
    titles = [match.span() for match in TITLE.finditer(sentence)] if "《" in sentence else []
    kept = []
    for name, confidence in names:
        start, end = _trim(sentence, name.start, name.end)
        if start < end and not any(start < stop and begin < end for begin, stop in titles):
            pair = PAIR.fullmatch(sentence, start, end)
            bounds = (start, start + len(pair[1] or pair[4]), end) if pair else (start, end)
            kept += [(replace(name, start=a, end=b), confidence) for a, b in pairwise(bounds)]
    return kept


def _trim(sentence: str, start: int, end: int) -> tuple[int, int]:
    while start < end and sentence[start] in EDGE:
        start += 1
    while start < end and sentence[end - 1] in EDGE:
        end -= 1
    if end - start > 2 and QUOTES.get(sentence[start]) == sentence[end - 1]:
        return start + 1, end - 1
    return start, end
