"""What is kept under a name: corpora, the knowledge behind them, and tasks, each opened once."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webenvs.corpora.corpus import Corpus
from webenvs.corpora.knowledge import Knowledge
from webenvs.corpora.presets import PRESETS, open_preset, preset_corpus
from webenvs.corpora.world.graph import World
from webenvs.errors import unknown_name
from webenvs.search.retriever import Retriever
from webenvs.seeding import canonical_json
from webenvs.tasks.families.table import FAMILIES, family_of
from webenvs.tasks.taskset import TaskSource

if TYPE_CHECKING:
    from webenvs.corpora.lore import Lore

_known: dict[str, Knowledge] = {}
_lore: dict[str, "Lore"] = {}
_sources: dict[bytes, TaskSource] = {}


def corpus(name: str) -> Corpus:
    """The corpus of a preset or at a path, opened once a process; raises CorpusError."""
    if name in PRESETS:
        return _preset(name)
    path = Path(name)
    if not _is_there(name):
        raise unknown_name("corpus", name, [*PRESETS, "a path of a built corpus"])
    manifest = path / "corpus.json"
    written = manifest.stat().st_mtime_ns if manifest.exists() else 0
    return _stored_corpus(str(path.resolve()), written)


def knowledge(pages: Corpus) -> Knowledge:
    """The knowledge behind a corpus, read once a process; raises CorpusError if it has none."""
    if pages.digest not in _known:
        from webenvs.corpora.store import open_knowledge

        _known[pages.digest] = open_knowledge(pages)
    return _known[pages.digest]


def lore(pages: Corpus) -> "Lore | None":
    """What noise may know of a corpus; None if there is no knowledge behind it.

    Raises CorpusError if there is, and it is damaged.
    """
    if pages.digest not in _known and not _keeps_knowledge(pages):
        return None
    if pages.digest not in _lore:
        from webenvs.corpora.lore import Lore

        _lore[pages.digest] = Lore(knowledge(pages))
    return _lore[pages.digest]


def pages_of(given: Any) -> Any:
    """The corpus of a World or of Knowledge, which is remembered; anything else as it is."""
    behind = given.knowledge if isinstance(given, World) else given
    if not isinstance(behind, Knowledge):
        return given
    _known[behind.corpus.digest] = behind
    return behind.corpus


def task_source(
    name: str,
    pages: Corpus,
    retriever: Retriever,
    *,
    level: str = "medium",
    knobs: Mapping[str, Any] | None = None,
    items: int = 1000,
) -> TaskSource:
    """The tasks of a family, of a file, or of BENCHMARK:PATH over these pages.

    Raises UnknownNameError, SettingError for knobs, or TaskFileError.
    """
    if name in FAMILIES:
        return _generated(name, pages, retriever, level, knobs or {}, items)
    benchmark, colon, path = name.partition(":")
    if colon and not _is_there(name):
        from webenvs.tasks.benchmarks.table import load

        return load(benchmark, Path(path), corpus=pages)
    if not _is_there(name):
        allowed = [*FAMILIES, "a path of a task file", "BENCHMARK:PATH"]
        raise unknown_name("task set", name, allowed)
    from webenvs.tasks.files import read_tasks

    return read_tasks(Path(name))


def _keeps_knowledge(pages: Corpus) -> bool:
    """Whether knowledge is stored beside the pages."""
    from webenvs.corpora.store import StoredCorpus

    return isinstance(pages, StoredCorpus) and pages.manifest.knowledge is not None


def _is_there(name: str) -> bool:
    """Whether the text is the path of something; one that no file can have is not."""
    try:
        return bool(name) and Path(name).exists()
    except (OSError, ValueError):
        return False


def _generated(
    name: str,
    pages: Corpus,
    retriever: Retriever,
    level: str,
    knobs: Mapping[str, Any],
    items: int,
) -> TaskSource:
    """The endless tasks of a family over a corpus, made once a process."""
    from webenvs.tasks.families.family import generated

    told = (name, pages.digest, retriever.settings, level, dict(knobs), items)
    key = canonical_json(told)
    if key not in _sources:
        _sources[key] = generated(
            family_of(name), knowledge(pages), retriever, level=level, knobs=knobs, items=items
        )
    return _sources[key]


@lru_cache(maxsize=8)
def _preset(name: str) -> Corpus:
    """The pages of a preset; the knowledge of an embedded one comes with them."""
    if PRESETS[name].embedded:
        world = open_preset(name)
        _known[world.corpus.digest] = world.knowledge
        return world.corpus
    return preset_corpus(name)


@lru_cache(maxsize=32)
def _stored_corpus(path: str, written: int) -> Corpus:
    """The corpus at `path`; `written` tells a corpus from the one it has replaced."""
    from webenvs.corpora.store import open_corpus

    return open_corpus(Path(path))
