"""Draws how costs grow with the number of pages, from what two benchmarks have written as JSON.

    python tests/benchmarks/bench_corpus.py --pages 10000 --json corpus-10k.json
    python tests/benchmarks/bench_lexical.py --corpus world --json lexical-10k.json
    python tests/benchmarks/plot_growth.py --corpus corpus-*.json --lexical lexical-*.json \
                                           --out growth.svg

Three panels, all axes logarithmic: the median time of an 8-word query, the CPU time of building and
the size on disk, the memory of processes that share one corpus.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

Rows = Sequence[tuple[int, Mapping[str, Any]]]

ENGINES = {
    "search": "webenvs, whole search",
    "ranking": "webenvs, ranking alone",
    "bm25s numba": "bm25s (Numba), ranking",
    "bm25s numpy": "bm25s (NumPy), ranking",
    "rank-bm25": "rank-bm25, ranking",
}


def main() -> None:
    """Read the figures, draw, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    parser.add_argument("--lexical", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    corpus = _read(options.corpus, lambda told: told["pages"])
    lexical = _read(options.lexical, lambda told: told["built"]["pages"])
    mpl.rcParams["svg.hashsalt"] = "webenvs"
    figure, (queries, building, memory) = plt.subplots(1, 3, figsize=(13, 4.2))
    _draw_queries(queries, lexical)
    _draw_building(building, corpus)
    _draw_memory(memory, corpus)
    for panel in (queries, building, memory):
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xlabel("pages")
        panel.grid(alpha=0.3)
        panel.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(options.out, metadata={"Date": None})


def _read(paths: Sequence[Path], pages: Any) -> Rows:
    told = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return sorted(((pages(one), one) for one in told), key=lambda row: row[0])


def _draw_queries(panel: Axes, rows: Rows) -> None:
    panel.set_title("8-word query, median")
    panel.set_ylabel("microseconds of CPU")
    for engine, name in ENGINES.items():
        points = [
            (pages, told["queries"]["k8"][engine]["cpu_p50_us"])
            for pages, told in rows
            if engine in told["queries"]["k8"]
        ]
        if points:
            panel.plot(*zip(*points, strict=True), marker="o", label=name)


def _draw_building(panel: Axes, rows: Rows) -> None:
    panel.set_title("building, and size on disk")
    panel.set_ylabel("CPU-seconds; MB")
    sizes = [pages for pages, _ in rows]
    for step, name in (("freeze", "freezing, CPU-s"), ("index", "indexing, CPU-s")):
        panel.plot(sizes, [told[step]["cpu_s"] for _, told in rows], marker="o", label=name)
    for part, name in (("pages", "pages and urls, MB"), ("index", "index, MB")):
        disk = [
            told["disk_mb"][part] + (told["disk_mb"]["urls"] if part == "pages" else 0)
            for _, told in rows
        ]
        panel.plot(sizes, disk, marker="s", linestyle="--", label=name)


def _draw_memory(panel: Axes, rows: Rows) -> None:
    panel.set_title("processes that play on one corpus")
    panel.set_ylabel("MB of all together (PSS)")
    sizes = [pages for pages, _ in rows]
    for count in ("1", "4", "8"):
        label = f"{count} process{'es' * (count != '1')}"
        panel.plot(sizes, [told["processes"][count] for _, told in rows], marker="o", label=label)
    allowed = [told["processes"]["allowed_for_8"] for _, told in rows]
    panel.plot(sizes, allowed, color="grey", linestyle=":", label="bar for 8")


if __name__ == "__main__":
    main()
