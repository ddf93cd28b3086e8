"""Shards of a world on their way to disk: pages compressed and in url order, then merged.

A shard is two files: its frames one behind the other, and an index of what they are. The index
comes last and by renaming, so that a shard that has one is finished.
"""

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from webenvs.corpora.manifest import StoredFile
from webenvs.corpora.report import BuildReport, Tally
from webenvs.corpora.spool import Frame, HashedFile, compressor, content_of
from webenvs.corpora.world.draft import Stating
from webenvs.errors import CorpusError
from webenvs.records import Page, Record

LEVEL = 3
"""The zstd level of generated corpora."""
_TELL = 128
_U32, _U64 = np.dtype("<u4"), np.dtype("<u8")


class Shard(Record, frozen=True, kw_only=True):
    """The index of a shard; `key` tells the build it belongs to.

    `ends` holds where each frame ends as uint64; `stated` holds rows of four uint32: the number of
    a fact, the page's place in this shard, and where the passage starts and ends.
    """

    key: str
    file: StoredFile
    urls: list[str]
    ends: bytes
    stated: bytes
    report: BuildReport


def write_shard(
    directory: Path, number: int, key: str, pages: Iterable[tuple[Page, Stating]]
) -> Iterator[int]:
    """Write a shard; yields from time to time how many pages were done since the last time."""
    compress, tally = compressor(LEVEL), Tally()
    frames: list[tuple[str, bytes, Stating]] = []
    for page, stating in pages:
        frames.append((page.url, compress(content_of(page)), stating))
        tally.add(page)
        if len(frames) % _TELL == 0:
            yield _TELL
    frames.sort(key=lambda entry: entry[0])
    with HashedFile(directory / f"{number}.pages") as file:
        for _, frame, _ in frames:
            file.write(frame)
        written = file.close()
    rows = [
        (fact, place, start, end)
        for place, (_, _, stating) in enumerate(frames)
        for fact, start, end in stating
    ]
    shard = Shard(
        key=key,
        file=written,
        urls=[url for url, _, _ in frames],
        ends=np.cumsum([len(frame) for _, frame, _ in frames], dtype=_U64).tobytes(),
        stated=np.asarray(rows, dtype=_U32).tobytes(),
        report=tally.report(),
    )
    fresh = directory / f"{number}.fresh"
    with HashedFile(fresh) as file:
        file.write(msgspec.msgpack.encode(shard))
        file.close()
    fresh.rename(directory / f"{number}.index")
    yield len(frames) % _TELL


def read_shard(directory: Path, number: int, key: str) -> Shard | None:
    """The index of a finished shard of the build `key`; None if it is not there or is damaged."""
    try:
        shard = msgspec.msgpack.decode((directory / f"{number}.index").read_bytes(), type=Shard)
        with (directory / f"{number}.pages").open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return shard if shard.key == key and shard.file.sha256 == found else None


class Merge:
    """Finished shards as one: pages in url order, then places by fact."""

    def __init__(self, directory: Path, shards: Sequence[Shard]) -> None:
        self._directory = directory
        self._shards = shards
        self._numbers = [np.zeros(len(shard.urls), dtype=_U32) for shard in shards]

    def frames(self) -> Iterator[Frame]:
        """The urls and frames of all pages; raises CorpusError if two pages have one url."""
        ways = [self._read(number) for number in range(len(self._shards))]
        before = ""
        for place, (url, number, ordinal, frame) in enumerate(heapq.merge(*ways)):
            if url == before:
                raise CorpusError(f"Two pages have the url {url!r}; a url identifies one page.")
            self._numbers[number][ordinal] = place
            yield url, frame
            before = url

    def places(self, facts: int) -> "Places":
        """Where each of so many facts stands; to be asked when all frames have been taken."""
        tables = []
        for shard, numbers in zip(self._shards, self._numbers, strict=True):
            table = np.frombuffer(shard.stated, dtype=_U32).reshape(-1, 4).copy()
            table[:, 1] = numbers[table[:, 1]]
            tables.append(table)
        return Places(np.concatenate(tables), facts)

    @property
    def report(self) -> BuildReport:
        """The counts of all shards."""
        reports = [shard.report for shard in self._shards]
        return BuildReport(
            pages=sum(report.pages for report in reports),
            characters=sum(report.characters for report in reports),
            links_kept=sum(report.links_kept for report in reports),
        )

    def _read(self, number: int) -> Iterator[tuple[str, int, int, bytes]]:
        shard, start = self._shards[number], 0
        ends = np.frombuffer(shard.ends, dtype=_U64).tolist()
        with (self._directory / f"{number}.pages").open("rb") as file:
            for ordinal, (url, end) in enumerate(zip(shard.urls, ends, strict=True)):
                yield url, number, ordinal, file.read(end - start)
                start = end


class Places:
    """Where facts stand, as one table of numbers."""

    def __init__(self, table: NDArray[np.uint32], facts: int) -> None:
        order = np.lexsort((table[:, 3], table[:, 2], table[:, 1], table[:, 0]))
        self._table = table[order]
        self._starts = np.searchsorted(self._table[:, 0], np.arange(facts + 1))

    def of(self, fact: int) -> list[int]:
        """Page, start and end of each passage that states the fact, one behind the other."""
        rows = self._table[self._starts[fact] : self._starts[fact + 1], 1:]
        flat: list[int] = rows.ravel().tolist()
        return flat
