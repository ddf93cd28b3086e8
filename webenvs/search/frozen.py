"""A frozen index on disk: a directory with a manifest, made aside, put there in one step, checked.

Every index of a corpus lies in the corpus's `index` folder, in a directory whose name is its
address: the engine, the digest of its settings, the digest of its pages. A replaced corpus
therefore never meets the index of the old one. A directory is complete as soon as it is there.
"""

import errno
import hashlib
import os
import re
import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import msgspec
import numpy as np
from numpy.typing import NDArray

from webenvs.errors import CorpusError
from webenvs.locking import lock
from webenvs.records import Record
from webenvs.seeding import canonical_json, digest

MANIFEST = "manifest.json"
ASIDE = ".index-"
"""What the folder begins with in which an index is being built."""

_DIGITS = 16
_ADDRESS = re.compile(r"[a-z][a-z0-9-]*-[0-9a-f]{16}-[0-9a-f]{16}")
_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)

_held: WeakValueDictionary[bytes, Any] = WeakValueDictionary()
_making = threading.RLock()

Held = TypeVar("Held")
Build = Callable[[Path], Mapping[str, int]]
"""Writes the files of an index into an empty directory and returns its counts."""


class Identity(Record, frozen=True, kw_only=True):
    """What tells an index from every other: who reads it, and what it was made from.

    `format` names the layout of the files and its version. `settings` are the engine's, with every
    default; `fingerprints` are digests of what else shapes the content, such as a stemmer.
    """

    engine: str
    format: str
    corpus: str
    settings: Mapping[str, Any]
    fingerprints: Mapping[str, str] = {}

    @property
    def address(self) -> str:
        """The name of the directory of this index."""
        return f"{self.engine}-{digest(self.settings)[:_DIGITS]}-{self.corpus[:_DIGITS]}"


class File(Record, frozen=True, kw_only=True):
    """Size in bytes and SHA-256 of one file."""

    size: int
    sha256: str


class Manifest(Record, frozen=True, kw_only=True):
    """What an index directory says about itself; `counts` are the engine's own numbers."""

    identity: Identity
    counts: dict[str, int]
    files: dict[str, File]


def obtained(place: Path, identity: Identity, build: Build) -> Path | None:
    """The directory in `place` of the index with this identity, built there first if it is missing.

    Of several processes that ask for a missing index one builds and the others wait for it. None
    where nothing may be written: the index must be held in memory then. Raises what `build` raises,
    and leaves nothing behind.
    """
    directory = place / identity.address
    if directory.exists():
        return directory
    try:
        place.mkdir(parents=True, exist_ok=True)
        aside = place / f"{ASIDE}{identity.address}"
        aside.mkdir(exist_ok=True)
    except OSError as error:
        if error.errno in _READ_ONLY:
            return None
        raise
    with lock(aside / "lock"):
        try:
            if not directory.exists():
                _put(directory, aside, identity, build)
        finally:
            _cleared(aside)
    return directory


def shared(identity: Identity, make: Callable[[], Held]) -> Held:
    """The index with this identity that this process holds in memory; made if nobody holds it.

    It is forgotten as soon as nobody does.
    """
    key = canonical_json(identity)
    with _making:
        found = _held.get(key)
        if found is None:
            found = _held[key] = make()
        return found


def opened(directory: Path, identity: Identity) -> Manifest:
    """The manifest of the index in `directory`, which has this identity and files of right sizes.

    Raises CorpusError that names what differs. Hashes are not checked: see `verified`.
    """
    manifest = read_manifest(directory)
    require_identity(directory, manifest.identity, identity)
    for name, file in sorted(manifest.files.items()):
        path = directory / name
        size = path.stat().st_size if path.is_file() else None
        require(directory, f"size of {name}", size, file.size)
    return manifest


def verified(directory: Path) -> Manifest:
    """The manifest of the index in `directory`, every byte of which is as it was written.

    Raises CorpusError naming the first file that is not, or a file that is no part of the index.
    """
    manifest = read_manifest(directory)
    names = sorted([MANIFEST, *manifest.files])
    require(directory, "list of files", sorted(path.name for path in directory.iterdir()), names)
    for name, file in sorted(manifest.files.items()):
        path = directory / name
        found = file_of(path) if path.is_file() else None
        require(directory, f"SHA-256 of {name}", found and found.sha256, file.sha256)
    require(directory, MANIFEST, (directory / MANIFEST).read_bytes(), _written(manifest))
    return manifest


def load_array(path: Path) -> NDArray[Any]:
    """A plain array over the mapped file: slices of a memmap itself are slow to make.

    Raises CorpusError for what is no array as it was written.
    """
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        if mapped.offset + mapped.nbytes != path.stat().st_size:
            raise ValueError("its header does not fit its size")
    except Exception as error:  # NumPy evaluates the header: damage raises almost anything
        raise CorpusError(f"{path} is broken: {error}.") from error
    return np.asarray(mapped)


