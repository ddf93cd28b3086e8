"""The main job of `make demo`: the ladder of scripted players, alone and as a team, with a report.

Results (this file at the commit of the table in README.md): `make demo`.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from webenvs import catalog
from webenvs.bench.report import write_report
from webenvs.bench.run import run
from webenvs.bench.summary import Section, section
from webenvs.bench.table import show
from webenvs.cli.progress import bar

LADDER = ("random", "first-hit", "scripted", "oracle")
GAMES = ("solo", "team")


def main(arguments: Sequence[str] | None = None) -> None:
    """Play the ladder on every game, print the tables, write the report and say where it lies."""
    options = _parser().parse_args(arguments)
    console = Console()
    sections: list[Section] = []
    for game in GAMES:
        sections.append(_measure(options, game))
        console.print()
        title = f"{options.env}, {game}"
        show(sections[-1].summary, console, title=title, all_tables=False)
    written = write_report(sections, options.out, title=f"The ladder on {options.env}")
    console.print(f"\nReport, open it in a browser: {Path(written.html).resolve()}", soft_wrap=True)
    command = Path(sys.executable).with_name("webenvs")
    console.print(f"Watch an episode: {command} play MultiHop-v0 --game team", soft_wrap=True)


def _measure(options: argparse.Namespace, game: str) -> Section:
    scenario = catalog.scenario(options.env, game=game, split=options.split)
    total = options.episodes * len(LADDER)
    with bar(Console(stderr=True), f"playing {game}", total) as done:
        result, _ = run(
            scenario,
            LADDER,
            episodes=options.episodes,
            seed=options.seed,
            workers=options.workers,
            command=shlex.join(["python", "-m", "baselines.scripted.ladder", *sys.argv[1:]]),
            progress=done,
        )
    return section(result)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--env", default="MultiHop-v0", help="environment id (%(default)s)")
    parser.add_argument("--split", default="train", help="split of the tasks (%(default)s)")
    parser.add_argument("--episodes", type=int, default=200, help="episodes a player (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed (%(default)s)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--out", type=Path, default=Path("runs/demo"), help="report folder")
    return parser


if __name__ == "__main__":
    main()
