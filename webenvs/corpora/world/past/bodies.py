"""Organisations: universities, departments, companies, newspapers, museums, clubs; their heads."""

from collections import Counter

from webenvs.corpora.knowledge import Entity
from webenvs.corpora.world.cast import SCIENCES, by_science
from webenvs.corpora.world.past.chronicle import NOW, Chronicle

_MOST_FOUNDED = 3
"""The most organisations of one type that one person founds."""
_SCHOLARS = ("physicist", "botanist", "historian", "chemist")
_MAKERS = ("industrialist", "engineer")
_CURATORS = ("art historian", "painter", "sculptor")
_OFFICES: tuple[tuple[str, str, float, tuple[str, ...]], ...] = (
    ("president", "country", 0.9, ("politician",)),
    ("governor", "region", 0.5, ("politician",)),
    ("journal_editor", "journal", 0.4, (*_SCHOLARS, "engineer")),
    ("rector", "university", 0.35, (*_SCHOLARS, "engineer")),
    ("chief_executive", "company", 0.4, _MAKERS),
    ("coach", "club", 0.45, ("coach", "footballer")),
    ("museum_director", "museum", 0.5, _CURATORS),
    ("newspaper_editor", "newspaper", 0.5, ("journalist", "novelist")),
    ("mayor", "city", 0.25, ("politician", "composer", "actor", "novelist")),
)
"""Offices, the share of bodies whose holder is known, and who may hold them."""
_TRADERS = (*_MAKERS, "novelist", "composer", "chemist", "footballer")


