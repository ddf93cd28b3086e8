"""How diskcache keeps a recording: zstd frames of JSON in one SQLite file, and nothing else.

diskcache unpickles what a row of its database calls a pickle (CVE-2025-69872) and reads the files
that a row names. Here a row is a frame of JSON or the recording is damaged: there is no pickle, no
file beside the database, no eviction, and a frame is unpacked only as far as a limit.
"""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import diskcache
import msgspec
import zstandard

from webenvs.errors import CorpusError

DATABASE = "cache.db"
UNPACKED_LIMIT = 512 * 2**20
"""Bytes of JSON that one row may unpack to."""

_LEVEL = 3
_PATIENCE = 60  # seconds for another process to finish writing
_EVERYTHING = 2**62
_RAW = 1  # diskcache's mark of a value that stands in the row as it is
DAMAGE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What SQLite raises for a database with changed bytes: a text in it may be none."""

_SETTINGS = {
    "eviction_policy": "none",
    "size_limit": _EVERYTHING,
    "cull_limit": 0,
    "statistics": 0,
    "tag_index": 0,
    "disk_min_file_size": _EVERYTHING,
}
_OWN_SETTINGS = frozenset(diskcache.DEFAULT_SETTINGS) | frozenset(diskcache.core.METADATA)
_TABLES = frozenset({"Settings", "Cache"})


class JsonDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """Keys are text, values are zstd frames of JSON; anything else is damage."""

    def put(self, key: Any) -> tuple[str, bool]:
        """The key as it is stored; TypeError for one that is no text."""
        if not isinstance(key, str):
            raise TypeError(f"A key of a recording is text, not {type(key).__name__}.")
        return key, True

    def get(self, key: Any, raw: Any) -> str:
        """The stored key; CorpusError if it is no text."""
        if not raw or not isinstance(key, str):
            self._refuse("a key is no text")
        return str(key)

    def store(self, value: Any, read: bool, key: Any = None) -> tuple[int, int, None, bytes]:
        """The columns of a value: its size, the mark of a plain row, no file, and the frame."""
        frame = zstandard.ZstdCompressor(level=_LEVEL).compress(msgspec.json.encode(value))
        return len(frame), _RAW, None, frame

    def fetch(self, mode: Any, filename: Any, value: Any, read: bool) -> Any:
        """The value of a row; CorpusError if it is anything but a frame of JSON."""
        if mode != _RAW or filename is not None or not isinstance(value, bytes):
            self._refuse("a row is no JSON (a pickle or a file is never read)")
        try:
            size = zstandard.frame_content_size(value)
            if not 0 <= size <= UNPACKED_LIMIT:
                self._refuse(f"a row unpacks to {size} bytes; at most {UNPACKED_LIMIT} are read")
            return msgspec.json.decode(zstandard.ZstdDecompressor().decompress(value))
        except (zstandard.ZstdError, msgspec.DecodeError, RecursionError) as error:
            self._refuse(f"a row does not unpack: {error}")

    def remove(self, file_path: Any) -> None:
        """Remove nothing: a recording has no files, and a row that names one is not believed."""

    def _refuse(self, reason: str) -> NoReturn:
        raise CorpusError(f"The recording {self._directory} is damaged: {reason}.")


class Shelf:
    """The rows of a recording for reading alone; the database is never written.

    Each thread of each process has a connection of its own.
    """

    def __init__(self, directory: Path) -> None:
        """Raises CorpusError for a database that is none, or no recording's."""
        self._directory = directory
        self._disk = JsonDisk(str(directory))
        self._local = threading.local()
        self._open: dict[int, list[sqlite3.Connection]] = {}
        try:
            _check(directory / DATABASE, self._connection)
        except (CorpusError, *DAMAGE):
            self.close()
            raise

    def get(self, key: str) -> Any:
        """The value of a key, or None."""
        rows = self._rows("SELECT mode, filename, value FROM Cache WHERE key = ? AND raw = 1", key)
        if not rows:
            return None
        mode, filename, value = rows[0]
        return self._disk.fetch(mode, filename, value, read=False)

    def iterkeys(self) -> Iterator[str]:
        """The keys, in ascending order."""
        for key, raw in self._rows("SELECT key, raw FROM Cache ORDER BY key"):
            yield self._disk.get(key, raw)

    def __len__(self) -> int:
        count: int = self._rows("SELECT count(*) FROM Cache")[0][0]
        return count

    def close(self) -> None:
        """Close the connections of all threads of this process."""
        for connection in self._open.pop(os.getpid(), ()):
            connection.close()
        self._local = threading.local()

    def _rows(self, sql: str, *values: object) -> list[Any]:
        return self._connection.execute(sql, values).fetchall()

    @property
    def _connection(self) -> sqlite3.Connection:
        if getattr(self._local, "process", None) != os.getpid():
            self._local.process, self._local.connection = os.getpid(), None
        if self._local.connection is None:
            self._local.connection = _reading(self._directory / DATABASE)
            self._open.setdefault(os.getpid(), []).append(self._local.connection)
        connection: sqlite3.Connection = self._local.connection
        return connection


