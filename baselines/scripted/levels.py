"""How hard the levels are: success of players on every family and level, with 95 % intervals.

Prints one table a family: players by levels. Results: docs/tasks.md.
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from webenvs import catalog
from webenvs.bench.rows import Row
from webenvs.bench.run import run
from webenvs.bench.statistics import wilson
from webenvs.cli.progress import bar
from webenvs.tasks.families.family import LEVELS

FAMILIES = ("Lookup-v0", "MultiHop-v0", "SetQuery-v0", "Evolved-v0", "WebWalk-v0")
PLAYERS = ("first-hit", "scripted", "oracle")


def main(arguments: Sequence[str] | None = None) -> None:
    """Play every family at every level, print the tables and write the counts as JSON."""
    options = _parser().parse_args(arguments)
    console = Console()
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for family in options.families:
        counts[family] = {}
        for level in options.levels:
            counts[family][level] = _right(options, family, level)
        console.print(_table(family, counts[family], options.episodes))
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        told = {"corpus": options.corpus, "split": options.split, "episodes": options.episodes}
        options.out.write_text(json.dumps({**told, "right": counts}, indent=2) + "\n")


def _right(options: argparse.Namespace, family: str, level: str) -> dict[str, int]:
    """How many answers of each player are right."""
    scenario = catalog.scenario(
        family, level=level, corpus=options.corpus, split=options.split, items=options.episodes
    )
    label = f"{family} {level}"
    with bar(Console(stderr=True), label, options.episodes * len(PLAYERS)) as done:
        result, _ = run(
            scenario,
            PLAYERS,
            episodes=options.episodes,
            seed=options.seed,
            workers=options.workers,
            progress=done,
        )
    return {
        name: sum(_is_right(row) for row in result.rows if row.player == name) for name in PLAYERS
    }


def _is_right(row: Row) -> bool:
    return row.valid and row.correct == 1.0


def _table(family: str, counts: dict[str, dict[str, int]], episodes: int) -> Table:
    table = Table(title=f"{family}, percent right of {episodes}", box=None, header_style="bold")
    table.add_column("level")
    for player in PLAYERS:
        table.add_column(player, justify="right")
    for level, right in counts.items():
        table.add_row(level, *(_share(right[player], episodes) for player in PLAYERS))
    return table


def _share(count: int, total: int) -> str:
    bounds = wilson(count, total)
    return f"{100 * count / total:.1f} [{100 * bounds.low:.1f}, {100 * bounds.high:.1f}]"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=main.__doc__)
    add = parser.add_argument
    add("--families", nargs="+", default=FAMILIES, help="environment ids (all generated ones)")
    add("--levels", nargs="+", default=LEVELS, help="levels (easy medium hard extreme)")
    add("--corpus", default="medium", help="corpus preset or path (%(default)s)")
    add("--split", default="test", help="split of the tasks (%(default)s)")
    add("--episodes", type=int, default=200, help="episodes of each player (%(default)s)")
    add("--seed", type=int, default=0, help="seed (%(default)s)")
    add("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    add("--out", type=Path, help="file for the counts (JSON)")
    return parser


if __name__ == "__main__":
    main()
