"""Who and what the world holds: entities with invented names, namesakes and aliases."""

from collections import defaultdict
from collections.abc import Sequence
from math import sqrt

from webenvs import seeding
from webenvs.corpora.knowledge import Entity
from webenvs.corpora.world import names, titles
from webenvs.corpora.world.addresses import site_url
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.graph import ROOT
from webenvs.corpora.world.names import TONGUES, Names
from webenvs.records import Record

MOST_NAMED = 150
"""At most so many facts name one entity through one relation, however large the world."""
SCIENCES: dict[str, str] = {
    "physicist": "physics",
    "botanist": "botany",
    "historian": "history",
    "engineer": "engineering",
    "chemist": "chemistry",
}
"""Who works in which science; papers, journals and departments keep to one."""
KINDS: dict[str, tuple[str, ...]] = {
    "person": (
        *("novelist", "politician", "painter", "engineer", "actor", "physicist", "industrialist"),
        *("botanist", "footballer", "film director", "historian", "journalist", "politician"),
        *("coach", "composer", "novelist", "chemist", "engineer", "sculptor", "actor"),
        *("industrialist", "politician", "art historian"),
    ),
    "city": ("port", "market town", "spa town", "mining town", "garrison town", "cathedral city"),
    "region": ("province", "county", "district"),
    "country": ("country",),
    "river": ("river",),
    "bridge": ("stone bridge", "suspension bridge", "railway bridge", "iron bridge"),
    "university": ("university",),
    "department": tuple(f"{field} department" for field in SCIENCES.values()),
    "product": ("camera", "typewriter", "sewing machine", "wireless set", "pocket watch"),
    "book": ("novel", "collection of stories", "travel book", "historical novel"),
    "film": ("drama film", "comedy film", "crime film", "war film"),
    "artwork": ("oil painting", "watercolour", "bronze sculpture", "woodcut", "tapestry"),
    "paper": tuple(f"{field} paper" for field in SCIENCES.values()),
    "journal": tuple(f"{field} journal" for field in SCIENCES.values()),
    "newspaper": ("daily newspaper", "weekly newspaper", "evening newspaper"),
    "award": ("literary prize", "science prize", "prize for public service", "art prize"),
    "festival": ("music festival", "theatre festival", "harvest festival", "film festival"),
    "museum": ("art museum", "city museum", "museum of modern art"),
    "exhibition": ("art exhibition",),
    "club": ("football club", "handball club", "rowing club", "ice hockey club"),
}
"""What an entity of each type may be called more closely; companies follow names.TRADES."""

_HOMES = {"region": ("country", 12), "city": ("region", 12), "person": ("city", MOST_NAMED)}
"""Where things of a type belong, and how many at most to one place."""
_HEIRS = {"film": "book", "artwork": "book"}
"""Types of which some share a title with one of another type."""
_NAMESAKES = {"person": 0.07, "city": 0.08, "film": 0.15, "artwork": 0.04}
_NEAR = {"person": 0.06, "city": 0.04, "company": 0.06}
_ALIASES = {"person": 0.2, "city": 0.25, "company": 0.45, "university": 0.4}
"""Shares of those with a shared name, a nearly shared one, and an alias, at ambiguity 0.5."""
_KIN, _SIBLINGS = 0.35, 0.1
"""Shares of people who bear an earlier surname, and who are siblings of an earlier person."""


class Cast(Record, frozen=True, kw_only=True):
    """The entities by type, the most popular of each type first; `homes` says who belongs where.

    `homes` maps ids: region to country, city to region, person to birthplace, department to
    university. `kin` maps a person to the eldest sibling.
    """

    members: dict[str, tuple[Entity, ...]]
    homes: dict[str, str]
    kin: dict[str, str]


