"""Investment and stage of projects: cases as data, and what the offsets promise."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govtext.entities.projects import find_project_facts, find_stage_words
from govtext.types import Entity, Metric

SPECS = Path(__file__).parents[1] / "specs" / "projects.jsonl"
CASES = [json.loads(line) for line in SPECS.read_text(encoding="utf-8").splitlines()]
NAMES = ("云湖大桥", "北辰医院", "青禾产业园项目")


def mentions(text: str) -> list[Entity]:
    spans = sorted(m.span() for name in NAMES for m in re.finditer(name, text))
    return [Entity(start, end, "PROJECT") for start, end in spans]


def sums(text: str) -> list[Metric]:
    return [Metric(m.start(), m.end(), unit="元") for m in re.finditer(r"[\d.]+亿元", text)]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["text"])
def test_facts(case: dict) -> None:
    text, metrics = case["text"], sums(case["text"])
    start = text.index(case["project"])
    project = Entity(start, start + len(case["project"]), "PROJECT")
    facts = find_project_facts(text, project, metrics, others=mentions(text))
    word = text[facts.stage_start : facts.stage_end] if facts.stage else None
    money = metrics[facts.investment] if facts.investment is not None else None
    assert (facts.stage, word, facts.target) == (case.get("stage"), case.get("word"), case.get("target", False))
    assert (text[money.start : money.end] if money else None) == case.get("investment")


def test_a_planned_sentence_makes_the_stage_a_target() -> None:
    assert find_project_facts("云湖大桥开工。", Entity(0, 4, "PROJECT"), [], planned=True).target


def test_changes_and_counts_are_no_investment() -> None:
    text = "青禾产业园项目投资增长5亿元"
    assert (
        find_project_facts(text, Entity(0, 7, "PROJECT"), [Metric(11, 14, unit="元", kind="change")]).investment is None
    )


@given(
    st.text(alphabet="云湖大桥开工建成通车投产推进，。、（）1亿元投资", max_size=60),
    st.integers(0, 60),
    st.integers(1, 10),
)
def test_offsets_point_to_the_word(text: str, start: int, length: int) -> None:
    words = list(find_stage_words(text))
    assert all(a.end <= b.start for a, b in pairwise(words))
    if start + length <= len(text):
        facts = find_project_facts(text, Entity(start, start + length, "PROJECT"), sums(text))
        if facts.stage is not None:
            assert (facts.stage_start, facts.stage_end) in {(w.start, w.end) for w in words}
