"""Metrics: quantities in running text, and what each of them measures (indicator, kind, status, period)."""

from govtext.metrics.quantities import Quantity, find_quantities
from govtext.metrics.records import find_metrics

__all__ = ["Quantity", "find_metrics", "find_quantities"]
