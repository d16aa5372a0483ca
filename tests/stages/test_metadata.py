"""Metadata: what a report says of itself, by the cases in specs/metadata.jsonl."""

import json
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govtext.metadata import find_metadata
from govtext.metadata.issuers import issuer_level
from govtext.metadata.passage import normalize
from govtext.metadata.places import find_division
from govtext.types import Furniture, Metadata

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "specs" / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
]
PIECES = [
    "云岭街道", "青禾县", "人民政府", "2023年", "工作总结", "二〇二二年", "政府工作报告", "\n", " ", "　", "各位代表：", "我代表", "日期:",
    "2024-01-05", "在", "第十八届人民代表大会", "第三次会议上", "\\r\\n", "&nbsp;", "发布机构：", "|", "全县", "三亚", "（", "）", "——", "。", "x",
]  # fmt: skip


def values(meta):
    return {field.name: found.value if (found := getattr(meta, field.name)) else None for field in fields(Metadata)}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case):
    given_by_file = {key: case[key] for key in ("title", "name", "extra") if key in case}
    found = values(find_metadata(case["text"], **given_by_file))
    assert {key: found[key] for key in case["expect"]} == case["expect"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.booleans())
def test_every_value_tells_where_it_was_read(text, named):
    meta = find_metadata(text, name="三亚2024年政府工作报告" if named else None)
    for field in fields(Metadata):
        found = getattr(meta, field.name)
        if found is None:
            continue
        assert found.source in {"text", "furniture", "file name", "title", "html"}
        if found.source in {"text", "furniture"}:
            assert 0 <= found.start < found.end <= len(text)
        else:
            assert found.start is found.end is None


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_normalizing_keeps_every_character_at_its_place(text):
    assert len(normalize(text)) == len(text)


def test_offsets_of_names_are_the_names():
    text = "\ufeff云岭街道2021年工作总结\n来源：青禾县　日期：２０２２年１月２４日\n云岭街道办事处\n2022年1月20日\n"
    meta = find_metadata(text)
    for found in (meta.title, meta.issuer, meta.place):
        assert text[found.start : found.end] == found.value
    assert text[meta.date.start : meta.date.end] == "２０２２年１月２４日"
    assert meta.date.value == "2022-01-24"
    assert text[meta.year.start : meta.year.end] == "2021"


def test_page_metadata_without_a_value_say_nothing():
    meta = find_metadata("好的。", title="", extra=[("source", "  "), ("date", "未知")])
    assert set(values(meta).values()) == {None}


def test_furniture_is_named_as_source_and_no_title():
    text = "青禾县工作总结大全\n云岭街道2021年工作总结\n日期：2022-01-24\n"
    first, last = text.index("\n"), text.index("日期")
    furniture = [Furniture(0, first, "navigation"), Furniture(last, len(text) - 1, "source_line")]
    meta = find_metadata(text, furniture=furniture)
    assert meta.title.value == "云岭街道2021年工作总结"
    assert (meta.date.value, meta.date.source) == ("2022-01-24", "furniture")


@pytest.mark.parametrize(
    ("text", "name", "level"),
    [
        ("长沙县星沙街道办事处", "星沙街道", "street"),
        ("2022年珠海市斗门区政府工作报告", "斗门区", "county"),
        ("三亚政府工作报告", "三亚", "prefecture"),
        ("（青禾县）2021年云岭镇人民政府工作报告", "云岭镇", "township"),
        ("（长沙县）2021年云岭镇人民政府工作报告", "云岭镇", "township"),
        ("关于供应广州市公共住房的通告", "广州市", "prefecture"),
        ("阿坝州人民政府办公室关于印发办法的通知", "阿坝州", "prefecture"),
        ("内蒙古自治区包头市人民政府", "包头市", "prefecture"),
        ("关于保定市国民经济和社会发展计划的报告", "保定市", "prefecture"),
    ],
)
def test_most_specific_division_of_a_chain(text, name, level):
    found = find_division(text)
    assert (found.name, found.level) == (name, level)
    assert text[found.start : found.end] == name


@pytest.mark.parametrize("text", ["城市公共交通智能化应用示范工程", "工作总结", "智慧健康养老产业发展行动计划", ""])
def test_no_division(text):
    assert find_division(text) is None


@pytest.mark.parametrize(
    ("name", "level"),
    [("国务院办公厅", "national"), ("青禾县教育局", "department"), ("云岭镇政府", "township"), ("青禾村民委员会", "village"), ("某某", None)],
)  # fmt: skip
def test_level_of_an_issuer(name, level):
    assert issuer_level(name) == level


def test_long_texts_do_not_hang():
    find_metadata("全年完成投资3亿元，" * 100_000)
    find_metadata("年年年在在在县县县届" * 50_000)
    find_metadata("2021年" * 100_000)
    find_metadata(" \n" * 200_000)
