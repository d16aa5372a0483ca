"""Spark on a standalone cluster of two workers on loopback: an executor that is killed on the way loses nothing."""

import os
import socket
import subprocess
from pathlib import Path

import pytest
from engines import by_report, processes, wait_until
from spark_runs import metrics_by_parquet, pyspark, run_and_kill, session

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The address of a standalone master, with two workers of one core each, on loopback."""
    spark_class = Path(pyspark.__file__).parent / "bin" / "spark-class"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("cluster")
    address = f"spark://127.0.0.1:{port}"
    deploy = "org.apache.spark.deploy"
    commands = [[f"{deploy}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"]]
    worker = [f"{deploy}.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0"]
    commands += [[*worker, "--work-dir", str(folder / str(i)), address] for i in range(2)]
    environment = {
        **os.environ,
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",
    }
    started, log = [], folder / "log"
    try:
        with log.open("w") as output:
            started += [
                subprocess.Popen([spark_class, *command], stdout=output, stderr=subprocess.STDOUT, env=environment)
                for command in commands
            ]
            wait_until(
                lambda: log.read_text().count("Registering worker") == 2, seconds=120, what=f"two workers in {log}"
            )
        yield address
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=30)


def test_a_cluster_of_two_workers_that_loses_an_executor(cluster, reports, expected_metrics, tmp_path):
    with session(cluster) as spark:
        wait_until(lambda: len(processes("CoarseGrainedExecutorBackend")) >= 2, seconds=120, what="two executors")
        found = run_and_kill(
            spark,
            lambda: metrics_by_parquet(spark, reports, tmp_path / "metrics"),
            lambda: processes("java", "CoarseGrainedExecutorBackend"),
        )
    assert by_report(found) == by_report(expected_metrics)
