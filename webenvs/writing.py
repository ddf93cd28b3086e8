"""Files that appear whole or not at all: written aside, then put in their place in one step."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webenvs.errors import SettingError


@contextmanager
def written_aside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Where the file at `path` is to be written inside the context; at its end it is there.

    Its folder is made if need be; after an error nothing is left, and an older file stays as it
    was. A link is followed. Raises SettingError as `check_target` does.
    """
    check_target(path)
    target = Path(path).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        yield aside
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def check_target(path: str | os.PathLike[str]) -> None:
    """Raise SettingError for a device, a pipe or a socket at `path`; a folder does not give way."""
    place = Path(path)
    if place.exists() and not place.is_file() and not place.is_dir():
        raise SettingError(f"{path} is no regular file, and is not replaced by one.")
