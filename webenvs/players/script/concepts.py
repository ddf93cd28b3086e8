"""What English words are about: families of words that can stand for each other, and stop words.

The table is everyday English, not the vocabulary of a corpus: "mentor" and "taught" are one family,
"town" and "city" are one kind of thing.
"""

from functools import lru_cache

import Stemmer

_STOP = (
    "a about according after all also although am among an and any are as at be became become "
    "been before being between both but by called can consider could did do does during each "
    "find first for from gave get give given had has have he held her hers him his hold holds "
    "how i if in include included includes including into is it its itself just known later "
    "like made make many may me more most much must name named near no nor not of on once one "
    "only or other our out over own s same she should since so some still such take takes tell "
    "than that the their them then there these they think this those thing through to two under "
    "until up upon us used was we were what when where which while who whom whose why will with "
    "would you your go goes went come comes came serve serves following question answer place "
    "year years number kind name term thing things "
)

FAMILIES: dict[str, tuple[str, str]] = {
    "birth": ("", "born birth birthplace native natives hometown natal life comes"),
    "death": ("", "die died death dead deceased perished buried"),
    "founding": (
        "",
        "found founded founder foundation founding establish establishment create creator creation "
        "initiate initiator launch start begin began set formed formation open opened origin "
        "originally charter established dates",
    ),
    "writing": ("person", "author write writes wrote written writer pen novelist poet playwright"),
    "publishing": ("company", "publish publisher publication press print printed issued edition"),
    "teaching": ("person", "teach teacher taught mentor tutor instructor guided master"),
    "learning": ("person", "pupil disciple apprentice protege"),
    "training": ("person", "coach coached trainer train trained manager manage"),
    "studying": (
        "school",
        "study studied studies student alma mater educated education graduate graduated graduation "
        "degree attend attended enrolled enrol examination undergraduate",
    ),
    "working": (
        "company",
        "employ employer employed employee work worked payroll staff workforce post job career",
    ),
    "winning": ("award", "won win winner receive received recipient honour distinction laureate"),
    "leading": (
        "person",
        "president leader lead led run runs direct directs directed ruler ruled king queen head "
        "chief executive director rector chancellor governor minister mayor management chairman "
        "ceo principal elected monarch",
    ),
    "residing": (
        "city",
        "located location lie lies situated based headquarters headquartered headquarter seat site "
        "home campus host hosts venue stand stands live lived house houses board building",
    ),
    "capital": ("city", "capital government parliament"),
    "administering": ("city", "administrative administered administer seat centre assembly"),
    "owning": ("company", "own owns owned owner parent holding subsidiary group"),
    "making": ("company", "manufacturer manufactured manufacture produce produced producer built"),
    "sibling": ("person", "sibling siblings brother brothers sister sisters"),
    "twinning": ("city", "twin twinned twins sister partner partnership"),
    "flowing": ("river", "flow flows past banks quays"),
    "rising": ("", "source rise rises spring springs headwaters"),
    "population": ("number", "population inhabitants inhabitant residents resident census people"),
    "area": ("number", "area square kilometre kilometres territory cover covers miles size"),
    "length": ("number", "long length longest kilometres miles"),
    "seating": ("number", "spectator spectators capacity stadium seats stands tickets ground fit"),
    "sponsoring": ("company", "sponsor sponsored sponsoring backer backed shirts shirt budget"),
    "playing": ("", "represent represents play plays played local sport league"),
    "setting": ("city", "setting set scene plot story action unfolds"),
    "remembering": (
        "person",
        "dedicated dedicatee dedication inscribed honoured memory memorial commemorate "
        "commemorates remembered remembers honour honours",
    ),
    "independence": ("", "independent independence sovereignty sovereign"),
    "belonging": ("country", "belong belongs belonged part member nationality citizen"),
    "marrying": ("person", "wife husband spouse married marry marriage wed"),
    "parenting": ("person", "father mother parent"),
    "descending": ("person", "son daughter child children"),
    "directing": ("person", "direct directed director filmmaker"),
    "performing": ("person", "perform performer performed singer sing sang sung vocalist musician"),
    "acting": ("person", "star stars starred starring actor actress play played role cast"),
    "awarding": ("", "award awarded awards prize presented bestowed given handed"),
    "celebrating": ("", "festival celebrate visitors takes guests event"),
}
"""Relation families: the kind of thing each leads to ("" if open), and its words."""

