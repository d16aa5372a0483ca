"""Analyzes the reports of a Ray Dataset where they are: ``arrow.analyze_batches`` as ``map_batches`` with a pool of actors."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from govtext import arrow
from govtext.errors import MissingExtraError
from govtext.pipeline import load
from govtext.resources import DEFAULT_MODEL

if TYPE_CHECKING:
    from ray.data import Dataset


def analyze(
    ds: Dataset, *, model: str | Path = DEFAULT_MODEL, id: str = "id", text: str = "text", content: str = "content",
    filename: str = "filename", batch_size: int = 16, actors: int | None = None, **options: Any,
) -> Dataset:  # fmt: skip
    """The analyses of the reports in ``ds``, with the columns of ``arrow.schema()``; lazy, as everything in Ray Data.

    ``model`` to ``batch_size`` are those of ``arrow.analyze_batches``. ``actors`` processes load the model once each (None: as many as the
    cluster has room for); ``options`` such as ``num_cpus`` and ``memory`` go to ``map_batches``. A model named by a folder must be at that
    path on every machine. An actor that is lost is replaced, and its batch is done again. A report that fails has a message in ``error``.
    Rows come in any order, unless ``DataContext.get_current().execution_options.preserve_order`` is set.

    ``ray.data.read_binary_files(folder, include_paths=True)`` gives files: ``analyze(files, content="bytes", filename="path")``.
    """
    data = _ray_data()
    columns = {"id": id, "text": text, "content": content, "filename": filename}
    return ds.map_batches(
        _Analyzer,
        fn_constructor_kwargs={"model": str(model), "columns": columns},
        batch_size=batch_size,
        batch_format="pyarrow",
        compute=data.ActorPoolStrategy(size=actors) if actors else data.ActorPoolStrategy(),
        **options,
    )


def explode(ds: Dataset, table: str) -> Dataset:
    """The rows of a flat table (``reports``, ``sections``, ``sentences``, ``entities``, ``metrics``) from a Dataset of analyses.

    Raises DataError if there is no such table.
    """
    arrow.schema(table)
    return ds.map_batches(partial(_explode, table=table), batch_format="pyarrow")


class _Analyzer:
    """An actor: the model, loaded once, and the names of the columns."""

    def __init__(self, model: str, columns: dict[str, Any]) -> None:
        self._nlp = load(model)
        self._columns = columns

    def __call__(self, reports: pa.Table) -> pa.Table:
        found = arrow.analyze_batches(reports.to_batches(), model=self._nlp, **self._columns)
        return pa.Table.from_batches(found, arrow.schema())


def _explode(analyses: pa.Table, table: str) -> pa.Table:
    return pa.Table.from_batches(arrow.explode(analyses.to_batches(), table), arrow.schema(table))


def _ray_data() -> Any:
    try:
        import ray.data
    except ImportError:
        raise MissingExtraError("ray", "ray", "govtext.distributed.ray") from None
    return ray.data
