"""Who and what the world holds: entities with invented names, namesakes and aliases."""

from collections import Counter

from webenvs import seeding
from webenvs.corpora.knowledge import Entity
from webenvs.corpora.world import names
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.graph import ROOT
from webenvs.corpora.world.names import TONGUES, Names, Tongue
from webenvs.records import Record

KINDS: dict[str, tuple[str, ...]] = {
    "person": (
        *("novelist", "politician", "engineer", "industrialist", "physicist", "coach"),
        *("novelist", "composer", "coach", "botanist", "historian", "politician"),
    ),
    "city": ("port", "market town", "spa town", "mining town", "garrison town"),
    "country": ("country",),
    "river": ("river",),
    "university": ("university",),
    "book": ("novel", "collection of stories", "travel book", "historical novel"),
    "award": ("literary prize", "science prize", "prize for public service"),
    "festival": ("music festival", "theatre festival", "harvest festival"),
    "club": ("football club", "handball club", "rowing club", "ice hockey club"),
}
"""What an entity of each type may be called more closely; companies follow names.TRADES."""


class Cast(Record, frozen=True, kw_only=True):
    """The entities by type, the most popular of each type first; `homes` says who belongs where.

    `homes` maps the id of a city to the id of its country and that of a person to its birthplace.
    """

    members: dict[str, tuple[Entity, ...]]
    homes: dict[str, str]


class _Row:
    """An entity in the making: its place, what is known so far, its tongue and its home's place."""

    def __init__(self, kind: str, name: str, tongue: int, home: int = 0) -> None:
        self.kind = kind
        self.name = name
        self.tongue = tongue
        self.home = home
        self.gender = ""
        self.alias = ""


def cast_of(seed: int, articles: int) -> Cast:
    """`articles` entities, shared out over the types by their share; people take what is left."""
    counts = {name: max(2, round(row.share * articles)) for name, row in TYPES.items()}
    counts["person"] += articles - sum(counts.values())
    fresh = Names(seed, "name")
    rows = {"country": _countries(seed, counts["country"], fresh)}
    rows["city"] = _cities(seed, counts["city"], rows["country"], fresh)
    rows["person"] = _people(seed, counts["person"], rows["city"], fresh)
    for type_name in TYPES:
        if type_name not in rows:
            rows[type_name] = [
                _thing(seed, type_name, place, fresh) for place in range(counts[type_name])
            ]
    members = {name: _entities(name, rows[name]) for name in TYPES}
    homes = {
        entity.id: members[upper][row.home].id
        for lower, upper in (("city", "country"), ("person", "city"))
        for entity, row in zip(members[lower], rows[lower], strict=True)
    }
    return Cast(members=members, homes=homes)


def popular(count: int, *key: object) -> int:
    """A place in [0, count), low places more often: the square of a uniform draw."""
    draw = seeding.uniform(*key)
    return int(count * draw * draw)


def _countries(seed: int, count: int, fresh: Names) -> list[_Row]:
    """Countries, each with the next tongue."""
    rows = []
    for place in range(count):
        tongue = place % len(TONGUES)

        def make(turn: int, *key: object, tongue: int = tongue) -> str:
            ends = ("ia", "land", "mark", "ora", "stan", "avia")
            return names.word(TONGUES[tongue], ends, turn, *key)

        rows.append(_Row("country", fresh.fresh(make, "country", place), tongue))
    return rows


def _cities(seed: int, count: int, countries: list[_Row], fresh: Names) -> list[_Row]:
    """Cities, the first of each country its capital; some bear the name of an earlier one."""
    rows: list[_Row] = []
    for place in range(count):
        key = (seed, "city", place)
        home = place if place < len(countries) else popular(len(countries), *key, "country")
        row = _Row(_kind("city", *key), "", countries[home].tongue, home)
        twin = _namesake(rows, row, 0.08, *key)
        row.name = twin or fresh.fresh(_placer(row.tongue), "city", place)
        if not twin and seeding.uniform(*key, "alias") < 0.25:
            row.alias = fresh.fresh(_placer(row.tongue), "old name", place)
        rows.append(row)
    return rows


def _people(seed: int, count: int, cities: list[_Row], fresh: Names) -> list[_Row]:
    """People, whose names sound like their birthplace; families, namesakes, near-duplicates."""
    rows: list[_Row] = []
    for place in range(count):
        key = (seed, "person", place)
        home = popular(len(cities), *key, "home")
        row = _Row(KINDS["person"][place % len(KINDS["person"])], "", cities[home].tongue, home)
        row.gender = seeding.choice("fm", *key, "gender")
        twin = _namesake(rows, row, 0.07, *key)
        row.name = twin or fresh.fresh(_person_maker(row, rows), "person", place)
        if not twin and seeding.uniform(*key, "alias") < 0.2:
            row.alias = fresh.fresh(_person_maker(row, []), "pen name", place)
        rows.append(row)
    return rows