def open_shelf(directory: Path) -> Shelf:
    """The rows in `directory` for reading; raises CorpusError as `open_cache` does."""
    try:
        return Shelf(directory)
    except DAMAGE as error:
        raise CorpusError(f"The recording {directory} cannot be opened: {error}.") from error


def open_cache(directory: Path) -> diskcache.Cache:
    """The cache in `directory`, made if there is none.

    Raises CorpusError for a directory of something else, and for a database that diskcache did not
    make for a recording, before diskcache opens it: it would obey what the database says.
    """
    place, path = directory / DATABASE, str(directory.absolute())
    if os.path.expandvars(path) != path:  # diskcache would go where the variable says
        raise CorpusError(f"A recording cannot lie at {path}: choose a path without '$'.")
    if not place.exists() and directory.is_dir() and any(directory.iterdir()):
        raise CorpusError(f"{directory} exists and is no recording; it is left as it is.")
    try:
        if place.is_file():
            with contextlib.closing(sqlite3.connect(place, timeout=_PATIENCE)) as connection:
                _check(place, connection)
        return diskcache.Cache(path, disk=JsonDisk, **_SETTINGS)
    except (OSError, sqlite3.DatabaseError, AttributeError, TypeError, ValueError) as error:
        raise CorpusError(f"The recording {directory} cannot be opened: {error}.") from error


def _reading(place: Path) -> sqlite3.Connection:
    """A connection that only reads, also where nothing can be written beside the database."""
    address = place.resolve().as_uri()
    settings: dict[str, Any] = {"uri": True, "timeout": _PATIENCE, "check_same_thread": False}
    connection: sqlite3.Connection = sqlite3.connect(f"{address}?mode=ro", **settings)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except DAMAGE as error:
        connection.close()
        if not isinstance(error, sqlite3.OperationalError):
            raise
        log = place.with_name(f"{DATABASE}-wal")
        if log.exists() and log.stat().st_size:
            raise  # what stands in the log alone would be missing
        connection = sqlite3.connect(f"{address}?immutable=1", **settings)
    return connection


def _check(place: Path, connection: sqlite3.Connection) -> None:
    """Raise CorpusError unless the schema and the settings are those of a cache of ours."""
    connection.execute("PRAGMA trusted_schema = OFF")
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    for kind, name, sql in rows:
        if not _expected(kind, name, sql):
            raise CorpusError(f"The recording {place} is damaged: it has a {kind} {name!r}.")
    if "Settings" in {name for _, name, _ in rows}:
        _check_settings(place, connection)


def _expected(kind: str, name: str, sql: str | None) -> bool:
    if kind == "table":
        return name in _TABLES and not str(sql).upper().startswith("CREATE VIRTUAL")
    if kind == "index":
        return name.startswith(("Cache_", "sqlite_autoindex_"))
    return kind == "trigger" and name.startswith("Settings_") and "UPDATE Settings" in str(sql)


def _check_settings(place: Path, connection: sqlite3.Connection) -> None:
    for key, value in connection.execute("SELECT key, value FROM Settings"):
        if key not in _OWN_SETTINGS or not isinstance(value, int | str) or not _plain(value):
            raise CorpusError(f"The recording {place} is damaged: it has the setting {key!r}.")


def _plain(value: int | str) -> bool:
    return isinstance(value, int) or value.replace("-", "").isalnum()
