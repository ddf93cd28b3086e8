"""How hard evolution makes questions: the success of a player on Q0 to Q5 of the same questions.

Results: docs/tasks.md, with the command that made them.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from webenvs import catalog
from webenvs.bench.run import run
from webenvs.bench.summary import PlayerSummary, summarise
from webenvs.cli.progress import bar

ROUNDS = 5
_ANY = {"reach": 1, "pages": 1}
"""No round is held to a difficulty, so that every round has the same questions."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Play the same questions at each round of their evolution and print a table of success."""
    options = _parser().parse_args(arguments)
    options.player = options.player or ["scripted"]
    rounds = list(range(options.first, options.last + 1))
    if not rounds:
        _parser().error(f"--first {options.first} comes after --last {options.last}")
    rows = [(number, player) for number in rounds for player in _measure(options, number)]
    Console().print(_table(options, rows))


def _measure(options: argparse.Namespace, number: int) -> tuple[PlayerSummary, ...]:
    """The players' scores on the questions as they are after that round."""
    settings = {} if options.corpus is None else {"corpus": options.corpus}
    scenario = catalog.scenario(
        options.env, level=options.level, split=options.split, round=number, **_ANY, **settings
    )
    total = options.episodes * len(options.player)
    with bar(Console(stderr=True), f"playing round {number}", total) as done:
        result, _ = run(
            scenario,
            options.player,
            episodes=options.episodes,
            seed=options.seed,
            workers=options.workers,
            command=shlex.join(["python", "-m", "baselines.scripted.evolution", *sys.argv[1:]]),
            progress=done,
        )
    return summarise(result).players


def _table(options: argparse.Namespace, rows: Sequence[tuple[int, PlayerSummary]]) -> Table:
    table = Table(title=f"{options.env}, {options.episodes} {options.split} questions by round")
    for heading in ("round", "player", "success", "95 % interval", "searches", "pages", "turns"):
        table.add_column(heading, justify="left" if heading == "player" else "right")
    for number, player in rows:
        score = player.score
        table.add_row(
            str(number),
            player.player,
            _share(score.mean),
            f"{_share(score.interval.low)} to {_share(score.interval.high)}",
            f"{player.calls_by_tool.get('search', 0.0):.1f}",
            f"{player.calls_by_tool.get('fetch', 0.0):.1f}",
            "-" if player.turns is None else f"{player.turns:.1f}",
        )
    return table


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--env", default="Evolved-v0", help="environment id (%(default)s)")
    parser.add_argument(
        "--player",
        action="append",
        help="player of the catalog, may be given several times (default: scripted)",
    )
    parser.add_argument("--first", type=int, default=0, help="first round (%(default)s)")
    parser.add_argument("--last", type=int, default=ROUNDS, help="last round (%(default)s)")
    parser.add_argument("--level", default="hard", help="how far to explore (%(default)s)")
    parser.add_argument("--corpus", default=None, help="corpus (default: that of the environment)")
    parser.add_argument("--split", default="train", help="split of the tasks (%(default)s)")
    parser.add_argument("--episodes", type=int, default=200, help="questions (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed (%(default)s)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    return parser


if __name__ == "__main__":
    main()
