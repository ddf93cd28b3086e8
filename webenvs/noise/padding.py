"""Noise that puts more on a page than it has to say; what it says stays, word for word."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from webenvs.editing import between, gaps
from webenvs.noise import filler
from webenvs.noise.draw import Draw
from webenvs.noise.model import Around, Detail, Scene
from webenvs.records import Page, Record
from webenvs.text import clip, one_line

_TITLES = 3


class Boilerplate(Record, frozen=True, kw_only=True):
    """Banner, menu and footer stand around the text again, and boxes between its paragraphs.

    Up to `boxes` of these: letters to subscribe to, things to share, titles of other pages.
    """

    boxes: Annotated[int, Meta(ge=0, le=20)] = 3

    def page(self, draw: Draw, page: Page, scene: Scene, around: Around) -> tuple[Page, Detail]:
        """The page as it was served, before its text was found in it."""
        places = gaps(page.text)
        first, last = places[0], places[-1]
        boxes = [
            (
                draw.choice(places[1:] or places, "boilerplate", "gap", number),
                self._box(draw, number, around),
            )
            for number in range(self.boxes)
        ]
        pieces = [
            (first, draw.choice(filler.BANNERS, "boilerplate", "banner")),
            (first, draw.choice(filler.MENUS, "boilerplate", "menu")),
            *boxes,
            (last, draw.choice(filler.FOOTERS, "boilerplate", "footer")),
        ]
        return _padded(page, pieces)

    def _box(self, draw: Draw, number: int, around: Around) -> str:
        sort = draw.integer(3, "boilerplate", "box", number)
        if sort < 2:
            return draw.choice((filler.LETTERS, filler.SHARES)[sort], "boilerplate", "text", number)
        lines = [draw.choice(filler.RELATED, "boilerplate", "related", number)]
        for place in range(_TITLES):
            some = draw.integer(2**32, "boilerplate", "title", number, place)
            other = around.page(around.url(some))
            if other is not None:
                lines.append(f"- {clip(one_line(other.title), 80)}")
        return "\n".join(lines)


class Advertise(Record, frozen=True, kw_only=True):
    """Between paragraphs stand advertisements: one, and up to `most`."""

    most: Annotated[int, Meta(ge=1, le=50)] = 3

    def page(self, draw: Draw, page: Page, scene: Scene, around: Around) -> tuple[Page, Detail]:
        """The page with its advertisements."""
        places = gaps(page.text)
        pieces = [
            (
                draw.choice(places, "advertise", "gap", number),
                filler.advertisement(draw, "advertise", number),
            )
            for number in range(1 + draw.integer(self.most, "advertise", "count"))
        ]
        return _padded(page, pieces)


class Bloat(Record, frozen=True, kw_only=True):
    """The page is very long: at least `characters` of idle talk stand between its paragraphs."""

    characters: Annotated[int, Meta(ge=1, le=1_000_000)] = 20_000

    def page(self, draw: Draw, page: Page, scene: Scene, around: Around) -> tuple[Page, Detail]:
        """The page with paragraphs about nothing."""
        places = gaps(page.text)
        talk = filler.idle_talk(draw, self.characters, "bloat")
        spots = filler.picks(draw, places, len(talk), "bloat", "gap")
        return _padded(page, list(zip(spots, talk, strict=True)))


def _padded(page: Page, pieces: Sequence[tuple[int, str]]) -> tuple[Page, Detail]:
    """The page with those blocks, and at which characters of its text how many of them stand."""
    counts: dict[int, int] = {}
    for gap, _ in pieces:
        counts[gap] = counts.get(gap, 0) + 1
    added = sum(len(text) for _, text in pieces)
    return between(page, pieces), {
        "at": [list(pair) for pair in sorted(counts.items())],
        "added": added,
    }
