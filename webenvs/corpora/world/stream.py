"""Writing a world of any size to disk: rendered in shards by all cores, merged, never in memory.

A build that is stopped, in whatever way, leaves its finished shards in a hidden directory beside
the target; the next call with the same settings goes on from there, any other starts clean.
"""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from webenvs.corpora.knowledge_file import Stated, write_knowledge
from webenvs.corpora.placing import (
    building,
    cleared,
    manifest_of,
    put_in_place,
    under_their_hashes,
    write_manifest,
)
from webenvs.corpora.spool import write_files
from webenvs.corpora.store import StoredCorpus
from webenvs.corpora.world.crew import shared_out
from webenvs.corpora.world.draft import Draft, draft_of
from webenvs.corpora.world.settings import WorldSettings
from webenvs.corpora.world.shards import LEVEL, Merge, Places, Shard, read_shard, write_shard
from webenvs.errors import CorpusError
from webenvs.processes import checked_workers

Progress = Callable[[str, int, int], None]
"""Called with what is being done ("drafting", "writing", "merging"), pages done and pages in all.

Processes are forked between its last call for drafting and its first for writing: a progress bar
with a thread of its own starts no earlier than that.
"""

_SHARD_PAGES, _MOST_SHARDS = 512, 64
_KEY = "key"


def write_world(
    settings: WorldSettings,
    directory: str | Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> StoredCorpus:
    """Write the world of these settings as the corpus `directory`, its knowledge beside it.

    The same settings give the same bytes whatever the number of `workers` (by default the cores
    this process may use), and the digest of the same world in memory. Nothing appears at
    `directory` before all is written; an existing corpus is replaced only with `overwrite`. Returns
    the corpus, opened. Raises SettingError for settings that do not fit together, CorpusError if
    the place is taken or another process is building there.
    """
    workers = checked_workers(workers)
    target = Path(directory).resolve()
    with building(target, overwrite) as aside:
        try:
            put_in_place(_build(settings, aside, workers, progress or _quiet), target)
            (aside / _KEY).unlink()
        finally:
            if not (aside / _KEY).exists():  # nothing was begun that could be gone on with
                cleared(aside)
    return StoredCorpus(target)


def _build(settings: WorldSettings, aside: Path, workers: int, progress: Progress) -> Path:
    """The directory of the finished corpus inside `aside`."""
    count = min(_MOST_SHARDS, max(1, settings.pages // _SHARD_PAGES))
    progress("drafting", 0, settings.pages)
    draft = draft_of(settings)
    _settle(aside, f"{settings.digest} {count}")
    shards = _rendered(draft, aside, count, workers, progress)
    merge = Merge(aside, shards)
    fresh = aside / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    content = write_files(fresh, _told(merge, settings.pages, progress))
    manifest = manifest_of(settings.name, LEVEL, content, merge.report)
    under_their_hashes(fresh, manifest.files)
    places = merge.places(len(draft.plan.facts))
    stated = _stated(draft, places)
    knowledge = write_knowledge(fresh, draft.terms, content.digest, len(draft.plan.facts), stated)
    write_manifest(fresh, msgspec.structs.replace(manifest, knowledge=knowledge))
    return fresh


def _settle(aside: Path, key: str) -> None:
    """Make `aside` the place of the build `key`: what another build has left there goes."""
    path = aside / _KEY
    if path.exists() and path.read_text() == key:
        return
    cleared(aside)
    fresh = aside / "key.fresh"
    fresh.write_text(key)
    fresh.rename(path)


def _rendered(
    draft: Draft, aside: Path, count: int, workers: int, progress: Progress
) -> list[Shard]:
    """All shards, those that are missing rendered first."""
    key, pages = draft.settings.digest, draft.settings.pages
    there = {number: read_shard(aside, number, key) for number in range(count)}
    missing = [number for number, shard in there.items() if shard is None]
    done = sum(len(shard.urls) for shard in there.values() if shard is not None)
    for more in shared_out(partial(_render, draft, aside, count), missing, workers):
        done += more
        progress("writing", done, pages)
    found = [there[number] or read_shard(aside, number, key) for number in range(count)]
    shards = [shard for shard in found if shard is not None]
    if len(shards) < count:
        raise CorpusError(f"{aside} was changed by others during the build; call again.")
    return shards


def _render(draft: Draft, aside: Path, count: int, number: int) -> Iterator[int]:
    pages = draft.pages(number, count)
    return write_shard(aside, number, draft.settings.digest, pages)


def _told(merge: Merge, pages: int, progress: Progress) -> Iterator[tuple[str, bytes]]:
    """The merged pages, progress told on the way."""
    for done, frame in enumerate(merge.frames(), start=1):
        yield frame
        if done % 1024 == 0 or done == pages:
            progress("merging", done, pages)


def _stated(draft: Draft, places: Places) -> Iterator[Stated]:
    """The facts in the order of their keys, each with its places."""
    facts = draft.plan.facts
    order = list(range(len(facts)))
    order.sort(key=lambda number: str(facts[number].object))
    order.sort(key=lambda number: facts[number].relation)
    order.sort(key=lambda number: facts[number].subject)
    for number in order:
        yield facts[number], places.of(number)


def _quiet(stage: str, done: int, pages: int) -> None:
    """Tell nobody."""
