"""Prints what dense search costs by kind of index, beside plain FAISS, in one run.

    python tests/benchmarks/bench_dense.py [--sizes N ...] [--dims N] [--queries N] [--world NAME]
                                           [--kinds K ...] [--json FILE]

Two data sets. "clustered": unit vectors around n / 50 middles of 32 hidden dimensions, with noise
(NumPy PCG64 seed 0); queries are fresh draws. "world": LSA vectors of the pages of a generated
world; queries are the pages' own first sentences, and the engine is asked in full.

    exact float32   faiss.IndexFlatIP over the vectors before they are rounded: the yardstick
    hnsw float32    faiss.IndexHNSWFlat with the same links, the bare library at its fastest
    flat ... pq     webenvs' kinds: the index alone, `Neighbours.nearest` of 64

build s is CPU time, MB the file, private the anonymous memory that opening the index and asking all
queries adds to a fresh process (the file itself is mapped), p50 and p99 microseconds of CPU time of
one query on one thread, recall the share of the yardstick's ten nearest that are among the first
ten, size and time the ratios to the yardstick. On a shared machine trust the ratios.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import faiss
import numpy as np

from webenvs.corpora import presets
from webenvs.search.dense.dense import Dense, retriever_for
from webenvs.search.dense.grid import on_grid, scale_for
from webenvs.search.dense.neighbours import Knobs, Neighbours, write
from webenvs.search.dense.settings import DenseSettings
from webenvs.text import sentences

KINDS = ("flat", "ivf", "hnsw", "pq")
NEAREST = 10
WANTED = 64


class Asked(NamedTuple):
    """CPU seconds of every query, and the numbers that it found."""

    times: list[float]
    found: list[list[int]]


class Row(NamedTuple):
    """A line of the table."""

    vectors: int
    name: str
    build_s: float
    megabytes: float
    private_mb: float
    p50_us: float
    p99_us: float
    recall: float


def main() -> None:
    """Build, ask, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--dims", type=int, default=128)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--world", default="", help="a preset, such as medium")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=KINDS)
    parser.add_argument("--bare-hnsw", action="store_true", help="measure faiss.IndexHNSWFlat too")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    rows: list[Row] = []
    for size in options.sizes:
        vectors, queries = clustered(size, options.dims, options.queries)
        rows += measured(vectors, queries, options.kinds, bare_hnsw=options.bare_hnsw)
        show(rows, size)
    if options.world:
        world(options.world, options.queries)
    if options.json:
        options.json.write_text(json.dumps([row._asdict() for row in rows], indent=1))


