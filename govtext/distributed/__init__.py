"""The analysis inside the engines that run on many machines: ``gt.distributed.spark`` and ``gt.distributed.ray``."""

from govtext.distributed import ray, spark

__all__ = ["ray", "spark"]
