"""The chronicle: the facts so far, and what later facts must fit, drawn from keys."""

from collections import defaultdict
from collections.abc import Callable, Container, Sequence
from datetime import date

from webenvs import seeding
from webenvs.corpora.knowledge import Entity, Fact, Value
from webenvs.corpora.world.cast import MOST_NAMED, Cast, by_kind, popular

NOW = 2019
"""The year in which the pages are written; nothing happened later."""
_ALIVE = NOW + 100
_TRIES = 24

Fits = Callable[[str], bool]
"""Whether the entity of that id may be the object."""


class Chronicle:
    """Facts, and the years by which they fit together.

    `born` and `died` hold the years of people (the living die after NOW), `began` those in which
    organisations, places and works came to be.
    """

    def __init__(self, seed: int, cast: Cast, density: float) -> None:
        """Start with no facts."""
        self.facts: list[Fact] = []
        self.members = cast.members
        self.homes = cast.homes
        self.kin = cast.kin
        self.born: dict[str, int] = {}
        self.died: dict[str, int] = {}
        self.began: dict[str, int] = {}
        self._holders: set[str] = set()
        self._people = by_kind(cast.members["person"])
        self._able: dict[tuple[str, ...], list[Entity]] = {}
        self._seed = seed
        self._density = density
        self._named: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))

    def say(self, subject: Entity, relation: str, value: Value | None) -> None:
        """Note a fact; None means that nobody knows."""
        if value is not None:
            self.facts.append(Fact(subject=subject.id, relation=relation, object=value))

    def say_both(self, relation: str, one: str, other: str) -> None:
        """Note a fact of a symmetric relation both ways."""
        self.facts.append(Fact(subject=one, relation=relation, object=other))
        self.facts.append(Fact(subject=other, relation=relation, object=one))

    def has(self, share: float, subject: Entity, relation: str) -> bool:
        """Whether an optional fact exists, which it does for a `share` of subjects at density 1.

        At density d it is missing with the d-th power of the chance that it is missing at 1.
        """
        missing: float = (1 - share) ** self._density
        return seeding.uniform(self._seed, subject.id, relation, "chance") >= missing

    def draw(self, bound: int, subject: Entity, name: str) -> int:
        """A whole number in [0, bound)."""
        return seeding.integer(bound, self._seed, subject.id, name, "value")

    def year(self, subject: Entity, name: str, first: int, last: int) -> int:
        """A year from `first` to `last`."""
        return first + self.draw(last - first + 1, subject, name)

    def day(self, subject: Entity, name: str, first: int, last: int) -> str:
        """A date from the first day of the year `first` to the last of `last`, YYYY-MM-DD."""
        start = date(first, 1, 1).toordinal()
        days = date(last + 1, 1, 1).toordinal() - start
        return date.fromordinal(start + self.draw(days, subject, name)).isoformat()

    def size(self, subject: Entity, relation: str, least: int, octaves: int) -> int:
        """A number of at least `least`, heavy-tailed: a uniform octave, uniform within it."""
        draw = self.draw(2**64, subject, relation)
        base = least << draw % octaves
        return base + draw // octaves % base

    def pick(
        self, type_name: str, subject: Entity, relation: str, fits: Fits | None = None
    ) -> str | None:
        """The id of a member of the type that fits, popular ones first; None after 24 misses."""
        return self.pick_from(self.members[type_name], subject, relation, fits)

    def pick_from(
        self,
        pool: Sequence[Entity],
        subject: Entity,
        relation: str,
        fits: Fits | None = None,
        number: int = 0,
    ) -> str | None:
        """The id of one of the pool that fits; `number` tells apart picks of one subject.

        Passes over the subject and whatever is named by MOST_NAMED facts of the relation.
        """
        named = self._named[relation]
        for turn in range(_TRIES if pool else 0):
            found = pool[popular(len(pool), self._seed, subject.id, relation, number, turn)].id
            if found == subject.id or (fits is not None and not fits(found)):
                continue
            if named[found] < MOST_NAMED:
                named[found] += 1
                return found
        return None

    def pick_some(
        self, pool: Sequence[Entity], subject: Entity, relation: str, fits: Fits, most: int
    ) -> list[str]:
        """Up to `most` different ones that fit; fewer are likelier."""
        found: list[str] = []
        count = 1 + min(divmod(self.draw(most * most, subject, relation), most))
        for number in range(count):
            one = self.pick_from(pool, subject, relation, besides(found, fits), number)
            found += [one] if one else []
        return found

    def able(self, *kinds: str) -> list[Entity]:
        """The people of those kinds, the most popular first."""
        if kinds not in self._able:
            people = [person for kind in kinds for person in self._people.get(kind, ())]
            self._able[kinds] = sorted(people, key=lambda person: -person.popularity)
        return self._able[kinds]

    def grown(self, year: int, age: int) -> Fits:
        """Whether a person is alive in `year` and at least `age` years old."""
        born, died = self.born, self.died
        return lambda person: born[person] + age <= year < died[person]

    def open(self, year: int) -> Fits:
        """Whether something exists in `year`."""
        began = self.began
        return lambda one: began.get(one, NOW) <= year

    def alive(self, person: str) -> bool:
        """Whether a person is alive in NOW."""
        return self.died[person] > NOW

    def die(self, person: str, year: int) -> bool:
        """Settle when a person dies, `year` being their natural end; says whether that is past."""
        gone = year <= NOW - 6
        self.died[person] = year if gone else _ALIVE
        return gone

    def appoint(self, relation: str, bodies: Sequence[Entity], share: float, *kinds: str) -> None:
        """Give a share of the bodies a head of those kinds, of working age, with no other office.

        The last bodies go without if people run out.
        """
        able = [
            person
            for person in seeding.shuffled(self.able(*kinds), self._seed, relation, "office")
            if person.id not in self._holders and self.may_serve(person.id)
        ]
        for body in bodies:
            if able and self.has(share, body, relation):
                head = able.pop().id
                self._holders.add(head)
                self.say(body, relation, head)

    def may_serve(self, person: str) -> bool:
        """Whether a person is of working age in NOW."""
        return self.alive(person) and NOW - 75 <= self.born[person] <= NOW - 30


def besides(others: Container[str], fits: Fits) -> Fits:
    """Whether something fits and is none of the others."""
    return lambda one: one not in others and fits(one)
