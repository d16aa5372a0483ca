"""Canonical indicators of local statistics (``data/indicators.tsv``): tells which one a mention names, or none; never a guess."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from govtext.resources import read_table

_DROPPED: Final = re.compile(r"[\s“”‘’\"'「」]|\[\d{1,3}\]|〔\d{1,3}〕|［\d{1,3}］")
_PARENTHESES: Final = str.maketrans("（）．", "().")
_LEAD: Final = re.compile(
    r"(?:[全我本](?:省|市|县|区|州|盟|旗|国|镇|乡|街道|社会?)|[到至近截]{0,2}[0-9]{1,4}年(?:底|末)?|使|一般预期|预期|预计|计划|全年|年度|年末|当年|累计|其中|力争|确保|实现|完成|新增(?=$)|"
    r"地方(?=财政|税收)|[一-龥]{1,6}?(?:省|市|自治区|自治州|县|镇|乡|街道|开发区|经开区|高新区|新区))"
)
_NOTE: Final = re.compile(r"\([^()]{1,16}\)$")
_TAIL: Final = re.compile(
    r"(?:累计|全年|预计|力争|计划|同比|年均|增速|增幅|涨幅|[一二三四]季度|总量|总数|数量|目标|任务|已经|已|分别|达到|达|完成|实现|为|的|控制在|稳定在|增长|完成额)$"
)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A row of the table; ``dimension`` and ``unit`` are those of the indicator's level."""

    id: str
    name: str
    english: str
    synonyms: tuple[str, ...]
    dimension: str
    unit: str | None
    domain: str
    authority: str


@cache
def indicators() -> dict[str, Indicator]:
    """The canonical indicators by id, in the order of the table."""
    return {
        row["id"]: Indicator(
            row["id"], row["name"], row["english"], tuple(filter(None, row["synonyms"].split("|"))),
            row["dimension"], row["unit"] or None, row["domain"], row["authority"],
        )
        for row in read_table("indicators")
    }  # fmt: skip


@cache
def _ids() -> dict[str, str]:
    return {_plain(name): i.id for i in indicators().values() for name in (i.name, *i.synonyms)}


def names_indicator(words: str) -> bool:
    """Whether the words, as they stand, are the name or a synonym of a canonical indicator."""
    return words in _ids()


@cache
def _ends() -> frozenset[str]:
    return frozenset(name[-2:] for name in _ids())


def may_end_name(words: str) -> bool:
    """Whether the last two characters of some name are these."""
    return words in _ends()


@cache
def indicator_id(mention: str) -> str | None:
    """The id of the indicator that ``mention`` names, by its name or a synonym; None if it is none of them.

    Scope and time words in front (``全市``, ``全年``, a division's name) and verbs and ``增速`` behind do not count.

    >>> indicator_id("全市社零总额"), indicator_id("GDP增速"), indicator_id("游泳馆")
    ('retail_sales', 'gdp', None)
    """
    known, name = _ids(), _plain(mention)
    while name:
        if found := known.get(name):
            return found
        shorter = _TAIL.sub("", _NOTE.sub("", name))
        if shorter == name:
            lead = _LEAD.match(name)
            return indicator_id(name[lead.end() :]) if lead else None
        name = shorter
    return None


def _plain(mention: str) -> str:
    return _DROPPED.sub("", mention).translate(_PARENTHESES)
