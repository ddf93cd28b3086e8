"""Places for results, tried before the work whose results they are to hold."""

import tempfile
from pathlib import Path
from typing import Any

import click


class GivenPath(click.Path):
    """A path that is not empty; click takes an empty one for the working directory."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(path_type=Path, **settings)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path of `value`; a usage error if there is none."""
        if value == "":
            self.fail("an empty path is no path.", param, ctx)
        return super().convert(value, param, ctx)


def check_writable(*targets: Path | None) -> None:
    """Raise OSError for a target that cannot be made or replaced; nothing is left behind."""
    for target in targets:
        if target is not None:
            place = target if target.is_dir() else target.parent
            while not place.exists():
                place = place.parent
            tempfile.TemporaryFile(dir=place, prefix=".webenvs.").close()