OPPOSITE: dict[str, str] = {
    "teaching": "learning",
    "learning": "teaching",
    "parenting": "descending",
    "descending": "parenting",
}
"""Relations that turn round when they are read from the other end."""

PROFESSIONS = (
    "painter sculptor artist journalist novelist poet historian politician physicist chemist "
    "botanist biologist scientist engineer economist philosopher linguist architect astronomer "
    "mathematician geologist zoologist physician lawyer banker explorer footballer athlete"
)
"""What people are; such a noun says more than that someone is a person."""

KINDS: dict[str, str] = {
    "city": "city town village municipality capital settlement commune metropolis borough port "
    "birthplace hometown",
    "country": "country state nation republic kingdom principality empire",
    "school": "university college academy school institute alma",
    "company": "company firm business manufacturer corporation label airline brewery publisher "
    "employer sponsor publishing maker bank railway chain studio factory shipyard",
    "book": "book novel collection memoir play poem",
    "club": "club team side squad franchise",
    "river": "river stream tributary",
    "award": "award prize medal trophy",
    "festival": "festival fair biennale",
    "film": "film movie documentary",
    "region": "region province county district shire territory prefecture canton",
    "museum": "museum gallery collection",
    "exhibition": "exhibition exhibit show",
    "artwork": "artwork painting sculpture drawing etching portrait",
    "paper": "paper article treatise",
    "journal": "journal periodical",
    "newspaper": "newspaper daily gazette tabloid weekly",
    "department": "department faculty seminar",
    "bridge": "bridge viaduct",
    "product": "product model device appliance",
    "music": "song album single",
    "band": "band group duo",
    "person": "person man woman founder initiator creator composer author writer director teacher "
    "mentor tutor coach trainer manager president leader head ruler king queen executive rector "
    "chancellor governor minister mayor dedicatee performer singer actor actress wife husband "
    "spouse father mother producer brother sister sibling pupil student editor curator "
    f"player {PROFESSIONS}",
}
"""Kinds of things, with the nouns that say so in a question or a definition."""

STOP = frozenset(_STOP.split())
_stem = Stemmer.Stemmer("english").stemWord


def _by_stem(table: dict[str, str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for label, words in table.items():
        for word in words.split():
            found[_stem(word)] = found.get(_stem(word), frozenset()) | {label}
    return found


_RELATION_OF = _by_stem({label: words for label, (_, words) in FAMILIES.items()})
_KIND_OF = _by_stem(KINDS)


_PROFESSION_STEMS = frozenset(_stem(word) for word in PROFESSIONS.split())


@lru_cache(maxsize=65536)
def labels(word: str) -> frozenset[str]:
    """What a lower-case word is about: its families, or its stem; nothing for a stop word."""
    if word in STOP:
        return frozenset()
    stem = _stem(word)
    return _RELATION_OF.get(stem) or frozenset({stem})


def is_relation(word: str) -> bool:
    """Whether a lower-case word is of a relation family, or a profession."""
    stem = _stem(word)
    return word not in STOP and (stem in _RELATION_OF or stem in _PROFESSION_STEMS)


@lru_cache(maxsize=65536)
def kinds(word: str) -> frozenset[str]:
    """The kinds of thing that a lower-case noun names."""
    return _KIND_OF.get(_stem(word), frozenset())


def related(label: str, count: int = 6) -> list[str]:
    """A few words of a family and of its opposite; none for a bare stem."""
    found = FAMILIES.get(label, ("", ""))[1].split()[:count]
    return found + FAMILIES[OPPOSITE[label]][1].split()[:2] if label in OPPOSITE else found


def implied(label: str) -> str:
    """The kind of thing that a relation leads to; "" if it is open."""
    return FAMILIES[label][0] if label in FAMILIES else ""
