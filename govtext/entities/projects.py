"""What a sentence says of a project beside its name: how much is invested, and how far it has come."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from govtext.resources import read_table
from govtext.types import Entity, Metric

Stage = Literal["planned", "started", "under_construction", "completed", "operating"]

CLAUSE_END = re.compile(r"[，,；;。！？!?：:\n]|[（(][\d一二三四五六七八九十]{1,2}[）)]")
INVESTMENT = re.compile(
    r"(?:总投资|计划投资|投资|总投入|概算|估算|造价|总额|资金)(?:规模|总额|额)?(?:约|近|超|超过|达|达到|为|共|共计|逾|[:：])*$"
)
SPENT = re.compile(r"(?:完成|累计|已|年度|当年)[^，,；;。]{0,6}$")
NO_STAGE = re.compile(
    r"投资|资金|产值|税收|收入|征|前期|手续|年度|计划|[\d０-９]"
)  # 完成投资 says nothing of the stage
LINK_BACK = re.compile(  # 投资3亿元的甲项目
    r"(?:人民币)?(?:以上|左右)?(?:[\d.]{1,8}[^，,；;。、的\d]{1,4})?的[^，,；;。]{0,12}"
)
LINK_VERB = re.compile(
    r"(?:以上|左右)?[，,]?(?:实施|建设|新建|建成|完成|启动|改造|修建)了?[“\"]?"
)  # 投资3亿元，实施甲项目
# what may stand between a project's clause and the stage word of the next: 甲项目，力争年内开工
WAIT = re.compile(
    r"[，,](?:力争|确保|争取|计划|预计|有望|即将|已|将|于|在|今年|明年|年内|年底|上半年|下半年|早日|尽早|尽快|全面|全部|正式|顺利|基本|实现|前|\d{1,4}[年月日])*"
)
OPENING = re.compile(r"(?:^|[，,；;。\n])(?:累计|共)?(?:总|计划)?投资[约近超]?$")
STATED_ALONE = re.compile(r"(?:以上|左右|人民币)*(?:[，,；;。、）)！\n]|$)")
SUM = re.compile(r"等[\d一二三四五六七八九十百]+(?:个|项|条|座|处)")
TARGET = re.compile(
    r"力争|确保|争取|计划(?!投资)|拟|将|尽早|尽快|早日|年内|明年|推动|推进|加快|力促|促进|全力|争(?=开工|竣工)|预计|有望|做好|抓好"
)


class StageWord(NamedTuple):
    """A word for a stage, where it stands, and whether it is weak (推进) beside a definite one (开工)."""

    start: int
    end: int
    stage: Stage
    weak: bool


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """Facts about one PROJECT mention, by pointing to where the sentence says them.

    ``investment`` is an index into the metrics given, ``stage_start`` and ``stage_end`` the offsets of the stage word. ``target``
    is true where the stage is still to be reached (力争开工).
    """

    investment: int | None = None
    stage: Stage | None = None
    stage_start: int | None = None
    stage_end: int | None = None
    target: bool = False


@cache
def stage_words() -> dict[str, tuple[Stage, bool]]:
    """Words for the stages of projects: (stage, weak)."""
    return {row["word"]: (row["stage"], row["weak"] == "1") for row in read_table("project_stages")}  # type: ignore[misc]


@cache
def _stage_pattern() -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, stage_words()), key=len, reverse=True)))


def find_stage_words(text: str) -> Iterator[StageWord]:
    """Stage words of a text from left to right, longest first."""
    for found in _stage_pattern().finditer(text):
        stage, weak = stage_words()[found.group()]
        yield StageWord(found.start(), found.end(), stage, weak)


def find_project_facts(
    text: str, project: Entity, metrics: Sequence[Metric], *, others: Sequence[Entity] = (), planned: bool = False
) -> ProjectFacts:
    """What the sentence ``text`` says of ``project``.

    ``others`` are the sentence's other entities: their words are no stage words, and an investment belongs to the nearest
    project. ``planned`` says that the sentence speaks of the time ahead.

    >>> facts = find_project_facts("云湖大桥项目开工建设。", Entity(0, 6, "PROJECT"), [])
    >>> facts.stage, facts.stage_start, facts.stage_end
    ('started', 6, 10)
    """
    projects = [e for e in others if e.label == "PROJECT" and (e.start, e.end) != (project.start, project.end)]
    investment = _investment(text, project, metrics, projects)
    word = _stage(text, project, [e for e in (*others, project) if e.label != "METRIC"])
    if word is None:
        return ProjectFacts(investment)
    start = max((m.end() for m in CLAUSE_END.finditer(text, 0, word.start)), default=0)
    target = planned or (bool(TARGET.search(text, start, word.start)) and not word.weak)
    return ProjectFacts(investment, word.stage, word.start, word.end, target)


def _clause(text: str, at: Entity) -> tuple[int, int]:
    """Start and end of the comma clause that a project stands in."""
    start = max((m.end() for m in CLAUSE_END.finditer(text, 0, at.start)), default=0)
    end = CLAUSE_END.search(text, at.end)
    return start, end.start() if end else len(text)


def _stage(text: str, project: Entity, names: Sequence[Entity]) -> StageWord | None:
    """The stage word that governs a project: the one after it in its clause (A、B竣工投产), else the one before (开工建设A、B)."""
    start, end = _clause(text, project)
    free = [w for w in find_stage_words(text) if not any(e.start < w.end and w.start < e.end for e in names)]
    free = [w for w in free if text[w.start : w.end] != "完成" or not NO_STAGE.match(text, w.end)]
    # a word right after 、 opens the next item of a list: 建成A、开工B
    after = [w for w in free if project.end <= w.start < end and text[w.start - 1] != "、"]
    before = [w for w in free if start <= w.start and w.end <= project.start]
    if opener := next((w for w in free if project.end <= w.start < end and text[w.start - 1] == "、"), None):
        after = [w for w in after if w.start < opener.start]
    nearest = after[:1] + before[-1:]
    if all(w.weak for w in nearest) and not any(e.label == "PROJECT" and e.start >= end for e in names):
        nearest += [w for w in free if not w.weak and WAIT.fullmatch(text, end, w.start)]
    return next((w for w in nearest if not w.weak), nearest[0] if nearest else None)


def _investment(text: str, project: Entity, metrics: Sequence[Metric], projects: Sequence[Entity]) -> int | None:
    """Index of the sum invested in a project, None if the sentence gives none or gives it for several."""
    for i, metric in enumerate(metrics):
        if metric.kind != "level" or metric.unit not in ("元", "美元", None) or not _is_investment(text, metric):
            continue
        low, high = min(metric.end, project.end), max(metric.start, project.start)
        if any(low <= p.start < high for p in projects):
            continue
        links = _stated_after if project.end <= metric.start else _stated_before
        if links(text, metric, text[low:high]):
            return i
    return None


def _stated_after(text: str, metric: Metric, between: str) -> bool:
    """甲项目总投资3亿元, 甲项目（总投资3亿元）; not the sum of 甲、乙等5个项目."""
    alone = STATED_ALONE.match(text, metric.end) and not SUM.search(between)
    return bool(alone) and len(between) <= 30 and not re.search(r"[；;。]", between)


def _stated_before(text: str, metric: Metric, between: str) -> bool:
    """投资3亿元的甲项目; 投资3亿元，实施甲项目."""
    return bool(LINK_BACK.fullmatch(between)) or bool(
        LINK_VERB.fullmatch(between) and OPENING.search(text[: metric.start])
    )


def _is_investment(text: str, metric: Metric) -> bool:
    before = text[max(0, metric.start - 12) : metric.start]
    found = INVESTMENT.search(before)
    return found is not None and not SPENT.search(before[: found.start()])