class _Row:
    """An entity in the making: what is known so far, its tongue and the places of others."""

    __slots__ = ("alias", "gender", "home", "kin", "kind", "name", "tongue", "url")

    def __init__(self, kind: str, tongue: int, home: int = 0) -> None:
        self.kind = kind
        self.tongue = tongue
        self.home = home
        self.name = self.alias = self.gender = self.url = ""
        self.kin = -1


def cast_of(seed: int, articles: int, *, ambiguity: float = 0.5) -> Cast:
    """`articles` entities, shared out over the types by their share; people take what is left.

    `ambiguity` from 0 to 1 is how often a name is shared, nearly shared, or given up for an alias;
    at 0 it never happens, at 1 twice as often as at 0.5.
    """
    counts = {name: max(1, round(row.share * articles)) for name, row in TYPES.items()}
    counts["country"] = max(2, counts["country"])
    counts["region"] = max(counts["country"], counts["region"])
    counts["city"] = max(counts["region"], counts["city"])
    counts["person"] += articles - sum(counts.values())
    casting = _Casting(seed, ambiguity)
    for name in ("country", "region", "city", "person", "university"):
        casting.fill(name, counts[name])
    for name in TYPES:
        if name not in casting.rows:
            casting.fill(name, counts[name])
    return casting.cast()


def popular(count: int, *key: object) -> int:
    """A place in [0, count), low places more often: the square of a uniform draw."""
    draw = seeding.uniform(*key)
    return int(count * draw * draw)


def popularity(place: int, count: int) -> float:
    """How much likelier than the average `popular` draws `place` of `count`: from 0.5 up."""
    return round(sqrt(count) * (sqrt(place + 1) - sqrt(place)), 3)


