"""Noise on the list of search results: hits lost, moved, doubled, replaced or not indexed yet."""

from collections.abc import Sequence
from itertools import pairwise

from msgspec.structs import replace

from webenvs.noise.draw import Draw
from webenvs.noise.excerpts import beginning
from webenvs.noise.model import Around, Detail
from webenvs.records import Hit, Page, Record

_ANY = 2**63
"""More than any corpus has pages, so that a draw below it falls on each of them alike."""


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


class Empty(Record, frozen=True, kw_only=True):
    """The engine finds nothing."""

    def hits(
        self, draw: Draw, query: str, hits: tuple[Hit, ...], struck: Sequence[int], around: Around
    ) -> tuple[tuple[Hit, ...], Detail]:
        """No hits."""
        return (), {"lost": [hit.url for hit in hits]}


class Shuffle(Record, frozen=True, kw_only=True):
    """The hits come in another order than the engine's."""

    def hits(
        self, draw: Draw, query: str, hits: tuple[Hit, ...], struck: Sequence[int], around: Around
    ) -> tuple[tuple[Hit, ...], Detail]:
        """All hits in a drawn order, which is never the one they came in."""
        mixed = draw.shuffled(hits, "shuffle", "order")
        if mixed == hits:
            mixed = (*hits[1:], *hits[:1])
        return ranked(mixed), {}


class Swap(Record, frozen=True, kw_only=True):
    """A hit changes places with the next one, the last with the one before it.

    The first places go first, and a hit that has changed places already stays where it is.
    """

    def hits(
        self, draw: Draw, query: str, hits: tuple[Hit, ...], struck: Sequence[int], around: Around
    ) -> tuple[tuple[Hit, ...], Detail]:
        """All hits, some pairs of neighbours the other way round; `urls` are the moved."""
        order = list(hits)
        moved: set[int] = set()
        for place in struck:
            other = place + 1 if place + 1 < len(order) else place - 1
            if other < 0 or moved & {place, other}:
                continue
            order[place], order[other] = order[other], order[place]
            moved |= {place, other}
        return ranked(order), {"urls": [hits[place].url for place in sorted(moved)]}


class Duplicate(Record, frozen=True, kw_only=True):
    """A hit stands there twice and pushes the last one out; the last one's double has no room."""

    def hits(
        self, draw: Draw, query: str, hits: tuple[Hit, ...], struck: Sequence[int], around: Around
    ) -> tuple[tuple[Hit, ...], Detail]:
        """As many hits as there were; `urls` stand there twice, `lost` no more."""
        shown: list[Hit] = []
        for place, hit in enumerate(hits):
            shown += [hit, hit] if place in struck else [hit]
        left = shown[: len(hits)]
        twice = dict.fromkeys([hit.url for hit, then in pairwise(left) if hit is then])
        return ranked(left), {"urls": list(twice), "lost": lost(hits, left)}


class Irrelevant(Record, frozen=True, kw_only=True):
    """A hit gives way to a page from anywhere in the corpus, which begins as its snippet does."""

    def hits(
        self, draw: Draw, query: str, hits: tuple[Hit, ...], struck: Sequence[int], around: Around
    ) -> tuple[tuple[Hit, ...], Detail]:
        """As many hits as there were; `urls` are new among them, `lost` gave way."""
        shown, put_in = list(hits), []
        taken = {hit.url for hit in hits}
        for place in struck:
            hit = hits[place]
            page = _elsewhere(draw.integer(_ANY, "irrelevant", "page", hit.url), taken, around)
            if page is None:
                continue
            shown[place] = replace(
                hit, url=page.url, title=page.title, snippet=beginning(page.text)
            )
            taken.add(page.url)
            put_in.append(page.url)
        return ranked(shown), {"urls": put_in, "lost": lost(hits, shown)}


class StaleRanking(Record, frozen=True, kw_only=True):
    """The engine's index is of an earlier day: some pages are not in it yet, whatever the query.

    Their places are filled from lower ranks.
    """

    def hits(
        self, draw: Draw, query: str, hits: tuple[Hit, ...], struck: Sequence[int], around: Around
    ) -> tuple[tuple[Hit, ...], Detail]:
        """The hits that the older index has; `urls` are new among them, `lost` not in it.

        `around` is searched as that index stands.
        """
        kept = [hit for place, hit in enumerate(hits) if place not in struck]
        last = max(_order(hit) for hit in hits)
        taken = {hit.url for hit in hits}
        lower = [
            hit
            for hit in around.search(query, len(hits))
            if hit.url not in taken and _order(hit) > last
        ]
        new = lower[: len(hits) - len(kept)]
        shown = ranked([*kept, *new])
        return shown, {"urls": [hit.url for hit in new], "lost": lost(hits, shown)}


def lost(hits: Sequence[Hit], shown: Sequence[Hit]) -> list[str]:
    """The urls of hits that are no longer shown, in their order."""
    left = {hit.url for hit in shown}
    return [hit.url for hit in hits if hit.url not in left]


def _order(hit: Hit) -> tuple[float, str]:
    """What engines rank by."""
    return -hit.score, hit.url


def _elsewhere(number: int, taken: set[str], around: Around) -> Page | None:
    """Page `number` of the corpus or the next one that is not taken, None if all are."""
    for step in range(len(taken) + 1):
        url = around.url(number + step)
        if url not in taken:
            return around.page(url)
    return None