def stale_addresses(place: Path, corpus: str) -> frozenset[str]:
    """The names in `place` that say they are addresses of indexes of other corpora than this."""
    tail = f"-{corpus[:_DIGITS]}"
    names = [path.name for path in place.iterdir()] if place.is_dir() else []
    return frozenset(name for name in names if _ADDRESS.fullmatch(name) and not name.endswith(tail))


def prune_stale(place: Path, corpus: str, *, remove: bool = True) -> tuple[str, ...]:
    """The names in `place` of what no search of this corpus opens, sorted; removed if so asked.

    That is: indexes of other corpora (an earlier version of this one, as a rule), indexes that an
    earlier version of webenvs wrote, and what killed builders left. What holds no manifest and was
    left by no builder is not touched, nor is what a living builder works on.
    """
    stale = []
    tail = f"-{corpus[:_DIGITS]}"
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        current = _ADDRESS.fullmatch(path.name) and path.name.endswith(tail)
        if current or not path.is_dir():
            continue
        if path.name.startswith(ASIDE):
            with lock(path / "lock", 0.0) as left:
                if left and remove:
                    _cleared(path)
            if left:
                stale.append(path.name)
        elif (path / MANIFEST).is_file():
            stale.append(path.name)
            if remove:
                _discarded(path)
    return tuple(stale)


def read_manifest(directory: Path) -> Manifest:
    """What the index in `directory` says about itself; raises CorpusError if it cannot be read."""
    path = directory / MANIFEST
    try:
        content = path.read_bytes()
        return msgspec.json.decode(content, type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        raise CorpusError(f"There is no search index in {directory}: {path} is missing.") from None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CorpusError(
            f"The search index in {directory} is broken, or from another version of webenvs: "
            f"{path}: {error}. Delete it to have it built anew."
        ) from None


def file_of(path: Path) -> File:
    """Size and SHA-256 of the file at `path`, read whole."""
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return File(size=path.stat().st_size, sha256=sha256)


def require_identity(directory: Path, found: Identity, wanted: Identity) -> None:
    """Raise CorpusError, naming the index in `directory` and what differs, unless both are one."""
    if found.engine == wanted.engine and found.format != wanted.format:
        raise CorpusError(
            f"The search index in {directory} is from another version of webenvs: its format is "
            f"{found.format!r}, not {wanted.format!r}. Delete it to have it built anew."
        )
    for field in Identity.__struct_fields__:
        require(directory, field, getattr(found, field), getattr(wanted, field))


def require(directory: Path, what: str, found: object, wanted: object) -> None:
    """Raise CorpusError, naming the index in `directory`, unless `found` equals `wanted`."""
    if found == wanted:
        return
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        names = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
        found = {name: found.get(name) for name in names}
        wanted = {name: wanted.get(name) for name in names}
    raise CorpusError(
        f"The search index in {directory} does not fit: its {what} is {found!r}, "
        f"not {wanted!r}. Delete it to have it built anew."
    )


def damaged(directory: Path | None, why: object) -> CorpusError:
    """The error for an index whose files contradict each other."""
    place = f"in {directory}" if directory else "held in memory"
    return CorpusError(
        f"The search index {place} is damaged: {why}. Delete it to have it built anew."
    )


def _put(directory: Path, aside: Path, identity: Identity, build: Build) -> None:
    """Build in `aside`, whose lock is held, and move the result to `directory`."""
    fresh = aside / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)  # of a builder that was killed
    fresh.mkdir()
    counts = dict(build(fresh))
    files = {path.name: file_of(path) for path in sorted(fresh.iterdir())}
    manifest = Manifest(identity=identity, counts=counts, files=files)
    (fresh / MANIFEST).write_bytes(_written(manifest))
    for path in (*fresh.iterdir(), fresh):
        _sync(path)
    fresh.rename(directory)
    _sync(directory.parent)


def _written(manifest: Manifest) -> bytes:
    return canonical_json(manifest) + b"\n"


def _cleared(aside: Path) -> None:
    """Remove the folder of a build, whose lock is held; the lock goes last."""
    for name in ("fresh", "old"):
        shutil.rmtree(aside / name, ignore_errors=True)
    (aside / "lock").unlink(missing_ok=True)
    with suppress(OSError):  # one who waits has put a lock of its own there, and will remove it
        aside.rmdir()


def _discarded(directory: Path) -> None:
    """Remove an index in one step, so that no half of it can ever be met at its address."""
    aside = directory.with_name(f"{ASIDE}{directory.name}")
    with lock(aside / "lock"):
        with suppress(FileNotFoundError):  # another has removed it
            directory.rename(aside / "old")
        _cleared(aside)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