def clustered(count: int, dims: int, queries: int) -> tuple[Any, Any]:
    """Vectors and queries around shared middles."""
    draw = np.random.Generator(np.random.PCG64(0))
    turn = draw.normal(size=(32, dims)).astype(np.float32)
    middles = draw.normal(size=(max(1, count // 50), 32)).astype(np.float32)

    def near(number: int) -> Any:
        hidden = middles[draw.integers(len(middles), size=number)]
        hidden = hidden + 0.5 * draw.normal(size=hidden.shape).astype(np.float32)
        rows = hidden @ turn + 0.5 * draw.normal(size=(number, dims)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    return near(count), near(queries)


def measured(vectors: Any, queries: Any, kinds: Sequence[str], *, bare_hnsw: bool) -> list[Row]:
    """The yardstick and every kind over the same vectors."""
    count, dims = vectors.shape
    yardstick = faiss.IndexFlatIP(dims)
    build = timed(lambda: yardstick.add(vectors))
    best = yardstick.search(queries, NEAREST)[1]
    rows = [bare(yardstick, "exact float32", build, queries, best)]
    if bare_hnsw:
        graph = faiss.IndexHNSWFlat(dims, 32, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction, graph.hnsw.efSearch = 80, 128
        build = timed(lambda: graph.add(vectors))
        rows.append(bare(graph, "hnsw float32", build, queries, best))
        del graph
    whole = on_grid(vectors, scale_for(vectors[:: max(1, count // 1024)]))
    asked = np.vstack([on_grid(query[None], scale_for(query[None])) for query in queries])
    for kind in kinds:
        settings = DenseSettings(index=kind)
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            build = timed(lambda place=place, settings=settings: write(place, whole, settings))
            size = sum(path.stat().st_size for path in place.iterdir()) / 1e6
            private, answers = in_process(own, place, kind, (count, dims), asked)
            rows.append(row((count, kind), build, size, private, answers, best))
    return rows


def own(place: Path, kind: Any, shape: tuple[int, int], asked: Any) -> tuple[float, Asked]:
    """What one process of its own measures of a kind: private MB, and its answers."""
    faiss.omp_set_num_threads(1)
    settings = DenseSettings()
    knobs = Knobs(settings.nprobe, settings.ef_search, settings.candidates)
    before = private_bytes()
    index = Neighbours(place, kind, *shape)
    answers = asking(lambda query: index.nearest(query, WANTED, knobs).numbers, asked)
    return (private_bytes() - before) / 1e6, answers


def private_bytes() -> int:
    """The memory of this process that no file backs."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024
    raise LookupError("Anonymous")


def in_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` returns in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def bare(index: Any, name: str, build: float, queries: Any, best: Any) -> Row:
    """A plain FAISS index in memory."""
    asked = asking(lambda query: index.search(query[None], WANTED)[1][0], queries)
    size = faiss.serialize_index(index).nbytes / 1e6
    return row((index.ntotal, name), build, size, size, asked, best)


def row(
    about: tuple[int, str], build: float, size: float, private: float, asked: Asked, best: Any
) -> Row:
    """A line of the table from what was measured."""
    times, found = asked
    pairs = zip(found, best, strict=True)
    recall = float(np.mean([len(set(one[:NEAREST]) & set(two)) / NEAREST for one, two in pairs]))
    low, high = (np.percentile(times, [50, 99]) * 1e6).tolist()
    return Row(*about, build, size, private, low, high, recall)


def asking(ask: Callable[[Any], Any], queries: Any) -> Asked:
    """CPU seconds of every query, after a round of warming, and the numbers that were found."""
    found = [ask(query).tolist() for query in queries]
    times = []
    for query in queries:
        start = time.process_time()
        ask(query)
        times.append(time.process_time() - start)
    return Asked(times, found)


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of `work`, all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


def world(name: str, queries: int) -> None:
    """The whole engine over LSA of a generated world: titles, snippets and all."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = presets.preset_corpus(name)
        step = max(1, len(corpus) // queries)
        asked = [
            next(iter(sentences(corpus.page(place).text)), corpus.page(place).title)
            for place in range(0, len(corpus), step)
        ][:queries]
        flat: Dense | None = None
        print(f"\nworld of {len(corpus):,} pages, LSA, the engine in full, k = {NEAREST}")
        for kind in KINDS:
            place = Path(folder) / kind
            settings = DenseSettings(index=kind)
            start = time.process_time()
            engine = retriever_for(corpus, settings, place)
            build = time.process_time() - start
            flat = flat or engine
            size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) / 1e6
            times = []
            shared = []
            for query in asked:
                best = {hit.url for hit in flat.search(query, NEAREST)}
                start = time.process_time()
                hits = engine.search(query, NEAREST)
                times.append(time.process_time() - start)
                shared.append(len(best & {hit.url for hit in hits}) / max(1, len(best)))
            low, high = (np.percentile(times, [50, 99]) * 1e6).tolist()
            print(
                f"{kind:6} build {build:7.1f} s   {size:8.1f} MB   p50 {low:7.0f} us   "
                f"p99 {high:7.0f} us   recall of flat {np.mean(shared):.3f}"
            )


def show(rows: Sequence[Row], size: int) -> None:
    """Print the rows of one size and their ratios to the yardstick."""
    chosen = [one for one in rows if one.vectors == size]
    print(f"\n{size:,} clustered vectors")
    print("index          build s       MB  private   p50 us   p99 us  recall@10  size  time")
    for one in chosen:
        smaller = one.megabytes / chosen[0].megabytes
        faster = one.p50_us / chosen[0].p50_us
        print(
            f"{one.name:13} {one.build_s:8.1f} {one.megabytes:8.1f} {one.private_mb:8.1f} "
            f"{one.p50_us:8.0f} {one.p99_us:8.0f} {one.recall:10.3f} {smaller:5.2f} {faster:5.2f}"
        )


if __name__ == "__main__":
    main()
