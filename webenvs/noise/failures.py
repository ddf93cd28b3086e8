"""Simulated failures: a call meets a timeout, a rate limit or a server error instead of the web."""

from webenvs.noise.model import Key
from webenvs.records import Hit, Record, Status
from webenvs.seeding import uniform


class Failure(Record, frozen=True, kw_only=True):
    """With probability `rate` a call ends in `status`; the next try draws anew."""

    status: Status
    rate: float

    @property
    def name(self) -> str:
        """The status."""
        return self.status

    def fail(self, key: Key) -> Status | None:
        """The status, by a draw keyed by the call and its occurrence."""
        return self.status if uniform(*key, self.status) < self.rate else None

    def hits(self, key: Key, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        """The hits, unchanged."""
        return hits

    def page(self, key: Key, text: str) -> str:
        """The text, unchanged."""
        return text
