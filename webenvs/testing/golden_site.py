"""The golden site: a university's web site of 19 pages, up to four clicks deep, and what it states.

Two pages of the town lie outside of it, one of which repeats a fact. Labels repeat on the staff
lists, one page is long, and each page has the menu of the site.
"""

from functools import lru_cache

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, EntityWords, Fact, Knowledge, Place, Relation
from webenvs.records import Link, Page

ROOT = "https://halvern.example/"
TOWN = "https://town.example/"
OWNER = "Halvern University"
_TYPES = (
    EntityWords(name="university", noun="university", plural="universities"),
    EntityWords(name="department", noun="department", plural="departments", article="the "),
    EntityWords(name="person", noun="person", plural="people", who="who"),
    EntityWords(name="exhibition", noun="exhibition", plural="exhibitions"),
)
_RELATIONS = (
    Relation(
        name="partOf",
        domain="department",
        range="university",
        nouns=("the university of {x}",),
        predicates=("belongs to {x}",),
    ),
    Relation(
        name="foundedIn",
        domain="",
        range="year",
        nouns=("the founding year of {x}",),
        asks=("In which year was {x} founded?",),
        predicates=("was founded in {x}",),
    ),
    Relation(
        name="headedBy",
        domain="department",
        range="person",
        nouns=("the head of {x}",),
        asks=("Who is the head of {x}?",),
        predicates=("is headed by {x}",),
        inverse_functional=True,
    ),
    Relation(
        name="worksAt",
        domain="person",
        range="department",
        nouns=("the department of {x}",),
        asks=("At which department does {x} work?",),
        predicates=("works at {x}",),
    ),
    Relation(
        name="bornIn",
        domain="person",
        range="year",
        nouns=("the year of birth of {x}",),
        asks=("In which year was {x} born?",),
        predicates=("was born in {x}",),
    ),
    Relation(
        name="joinedIn",
        domain="person",
        range="year",
        nouns=("the year in which {x} joined",),
        asks=("In which year did {x} join?",),
        predicates=("joined in {x}",),
    ),
    Relation(
        name="openedIn",
        domain="exhibition",
        range="year",
        nouns=("the opening year of {x}",),
        asks=("In which year did {x} open?",),
        predicates=("opened in {x}",),
    ),
    Relation(
        name="curatedBy",
        domain="exhibition",
        range="person",
        nouns=("the curator of {x}",),
        asks=("Who is the curator of {x}?",),
        predicates=("is curated by {x}",),
    ),
)
_GEOLOGY, _OPTICS, _MUSIC = (f"Department of {name}" for name in ("Geology", "Optics", "Music"))
_PEOPLE = (
    ("Orla Venn", _GEOLOGY, 1961, 1990),
    ("Pim Astrand", _GEOLOGY, 1970, 1999),
    ("Rhea Solm", _OPTICS, 1958, 1990),
    ("Tove Quill", _OPTICS, 1975, 2003),
    ("Ugo Fenn", _MUSIC, 1966, 1999),
)
_DEPARTMENTS = (
    (_GEOLOGY, "geology", 1902, "Orla Venn"),
    (_OPTICS, "optics", 1911, "Tove Quill"),
    (_MUSIC, "music", 1911, "Ugo Fenn"),
)
_EXHIBITIONS = (
    ("Amber Rooms", "amber-rooms", 1988, "Pim Astrand"),
    ("Glass Eyes", "glass-eyes", 2001, "Rhea Solm"),
)
_MENU = (
    ("Home", ""),
    ("Departments", "departments/"),
    ("Museum", "museum/"),
    ("About us", "about/"),
    ("The town", TOWN),
)
_OLD_DAYS = "".join(f"In {year} the roof of the hall was mended. " for year in range(1880, 1980))
Told = tuple[str, str, str | int]


