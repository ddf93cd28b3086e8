"""The captures of ARC files, the form that web archives had before WARC.

A record is a line of url, address, day, media type and length, then the answer as it was sent.
Compressed files have a gzip member for each record, or one for all.
"""

import mmap
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from webenvs.corpora.corpus import Broken
from webenvs.corpora.sources.capture import Capture

_LINE = re.compile(
    rb"([a-zA-Z][\w+.-]*:\S.*?)[ \t]+[\d.:a-fA-F]+[ \t]+(\d{8,20})[ \t]+(\S+)"
    rb"(?:[ \t].*)?[ \t](-?\w+)[ \t]*\r?\n"
)
_START = re.compile(rb"\x1f\x8b\x08|(?:(?<=\n)|\A)" + _LINE.pattern)
_GZIP = 0x1F
_LONGEST_LINE = 16_384
_PIECE = 65_536
_HEAD = 65_536
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})\b")
_HEAD_END = re.compile(rb"\r?\n\r?\n")

Archive = mmap.mmap | bytes


def is_arc(archive: Archive) -> bool:
    """Whether an archive begins with an ARC record, compressed or not."""
    return _LINE.match(_opening(archive, 0)) is not None


def arc_captures(archive: Archive, _path: Path, name: str) -> Iterator[Capture | Broken]:
    """The captures of an ARC file in order; a record that cannot be read is Broken."""
    begin = _next_start(archive, 0)
    while begin is not None:
        stream = _Stream(archive, begin)
        try:
            yield from _captures(stream, name)
            return
        except (EOFError, ValueError, zlib.error) as error:
            where = f"{name} at byte {stream.record}"
            yield Broken(where=where, reason=f"damaged record: {error}")
            begin = _next_start(archive, stream.record + 1)


def _opening(archive: Archive, begin: int) -> bytes:
    """What stands at `begin`, unpacked, as far as one line may go."""
    raw = archive[begin : begin + _LONGEST_LINE]
    if raw[:1] != b"\x1f":
        return raw
    try:
        return zlib.decompressobj(31).decompress(raw, _LONGEST_LINE)
    except zlib.error:
        return b""


def _next_start(archive: Archive, begin: int) -> int | None:
    """Where the next record begins, at or after `begin`."""
    for found in _START.finditer(archive, begin):
        if archive[found.start()] != _GZIP or _LINE.match(_opening(archive, found.start())):
            return found.start()
    return None


def _captures(stream: "_Stream", name: str) -> Iterator[Capture]:
    while line := stream.line():
        found = _LINE.fullmatch(line)
        if not found:
            raise ValueError(f"no head of a record: {line[:60]!r}")
        if not found[4].isdigit():
            raise ValueError(f"its length is {found[4].decode(errors='replace')!r}")
        body = _Body(stream, int(found[4]))
        if not found[1].startswith(b"filedesc:"):
            yield _capture(
                body, found[1].decode(errors="replace"), f"{name} at byte {stream.record}"
            )
        body.pass_over()


def _capture(body: "_Body", url: str, where: str) -> Capture:
    fields: dict[str, str] = {}
    for line in body.head.decode("latin-1").splitlines()[1:]:
        field, _, value = line.partition(":")
        fields.setdefault(field.strip().lower(), value.strip())
    status = _STATUS.match(body.head)
    length = fields.get("content-length", "")
    stated = int(length) if length.isdecimal() else None
    return Capture(
        where=where,
        url=url,
        status=int(status[1]) if status else 0,
        header=lambda name: fields.get(name, ""),
        content=lambda size: body.content(size, stated),
    )


class _Body:
    """The answer in a record: its head, and as much of its content as is asked for."""

    def __init__(self, stream: "_Stream", length: int) -> None:
        self._stream = stream
        self._left = length
        front = self._read(min(length, _HEAD))
        end = _HEAD_END.search(front)
        cut = end.end() if end else len(front)
        self.head, self._front = front[:cut], front[cut:]

    def _read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        return content

    def content(self, size: int, stated: int | None) -> bytes:
        """The first `size` bytes of the content; call at most once.

        Raises EOFError if the archive ends before, and before the length that the server stated.
        """
        found = self._front + self._read(min(self._left, max(0, size - len(self._front))))
        if len(found) < size and self._left and (stated is None or len(found) < stated):
            raise EOFError(f"{self._left} bytes of it are missing")
        return found[:size]

    def pass_over(self) -> None:
        """Go on to the end of the record; raises EOFError if the archive ends before."""
        while self._left:
            if not self._read(min(self._left, _PIECE)):
                raise EOFError(f"{self._left} bytes of it are missing")


class _Stream:
    """The bytes of an archive from some place on, unpacked where they are gzip members."""

    def __init__(self, archive: Archive, begin: int) -> None:
        self._archive = archive
        self._next = begin  # the next byte of the archive to be taken
        self._unpack = None if archive[begin] != _GZIP else zlib.decompressobj(31)
        self._member = begin  # where the last of the members begins that were entered
        self._buffer = b""
        self.record = begin  # where the record begins that is being read

    def line(self) -> bytes:
        """The next line that is not blank, or nothing at the end of the archive."""
        while True:
            while b"\n" not in self._buffer and len(self._buffer) < _LONGEST_LINE:
                if not self._more():
                    break
            line, end, rest = self._buffer.partition(b"\n")
            self.record = self._next - len(self._buffer) if not self._unpack else self._member
            if line.strip() or not end:
                self._buffer = rest
                return line + end if line.strip() else b""
            self._buffer = rest

    def read(self, size: int) -> bytes:
        """The next `size` bytes, or as many as there are before the end of the archive."""
        while len(self._buffer) < size and self._more():
            pass
        content, self._buffer = self._buffer[:size], self._buffer[size:]
        return content

    def _more(self) -> bool:
        """Add to the buffer; whether there was anything to add."""
        if self._unpack and self._unpack.eof:
            self._next -= len(self._unpack.unused_data)
            self._member = self._next
            if self._archive[self._next : self._next + 1] != b"\x1f":
                return False
            self._unpack = zlib.decompressobj(31)
        piece = self._unpack.unconsumed_tail if self._unpack else b""
        if not piece:
            piece = self._archive[self._next : self._next + _PIECE]
            self._next += len(piece)
        if self._unpack and not piece:
            raise EOFError("the file ends inside a gzip member")
        self._buffer += self._unpack.decompress(piece, _PIECE) if self._unpack else piece
        return bool(piece)
