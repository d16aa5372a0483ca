"""The section tree: styles of numbering as data, headings known from the format, promises for any text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govtext.clean import find_furniture
from govtext.structure import find_sections
from govtext.types import Furniture, HeadingMark

SPECS = Path(__file__).parents[1] / "specs" / "sections.jsonl"
CASES = [json.loads(line) for line in SPECS.read_text(encoding="utf-8").splitlines()]
PIECES = [
    "一、",
    "二、",
    "（一）",
    "1.",
    "2.",
    "①",
    "——",
    "一是",
    "第一章",
    "2021年",
    "工作回顾",
    "工作计划",
    "。",
    "，",
    "\n",
    " ",
    "投资",
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["note"])
def test_tree(case: dict) -> None:
    found = find_sections(case["text"], furniture=find_furniture(case["text"]))
    assert [[s.level, s.number, s.heading, s.part] for s in found] == case["sections"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_tree_is_sound(text: str) -> None:
    sections = find_sections(text, furniture=find_furniture(text))
    starts = [s.start for s in sections]
    assert starts == sorted(set(starts))
    for i, section in enumerate(sections):
        assert 0 <= section.start == section.heading_start < section.heading_end <= section.end <= len(text)
        assert section.heading in text[section.heading_start : section.heading_end]
        if section.parent is None:
            assert section.level == 1
        else:
            parent = sections[section.parent]
            assert section.parent < i
            assert section.level == parent.level + 1
            assert parent.start < section.start
            assert section.end <= parent.end


def test_siblings_follow_each_other() -> None:
    text = "一、工作回顾\n投资3亿元。\n（一）工业\n增长5%。\n\n二、工作安排\n抓项目。\n"
    first, inner, second = find_sections(text)
    assert text[first.start : first.end] == "一、工作回顾\n投资3亿元。\n（一）工业\n增长5%。"
    assert text[inner.start : inner.end] == "（一）工业\n增长5%。"
    assert text[second.start : second.end] == "二、工作安排\n抓项目。"


def test_heading_as_written() -> None:
    text = "（三）优化环境。新增企业120家。"
    (section,) = find_sections("（二）抓项目。\n" + text)[1:]
    assert section.heading == "优化环境"
    assert section.heading_end - section.heading_start == len("（三）优化环境。")


def test_headings_known_from_the_format() -> None:
    text = "工作报告\n基本情况\n投资3亿元。\n一、工业\n下步打算\n抓项目。"
    marks = [HeadingMark(0, 4, 1), HeadingMark(5, 9, 2), HeadingMark(22, 26, 2)]
    found = [(s.level, s.heading, s.part) for s in find_sections(text, headings=marks)]
    assert found == [(1, "基本情况", "review"), (2, "工业", "review"), (1, "下步打算", "plan")]


def test_marked_level_overrules_the_style() -> None:
    text = "一、工业\n1.提质\n2.增效\n一、农业"
    marks = [HeadingMark(0, 4, 2), HeadingMark(5, 9, 3), HeadingMark(10, 14, 3), HeadingMark(15, 19, 2)]
    assert [s.level for s in find_sections(text, headings=marks)] == [1, 2, 2, 1]


def test_furniture_holds_no_heading() -> None:
    text = "一、工作回顾\n投资3亿元。\n二、本站推荐"
    footer = Furniture(text.index("二、"), len(text), "links")
    (section,) = find_sections(text, furniture=[footer])
    assert text[section.start : section.end] == "一、工作回顾\n投资3亿元。"