class _Press:
    """Writes pages whose sentences state facts, and remembers where."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.places: dict[Told, list[Place]] = {}

    def page(
        self,
        path: str,
        title: str,
        told: tuple[Told, ...] = (),
        links: tuple[tuple[str, str], ...] = (),
        opening: str = "",
    ) -> None:
        """A page of the site: an opening, a sentence a fact, a line a link, and the menu."""
        url, text = _address(path), opening
        predicates = {relation.name: relation.predicates[0] for relation in _RELATIONS}
        for subject, relation, value in told:
            start = len(text)
            text += f"{subject} {predicates[relation].format(x=value)}. "
            place = Place(url, start, len(text) - 1)
            self.places.setdefault((subject, relation, value), []).append(place)
        placed = []
        for label, target in links:
            text += "\n" + label
            placed.append(_link(label, target, len(text) - len(label)))
        menu = _MENU if url.startswith(ROOT) else ()
        placed += [_link(label, target, len(text)) for label, target in menu]
        self.pages.append(Page(url=url, title=title, text=text, links=tuple(placed)))


@lru_cache(maxsize=1)
def golden_site() -> Knowledge:
    """The knowledge of the golden site; its corpus has the front page at `ROOT`."""
    press = _Press()
    _write_front(press)
    _write_departments(press)
    _write_museum(press)
    facts = [
        Fact(subject=subject, relation=relation, object=value, places=tuple(places))
        for (subject, relation, value), places in press.places.items()
    ]
    corpus = MemoryCorpus(press.pages, name="golden site")
    return Knowledge(_entities(), _RELATIONS, _TYPES, facts, corpus, "golden site")


def _entities() -> list[Entity]:
    people = [
        Entity(id=name, name=name, type="person", url=_address(_profile(name, department)))
        for name, department, _, _ in _PEOPLE
    ]
    departments = [
        Entity(id=name, name=name, type="department", url=_address(f"departments/{slug}/"))
        for name, slug, _, _ in _DEPARTMENTS
    ]
    exhibitions = [
        Entity(id=name, name=name, type="exhibition", url=_address(f"museum/exhibitions/{slug}"))
        for name, slug, _, _ in _EXHIBITIONS
    ]
    owner = Entity(id=OWNER, name=OWNER, type="university", url=ROOT)
    return [owner, *people, *departments, *exhibitions]


def _write_front(press: _Press) -> None:
    """The front page, what it says of itself, and the town."""
    press.page("", OWNER, ((OWNER, "foundedIn", 1874),), opening="Welcome to the university. ")
    press.page("about/", "About us", links=(("Our history", "about/history"),))
    press.page("about/history", "Our history", ((OWNER, "foundedIn", 1874),), opening=_OLD_DAYS)
    press.page(TOWN, "The town", links=(("Famous people", TOWN + "people"),))
    press.page(TOWN + "people", "Famous people", (("Orla Venn", "bornIn", 1961),))


def _write_departments(press: _Press) -> None:
    """A list of departments, the departments, a list of staff for each, and a page a person."""
    listed = tuple((name, f"departments/{slug}/") for name, slug, _, _ in _DEPARTMENTS)
    press.page("departments/", "Departments", links=listed)
    for name, slug, year, head in _DEPARTMENTS:
        told: tuple[Told, ...] = ((name, "partOf", OWNER), (name, "foundedIn", year))
        told = (*told, (name, "headedBy", head))
        staff = f"departments/{slug}/staff/"
        press.page(f"departments/{slug}/", name, told, (("Staff", staff), ("Courses", "courses")))
        own = [one for one in _PEOPLE if one[1] == name]
        profiles = tuple(("Profile", _profile(*one[:2])) for one in own)
        press.page(staff, f"Staff of the {name}", links=profiles)
        for person, department, born, joined in own:
            says = (person, "bornIn", born), (person, "joinedIn", joined)
            works: Told = (person, "worksAt", department)
            press.page(_profile(person, department), person, (*says, works))


def _write_museum(press: _Press) -> None:
    """The museum, its list of exhibitions, and a page an exhibition."""
    press.page("museum/", "Museum", links=(("Exhibitions", "museum/exhibitions/"),))
    listed = tuple((name, f"museum/exhibitions/{slug}") for name, slug, _, _ in _EXHIBITIONS)
    press.page("museum/exhibitions/", "Exhibitions", links=listed)
    for name, slug, year, curator in _EXHIBITIONS:
        told: tuple[Told, ...] = ((name, "openedIn", year), (name, "curatedBy", curator))
        press.page(f"museum/exhibitions/{slug}", name, told)


def _profile(person: str, department: str) -> str:
    slug = next(slug for name, slug, _, _ in _DEPARTMENTS if name == department)
    return f"departments/{slug}/staff/{person.lower().replace(' ', '-')}"


def _address(path: str) -> str:
    return path if path.startswith("https://") else ROOT + path


def _link(label: str, target: str, position: int) -> Link:
    return Link(anchor=label, url=_address(target), position=position)
