"""Pages on their way to disk: taken in any order, compressed aside, written in url order."""

import hashlib
import itertools
import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import zstandard

from webenvs.corpora import manifest as layout
from webenvs.corpora.corpus import Item, Redirect
from webenvs.corpora.manifest import StoredFile
from webenvs.corpora.report import BuildReport, Tally
from webenvs.errors import CorpusError
from webenvs.records import Page
from webenvs.seeding import canonical_json

Frame = tuple[str, bytes]
"""The url of a page and its compressed content."""


class Spool:
    """Pages as compressed frames in the order of their coming."""

    def __init__(self, file: BinaryIO, level: int) -> None:
        self._file = file
        self._compress = compressor(level)
        self._ends = array("Q", [0])
        self.urls: list[str] = []

    def fill(
        self, source: Iterable[Item], tally: Tally, progress: Callable[[int], None] | None
    ) -> None:
        """Take every item of `source`: pages are spooled, all are counted."""
        for count, item in enumerate(source, start=1):
            if isinstance(item, Page):
                frame = self._compress(content_of(item))
                self._file.write(frame)
                self._ends.append(self._ends[-1] + len(frame))
                self.urls.append(item.url)
            if not isinstance(item, Redirect):
                tally.add(item)
            if progress:
                progress(count)
        self._file.flush()

    def order(self, tally: Tally) -> list[int]:
        """The ordinals of the pages by url; raises CorpusError if none, or if a url comes twice."""
        if not self.urls:
            raise CorpusError(_empty(tally.report()))
        order = sorted(range(len(self.urls)), key=self.urls.__getitem__)
        for one, other in itertools.pairwise(order):
            if self.urls[one] == self.urls[other]:
                raise CorpusError(
                    f"Two pages have the url {self.urls[one]!r}: {tally.where(one)} and "
                    f"{tally.where(other)}; a url identifies one page."
                )
        return order

    def frames(self, order: Sequence[int]) -> Iterator[Frame]:
        """The urls and frames of the pages in this order."""
        for ordinal in order:
            self._file.seek(self._ends[ordinal])
            size = self._ends[ordinal + 1] - self._ends[ordinal]
            yield self.urls[ordinal], self._file.read(size)


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


def write_files(directory: Path, frames: Iterable[Frame]) -> tuple[str, dict[str, StoredFile]]:
    """Write the data files from pages in corpus order; returns the digest and the files."""
    state = hashlib.sha256()
    decompress = zstandard.ZstdDecompressor().decompress
    with (
        _Blobs(directory, layout.PAGES, layout.PAGE_OFFSETS) as pages,
        _Blobs(directory, layout.URLS, layout.URL_OFFSETS) as urls,
    ):
        for url, frame in frames:
            state.update(decompress(frame))
            state.update(b"\n")
            pages.add(frame)
            urls.add(url.encode())
        return state.hexdigest(), pages.close() | urls.close()


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
