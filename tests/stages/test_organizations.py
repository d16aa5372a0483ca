"""Organizations and their full names: cases as data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from govtext.entities.divisions import gazetteer
from govtext.entities.organizations import (
    HEADS,
    departments,
    local_bodies,
    national_bodies,
    normalise_organization,
    official_place,
)
from govtext.entities.places import resolve_report_place

SPECS = Path(__file__).parents[1] / "specs" / "organizations.jsonl"
CASES = [json.loads(line) for line in SPECS.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.get('report', '')}-{c['name']}")
def test_full_name_and_level(case: dict) -> None:
    found = normalise_organization(case["name"], report_place=resolve_report_place(case.get("report")))
    assert (found.name, found.level) == (case["full"], case["level"])
    assert (found.confidence == 0) == (case["level"] is None)


def test_place_is_the_division_of_the_body() -> None:
    home = resolve_report_place("长沙县")
    assert normalise_organization("县委", report_place=home).place == "430121"
    assert normalise_organization("省政府", report_place=home).place == "430000"
    assert normalise_organization("国务院", report_place=home).place is None


def test_a_full_name_is_its_own_full_name() -> None:
    home = resolve_report_place("长沙县")
    for short in ("县政府", "市发改委", "省住建厅", "县人大", "财政部"):
        full = normalise_organization(short, report_place=home)
        assert normalise_organization(full.name, report_place=home).name == full.name


def test_tables_are_sound() -> None:
    assert all("{p}" in body.full for body in local_bodies().values())
    assert {body.levels for body in national_bodies().values()} == {("national",)}
    heads = set("".join(heads for _, heads in departments().values()).replace("中心", ""))
    assert heads <= {head[0] for head in HEADS}


def test_districts_follow_their_city() -> None:
    code = next(c for c, d in gazetteer().divisions.items() if d.name == "番禺区")
    assert official_place(code) == "广州市番禺区"
