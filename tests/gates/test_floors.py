"""The scores in a shipped model's metrics.json do not fall below the floors. Raising a floor is free; lowering one takes a line in the
changelog."""

import json
from pathlib import Path

import pytest

from govtext.resources import model_folders

FLOORS = json.loads((Path(__file__).parent / "floors.json").read_text(encoding="utf-8"))


def value_at(metrics: dict, path: str) -> float:
    for key in path.split("."):
        metrics = metrics[key]
    return float(metrics)


@pytest.mark.parametrize("model", sorted(FLOORS))
def test_scores_reach_their_floors(model):
    metrics = json.loads((model_folders()[model] / "metrics.json").read_text(encoding="utf-8"))
    below = {
        path: (value_at(metrics, path), floor)
        for path, floor in FLOORS[model].items()
        if value_at(metrics, path) < floor
    }
    assert not below


def test_every_shipped_model_has_floors():
    assert set(model_folders()) <= set(FLOORS)
