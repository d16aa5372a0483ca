"""Turns the quantities of a sentence into metric records: what is measured, how, when, and whether it is a result or a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, cast

from govtext.metrics.kinds import direction_of, kind_features
from govtext.metrics.linking import Candidates, Span, best_span
from govtext.metrics.model import MetricModel, packaged_model
from govtext.metrics.quantities import Quantity, find_quantities
from govtext.metrics.status import status_features
from govtext.types import Kind, Metric, SentenceContext

NO_CONTEXT: Final = SentenceContext()


def find_metrics(text: str, context: SentenceContext = NO_CONTEXT, *, model: MetricModel | None = None) -> list[Metric]:
    """The metric records of one sentence, in order; offsets refer to ``text``.

    ``context`` is what is known of the sentence beside its words: headings, review or plan part, years. ``model`` are
    the learned parameters, those of the package by default.

    >>> [(m.indicator, m.value, m.unit, m.kind) for m in find_metrics("粮食总产量12万吨，增长3%。")]
    [('粮食总产量', Decimal('120000'), '吨', 'level'), ('粮食总产量', Decimal('3'), '%', 'change')]
    """
    quantities = list(find_quantities(text))
    if not quantities:
        return []
    return measure(text, quantities, context, model or packaged_model())


def measure(text: str, quantities: Sequence[Quantity], context: SentenceContext, model: MetricModel) -> list[Metric]:
    """The records of quantities that are already known."""
    links: list[Span | None] = []
    found: list[Metric] = []
    for k, q in enumerate(quantities):
        links.append(best_span(Candidates(text, quantities, k, links), model.linker))
        previous = (quantities[k - 1], found[k - 1].kind) if k else None
        kind = cast("Kind", model.kinds.best(kind_features(text, q, links[k], previous)))
        status = model.status.best(status_features(text, q, context))
        found.append(_record(text, q, links[k], kind, cast("Literal['achieved', 'planned']", status)))
    return found


def _record(text: str, q: Quantity, link: Span | None, kind: Kind, status: Literal["achieved", "planned"]) -> Metric:
    start, end = link or (None, None)
    return Metric(
        q.start, q.end, q.value, q.value_max, q.unit, q.bound,
        indicator=text[start:end] if link else "", indicator_start=start, indicator_end=end,
        kind=kind, status=status, direction=direction_of(text, q) if kind == "change" else None,
        canonical_value=q.canonical_value, canonical_unit=q.canonical_unit, dimension=q.dimension,
    )  # fmt: skip
