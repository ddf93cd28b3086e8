"""Pages from web archives: WARC and ARC files, compressed or not, whole or damaged.

A record that cannot be read is Broken, with its offset in the file; reading goes on with the next
record whose beginning can be found.
"""

import importlib
import mmap
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from webenvs.corpora.corpus import Broken, Redirect, Source
from webenvs.corpora.html.page import SIZE_LIMIT
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.arc import arc_captures, is_arc
from webenvs.corpora.sources.capture import Capture, item_of
from webenvs.corpora.sources.raw import Desk, Raw, pages_of
from webenvs.errors import CorpusError, bad_setting

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

Archive = mmap.mmap | bytes
"""The bytes of an archive: a file mapped into memory."""

_START = re.compile(rb"\x1f\x8b\x08|(?:(?<=\n)|\A)WARC/[01]\.\d+\r?\n|\A\x28\xb5\x2f\xfd")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_SWALLOWED = re.compile(rb"\r\n\r\nWARC/[01]\.\d+\r\nWARC-")
_BLANK = b"\r\n\x00 "
_GZIP = 0x1F
_PIECE = 1_000_000
_KINDS = {"4": "response", "8": "resource", "64": "revisit", "128": "conversion"}


def read_warc(
    path: Path,
    tally: Tally,
    limit: int = SIZE_LIMIT,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Source:
    """The pages of a WARC or ARC file: what servers answered with status 200 as HTML or text.

    Redirects and revisits under another url become Redirects; what is no page is counted in
    `tally.passed_over`. `limit` is the number of bytes read of a page, `workers` that of processes
    (by default one for a small archive and one a core for others); `progress` is called with the
    number of pages, redirects and broken records. Raises CorpusError if the file is no archive.
    """
    if limit < 1:
        raise bad_setting("limit", limit, "a number of bytes, at least 1")
    check_library(path)
    archive = mapped(path)
    return pages_of(items(archive, path, tally, limit), tally, Desk(limit), workers, progress)


def check_library(path: Path) -> None:
    """Raise CorpusError if the library that reads web archives is not there."""
    try:
        importlib.import_module("fastwarc")
    except ImportError as error:
        raise CorpusError(
            f"{path} is a web archive, which fastwarc reads: pip install 'webenvs[archives]'."
        ) from error


def mapped(path: Path) -> Archive:
    """The bytes of a file, mapped into memory; raises CorpusError if there are none."""
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:
        raise CorpusError(f"{path} is empty: no archive.") from None


def items(
    archive: Archive, path: Path, tally: Tally, limit: int, label: str = ""
) -> Iterator[Raw | Redirect | Broken]:
    """What the records of an archive are, in order; `label` is its name, by default its path.

    Raises CorpusError if it has no record at all.
    """
    name = label or str(path)
    find = arc_captures if is_arc(archive) else _warc_captures
    for found in find(archive, path, name):
        if isinstance(found, Broken):
            yield found
            continue
        try:
            item = item_of(found, tally, limit)
        except (OSError, EOFError, zlib.error) as error:
            yield Broken(where=found.where, reason=f"damaged record: {error}")
            continue
        if item is not None:
            yield item


def _warc_captures(archive: Archive, path: Path, name: str) -> Iterator[Capture | Broken]:
    begin = _next_start(archive, 0)
    if begin is None:
        raise CorpusError(f"{name} is no web archive: no WARC record begins in its bytes.")
    if begin > 0:
        yield _lost(f"{name} at byte 0", f"no record begins before byte {begin}")
    told = False
    while begin is not None:
        run = _Run(archive, name, begin)
        yield from run.captures(path)
        following = _next_start(archive, run.behind())
        if run.failure or following is not None:
            if not run.told and not (told and run.count == 0):
                yield _lost(run.where(), run.failure or "the file ends inside a record")
            told = run.told or run.count > 0
        else:
            yield from run.unfinished()
        begin = following


def _lost(where: str, reason: str) -> Broken:
    return Broken(where=where, reason=f"damaged record: {reason}")


def _next_start(archive: Archive, begin: int) -> int | None:
    """Where the next record begins, at or after `begin`."""
    for found in _START.finditer(archive, begin):
        if archive[found.start()] != _GZIP or _holds_record(archive, found.start()):
            return found.start()
    return None


def _holds_record(archive: Archive, begin: int) -> bool:
    """Whether the gzip member that seems to begin here holds a record."""
    try:
        head = zlib.decompressobj(31).decompress(archive[begin : begin + 1_024], 5)
    except zlib.error:
        return False
    return head == b"WARC/"


class _Run:
    """Records of an archive read one after another, up to the first that is damaged."""

    def __init__(self, archive: Archive, name: str, begin: int) -> None:
        self._archive, self._name = archive, name
        self._packed = archive[begin] != ord("W")
        self._last = begin  # where the last record begins that was found
        self._end = begin + 1  # where it ends, if that is known
        self.count = 0
        self.failure = ""
        self.told = False  # the failure is told by whoever asked for the record's content

    def where(self) -> str:
        """Where the failure lies: at the record that reading began with, or behind the last."""
        place = self._behind_last() if self.count and self._end else self._last
        return f"{self._name} {f'after byte {self._last}' if place is None else f'at byte {place}'}"

    def _behind_last(self) -> int | None:
        """Where what follows the last record begins, or None if that cannot be seen."""
        if self._packed:
            return _member_end(self._archive, self._last)
        rest = self._archive[self._end : self._end + 4]
        return self._end + len(rest) - len(rest.lstrip(b"\r\n"))

    def behind(self) -> int:
        """From where on the next record is to be looked for."""
        return self._last + 1 if self.failure else max(self._last + 1, self._end)

    def captures(self, path: Path) -> Iterator[Capture]:
        """The captures from here on; what stops them is the run's `failure`."""
        from fastwarc.warc import ArchiveIterator

        with path.open("rb") as file:
            file.seek(self._last)
            try:
                for record in ArchiveIterator(file):
                    self._note(record)
                    capture = None if self.failure else self._capture(record)
                    if capture is not None:
                        yield capture
                    if self.failure:
                        return
            except OSError as error:
                self.failure = str(error)

    def _note(self, record: "WarcRecord") -> None:
        self.count += 1
        if record.stream_pos < len(self._archive):
            self._last = record.stream_pos
        if not self._packed:
            head = _HEAD_END.search(self._archive, self._last)
            length = record.headers.get("Content-Length") or "0"
            self._end = head.end() + int(length if length.isdecimal() else 0) if head else 0
            missing = self._end - len(self._archive)
            if not head or missing > 0:
                self._end = 0
                self.failure = f"{missing} bytes of it are missing" if head else "it has no end"

    def _capture(self, record: "WarcRecord") -> Capture | None:
        kind = str(int(record.record_type))
        if kind not in _KINDS:
            return None
        headers = record.headers
        http = record.http_headers if record.is_http_parsed else None
        media = headers.get("Content-Type") or ""

        def header(name: str) -> str:
            if http is not None:
                return http.get(name) or ""
            return media if name == "content-type" else ""

        revisit = _KINDS[kind] == "revisit"
        return Capture(
            where=f"{self._name} at byte {self._last}",
            url=headers.get("WARC-Target-URI") or "",
            status=200 if http is None else http.status_code or 0,
            header=header,
            content=lambda size: self._content(record, size),
            same_as=headers.get("WARC-Refers-To-Target-URI") or "" if revisit else None,
            plain=http is None,
        )

    def _content(self, record: "WarcRecord", size: int) -> bytes:
        """The first bytes of a record's content; raises OSError if fewer are there than it says."""
        wanted = min(size, record.content_length)
        parts, length = [], 0
        try:
            while length < wanted and (part := record.reader.read(wanted - length)):
                parts.append(part)
                length += len(part)
            content = b"".join(parts)
            if length < wanted:
                raise OSError(f"{length} of {record.content_length} bytes are there")
            if _SWALLOWED.search(content):
                raise OSError("its length runs over the next record")
        except OSError as error:
            self.failure, self.told = str(error), True
            raise
        return content

    def unfinished(self) -> Iterator[Broken]:
        """What is broken about the end of the archive, where the records came to an end."""
        if self.count == 0:
            yield _lost(self.where(), "the file ends inside a record")
        elif self._packed:
            if not _whole_members(self._archive, self._last):
                where = f"{self._name} after byte {self._last}"
                yield _lost(where, "the file ends inside a gzip member")
        elif self._archive[self._end :].strip(_BLANK):
            yield _lost(self.where(), "the file ends in what is no record")


def _whole_members(archive: Archive, begin: int) -> bool:
    """Whether the gzip members from `begin` on are all complete; other compressions are."""
    while begin < len(archive) and archive[begin] == _GZIP:
        end = _member_end(archive, begin)
        if end is None:
            return False
        begin = end
    return True


def _member_end(archive: Archive, begin: int) -> int | None:
    """Where the gzip member that begins here ends, or None if it is damaged or not all there."""
    unpack = zlib.decompressobj(31)
    try:
        while not unpack.eof and (part := archive[begin : begin + _PIECE]):
            begin += len(part)
            while part and not unpack.eof:
                unpack.decompress(part, _PIECE)
                part = unpack.unconsumed_tail
    except zlib.error:
        return None
    return begin - len(unpack.unused_data) if unpack.eof else None
