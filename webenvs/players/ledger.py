"""A ledger of what models were asked and answered: a JSON line a request, for going on and proof.

The file is only ever added to, a line at a time, so that a run that was killed loses no answer but
the one under way. A run that meets the ledger of an earlier one takes answers from it as long as it
asks the same; what it would ask otherwise is an error, since the file would tell of two runs.
"""

import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from webenvs.errors import SettingError
from webenvs.locking import lock
from webenvs.records import Record
from webenvs.seeding import canonical_json
from webenvs.text import clip
from webenvs.writing import check_target

_BEGINNING = b'{"key":{"player":'  # of every line


class Key(Record, frozen=True, kw_only=True):
    """Which request: whose (the player's name in the run), in which episode, at which seat.

    `number` counts the requests of the seat in the episode from 0.
    """

    player: str
    task: str
    seed: int
    seat: str
    number: int


class Entry(Record, frozen=True, kw_only=True):
    """A line: the request's body and the raw answer (a list for a stream), or why there was none.

    `turn` counts the player's messages in its frame.
    """

    key: Key
    turn: int
    request: dict[str, Any]
    answer: Any = None
    refused: str = ""


class Ledger:
    """The file, held by one run at a time; use it in a `with` statement. Threads may share it."""

    def __init__(self, path: Path) -> None:
        """Read what is there; a last line of ours that was cut off is taken away.

        Raises SettingError for a file that is no ledger, or that another run writes; OSError for
        one that cannot be read and written.
        """
        self.path = Path(path)
        self._places: dict[Key, int] = {}
        self._guard = threading.Lock()
        self._stack = ExitStack()
        check_target(self.path)
        if not self._stack.enter_context(lock(self.path, patience=0)):
            raise SettingError(f"{self.path} is being written by another run; name another file.")
        try:
            self._file = self._stack.enter_context(self.path.open("r+b"))
            self._read()
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        """Let go of the file; what threads still add is left out."""
        with self._guard:
            self._stack.close()

    def find(self, key: Key, request: Mapping[str, Any]) -> Entry | None:
        """What was noted of this request; raises SettingError if another was sent in its place."""
        with self._guard:
            place = self._places.get(key)
            if place is None or self._file.closed:
                return None
            self._file.seek(place)
            entry = msgspec.json.decode(self._file.readline(), type=Entry)
        if canonical_json(entry.request) != canonical_json(dict(request)):
            raise SettingError(
                f"{self.path} tells of another run: request {key.number} of {key.player!r} at "
                f"{key.seat} (task {key.task}, seed {key.seed}) differs in "
                f"{_difference(entry.request, request)}. Name another file, or ask as before."
            )
        return entry

    def add(self, entry: Entry) -> None:
        """Write a line, in one piece."""
        line = msgspec.json.encode(entry) + b"\n"
        with self._guard:
            if self._file.closed:
                return
            place = self._file.seek(0, os.SEEK_END)
            self._file.write(line)
            self._file.flush()
            self._places[entry.key] = place

    def _read(self) -> None:
        place = 0
        for number, line in enumerate(self._file, start=1):
            if _cut_off(line):
                break
            try:
                entry = msgspec.json.decode(line, type=Entry)
            except msgspec.MsgspecError as error:
                raise self._foreign(number, clip(str(error), 100)) from error
            if not line.endswith(b"\n"):
                raise self._foreign(number, "its line does not end")
            self._places[entry.key] = place
            place += len(line)
        self._file.truncate(place)

    def _foreign(self, number: int, told: str) -> SettingError:
        return SettingError(f"{self.path}, line {number}: no request and answer ({told}).")


def _cut_off(line: bytes) -> bool:
    """Whether a line is the beginning of one that `Ledger.add` writes, not the whole."""
    begun = line.startswith(_BEGINNING) or _BEGINNING.startswith(line)
    return begun and not line.endswith(b"\n")


def _difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """The first field in which two requests differ."""
    names = [name for name in [*one, *other] if one.get(name) != other.get(name)]
    return names[0] if names else "its form"
