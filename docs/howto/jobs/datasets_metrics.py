"""From a Parquet of reports to a Parquet of metrics, with Hugging Face datasets:  python datasets_metrics.py REPORTS METRICS."""

import sys
from collections.abc import Callable

import pyarrow as pa
from datasets import Dataset, Features

import govtext as gt


def analyze(reports: pa.Table) -> pa.Table:
    """The analyses of a batch."""
    return pa.Table.from_batches(gt.arrow.analyze_batches(reports.to_batches()), gt.arrow.schema())


def explode(analyses: pa.Table) -> pa.Table:
    """The metrics of a batch of analyses."""
    return pa.Table.from_batches(gt.arrow.explode(analyses.to_batches(), "metrics"), gt.arrow.schema("metrics"))


def map_table(
    given: Dataset, function: Callable[[pa.Table], pa.Table], schema: pa.Schema, processes: int | None
) -> Dataset:
    """``Dataset.map`` from Arrow to Arrow, with the columns of a schema."""
    return given.with_format("arrow").map(
        function, batched=True, batch_size=16, remove_columns=given.column_names, features=Features.from_arrow_schema(schema),
        num_proc=processes,
    )  # fmt: skip


def main(reports: str, metrics: str, processes: int | None = 2) -> None:
    """Read the columns ``id`` and ``text``; write the table ``metrics``."""
    analyses = map_table(Dataset.from_parquet(reports), analyze, gt.arrow.schema(), processes)
    map_table(analyses, explode, gt.arrow.schema("metrics"), processes).to_parquet(metrics)


if __name__ == "__main__":
    main(*sys.argv[1:])
