"""Writes the tables of docs/noise.md that come from the code, and from noise sweeps its figures.

    python tests/benchmarks/plot_noise.py
    webenvs bench hasty careful persistent --noise-sweep --episodes 300 --out runs/noise-solo
    python tests/benchmarks/plot_noise.py --sweeps runs/noise-solo runs/noise-team

Without --sweeps only the tables of kinds and presets are made anew. With them the figures of each
sweep go to docs/figures as noise-GAME-curves.svg and noise-GAME-heat.svg, its shorter tables
between the marks of the document, and all of them (success, calls and evidence of every kind and
strength) to docs/noise-GAME.md.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from webenvs.bench import markdown, sweep_figures, sweep_grids, sweep_report
from webenvs.bench.robustness import robustness
from webenvs.bench.sweep import Sweep
from webenvs.cli.noise_docs import refreshed

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Refresh the document, and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sweeps", type=Path, nargs="*", default=[], help="folders of sweeps")
    parser.add_argument("--document", type=Path, default=ROOT / "docs" / "noise.md")
    options = parser.parse_args()
    told = {"measured": measured(options.sweeps, options.document.parent / "figures")}
    text = options.document.read_text(encoding="utf-8")
    text = refreshed(text, told if options.sweeps else {})
    options.document.write_text(text, encoding="utf-8", newline="\n")


def measured(folders: Sequence[Path], figures: Path) -> str:
    """What stands in the document about these sweeps; their figures are written."""
    parts = []
    for folder in folders:
        sweep = sweep_report.load(folder)
        if sweep is None:
            sys.exit(f"{folder} holds no sweep: webenvs bench ... --noise-sweep --out {folder}")
        parts += _chapter(sweep, figures)
        whole = (folder / "sweep.md").read_text(encoding="utf-8")
        for drawn in ("curves", "heat"):
            whole = whole.replace(f"({drawn}.svg)", f"(figures/noise-{sweep.game}-{drawn}.svg)")
        page = figures.parent / f"noise-{sweep.game}.md"
        page.write_text(whole, encoding="utf-8", newline="\n")
    return "\n\n".join(parts)


def _chapter(sweep: Sweep, figures: Path) -> Sequence[str]:
    robust = robustness(sweep)
    name = sweep.game
    drawn = {
        f"noise-{name}-curves.svg": sweep_figures.curves(sweep, robust),
        f"noise-{name}-heat.svg": sweep_figures.heat(sweep, robust),
    }
    for file, text in drawn.items():
        (figures / file).write_text(text, encoding="utf-8", newline="\n")
    tables = [sweep_grids.players(sweep, robust), sweep_grids.curves(sweep, robust)]
    return [
        f"### {name.capitalize()}: {sweep.env}, {sweep.episodes:,} tasks a cell",
        f"`{sweep.command}`",
        f"![Success against strength, {name}](figures/noise-{name}-curves.svg)",
        f"![Change of success, {name}](figures/noise-{name}-heat.svg)",
        "Success, calls and evidence recall of every kind and strength, as paired differences with "
        f"intervals: [noise-{name}.md](noise-{name}.md).",
        *(f"{markdown.escape(table.note)}\n\n{markdown.table(table)}" for table in tables),
    ]


if __name__ == "__main__":
    main()
