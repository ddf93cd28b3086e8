"""Work spread over processes: the same results in the same order, whatever their number."""

import itertools
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, TypeVar

from webenvs.errors import bad_setting

Job = TypeVar("Job")
Done = TypeVar("Done")
Setup = tuple[Callable[..., Any], tuple[Any, ...]]
"""A picklable function and its arguments; called once in every process."""

_AHEAD = 4  # jobs under way for every worker: none waits, and few results do


def checked_workers(workers: int | None) -> int:
    """The number of processes to use: `workers`, or as many as there are cores for this one."""
    if workers is None:
        return (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise bad_setting("workers", workers, "a whole number of at least 1, or None for all cores")
    return workers


def spread(
    setup: Setup, work: Callable[[Any, Job], Done], jobs: Iterable[Job], workers: int
) -> Iterator[Done]:
    """What `work(desk, job)` returns for every job, in order; `desk` is what `setup` returns.

    One worker works in this process. Jobs are taken a few ahead of what is asked for, so endless
    ones do too. Raises SettingError for fewer workers than one.
    """
    if workers < 1:
        raise bad_setting("workers", workers, "at least 1")
    waiting = iter(jobs)
    first = list(itertools.islice(waiting, workers))
    if workers == 1 or len(first) < 2:
        desk = setup[0](*setup[1])
        for job in itertools.chain(first, waiting):
            yield work(desk, job)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(first), context, _begin, (setup,)) as pool:
        under_way: deque[Future[Done]] = deque()
        try:
            for job in itertools.chain(first, waiting):
                under_way.append(pool.submit(_work_here, (work, job)))
                if len(under_way) >= _AHEAD * workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()


_here: list[Any] = []


def _begin(setup: Setup) -> None:
    """Set up a worker process, which ends with its parent."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _here[:] = [setup[0](*setup[1])]


def _end_with_parent() -> None:
    """End this process as soon as the one that started it is gone, however that ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work_here(order: tuple[Callable[[Any, Any], Any], Any]) -> Any:
    work, job = order
    return work(_here[0], job)
