"""What `webenvs corpus generate` does: a world on disk with a bar, and its pages as HTML files."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webenvs.cli.progress import bar

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
    from webenvs.corpora.world.stream import building_place, write_world

    try:
        with _stages(console, settings.name) as progress:
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


@contextmanager
def _stages(console: "Console", name: str) -> Iterator[Callable[[str, int, int], None]]:
    """A line for drafting, then a bar a stage; no bar has a thread before processes are forked."""
    with ExitStack() as shown:
        advance: dict[str, Callable[[int], None]] = {}
        reached = 0

        def tell(stage: str, done: int, pages: int) -> None:
            nonlocal reached
            if stage == "drafting":
                console.print(f"drafting {name} ...", markup=False, soft_wrap=True)
                return
            if stage not in advance:
                shown.close()
                advance[stage] = shown.enter_context(bar(console, f"{stage} pages", pages))
                reached = 0
            advance[stage](done - reached)
            reached = done

        yield tell
