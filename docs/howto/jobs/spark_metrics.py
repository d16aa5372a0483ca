"""From a Parquet of reports to a Parquet of metrics, on Spark:  spark-submit spark_metrics.py REPORTS METRICS."""

import sys

from pyspark.sql import SparkSession

import govtext as gt


def main(reports: str, metrics: str, partitions: int = 64) -> None:
    """Read the columns ``id`` and ``text``; write the table ``metrics``, and beside it what has failed."""
    spark = SparkSession.builder.appName("govtext").getOrCreate()
    analyses = gt.distributed.spark.analyze(spark.read.parquet(reports).repartition(partitions))
    analyses.write.parquet(f"{metrics}.analyses")  # kept, so that the next line does not analyze again
    analyses = spark.read.parquet(f"{metrics}.analyses")
    gt.distributed.spark.explode(analyses, "metrics").write.parquet(metrics)
    analyses.where("error is not null").select("id", "error").write.parquet(f"{metrics}.errors")


if __name__ == "__main__":
    main(*sys.argv[1:])
