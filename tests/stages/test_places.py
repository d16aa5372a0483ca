"""Place names tied to divisions: cases as data, promises of the table."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govtext.entities.divisions import Gazetteer, gazetteer
from govtext.entities.places import PlaceLinker, foreign_places, groups, place_names, resolve_report_place
from govtext.resources import read_table
from govtext.types import PlaceLink

SPECS = Path(__file__).parents[1] / "specs" / "places.jsonl"
CASES = [json.loads(line) for line in SPECS.read_text(encoding="utf-8").splitlines()]
CONFIDENT = 0.7


def link(case: dict) -> PlaceLink | None:
    home = resolve_report_place(case.get("report"))
    assert (home is None) == ("report" not in case)
    return PlaceLinker(home).link([case["name"], *case.get("mentions", ())])[0]


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
    return {k: v for k, v in case.items() if k not in ("report", "name", "mentions")}


def test_accuracy_on_own_cases() -> None:
    wrong = [(case, got) for case in CASES if (got := outcome(link(case))) != expected(case)]
    assert len(CASES) >= 300
    assert len(wrong) <= 0.03 * len(CASES), wrong


def test_no_confident_wrong_code() -> None:
    for case in CASES:
        found = link(case)
        if found and found.code and found.confidence >= CONFIDENT:
            assert expected(case) == outcome(found), case