def _person_maker(row: _Row, earlier: list[_Row]) -> names.Maker:
    """Makes full names; the surname may be that, or nearly that, of an earlier person."""
    tongue = TONGUES[row.tongue]
    kin = [other.name.rsplit(" ", 1)[-1] for other in earlier if other.tongue == row.tongue]

    def make(turn: int, *key: object) -> str:
        given = names.given_name(tongue, row.gender, turn, *key)
        draw = seeding.uniform(*key, "surname")
        if kin and draw < 0.35:
            surname = seeding.choice(kin, *key, "kin")
            if draw < 0.06:
                surname = names.near_duplicate(surname, *key, "near")
        else:
            surname = names.word(tongue, tongue.surnames, turn, *key)
        return f"{given} {surname}"

    return make


def _thing(seed: int, type_name: str, place: int, fresh: Names) -> _Row:
    """A river, university, company, book, award, festival or club."""
    key = (seed, type_name, place)
    tongue = seeding.integer(len(TONGUES), *key, "tongue")
    if type_name == "company":
        return _company(place, tongue, fresh, *key)
    row = _Row(_kind(type_name, *key), "", tongue)
    row.name = fresh.fresh(_thing_maker(type_name, TONGUES[tongue]), type_name, place)
    if type_name == "university" and seeding.uniform(*key, "alias") < 0.4:
        row.alias = _short(row.name, fresh)
    return row


def _company(place: int, tongue: int, fresh: Names, *key: object) -> _Row:
    """A company, named after its trade; its short name is an alias of some."""
    kind, endings = names.TRADES[place % len(names.TRADES)]
    words = TONGUES[tongue]

    def make(turn: int, *draw: object) -> str:
        stem = names.word(words, words.surnames, turn, *draw)
        return f"{stem} {seeding.choice(endings, *draw, 'ending')}"

    row = _Row(kind, fresh.fresh(make, "company", place), tongue)
    if seeding.uniform(*key, "alias") < 0.45:
        row.alias = _short(row.name, fresh)
    return row


def _thing_maker(type_name: str, tongue: Tongue) -> names.Maker:
    """How things of a type are named."""

    def make(turn: int, *key: object) -> str:
        if type_name == "book":
            return names.book_title(turn, *key)
        if type_name == "award":
            return names.emblem(names.PRIZES, turn, *key)
        if type_name == "festival":
            return names.emblem(names.FEASTS, turn, *key)
        stem = names.word(tongue, tongue.places, turn, *key)
        if type_name == "river":
            return names.word(tongue, ("a", "e", "un", "esk", "ire"), turn, *key)
        if type_name == "university":
            return f"{stem} {seeding.choice(names.COLLEGES, *key, 'college')}"
        return f"{stem} {seeding.choice(names.CLUBS, *key, 'club')}"

    return make


def _placer(tongue: int) -> names.Maker:
    """How cities are named."""

    def make(turn: int, *key: object) -> str:
        return names.word(TONGUES[tongue], TONGUES[tongue].places, turn, *key)

    return make


def _kind(type_name: str, *key: object) -> str:
    return seeding.choice(KINDS[type_name], *key, "kind")


def _namesake(rows: list[_Row], row: _Row, share: float, *key: object) -> str:
    """The name of an earlier row of another kind, for a `share` of the rows; else nothing."""
    if not rows or seeding.uniform(*key, "namesake") >= share:
        return ""
    other = seeding.choice(rows, *key, "twin")
    bearers = [row.kind, *(known.kind for known in rows if known.name == other.name)]
    fits = other.gender == row.gender and len(set(bearers)) == len(bearers)
    return other.name if fits else ""


def _short(name: str, fresh: Names) -> str:
    """The first word of a name as its alias, if nothing else is called so."""
    stem = name.split(" ", 1)[0]
    return stem if fresh.claim(stem) else ""


def _entities(type_name: str, rows: list[_Row]) -> tuple[Entity, ...]:
    """The rows as entities; namesakes get their kind into their id."""
    bearers = Counter(row.name for row in rows)
    made = []
    for row in rows:
        told_apart = row.name if bearers[row.name] == 1 else f"{row.name} ({row.kind})"
        name = told_apart.replace(" ", "_")
        made.append(
            Entity(
                id=name,
                name=row.name,
                type=type_name,
                kind=row.kind,
                aliases=(row.alias,) if row.alias else (),
                gender=row.gender,
                url=f"{ROOT}/wiki/{name}",
            )
        )
    return tuple(made)
