"""The on-disk form of a corpus: written once and atomically, then memory-mapped and never changed.

A directory with a manifest, the pages as independent zstd frames of canonical JSON in one file, the
sorted urls in another, and a table of little-endian uint64 offsets beside each. An address is found
by binary search over mapped, sorted 64-bit hashes of all urls and aliases, and then compared, so an
open corpus holds no table of its own in memory.
"""

import mmap
import struct
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import zstandard

from webenvs.corpora import manifest as layout
from webenvs.corpora.corpus import Broken, Corpus, Item
from webenvs.corpora.knowledge import Knowledge
from webenvs.corpora.knowledge_file import read_knowledge, stated_by, terms_of, write_knowledge
from webenvs.corpora.placing import (
    building,
    cleared,
    manifest_of,
    put_in_place,
    tidy,
    under_their_hashes,
    write_manifest,
)
from webenvs.corpora.report import BuildReport, Tally
from webenvs.corpora.settling import Arrivals, Marks, Progress, settled
from webenvs.corpora.spool import Content, Spool, hash_of, order_of, write_files
from webenvs.errors import CorpusError, bad_setting
from webenvs.locking import lock
from webenvs.records import Face, Page

FRESH = "fresh"
"""Where a corpus grows inside its building place."""

Read = TypeVar("Read", Page, Face)

_OFFSETS = struct.Struct("<2Q")
_TARGET = struct.Struct("<Q")
LEVEL = 3
"""zstd's level of a corpus unless it is asked for another."""
_LEVELS = range(1, 20)
_TRIES = 10
_decode_page = msgspec.json.Decoder(Page).decode
_decode_face = msgspec.json.Decoder(Face).decode


def write(
    pages: Iterable[Page | Broken],
    directory: str | Path,
    name: str,
    *,
    tally: Tally | None = None,
    overwrite: bool = False,
    level: int = LEVEL,
) -> BuildReport:
    """Write these pages, as they are, as the corpus `directory`; returns what was met on the way.

    Nothing appears at `directory` before everything is written and synced; an existing corpus is
    replaced only with `overwrite`, anything else is never replaced. `level` is zstd's (1 to 19).
    Raises CorpusError if there is no page, if two pages have one url, if the place is taken, or if
    another process builds there. For pages as a source finds them see `freeze`.
    """
    counts = tally or Tally()

    def content(aside: Path, spool: Spool) -> Content:
        spool.fill(pages, counts)
        return write_files(aside / FRESH, spool.frames(order_of(spool.urls, counts)))

    return _built(directory, name, level, overwrite, counts, content)


