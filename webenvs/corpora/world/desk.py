"""What all writers of pages share: entities and facts, and how sentences about them are worded."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from webenvs.corpora.knowledge import spelled_date
from webenvs.corpora.world.cast import Cast
from webenvs.corpora.world.colour import Colour, theme_of
from webenvs.corpora.world.dice import Dice
from webenvs.corpora.world.fillers import FILLERS
from webenvs.corpora.world.ledger import Ledger
from webenvs.corpora.world.plan import Plan, entities_of
from webenvs.corpora.world.prose import (
    Rich,
    Word,
    Writer,
    bare_name,
    enumeration,
    linked,
    rich,
    words_for,
)
from webenvs.corpora.world.relations import RELATIONS
from webenvs.corpora.world.schema import Relation

_ALIAS_SHARE = 0.15
_FACT_NEXT = 0.6
"""How often a fact follows a fact while there is colour left to spread."""


class Desk:
    """Looks things up for the writers of pages and words sentences about facts."""

    def __init__(self, seed: int, cast: Cast, plan: Plan) -> None:
        """Index the plan's facts."""
        self.seed = seed
        self.plan = plan
        self.entities = entities_of(cast)
        self.ledger = Ledger(self.entities, plan.facts)
        self._dead = {
            place
            for place, fact in zip(self.ledger.subjects, plan.facts, strict=True)
            if fact.relation == "death_year"
        }

    def dice(self, *key: object) -> Dice:
        """Draws for one page."""
        return Dice(self.seed, "page", *key)

    def words(self, place: int, opening: bool) -> dict[str, Word]:
        """What a sentence about the entity may fill in; a name if `opening`, else a pronoun."""
        return words_for(self.entities[place], place not in self._dead, opening)

    def alive(self, place: int) -> bool:
        """Whether the entity is in use: a person who has not died, anything else."""
        return place not in self._dead

    def count(self, dice: Dice, least: int, spread: int) -> int:
        """How many sentences without facts stand somewhere, by the plan's length."""
        return round(self.plan.length * (least + dice.below(spread)))

    def named(self, place: int, dice: Dice) -> Rich:
        """An entity as a link, sometimes by an alias."""
        entity = self.entities[place]
        alias = entity.aliases and dice.chance(_ALIAS_SHARE)
        return linked(entity, dice.pick(entity.aliases) if alias else "")

    def value(self, fact: int, dice: Dice, running: bool = True) -> Word:
        """The object of a fact; `running` text has a date behind its preposition."""
        told = self.ledger.facts[fact]
        kind = RELATIONS[told.relation].kind
        if kind == "entity":
            return self.named(self.ledger.objects[fact], dice)
        if kind == "date":
            spelled = spelled_date(str(told.object))
            if running:
                return f"on {spelled[dice.chance(0.3)]}"
            return dice.pick(spelled)
        return f"{told.object:,}" if kind == "number" else str(told.object)

    def plain_value(self, fact: int, dice: Dice) -> str:
        """The object of a fact without a link."""
        if self.ledger.objects[fact] >= 0:
            return bare_name(self.entities[self.ledger.objects[fact]])
        value = self.value(fact, dice)
        return value if isinstance(value, str) else ""

    def state(
        self, writer: Writer, facts: Sequence[int], words: Mapping[str, Word], dice: Dice
    ) -> None:
        """Write what the subject's side says of facts of one relation."""
        template = dice.pick(self._relation(facts[0]).statements)
        values = enumeration([rich(self.value(fact, dice)) for fact in facts])
        writer.fill(template, {**words, "o": values}, *facts, *map(self.ledger.twin, facts))

    def show(
        self, writer: Writer, facts: Sequence[int], words: Mapping[str, Word], dice: Dice
    ) -> None:
        """Write what the object's side says of facts of one relation."""
        template = dice.pick(self._relation(facts[0]).rosters)
        names = enumeration([self.named(self.ledger.subjects[fact], dice) for fact in facts])
        writer.fill(template, {**words, "s": names}, *facts)

    def tell(
        self,
        writer: Writer,
        place: int,
        facts: Sequence[int],
        colour: Colour,
        dice: Dice,
        count: int,
        words: Mapping[str, Word] = MappingProxyType({}),
    ) -> None:
        """Write a paragraph about an entity: its facts by relation, and `count` other sentences.

        The subject is named where a line starts and after every sentence that is no fact; `words`
        come before the usual pronouns.
        """
        pending = list(self.by_relation(facts).values())
        opening = writer.at_start
        while pending or count > 0:
            writer.space()
            if pending and (opening or count <= 0 or dice.chance(_FACT_NEXT)):
                self.state(writer, pending.pop(0), {**self.words(place, opening), **words}, dice)
                opening = False
            else:
                colour.sentence(writer)
                count -= 1
                opening = True

    def colour(self, place: int, dice: Dice) -> Colour:
        """Sentences without facts about an entity."""
        kind = self.entities[place].type
        words = self.words(place, opening=True)
        return Colour(theme_of(kind), dice, words, FILLERS.get(kind, ()))

    def by_relation(self, facts: Sequence[int]) -> dict[str, list[int]]:
        """The facts by their relation, in order."""
        groups: defaultdict[str, list[int]] = defaultdict(list)
        for fact in facts:
            groups[self.ledger.facts[fact].relation].append(fact)
        return dict(groups)

    def _relation(self, fact: int) -> Relation:
        return RELATIONS[self.ledger.facts[fact].relation]

    def entry(self, writer: Writer, place: int) -> None:
        """Write an entry of an index: the entity's title as a link, and what it is."""
        entity = self.entities[place]
        writer.link(entity.title, entity.url)
        if not entity.title.endswith(")"):
            writer.add(f", {entity.kind}")


def long_date(day: str) -> str:
    """12 March 2018, for 2018-03-12."""
    return spelled_date(day)[0]
