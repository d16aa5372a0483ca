"""What the library found, to look at: a self-contained page for a report, and small pieces for notebooks.

Everything is built from the JSON record of ``govtext analyze``, so that a Doc and a line of ``reports.jsonl`` give the same picture.
"""

from govtext.views.concordance import kwic
from govtext.views.html import Page, View
from govtext.views.index import index
from govtext.views.page import report
from govtext.views.pieces import entities, metrics, outline

__all__ = ["Page", "View", "entities", "index", "kwic", "metrics", "outline", "report"]
