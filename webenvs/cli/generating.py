"""What `webenvs corpus generate` does: a world on disk with a bar, and its pages as HTML files."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from webenvs.cli.progress import bar, stages

if TYPE_CHECKING:
    from rich.console import Console

    from webenvs.corpora.store import StoredCorpus
    from webenvs.corpora.world.settings import WorldSettings

_STOPPED = 130


def generated(
    console: "Console",
    settings: "WorldSettings",
    out: Path,
    workers: int | None,
    overwrite: bool,
) -> "StoredCorpus":
    """The world of these settings, written to `out`; Ctrl-C ends it with a word on how to go on."""
    from webenvs.corpora.placing import building_place
    from webenvs.corpora.world.stream import write_world

    try:
        with stages(console) as progress:
            return write_world(
                settings, out, workers=workers, progress=progress, overwrite=overwrite
            )
    except KeyboardInterrupt:
        place = building_place(out.resolve())
        click.echo(_stopped(place) if place.exists() else "Stopped; nothing was written.", err=True)
        raise click.exceptions.Exit(_STOPPED) from None


def mirrored(console: "Console", corpus: "StoredCorpus", html: Path) -> None:
    """The pages of `corpus` as HTML files below `html`."""
    from webenvs.corpora.world.mirror import write_mirror

    with bar(console, "writing HTML", len(corpus)) as advance:
        write_mirror(corpus, html, advance)
    console.print(f"HTML of {len(corpus):,} pages: {html}", markup=False, soft_wrap=True)


def _stopped(place: Path) -> str:
    return (
        f"Stopped. What is finished is kept in {place}: the same command goes on from there, one "
        "with other settings starts clean. Remove that folder to give the build up."
    )
