"""Metrics: quantities in running text, and what each of them measures (indicator, kind, status, period)."""

from govtext.metrics.indicators import Indicator, indicators
from govtext.metrics.model import MetricModel
from govtext.metrics.quantities import Quantity, find_quantities
from govtext.metrics.records import find_all_metrics, find_metrics
from govtext.metrics.tables import find_table_metrics, find_tables

__all__ = [
    "Indicator", "MetricModel", "Quantity", "find_all_metrics", "find_metrics", "find_quantities", "find_table_metrics", "find_tables", "indicators",
]  # fmt: skip
