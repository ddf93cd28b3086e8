"""The articles of the encyclopedia: lead, infobox, sections, pointers; and disambiguation pages."""

from collections import defaultdict

from webenvs.corpora.world import prose
from webenvs.corpora.world.addresses import MAIN, index_url
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.colour import Colour
from webenvs.corpora.world.desk import Desk
from webenvs.corpora.world.dice import Dice
from webenvs.corpora.world.labels import labels_of
from webenvs.corpora.world.plan import BOX, OTHER_INDEX, PROSE, ROSTER, Namesakes
from webenvs.corpora.world.prose import Span, Writer
from webenvs.corpora.world.relations import RELATIONS
from webenvs.records import Page

Written = tuple[Page, tuple[Span, ...]]

_SHARED, _SURNAME = "may refer to", "is a surname; among those who bear it are"
_BARE_SECTION = 0.25


class Encyclopedia:
    """Writes articles and disambiguation pages."""

    def __init__(self, desk: Desk) -> None:
        """Note which lists are about which entity, and which entity has a site."""
        self._desk = desk
        self._lists: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
        for roll in desk.plan.rolls:
            if roll.object >= 0 and "/" not in roll.url.split("/lists/")[1]:
                self._lists[roll.object].append((roll.title, roll.url))
        self._sites = {site.owner: site.root for site in desk.plan.sites}
        self._indexes = {directory.url for directory in desk.plan.directories}

    def article(self, place: int) -> Written:
        """The article of an entity."""
        entity = self._desk.entities[place]
        writer = Writer()
        self.body(writer, place)
        self._point(writer, place)
        return writer.page(entity.url, entity.title)

    def body(self, writer: Writer, place: int) -> None:
        """Write all of an article but the pointers at its end."""
        entity = self._desk.entities[place]
        dice = self._desk.dice("article", entity.id)
        colour = self._desk.colour(place, dice)
        told, boxed, shown = self._facts(place)
        for turn, (heading, relations) in enumerate(TYPES[entity.type].sections):
            facts = [fact for name in relations for fact in told.pop(name, ())]
            rosters = [shown.pop(name[1:]) for name in relations if name[1:] in shown]
            if turn == 0:
                writer.block()
                self.introduce(writer, place, dice)
            elif facts or rosters or dice.chance(_BARE_SECTION):
                writer.heading(heading)
                writer.block()
            else:
                continue
            self._section(writer, place, facts, rosters, colour, dice)
            if turn == 0:
                self._box(writer, boxed, dice)
        if not writer.stated:
            writer.block("This article is a stub.")

    def namesakes(self, group: Namesakes) -> Written:
        """A disambiguation page."""
        writer = Writer()
        surname = group.title.endswith("(surname)")
        writer.block(f"{group.name} {_SURNAME if surname else _SHARED}:")
        for place in group.members:
            writer.item()
            self._desk.entry(writer, place)
        return writer.page(group.url, group.title)

    def _facts(self, place: int) -> tuple[dict[str, list[int]], list[int], dict[str, list[int]]]:
        """What the article tells in sentences, in its infobox, and of things that point to it."""
        ledger, spots = self._desk.ledger, self._desk.plan.spots
        about = ledger.about(place)
        told = [fact for fact in about if spots[fact] & PROSE]
        boxed = [fact for fact in about if spots[fact] & BOX]
        shown = [fact for fact in ledger.naming(place) if spots[fact] & ROSTER]
        return self._desk.by_relation(told), boxed, self._desk.by_relation(shown)

    def introduce(self, writer: Writer, place: int, dice: Dice) -> None:
        """Write the sentence that says what the entity is."""
        entity = self._desk.entities[place]
        row = TYPES[entity.type]
        words = {
            "name": entity.name,
            "alias": row.alias_note.format(alias=entity.aliases[0]) if entity.aliases else "",
            "a_kind": prose.with_article(entity.kind),
            "is": "is" if self._desk.alive(place) else "was",
        }
        writer.fill(dice.pick(row.intros), words)

    def _section(
        self,
        writer: Writer,
        place: int,
        facts: list[int],
        rosters: list[list[int]],
        colour: Colour,
        dice: Dice,
    ) -> None:
        """Write a section: what is known of the entity, then what points to it."""
        count = self._desk.count(dice, 3, 4)
        self._desk.tell(writer, place, facts, colour, dice, 0 if rosters else count)
        for roster in rosters:
            writer.space()
            self._desk.show(writer, roster, self._desk.words(place, opening=True), dice)
            if count:
                writer.space()
                colour.sentences(writer, count)

    def _box(self, writer: Writer, facts: list[int], dice: Dice) -> None:
        """Write the infobox: a line a fact."""
        ledger = self._desk.ledger
        for fact in facts:
            told = ledger.facts[fact]
            writer.item("")
            start = writer.size
            labels = labels_of(told.relation, RELATIONS[told.relation].domain)
            writer.add(f"{dice.pick(labels)}: ")
            writer.word(self._desk.value(fact, dice, running=False))
            writer.state(start, (fact, ledger.twin(fact)))

    def _point(self, writer: Writer, place: int) -> None:
        """Write the last lines of an article: where to read on."""
        site = self._sites.get(place)
        if site:
            writer.block("Official site: ")
            writer.link(site.removeprefix("https://").rstrip("/"), site)
        writer.block("See also: ")
        title = TYPES[self._desk.entities[place].type].title
        index = title if index_url(title) in self._indexes else OTHER_INDEX
        for name, url in (*self._lists[place], (index, index_url(index))):
            writer.link(name, url)
            writer.add("; ")
        writer.link("Main Page", MAIN)
