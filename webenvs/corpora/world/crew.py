"""Work spread over forked processes: each takes the next job when it has finished one.

Forked processes share what their parent has in memory without copying it, so that a draft of
hundreds of megabytes serves them all.
"""

import gc
import multiprocessing
import signal
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TypeAlias

from webenvs.errors import CorpusError, WebenvsError

Work = Callable[[int], Iterator[int]]
"""Does the job of a number, and says from time to time how much it has done since it last said."""
_Crew: TypeAlias = dict[Connection, BaseProcess]


def shared_out(work: Work, jobs: Sequence[int], workers: int) -> Iterator[int]:
    """Do all `jobs` in so many processes; yields what `work` yields, as it comes.

    With one worker all is done in this process. Raises what `work` raises of webenvs' own errors
    and of OSError, and CorpusError if a process ends otherwise; all processes have ended by then.
    """
    if workers == 1 or len(jobs) < 2:
        for job in jobs:
            yield from work(job)
        return
    waiting = deque(jobs)
    crew = _forked(work, min(workers, len(jobs)))
    try:
        for pipe in crew:
            pipe.send(waiting.popleft())
        while crew:
            ready = wait(list(crew))
            for pipe in [one for one in crew if one in ready]:
                said = _heard(pipe, crew[pipe])
                if said is not None:
                    yield said
                elif waiting:
                    pipe.send(waiting.popleft())
                else:
                    _dismiss(pipe, crew.pop(pipe))
    finally:
        for pipe, process in crew.items():
            process.terminate()
            _dismiss(pipe, process)


def _forked(work: Work, count: int) -> _Crew:
    """So many processes, each behind a pipe; what is in memory now is never looked at by gc."""
    context = multiprocessing.get_context("fork")
    crew: _Crew = {}
    gc.collect()
    gc.freeze()  # a collection in a child would touch, and so copy, every page of the draft
    for _ in range(count):
        ours, theirs = context.Pipe()
        task = (work, theirs, [*crew, ours])
        process = context.Process(target=_serve, args=task, daemon=True)
        with warnings.catch_warnings():  # Python 3.12 warns of threads, NumPy's own among them
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        crew[ours] = process
    gc.unfreeze()
    return crew


def _serve(work: Work, pipe: Connection, others: Sequence[Connection]) -> None:
    """Do jobs until the pipe closes, as it does when the parent has ended in whatever way."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it too, and ends us
    for other in others:
        other.close()
    try:
        while True:
            for done in work(pipe.recv()):
                pipe.send(done)
            pipe.send(None)
    except (EOFError, ConnectionError):
        return
    except (WebenvsError, OSError) as error:
        pipe.send(error)


def _heard(pipe: Connection, process: BaseProcess) -> int | None:
    """How much was done, or None at the end of a job; raises what the process could not do."""
    try:
        said = pipe.recv()
    except (EOFError, ConnectionError):
        process.join()
        raise CorpusError(
            f"A worker process ended with status {process.exitcode} before its work was done "
            "(-9: something killed it, often for want of memory). What is finished is kept: call "
            "again with the same settings to go on, perhaps with fewer workers."
        ) from None
    if isinstance(said, Exception):
        raise said
    return None if said is None else int(said)


def _dismiss(pipe: Connection, process: BaseProcess) -> None:
    pipe.close()
    process.join()
