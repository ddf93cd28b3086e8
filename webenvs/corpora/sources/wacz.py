"""Pages from WACZ files: web archives packed into a zip with a list of what is in it."""

import json
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from webenvs.corpora.corpus import Broken, Redirect, Source
from webenvs.corpora.html.page import SIZE_LIMIT
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.raw import Desk, Raw, pages_of
from webenvs.corpora.sources.warc import check_library, items, mapped
from webenvs.errors import CorpusError, bad_setting

_ARCHIVES = (".warc", ".warc.gz")
_LISTING = "datapackage.json"
_LISTING_LIMIT = 50_000_000
_LOCAL_HEAD = 30  # bytes before a member's name, the last four for the lengths of what follows
_PIECE = 1_000_000
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,  # a name that is no text, an offset before the file
    struct.error,
)


def read_wacz(
    path: Path,
    tally: Tally,
    limit: int = SIZE_LIMIT,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Source:
    """The pages of the web archives in a WACZ file, as `read_warc` gives those of one.

    A member that the file's own list names and the zip has not is Broken, as is one with a wrong
    checksum, of which the records are kept that can be read. Of a damaged zip the records are kept
    that can be found in its bytes. Raises CorpusError if there is no archive in it.
    """
    if limit < 1:
        raise bad_setting("limit", limit, "a number of bytes, at least 1")
    check_library(path)
    return pages_of(_items(path, tally, limit), tally, Desk(limit), workers, progress)


def _items(path: Path, tally: Tally, limit: int) -> Iterator[Raw | Redirect | Broken]:
    try:
        packed = zipfile.ZipFile(path)
    except _DAMAGE as error:
        yield Broken(
            where=str(path),
            reason=f"damaged zip: {error}; only records that lie open in its bytes are kept",
        )
        yield from items(mapped(path), path, tally, limit)
        return
    with packed:
        names = [name for name in packed.namelist() if name.lower().endswith(_ARCHIVES)]
        yield from _missing(packed, path)
        if not names:
            raise CorpusError(
                f"{path} holds no web archive: no member ends in {' or '.join(_ARCHIVES)}, only "
                f"{', '.join(packed.namelist()[:8]) or 'nothing'}."
            )
        for name in names:
            yield from _member(packed, path, name, tally, limit)


def _missing(packed: zipfile.ZipFile, path: Path) -> Iterator[Broken]:
    """The members that the file's own list names and the zip has not."""
    if _LISTING not in packed.namelist():
        yield Broken(where=f"{path}!{_LISTING}", reason="missing member: the list of the others")
        return
    try:
        with packed.open(_LISTING) as file:
            listed = json.loads(file.read(_LISTING_LIMIT))["resources"]
        wanted = [str(resource["path"]) for resource in listed]
    except (*_DAMAGE, LookupError, TypeError, RecursionError) as error:
        yield Broken(where=f"{path}!{_LISTING}", reason=f"damaged list of members: {error}")
        return
    for name in wanted:
        if name not in packed.namelist():
            yield Broken(where=f"{path}!{name}", reason="missing member: it is only listed")


def _member(
    packed: zipfile.ZipFile, path: Path, name: str, tally: Tally, limit: int
) -> Iterator[Raw | Redirect | Broken]:
    """What one archive of the zip holds; it is unpacked into a file, to be read by place."""
    with tempfile.NamedTemporaryFile(suffix=Path(name).suffix) as aside:
        damage = _unpacked(packed, path, name, aside)
        try:
            yield from items(
                mapped(Path(aside.name)), Path(aside.name), tally, limit, f"{path}!{name}"
            )
        except CorpusError as error:
            yield Broken(where=f"{path}!{name}", reason=f"no web archive: {damage or error}")
            return
    if damage:
        yield Broken(where=f"{path}!{name}", reason=f"damaged member: {damage}")


def _unpacked(packed: zipfile.ZipFile, path: Path, name: str, aside: IO[bytes]) -> str:
    """Copy a member as far as it goes; returns what is wrong with it, or "".

    The zip is read here by hand: its own reader keeps the end of a member with a wrong checksum.
    """
    member = packed.getinfo(name)
    crc, size = 0, 0
    damage = ""
    try:
        for piece in _pieces(path, member):
            aside.write(piece)
            crc, size = zlib.crc32(piece, crc), size + len(piece)
    except (ValueError, zlib.error, struct.error) as error:
        damage = str(error)
    aside.flush()
    if not damage and size != member.file_size:
        damage = f"{size} of {member.file_size} bytes are there"
    return damage or ("" if crc == member.CRC else "wrong checksum")


def _pieces(path: Path, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a member, piece by piece; raises ValueError or zlib.error."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"compression method {member.compress_type} is not known")
    unpack = zlib.decompressobj(-15) if member.compress_type == zipfile.ZIP_DEFLATED else None
    if member.header_offset < 0:
        raise ValueError(f"it is said to begin at byte {member.header_offset}")
    with path.open("rb") as file:
        file.seek(member.header_offset)
        head = file.read(_LOCAL_HEAD)
        if len(head) < _LOCAL_HEAD or not head.startswith(b"PK\x03\x04"):
            raise ValueError(f"nothing begins at byte {member.header_offset}")
        file.seek(sum(struct.unpack("<HH", head[-4:])), 1)
        left = member.compress_size
        while left > 0 and (piece := file.read(min(left, _PIECE))):
            left -= len(piece)
            while unpack and piece:
                yield unpack.decompress(piece, _PIECE)
                piece = unpack.unconsumed_tail
            if not unpack:
                yield piece
