"""The on-disk form of a corpus: written once and atomically, then memory-mapped and never changed.

A directory with a manifest, the pages as independent zstd frames of canonical JSON in one file, the
sorted urls in another, and a table of little-endian uint64 offsets beside each. A url is found by
binary search over the mapped urls, so an open corpus holds no table of its own in memory.
"""

import bisect
import functools
import hashlib
import mmap
import os
import struct
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
import zstandard

from webenvs.corpora import manifest as layout
from webenvs.corpora.corpus import Broken
from webenvs.corpora.manifest import Manifest, StoredFile
from webenvs.corpora.report import BuildReport, Tally
from webenvs.corpora.spool import HashedFile, Spool, write_files
from webenvs.errors import CorpusError, bad_setting
from webenvs.records import Page
from webenvs.seeding import canonical_json

Progress = Callable[[int], None]

_OFFSETS = struct.Struct("<2Q")
_CACHED_PAGES = 256
_LEVELS = range(1, 20)
_decode_page = msgspec.json.Decoder(Page).decode


def write(
    source: Iterable[Page | Broken],
    directory: str | Path,
    name: str,
    *,
    tally: Tally | None = None,
    overwrite: bool = False,
    level: int = 3,
    progress: Progress | None = None,
) -> BuildReport:
    """Write the pages of `source` as the corpus `directory`, and return what was met on the way.

    Nothing appears at `directory` before everything is written and synced; an existing corpus is
    replaced only with `overwrite`, anything else is never replaced. `tally` is the one the source
    counts in. `level` is zstd's (1 to 19). `progress` is called with the number of items taken.
    Raises CorpusError if there is no page, if two pages have one url, or if the place is taken.
    """
    if not name.strip():
        raise bad_setting("name", name, "a name that is not empty")
    if level not in _LEVELS:
        raise bad_setting("level", level, "a zstd level from 1 to 19")
    target = Path(directory).resolve()
    _check_place(target, overwrite)
    target.parent.mkdir(parents=True, exist_ok=True)
    tally = tally or Tally()
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as aside:
        fresh = Path(aside) / "fresh"
        fresh.mkdir()
        with (Path(aside) / "spool").open("w+b") as file:
            spool = Spool(file, level)
            spool.fill(source, tally, progress)
            report = tally.report()
            order = spool.order(tally)
            content = write_files(fresh, spool, order)
        _write_manifest(fresh, name, level, content, report)
        _put_in_place(fresh, target, Path(aside))
    return report


def open_corpus(path: str | Path, digest: str | None = None) -> "StoredCorpus":
    """The corpus stored at `path`, opened without reading its pages.

    Raises CorpusError if there is none, if it is damaged, or if its digest is not `digest`.
    """
    return StoredCorpus(path, digest)


def verify(path: str | Path, progress: Progress | None = None) -> "StoredCorpus":
    """The corpus stored at `path`, every byte of it checked.

    Raises CorpusError naming the first thing that is wrong. `progress` is called with the number of
    pages checked. Indexes that search keeps inside the directory are not looked at.
    """
    corpus = StoredCorpus(path)
    directory = corpus.path
    known = {*layout.FILES, layout.MANIFEST, layout.INDEXES}
    for entry in sorted(directory.iterdir()):
        if entry.name not in known:
            raise CorpusError(f"{directory} holds {entry.name!r}, which is no part of a corpus.")
    for name in layout.FILES:
        _check_hash(directory / name, corpus.manifest.files[name].sha256)
    for table, data in ((layout.PAGE_OFFSETS, layout.PAGES), (layout.URL_OFFSETS, layout.URLS)):
        _check_offsets(directory / table, corpus.manifest.files[data].size)
    _check_pages(corpus, progress)
    return corpus


