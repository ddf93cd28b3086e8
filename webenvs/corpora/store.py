"""The on-disk form of a corpus: written once and atomically, then memory-mapped and never changed.

A directory with a manifest, the pages as independent zstd frames of canonical JSON in one file, the
sorted urls in another, and a table of little-endian uint64 offsets beside each. A url is found by
binary search over the mapped urls, so an open corpus holds no table of its own in memory.
"""

import bisect
import functools
import mmap
import struct
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import zstandard

from webenvs.corpora import manifest as layout
from webenvs.corpora.corpus import Corpus, Item
from webenvs.corpora.knowledge import Knowledge
from webenvs.corpora.knowledge_file import read_knowledge, stated_by, terms_of, write_knowledge
from webenvs.corpora.placing import check_place, manifest_of, put_in_place, write_manifest
from webenvs.corpora.report import BuildReport, Tally
from webenvs.corpora.spool import Spool, write_files
from webenvs.errors import CorpusError, bad_setting
from webenvs.locking import lock
from webenvs.records import Page

Progress = Callable[[int], None]

_OFFSETS = struct.Struct("<2Q")
_CACHED_PAGES = 256
_LEVELS = range(1, 20)
_decode_page = msgspec.json.Decoder(Page).decode


def write(
    source: Iterable[Item],
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
    check_place(target, overwrite)
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
            content = write_files(fresh, spool.frames(order))
        write_manifest(fresh, manifest_of(name, level, content, report))
        put_in_place(fresh, target, Path(aside))
    return report


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
        for file in path.glob(layout.KNOWLEDGE.format("*")):
            if file.name != layout.knowledge_name(written):
                file.unlink()
    return StoredCorpus(path)


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
