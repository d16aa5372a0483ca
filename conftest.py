"""Runs the code blocks of README and docs; leaves examples of ``charts`` out where no chart with Chinese text can be drawn."""

from functools import cache

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

from govtext.errors import GovtextError

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()], patterns=["README.md", "docs/*.md", "docs/**/*.md"]
).pytest()


@cache
def charts_can_be_drawn() -> bool:
    """Whether matplotlib and a font with Chinese characters are there."""
    from govtext import charts

    try:
        return bool(charts.chinese_fonts())
    except GovtextError:
        return False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run here."""
    for item in items:
        if item.path.name == "charts.py" and not charts_can_be_drawn():
            item.add_marker(pytest.mark.skip(reason="needs matplotlib and a font with Chinese characters"))
