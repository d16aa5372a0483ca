"""Spark sessions on loopback, and a run in which a process is killed."""

import os
import shutil
import sys
import threading
from contextlib import contextmanager

import pytest
from engines import kill, need, wait_until

from govtext.distributed import spark as govtext_spark

pyspark = need("pyspark")
if not shutil.which("java") and "JAVA_HOME" not in os.environ:
    assert not os.environ.get("GOVTEXT_ENGINES"), "GOVTEXT_ENGINES is set, and there is no Java 17 or newer"
    pytest.skip("needs Java 17 or newer", allow_module_level=True)

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "512m",
    "spark.executor.cores": "1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "2",
    "spark.log.level": "ERROR",
}


@contextmanager
def session(master):
    """A Spark session whose Python workers run this interpreter."""
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        builder = SparkSession.builder.master(master).appName("govtext")
        for key, value in SETTINGS.items():
            builder = builder.config(key, value)
        spark = builder.getOrCreate()
        try:
            yield spark
        finally:
            spark.stop()


def metrics_by_parquet(spark, reports, out):
    """From a Parquet of reports to a Parquet of metrics; the rows that are in it."""
    import pyarrow.parquet as pq

    analyses = govtext_spark.analyze(spark.read.parquet(str(reports)).repartition(12), batch_size=2)
    govtext_spark.explode(analyses, "metrics").write.parquet(str(out))
    return pq.read_table(out).to_pylist()


def run_and_kill(spark, run, victims):
    """Run in a thread, kill one of the processes that ``victims`` finds while some tasks are done and others are not; the result of the run."""
    results = []
    thread = threading.Thread(target=lambda: results.append(run()))
    thread.start()
    tracker = spark.sparkContext.statusTracker()

    def half_way():
        for stage in tracker.getActiveStageIds():
            info = tracker.getStageInfo(stage)
            if info and info.numCompletedTasks >= 2 and info.numTasks - info.numCompletedTasks >= 3:
                return victims()
        return None

    kill(wait_until(half_way, seconds=180, what="tasks done and others to do")[-1])
    thread.join(timeout=240)
    assert results, "the run has failed"
    return results[0]
