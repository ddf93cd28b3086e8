"""Paths given at the command line, and whether results can be written there."""

import tempfile
from pathlib import Path
from typing import Any

import click

from webenvs.writing import check_target


class GivenPath(click.Path):
    """A path that is not empty; click takes an empty one for the working directory."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path of `value`; a usage error if there is none."""
        if value == "":
            self.fail("The path is empty.", param, ctx)
        return super().convert(value, param, ctx)


class GivenText(click.ParamType[str]):
    """A text that is not empty: a path as it was written, or a name that stands for one."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text; a usage error if it is empty."""
        if value == "":
            self.fail("The path is empty.", param, ctx)
        return str(value)


NAMED = GivenText()
FILE = GivenPath(dir_okay=False, path_type=Path)
FOLDER = GivenPath(file_okay=False, path_type=Path)
ANY = GivenPath(path_type=Path)


def check_writable(*targets: Path | None) -> None:
    """Raise OSError for a target that cannot be made or replaced; nothing is left behind.

    Raises SettingError for one that is neither a file nor a folder. Called before the work, so that
    a bad target costs none.
    """
    for target in targets:
        if target is not None:
            if not target.is_dir():
                check_target(target)
            place = target if target.is_dir() else target.resolve().parent
            while not place.exists():
                place = place.parent
            try:
                tempfile.TemporaryFile(dir=place, prefix=".webenvs.").close()
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(target)) from error
