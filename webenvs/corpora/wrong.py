"""Values that a page could state instead of the right ones: plausible, alike, and not true."""

from collections.abc import Iterator, Sequence
from datetime import date

from webenvs import seeding
from webenvs.corpora.knowledge import Fact, Knowledge, Relation, Value, plain

_OTHERS = 3
_TRIES = 12


class WrongValues:
    """Draws wrong values for the facts of one body of knowledge, each from its fact alone."""

    def __init__(self, knowledge: Knowledge) -> None:
        """Nothing is looked at before it is asked for."""
        self._knowledge = knowledge
        self._latest: dict[str, int] = {}

    def others(self, fact: Fact) -> tuple[Value, ...]:
        """Up to three values that are not true of the fact's subject, of the kind of its object."""
        relation = self._knowledge.relations[fact.relation]
        true = {other.object for other in self._knowledge.facts_from(fact.subject, relation.name)}
        if relation.symmetric:
            true |= {
                other.subject for other in self._knowledge.facts_to(fact.subject, relation.name)
            }
        names = {
            plain(name)
            for value in true
            for name in self._knowledge.spellings(value, relation.name)
        }
        others: list[Value] = []
        for value in self._alike(fact, relation):
            spellings = self._knowledge.spellings(value, relation.name)
            if value in true or value in others or value == fact.subject:
                continue
            if not any(plain(name) in names for name in spellings):
                others.append(value)
            if len(others) == _OTHERS:
                break
        return tuple(others)

    def _alike(self, fact: Fact, relation: Relation) -> Iterator[Value]:
        """Values that could stand there, the most plausible first: drawn from the fact alone."""
        key = ("lore", *fact.key)
        if relation.kind == "entity":
            yield from self._entities_alike(fact, key)
        elif relation.kind == "date":
            day = date.fromisoformat(str(fact.object)).toordinal()
            for number in range(_TRIES):
                yield date.fromordinal(max(1, day + _off(2_000, key, number))).isoformat()
        else:
            value = int(fact.object)
            reach = 20 if relation.kind == "year" else max(3, abs(value) // 2)
            greatest = self._greatest(relation.name) if relation.kind == "year" else None
            for number in range(_TRIES):
                other = value + _off(reach, key, number)
                far = other < 1 <= value or (greatest is not None and other > greatest)
                yield 2 * value - other if far else other

    def _entities_alike(self, fact: Fact, key: Sequence[object]) -> Iterator[str]:
        """Other objects of the relation, first those of the same kind; then others of the type."""
        entities = self._knowledge.entities
        own = entities[str(fact.object)]
        facts = self._knowledge.facts_of(fact.relation)
        drawn = [
            str(seeding.choice(facts, *key, "fact", number).object) for number in range(_TRIES)
        ]
        yield from (other for other in drawn if entities[other].kind == own.kind)
        yield from (other for other in drawn if entities[other].type == own.type)
        pool = self._knowledge.of_type(own.type)
        for number in range(_TRIES):
            yield seeding.choice(pool, *key, "entity", number).id

    def _greatest(self, relation: str) -> int:
        """The latest year of a relation: a wrong one is never later."""
        if relation not in self._latest:
            years = (int(fact.object) for fact in self._knowledge.facts_of(relation))
            self._latest[relation] = max(years)
        return self._latest[relation]


def _off(reach: int, key: Sequence[object], number: int) -> int:
    """A distance of 1 to `reach`, up or down."""
    draw = seeding.integer(2 * reach, *key, "off", number)
    return draw - reach if draw < reach else draw - reach + 1
