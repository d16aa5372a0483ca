"""Leaves the examples in ``charts`` out where matplotlib or a font with Chinese characters is not installed."""

from functools import cache

import pytest

from govtext.errors import GovtextError


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
