"""Noise that takes something from a page, spoils its letters, or keeps it from opening."""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from webenvs.editing import Edit, between, blocks, edited
from webenvs.errors import bad_setting
from webenvs.noise.draw import Draw
from webenvs.noise.model import Around, Detail, Failure, Scene, Seconds
from webenvs.records import Link, Page, Record
from webenvs.text import clip, one_line

Share = Annotated[float, Meta(ge=0, le=1)]

_HEADING = re.compile(r"^#+ .*", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SHOWN = 200


class Truncate(Record, frozen=True, kw_only=True):
    """The text ends early, anywhere; a share from `least` to `most` of it is there."""

    least: Share = 0.2
    most: Share = 0.8

    def __post_init__(self) -> None:
        if self.least > self.most:
            raise bad_setting("least", self.least, f"at most {self.most} (most)")

    def page(self, draw: Draw, page: Page, scene: Scene, around: Around) -> tuple[Page, Detail]:
        """The page without its end; links of the end are hidden."""
        size = len(page.text)
        share = self.least + (self.most - self.least) * draw.uniform("truncate", "share")
        kept = int(size * share)
        if kept >= size:
            return page, {}
        return edited(page, [Edit(kept, size)]), {"kept": kept, "of": size}


class MissSection(Record, frozen=True, kw_only=True):
    """A section is missing, heading and all; of a page without headings, a paragraph.

    Never what the page begins with. Of a page with one paragraph a sentence is missing.
    """

    def page(self, draw: Draw, page: Page, scene: Scene, around: Around) -> tuple[Page, Detail]:
        """The page without one of its parts; links of that part are hidden."""
        parts = _sections(page.text) or blocks(page.text)[1:] or _sentences(page.text)[1:]
        if not parts:
            return page, {}
        start, end = draw.choice(parts, "miss_section", "part")
        return edited(page, [Edit(start, end)]), {"start": start, "end": end}


class Garble(Record, frozen=True, kw_only=True):
    """The letters were read with a wrong decoder, and a share `lost` of all characters is gone.

    What is beyond ASCII, and every quotation mark, comes out as other letters; a replacement
    character stands for what is lost. Title and anchors are misread in the same way.
    """

    lost: Share = 0.005

    def page(self, draw: Draw, page: Page, scene: Scene, around: Around) -> tuple[Page, Detail]:
        """The page misread; links stay where they are."""
        decoder = draw.choice(_DECODERS, "garble", "decoder")
        wrong = _misreading(decoder)
        edits = [
            Edit(*mark.span(), wrong(mark.group()), keeps=True)
            for mark in _FRAGILE.finditer(page.text)
        ]
        edits += _lost(draw, page.text, self.lost)
        changed = edited(page, edits)
        links = tuple([_read_wrong(link, wrong) for link in changed.links])
        title = _FRAGILE.sub(_in(wrong), page.title)
        if not edits and title == page.title and links == page.links:
            return page, {}
        detail = {"decoder": decoder, "characters": len(edits)}
        return replace(changed, title=title, links=links), detail


class Rot(Record, frozen=True, kw_only=True):
    """The page is not there any more; if not `anywhere`, only where the task does not need it."""

    anywhere: bool = True
    seconds: Seconds = 0.2

    def page(
        self, draw: Draw, page: Page, scene: Scene, around: Around
    ) -> tuple[Page | Failure, Detail]:
        """HTTP 404."""
        if not self.anywhere and page.url in scene.essential:
            return page, {}
        content = f"{_shown(page.url)} was not found on this server (HTTP 404)."
        return Failure(status="not_found", content=content, seconds=self.seconds), {}


class Redirect(Record, frozen=True, kw_only=True):
    """The page is reached through one to `most` other addresses, or not if they are over `limit`.

    Each takes `seconds`. If not `anywhere`, a page that the task needs is always reached.
    """

    most: Annotated[int, Meta(ge=1, le=100)] = 5
    limit: Annotated[int, Meta(ge=0, le=100)] = 4
    anywhere: bool = True
    seconds: Seconds = 0.3

    def page(
        self, draw: Draw, page: Page, scene: Scene, around: Around
    ) -> tuple[Page | Failure, Detail]:
        """The page with the chain at its head, or what says that it was too long."""
        hops = 1 + draw.integer(self.most, "redirect", "hops")
        spared = not self.anywhere and page.url in scene.essential
        if hops > self.limit and not spared:
            content = (
                f"{_shown(page.url)} was not opened: it was redirected more than {self.limit} "
                "times (too many redirects)."
            )
            detail = {"hops": hops}
            return Failure(
                status="server_error", content=content, seconds=hops * self.seconds
            ), detail
        chain = [_detour(draw, page.url, hop) for hop in range(hops)]
        head = "Redirected: " + " -> ".join([*chain, _shown(page.url)])
        return between(page, [(0, head)]), {"hops": hops}


_DETOURS = (
    "{scheme}://www.{rest}",
    "http://{rest}",
    "{scheme}://{rest}?ref={number}",
    "{scheme}://m.{rest}",
    "{scheme}://{rest}?session={number}",
    "{scheme}://old.{rest}",
)


def _detour(draw: Draw, url: str, hop: int) -> str:
    """An address that leads to the next one."""
    scheme, _, rest = _shown(url).partition("://")
    number = draw.integer(10**8, "redirect", "number", hop)
    form = draw.choice(_DETOURS, "redirect", "form", hop)
    return form.format(scheme=scheme, rest=rest, number=number)


def _shown(url: str) -> str:
    return clip(one_line(url), _SHOWN)


def _sections(text: str) -> tuple[tuple[int, int], ...]:
    """Where each headed section begins and ends."""
    starts = [mark.start() for mark in _HEADING.finditer(text) if mark.start()]
    return tuple(pairwise([*starts, len(text)])) if starts else ()


def _sentences(text: str) -> tuple[tuple[int, int], ...]:
    starts = [0, *(mark.end() for mark in _SENTENCE.finditer(text))]
    return tuple([(one, other) for one, other in pairwise([*starts, len(text)]) if one < other])


_DECODERS = ("cp1252", "cp437", "cp1251", "mac_roman")
_FRAGILE = re.compile("[^\x00-\x7f]+|['\"]")
"""What does not survive a wrong decoder; typographic quotation marks are meant by plain ones."""
_TYPOGRAPHIC = {"'": "\N{RIGHT SINGLE QUOTATION MARK}", '"': "\N{RIGHT DOUBLE QUOTATION MARK}"}
_MOST_LOST = 2_000
_GONE = "\N{REPLACEMENT CHARACTER}"


@lru_cache(maxsize=8)
def _misreading(decoder: str) -> Callable[[str], str]:
    """What comes out of a text in UTF-8 that is read as another encoding, remembered by piece."""

    @lru_cache(maxsize=4096)
    def wrong(piece: str) -> str:
        meant = _TYPOGRAPHIC.get(piece, piece)
        return meant.encode("utf-8", "replace").decode(decoder, "replace")

    return wrong


def _read_wrong(link: Link, wrong: Callable[[str], str]) -> Link:
    anchor = _FRAGILE.sub(_in(wrong), link.anchor)
    return link if anchor == link.anchor else replace(link, anchor=anchor)


def _in(wrong: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
    return lambda mark: wrong(mark.group())


def _lost(draw: Draw, text: str, share: float) -> list[Edit]:
    """Replacement characters for a share of the characters, at most 2,000; blanks stay."""
    count = min(_MOST_LOST, round(len(text) * share))
    places = {draw.integer(len(text), "garble", "lost", number) for number in range(count)}
    return [
        Edit(place, place + 1, _GONE, keeps=True)
        for place in sorted(places)
        if "!" <= text[place] <= "~" and text[place] not in _TYPOGRAPHIC
    ]
