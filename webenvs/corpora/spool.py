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
from webenvs.corpora.corpus import Broken
from webenvs.corpora.manifest import StoredFile
from webenvs.corpora.report import BuildReport, Tally
from webenvs.errors import CorpusError
from webenvs.records import Page
from webenvs.seeding import canonical_json


class Spool:
    """Pages as compressed frames in the order of their coming."""

    def __init__(self, file: BinaryIO, level: int) -> None:
        self._file = file
        self._compress = zstandard.ZstdCompressor(level=level, write_checksum=True).compress
        self._ends = array("Q", [0])
        self.urls: list[str] = []

    def fill(
        self, source: Iterable[Page | Broken], tally: Tally, progress: Callable[[int], None] | None
    ) -> None:
        """Take every item of `source`: pages are spooled, all are counted."""
        for count, item in enumerate(source, start=1):
            if isinstance(item, Page):
                frame = self._compress(_content(item))
                self._file.write(frame)
                self._ends.append(self._ends[-1] + len(frame))
                self.urls.append(item.url)
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

    def frames(self, order: Sequence[int]) -> Iterator[bytes]:
        """The frames of the pages in this order."""
        for ordinal in order:
            self._file.seek(self._ends[ordinal])
            yield self._file.read(self._ends[ordinal + 1] - self._ends[ordinal])


def _content(page: Page) -> bytes:
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
    """A file that is counted and hashed as it is written, and synced when it is closed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._state = hashlib.sha256()
        self.size = 0

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


def write_files(
    directory: Path, spool: Spool, order: Sequence[int]
) -> tuple[str, dict[str, StoredFile]]:
    """Write the data files in corpus order; returns the digest and the files."""
    state = hashlib.sha256()
    decompress = zstandard.ZstdDecompressor().decompress

    def frames() -> Iterator[bytes]:
        for frame in spool.frames(order):
            state.update(decompress(frame))
            state.update(b"\n")
            yield frame

    urls = (spool.urls[ordinal].encode() for ordinal in order)
    files = _write_blobs(directory, layout.PAGES, layout.PAGE_OFFSETS, frames())
    files |= _write_blobs(directory, layout.URLS, layout.URL_OFFSETS, urls)
    return state.hexdigest(), files


def _write_blobs(
    directory: Path, data_name: str, table_name: str, blobs: Iterable[bytes]
) -> dict[str, StoredFile]:
    data, table = HashedFile(directory / data_name), HashedFile(directory / table_name)
    ends = [0]
    for blob in blobs:
        data.write(blob)
        ends.append(data.size)
    table.write(np.asarray(ends, dtype="<u8").tobytes())
    return {data_name: data.close(), table_name: table.close()}
