"""The pages of an organisation's site: home, about, contact, news, sections down to details."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from webenvs.corpora.world.bulletins import Bulletins
from webenvs.corpora.world.colour import Colour
from webenvs.corpora.world.desk import Desk, long_date
from webenvs.corpora.world.dice import Dice
from webenvs.corpora.world.encyclopedia import Encyclopedia
from webenvs.corpora.world.plan import Facts, Group, Leaf, Shelf, Site
from webenvs.corpora.world.prose import Span, Word, Writer, bare_name, capital
from webenvs.corpora.world.sites import section_of
from webenvs.records import Page

Written = tuple[Page, tuple[Span, ...]]

_GREETINGS = (
    "Welcome to {o}.",
    "This is the home page of {o}.",
    "{o}: good to see you here.",
    "You have reached {o}.",
)
_ROOMS = {
    "contact": ("Contact", "How to find us", "Find us"),
    "figures": ("Facts and figures", "In numbers", "At a glance"),
    "history": ("Our history", "History", "How it began"),
    "leadership": ("Leadership", "Who runs the house", "The people in charge"),
}
_MORE = ("Read more", "Details", "More", "Find out more")
_DETAILS = ("Details", "Further information", "More about this")
_STAFF = ("Staff", "People", "Who works here")
_NEWS = ("News", "Latest news", "Notice board")
_ABOUT = ("About us", "About", "Who we are")


class SitePages:
    """Writes the pages of one site; labels and tone are drawn once a site."""

    def __init__(
        self,
        desk: Desk,
        encyclopedia: Encyclopedia,
        bulletins: Bulletins,
        site: Site,
        archive: bool,
    ) -> None:
        """Settle the labels; `archive` says that the site is a newspaper's with printed news."""
        dice = desk.dice("site", site.root)
        self._desk = desk
        self._encyclopedia = encyclopedia
        self._bulletins = bulletins
        self._site = site
        self._archive = archive
        self._name = desk.entities[site.owner].name
        self._more = dice.pick(_MORE)
        self._details, self._staff = dice.pick(_DETAILS), dice.pick(_STAFF)
        self._news, self._about = dice.pick(_NEWS), dice.pick(_ABOUT)
        self._rooms = {slug: dice.pick(titles) for slug, titles in _ROOMS.items()}
        self._greeting = dice.pick(_GREETINGS)

    def pages(self) -> Iterator[Written]:
        """All pages of the site."""
        yield self._home()
        if not self._site.bare:
            yield self._about_page()
            for slug, facts in self._site.rooms:
                yield self._room(slug, facts)
            yield self._news_page()
        for item in self._site.items:
            yield self._bulletins.page(item, (self._news, f"{self._site.root}news/"))
        for shelf in self._site.shelves:
            yield self._section(shelf)
            for group in shelf.groups:
                if group.slug:
                    yield self._group(shelf, group)
                for leaf in group.leaves:
                    yield from self._leaf(shelf, group, leaf)

    def _home(self) -> Written:
        """The home page: a greeting, the menu, teasers."""
        root, dice = self._site.root, self._dice("home")
        writer = Writer()
        writer.block()
        writer.fill(self._greeting, {"o": bare_name(self._desk.entities[self._site.owner])})
        self._colour(writer, dice, 2, 3)
        writer.heading("Explore")
        for label, url in self._menu():
            writer.item()
            writer.link(label, url)
        if self._site.bare:
            self._outside(writer)
        if self._site.items:
            writer.heading(self._news)
        for item in self._site.items:
            self._teaser(writer, item.url, f"{self._bulletins.title(item)}. ")
        return writer.page(root, self._name)

    def _menu(self) -> list[tuple[str, str]]:
        """The entries of the site's menu."""
        root = self._site.root
        shelves = [
            (section_of(shelf.relation)[1], f"{root}{shelf.slug}/") for shelf in self._site.shelves
        ]
        archive = [("Archive", f"{root}archive/")] * self._archive
        first, last = self._short_menu()[:1], self._short_menu()[1:]
        return [*first, *shelves, *archive, *last]

    def _short_menu(self) -> list[tuple[str, str]]:
        """What every page of the site leads to, beside its home page."""
        root = self._site.root
        if self._site.bare:
            return []
        return [
            (self._about, f"{root}about/"),
            (self._news, f"{root}news/"),
            (self._rooms["contact"], f"{root}contact/"),
        ]

    def _about_page(self) -> Written:
        """What the owner is, and the way to the rooms."""
        writer, dice = Writer(), self._dice("about")
        owner = self._desk.entities[self._site.owner]
        writer.block()
        writer.add(capital(f"{bare_name(owner)} welcomes you."))
        self._colour(writer, dice, 4, 3)
        for slug, _ in self._site.rooms:
            if slug != "contact":
                writer.item()
                writer.add(f"{self._rooms[slug]}. ")
                writer.link(self._more, f"{self._site.root}about/{slug}/")
        self._outside(writer)
        return self._done(writer, f"{self._site.root}about/", self._about)

    def _outside(self, writer: Writer) -> None:
        """Write the link back to the owner's article."""
        owner = self._desk.entities[self._site.owner]
        writer.block("In the encyclopedia: ")
        writer.link(owner.title, owner.url)

    def _room(self, slug: str, facts: Facts) -> Written:
        """A page below "About", or "Contact": facts about the owner."""
        writer, dice = Writer(), self._dice("room", slug)
        writer.block()
        owner = bare_name(self._desk.entities[self._site.owner])
        writer.add(capital(f"{owner}: {self._rooms[slug].lower()}."))
        ours: dict[str, Word] = {"Their": "Our", "their": "our"}
        self._tell(writer, self._site.owner, facts, dice, ours)
        below = "" if slug == "contact" else "about/"
        return self._done(writer, f"{self._site.root}{below}{slug}/", self._rooms[slug])

    def _news_page(self) -> Written:
        """The list of the site's own news."""
        writer = Writer()
        writer.block("What happens here.")
        for item in self._site.items:
            teaser = f"{long_date(item.day)}: {self._bulletins.title(item)}. "
            self._teaser(writer, item.url, teaser)
        return self._done(writer, f"{self._site.root}news/", self._news)

    def _section(self, shelf: Shelf) -> Written:
        """A section: what is on the shelf, or the way to its parts."""
        writer, dice = Writer(), self._dice("section", shelf.slug)
        url = f"{self._site.root}{shelf.slug}/"
        heading = section_of(shelf.relation)[1]
        writer.block()
        writer.add(f"{heading}: an overview.")
        self._colour(writer, dice, 2, 3)
        for group in shelf.groups:
            if group.slug:
                self._teaser(writer, f"{url}{group.slug}/", f"{group.title}. ")
            else:
                self._members(writer, shelf, group)
        return self._done(writer, url, heading)

    def _group(self, shelf: Shelf, group: Group) -> Written:
        """A sub-section: the things from one name to another."""
        writer, dice = Writer(), self._dice("group", shelf.slug, group.slug)
        heading = f"{section_of(shelf.relation)[1]}, {group.title}"
        writer.block()
        self._colour(writer, dice, 1, 1)
        self._members(writer, shelf, group)
        writer.block("Back to ")
        writer.link(section_of(shelf.relation)[1], f"{self._site.root}{shelf.slug}/")
        return self._done(writer, f"{self._site.root}{shelf.slug}/{group.slug}/", heading)

    def _members(self, writer: Writer, shelf: Shelf, group: Group) -> None:
        """One line for each thing, with a link to its page here or in the encyclopedia."""
        pages = {leaf.link: self._leaf_url(shelf, leaf) for leaf in group.leaves}
        for link in group.links:
            entity = self._desk.entities[self._desk.ledger.subjects[link]]
            writer.item()
            start = writer.size
            if link in pages:
                writer.add(f"{entity.name}, {entity.kind}. ")
                writer.link(self._more, pages[link])
            else:
                writer.link(entity.name, entity.url)
                writer.add(f", {entity.kind}")
            writer.state(start, (link,))

    def _leaf(self, shelf: Shelf, group: Group, leaf: Leaf) -> Iterator[Written]:
        """The page of one thing, and those of its details and its staff."""
        desk = self._desk
        entity = desk.entities[leaf.thing]
        url = self._leaf_url(shelf, leaf)
        writer, dice = Writer(), self._dice("leaf", url)
        if url == entity.url:
            self._encyclopedia.body(writer, leaf.thing)
        else:
            writer.block()
            self._encyclopedia.introduce(writer, leaf.thing, dice)
            self._tell(writer, leaf.thing, (leaf.link, *leaf.told), dice)
        below = [
            (label, slug, facts)
            for label, slug, facts in (
                (self._details, "details", leaf.details),
                (self._staff, "staff", leaf.staff),
            )
            if facts
        ]
        for label, slug, _ in below:
            writer.item()
            writer.link(label, f"{url.rstrip('/')}/{slug}/")
        writer.block("Back to ")
        heading = section_of(shelf.relation)[1]
        up = f"{group.slug}/" if group.slug else ""
        writer.link(heading, f"{self._site.root}{shelf.slug}/{up}")
        yield self._done(writer, url, entity.name)
        for label, slug, facts in below:
            yield self._below(leaf, f"{url.rstrip('/')}/{slug}/", label, facts, url)

    def _leaf_url(self, shelf: Shelf, leaf: Leaf) -> str:
        """Where the page of a thing lies: its own page, if that is on this site."""
        own = self._desk.entities[leaf.thing].url
        here = f"{self._site.root}{shelf.slug}/{leaf.slug}/"
        return own if own.startswith(self._site.root) else here

    def _below(self, leaf: Leaf, url: str, label: str, facts: Facts, up: str) -> Written:
        """A page of details, or one of the people who belong to a thing."""
        name = self._desk.entities[leaf.thing].name
        writer, dice = Writer(), self._dice("below", url)
        writer.block()
        if facts is leaf.staff:
            self._colour(writer, dice, 1, 1)
            for fact in facts:
                writer.item()
                start = writer.size
                self._desk.entry(writer, self._desk.ledger.subjects[fact])
                writer.state(start, (fact,))
        else:
            thing = bare_name(self._desk.entities[leaf.thing])
            writer.add(capital(f"{thing}: {label.lower()}."))
            self._tell(writer, leaf.thing, facts, dice)
        writer.block("Back to ")
        writer.link(name, up)
        return self._done(writer, url, f"{name}: {label}")

    def _tell(
        self,
        writer: Writer,
        place: int,
        facts: Sequence[int],
        dice: Dice,
        words: Mapping[str, Word] = MappingProxyType({}),
    ) -> None:
        """Write a paragraph of facts and colour."""
        colour = Colour("site", dice, {})
        count = max(1, self._desk.count(dice, 3, 4))
        self._desk.tell(writer, place, facts, colour, dice, count, words)

    def _colour(self, writer: Writer, dice: Dice, least: int, spread: int) -> None:
        """Write a few sentences of colour behind what was written."""
        writer.space()
        Colour("site", dice, {}).sentences(writer, max(1, self._desk.count(dice, least, spread)))

    def _teaser(self, writer: Writer, url: str, text: str) -> None:
        """Write a line of a list with the site's usual link behind it."""
        writer.item()
        writer.add(text)
        writer.link(self._more, url)

    def _done(self, writer: Writer, url: str, heading: str) -> Written:
        """The finished page, with the short menu that all pages of the site end in."""
        writer.block()
        writer.link("Home", self._site.root)
        for label, target in self._short_menu():
            writer.add(" · ")
            writer.link(label, target)
        return writer.page(url, f"{heading} – {self._name}")

    def _dice(self, *key: object) -> Dice:
        return self._desk.dice(self._site.root, *key)
