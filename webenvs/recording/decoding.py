"""Bodies unpacked while they arrive: never more bytes than a limit, whatever the ratio."""

import zlib
from collections.abc import AsyncIterator

_STEP = 65_536
_GZIP, _ZLIB, _RAW = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS
ACCEPTED = "gzip, deflate"
"""The codings that are asked for; no other is unpacked."""


class TooLargeError(ValueError):
    """A body holds more bytes than the limit."""


class Unpacker:
    """Takes the bytes of one body as they come and gives what they hold, up to a limit."""

    def __init__(self, coding: str, limit: int) -> None:
        """`coding` is the Content-Encoding; ValueError for one that is not unpacked."""
        name = coding.strip().lower()
        if name not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise ValueError(f"the body is encoded as {name[:40]!r}, and {ACCEPTED} were asked for")
        self._packed = name not in ("", "identity")
        self._widths = [_GZIP] if "gzip" in name else [_ZLIB, _RAW]
        self._stream = zlib.decompressobj(self._widths.pop(0))
        self._limit = limit
        self._begun = False
        self._taken = 0
        self.parts: list[bytes] = []
        self.size = 0

    def take(self, data: bytes) -> None:
        """Unpack some more bytes.

        Raises TooLargeError past the limit, packed or unpacked, and ValueError for bytes that are
        not in the coding.
        """
        self._taken += len(data)
        if self._taken > self._limit:
            raise TooLargeError(f"more than {self._limit} bytes were sent")
        if not self._packed:
            self._add(data)
            return
        while data:
            data = self._step(data)

    def finish(self) -> bytes:
        """The whole body; ValueError if the end of a packed one is missing."""
        if self._packed and self._begun and not self._stream.eof:
            raise ValueError("the packed body ends before its end")
        return b"".join(self.parts)

    def _step(self, data: bytes) -> bytes:
        """Unpack at most one step's worth of `data`; what is left of it."""
        if self._stream.eof:
            if not data.startswith(b"\x1f\x8b"):
                return b""  # padding after the end
            self._stream = zlib.decompressobj(_GZIP)
        try:
            self._add(self._stream.decompress(data, _STEP))
        except zlib.error as error:
            if self._begun or not self._widths:
                raise ValueError(f"the packed body is damaged: {error}") from None
            self._stream = zlib.decompressobj(self._widths.pop(0))
            return data
        self._begun = True
        return self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def _add(self, part: bytes) -> None:
        room = self._limit - self.size
        self.parts.append(part[:room])
        self.size += len(self.parts[-1])
        if len(part) > room:
            raise TooLargeError(f"more than {self._limit} bytes when unpacked")


async def unpacked(
    parts: AsyncIterator[bytes], coding: str, limit: int, *, cut: bool = False
) -> bytes:
    """The body that arrives in `parts`; with `cut` its first `limit` bytes if it is too long.

    Raises TooLargeError or ValueError as `Unpacker` does.
    """
    unpacker = Unpacker(coding, limit)
    try:
        async for part in parts:
            unpacker.take(part)
    except TooLargeError:
        if cut:
            return b"".join(unpacker.parts)
        raise
    return unpacker.finish()
