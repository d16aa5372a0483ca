"""Resolves the time a metric refers to, and what a change is compared with, from the report's own year.

Periods are strings in ISO 8601: a year ``2021``, a span of years ``2016/2020``, of months ``2021-01/2021-09``, a month
``2021-12``, a day ``2021-12-31``. A third of a month (上旬, 中旬, 下旬) is its middle day (05, 15, 25).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import Final

from govtext.numerals import parse_number, to_half_width
from govtext.types import SentenceContext

NEAREST: Final = 40  # expressions of time before a quantity that may be its own
_LONGEST_CLAUSE: Final = 240
_FIRST_PLAN_YEAR: Final = 1953  # of the first five-year plan; from the sixth (1981) on the plans follow without a gap
_N: Final = "[0-9０-９]"
_PLAN: Final = '[“"‘]?(?P<plan>十?[一二三四五六七八九十])五[”"’]?'
_FIRST: Final = (
    '[0-9０-９“"‘十一二三四五六七八九两前上下今本当全去明过年目近最未这头的]'  # characters an expression may begin with
)
_EXPRESSION: Final = re.compile(
    rf"(?={_FIRST})(?:(?P<years>(?:19|20){_N}{{2}}[ ]?年?(?:[-－—–~～至]|到)(?:19|20){_N}{{2}})[ ]?年"
    rf"|(?P<plan_end>{_PLAN}(?:时期|期间|规划)?[期]?(?:末|收官))|(?P<plan_span>{_PLAN.replace('plan>', 'plan2>')}(?=时期|期间|以来|规划|[”\"’]))"
    rf"|(?P<year>(?:19|20){_N}{{2}}|[１][９]{_N}{{2}}|[２][０]{_N}{{2}})[ ]?年(?P<half>上半年|下半年)?"
    rf"(?:[前]?(?P<ymonths>{_N}{{1,2}}(?:[-－—–~～至]{_N}{{1,2}})?)[ ]?月(?P<ypart>份|底|末|[上中下]旬|{_N}{{1,2}}日)?)?"
    rf"|(?P<months>{_N}{{1,2}}(?:[-－—–~～至]{_N}{{1,2}})?)[ ]?月(?P<mpart>份|底|末|[上中下]旬|{_N}{{1,2}}(?:日?[-—–~至]{_N}{{1,2}})?日)?"
    r"|(?P<quarters>(?:前)?[一二三四两1-4]个?季度)|(?P<halfyear>上半年|下半年)"
    r"|(?P<relative>今年|本年|当年|全年|本年度|去年|上年|前年|明年|过去一年|一年来|今年以来|年初以来|年内|年底|目前)"
    r"|(?P<span>(?:过去|近|最近|今后|未来|这|前|头)?(?:的)?(?:[一二三四五六七八九十]|[1-9][0-9]?)年(?:来|间|内|以来|里)?(?:累计)?))"
)  # fmt: skip
_COMPARED: Final = re.compile(r"(?:比|较|同比|与|相比|相较|对比|是|为|超|低于|高于|由|从)[于]?$")
_YEAR_ON_YEAR: Final = re.compile(r"同比|(?:比|较|与)(?:上年|去年|上一年|前一年)|(?:比|较)(?:上年|去年)?同期")
_ADDS_UP: Final = re.compile(
    "累计|年均|平均|共|合计|[新改扩]|建[成设]|引进|实施|投入|解决|脱贫|转移|完成.*[项座个]|办[理成结]|查[处办]"
)
_THIRDS: Final = {"上旬": "05", "中旬": "15", "下旬": "25"}
_LAST_DAY: Final = {4: 30, 6: 30, 9: 30, 11: 30, 2: 28}


def resolve_period(text: str, start: int, context: SentenceContext, *, status: str) -> str | None:
    """The period of the metric that begins at ``start``: the last time named before it, else that of its section or report.

    >>> resolve_period("1-9月完成投资", 7, SentenceContext(year=2021), status="achieved")
    '2021-01/2021-09'
    >>> resolve_period("到2025年达到", 8, SentenceContext(year=2021), status="planned")
    '2025'
    """
    base = _base_year(context, status)
    expressions, ends = _expressions(text)
    last = bisect_right(ends, start)
    for m, compared in reversed(expressions[max(0, last - NEAREST) : last]):
        if not compared and (found := _resolve(m, base, context, status)):
            return found
    of_section = _from_heads(context.heads, context.year, context.plan_year) if context.heads else None
    if of_section and _ADDS_UP.search(_clause(text, start, "，,；;。")) and not _YEAR_ON_YEAR.search(text):
        return of_section
    return str(base) if base else None


def resolve_baseline(text: str, start: int, period: str | None, context: SentenceContext) -> str | None:
    """What a change is measured against, if the words before it in its clause say so: ``同比``, ``比2015年``.

    >>> resolve_baseline("同比增长", 4, "2021", SentenceContext())
    '2020'
    """
    clause = _clause(text, start, "，,；;。、")
    compared = None
    for m, of_change in _expressions(clause)[0]:
        if of_change and not m["relative"] and not m["span"]:
            compared = _resolve(m, context.year, context, "achieved") or compared
    if compared:
        return compared.rpartition("/")[2] if "末" in clause or "底" in clause else compared
    if _YEAR_ON_YEAR.search(clause) and period:
        return re.sub(r"\d{4}", lambda y: str(int(y.group()) - 1), period)
    return None


@lru_cache(maxsize=1 << 10)
def _expressions(text: str) -> tuple[list[tuple[re.Match[str], bool]], list[int]]:
    """The expressions of time in a text, each with whether something is compared with it; and where they end."""
    found = [(m, bool(_COMPARED.search(text, max(0, m.start() - 3), m.start()))) for m in _EXPRESSION.finditer(text)]
    return found, [m.end() for m, _ in found]


def _clause(text: str, end: int, marks: str) -> str:
    """What stands before ``end``, from the last of the marks on."""
    low = max(0, end - _LONGEST_CLAUSE)
    return text[max(low, *(text.rfind(mark, low, end) + 1 for mark in marks)) : end]


def _base_year(context: SentenceContext, status: str) -> int | None:
    if status == "planned":
        return context.plan_year or (context.year + 1 if context.year else None)
    return context.year or (context.plan_year - 1 if context.plan_year else None)


def _resolve(m: re.Match[str], base: int | None, context: SentenceContext, status: str) -> str | None:
    kind = m.lastgroup
    if m["years"]:
        first, last = re.findall(r"\d{4}", to_half_width(m["years"]))
        return f"{first}/{last}"
    if m["plan_end"] or m["plan_span"]:
        last_year = _plan_end(m["plan"] or m["plan2"])
        return str(last_year) if m["plan_end"] else f"{last_year - 4}/{last_year}"
    if m["year"]:
        year = int(to_half_width(m["year"]))
        if m["half"]:
            return _halves(year, m["half"])
        return _months(year, m["ymonths"], m["ypart"]) if m["ymonths"] else str(year)
    if base is None:
        return None
    if m["months"]:
        return _months(base, m["months"], m["mpart"])
    if m["quarters"]:
        return _quarter(base, m["quarters"])
    if m["halfyear"]:
        return _halves(base, m["halfyear"])
    if m["span"]:
        return _span(m["span"], context, status)
    return _relative(m["relative"], base, context) if kind else None


def _plan_end(ordinal: str) -> int:
    """The last year of a five-year plan: the thirteenth ends in 2020."""
    number = int(parse_number(ordinal))
    return 1955 + 5 * number if number >= 6 else _FIRST_PLAN_YEAR + 5 * number - 1


def _months(year: int, months: str, part: str | None) -> str | None:
    numbers = [int(n) for n in re.findall(r"\d+", to_half_width(months))]
    if not all(1 <= n <= 12 for n in numbers):
        return None
    if len(numbers) == 2:
        return f"{year}-{numbers[0]:02}/{year}-{numbers[1]:02}"
    month = numbers[0]
    if part in _THIRDS:
        return f"{year}-{month:02}-{_THIRDS[part]}"
    if part in {"底", "末"}:
        return f"{year}-{month:02}-{_LAST_DAY.get(month, 31)}"
    if part and part.endswith("日"):
        days = [int(n) for n in re.findall(r"\d+", to_half_width(part))]
        return "/".join(f"{year}-{month:02}-{day:02}" for day in days) if all(1 <= d <= 31 for d in days) else None
    return f"{year}-{month:02}"


def _quarter(year: int, words: str) -> str:
    number = int(parse_number(re.sub("[前个季度]", "", words)))
    first = 1 if words.startswith("前") else 3 * number - 2
    return f"{year}-{first:02}/{year}-{3 * number:02}"


def _halves(year: int, half: str) -> str:
    return f"{year}-01/{year}-06" if half == "上半年" else f"{year}-07/{year}-12"


def _relative(word: str, base: int, context: SentenceContext) -> str | None:
    if word in {"去年", "上年"}:
        spoken = (context.plan_year or base) if context.part == "plan" or "工作报告" in context.title else base
        return str(spoken - 1)
    if word == "前年":
        return str(base - 2)
    if word == "明年":
        return str((context.year or base - 1) + 1)
    return str(base)


def _span(words: str, context: SentenceContext, status: str) -> str | None:
    ahead = re.match("今后|未来", words)
    if not re.search("来|间|过去|近|累计|里|这", words) and not ahead:
        return None
    length = int(parse_number(re.sub(r"[^一二三四五六七八九十0-9]", "", words)))
    if ahead:
        first = context.plan_year or (context.year + 1 if context.year else None)
        return f"{first}/{first + length - 1}" if first and length > 1 else str(first) if first else None
    last = context.year or (context.plan_year - 1 if context.plan_year else None)
    if last is None:
        return None
    return f"{last - length + 1}/{last}" if length > 1 else str(last)


@lru_cache(maxsize=1 << 10)
def _from_heads(heads: tuple[str, ...], year: int | None, plan_year: int | None) -> str | None:
    """A span of years that a heading above names (``“十三五”时期``, ``过去五年``)."""
    context = SentenceContext(year=year, plan_year=plan_year)
    for head in reversed(heads):
        for m, _ in _expressions(head)[0]:
            if (m["plan_span"] or m["years"] or m["span"]) and (found := _resolve(m, year, context, "achieved")):
                return found
    return None
