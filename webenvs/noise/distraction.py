"""Noise that puts pages about things of like names in front of the hits that were meant."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec.structs import replace

from webenvs.noise.draw import Draw
from webenvs.noise.excerpts import about
from webenvs.noise.model import Around, Detail
from webenvs.noise.results import lost, ranked
from webenvs.records import Hit, Page, Record

_LOOKED_AT = 10
_TITLE_END = re.compile(r"\s+[–—|(\[-]|:\s")
"""Where the name ends in titles such as "Name – Site", "Name (kind)" or "Name: what about it"."""
_NAME_WORD = re.compile(r"\w{4,}")


class Distract(Record, frozen=True, kw_only=True):
    """Before a hit stand `count` pages about other things of that name, or of one like it.

    Where the corpus has knowledge they are the page's namesakes; else pages whose title shares a
    word with the name in the hit's title; else lower hits of the same query. What they push beyond
    the number of hits is lost.
    """

    count: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1

    def hits(
        self, draw: Draw, query: str, hits: tuple[Hit, ...], struck: Sequence[int], around: Around
    ) -> tuple[tuple[Hit, ...], Detail]:
        """As many hits as there were; `urls` are new among them, `lost` were pushed out."""
        shown: list[Hit] = []
        taken = {hit.url for hit in hits}
        for place, hit in enumerate(hits):
            if len(shown) >= len(hits):
                break
            if place in struck:
                for other in self._others(draw, query, hit, taken, around):
                    shown.append(replace(other, score=hit.score))
                    taken.add(other.url)
            shown.append(hit)
        before = {hit.url for hit in hits}
        left = ranked(shown[: len(hits)])
        put_in = [hit.url for hit in left if hit.url not in before]
        return left, {"urls": put_in, "lost": lost(hits, left)}

    def _others(
        self, draw: Draw, query: str, hit: Hit, taken: set[str], around: Around
    ) -> list[Hit]:
        """The first `count` of the hit's distractors that are not there yet, in a drawn order."""
        urls = [url for url in around.namesakes(hit.url) if url not in taken]
        chosen = draw.shuffled(urls, "distract", "namesakes", hit.url)[: self.count]
        pages = [page for page in map(around.page, chosen) if page is not None]
        if pages:
            return [_as_hit(page, query) for page in pages]
        for found in _alike(query, hit, len(taken), around):
            left = {other.url: other for other in found if other.url not in taken}
            if left:
                order = draw.shuffled(list(left.values()), "distract", "pages", hit.url)
                return list(order[: self.count])
        return []


def _alike(query: str, hit: Hit, shown: int, around: Around) -> Iterator[Sequence[Hit]]:
    """What can distract from a hit that has no namesakes, the best sort first."""
    name = _TITLE_END.split(hit.title, maxsplit=1)[0].strip()
    words = _words(name)
    if words:
        near = around.search(name, _LOOKED_AT)
        yield [other for other in near if other.title != hit.title and words & _words(other.title)]
    yield around.search(query, shown + _LOOKED_AT)


def _as_hit(page: Page, query: str) -> Hit:
    snippet = about(page.text, query)
    return Hit(url=page.url, title=page.title, snippet=snippet, score=0.0, rank=0)


def _words(text: str) -> set[str]:
    """The words of a title that tell things apart, in lower case."""
    return set(_NAME_WORD.findall(text.lower()))
