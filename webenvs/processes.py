"""Work spread over processes: the same results in the same order, whatever their number."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

from webenvs.errors import bad_setting

Job = TypeVar("Job")
Done = TypeVar("Done")
Setup = tuple[Callable[..., Any], tuple[Any, ...]]
"""A picklable function and its arguments; called once in every process."""


def spread(
    setup: Setup, work: Callable[[Any, Job], Done], jobs: Sequence[Job], workers: int
) -> Iterator[Done]:
    """What `work(desk, job)` returns for every job, in order; `desk` is what `setup` returns.

    One worker works in this process. Raises SettingError for fewer workers than one.
    """
    if workers < 1:
        raise bad_setting("workers", workers, "at least 1")
    if workers == 1 or len(jobs) < 2:
        desk = setup[0](*setup[1])
        for job in jobs:
            yield work(desk, job)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(jobs)), context, _begin, (setup,)) as pool:
        yield from pool.map(_work_here, [(work, job) for job in jobs])


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
