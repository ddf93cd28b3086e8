"""The settings of a generated world: what can be chosen, what is allowed, what a choice is called.

The same settings give the same bytes on every machine.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import msgspec

from webenvs import seeding
from webenvs.errors import bad_setting
from webenvs.records import Record

LEAST_PAGES, MOST_PAGES = 100, 1_000_000

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "seed": "which of the endless worlds; each has its own people, places and facts",
        "pages": "how many pages the web has, exactly",
        "density": "how much is known: how many of the optional facts about each thing exist",
        "ambiguity": "how many names are shared, nearly shared, or given up for aliases",
        "distractors": "how many pages tell nothing new: lists, menus, old news, talk of the same",
        "length": "how long articles are, in relation to the usual",
    }
)
"""One sentence a setting."""

_WHOLE = (("seed", 0, 2**53 - 1), ("pages", LEAST_PAGES, MOST_PAGES))
_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "density": (0.5, 2.0),
        "ambiguity": (0.0, 1.0),
        "distractors": (0.0, 1.0),
        "length": (0.5, 4.0),
    }
)


_DECIDING = (
    *("records.py", "seeding.py", "corpora/knowledge.py"),
    *("corpora/knowledge_file.py", "corpora/manifest.py", "corpora/spool.py"),
)
"""Sources outside this package that decide the bytes of a world too."""


class WorldSettings(Record, frozen=True, kw_only=True):
    """What a generated world is a pure function of; `MEANINGS` says what each setting does.

    Raises SettingError for a value out of range: seed 0 to 2**53 - 1, pages 100 to 1,000,000,
    density 0.5 to 2, ambiguity and distractors 0 to 1, length 0.5 to 4.
    """

    seed: int = 0
    pages: int = 300
    density: float = 1.0
    ambiguity: float = 0.5
    distractors: float = 0.5
    length: float = 1.0

    def __post_init__(self) -> None:
        for name, least, most in _WHOLE:
            if not _within(getattr(self, name), int, least, most):
                allowed = f"a whole number from {least:,} to {most:,}"
                raise bad_setting(name, getattr(self, name), allowed)
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not _within(value, float, low, high):
                raise bad_setting(name, value, f"a number from {low:g} to {high:g}")
            msgspec.structs.force_setattr(self, name, float(value) + 0.0)  # 1 is 1.0, -0.0 is 0.0

    @property
    def name(self) -> str:
        """A short name for people, the same for the same settings: world-0-300, world-0-300-d2."""
        marks = [
            f"-{name[0]}{value:g}"
            for name in _RANGES
            if (value := getattr(self, name)) != _USUAL[name]
        ]
        return f"world-{self.seed}-{self.pages}{''.join(marks)}"

    @property
    def digest(self) -> str:
        """What tells these settings, and the webenvs that would follow them, from others."""
        return seeding.digest([sources_digest(), *msgspec.structs.astuple(self)])


_USUAL: Mapping[str, float] = MappingProxyType(
    {
        field.name: field.default
        for field in msgspec.structs.fields(WorldSettings)
        if field.name in _RANGES
    }
)


@lru_cache(maxsize=1)
def sources_digest() -> str:
    """SHA-256 of the sources that decide the bytes of a world: what one version builds differs.

    Stopped builds and cached worlds of other sources are thereby left aside, never mixed.
    """
    state = hashlib.sha256()
    root = Path(__file__).parents[2]
    own = sorted(Path(__file__).parent.rglob("*.py"))
    for path in (*own, *(root / name for name in _DECIDING)):
        state.update(path.relative_to(root).as_posix().encode())
        state.update(path.read_bytes())
    return state.hexdigest()


def _within(value: object, kind: type[int] | type[float], least: float, most: float) -> bool:
    """Whether the value is of that kind of number (True and False are none) and in the range."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int | kind) and least <= value <= most
