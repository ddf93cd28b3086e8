"""The time of a run: how much is used, how much is left, and what must be kept for the end."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

COLD_SHARE = 0.4
"""The part of a run's minutes that its cold start may take: demonstrations and fine-tuning."""
MARGIN = 1.3
"""How much longer than before the last evaluation, or the next update, is thought to take."""
REPORT_SECONDS = 5.0
"""What is kept for writing the report."""


class Budget:
    """Wall time against `minutes`; without a bound there is always time."""

    def __init__(
        self,
        minutes: float | None,
        used: float = 0.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the clock; `used` seconds were spent before a run went on."""
        self._seconds = None if minutes is None else 60 * minutes
        self._now = now
        self._start = now() - used
        self._longest: dict[str, float] = {}

    @property
    def used(self) -> float:
        """Seconds since the run began, pauses between resumptions left out."""
        return self._now() - self._start

    @property
    def left(self) -> float | None:
        """Seconds until the bound, None without one; never below 0."""
        return None if self._seconds is None else max(0.0, self._seconds - self.used)

    def progress(self, begun: float) -> float:
        """The share (0 to 1) of what was left at `begun` seconds that is used up; 0 unbounded."""
        if self._seconds is None:
            return 0.0
        return min(1.0, max(0.0, self.used - begun) / max(1e-9, self._seconds - begun))

    def for_cold_start(self, shares: float = 1.0) -> float | None:
        """Seconds that this share of what is left of the cold start's part may take."""
        if self._seconds is None:
            return None
        return max(1.0, shares * (COLD_SHARE * self._seconds - self.used))

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Note how long what is done inside takes; the longest is what the next is thought to."""
        begun = self._now()
        yield
        self._longest[what] = max(self._now() - begun, self._longest.get(what, 0.0))

    def room_for(self, *what: str) -> bool:
        """Whether all of these, as long as they ever took, end before the bound."""
        if self._seconds is None:
            return True
        wanted = sum(self._longest.get(name, 0.0) for name in what)
        return self.used + MARGIN * wanted + REPORT_SECONDS <= self._seconds
