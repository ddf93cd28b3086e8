"""A recording: requests and what was answered, in a directory that diskcache keeps.

Requests and answers are JSON; nothing is ever pickled or evicted. A request is found again by its
canonical JSON, so it must hold no secret and nothing that changes from call to call.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from webenvs.errors import CorpusError, UnavailableError, bad_setting
from webenvs.recording.disk import DATABASE, open_cache, open_shelf
from webenvs.records import Record
from webenvs.seeding import canonical_json, digest
from webenvs.text import clip

Mode = Literal["record", "replay", "refresh"]
"""record: ask only what is missing; replay: never ask; refresh: always ask and keep the answer."""


class Exchange(Record, frozen=True, kw_only=True):
    """One request and its answer.

    `digest` is the SHA-256 of the answer's canonical JSON; `recorded` the second, in UTC, at which
    the answer was kept, as 2026-11-30T09:30:00Z.
    """

    request: dict[str, Any]
    answer: Any
    digest: str
    recorded: str = ""

    @property
    def key(self) -> str:
        """What the exchange is found by: the SHA-256 of the request's canonical JSON."""
        return digest(self.request)


class Recording:
    """The exchanges kept in one directory; safe for many threads and processes at once.

    In replay mode the database is not written: one on a read-only disk replays as any other.
    """

    def __init__(
        self,
        directory: str | Path,
        mode: Mode = "replay",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open or begin a recording; `clock` gives the seconds since 1970 for the stamps.

        Raises SettingError for another mode, CorpusError where nothing is to be replayed or where
        what is there cannot be trusted.
        """
        if mode not in get_args(Mode):
            raise bad_setting("mode", mode, " or ".join(map(repr, get_args(Mode))))
        self.directory = Path(directory)
        self.mode = mode
        self._clock = clock
        if mode == "replay" and not (self.directory / DATABASE).is_file():
            raise CorpusError(f"There is no recording at {self.directory}: it has to be recorded.")
        open_it = open_shelf if mode == "replay" else open_cache
        self._cache: Any = open_it(self.directory)

    def answer(self, request: Mapping[str, Any], ask: Callable[[], Any]) -> Any:
        """The answer to `request`: the recorded one, or in record and refresh mode what `ask` says.

        Raises UnavailableError in replay mode for a request that was not recorded, CorpusError for
        an answer that is not what was written.
        """
        if self.mode != "refresh":
            found = self.find(request)
            if found is not None:
                return found.answer
        answer = ask()
        if self.mode == "refresh":
            return self.keep(request, answer).answer
        return self.keep_first(request, answer).answer

    def find(self, request: Mapping[str, Any]) -> Exchange | None:
        """The recorded exchange, or None; in replay mode UnavailableError where there is none."""
        found = self.get(digest(dict(request)))
        if found is None and self.mode == "replay":
            shown = clip(canonical_json(dict(request)).decode(), 200)
            raise UnavailableError(f"{self.directory} holds no answer to {shown}.")
        return found

    def get(self, key: str) -> Exchange | None:
        """The exchange with this key, or None; CorpusError if it is not what was written."""
        found = self._read(key)
        return None if found is None else self._checked(key, found)

    def keep(self, request: Mapping[str, Any], answer: Any) -> Exchange:
        """Keep the answer to a request, in the place of an earlier one; it is on disk then."""
        told = self._stamped(request, answer)
        self.put(told)
        return told

    def keep_first(self, request: Mapping[str, Any], answer: Any) -> Exchange:
        """Keep the answer unless another process was faster; returns what is kept.

        So all who record one request at once go on with the same answer, which is also replayed.
        """
        told = self._stamped(request, answer)
        try:
            if self._cache.add(told.key, msgspec.to_builtins(told), retry=True):
                return told
        except sqlite3.DatabaseError as error:
            raise CorpusError(f"{self.directory} cannot be written: {error}.") from error
        return self.get(told.key) or told

    def put(self, exchange: Exchange) -> None:
        """Keep an exchange as it is, in the place of an earlier one."""
        if self.mode == "replay":
            raise CorpusError(f"{self.directory} is open for replay and is not changed.")
        try:
            self._cache.set(exchange.key, msgspec.to_builtins(exchange), retry=True)
        except sqlite3.DatabaseError as error:
            raise CorpusError(f"{self.directory} cannot be written: {error}.") from error

    def remove(self, key: str) -> None:
        """Forget the exchange with this key, if there is one."""
        if self.mode == "replay":
            raise CorpusError(f"{self.directory} is open for replay and is not changed.")
        try:
            self._cache.delete(key, retry=True)
        except sqlite3.DatabaseError as error:
            raise CorpusError(f"{self.directory} cannot be written: {error}.") from error

    def keys(self) -> list[str]:
        """The keys of all exchanges, in ascending order; CorpusError for a key that is none."""
        try:
            return sorted(self._cache.iterkeys())
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error

    def exchanges(self) -> Iterator[Exchange]:
        """Every exchange, in the order of the keys."""
        for key in self.keys():
            found = self.get(key)
            if found is not None:  # else another process has removed it meanwhile
                yield found

    def __len__(self) -> int:
        try:
            return len(self._cache)
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error

    def close(self) -> None:
        """Close the files; what was kept is on disk already."""
        self._cache.close()

    def __reduce__(self) -> tuple[type["Recording"], tuple[Path, Mode]]:
        return Recording, (self.directory, self.mode)

    def __enter__(self) -> "Recording":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _stamped(self, request: Mapping[str, Any], answer: Any) -> Exchange:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock()))
        return Exchange(request=dict(request), answer=answer, digest=digest(answer), recorded=stamp)

    def _read(self, key: str) -> Any:
        try:
            return self._cache.get(key)
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error

    def _checked(self, key: str, found: Any) -> Exchange:
        try:
            told = msgspec.convert(found, Exchange)
        except msgspec.ValidationError as error:
            raise self._damaged(f"{key}: {error}") from None
        if told.digest != digest(told.answer):
            raise self._damaged(f"the answer of {key} was changed")
        if told.key != key:
            raise self._damaged(f"the request of {key} was changed")
        return told

    def _damaged(self, reason: str) -> CorpusError:
        return CorpusError(f"The recording {self.directory} is damaged: {reason}.")
