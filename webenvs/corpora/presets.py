"""Generated worlds by name: tiny in memory, larger ones built once into the user's cache folder."""

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec

from webenvs.corpora.corpus import Corpus
from webenvs.corpora.world.graph import World
from webenvs.corpora.world.settings import WorldSettings
from webenvs.errors import CorpusError, unknown_name
from webenvs.records import Record

CACHE = "WEBENVS_CACHE"
"""The environment variable that names the cache folder; by default the system's one for users."""

Note = Callable[[str], None]


class Preset(Record, frozen=True, kw_only=True):
    """A named world: its settings, what it is good for, and whether it is built in memory."""

    name: str
    settings: WorldSettings
    meaning: str
    embedded: bool = False


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            Preset(
                name="tiny",
                settings=WorldSettings(pages=300),
                meaning="300 pages in memory, there at once: for first steps and for tests",
                embedded=True,
            ),
            Preset(
                name="small",
                settings=WorldSettings(pages=2_000),
                meaning="2,000 pages, built in seconds: for trying a method out",
            ),
            Preset(
                name="medium",
                settings=WorldSettings(pages=10_000),
                meaning="10,000 pages, built in seconds: for training and for reported results",
            ),
            Preset(
                name="large",
                settings=WorldSettings(pages=100_000),
                meaning="100,000 pages, built in minutes: where search has to be good",
            ),
        )
    }
)
"""Every preset by name, the smallest first."""


def preset(name: str) -> Preset:
    """The preset of that name; raises UnknownNameError."""
    if name not in PRESETS:
        raise unknown_name("world", name, PRESETS)
    return PRESETS[name]


def adjusted(name: str, chosen: Mapping[str, float | None]) -> WorldSettings:
    """The settings of a preset with those in `chosen` that are not None in the place of its own.

    Raises UnknownNameError for the name, SettingError for a value that is not allowed.
    """
    given = {field: value for field, value in chosen.items() if value is not None}
    return msgspec.structs.replace(preset(name).settings, **given)


def open_preset(name: str, note: Note | None = None) -> World:
    """The world of a preset, its pages memory-mapped and its knowledge read.

    One that is not embedded is built on first use, by one process while others wait; `note` is told
    so (by default the error stream is). Raises UnknownNameError, or CorpusError if the cache cannot
    be trusted.
    """
    if preset(name).embedded:
        return _embedded(name)
    from webenvs.corpora.store import open_knowledge

    corpus = preset_corpus(name, note)
    return World(corpus, open_knowledge(corpus))


def preset_corpus(name: str, note: Note | None = None) -> Corpus:
    """The pages of a preset alone, which open at once when they have been built before."""
    chosen = preset(name)
    if chosen.embedded:
        return _embedded(name).corpus
    from webenvs.corpora.store import open_corpus
    from webenvs.locking import lock

    place = preset_place(name)
    if not place.exists():
        _check_cache(place.parent)
        with lock(place.with_name(f"{place.name}.lock")):
            if not place.exists():
                _build(chosen, place, note or _tell)
    return open_corpus(place)


def preset_place(name: str) -> Path:
    """Where a preset that is not embedded lies, or will lie, in the cache folder.

    The directory's name holds the digest of its settings and of the sources that build it, so that
    another version of webenvs builds its own.
    """
    return cache_folder() / "worlds" / f"{name}-{preset(name).settings.digest[:16]}"


def cache_folder() -> Path:
    """The folder that `WEBENVS_CACHE` names, or the user's own cache folder for webenvs."""
    named = os.environ.get(CACHE)
    if named:
        return Path(named).expanduser().resolve()
    from platformdirs import user_cache_path

    return user_cache_path("webenvs", appauthor=False)


@cache
def _embedded(name: str) -> World:
    from webenvs.corpora.world.generate import world_of

    return world_of(PRESETS[name].settings)


def _check_cache(folder: Path) -> None:
    """Make the folder; raises CorpusError that says which other one can be named."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise CorpusError(
            f"Worlds are kept in {folder}, which cannot be written: {error.strerror}. Name another "
            f"folder in the environment variable {CACHE}."
        ) from error


def _build(chosen: Preset, place: Path, note: Note) -> None:
    from webenvs.corpora.world.stream import write_world

    note(f"webenvs: building the world {chosen.name!r} ({chosen.meaning}) once, in {place} ...")
    write_world(chosen.settings, place)
    note(f"webenvs: the world {chosen.name!r} is built.")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
