"""Threads for the work that would block the loop of a server."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

Made = TypeVar("Made")


class Work:
    """A pool of threads; who waits for one of them does not stop the others from being served."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="webenvs-serve")

    async def run(self, function: Callable[..., Made], *arguments: Any, **named: Any) -> Made:
        """What the function returns or raises, called in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(function, *arguments, **named))

    def close(self) -> None:
        """Let what is under way finish, and nothing more begin."""
        self._pool.shutdown(wait=True, cancel_futures=True)