class _Casting:
    """The rows so far, by type, and the names that are taken."""

    def __init__(self, seed: int, ambiguity: float) -> None:
        self.rows: dict[str, list[_Row]] = {}
        self._seed = seed
        self._fresh = Names(seed, "name")
        self._often = 2 * ambiguity
        self._kinds_of: defaultdict[str, set[str]] = defaultdict(set)
        self._families: defaultdict[int, list[str]] = defaultdict(list)
        self._residents: defaultdict[int, list[int]] = defaultdict(list)
        self._guests: dict[str, list[int]] = {}

    def fill(self, type_name: str, count: int) -> None:
        """Add `count` rows of a type."""
        rows = self.rows[type_name] = []
        for place in range(count):
            row = self._row(type_name, place)
            self._name(type_name, row, place)
            self._kinds_of[row.name].add(row.kind)
            rows.append(row)

    def cast(self) -> Cast:
        """The rows as entities; namesakes get their kind into their id."""
        members = {name: self._entities(name) for name in TYPES}
        homes = {
            entity.id: members[upper][row.home].id
            for lower, upper in (
                *((lower, upper) for lower, (upper, _) in _HOMES.items()),
                ("department", "university"),
            )
            for entity, row in zip(members[lower], self.rows[lower], strict=True)
        }
        people = members["person"]
        kin = {
            entity.id: people[row.kin].id
            for entity, row in zip(people, self.rows["person"], strict=True)
            if row.kin >= 0
        }
        return Cast(members=members, homes=homes, kin=kin)

    def _row(self, type_name: str, place: int) -> _Row:
        """The next row of a type, still without a name."""
        key = (self._seed, type_name, place)
        if type_name == "country":
            return _Row("country", place % len(TONGUES))
        if type_name == "department":
            return self._department(*key)
        if type_name not in _HOMES:
            tongue = seeding.integer(len(TONGUES), *key, "tongue")
            return _Row(self._kind(type_name, place, *key), tongue)
        upper, most = _HOMES[type_name]
        home = place
        if place >= len(self.rows[upper]) or type_name == "person":
            home = self._home(type_name, len(self.rows[upper]), most, *key)
        kind = self._kind(type_name, place, *key)
        row = _Row(kind, self.rows[upper][home].tongue, home)
        if type_name == "person":
            row.gender = seeding.choice("fm", *key, "gender")
        return row

    def _home(self, type_name: str, count: int, most: int, *key: object) -> int:
        """A popular place with room, or the next one that has; one guest is there already."""
        if type_name not in self._guests:
            self._guests[type_name] = [0 if type_name == "person" else 1] * count
        guests = self._guests[type_name]
        turn = home = 0
        while turn < 24:
            home = popular(count, *key, "home", turn)
            if guests[home] < most:
                break
            turn += 1
        while guests[home] >= most:
            home = (home + 1) % count
        guests[home] += 1
        return home

    def _department(self, *key: object) -> _Row:
        """A department of a science that its university does not teach yet."""
        home = self._home("department", len(self.rows["university"]), len(SCIENCES) + 1, *key)
        fields = seeding.shuffled(tuple(SCIENCES.values()), self._seed, "fields", home)
        field = fields[self._guests["department"][home] - 2]
        row = _Row(f"{field} department", self.rows["university"][home].tongue, home)
        site = site_url(self.rows["university"][home].name)
        row.url = f"{site}departments/{field}"
        return row

    def _kind(self, type_name: str, place: int, *key: object) -> str:
        """What a row is more closely; people and companies take turns."""
        if type_name == "person":
            return KINDS["person"][place % len(KINDS["person"])]
        if type_name == "company":
            return names.TRADES[place % len(names.TRADES)][0]
        return seeding.choice(KINDS[type_name], *key, "kind")

    def _name(self, type_name: str, row: _Row, place: int) -> None:
        """Give the row a name: that of a namesake, nearly that of another, or a fresh one."""
        key = (self._seed, type_name, place)
        if type_name == "person" and self._sibling(row, place, *key):
            return
        twin = self._namesake(type_name, row, *key) or self._near(type_name, row, *key)
        row.name = twin or self._fresh.fresh(self._maker(type_name, row, *key), type_name, place)
        if type_name == "person":
            self._families[row.tongue].append(row.name.rsplit(" ", 1)[-1])
            self._residents[row.home].append(place)
        if not twin and self._often_enough(_ALIASES.get(type_name, 0.0), *key, "alias"):
            row.alias = self._alias(type_name, row, *key)

    def _namesake(self, type_name: str, row: _Row, *key: object) -> str:
        """The name of an earlier row that no row of this kind has; mostly nothing."""
        rows = self.rows[_HEIRS.get(type_name, type_name)]
        share = _NAMESAKES.get(type_name, 0.0)
        if not rows or not self._often_enough(share, *key, "namesake"):
            return ""
        other = seeding.choice(rows, *key, "twin")
        fits = other.gender == row.gender and row.kind not in self._kinds_of[other.name]
        return other.name if fits else ""

    def _near(self, type_name: str, row: _Row, *key: object) -> str:
        """Nearly the name of an earlier row; mostly nothing."""
        rows = self.rows[type_name]
        if not rows or not self._often_enough(_NEAR.get(type_name, 0.0), *key, "near"):
            return ""
        first, _, last = seeding.choice(rows, *key, "model").name.partition(" ")
        if type_name == "person":
            given = names.given_name(TONGUES[row.tongue], row.gender, 0, *key)
            name = f"{given} {names.near_duplicate(last, *key, 'ending')}"
        else:
            name = f"{names.near_duplicate(first, *key, 'ending')} {last}".strip()
        fits = type_name != "company" or last in dict(names.TRADES)[row.kind]
        return name if fits and self._fresh.claim(name) else ""

    def _sibling(self, row: _Row, place: int, *key: object) -> bool:
        """Make the row a sibling of somebody of the same birthplace, for a share of the rows."""
        earlier = self._residents[row.home]
        if not earlier or seeding.uniform(*key, "sibling") >= _SIBLINGS:
            return False
        row.kin = seeding.choice(earlier, *key, "elder")
        surname = self.rows["person"][row.kin].name.rsplit(" ", 1)[-1]

        def make(turn: int, *draw: object) -> str:
            given = names.given_name(TONGUES[row.tongue], row.gender, turn, *draw)
            return f"{given} {surname}"

        row.name = self._fresh.fresh(make, "sibling", place)
        return True

    def _maker(self, type_name: str, row: _Row, *key: object) -> names.Maker:
        """How a row of a type may be named."""
        tongue = TONGUES[row.tongue]
        if type_name == "person":
            return self._person(row)
        if type_name in ("country", "region", "city", "river"):
            return names.land(type_name, tongue)
        if type_name in names.ENDINGS:
            return names.body(type_name, tongue)
        if type_name == "company":
            return names.firm(dict(names.TRADES)[row.kind], tongue)
        field = row.kind.split(" ", 1)[0]
        return {
            "department": lambda: titles.department(field, tongue),
            "product": lambda: titles.product(tongue),
            "book": lambda: titles.title,
            "film": lambda: titles.title,
            "artwork": lambda: titles.picture,
            "exhibition": lambda: titles.show,
            "paper": lambda: titles.paper(field),
            "journal": lambda: titles.journal(field, tongue),
            "award": titles.prize,
            "festival": titles.feast,
        }[type_name]()

    def _person(self, row: _Row, kin: bool = True) -> names.Maker:
        """Makes full names; the surname may be that of an earlier person."""
        tongue = TONGUES[row.tongue]
        families = self._families[row.tongue] if kin else []

        def make(turn: int, *key: object) -> str:
            given = names.given_name(tongue, row.gender, turn, *key)
            if families and seeding.uniform(*key, "surname") < _KIN:
                return f"{given} {seeding.choice(families, *key, 'kin')}"
            return f"{given} {names.word(tongue, tongue.surnames, turn, *key)}"

        return make

    def _alias(self, type_name: str, row: _Row, *key: object) -> str:
        """A pen name, an old name of a city, or the first word of a longer name if it is free."""
        if type_name == "person":
            return self._fresh.fresh(self._person(row, kin=False), "pen name", *key)
        if type_name == "city":
            return self._fresh.fresh(self._maker("city", row), "old name", *key)
        stem = row.name.split(" ", 1)[0]
        return stem if self._fresh.claim(stem) else ""

    def _often_enough(self, share: float, *key: object) -> bool:
        """Whether something happens that does so for a `share` at ambiguity 0.5."""
        return share > 0 and seeding.uniform(*key) < min(0.9, share * self._often)

    def _entities(self, type_name: str) -> tuple[Entity, ...]:
        rows = self.rows[type_name]
        return tuple(
            self._entity(type_name, row, popularity(place, len(rows)))
            for place, row in enumerate(rows)
        )

    def _entity(self, type_name: str, row: _Row, weight: float) -> Entity:
        shared = len(self._kinds_of[row.name]) > 1
        title = f"{row.name} ({row.kind})" if shared else row.name
        name = title.replace(" ", "_")
        return Entity(
            id=name,
            name=row.name,
            type=type_name,
            kind=row.kind,
            aliases=(row.alias,) if row.alias else (),
            gender=row.gender,
            url=row.url or f"{ROOT}/wiki/{name}",
            popularity=weight,
        )


def by_kind(people: Sequence[Entity]) -> dict[str, list[Entity]]:
    """People by what they are, the most popular first."""
    groups: defaultdict[str, list[Entity]] = defaultdict(list)
    for person in people:
        groups[person.kind].append(person)
    return dict(groups)


def by_science(things: Sequence[Entity]) -> dict[str, list[Entity]]:
    """Departments or journals by their science, the most popular first."""
    groups: defaultdict[str, list[Entity]] = defaultdict(list)
    for thing in things:
        groups[thing.kind.split(" ", 1)[0]].append(thing)
    return dict(groups)
