"""Analyzes the reports of a Spark DataFrame where they are: ``arrow.analyze_batches`` as ``mapInArrow``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govtext import arrow
from govtext.errors import MissingExtraError
from govtext.resources import DEFAULT_MODEL

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def analyze(
    df: DataFrame, *, model: str | Path = DEFAULT_MODEL, id: str = "id", text: str = "text", content: str = "content",
    filename: str = "filename", batch_size: int = 16,
) -> DataFrame:  # fmt: skip
    """The analyses of the reports in ``df``, with the columns of ``arrow.schema()``; lazy, as everything in Spark.

    The options are those of ``arrow.analyze_batches``. A model named by a folder must be at that path on every machine. Each Python worker
    loads the model once; a task that is lost with its machine is run again by Spark. A report that fails has a message in ``error``.
    Raises DataError if the columns are missing, or hold something else.

    ``spark.read.format("binaryFile").load(folder)`` gives files: ``analyze(files, filename="path")``.
    """
    options = {"id": id, "text": text, "content": content, "filename": filename}
    arrow.check_columns(dict(df.dtypes), **options)
    wanted = [name for name in (*options.values(), "error") if name in df.columns]
    run = partial(arrow.analyze_batches, model=str(model), batch_size=batch_size, **options)
    return df.select(*wanted).mapInArrow(run, _spark_schema(arrow.ANALYSES))


def explode(df: DataFrame, table: str) -> DataFrame:
    """The rows of a flat table (``reports``, ``sections``, ``sentences``, ``entities``, ``metrics``) from a DataFrame of analyses.

    Raises DataError if there is no such table.
    """
    return df.mapInArrow(partial(arrow.explode, table=table), _spark_schema(table))


def _spark_schema(table: str) -> Any:
    """The Spark type of a table's columns."""
    try:
        from pyspark.sql.pandas.types import from_arrow_schema
    except ImportError:
        raise MissingExtraError("pyspark", "spark", "govtext.distributed.spark") from None
    return from_arrow_schema(arrow.schema(table))
