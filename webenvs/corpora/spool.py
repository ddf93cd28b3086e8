"""Pages on their way to disk: taken in any order, compressed aside, written in url order."""

import hashlib
import itertools
import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import zstandard
from numpy.typing import NDArray

from webenvs.corpora import manifest as layout
from webenvs.corpora.corpus import Broken, line_of
from webenvs.corpora.manifest import StoredFile
from webenvs.corpora.report import BuildReport, Tally
from webenvs.errors import CorpusError
from webenvs.records import Page
from webenvs.seeding import canonical_json

Frame = tuple[str, bytes]
"""The url of a page and its compressed content."""


class Spool:
    """Pages as compressed frames in the order of their coming, each with an ordinal from 0."""

    def __init__(self, file: BinaryIO, level: int) -> None:
        self._file = file
        self.compress = compressor(level)
        self._ends = array("Q", [0])
        self.urls: list[str] = []

    def fill(
        self,
        source: Iterable[Page | Broken],
        tally: Tally,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Take every item of `source`: pages are spooled, all are counted."""
        for count, item in enumerate(source, start=1):
            if isinstance(item, Page):
                frame = self.compress(content_of(item))
                self._file.write(frame)
                self._ends.append(self._ends[-1] + len(frame))
                self.urls.append(item.url)
            tally.add(item)
            if progress:
                progress(count)
        self._file.flush()
        if not self.urls:
            raise CorpusError(_empty(tally.report()))

    def frame(self, ordinal: int) -> bytes:
        """The frame of one page."""
        self._file.seek(self._ends[ordinal])
        return self._file.read(self._ends[ordinal + 1] - self._ends[ordinal])

    def frames(self, order: Iterable[int]) -> Iterator[Frame]:
        """The urls and frames of the pages in this order."""
        for ordinal in order:
            yield self.urls[ordinal], self.frame(ordinal)


def order_of(urls: Sequence[str], tally: Tally) -> list[int]:
    """The ordinals of pages by url; raises CorpusError if a url comes twice."""
    order = sorted(range(len(urls)), key=urls.__getitem__)
    for one, other in itertools.pairwise(order):
        if urls[one] == urls[other]:
            raise CorpusError(
                f"Two pages have the url {urls[one]!r}: {tally.where(one)} and "
                f"{tally.where(other)}; a url identifies one page."
            )
    return order


def compressor(level: int) -> Callable[[bytes], bytes]:
    """What makes a frame of a page's content; every frame stands alone and carries a checksum."""
    return zstandard.ZstdCompressor(level=level, write_checksum=True).compress


def content_of(page: Page) -> bytes:
    """The canonical JSON of a page; raises CorpusError for one that cannot be stored."""
    if not page.url:
        raise CorpusError(f"The page with the title {page.title!r} has an empty url.")
    try:
        return canonical_json(page)
    except UnicodeEncodeError as error:
        raise CorpusError(f"The page {page.url!r} cannot be written as UTF-8: {error}.") from error


def _empty(report: BuildReport) -> str:
    message = "The corpus is empty: a corpus needs at least one page."
    if not report.broken:
        return message
    first = report.broken_examples[0]
    return f"{message} {report.broken} were broken, the first at {first.where}: {first.reason}."


class HashedFile:
    """A file that is counted and hashed as it is written, and synced when it is closed.

    Leaving it as a context closes it whatever happened.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._state = hashlib.sha256()
        self.size = 0

    def __enter__(self) -> "HashedFile":
        return self

    def __exit__(self, *failure: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        """Append `data`."""
        self._file.write(data)
        self._state.update(data)
        self.size += len(data)

    def close(self) -> StoredFile:
        """Sync and close the file; returns its size and hash."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return StoredFile(size=self.size, sha256=self._state.hexdigest())


class Content(NamedTuple):
    """What was written: the digest, the files by the names of the layout, and how much there is."""

    digest: str
    files: dict[str, StoredFile]
    pages: int
    aliases: int


def write_files(
    directory: Path, frames: Iterable[Frame], aliases: Sequence[tuple[str, int]] = ()
) -> Content:
    """Write the data files from pages in corpus order.

    `aliases` are further addresses in ascending order, each with the number of its page.
    """
    state = hashlib.sha256()
    decompress = zstandard.ZstdDecompressor().decompress
    hashes = array("Q")
    targets: dict[int, str] = dict.fromkeys((number for _, number in aliases), "")
    with (
        _Blobs(directory, layout.PAGES, layout.PAGE_OFFSETS) as pages,
        _Blobs(directory, layout.URLS, layout.URL_OFFSETS) as urls,
    ):
        for number, (url, frame) in enumerate(frames):
            state.update(decompress(frame))
            state.update(b"\n")
            pages.add(frame)
            urls.add(url.encode())
            hashes.append(hash_of(url.encode()))
            if number in targets:
                targets[number] = url
        files = pages.close() | urls.close()
    count = len(hashes)
    if aliases:
        for alias, number in aliases:
            state.update(line_of(alias, targets[number]))
            hashes.append(hash_of(alias.encode()))
        files |= _write_aliases(directory, aliases)
    files |= _write_hashes(directory, np.asarray(hashes, dtype=np.uint64))
    return Content(state.hexdigest(), files, count, len(aliases))


def hash_of(address: bytes) -> int:
    """The 64-bit hash by which an address is found: BLAKE2b, little endian."""
    return int.from_bytes(hashlib.blake2b(address, digest_size=8).digest(), "little")


def _write_hashes(directory: Path, hashes: NDArray[np.uint64]) -> dict[str, StoredFile]:
    """Write the hashes of urls, then aliases, in ascending order, and the number of each."""
    order = np.argsort(hashes, kind="stable")
    with (
        HashedFile(directory / layout.HASHES) as values,
        HashedFile(directory / layout.PLACES) as numbers,
    ):
        values.write(hashes[order].astype("<u8").tobytes())
        numbers.write(order.astype("<u4").tobytes())
        return {layout.HASHES: values.close(), layout.PLACES: numbers.close()}


def _write_aliases(directory: Path, aliases: Sequence[tuple[str, int]]) -> dict[str, StoredFile]:
    with (
        _Blobs(directory, layout.ALIASES, layout.ALIAS_OFFSETS) as names,
        HashedFile(directory / layout.ALIAS_PAGES) as numbers,
    ):
        for alias, _ in aliases:
            names.add(alias.encode())
        numbers.write(np.array([number for _, number in aliases], dtype="<u8").tobytes())
        return names.close() | {layout.ALIAS_PAGES: numbers.close()}


class _Blobs:
    """A file of byte strings, one behind the other, and the table of where each begins."""

    def __init__(self, directory: Path, data_name: str, table_name: str) -> None:
        self._names = (data_name, table_name)
        self._data, self._table = (HashedFile(directory / name) for name in self._names)
        self._ends = array("Q", [0])

    def __enter__(self) -> "_Blobs":
        return self

    def __exit__(self, *failure: object) -> None:
        for file in (self._data, self._table):
            file.__exit__(*failure)

    def add(self, blob: bytes) -> None:
        """Append `blob`."""
        self._data.write(blob)
        self._ends.append(self._data.size)

    def close(self) -> dict[str, StoredFile]:
        """Write the table and close both files; returns them by name."""
        self._table.write(np.asarray(self._ends, dtype="<u8").tobytes())
        return dict(zip(self._names, (self._data.close(), self._table.close()), strict=True))
