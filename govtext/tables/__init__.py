"""Analyzed reports as pandas tables.

Every function takes one Doc, one record of ``govtext analyze``, or any iterable of them. The ``report`` column is the report's id; ``start``
and ``end`` are characters in the report's text.
"""

from govtext.tables.panel import compare, indicator_id, panel
from govtext.tables.rows import (
    COLUMNS,
    TABLES,
    Docs,
    Record,
    entities,
    heading_path,
    metrics,
    records,
    reports,
    rows,
    sections,
    sentences,
)
from govtext.tables.words import keyness, stop_words, words

__all__ = [
    "COLUMNS", "TABLES", "Docs", "Record", "compare", "entities", "heading_path", "indicator_id", "keyness", "metrics", "panel", "records",
    "reports", "rows", "sections", "sentences", "stop_words", "words",
]  # fmt: skip