def freeze(
    source: Iterable[Item],
    directory: str | Path,
    name: str,
    *,
    tally: Tally | None = None,
    overwrite: bool = False,
    marks: Marks | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Make the corpus `directory` of what a source hands out; returns what was met on the way.

    Urls are brought to their normal form, redirects become aliases, links are resolved (see
    `settling`), languages and near-duplicates are marked as `marks` says. A page met again word for
    word is left out; another page with a url that is there already gets a number ("#2") behind it.
    `tally` is the one the source counts in; `progress` is called with what is being done
    ("reading", "writing"), how much is done, and how much there is (0 if that is not known).
    Otherwise like `write`.
    """
    counts = tally or Tally()
    chosen = marks or Marks()
    tell = progress or _quiet

    def content(aside: Path, spool: Spool) -> Content:
        arrivals = Arrivals(chosen, aside)
        with arrivals.signatures, _ended(source):
            spool.fill(arrivals.taken(source), counts, lambda done: tell("reading", done, 0))
            return settled(aside / FRESH, spool, arrivals, counts, tell)

    return _built(directory, name, LEVEL, overwrite, counts, content)


def _built(
    directory: str | Path,
    name: str,
    level: int,
    overwrite: bool,
    tally: Tally,
    content: Callable[[Path, Spool], Content],
) -> BuildReport:
    """Build a corpus aside and put it in its place; whatever goes wrong, nothing is left aside."""
    if not name.strip():
        raise bad_setting("name", name, "a name that is not empty")
    if level not in _LEVELS:
        raise bad_setting("level", level, "a zstd level from 1 to 19")
    target = Path(directory).resolve()
    with building(target, overwrite) as aside, _named(target):
        try:
            cleared(aside)
            fresh = aside / FRESH
            fresh.mkdir()
            with (aside / "spool").open("w+b") as file:
                written = content(aside, Spool(file, level))
            manifest = manifest_of(name, level, written, tally.report())
            under_their_hashes(fresh, manifest.files)
            write_manifest(fresh, manifest)
            put_in_place(fresh, target)
        finally:
            cleared(aside)
    return manifest.report


@contextmanager
def _ended(source: Iterable[Item]) -> Iterator[None]:
    """End a source that is a generator here, not whenever its frames are collected."""
    try:
        yield
    finally:
        if isinstance(source, Generator):
            source.close()


@contextmanager
def _named(target: Path) -> Iterator[None]:
    """Give errors of the disk that name no file, as a full one, the name of the corpus."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(target)) from error
        raise


def open_corpus(path: str | Path, digest: str | None = None) -> "StoredCorpus":
    """The corpus stored at `path`, opened without reading its pages.

    Raises CorpusError if there is none, if it is damaged, or if its digest is not `digest`.
    """
    return StoredCorpus(path, digest)


def open_knowledge(corpus: Corpus) -> Knowledge:
    """The knowledge behind a stored corpus; about a second for every 100,000 facts.

    Raises CorpusError if it has none, or if its file is damaged.
    """
    if not isinstance(corpus, StoredCorpus):
        raise CorpusError(
            f"The corpus {corpus.name!r} is in memory, and only a stored one keeps knowledge: "
            "write it to a directory, then call attach_knowledge with that directory."
        )
    manifest = layout.load(corpus.path)
    if manifest.digest != corpus.digest:
        raise CorpusError(f"{corpus.path} has been replaced since it was opened; open it again.")
    if manifest.knowledge is None:
        raise CorpusError(
            f"{corpus.path} has pages but no knowledge of what they state, which tasks are made "
            "from. `webenvs corpus generate` writes corpora with knowledge; for pages of your own, "
            "read a file of triples and store it with attach_knowledge."
        )
    path = corpus.path / manifest.knowledge_file
    return read_knowledge(path, manifest.knowledge, corpus)


def attach_knowledge(directory: str | Path, knowledge: Knowledge) -> "StoredCorpus":
    """Store `knowledge` beside the pages of the corpus at `directory`, for what was there before.

    All or nothing: a stop on the way leaves what was there. Returns the corpus, opened anew.
    Raises CorpusError if a fact is said to stand on a page that the corpus does not have.
    """
    path = Path(directory).resolve()
    layout.load(path)
    with lock(path):
        corpus = StoredCorpus(path)
        written = write_knowledge(
            path,
            terms_of(knowledge),
            corpus.digest,
            len(knowledge.facts),
            stated_by(knowledge, corpus),
        )
        write_manifest(path, msgspec.structs.replace(corpus.manifest, knowledge=written))
        tidy(path)
    return StoredCorpus(path)


class _Unpack(threading.local):
    """What unpacks page frames; one a thread, because it must not be shared."""

    def __init__(self) -> None:
        self.frame: Callable[[bytes], bytes] = zstandard.ZstdDecompressor().decompress


_unpack = _Unpack()


class StoredCorpus:
    """A corpus on disk, memory-mapped; a pickle of it is its path and digest."""

    def __init__(self, path: str | Path, digest: str | None = None) -> None:
        """Open the corpus at `path`; raises CorpusError as `open_corpus` says."""
        self.path = Path(path).resolve()
        self.manifest, self._maps = _opened(self.path)
        if digest is not None and digest != self.manifest.digest:
            raise CorpusError(
                f"{self.path} has the digest {self.manifest.digest}, but {digest} was asked for: "
                "it is another corpus, or another version of it."
            )
        self._hashes = np.frombuffer(self._maps[layout.HASHES], dtype="<u8")
        self._places = np.frombuffer(self._maps[layout.PLACES], dtype="<u4")

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
        """The index of the page with exactly this url, or to which this alias leads, or None."""
        wanted = url.encode(errors="surrogatepass")
        hashes, pages = self._hashes, self.manifest.pages
        key = np.uint64(hash_of(wanted))
        place = int(hashes.searchsorted(key))
        while place < len(hashes) and hashes[place] == key:
            number = int(self._places[place])
            if number < pages:
                if self._url_bytes(number) == wanted:
                    return number
            elif number >= len(hashes):
                raise CorpusError(f"{self.path} is damaged: {url!r} leads to page {number}.")
            elif self._alias_bytes(number - pages) == wanted:
                return self._target(number - pages)
            place += 1
        return None

    def aliases(self) -> Iterator[tuple[str, str]]:
        """Every other address of a page, ascending, each with the page's url."""
        for place in range(self.manifest.aliases):
            yield self._alias_bytes(place).decode(), self.url(self._target(place))

    def page(self, index: int) -> Page:
        """Page `index`; raises CorpusError if its bytes do not decode.

        No page is remembered: dropping the oldest costs more than reading one anew saves.
        """
        return self._read(index, _decode_page)

    def face(self, index: int) -> Face:
        """Url, title and text of page `index`, as `page` says; its links are passed over."""
        return self._read(index, _decode_face)

    def content(self, index: int) -> bytes:
        """The canonical JSON of page `index`, as the digest is taken of it."""
        start, end = _OFFSETS.unpack_from(self._maps[layout.PAGE_OFFSETS], 8 * index)
        frame = self._maps[layout.PAGES][start:end]
        try:
            return _unpack.frame(frame)
        except zstandard.ZstdError as error:
            raise CorpusError(f"{self.path} is damaged: page {index}: {error}.") from error

    def _read(self, index: int, decode: Callable[[bytes], Read]) -> Read:
        content = self.content(self._checked(index))
        try:
            return decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CorpusError(f"{self.path} is damaged: page {index}: {error}.") from error

    def _url_bytes(self, index: int) -> bytes:
        start, end = _OFFSETS.unpack_from(self._maps[layout.URL_OFFSETS], 8 * index)
        return self._maps[layout.URLS][start:end]

    def _alias_bytes(self, place: int) -> bytes:
        start, end = _OFFSETS.unpack_from(self._maps[layout.ALIAS_OFFSETS], 8 * place)
        return self._maps[layout.ALIASES][start:end]

    def _target(self, place: int) -> int:
        """The index of the page that an alias leads to."""
        target: int = _TARGET.unpack_from(self._maps[layout.ALIAS_PAGES], 8 * place)[0]
        if target >= len(self):
            raise CorpusError(f"{self.path} is damaged: alias {place} leads to page {target}.")
        return target

    def _checked(self, index: int) -> int:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return index


def _opened(directory: Path) -> tuple[layout.Manifest, dict[str, mmap.mmap]]:
    """The manifest of a corpus, and its files mapped.

    Should the corpus be replaced at this very moment, the new one is opened at the next try.
    """
    fault: Exception | None = None
    for _ in range(_TRIES):
        try:
            manifest = layout.load(directory)
            return manifest, {
                name: _mapped(directory / layout.name_of(name, file))
                for name, file in manifest.files.items()
            }
        except (CorpusError, FileNotFoundError) as error:
            fault = error
    raise CorpusError(str(fault)) from fault


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _quiet(stage: str, done: int, total: int) -> None:
    """Tell nobody."""
