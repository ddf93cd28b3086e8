"""Locks between processes: a file that one holds at a time, let go when its holder ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PAUSE = 0.1


@contextmanager
def lock(path: Path, patience: float | None = None) -> Iterator[bool]:
    """Hold the lock at `path` inside the context; yields whether it was got.

    Waits `patience` seconds for another holder, or for ever. A directory serves as a lock too; a
    file is made if there is none, and so is its folder. A holder that was killed holds no longer,
    unless children that it forked live on.
    """
    turns = None if patience is None else 1 + round(patience / _PAUSE)
    handle = _held(path, turns)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


def _held(path: Path, turns: int | None) -> int | None:
    """A handle that holds the lock, or None after so many turns in vain."""
    while True:
        handle = _opened(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if turns is None else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            turns = None if turns is None else turns - 1
            if turns == 0:
                return None
            time.sleep(_PAUSE)
            continue
        if _still_there(path, handle):
            return handle
        os.close(handle)  # its last holder has removed the file: another may lock a new one


def _opened(path: Path) -> int:
    while True:
        if path.is_dir():
            return os.open(path, os.O_RDONLY)
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # the folder may go with its last holder
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def _still_there(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
