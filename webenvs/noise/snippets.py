"""Noise on the snippets of hits: cut off, or of another passage than the one that matches."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec.structs import replace

from webenvs.noise.draw import Draw
from webenvs.noise.excerpts import flat, passage
from webenvs.noise.model import Around, Detail
from webenvs.records import Hit, Record

_LEAST = 20
"""Characters of a passage."""


class CutSnippet(Record, frozen=True, kw_only=True):
    """A snippet ends after `characters`."""

    characters: Annotated[int, msgspec.Meta(ge=0)] = 40

    def hits(
        self, draw: Draw, query: str, hits: tuple[Hit, ...], struck: Sequence[int], around: Around
    ) -> tuple[tuple[Hit, ...], Detail]:
        """The same hits; `urls` are those whose snippets were cut."""
        snippets = {place: self._cut(hits[place].snippet) for place in struck}
        return _with(hits, snippets)

    def _cut(self, snippet: str) -> str:
        if len(snippet) <= self.characters + 1:  # the mark would make it no shorter
            return snippet
        return f"{snippet[: self.characters].rstrip()}…"


class WrongSnippet(Record, frozen=True, kw_only=True):
    """A snippet is of another passage of its page than the one that matches."""

    def hits(
        self, draw: Draw, query: str, hits: tuple[Hit, ...], struck: Sequence[int], around: Around
    ) -> tuple[tuple[Hit, ...], Detail]:
        """The same hits; `urls` are those with other snippets. A page of one passage keeps it."""
        snippets = {place: _other_passage(draw, hits[place], around) for place in struck}
        return _with(hits, snippets)


def _other_passage(draw: Draw, hit: Hit, around: Around) -> str:
    """A passage of the hit's page that has nothing of its snippet; the snippet if there is none."""
    page = around.page(hit.url)
    if page is None:
        return hit.snippet
    line, shown = flat(page.text), flat(hit.snippet.strip("… "))
    at = max(0, line.find(shown))  # what is not found is of a part that is not looked at
    end = at + len(shown) if line.startswith(shown, at) else at
    windows = [*_windows(0, at, len(shown)), *_windows(end, len(line), len(shown))]
    if not windows:
        return hit.snippet
    start, width = draw.choice(windows, "wrong_snippet", "passage", hit.url)
    return passage(line, start, width)


def _windows(first: int, last: int, width: int) -> list[tuple[int, int]]:
    """Start and width of the passages between two places, none so short that it says nothing."""
    width = max(width, 4 * _LEAST)
    starts = range(first, last - _LEAST + 1, width)
    return [(start, min(width, last - start)) for start in starts]


def _with(hits: tuple[Hit, ...], snippets: dict[int, str]) -> tuple[tuple[Hit, ...], Detail]:
    """The hits with these snippets by place, and which urls were concerned."""
    changed = {place: text for place, text in snippets.items() if text != hits[place].snippet}
    shown = [
        replace(hit, snippet=changed[place]) if place in changed else hit
        for place, hit in enumerate(hits)
    ]
    return tuple(shown), {"urls": [hits[place].url for place in sorted(changed)]}
