"""The golden world: 39 facts on 16 pages, small enough to work every query out by hand.

Specifications, tests and documentation count on it; one page a subject holds all its facts.
"""

from functools import lru_cache

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, EntityWords, Fact, Knowledge, Place, Relation
from webenvs.records import Page

_ROOT = "https://golden.example/"
_TYPES = (
    EntityWords(name="player", noun="player", plural="players", who="who", broader="person"),
    EntityWords(name="designer", noun="designer", plural="designers", who="who", broader="person"),
    EntityWords(name="club", noun="club", plural="clubs", broader="organisation"),
    EntityWords(name="kind", noun="kind", plural="kinds"),
    EntityWords(name="city", noun="city", plural="cities", broader="place"),
    EntityWords(name="ground", noun="ground", plural="grounds", broader="building"),
    EntityWords(name="work", noun="structure", plural="structures", broader="building"),
    EntityWords(name="event", noun="event", plural="events", article="the "),
)
_RELATIONS = (
    Relation(
        name="playsFor",
        domain="player",
        range="club",
        nouns=("the club of {x}",),
        asks=("Which club does {x} play for?",),
        predicates=("plays for {x}",),
    ),
    Relation(
        name="bornIn",
        domain="player",
        range="year",
        nouns=("the year of birth of {x}",),
        asks=("In which year was {x} born?",),
        predicates=("was born in {x}",),
    ),
    Relation(
        name="playedIn",
        domain="player",
        range="year",
        nouns=("a year in which {x} played",),
        asks=("In which years did {x} play?",),
        predicates=("played in {x}",),
        functional=False,
    ),
    Relation(
        name="bornInCity",
        domain="player",
        range="city",
        nouns=("the native city of {x}",),
        asks=("In which city was {x} born?",),
        predicates=("comes from {x}",),
    ),
    Relation(
        name="foundedIn",
        domain="club",
        range="year",
        nouns=("the founding year of {x}",),
        asks=("In which year was {x} founded?",),
        predicates=("was founded in {x}",),
    ),
    Relation(
        name="isA",
        domain="",
        range="kind",
        nouns=("the kind of {x}",),
        asks=("What kind of thing is {x}?",),
        predicates=("is a {x}",),
    ),
    Relation(
        name="homeGround",
        domain="club",
        range="ground",
        nouns=("the home ground of {x}",),
        asks=("What is the home ground of {x}?",),
        predicates=("plays at {x}",),
        inverse_functional=True,
    ),
    Relation(
        name="locatedIn",
        domain="ground",
        range="city",
        nouns=("the city of {x}",),
        asks=("In which city is {x}?",),
        predicates=("lies in {x}",),
    ),
    Relation(
        name="designedBy",
        domain="ground",
        range="designer",
        nouns=("the designer of {x}",),
        asks=("Who designed {x}?",),
        predicates=("was designed by {x}",),
    ),
    Relation(
        name="alsoDesigned",
        domain="designer",
        range="work",
        nouns=("the other structure designed by {x}",),
        asks=("What else did {x} design?",),
        predicates=("also designed {x}",),
        inverse_functional=True,
    ),
    Relation(
        name="openedIn",
        domain="work",
        range="year",
        nouns=("the opening year of {x}",),
        asks=("When did {x} open?",),
        predicates=("opened in {x}",),
    ),
    Relation(
        name="heldIn",
        domain="event",
        range="year",
        nouns=("the year in which {x} was held",),
        asks=("In which year was {x} held?",),
        predicates=("was held in {x}",),
    ),
)
_SUBJECTS: tuple[tuple[str, str, tuple[tuple[str, str | int], ...]], ...] = (
    (
        "Ada Brandt",
        "player",
        (
            ("playsFor", "FC Norla"),
            ("bornIn", 1990),
            ("playedIn", 2004),
            ("playedIn", 2005),
            ("bornInCity", "Kelm"),
        ),
    ),
    (
        "Bela Korr",
        "player",
        (("playsFor", "FC Norla"), ("bornIn", 1991), ("playedIn", 2005), ("bornInCity", "Sund")),
    ),
    (
        "Cem Dahl",
        "player",
        (("playsFor", "SV Ostra"), ("bornIn", 1990), ("playedIn", 2004), ("bornInCity", "Kelm")),
    ),
    (
        "Dora Eide",
        "player",
        (("playsFor", "FC Norla"), ("bornIn", 1988), ("playedIn", 2003), ("bornInCity", "Kelm")),
    ),
    (
        "FC Norla",
        "club",
        (("foundedIn", 1966), ("isA", "football club"), ("homeGround", "Hohen Park")),
    ),
    (
        "SV Ostra",
        "club",
        (("foundedIn", 1966), ("isA", "handball club"), ("homeGround", "Linden Hall")),
    ),
    (
        "TS Velm",
        "club",
        (("foundedIn", 1971), ("isA", "football club"), ("homeGround", "Velm Field")),
    ),
    ("Hohen Park", "ground", (("locatedIn", "Kelm"), ("designedBy", "Ines Roth"))),
    ("Linden Hall", "ground", (("locatedIn", "Kelm"), ("designedBy", "Jon Falk"))),
    ("Velm Field", "ground", (("locatedIn", "Sund"),)),
    ("Ines Roth", "designer", (("alsoDesigned", "Mira Bridge"),)),
    ("Jon Falk", "designer", (("alsoDesigned", "Sel Tower"),)),
    ("Mira Bridge", "work", (("openedIn", 1931),)),
    ("Sel Tower", "work", (("openedIn", 1929),)),
    ("Gala Fair", "event", (("isA", "trade fair"), ("heldIn", 1990))),
    ("Rune Fair", "event", (("isA", "trade fair"), ("heldIn", 1988))),
)
_OBJECTS = (
    ("Kelm", "city"),
    ("Sund", "city"),
    ("football club", "kind"),
    ("handball club", "kind"),
    ("trade fair", "kind"),
)


@lru_cache(maxsize=1)
def golden_world() -> Knowledge:
    """The knowledge of the golden world; its corpus has one page a subject, at `url_of(name)`."""
    predicates = {relation.name: relation.predicates[0] for relation in _RELATIONS}
    facts, pages = [], []
    for name, _, stated in _SUBJECTS:
        text = ""
        for relation, value in stated:
            start = len(text)
            text += f"{name} {predicates[relation].format(x=value)}. "
            place = Place(url_of(name), start, len(text) - 1)
            fact = Fact(subject=name, relation=relation, object=value, places=(place,))
            facts.append(fact)
        pages.append(Page(url=url_of(name), title=name, text=text.strip()))
    entities = [
        Entity(id=name, name=name, type=kind, url=url_of(name)) for name, kind, _ in _SUBJECTS
    ]
    entities += [Entity(id=name, name=name, type=kind) for name, kind in _OBJECTS]
    corpus = MemoryCorpus(pages, name="golden")
    return Knowledge(entities, _RELATIONS, _TYPES, facts, corpus, "golden")


def url_of(name: str) -> str:
    """The page of a subject."""
    return _ROOT + name.replace(" ", "_")
