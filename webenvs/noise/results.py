"""Noise on search results."""

from collections.abc import Sequence

from msgspec.structs import replace

from webenvs.noise.draw import Draw
from webenvs.noise.model import Around, Detail
from webenvs.records import Hit, Record


def ranked(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The hits in their order, ranked from 1."""
    return tuple([replace(hit, rank=rank) for rank, hit in enumerate(hits, start=1)])


class Drop(Record, frozen=True, kw_only=True):
    """A hit is missing; the others move up."""

    def hits(
        self, draw: Draw, query: str, hits: tuple[Hit, ...], struck: Sequence[int], around: Around
    ) -> tuple[tuple[Hit, ...], Detail]:
        """The hits that are left."""
        return ranked([hit for place, hit in enumerate(hits) if place not in struck]), {}
