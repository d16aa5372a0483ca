"""Page furniture: kinds as data, precision on running text, promises for any text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govtext.clean import find_furniture
from govtext.lines import find_lines
from govtext.types import Furniture

SPECS = Path(__file__).parents[1] / "specs" / "furniture.jsonl"
CASES = [json.loads(line) for line in SPECS.read_text(encoding="utf-8").splitlines()]
PIECES = [
    "首页",
    "来源：",
    "2022-01-10",
    "\\r\\n",
    "&nbsp;",
    "??",
    "[1]",
    "（1）",
    "。",
    "一、",
    "12",
    "\n",
    " ",
    "字体：",
    "分享到",
    "投资",
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["note"])
def test_kinds(case: dict) -> None:
    found = find_furniture(case["text"])
    assert [[f.kind, case["text"][f.start : f.end]] for f in found] == case["furniture"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_spans_are_sorted_and_apart(text: str) -> None:
    position = 0
    for piece in find_furniture(text):
        assert position <= piece.start < piece.end <= len(text)
        position = piece.end


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_lines_are_trimmed(text: str) -> None:
    position = 0
    for start, end in find_lines(text):
        assert position <= start < end <= len(text)
        assert text[start:end].strip() == text[start:end]
        position = end


def test_known_furniture_comes_first() -> None:
    text = "页眉\n全年完成投资3亿元。\n来源：某县"
    known = Furniture(0, 2, "header")
    assert find_furniture(text, known=[known])[0] == known


def test_known_furniture_is_clipped() -> None:
    assert find_furniture("投资", known=[Furniture(1, 9, "header")]) == [Furniture(1, 2, "header")]
