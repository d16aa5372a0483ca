"""A function over many things in several processes, in order."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import TypeVar

from govtext.errors import OutputError

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_processes(function: Callable[[Item], Result], items: Iterable[Item], *, jobs: int) -> Iterator[Result]:
    """``map`` in so many processes; ``function``, the items and the results must be picklable, few of them are held at a time.

    A single item, and everything with one job, is done in this process. Raises OutputError if a process dies.

    >>> list(map_in_processes(abs, [-1, 2], jobs=1))
    [1, 2]
    """
    iterator = iter(items)
    first = list(islice(iterator, 2))
    if jobs == 1 or len(first) < 2:
        yield from map(function, chain(first, iterator))
        return
    waiting: deque[Future[Result]] = deque()
    alone = (signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for this process, which ends them
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=signal.signal, initargs=alone) as pool:
        try:
            for item in chain(first, iterator):
                waiting.append(pool.submit(function, item))
                if len(waiting) > jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise OutputError(
                "a process died while it wrote (out of memory?); go on with --resume and fewer --jobs"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)
