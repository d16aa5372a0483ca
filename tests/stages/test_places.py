"""Place names tied to divisions: cases as data, promises of the table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govtext.entities.divisions import gazetteer, short_forms
from govtext.entities.place_names import foreign_places, groups
from govtext.entities.places import PlaceLinker, resolve_report_place
from govtext.resources import read_table
from govtext.types import PlaceLink

SPECS = Path(__file__).parents[1] / "specs" / "places.jsonl"
CASES = [json.loads(line) for line in SPECS.read_text(encoding="utf-8").splitlines()]
CONFIDENT = 0.7


def link(case: dict) -> PlaceLink | None:
    home = resolve_report_place(case.get("report"))
    assert (home is None) == ("report" not in case)
    names = case.get("among", [case["name"]])
    return PlaceLinker(home).link(names)[names.index(case["name"])]


def outcome(found: PlaceLink | None) -> dict:
    if found is None:
        return {"none": True}
    path = "/".join(found.path)
    table = gazetteer()
    return {
        "is": {"is": path},
        "in": {"in": path},
        "group": {"group": ["/".join(table.path(c)) for c in found.members]},
        "abroad": {"abroad": True},
        None: {"open": True},
    }[found.relation]


def expected(case: dict) -> dict:
    return {k: v for k, v in case.items() if k not in ("report", "name", "among")}


def test_accuracy_on_own_cases() -> None:
    wrong = [(case, got) for case in CASES if (got := outcome(link(case))) != expected(case)]
    assert len(CASES) >= 300
    assert len(wrong) <= 0.03 * len(CASES), wrong


def test_no_confident_wrong_code() -> None:
    for case in CASES:
        found = link(case)
        if found and found.code and found.confidence >= CONFIDENT:
            assert expected(case) == outcome(found), case


def test_mentions_of_the_report_settle_one_another() -> None:
    linker = PlaceLinker()
    assert linker.link(["鼓楼区"])[0].code is None
    assert linker.link(["福州市", "鼓楼区"])[1].path[-2:] == ("福州市", "鼓楼区")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": "涞水"}, "河北省/保定市/涞水县"),
        ({"name": None, "title": "2023年长沙县政府工作报告"}, "湖南省/长沙市/长沙县"),
        ({"name": None, "issuer": "中共长沙县委"}, "湖南省/长沙市/长沙县"),
        ({"name": "广州市番禺区卫生健康局"}, "广东省/广州市/番禺区"),
        ({"name": "朝阳", "text": "双塔区和龙城区"}, "辽宁省/朝阳市"),
        ({"name": "朝阳区", "text": "长春市"}, "吉林省/长春市/朝阳区"),
        ({"name": "城关镇", "mentions": ["和林格尔县"]}, "内蒙古自治区/呼和浩特市/和林格尔县/城关镇"),
    ],
)
def test_report_place(fields: dict, path: str) -> None:
    found = resolve_report_place(**fields)
    assert found is not None
    assert "/".join(found.path) == path


@pytest.mark.parametrize("name", ["城关镇", "朝阳区", "不存在的地方", "", None])
def test_report_place_stays_open(name: str | None) -> None:
    assert resolve_report_place(name) is None


def test_a_national_report_has_no_code() -> None:
    found = resolve_report_place("全国")
    assert found is not None
    assert (found.code, found.level) == (None, "country")


def test_table_is_sound() -> None:
    table = gazetteer()
    assert len(table.divisions) > 44_000
    for code, name, level, parent in table.divisions.values():
        assert len(code) == (9 if len(code) == 9 else 6)
        assert name
        assert level in ("province", "prefecture", "county", "township", "zone")
        assert parent in table.divisions or level == "province"
        assert parent is None or code[:2] == parent[:2]


def test_companion_tables_name_divisions_that_exist() -> None:
    table = gazetteer()
    for row in read_table("place_aliases"):
        names = [table.divisions[code].name for code in row["codes"].split("|")]
        assert names == row["current"].split("|"), row["name"]
    for row in read_table("place_groups"):
        assert [table.divisions[c].name for c in row["codes"].split("|")] == row["members"].split("|"), row["name"]
    assert not set(groups()) & set(foreign_places())


def test_short_form_without_the_peoples_of_an_autonomous_prefecture() -> None:
    assert "凉山州" in set(short_forms("凉山彝族自治州", "prefecture"))


@given(st.lists(st.text(alphabet="长沙县市区镇星街道路中国湘京沪鼓楼—、（）和 ", max_size=12), max_size=8))
def test_any_text_gets_an_answer(names: list[str]) -> None:
    table = gazetteer()
    found = PlaceLinker(resolve_report_place("长沙县")).link(names)
    assert len(found) == len(names)
    for link in found:
        if link is None:
            continue
        assert 0 <= link.confidence <= 1
        assert (link.relation == "in") == (link.container is not None)
        assert (link.relation == "group") == bool(link.members)
        for code in (link.code, link.container, *link.candidates, *link.members):
            assert code is None or code in table.divisions
        if link.code:
            assert link.path == table.path(link.code)


def test_a_bare_issuer_leaves_the_place_to_the_text() -> None:
    text = "天门市工业增长。天门经开区扩容。武汉都市圈协同。竟陵街道、侨乡街道、岳口镇、皂市镇环境改善。"
    found = resolve_report_place(None, issuer="市人民政府", text=text)
    assert found is not None
    assert found.path == ("湖北省", "天门市")
    assert resolve_report_place(None, issuer="市人民政府", text="我市合作不断深化，合作共赢，合作发展。") is None


def test_a_county_and_its_town_of_the_same_name() -> None:
    found = resolve_report_place("容城", text="河北省保定市容城县")
    assert found is not None
    assert found.code == "130629"
