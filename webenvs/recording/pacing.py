"""Politeness: at most so many requests at once, to one host fewer, and a pause between them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Sleep = Callable[[float], Awaitable[None]]
Now = Callable[[], float]


class Pacer:
    """Hands out turns to ask a host."""

    def __init__(
        self,
        concurrency: int,
        per_host: int,
        sleep: Sleep = asyncio.sleep,
        now: Now = time.monotonic,
    ) -> None:
        """`concurrency` turns at once, `per_host` of them for one host; `now` in seconds."""
        self._all = asyncio.Semaphore(concurrency)
        self._per_host = per_host
        self._lanes: dict[str, asyncio.Semaphore] = {}
        self._next: dict[str, float] = {}
        self._sleep, self._now = sleep, now

    @asynccontextmanager
    async def turn(self, host: str, delay: float) -> AsyncIterator[None]:
        """A turn to ask `host`, begun `delay` seconds after the one before began, or later.

        Who waits for its host holds no place that another host could use.
        """
        async with self._lanes.setdefault(host, asyncio.Semaphore(self._per_host)):
            while True:
                while (wait := self._wait(host)) > 0:
                    await self._sleep(wait)
                async with self._all:
                    if self._wait(host) > 0:  # another turn of the host began in the meantime
                        continue
                    self._next[host] = self._now() + delay
                    yield
                    return

    def _wait(self, host: str) -> float:
        """Seconds until the next turn of `host` may begin; not above 0 if it may now."""
        now = self._now()
        return self._next.get(host, now) - now
