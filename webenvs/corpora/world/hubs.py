"""The pages that lead to others: indexes in levels, the main page, notices of the encyclopedia."""

from collections.abc import Iterator

from webenvs.corpora.world.addresses import MAIN, level_url, notice_url
from webenvs.corpora.world.bulletins import Bulletins
from webenvs.corpora.world.colour import Colour
from webenvs.corpora.world.desk import Desk, long_date
from webenvs.corpora.world.graph import ROOT
from webenvs.corpora.world.plan import CHUNK, Directory, Distractor, Namesakes, Roll
from webenvs.corpora.world.prose import Span, Writer
from webenvs.records import Page

Written = tuple[Page, tuple[Span, ...]]

NOTICES = (
    "About the World Encyclopedia",
    "Help with editing",
    "Privacy notice",
    "Accessibility statement",
    "Rules of style",
    "Frequently asked questions",
    "Imprint",
    "Donations",
    "Printing and reuse",
    "Report an error",
)
"""Pages about the encyclopedia itself; a web has as many as its size leaves room for."""


class Hubs:
    """Writes indexes, the main page and notices."""

    def __init__(self, desk: Desk, bulletins: Bulletins) -> None:
        """Write with what the desk knows; headlines are those of the bulletins."""
        self._desk = desk
        self._bulletins = bulletins

    def index(self, directory: Directory, level: int, part: int) -> Written:
        """A page of an index: entries at level 0, pages of the level below above it."""
        sizes = levels_of(len(directory.order))
        first, last = _slice(len(directory.order), sizes, level, part)
        top = level + 1 == len(sizes)
        title = (
            directory.title
            if top
            else f"{directory.title}: {self._span(directory, sizes, level, part)}"
        )
        writer = Writer()
        writer.block(f"{title}.")
        for place in range(first, last):
            writer.item()
            if level == 0:
                self._entry(writer, directory, directory.order[place])
            else:
                name = self._span(directory, sizes, level - 1, place)
                writer.link(name, self._url(directory, sizes, level - 1, place))
        writer.block("Up: ")
        if top:
            writer.link(*(("Home", _site(directory)) if _site(directory) else ("Main Page", MAIN)))
        else:
            writer.link(directory.title, directory.url)
        return writer.page(self._url(directory, sizes, level, part), title)

    def main(self) -> Written:
        """The front page."""
        writer = Writer()
        writer.block(
            "Welcome to the World Encyclopedia, which anyone may read and nobody may edit."
        )
        writer.heading("Indexes")
        for directory in self._desk.plan.directories:
            if not _site(directory):
                writer.item()
                writer.link(directory.title, directory.url)
        if self._desk.plan.notices:
            writer.heading("About us")
            for title in NOTICES[: self._desk.plan.notices]:
                writer.item()
                writer.link(title, notice_url(title))
        return writer.page(MAIN, "Main Page")

    def notice(self, number: int) -> Written:
        """A page about the encyclopedia."""
        dice = self._desk.dice("notice", number)
        writer = Writer()
        writer.block(f"{NOTICES[number]}. This page is kept by volunteers.")
        writer.space()
        Colour("site", dice, {}).sentences(writer, max(1, self._desk.count(dice, 3, 3)))
        writer.block("Back to the ")
        writer.link("Main Page", MAIN)
        return writer.page(notice_url(NOTICES[number]), NOTICES[number])

    def _entry(self, writer: Writer, directory: Directory, place: int) -> None:
        """Write one entry of an index."""
        plan = self._desk.plan
        if directory.what == "entity":
            self._desk.entry(writer, place)
        elif directory.what == "site":
            site = plan.sites[place]
            writer.link(self._desk.entities[site.owner].title, site.root)
        elif directory.what == "item":
            item = plan.items[place]
            writer.add(f"{long_date(item.day)}: ")
            writer.link(self._bulletins.title(item), item.url)
        else:
            page = self._page(directory.what, place)
            writer.link(page.title, page.url)

    def _span(self, directory: Directory, sizes: list[int], level: int, part: int) -> str:
        """From which entry to which a part of an index goes."""
        first, last = part, part + 1
        for lower in range(level, -1, -1):
            start = _slice(len(directory.order), sizes, lower, first)[0]
            last = _slice(len(directory.order), sizes, lower, last - 1)[1]
            first = start
        return f"{self._name(directory, first)} to {self._name(directory, last - 1)}"

    def _name(self, directory: Directory, entry: int) -> str:
        """A short name of an entry."""
        place = directory.order[entry]
        plan = self._desk.plan
        if directory.what == "item":
            return long_date(plan.items[place].day)
        if directory.what == "site":
            return self._desk.entities[plan.sites[place].owner].title
        if directory.what == "entity":
            return self._desk.entities[place].title
        return self._page(directory.what, place).title

    def _page(self, what: str, place: int) -> Roll | Namesakes | Distractor:
        """The page of the plan that an entry of an index stands for."""
        plan = self._desk.plan
        if what == "roll":
            return plan.rolls[place]
        return plan.namesakes[place] if what == "namesakes" else plan.distractors[place]

    def _url(self, directory: Directory, sizes: list[int], level: int, part: int) -> str:
        """Where a page of an index lies."""
        top = level + 1 == len(sizes)
        return directory.url if top else level_url(directory.url, level, part)


def levels_of(entries: int) -> list[int]:
    """How many pages each level of an index has, the one with the entries first."""
    sizes = [-(-entries // CHUNK)]
    while sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // CHUNK))
    return sizes


def index_places(entries: int) -> Iterator[tuple[int, int]]:
    """Level and part of every page of an index."""
    for level, size in enumerate(levels_of(entries)):
        for part in range(size):
            yield level, part


def _slice(entries: int, sizes: list[int], level: int, part: int) -> tuple[int, int]:
    """Which entries, or pages of the level below, a page of an index leads to: evenly shared."""
    below = entries if level == 0 else sizes[level - 1]
    return below * part // sizes[level], below * (part + 1) // sizes[level]


def _site(directory: Directory) -> str:
    """The home page of the site that an index belongs to; empty for the encyclopedia's."""
    home, archive, _ = directory.url.partition("archive/")
    return home if archive and not home.startswith(ROOT) else ""
