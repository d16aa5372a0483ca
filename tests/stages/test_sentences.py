"""Sentences: the rules as data, their place in the section tree, promises for any text, time for hostile ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govtext.clean import find_furniture
from govtext.lines import INLINE_FURNITURE
from govtext.sentences import find_sentences
from govtext.structure import find_sections
from govtext.types import Section, Sentence

SPECS = Path(__file__).parents[1] / "specs" / "sentences.jsonl"
CASES = [json.loads(line) for line in SPECS.read_text(encoding="utf-8").splitlines()]
PIECES = [
    "。",
    "！",
    "?",
    "“",
    "”",
    '"',
    "《",
    "》",
    "）",
    "的",
    "说",
    "，",
    "\\r\\n",
    "&nbsp;",
    "[1]",
    "\n",
    " ",
    "\u3000\u3000",
    "一、",
    "投资",
]
LONG = 250_000


def lay_out(text: str) -> tuple[list[Section], list[Sentence]]:
    furniture = find_furniture(text)
    sections = find_sections(text, furniture=furniture)
    return sections, find_sentences(text, furniture=furniture, sections=sections)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["note"])
def test_rules(case: dict) -> None:
    _, found = lay_out(case["text"])
    assert [case["text"][s.start : s.end] for s in found] == case["sentences"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_spans_are_trimmed_sorted_and_apart(text: str) -> None:
    sections, sentences = lay_out(text)
    blocks = [f for f in find_furniture(text) if f.kind not in INLINE_FURNITURE]
    position = 0
    for sentence in sentences:
        assert position <= sentence.start < sentence.end <= len(text)
        assert text[sentence.start : sentence.end].strip() == text[sentence.start : sentence.end]
        assert not any(f.start < sentence.end and sentence.start < f.end for f in blocks)
        position = sentence.end
        if sentence.section is not None:
            assert sections[sentence.section].start <= sentence.start < sections[sentence.section].end


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_no_word_is_lost(text: str) -> None:
    """Every letter and digit outside furniture stands in a sentence."""
    covered = {i for s in lay_out(text)[1] for i in range(s.start, s.end)}
    covered |= {i for f in find_furniture(text) for i in range(f.start, f.end)}
    assert all(i in covered or not c.isalnum() for i, c in enumerate(text))


def test_place_in_the_tree() -> None:
    text = "前言。\n一、回顾\n（一）工业。投资3亿元。\n二、安排\n抓项目。"
    _, sentences = lay_out(text)
    assert [(s.section, s.is_heading) for s in sentences] == [
        (None, False), (0, True), (1, True), (1, False), (2, True), (2, False),
    ]  # fmt: skip


@pytest.mark.parametrize("unit", ["首页\n", "&nbsp;", "“。”", "[1]"])
def test_long_repetitive_texts_do_not_hang(unit: str) -> None:
    lay_out(unit * (LONG // len(unit)))
