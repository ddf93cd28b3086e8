"""Files that may be gzipped: seen from what they begin with, not from their names."""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_MAGIC = b"\x1f\x8b"
_BUFFER = 131_072


@contextmanager
def unpacked(path: Path) -> Iterator["io.BufferedReader[Any]"]:
    """The content of a file, unpacked if it is gzipped; raises OSError if it cannot be opened.

    Reading a damaged one raises EOFError, gzip.BadGzipFile or zlib.error; junk behind a sound gzip
    is its end.
    """
    with path.open("rb") as file:
        if file.peek(len(_MAGIC))[: len(_MAGIC)] != _MAGIC:
            yield file
            return
        with gzip.open(file) as members, io.BufferedReader(_Content(members), _BUFFER) as content:
            yield content


def has_junk(file: "io.BufferedReader[Any]") -> bool:
    """Whether a file that `unpacked` gave and that is read to its end has junk behind its gzip."""
    return isinstance(file.raw, _Content) and file.raw.junk


class _Content(io.RawIOBase):
    """What the members of a gzip hold; `junk` if something else came after the last."""

    def __init__(self, members: gzip.GzipFile) -> None:
        self._members = members
        self._begun = False
        self.junk = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        try:
            piece = self._members.read1(len(view))
        except gzip.BadGzipFile as error:
            if not self._begun or not str(error).startswith("Not a gzipped file"):
                raise
            self.junk, piece = True, b""
        self._begun = True
        view[: len(piece)] = piece
        return len(piece)
