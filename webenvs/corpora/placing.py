"""Putting a finished corpus in its place: what was there stays valid until the new one is."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from webenvs.corpora import manifest as layout
from webenvs.corpora.manifest import Manifest, StoredFile
from webenvs.corpora.report import BuildReport
from webenvs.corpora.spool import Content, HashedFile
from webenvs.errors import CorpusError
from webenvs.locking import lock

_PATIENCE = 3.0


def check_place(target: Path, overwrite: bool) -> None:
    """Raise CorpusError unless `target` is free, or is a corpus that may be overwritten."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not (target / layout.MANIFEST).is_file():
        raise CorpusError(f"{target} exists and is not a corpus; it is left as it is.")
    if not overwrite:
        raise CorpusError(
            f"There is a corpus at {target}; to replace it, pass overwrite=True (--overwrite)."
        )


def building_place(target: Path) -> Path:
    """Where a corpus that is to be put at `target` is built."""
    return target.parent / f".{target.name}.building"


@contextmanager
def building(target: Path, overwrite: bool) -> Iterator[Path]:
    """The locked directory in which a corpus for `target` is built.

    What a build that was killed has left there is for the next one to use or to remove (see
    `cleared`); a directory that is empty in the end goes. Raises CorpusError if the place is
    taken, or if another process builds there.
    """
    check_place(target, overwrite)
    aside = building_place(target)
    with lock(aside / "lock", _PATIENCE) as held:
        if not held:
            raise CorpusError(f"Another process is building {target}; wait for it, or stop it.")
        try:
            check_place(target, overwrite)
            yield aside
        finally:
            if [entry.name for entry in aside.iterdir()] == ["lock"]:
                shutil.rmtree(aside, ignore_errors=True)


def cleared(aside: Path) -> None:
    """Remove everything from a building place but its lock."""
    for entry in aside.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != "lock":
            entry.unlink()


def manifest_of(name: str, level: int, content: Content, report: BuildReport) -> Manifest:
    """The manifest of data files that were just written: their digest and what they are."""
    return Manifest(
        format=layout.FORMAT,
        version=layout.VERSION,
        name=name,
        digest=content.digest,
        pages=content.pages,
        zstd_level=level,
        files=content.files,
        report=msgspec.structs.replace(report, pages=content.pages, aliases=content.aliases),
        aliases=content.aliases,
    )


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Put the manifest into the directory, in the place of one that is there."""
    fresh = directory / f".{layout.MANIFEST}"
    with HashedFile(fresh) as file:
        file.write(layout.encode(manifest))
        file.close()
    fresh.replace(directory / layout.MANIFEST)
    _sync(directory)


def put_in_place(fresh: Path, target: Path) -> None:
    """Make the finished corpus `fresh` the corpus `target`; at every moment one of both opens.

    Into a corpus that is there the new files move first, beside the old ones; then the manifest is
    replaced, in one step; then the old files go, and the indexes of other pages with them.
    """
    if not (target / layout.MANIFEST).exists():
        fresh.rename(target)
        _sync(target.parent)
        return
    with lock(target):
        was, will = (_digest(directory) for directory in (target, fresh))
        for file in fresh.iterdir():
            if file.name != layout.MANIFEST:
                file.rename(target / file.name)
        _sync(target)
        (fresh / layout.MANIFEST).rename(target / layout.MANIFEST)
        _sync(target)
        tidy(target)
        if was != will:
            shutil.rmtree(target / layout.INDEXES, ignore_errors=True)


def tidy(directory: Path) -> None:
    """Remove what stopped or replaced builds have left among the files of a corpus."""
    kept = layout.load(directory).on_disk
    for entry in directory.iterdir():
        if entry.name not in kept and layout.is_left_over(entry.name):
            entry.unlink(missing_ok=True)


def under_their_hashes(directory: Path, files: dict[str, StoredFile]) -> None:
    """Give files that were written under the names of the layout their names on disk."""
    for name, file in files.items():
        (directory / name).rename(directory / layout.name_of(name, file))


def _digest(directory: Path) -> str:
    with suppress(CorpusError):  # a damaged corpus may be replaced too
        return layout.load(directory).digest
    return ""


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
