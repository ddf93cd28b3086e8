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


def _tongue(*rows: str) -> Tongue:
    """A tongue from seven rows of blank-separated syllables."""
    return Tongue(*(tuple(row.split()) for row in rows))


TONGUES: tuple[Tongue, ...] = (
    _tongue(
        "Hal Skar Brun Eld Torm Vid Ask Jolk Grav Ulv Kelm Sund Farn Rost Vemm Drast Holv Nerr",
        "er en el ar in ul om",
        "holt mora gard nes dal sund vang stede fell",
        "gresk sted bekk strann olm rudd vigg lunne sarn",
        "Thy Run Sig Al Ing Sol Var Ost Hed Jor Eyl Bra",
        "dis vara anja lind rike wen elle",
        "mar vard ulf rik stan dor gaut",
    ),
    _tongue(
        "Mar Ver Cal Lor Pal Sar Val Bel Fon Ric Dor Men Tol Cas Pov Zan Grem Quar",
        "and ent ell am or isc ud",
        "ona iva era anza oro ezza isco ale umbra",
        "etti ondo aro avel isso ante uzzo uedo embra",
        "Liv Ros Cel Dar Em Fiam Orv Nic Tes Ald Bran Ulc",
        "ella ina etta ara isa enza ova",
        "ano io ando eo iero aldo ucco",
    ),
    _tongue(
        "Kra Zel Dob Mir Vol Tar Pes Bor Ost Rad Gol Ved Stra Plov Chur Brez Jav Sklo",
        "en im ok av us in el",
        "ovitz nica insk ava gora dol ezno mirka ograd",
        "ovetz ekar ansky ichko enkar ovar insa ura ubin",
        "Zor Mil Dra Yel Kaz Bog Lud Ves Rad Stan Tich Obr",
        "ena ika omira ava itsa ana oslava",
        "imir an osh eslav omil ek umir",
    ),
    _tongue(
        "Ke Ta Shi Na Oru Ama Yo Hi Re Su Mo Ika Che Ruo Tebi Wako Ino Saru",
        "na ri sha lu ma ke do",
        "toma kesh lan zuri moto vai nari dera hana",
        "nabu koro shuna tari wen lashi moru sadu jiku",
        "Ai Ren Kai Mei Tor Sen Yu Hana Ori Ju Nobi Teru",
        "ko mi ra yani shi lia sae",
        "to ji ro kan den suke hei",
    ),
    _tongue(
        "Bryn Gwel Car Tre Dun Mael Pen Arr Lloe Ferr Glas Nev Corr Tavv Ael Rhos Morg Cled",
        "an or ew ith al us en",
        "wick moor don stow arren combe reth lyn avon",
        "wythe arrow ennick oller adder ven istle orth unyan",
        "Bre Cae Elo Gwe Mor Nia Owa Rhi Tam Ysa Del Fen",
        "enna elwen ris tha nys dra via",
        "dock rin lan gar wyn cott vyn",
    ),
    _tongue(
        "Aal Kuv Lah Ter Ov Piit Raun Sel Tuur Vaas Jok Mur Heim Kol Sulv Yrt Nok Eed",
        "ma ki lo nu se ri ta",
        "venna puro tolle rinta keva saro lampe harri unki",
        "inna uskar elvo ottila aren ulmi ekko isvara oppe",
        "Ail Eer Ilm Kain Lemm Oiv Raes Sil Tav Uln Hert Jal",
        "iina ea ukka itta ella isa umi",
        "ari o emo ikko ur unto aso",
    ),
    _tongue(
        "Sha Zar Fer Qal Bas Naz Dar Kho Mah Tir Rus Jav Neh Pash Gul Ard Sorv Yaz",
        "ra mi sa he bu ne do",
        "dast kand rud zar mehr vash abun istar lur",
        "vandi zadun mirel hosta rakhi nejan darian kashul bari",
        "Par Shir Fari Nav Kour Ziy Laleh Omi Rosh Tahm Dil Ars",
        "sa nush ina eh arin aza vida",
        "zan esh bod var iyar oun dad",
    ),
    _tongue(
        "Mwa Ndo Kao Tuli Lomo Zam Oke Awa Pulo Ranu Teka Banu Siwe Jumo Vala Himbo Nku Yeko",
        "li wa ne ko mu zi ra",
        "ndara leko tunga mba roa vete songo beya pala",
        "lemba koatu tindi runde mosi wani zoba kelu nyara",
        "Ama Chike Esi Kofa Lulu Neo Olu Sena Tau Wem Zuri Ido",
        "ra shi indi lea na wema tola",
        "no ko zi du mo bani rako",
    ),
)
_COUNTRIES = ("ia", "land", "mark", "ora", "stan", "avia", "esia", "mir", "ovar", "una")
_REGIONS = ("shire", "ovia", "wold", "reach", "enza", "arch", "holm", "ulia", "field", "ara")
_RIVERS = ("a", "e", "un", "esk", "ire", "ova", "ull", "ith", "amo", "ey")
TRADES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("publishing house", ("Press", "Books", "Publishing", "House")),
    ("shipping company", ("Shipping", "Lines", "Navigation")),
    ("instrument maker", ("Instruments", "Optics", "Precision")),
    ("textile company", ("Textiles", "Mills", "Weavers")),
    ("engineering company", ("Works", "Foundry", "Engineering")),
    ("bicycle maker", ("Cycles", "Wheels")),
    ("brewery", ("Brewery", "Ales")),
)
"""What a company does, and the words that its name may end in."""
ENDINGS: dict[str, tuple[str, ...]] = {
    "university": ("University", "Institute of Technology", "College", "Academy"),
    "club": ("Rovers", "United", "Athletic", "Wanderers", "Albion", "Harriers", "Rangers"),
    "bridge": ("Bridge", "Viaduct", "Crossing"),
    "museum": ("Museum", "Gallery", "Museum of Art", "Collection"),
    "newspaper": ("Courier", "Gazette", "Herald", "Observer", "Post", "Tribune", "Messenger"),
}
"""What follows the invented word in the names of such things."""
_STEMS = {"bridge": "places", "university": "places", "club": "places"}

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

        Raises AssertionError if a maker has nothing new in 1,000 draws.
        """
        for turn in range(1000):
            name = make(turn, *self._key, *key, turn)
            if self.claim(name):
                return name
        raise AssertionError(f"No fresh name in 1,000 draws under {key!r}.")

    def claim(self, name: str) -> bool:
        """Take `name` if it is free; says whether it was."""
        folded = name.casefold()
        if folded in self._taken:
            return False
        self._taken.add(folded)
        return True


def word(tongue: Tongue, ends: Sequence[str], turn: int, *key: object) -> str:
    """An invented word: a start, some linking syllables (more as `turn` grows), an end."""
    draw = seeding.integer(2**96, *key, "word")
    draw, links = divmod(draw, 2)
    stem = ""
    for _ in range(links + turn // 4):
        draw, place = divmod(draw, len(tongue.links))
        stem = _joined(stem, tongue.links[place]) if stem else tongue.links[place]
    draw, place = divmod(draw, len(tongue.starts))
    stem = _joined(tongue.starts[place], stem) if stem else tongue.starts[place]
    draw, place = divmod(draw, len(ends))
    name = _joined(stem, ends[place])
    if len(name) > 4:
        return name
    return _joined(name, tongue.places[draw % len(tongue.places)])


def given_name(tongue: Tongue, gender: str, turn: int, *key: object) -> str:
    """An invented given name that fits the gender ("f" or "m")."""
    ends = tongue.female if gender == "f" else tongue.male
    draw, place = divmod(seeding.integer(2**64, *key, "given"), len(tongue.given))
    stem = tongue.given[place]
    draw, link = divmod(draw, len(tongue.links))
    name = _joined(stem, ends[draw % len(ends)])
    if turn > 8:
        return _joined(_joined(stem, tongue.links[link]), ends[draw % len(ends)])
    return name


def given_names(tongue: Tongue, gender: str) -> frozenset[str]:
    """All given names of the usual length."""
    ends = tongue.female if gender == "f" else tongue.male
    return frozenset(_joined(stem, end) for stem in tongue.given for end in ends)


def near_duplicate(name: str, *key: object) -> str:
    """`name` with its ending spelled a little differently: Brandt and Brand."""
    if name[-1] in "aeiou":
        return name[:-1] + {"a": "e", "e": "a", "i": "y", "o": "u", "u": "o"}[name[-1]]
    shorter = seeding.uniform(*key) < 0.5 and len(name) > 4
    return name[:-1] if shorter or name[-2] not in "aeiou" else name + name[-1]


def land(type_name: str, tongue: Tongue) -> Maker:
    """Makes names of countries, regions, rivers or cities."""
    ends = {
        "country": _COUNTRIES,
        "region": _REGIONS,
        "river": _RIVERS,
        "city": tongue.places,
    }[type_name]

    def make(turn: int, *key: object) -> str:
        return word(tongue, ends, turn, *key)

    return make


def body(type_name: str, tongue: Tongue) -> Maker:
    """Makes names of an invented word and an ending that says what it is: Halmora Gazette."""
    stems = tongue.places if type_name in _STEMS else tongue.surnames

    def make(turn: int, *key: object) -> str:
        return (
            f"{word(tongue, stems, turn, *key)} {seeding.choice(ENDINGS[type_name], *key, 'end')}"
        )

    return make


def firm(endings: Sequence[str], tongue: Tongue) -> Maker:
    """Makes names of companies."""

    def make(turn: int, *key: object) -> str:
        return f"{word(tongue, tongue.surnames, turn, *key)} {seeding.choice(endings, *key, 'end')}"

    return make


def _joined(stem: str, end: str) -> str:
    """Stem and end as one word, without doubled vowels or three consonants of one kind."""
    if stem[-1] == end[0]:
        return stem + end[1:]
    return stem[:-1] + end if stem[-1] in "aeiou" and end[0] in "aeiou" else stem + end