def teach(chronicle: Chronicle) -> None:
    """Universities and their departments; the first fifth are older than anyone with a page."""
    universities = chronicle.members["university"]
    ancient = max(1, len(universities) // 5)
    founders: Counter[str] = Counter()
    for place, university in enumerate(universities):
        span = (1660, 1790) if place < ancient else (1825, 1975)
        _begin(chronicle, university, "university_founded", *span)
        city = chronicle.pick("city", university, "university_city")
        chronicle.say(university, "university_city", city)
        students = chronicle.size(university, "students", 1_100, 5)
        chronicle.say(university, "students", students)
        kinds = (*_SCHOLARS, "politician", "industrialist")
        _found(chronicle, university, "university_founder", founders, *kinds)
    for department in chronicle.members["department"]:
        home = chronicle.homes[department.id]
        chronicle.say(department, "department_university", home)
        first = max(1790, chronicle.began[home])
        _begin(chronicle, department, "department_founded", first, max(first, 1975) + 15)


def trade(chronicle: Chronicle) -> None:
    """Companies, founded by people with a head for business; some belong to another."""
    founders: Counter[str] = Counter()
    for place, company in enumerate(chronicle.members["company"]):
        old = place % 3 == 0 or company.kind == "publishing house"
        _begin(chronicle, company, "company_founded", *((1826, 1920) if old else (1880, 2005)))
        seat = chronicle.pick("city", company, "headquarters")
        chronicle.say(company, "headquarters", seat)
        chronicle.say(company, "employees", chronicle.size(company, "employees", 90, 8))
        _found(chronicle, company, "company_founder", founders, *_TRADERS)
    places = {company.id: place for place, company in enumerate(chronicle.members["company"])}
    for company in chronicle.members["company"]:
        if chronicle.has(0.25, company, "parent_company"):

            def larger(other: str, place: int = places[company.id]) -> bool:
                return places[other] < place

            parent = chronicle.pick("company", company, "parent_company", larger)
            chronicle.say(company, "parent_company", parent)


def launch(chronicle: Chronicle) -> None:
    """Products of companies that make things, designed by people of age."""
    makers = [
        company
        for company in chronicle.members["company"]
        if company.kind in ("instrument maker", "engineering company", "bicycle maker")
    ]
    designers = chronicle.able("engineer", "physicist", "sculptor", "chemist")
    for product in chronicle.members["product"]:
        maker = chronicle.pick_from(makers, product, "maker")
        chronicle.say(product, "maker", maker)
        first = 1 + max(1870, chronicle.began[maker] if maker else 0)
        day = chronicle.day(product, "product_launch", first, min(NOW - 2, first + 70))
        chronicle.say(product, "product_launch", day)
        chronicle.say(product, "units_sold", chronicle.size(product, "units_sold", 400, 9))
        if chronicle.has(0.8, product, "product_designer"):
            able = chronicle.grown(int(day[:4]), 24)
            designer = chronicle.pick_from(designers, product, "product_designer", able)
            chronicle.say(product, "product_designer", designer)


def inform(chronicle: Chronicle) -> None:
    """Newspapers, scientific journals and museums."""
    for paper in chronicle.members["newspaper"]:
        day = chronicle.day(paper, "first_issue", 1790, 1990)
        chronicle.say(paper, "first_issue", day)
        chronicle.say(paper, "newspaper_city", chronicle.pick("city", paper, "newspaper_city"))
        chronicle.say(paper, "print_run", chronicle.size(paper, "print_run", 3_000, 7))
        if chronicle.has(0.8, paper, "newspaper_owner"):
            owner = chronicle.pick("company", paper, "newspaper_owner")
            chronicle.say(paper, "newspaper_owner", owner)
    for journal in chronicle.members["journal"]:
        year = _begin(chronicle, journal, "journal_founded", 1830, 1960)
        home = chronicle.pick("university", journal, "journal_home", chronicle.open(year))
        chronicle.say(journal, "journal_home", home)
    for museum in chronicle.members["museum"]:
        day = chronicle.day(museum, "museum_opened", 1790, 1985)
        chronicle.began[museum.id] = int(day[:4])
        chronicle.say(museum, "museum_opened", day)
        chronicle.say(museum, "museum_city", chronicle.pick("city", museum, "museum_city"))


def compete(chronicle: Chronicle) -> None:
    """Clubs with their cities, backers and rivals of the same sport."""
    matched: set[str] = set()
    kinds = {club.id: club.kind for club in chronicle.members["club"]}
    for club in chronicle.members["club"]:
        _begin(chronicle, club, "club_founded", 1868, 1990)
        chronicle.say(club, "club_city", chronicle.pick("city", club, "club_city"))
        chronicle.say(club, "capacity", chronicle.size(club, "capacity", 1_200, 5))
        if chronicle.has(0.85, club, "club_sponsor"):
            sponsor = chronicle.pick("company", club, "club_sponsor")
            chronicle.say(club, "club_sponsor", sponsor)
        if club.id in matched or not chronicle.has(0.5, club, "rival"):
            continue

        def equal(other: str, kind: str = club.kind) -> bool:
            return other not in matched and kinds[other] == kind

        rival = chronicle.pick("club", club, "rival", equal)
        if rival:
            matched.update((club.id, rival))
            chronicle.say_both("rival", club.id, rival)


def celebrate(chronicle: Chronicle) -> None:
    """Festivals with their cities and founders."""
    founders: Counter[str] = Counter()
    for festival in chronicle.members["festival"]:
        _begin(chronicle, festival, "festival_first", 1860, 2005)
        city = chronicle.pick("city", festival, "festival_city")
        chronicle.say(festival, "festival_city", city)
        chronicle.say(festival, "visitors", chronicle.size(festival, "visitors", 2_500, 6))
        kinds = ("composer", "actor", "novelist", "journalist", "film director")
        _found(chronicle, festival, "festival_founder", founders, *kinds)


def govern(chronicle: Chronicle) -> None:
    """Who holds which office in NOW; nobody holds two, and the first of each type go first."""
    for part in (slice(1), slice(1, None)):
        for relation, domain, share, kinds in _OFFICES:
            bodies = chronicle.members[domain][part]
            chronicle.appoint(relation, bodies, share if part.start else 1, *kinds)
        departments = by_science(chronicle.members["department"])
        for kind, science in SCIENCES.items():
            bodies = tuple(departments.get(science, ()))[part]
            chronicle.appoint("department_head", bodies, 0.45 if part.start else 1, kind)


def _begin(chronicle: Chronicle, body: Entity, relation: str, first: int, last: int) -> int:
    """Settle and note the year in which a body began."""
    year = chronicle.year(body, relation, first, last)
    chronicle.began[body.id] = year
    chronicle.say(body, relation, year)
    return year


def _found(
    chronicle: Chronicle, body: Entity, relation: str, founders: Counter[str], *kinds: str
) -> None:
    """A founder of those kinds, of age when the body began, who founded few others of its type."""
    if not chronicle.has(0.9, body, relation):
        return
    grown = chronicle.grown(chronicle.began[body.id], 27)
    able = chronicle.able(*kinds)
    founder = chronicle.pick_from(
        able,
        body,
        relation,
        lambda person: founders[person] < _MOST_FOUNDED and grown(person),
    )
    if founder:
        founders[founder] += 1
        chronicle.say(body, relation, founder)
