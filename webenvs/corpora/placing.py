"""Putting a finished corpus in its place: written aside, then moved there in one step."""

import os
from contextlib import suppress
from pathlib import Path

from webenvs.corpora import manifest as layout
from webenvs.corpora.manifest import Manifest, StoredFile
from webenvs.corpora.report import BuildReport
from webenvs.corpora.spool import HashedFile
from webenvs.errors import CorpusError


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


def manifest_of(
    name: str, level: int, content: tuple[str, dict[str, StoredFile]], report: BuildReport
) -> Manifest:
    """The manifest of data files that were just written: their digest and what they are."""
    digest, files = content
    return Manifest(
        format=layout.FORMAT,
        version=layout.VERSION,
        name=name,
        digest=digest,
        pages=report.pages,
        zstd_level=level,
        files=files,
        report=report,
    )


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Put the manifest into the directory, in the place of one that is there."""
    fresh = directory / f".{layout.MANIFEST}"
    with HashedFile(fresh) as file:
        file.write(layout.encode(manifest))
        file.close()
    fresh.replace(directory / layout.MANIFEST)
    _sync(directory)


def put_in_place(fresh: Path, target: Path, aside: Path) -> None:
    """Move the finished directory `fresh` to `target`; what was there goes into `aside`."""
    old = aside / "old"
    with suppress(FileNotFoundError):
        target.rename(old)
    try:
        fresh.rename(target)
    finally:
        if old.exists() and not target.exists():
            old.rename(target)
    _sync(target.parent)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
