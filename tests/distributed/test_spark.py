"""Spark in local mode: the same rows as a single process, also when a Python worker is killed on the way."""

import pyarrow.parquet as pq
import pytest
from engines import by_report, job, processes, report
from spark_runs import metrics_by_parquet, run_and_kill, session

from govtext.distributed import spark as govtext_spark
from govtext.errors import DataError

pytestmark = pytest.mark.engine
PYTHON_WORKER = "pyspark.daemon"


@pytest.fixture(scope="module")
def local():
    """Spark in this process with two threads; a task may fail three times."""
    with session("local[2,4]") as spark:
        yield spark


def test_parquet_of_reports_to_parquet_of_metrics(local, reports, expected_metrics, tmp_path):
    job("spark_metrics")(str(reports), str(tmp_path / "metrics"), partitions=4)
    assert by_report(pq.read_table(tmp_path / "metrics").to_pylist()) == by_report(expected_metrics)
    (failed,) = pq.read_table(tmp_path / "metrics.errors").to_pylist()
    assert failed["id"] == "bad"


def test_analyses_equal_those_of_one_process_with_errors_in_a_column(local, reports, expected):
    found = govtext_spark.analyze(local.read.parquet(str(reports))).toArrow().to_pylist()
    assert {row["id"]: row for row in found} == expected and len(found) == len(expected)
    assert [row["id"] for row in found if row["error"]] == ["bad"]


def test_files_with_chinese_names(local, tmp_path):
    (tmp_path / "清屿县 2021 年报告.txt").write_text(report(1), encoding="utf-8")
    files = local.read.format("binaryFile").load(str(tmp_path))
    analyses = govtext_spark.analyze(files, filename="path")
    (row,) = analyses.join(files, analyses.id == files.path).select("id", "error", "meta.year", "length").collect()
    assert row["id"].endswith("/清屿县 2021 年报告.txt")
    assert tuple(row)[1:] == (None, 2021, len(report(1).encode()))


def test_missing_columns_are_told_before_anything_runs(local):
    with pytest.raises(DataError, match="text="):
        govtext_spark.analyze(local.createDataFrame([("a", 1)], ["id", "other"]))
    with pytest.raises(DataError, match="'text' holds binary"):
        govtext_spark.analyze(local.createDataFrame([("a", bytearray(b"x"))], ["id", "text"]))
    with pytest.raises(DataError, match="reports, sections"):
        govtext_spark.explode(local.createDataFrame([("a", 1)], ["id", "other"]), "words")


def test_a_killed_python_worker_loses_nothing(local, reports, expected_metrics, tmp_path):
    def workers():
        return [
            pid
            for daemon in processes(PYTHON_WORKER)[:1]
            for pid in processes(PYTHON_WORKER, below=daemon)
            if pid != daemon
        ]

    found = run_and_kill(local, lambda: metrics_by_parquet(local, reports, tmp_path / "metrics"), workers)
    assert by_report(found) == by_report(expected_metrics)
