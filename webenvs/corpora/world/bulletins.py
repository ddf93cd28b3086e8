"""News pages: a date line, what is reported, some colour, the way back."""

from webenvs.corpora.world import prose
from webenvs.corpora.world.colour import Colour
from webenvs.corpora.world.desk import Desk, long_date
from webenvs.corpora.world.dice import Dice
from webenvs.corpora.world.plan import Item
from webenvs.corpora.world.prose import Span, Word, Writer
from webenvs.corpora.world.relations import RELATIONS
from webenvs.records import Page

_SMALL_TALK: tuple[tuple[str, str], ...] = (
    ("Lost umbrella finds its owner", "A {quality} umbrella was handed in near {spot} on {date}."),
    ("{Weather} surprises {group}", "On {date} {weather} drove {group} from {spot}."),
    ("Choir looks for voices", "A choir of {group} invites new members to {spot} on {date}."),
    (
        "{Food}: the recipe of the week",
        "Readers sent in recipes until {date}; the jury chose {food}.",
    ),
    ("Repairs at {spot}", "Work began on {date} at {spot}, where {worry} had been noticed."),
    ("Talk on {liking}", "A talk on {liking} was given to {group} on {date}."),
    ("{Group} collect for a good cause", "On {date} {group} sold {food} near {spot}."),
    ("Complaints about {worry}", "A letter signed by {group} complains of {worry}, dated {date}."),
)
"""Headlines and first sentences of news that report no fact."""


class Bulletins:
    """Writes news items, of the encyclopedia, of newspapers and of other sites."""

    def __init__(self, desk: Desk) -> None:
        """Write with what the desk knows."""
        self._desk = desk

    def page(self, item: Item, back: tuple[str, str]) -> tuple[Page, tuple[Span, ...]]:
        """The page of a news item; `back` is the name and the url of where all news are."""
        dice = self._desk.dice(item.url)
        writer = Writer()
        writer.block(long_date(item.day))
        writer.block()
        if item.fact >= 0:
            self._report(writer, item, dice)
        else:
            template = _SMALL_TALK[item.template % len(_SMALL_TALK)][1]
            colour = Colour("news", self._dice(item), {"date": long_date(item.day)})
            colour.pattern(writer, template)
        colour = Colour("news", dice, {})
        writer.space()
        colour.sentences(writer, max(1, self._desk.count(dice, 4, 5)))
        writer.block("More news: ")
        writer.link(*back)
        return writer.page(item.url, self.title(item))

    def title(self, item: Item) -> str:
        """The headline of a news item."""
        if item.fact < 0:
            writer = Writer()
            headline = _SMALL_TALK[item.template % len(_SMALL_TALK)][0]
            Colour("news", self._dice(item), {}).pattern(writer, headline)
            return writer.text
        fact = self._desk.ledger.facts[item.fact]
        headline = RELATIONS[fact.relation].news[item.template][0]
        subject = self._desk.entities[self._desk.ledger.subjects[item.fact]]
        name = prose.bare_name(subject)
        filled = headline.format(s=name, o=self._desk.plain_value(item.fact, self._dice(item)))
        return prose.capital(filled if "{s}" in headline else f"{name}: {filled}")

    def _report(self, writer: Writer, item: Item, dice: Dice) -> None:
        """Write the sentence that reports the fact."""
        fact = self._desk.ledger.facts[item.fact]
        words: dict[str, Word] = {
            "s": self._desk.named(self._desk.ledger.subjects[item.fact], dice),
            "o": self._desk.value(item.fact, dice),
            "date": long_date(item.day),
        }
        writer.fill(RELATIONS[fact.relation].news[item.template][1], words, item.fact)

    def _dice(self, item: Item) -> Dice:
        """Draws that headline and first sentence share."""
        return self._desk.dice("headline", item.url)
