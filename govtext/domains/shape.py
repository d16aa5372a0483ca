"""Features of a sentence's shape and place in the report, beside its words: what tells headings, salutations and glossaries apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from govtext.types import Part, SentenceContext

LENGTHS: Final = (6, 10, 16, 25, 60, 120)  # characters
_STOPS = "。!！?？;；"
_DIGIT = re.compile(r"\d")
_NUMBERED = re.compile(r"[(（]?[一二三四五六七八九十]{1,3}[)）、.．]|第[一二三四五六七八九十]{1,3}[章节部]")
_COUNTED = re.compile(r"[\[〔【(（①-⑳]?\d{0,2}[\]〕】)）.．、①-⑳]")
_ONE_IS = re.compile(r"[一二三四五六七八九十]{1,2}(?:是|要)")
_BRACKETED = re.compile(r"[(（〔\[][^()（）]{1,40}[)）〕\]]$")
_GLOSS = re.compile(r"[\[〔【(（]?\d{0,2}[\]〕】)）.．、]?[^。，,：:]{2,20}[：:]\s{0,3}(?:是指|即|指|为|[“\"]|.{8})")
_YEAR_TITLE = re.compile(r"\d{4}年?[^，,。]{0,12}(?:工作)?(?:总结|回顾|计划|安排|思路|报告|要点|打算)")
_REVIEW, _PLAN = re.compile("总结|回顾|完成情况|年度报告"), re.compile("计划|安排|打算|思路|要点|规划")
_ADDRESS = re.compile(r"[^，,。]{0,12}(?:代表|委员|同志|朋友们)们?[!！:：]?$")

NAMES: Final[tuple[str, ...]] = (
    *(f"shorter than {n}" for n in LENGTHS),
    "ends with a stop", "ends with a colon", "ends with an exclamation mark", "no punctuation", "has a digit", "has a percent sign",
    "numbered heading", "counted heading", "begins with 一是", "all in brackets", "looks like a glossary entry",
    "title of a report or part", "address to the audience", "is a heading", "in the review part", "in the plan part",
    "no heading above", "begins with a dash", "begins with a year", "names the year reported on", "names the year planned for",
)  # fmt: skip


def shape_features(sentences: Sequence[str], context: Sequence[SentenceContext]) -> npt.NDArray[np.float32]:
    """One row of 0 and 1 for every sentence; the columns are ``NAMES``.

    >>> row = shape_features(["各位代表："], [SentenceContext(heads=("一、回顾",), previous="政府工作报告", position=0.2)])[0]
    >>> [name for name, on in zip(NAMES, row) if on][-3:]
    ['ends with a colon', 'no punctuation', 'address to the audience']
    """
    lengths = np.fromiter(map(len, sentences), dtype=np.int64, count=len(sentences))
    traits = [_traits(s, c) for s, c in zip(sentences, context, strict=True)]
    result = np.empty((len(traits), len(NAMES)), dtype=np.float32)
    result[:, : len(LENGTHS)] = lengths[:, None] < np.array(LENGTHS)
    result[:, len(LENGTHS) :] = np.array(traits, dtype=np.float32).reshape(len(traits), len(NAMES) - len(LENGTHS))
    return result


def part_of(context: SentenceContext) -> Part | None:
    """Review or plan: as the section says, else the title, else the years (a report that names no year to plan for reviews).

    >>> part_of(SentenceContext(title="教育局2022年工作总结")), part_of(SentenceContext(plan_year=2024)), part_of(SentenceContext())
    ('review', 'plan', None)
    """
    return _part(context.part, context.title, context.year is not None, context.plan_year is not None)


@lru_cache(maxsize=256)  # title and years are those of the report
def _part(part: Part | None, title: str, reviewed: bool, planned: bool) -> Part | None:
    reviews, plans = bool(_REVIEW.search(title)), bool(_PLAN.search(title))
    if part is not None or reviews != plans:
        return part or ("review" if reviews else "plan")
    if reviewed != planned:
        return "plan" if planned else "review"
    return None


def _traits(text: str, context: SentenceContext) -> tuple[bool, ...]:
    """What the features after the lengths say of a sentence."""
    last = text[-1:]
    short = len(text) < LENGTHS[-2]
    part = part_of(context)
    stop = last != "" and last in _STOPS
    return (
        stop, last == "：" or last == ":", last == "!" or last == "！",
        not stop and "，" not in text and "," not in text,
        _DIGIT.search(text) is not None, "%" in text or "％" in text,
        _NUMBERED.match(text) is not None, _COUNTED.match(text) is not None, _ONE_IS.match(text) is not None,
        short and _BRACKETED.match(text) is not None, _GLOSS.match(text) is not None,
        short and _YEAR_TITLE.search(text) is not None, short and _ADDRESS.match(text) is not None,
        context.is_heading, part == "review", part == "plan",
        not context.heads, text.startswith(("—", "-", "－")), text[:4].isdecimal(),
        context.year is not None and str(context.year) in text,
        context.plan_year is not None and str(context.plan_year) in text,
    )  # fmt: skip
