"""Hugging Face datasets: ``Dataset.map`` with the same function gives the same rows as a single process."""

import pyarrow.parquet as pq
from engines import by_report, job, need

datasets = need("datasets")


def test_parquet_of_reports_to_parquet_of_metrics(reports, expected_metrics, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    job("datasets_metrics")(str(reports), str(tmp_path / "metrics.parquet"), processes=None)
    assert by_report(pq.read_table(tmp_path / "metrics.parquet").to_pylist()) == by_report(expected_metrics)
