"""`webenvs bench --noise-sweep`: players under every kind of noise at every strength."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webenvs.cli.targets import check_writable

if TYPE_CHECKING:
    from webenvs.bench.sweep import Sweep

_WHOLE = 40
"""The tables of changes that are printed at most where they stand in a file as well."""


def numbers(text: str) -> tuple[float, ...]:
    """The numbers of a text with commas between them; a usage error for what is none."""
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is not numbers with commas between them.", param_hint="--strengths"
        ) from error


def names(text: str | None) -> tuple[str, ...]:
    """The parts of a text between commas outside of brackets."""
    from webenvs.noise.compact import parts

    return () if text is None else tuple(parts(text))


def run_sweep(
    players: Sequence[str],
    env: str,
    settings: Mapping[str, Any],
    options: Mapping[str, Any],
    out: Path | None,
    workers: int,
) -> None:
    """Play the sweep, go on with one that lies in `out`, print its tables and write its files.

    `options` are the fields of `sweep.Asked` besides the players.
    """
    from rich.console import Console

    from webenvs import catalog
    from webenvs.bench import sweep_report
    from webenvs.bench.run import processes
    from webenvs.bench.sweep import Asked, check_kept, missing, planned, sweep
    from webenvs.cli.progress import bar

    check_writable(out)
    plan = planned(env, Asked(players=tuple(players), **options), settings)
    before = None if out is None else sweep_report.load(out)
    todo = missing(plan, before)
    if before is not None:
        check_kept(plan, before)
        click.echo(f"Going on with the sweep in {out}: {todo:,} episodes are left.", err=True)
    for label, reason in plan.sweep.left_out.items():
        click.echo(f"Not played: {label}. {reason}", err=True)
    with bar(Console(stderr=True), "playing", todo) as done:
        played = sweep(
            plan,
            before=before,
            workers=processes(catalog.scenario(env, **settings), players, workers),
            progress=done,
            save=None if out is None else lambda so_far: sweep_report.save(so_far, out),
        )
    _show(played, out)


def _show(played: "Sweep", out: Path | None) -> None:
    """Print the tables of a sweep, and write its files if `out` says where."""
    from rich.console import Console

    from webenvs.bench import sweep_grids, sweep_report
    from webenvs.bench.robustness import robustness
    from webenvs.bench.table import grids_shown

    robust = robustness(played)
    tables = [sweep_grids.players(played, robust), sweep_grids.curves(played, robust)]
    every = sweep_grids.changes(robust)
    if out is None or len(every.rows) <= _WHOLE:
        tables.append(every)
    console = Console()
    console.print(f"{played.env}, {played.game}", style="bold", markup=False, highlight=False)
    console.print(grids_shown(tables, console.width))
    if out is not None:
        written = sweep_report.write(played, out, robust)
        files = ", ".join([written.json, written.markdown, *written.figures])
        click.echo(f"\nWritten: {files}")
