"""Ray Data: the same rows as a single process with two actors, also when an actor is killed on the way."""

import logging

import pyarrow.parquet as pq
import pytest
from engines import by_report, job, kill, need, processes, report, wait_until

from govtext.distributed import ray as govtext_ray
from govtext.errors import DataError

ray = need("ray")
need("ray.data")
pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """Ray on this machine, reachable by loopback only; two processors for actors, two for what reads and cuts up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_worker_niceness", "0")  # else the workers wait for everything else on the machine
        ray.init(
            num_cpus=4, include_dashboard=False, _node_ip_address="127.0.0.1", object_store_memory=256 * 2**20,
            log_to_driver=False,
        )  # fmt: skip
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.WARNING)
        yield
        ray.shutdown()


def analyses(reports):
    """The analyses by two actors, in many small batches."""
    return govtext_ray.analyze(ray.data.read_parquet(str(reports)).repartition(18), actors=2, batch_size=2, num_cpus=1)


def test_parquet_of_reports_to_parquet_of_metrics(reports, expected_metrics, tmp_path):
    job("ray_metrics")(str(reports), str(tmp_path / "metrics"))
    assert by_report(pq.read_table(tmp_path / "metrics").to_pylist()) == by_report(expected_metrics)


def test_analyses_equal_those_of_one_process_though_an_actor_is_killed(reports, expected):
    rows, killed = [], []
    for batch in analyses(reports).iter_batches(batch_size=2, batch_format="pyarrow"):
        rows += batch.to_pylist()
        if not killed:
            killed.append(wait_until(lambda: processes("ray::", "_Analyzer"), seconds=60, what="an actor")[0])
            kill(killed[0])
    assert {row["id"]: row for row in rows} == expected and len(rows) == len(expected)


def test_files_of_a_folder(tmp_path):
    (tmp_path / "清屿县.txt").write_text(report(1), encoding="utf-8")
    files = ray.data.read_binary_files(str(tmp_path), include_paths=True)
    (row,) = govtext_ray.analyze(files, content="bytes", filename="path", actors=1).take_all()
    assert row["id"].endswith("/清屿县.txt") and (row["error"], row["meta"]["year"]) == (None, 2021)


def test_an_unknown_table_is_told_before_anything_runs(reports):
    with pytest.raises(DataError, match="reports, sections"):
        govtext_ray.explode(ray.data.read_parquet(str(reports)), "words")
