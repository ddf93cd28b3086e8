"""The pages of lists and tables, and the pages about nothing that is asked."""

from webenvs.corpora.world import oddities
from webenvs.corpora.world.addresses import index_url
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.colour import Colour, theme_of
from webenvs.corpora.world.desk import Desk
from webenvs.corpora.world.dice import Dice
from webenvs.corpora.world.labels import label_of
from webenvs.corpora.world.plan import Distractor, Facts, Roll
from webenvs.corpora.world.prose import Span, Word, Writer, capital, linked
from webenvs.corpora.world.relations import RELATIONS
from webenvs.records import Page

_IT = {"S": "It", "they": "it", "them": "it", "their": "its", "Their": "Its"}
_UNKNOWN = "not recorded"


class Rolls:
    """Writes lists, tables and distractors."""

    def __init__(self, desk: Desk) -> None:
        """Write with what the desk knows."""
        self._desk = desk

    def roll(self, roll: Roll) -> tuple[Page, tuple[Span, ...]]:
        """A page of a list or table: one line a row."""
        writer = Writer()
        dice = self._desk.dice(roll.url)
        self._open(writer, roll)
        domain = RELATIONS[roll.relation].domain
        if roll.columns:
            heads = [
                capital(TYPES[domain].words.noun),
                *(label_of(name, domain) for name in roll.columns),
            ]
            writer.item("")
            writer.add(" | ".join(heads))
        for row in roll.rows:
            writer.item("" if roll.columns else "- ")
            start = writer.size
            place = self._desk.ledger.subjects[next(fact for fact in row if fact >= 0)]
            if roll.columns:
                writer.link(self._desk.entities[place].title, self._desk.entities[place].url)
                self._cells(writer, row[1:], dice)
            else:
                self._desk.entry(writer, place)
            writer.state(start, (*row, *map(self._desk.ledger.twin, row)))
        if roll.next:
            writer.block("Continued on the ")
            writer.link("next page", roll.next)
        writer.block("Back to ")
        writer.link("Lists and tables", index_url("Lists and tables"))
        return writer.page(roll.url, roll.title)

    def _open(self, writer: Writer, roll: Roll) -> None:
        """Write what the list is about."""
        if roll.object < 0:
            words = TYPES[RELATIONS[roll.relation].domain].words
            label = label_of(roll.relation, RELATIONS[roll.relation].domain).lower()
            writer.block(f"Of some {words.plural}, this table gives the {label}.")
            return
        form = "table" if roll.columns else "list"
        writer.block(f"This {form} names ")
        title = RELATIONS[roll.relation].roll
        before, _, after = title.partition("{o}")
        writer.add(before[0].lower() + before[1:])
        writer.rich(linked(self._desk.entities[roll.object]))
        writer.add(f"{after}.")

    def _cells(self, writer: Writer, facts: Facts, dice: Dice) -> None:
        """Write the cells behind the first."""
        for fact in facts:
            writer.add(" | ")
            if fact < 0:
                writer.add(_UNKNOWN)
            else:
                writer.word(self._desk.value(fact, dice, running=False))

    def distractor(self, page: Distractor) -> tuple[Page, tuple[Span, ...]]:
        """A page that states no fact; it points to the entity that it is near."""
        dice = self._desk.dice(page.url)
        writer = Writer()
        writer.block()
        name: dict[str, Word] = {**_IT}
        entity = self._desk.entities[max(page.near, 0)]
        theme = "odd"
        if page.sort == "near":
            theme = theme_of(entity.type)
            name = self._desk.words(page.near, opening=False)
            writer.add(f"{page.title} is {dice.pick(oddities.KINDS[entity.type])}.")
        else:
            what = oddities.CUSTOMS if page.near < 0 else oddities.OPENINGS
            writer.add(f"{page.title}: {dice.pick(what)}.")
        colour = Colour(theme, dice, name)
        for turn in range(1 + dice.below(3)):
            if turn:
                writer.block()
            writer.space()
            colour.sentences(writer, max(1, self._desk.count(dice, 3, 3)))
        self._point(writer, page)
        return writer.page(page.url, page.title)

    def _point(self, writer: Writer, page: Distractor) -> None:
        """Write where to read on."""
        if page.near >= 0:
            entity = self._desk.entities[page.near]
            near = page.sort == "near"
            writer.block("Not to be confused with " if near else "Main article: ")
            writer.link(entity.title, entity.url)
            writer.add(
                f", {entity.kind}." if near and not entity.title.endswith(")") else "." * near
            )
        writer.block("See also: ")
        writer.link("Miscellany", index_url("Miscellany"))
