"""Invented titles: of books, films, works of art, papers, journals, prizes, festivals, products."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from webenvs import seeding
from webenvs.corpora.world.names import Maker, Tongue, word


def _words(row: str) -> tuple[str, ...]:
    """The blank-separated words of a row."""
    return tuple(row.split())


ADJECTIVES = _words(
    "Silent Hollow Amber Northern Broken Distant Scarlet Winter Golden Hidden Pale Iron Silver "
    "Crooked Burning Patient Salt Velvet Drowned Wandering Copper Early Second Last Painted "
    "Borrowed Glass Secret Bitter Quiet Ashen Frozen Blind Gentle Lost Narrow Open Paper "
    "Restless Sleeping Stolen Tangled Unfinished Violet Weary Western Folded Empty Crimson "
    "Hungry Idle Jagged Lonely Marble Nameless Obedient Polished Rusted Shallow Thirsty Upper "
    "Vanished Woollen Yellow Zealous Bright Candid Dusty Eastern Faithful Green Honest Inner "
    "Lower Midnight Naked Ordinary Proud Rented Southern Timid"
)
NOUNS = _words(
    "Meridian Orchard Harbour Lantern Heron Archive Causeway Mirror Garden Compass Staircase "
    "Ferry Almanac Cathedral Sparrow Tide Foundry Clock Letter Bridge Valley Monsoon Island "
    "Comet Library Vineyard Signal Shepherd Quarry Anchor Barometer Candle Dagger Envelope "
    "Falcon Granary Hammer Inkwell Junction Kettle Ladder Marsh Needle Oar Parlour Quilt Raven "
    "Saddle Telescope Umbrella Violin Windmill Acorn Beacon Chapel Drummer Estuary Fountain "
    "Glacier Hourglass Ivy Jetty Key Loom Magnet Notebook Oracle Pendulum Riddle Seal Threshold "
    "Uncle Veil Whistle Abacus Balcony Cellar Dune Echo Furnace Gate Hinge Icicle Juggler Kiln "
    "Lighthouse Mask Nest Organ Pilgrim Ribbon Sail Tunnel Visitor Weaver Baker Cartographer "
    "Diver Engraver Fiddler Gardener Hermit"
)
_SEASONS = ("Winter", "Spring", "Autumn", "Moonlight", "Fog", "August", "Silence", "Rain")
_HOURS = ("at Dusk", "at Dawn", "at Noon", "by Night", "by Candlelight")
_PRIZES = ("Prize", "Medal", "Award", "Laurel", "Ring", "Plaque")
_FEASTS = ("Festival", "Fair", "Biennale", "Carnival", "Days", "Weeks")
FIELDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "physics": (
            ("Drift", "Resonance", "Damping", "Polarisation", "Viscosity", "Decay", "Scattering"),
            _words("Thermal Acoustic Magnetic Transverse Residual Periodic Weak Turbulent Static"),
            ("Copper Wires", "Thin Films", "Rotating Discs", "Salt Crystals", "Heated Gases"),
        ),
        "botany": (
            ("Growth", "Germination", "Wilting", "Pollination", "Dispersal", "Grafting", "Decline"),
            _words("Seasonal Lateral Delayed Rapid Nocturnal Irregular Late Uneven Sudden"),
            ("Alpine Lichens", "Marsh Orchids", "Pear Trees", "Coastal Grasses", "Forest Mosses"),
        ),
        "history": (
            (
                "Trade",
                "Taxation",
                "Migration",
                "Book-keeping",
                "Pilgrimage",
                "Settlement",
                "Piracy",
            ),
            _words("Rural Maritime Urban Seasonal Illicit Monastic Early Contested Forgotten"),
            ("River Towns", "Border Counties", "Guild Halls", "Salt Routes", "Island Parishes"),
        ),
        "engineering": (
            ("Fatigue", "Corrosion", "Vibration", "Settling", "Wear", "Load", "Cracking"),
            _words("Structural Thermal Lateral Cyclic Local Uneven Hidden Slow Repeated"),
            ("Riveted Girders", "Canal Locks", "Steam Boilers", "Stone Arches", "Timber Piles"),
        ),
        "chemistry": (
            ("Crystallisation", "Oxidation", "Staining", "Distillation", "Bleaching", "Foaming"),
            _words("Slow Partial Catalytic Reversible Cold Selective Repeated Spontaneous Faint"),
            ("Tin Salts", "Plant Dyes", "Lime Mortars", "Resin Varnishes", "Brewing Yeasts"),
        ),
    }
)
"""By science: what papers look at, how, and in what."""
_UNITS = ("Institute of", "School of", "Department of", "Laboratory of", "Seminar of")
_SERIES = ("Journal of", "Annals of", "Archive of", "Review of", "Bulletin of", "Transactions on")
_SLANTS = _words("Applied General Experimental Comparative Modern Practical Theoretical Regional")
_MODELS = _words(
    "Traveller Universal Junior Senior Special Standard Deluxe Pioneer Companion Regent Sprint "
    "Courier Compact Grand Popular Export"
)
_BRANDS = ("matic", "ette", "lux", "phon", "graph", "ino", "form", "tex", "vox", "mobil")


def title(turn: int, *key: object) -> str:
    """An invented title such as The Silent Meridian or A Compass for the Heron."""
    adjective, one, other = _triple(*key)
    frames = (
        f"The {adjective} {one}",
        f"The {adjective} {one}",
        f"The {one} of the {other}",
        f"{_a(one)[0].upper()}{_a(one)[1:]} for the {other}",
        f"{adjective} {_many(one)}",
        f"The {one} in {seeding.choice(_SEASONS, *key, 'season')}",
    )
    name = seeding.choice(frames, *key, "frame")
    if turn < 12:
        return name
    third = seeding.choice([noun for noun in NOUNS if noun not in (one, other)], *key, "third")
    return f"{name} and the {third}"


def picture(turn: int, *key: object) -> str:
    """The title of a work of art, such as Still Life with Heron."""
    adjective, one, other = _triple(*key)
    frames = (
        f"Still Life with {one} and {other}",
        f"{one} in {seeding.choice(_SEASONS, *key, 'season')}",
        f"Study of {_a(adjective)} {one}",
        f"Two {_many(one)} and {_a(other)}",
        f"{one} before {_a(other)}",
        f"{adjective} {one}",
    )
    name = seeding.choice(frames, *key, "frame")
    return name if turn < 12 else f"{name} {seeding.choice(_HOURS, *key, 'hour')}"


def show(turn: int, *key: object) -> str:
    """The title of an exhibition, such as Towards the Silent Harbour."""
    adjective, one, other = _triple(*key)
    frames = (
        f"Towards the {adjective} {one}",
        f"From {one} to {other}",
        f"The {adjective} {one} Rediscovered",
        f"{_many(one)} of the {adjective} {other}",
        f"Seeing the {adjective} {one}",
        f"Around the {one}",
    )
    name = seeding.choice(frames, *key, "frame")
    return name if turn < 12 else f"{name} Revisited"


def emblem(kinds: Sequence[str]) -> Maker:
    """Makes names of awards or festivals, such as Silver Heron Prize."""

    def make(turn: int, *key: object) -> str:
        adjective, noun, second = _triple(*key)
        middle = f"{noun} {second}" if turn > 12 else noun
        return f"{adjective} {middle} {seeding.choice(kinds, *key, 'kind')}"

    return make


def paper(field: str) -> Maker:
    """Makes titles of papers, such as Notes on the Seasonal Growth of Alpine Lichens."""
    aspects, manners, matters = FIELDS[field]

    def make(turn: int, *key: object) -> str:
        aspect = seeding.choice(aspects, *key, "aspect")
        manner = seeding.choice(manners, *key, "manner")
        matter = seeding.choice(matters, *key, "matter")
        token = seeding.choice(NOUNS, *key, "token")
        frames = (
            f"Notes on the {manner} {aspect} of {matter}",
            f"{manner} {aspect} in {matter}",
            f"The {token} Problem and the {aspect} of {matter}",
            f"A {token} Model of {manner} {aspect}",
            f"{matter} and the {token} Effect",
        )
        name = seeding.choice(frames, *key, "frame")
        return name if turn < 3 else f"{name} by the {seeding.choice(NOUNS, *key, 'method')} Method"

    return make


def journal(field: str, tongue: Tongue) -> Maker:
    """Makes names of journals, such as Brunholm Annals of Applied Botany."""

    def make(turn: int, *key: object) -> str:
        series = seeding.choice(_SERIES, *key, "series")
        slant = seeding.choice(_SLANTS, *key, "slant")
        return f"{word(tongue, tongue.surnames, turn, *key)} {series} {slant} {field.capitalize()}"

    return make


def department(field: str, tongue: Tongue) -> Maker:
    """Makes names of departments after an invented donor, such as Kelmgresk School of Botany."""

    def make(turn: int, *key: object) -> str:
        donor = word(tongue, tongue.surnames, turn, *key)
        return f"{donor} {seeding.choice(_UNITS, *key, 'unit')} {field.capitalize()}"

    return make


def product(tongue: Tongue) -> Maker:
    """Makes names of products, such as Brunmatic Traveller."""

    def make(turn: int, *key: object) -> str:
        brand = word(tongue, _BRANDS, turn, *key)
        return f"{brand} {seeding.choice(_MODELS, *key, 'model')}"

    return make


def prize() -> Maker:
    """Makes names of awards."""
    return emblem(_PRIZES)


def feast() -> Maker:
    """Makes names of festivals."""
    return emblem(_FEASTS)


def _triple(*key: object) -> tuple[str, str, str]:
    """An adjective and two different nouns."""
    draw, place = divmod(seeding.integer(2**64, *key, "words"), len(ADJECTIVES))
    draw, one = divmod(draw, len(NOUNS))
    other = (one + 1 + draw % (len(NOUNS) - 1)) % len(NOUNS)
    return ADJECTIVES[place], NOUNS[one], NOUNS[other]


def _a(noun: str) -> str:
    """The word behind a or an."""
    return f"{'an' if noun[0] in 'AEIOU' else 'a'} {noun}"


def _many(noun: str) -> str:
    """The plural of a noun."""
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "ch", "sh", "x")) else f"{noun}s"
