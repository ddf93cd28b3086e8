"""What happened in the world: facts drawn so that they fit together in time and place."""

from collections.abc import Callable, Sequence

from webenvs import seeding
from webenvs.corpora.knowledge import Entity, Fact, Value
from webenvs.corpora.world.cast import Cast, popular

NOW = 2019
"""The year in which the pages are written."""
_TRIES = 24

_WRITERS = ("novelist", "historian")
_SCHOLARS = ("physicist", "botanist", "historian")
_MAKERS = ("industrialist", "engineer")
_LAUREATES = (*_WRITERS, "physicist", "botanist", "engineer", "composer")


def history_of(seed: int, cast: Cast) -> tuple[Fact, ...]:
    """All facts about the cast, without urls: each subject has at most one object a relation."""
    history = _History(seed, cast)
    history.places()
    history.births()
    history.universities()
    history.companies()
    history.careers()
    history.books()
    history.awards()
    history.festivals_and_clubs()
    history.offices()
    return tuple(history.facts)


class _History:
    """The facts so far, and the years that later facts must fit."""

    def __init__(self, seed: int, cast: Cast) -> None:
        self.facts: list[Fact] = []
        self._seed = seed
        self._cast = cast
        self._members = cast.members
        self._born: dict[str, int] = {}
        self._died: dict[str, int] = {}
        self._began: dict[str, int] = {}

    def places(self) -> None:
        """Countries and their capitals, rivers, cities."""
        capitals: dict[str, str] = {}
        for city in self._members["city"]:
            home = self._cast.homes[city.id]
            capitals.setdefault(home, city.id)
            self._say(city, "city_country", home)
            self._say(city, "city_founded", self._year(city, "city_founded", 850, 1650))
            self._say(city, "population", self._size(city, 9_000, 7))
            if self._chance(city, "city_river") < 0.65:
                self._say(city, "city_river", self._pick("river", city, "city_river"))
        for country in self._members["country"]:
            self._say(country, "independence", self._year(country, "independence", 1290, 1780))
            self._say(country, "area", self._size(country, 8_000, 6))
            self._say(country, "capital", capitals[country.id])
        for river in self._members["river"]:
            self._say(river, "river_source", self._pick("country", river, "river_source"))
            self._say(river, "river_length", self._size(river, 70, 4))

    def births(self) -> None:
        """Births and deaths; about half of the people are alive in NOW."""
        for person in self._members["person"]:
            old = self._chance(person, "era") < 0.45
            born = self._year(person, "birth_year", *((1800, 1930) if old else (1940, 1983)))
            died = born + 58 + self._integer(35, person, "death_year")
            self._born[person.id] = born
            self._say(person, "birth_year", born)
            self._say(person, "birth_place", self._cast.homes[person.id])
            self._died[person.id] = died if died <= NOW - 6 else NOW + 100
            if died <= NOW - 6:
                self._say(person, "death_year", died)
                if self._chance(person, "death_place") < 0.6:
                    self._say(person, "death_place", self._pick("city", person, "death_place"))

    def universities(self) -> None:
        """Universities; the first fifth are older than anyone who has a page."""
        ancient = max(1, len(self._members["university"]) // 5)
        founders: set[str] = set()
        for place, university in enumerate(self._members["university"]):
            span = (1660, 1790) if place < ancient else (1825, 1975)
            year = self._year(university, "university_founded", *span)
            self._began[university.id] = year
            self._say(university, "university_city", self._pick("city", university, "city"))
            self._say(university, "university_founded", year)
            self._say(university, "students", self._size(university, 1_100, 5))
            self._founder(university, "university_founder", founders, (*_SCHOLARS, "politician"))

    def companies(self) -> None:
        """Companies, founded by people with a head for business."""
        founders: set[str] = set()
        for place, company in enumerate(self._members["company"]):
            old = place % 3 == 0 or company.kind == "publishing house"
            span = (1826, 1920) if old else (1880, 2005)
            self._began[company.id] = self._year(company, "company_founded", *span)
            self._say(company, "headquarters", self._pick("city", company, "headquarters"))
            self._say(company, "company_founded", self._began[company.id])
            self._say(company, "employees", self._size(company, 90, 8))
            self._founder(company, "company_founder", founders, (*_MAKERS, *_WRITERS, "composer"))

    def careers(self) -> None:
        """Studies, teachers and employers, each open to the person at the time."""
        for person in self._members["person"]:
            born = self._born[person.id]
            if self._chance(person, "studied_at") < 0.88:
                school = self._pick("university", person, "studied_at", self._open(born + 18))
                self._say(person, "studied_at", school)
                if school:
                    graduated = born + 21 + self._integer(6, person, "graduation_year")
                    self._say(person, "graduation_year", graduated)
            if self._chance(person, "mentor") < 0.4:
                self._say(person, "mentor", self._pick("person", person, "mentor", self._elder))
            if self._chance(person, "employer") < 0.5 and person.kind != "coach":
                firm = self._pick("company", person, "employer", self._open(born + 25))
                self._say(person, "employer", firm)

    def books(self) -> None:
        """Books: written by the living, brought out by publishers that exist."""
        for book in self._members["book"]:
            author = self._pick("person", book, "author", lambda person, _: person.kind in _WRITERS)
            if author is None:
                continue
            last = min(self._died[author] - 1, self._born[author] + 60, NOW - 1)
            year = self._year(book, "published", self._born[author] + 24, last)
            self._say(book, "author", author)
            self._say(book, "published", year)
            self._say(
                book, "publisher", self._pick("company", book, "publisher", self._press(year))
            )
            self._say(book, "set_in", self._pick("city", book, "set_in"))
            if self._chance(book, "dedicated_to") < 0.6:
                known = self._grown(year, 10)
                friend = self._pick("person", book, "dedicated_to", known, besides=author)
                self._say(book, "dedicated_to", friend)

    def awards(self) -> None:
        """Awards in memory of the dead, and who won them in which year."""
        for award in self._members["award"]:
            year = self._year(award, "award_first", 1890, 1985)
            self._began[award.id] = year
            self._say(award, "award_first", year)
            self._say(award, "award_city", self._pick("city", award, "award_city"))
            presenter = self._pick("university", award, "award_presenter", self._open(year))
            self._say(award, "award_presenter", presenter)
            dead = self._pick("person", award, "commemorates", self._gone(year))
            self._say(award, "commemorates", dead)
        for person in self._members["person"]:
            if person.kind not in _LAUREATES or self._chance(person, "person_award") > 0.7:
                continue
            year = self._born[person.id] + 32 + self._integer(26, person, "award_year")
            award_id = self._pick("award", person, "person_award", self._open(year))
            if award_id and year < min(NOW, self._died[person.id]):
                self._say(person, "person_award", award_id)
                self._say(person, "award_year", year)

    def festivals_and_clubs(self) -> None:
        """Festivals and clubs with their cities, founders and backers."""
        founders: set[str] = set()
        for festival in self._members["festival"]:
            self._began[festival.id] = self._year(festival, "festival_first", 1860, 2005)
            self._say(festival, "festival_city", self._pick("city", festival, "festival_city"))
            self._say(festival, "festival_first", self._began[festival.id])
            self._say(festival, "visitors", self._size(festival, 2_500, 6))
            self._founder(festival, "festival_founder", founders, ("composer", *_WRITERS))
        for club in self._members["club"]:
            self._say(club, "club_city", self._pick("city", club, "club_city"))
            self._say(club, "club_founded", self._year(club, "club_founded", 1868, 1990))
            self._say(club, "capacity", self._size(club, 1_200, 5))
            if self._chance(club, "club_sponsor") < 0.85:
                self._say(club, "club_sponsor", self._pick("company", club, "club_sponsor"))

    def offices(self) -> None:
        """Who holds which office in NOW; nobody holds two."""
        holders: set[str] = set()
        for relation, domain, kinds in (
            ("president", "country", ("politician",)),
            ("chief_executive", "company", _MAKERS),
            ("rector", "university", _SCHOLARS),
            ("coach", "club", ("coach",)),
            ("mayor", "city", ("politician", "composer", *_WRITERS)),
        ):
            able = [person for person in self._members["person"] if person.kind in kinds]
            for body in self._members[domain]:
                free = self._serving(holders)
                holder = self._pick_from(able, body, relation, free)
                if holder:
                    holders.add(holder)
                    self._say(body, relation, holder)

    def _say(self, subject: Entity, relation: str, value: Value | None) -> None:
        """Note a fact; None means that nobody knows."""
        if value is not None:
            self.facts.append(Fact(subject=subject.id, relation=relation, object=value))

    def _founder(
        self, body: Entity, relation: str, founders: set[str], kinds: Sequence[str]
    ) -> None:
        """A founder of those kinds, of age when the body began, who founded no other."""
        grown = self._grown(self._began[body.id], 27)
        found = self._pick(
            "person",
            body,
            relation,
            lambda person, key: (
                person.kind in kinds and person.id not in founders and grown(person, key)
            ),
        )
        if found:
            founders.add(found)
            self._say(body, relation, found)

    def _pick(
        self,
        type_name: str,
        subject: Entity,
        relation: str,
        fits: Callable[[Entity, Entity], bool] | None = None,
        besides: str = "",
    ) -> str | None:
        """The id of a member of the type that fits, popular ones first; None after 24 misses."""
        return self._pick_from(self._members[type_name], subject, relation, fits, besides)

    def _pick_from(
        self,
        pool: Sequence[Entity],
        subject: Entity,
        relation: str,
        fits: Callable[[Entity, Entity], bool] | None = None,
        besides: str = "",
    ) -> str | None:
        for turn in range(_TRIES if pool else 0):
            place = popular(len(pool), self._seed, subject.id, relation, turn)
            found = pool[place]
            if found.id in (subject.id, besides):
                continue
            if fits is None or fits(found, subject):
                return found.id
        return None

    def _open(self, year: int) -> Callable[[Entity, Entity], bool]:
        """Whether a body exists in `year`."""
        return lambda body, _: self._began[body.id] <= year

    def _press(self, year: int) -> Callable[[Entity, Entity], bool]:
        """Whether a company publishes books in `year`."""
        return lambda firm, _: firm.kind == "publishing house" and self._began[firm.id] <= year

    def _grown(self, year: int, age: int) -> Callable[[Entity, Entity], bool]:
        """Whether a person is alive in `year` and at least `age` years old."""
        return lambda person, _: self._born[person.id] + age <= year < self._died[person.id]

    def _gone(self, year: int) -> Callable[[Entity, Entity], bool]:
        """Whether a person has died before `year`."""
        return lambda person, _: self._died[person.id] < year

    def _elder(self, teacher: Entity, pupil: Entity) -> bool:
        """Whether one could have taught the other."""
        gap = self._born[pupil.id] - self._born[teacher.id]
        return 12 <= gap <= 45 and self._died[teacher.id] > self._born[pupil.id] + 18

    def _serving(self, holders: set[str]) -> Callable[[Entity, Entity], bool]:
        """Whether a person is of working age and free."""
        return lambda person, _: (
            person.id not in holders
            and self._died[person.id] > NOW
            and self._born[person.id] >= 1944
        )

    def _chance(self, subject: Entity, name: str) -> float:
        return seeding.uniform(self._seed, subject.id, name, "chance")

    def _integer(self, bound: int, subject: Entity, name: str) -> int:
        return seeding.integer(bound, self._seed, subject.id, name, "value")

    def _year(self, subject: Entity, name: str, first: int, last: int) -> int:
        """A year from `first` to `last`."""
        return first + self._integer(last - first + 1, subject, name)

    def _size(self, subject: Entity, least: int, octaves: int) -> int:
        """A number of at least `least`, heavy-tailed: a uniform octave, uniform within it."""
        base = least << self._integer(octaves, subject, "octave")
        return base + self._integer(base, subject, "size")
