"""govtext: Chinese government reports, read, segmented, tagged and sorted into policy domains.

>>> import govtext as gt
>>> nlp = gt.load()
>>> doc = gt.analyze("2021年完成固定资产投资84.84亿元，同比增长5.2%。", nlp)
>>> list(gt.tables.metrics(doc)["indicator"])
['固定资产投资', '固定资产投资']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govtext import arrow, charts, distributed, domains, tables, views
    from govtext.errors import GovtextError
    from govtext.pipeline import add_words, analyze, analyze_all, load
    from govtext.report import parse_report, read, read_folder
    from govtext.tables import compare
    from govtext.types import Report

__version__ = "0.1.0"
__all__ = [
    "GovtextError",
    "Report",
    "add_words",
    "analyze",
    "analyze_all",
    "arrow",
    "charts",
    "compare",
    "distributed",
    "domains",
    "load",
    "parse_report",
    "read",
    "read_folder",
    "tables",
    "views",
]

_HOMES = {
    "GovtextError": "errors",
    "Report": "types",
    "add_words": "pipeline",
    "analyze": "pipeline",
    "analyze_all": "pipeline",
    "compare": "tables",
    "load": "pipeline",
    "parse_report": "report",
    "read": "report",
    "read_folder": "report",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import govtext`` itself is quick."""
    if name not in __all__:
        raise AttributeError(f"module 'govtext' has no attribute {name!r}; it has: {', '.join(__all__)}")
    value = (
        getattr(import_module(f"govtext.{_HOMES[name]}"), name) if name in _HOMES else import_module(f"govtext.{name}")
    )
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
