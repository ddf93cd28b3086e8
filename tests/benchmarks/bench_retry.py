"""Prints what a retry is worth: players alike in all else, under faults that pass or stay.

    python tests/benchmarks/bench_retry.py --document docs/noise.md

Paired differences of success in percentage points, on the same tasks and seeds, with 95 % intervals
over tasks. A retry takes a message of the player's budget: what it is worth hangs on how many there
are, so it is measured with the usual budget and with one that every retry fits into.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from webenvs.bench import markdown, spelling
from webenvs.bench.grids import Grid
from webenvs.bench.robustness import versus
from webenvs.bench.sweep import Asked, planned, sweep
from webenvs.cli.noise_docs import refreshed

KINDS = ("timeout(transient)", "timeout(sticky)")
PAIRS = (("scripted", "hasty"), ("persistent", "hasty"))
PLAYERS = ("hasty", "scripted", "persistent")


def main() -> None:
    """Play, print, and write what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--episodes", type=int, default=300)
    parser.add_argument("--strength", type=float, default=0.3)
    parser.add_argument("--turns", type=int, nargs="*", default=[12, 40])
    parser.add_argument("--games", nargs="*", default=["solo", "team"])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--document", type=Path, help="document to write the table into")
    options = parser.parse_args()
    rows: list[tuple[str, ...]] = []
    for game in options.games:
        for turns in options.turns:
            rows += measured({"game": game, "turns": turns}, options)
    grid = Grid(
        title="Retries",
        note=f"Kinds at strength {options.strength:g}; {options.episodes:,} tasks a row.",
        header=("game", "turns", "kind", "player", "success", "against", "more", "interval"),
        rows=tuple(rows),
        words=(0, 2, 3, 5),
    )
    table = f"{markdown.escape(grid.note)}\n\n{markdown.table(grid)}"
    print(table)
    if options.document:
        text = options.document.read_text(encoding="utf-8")
        text = refreshed(text, {"retry": table})
        options.document.write_text(text, encoding="utf-8", newline="\n")


def measured(settings: Mapping[str, Any], options: argparse.Namespace) -> Sequence[tuple[str, ...]]:
    """The rows of a game with so many turns."""
    asked = Asked(
        players=PLAYERS, kinds=KINDS, strengths=(options.strength,), episodes=options.episodes
    )
    played = sweep(planned("MultiHop-v0", asked, settings), workers=options.workers)
    rows = []
    for kind in KINDS:
        for player, other in PAIRS:
            more = versus(played, player, other, kind, options.strength)
            success = played.cell(player, kind, options.strength).success
            rows.append(
                (
                    *(settings["game"], str(settings["turns"]), kind, player),
                    spelling.percent(sum(success) / len(success)),
                    *(other, spelling.points(more.mean), spelling.points_interval(more.interval)),
                )
            )
    return rows


if __name__ == "__main__":
    main()
