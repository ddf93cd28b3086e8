"""Noise on search results: hits that go missing."""

import msgspec

from webenvs.noise.model import Key
from webenvs.records import Hit, Record, Status
from webenvs.seeding import uniform


class DroppedHits(Record, frozen=True, kw_only=True):
    """Each hit is missing with probability `rate`; the others move up."""

    rate: float

    @property
    def name(self) -> str:
        """The word `drop`."""
        return "drop"

    def fail(self, key: Key) -> Status | None:
        """Never a failure."""
        return None

    def hits(self, key: Key, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        """The hits that are left, ranked from 1."""
        kept = [hit for hit in hits if uniform(*key, "drop", hit.url) >= self.rate]
        return tuple(
            msgspec.structs.replace(hit, rank=rank) for rank, hit in enumerate(kept, start=1)
        )

    def page(self, key: Key, text: str) -> str:
        """The text, unchanged."""
        return text
