"""From a Parquet of reports to a Parquet of metrics, on Ray:  python ray_metrics.py REPORTS METRICS."""

import sys

import ray

import govtext as gt


def main(reports: str, metrics: str, actors: int = 2) -> None:
    """Read the columns ``id`` and ``text``; write the table ``metrics``."""
    analyses = gt.distributed.ray.analyze(ray.data.read_parquet(reports).repartition(64), actors=actors)
    gt.distributed.ray.explode(analyses, "metrics").write_parquet(metrics)


if __name__ == "__main__":
    main(*sys.argv[1:])