class StoredCorpus:
    """A corpus on disk, memory-mapped on first use; a pickle of it is its path and digest."""

    def __init__(self, path: str | Path, digest: str | None = None) -> None:
        """Open the corpus at `path`; raises CorpusError as `open_corpus` says."""
        self.path = Path(path).resolve()
        self.manifest = layout.load(self.path)
        if digest is not None and digest != self.manifest.digest:
            raise CorpusError(
                f"{self.path} has the digest {self.manifest.digest}, but {digest} was asked for: "
                "it is another corpus, or another version of it."
            )
        self._cached = functools.lru_cache(maxsize=_CACHED_PAGES)(self._read_page)

    def __reduce__(self) -> tuple[type["StoredCorpus"], tuple[Path, str]]:
        return StoredCorpus, (self.path, self.digest)

    @property
    def name(self) -> str:
        """A short name for people."""
        return self.manifest.name

    @property
    def digest(self) -> str:
        """SHA-256 of the content, by `digest_of`."""
        return self.manifest.digest

    @property
    def report(self) -> BuildReport:
        """What the build of this corpus met."""
        return self.manifest.report

    def __len__(self) -> int:
        return self.manifest.pages

    def url(self, index: int) -> str:
        """The url of page `index`."""
        return self._url_bytes(self._checked(index)).decode()

    def index(self, url: str) -> int | None:
        """The index of the page with exactly this url, or None."""
        wanted = url.encode(errors="surrogatepass")
        place = bisect.bisect_left(range(len(self)), wanted, key=self._url_bytes)
        found = place < len(self) and self._url_bytes(place) == wanted
        return place if found else None

    def page(self, index: int) -> Page:
        """Page `index`; raises CorpusError if its bytes do not decode."""
        return self._cached(self._checked(index))

    def content(self, index: int) -> bytes:
        """The canonical JSON of page `index`, as the digest is taken of it."""
        start, end = _OFFSETS.unpack_from(self._maps[layout.PAGE_OFFSETS], 8 * index)
        frame = self._maps[layout.PAGES][start:end]
        try:
            return zstandard.ZstdDecompressor().decompress(frame)
        except zstandard.ZstdError as error:
            raise CorpusError(f"{self.path} is damaged: page {index}: {error}.") from error

    def _read_page(self, index: int) -> Page:
        try:
            return _decode_page(self.content(index))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CorpusError(f"{self.path} is damaged: page {index}: {error}.") from error

    def _url_bytes(self, index: int) -> bytes:
        start, end = _OFFSETS.unpack_from(self._maps[layout.URL_OFFSETS], 8 * index)
        return self._maps[layout.URLS][start:end]

    def _checked(self, index: int) -> int:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return index

    @functools.cached_property
    def _maps(self) -> dict[str, mmap.mmap]:
        return {name: _mapped(self.path / name) for name in layout.FILES}


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _write_manifest(
    directory: Path,
    name: str,
    level: int,
    content: tuple[str, dict[str, StoredFile]],
    report: BuildReport,
) -> None:
    digest, files = content
    record = Manifest(
        format=layout.FORMAT,
        version=layout.VERSION,
        name=name,
        digest=digest,
        pages=report.pages,
        zstd_level=level,
        files=files,
        report=report,
    )
    file = HashedFile(directory / layout.MANIFEST)
    file.write(layout.encode(record))
    file.close()
    _sync(directory)


def _check_place(target: Path, overwrite: bool) -> None:
    """Raise CorpusError unless `target` is free, or is a corpus that may be overwritten."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not (target / layout.MANIFEST).is_file():
        raise CorpusError(f"{target} exists and is not a corpus; it is left as it is.")
    if not overwrite:
        raise CorpusError(
            f"There is a corpus at {target}; to replace it, pass overwrite=True (--overwrite)."
        )


def _put_in_place(fresh: Path, target: Path, aside: Path) -> None:
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


def _check_hash(path: Path, expected: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise CorpusError(f"{path} is damaged: its SHA-256 is {found}, not {expected}.")


def _check_offsets(path: Path, size: int) -> None:
    offsets = np.fromfile(path, dtype="<u8")
    if offsets[0] != 0 or offsets[-1] != size or not bool((offsets[1:] > offsets[:-1]).all()):
        raise CorpusError(f"{path} is damaged: its offsets do not ascend from 0 to {size}.")


def _check_pages(corpus: StoredCorpus, progress: Progress | None) -> None:
    state = hashlib.sha256()
    before = ""
    for index in range(len(corpus)):
        page, content = corpus.page(index), corpus.content(index)
        if corpus.url(index) != page.url:
            raise CorpusError(
                f"{corpus.path} is damaged: page {index} is {page.url!r}, "
                f"its url table says {corpus.url(index)!r}."
            )
        if page.url <= before:
            raise CorpusError(
                f"{corpus.path} is damaged: the url of page {index}, {page.url!r}, "
                f"does not come after {before!r}."
            )
        if content != canonical_json(page):
            raise CorpusError(f"{corpus.path} is damaged: page {index} is not canonical JSON.")
        state.update(content)
        state.update(b"\n")
        before = page.url
        if progress:
            progress(index + 1)
    if state.hexdigest() != corpus.digest:
        raise CorpusError(
            f"{corpus.path} is damaged: its pages have the digest {state.hexdigest()}, "
            f"its manifest says {corpus.digest}."
        )
