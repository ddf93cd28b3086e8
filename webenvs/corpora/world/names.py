"""Invented names: a syllable grammar a tongue, so that the names of one country sound alike."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from webenvs import seeding


class Tongue(NamedTuple):
    """The syllables of one family of names."""

    starts: tuple[str, ...]
    links: tuple[str, ...]
    places: tuple[str, ...]
    surnames: tuple[str, ...]
    given: tuple[str, ...]
    female: tuple[str, ...]
    male: tuple[str, ...]


def _words(row: str) -> tuple[str, ...]:
    """The blank-separated words of a row."""
    return tuple(row.split())


def _tongue(*rows: str) -> Tongue:
    """A tongue from seven rows of blank-separated syllables."""
    return Tongue(*(_words(row) for row in rows))


TONGUES: tuple[Tongue, ...] = (
    _tongue(
        "Hal Skar Brun Eld Torm Vid Ask Lind Grav Ulv Kelm Sund Farn Rost",
        "er en el ar in",
        "holt mora gard nes dal sund vang stede",
        "gren sted bek strand holm rud vik lund",
        "Thy Run Sig Al Ing Sol Var Ost Hed Jor",
        "dis vara nja lind rike wen",
        "mar vard nulf rik stan dor",
    ),
    _tongue(
        "Mar Ver Cal Lor Pal Sar Val Bel Fon Ric Dor Men Tol Cas",
        "and ent ell am or",
        "ona iva era anza oro ezza isco ale",
        "etti ondo aro avel isso ante ucci edo",
        "Liv Ros Cel Dar Em Fiam Or Nic Tes Ald",
        "ella ina etta ara isa enza",
        "ano io ando eo iero aldo",
    ),
    _tongue(
        "Kra Zel Dob Mir Vol Tar Pes Bor Ost Rad Gol Ved Stra Plov",
        "en im ok av us",
        "ovitz nica insk ava gora dol ezno mirka",
        "ov ek ansky ich enko ovar in ura",
        "Zor Mil Dra Yel Kaz Bog Lud Ves Rad Stan",
        "ena ika omira ava itsa ana",
        "imir an osh eslav omil ek",
    ),
    _tongue(
        "Ke Ta Shi Na Oru Ama Yo Hi Re Su Mo Ika Che Ruo",
        "na ri sha lu ma",
        "toma kesh lan zuri moto vai nari dera",
        "nabe koro shima tari wen lashi moru sato",
        "Ai Ren Kai Mei Tor Sen Yu Hana Ori Ju",
        "ko mi ra yani shi lia",
        "to ji ro kan den suke",
    ),
)

ADJECTIVES = _words(
    "Silent Hollow Amber Northern Broken Distant Scarlet Winter Golden Hidden Pale Iron Silver "
    "Crooked Burning Patient Salt Velvet Drowned Wandering Copper Early Second Last Painted "
    "Borrowed Glass Secret Bitter Quiet"
)
NOUNS = _words(
    "Meridian Orchard Harbour Lantern Heron Archive Causeway Mirror Garden Compass Winter "
    "Staircase Ferry Almanac Cathedral Sparrow Tide Foundry Clock Letter Bridge Valley Monsoon "
    "Island Comet Library Vineyard Signal Shepherd Quarry"
)
PRIZES = ("Prize", "Medal", "Award", "Laurel")
FEASTS = ("Festival", "Fair", "Biennale", "Carnival")
COLLEGES = ("University", "Institute of Technology", "College", "Academy")
CLUBS = ("Rovers", "United", "Athletic", "Wanderers")
TRADES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("publishing house", ("Press", "Books", "Publishing")),
    ("shipping company", ("Shipping", "Lines")),
    ("instrument maker", ("Instruments", "Optics")),
    ("textile company", ("Textiles", "Mills")),
    ("engineering company", ("Works", "Foundry")),
)
"""What a company does, and the words that its name may end in."""


Maker = Callable[..., str]
"""make(turn, *key): a name; a later turn makes a rarer, longer one."""


class Names:
    """Fresh names by keyed draws: no two calls of `fresh` return one name."""

    def __init__(self, *key: object) -> None:
        """Hold the key of all draws and the set of names given so far."""
        self._key = key
        self._taken: set[str] = set()

    def fresh(self, make: Maker, *key: object) -> str:
        """The first of make(0), make(1), ... that is not taken; `make` gets longer with its turn.

        Example: names.fresh(lambda turn, *key: place(tongue, turn, *key), "city", 3).
        """
        for turn in range(1000):
            name = make(turn, *self._key, *key, turn)
            if name.casefold() not in self._taken:
                self._taken.add(name.casefold())
                return name
        raise AssertionError(f"No fresh name in 1,000 draws under {key!r}.")

    def claim(self, name: str) -> bool:
        """Take `name` if it is free; says whether it was."""
        if name.casefold() in self._taken:
            return False
        self._taken.add(name.casefold())
        return True


def word(tongue: Tongue, ends: Sequence[str], turn: int, *key: object) -> str:
    """An invented word: a start, some linking syllables (more as `turn` grows), an end."""
    links = seeding.integer(2, *key, "links") + turn // 4
    middle = "".join(seeding.choice(tongue.links, *key, "link", place) for place in range(links))
    start = seeding.choice(tongue.starts, *key, "start")
    name = _joined(start + middle, seeding.choice(ends, *key, "end"))
    return name if len(name) > 4 else name + seeding.choice(tongue.places, *key, "tail")


def given_name(tongue: Tongue, gender: str, turn: int, *key: object) -> str:
    """An invented given name that fits the gender ("f" or "m")."""
    ends = tongue.female if gender == "f" else tongue.male
    stem = seeding.choice(tongue.given, *key, "given")
    if turn > 8:
        stem += seeding.choice(tongue.links, *key, "given link")
    return _joined(stem, seeding.choice(ends, *key, "given end"))


def near_duplicate(name: str, *key: object) -> str:
    """`name` with its ending spelled a little differently: Brandt and Brand."""
    if name[-1] in "aeiou":
        return name[:-1] + {"a": "e", "e": "a", "i": "y", "o": "u", "u": "o"}[name[-1]]
    return name[:-1] if seeding.uniform(*key) < 0.5 and len(name) > 4 else name + name[-1]


def book_title(turn: int, *key: object) -> str:
    """An invented title such as The Silent Meridian or A Compass for the Heron."""
    adjective = seeding.choice(ADJECTIVES, *key, "adjective")
    place = seeding.integer(len(NOUNS), *key, "noun")
    step = 1 + seeding.integer(len(NOUNS) - 1, *key, "other noun")
    one, other = NOUNS[place], NOUNS[(place + step) % len(NOUNS)]
    frames = (
        f"The {adjective} {one}",
        f"The {adjective} {one}",
        f"The {one} of the {other}",
        f"A {one} for the {other}",
        f"{adjective} {one}s" if not one.endswith("y") else f"{adjective} {one}",
    )
    title = seeding.choice(frames, *key, "frame")
    return title if turn < 20 else f"{title} and the {other}"


def emblem(kinds: Sequence[str], turn: int, *key: object) -> str:
    """The name of an award or a festival, such as Silver Heron Prize."""
    adjective = seeding.choice(ADJECTIVES, *key, "adjective")
    noun = seeding.choice(NOUNS, *key, "noun")
    second = seeding.choice(NOUNS, *key, "second") + " " if turn > 20 else ""
    return f"{adjective} {noun} {second}{seeding.choice(kinds, *key, 'kind')}"


def _joined(stem: str, end: str) -> str:
    """Stem and end as one word, without doubled vowels or three consonants of one kind."""
    if stem[-1] == end[0] or (stem[-1] in "aeiou" and end[0] in "aeiou"):
        return stem + end[1:]
    return stem + end
