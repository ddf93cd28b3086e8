"""Prints what a corpus costs: building, opening, sharing and reading it, beside its peers.

    python tests/benchmarks/bench_corpus.py [--pages N] [--world DIR] [--json FILE] [--folder DIR]

    freeze       the pages of a generated world, from a JSONL file into a corpus: reading,
                 languages, near-duplicates, links, writing; CPU-seconds and greatest memory of a
                 process of its own
    index        the BM25 index of that corpus, likewise
    open         in a fresh process that has imported webenvs: milliseconds until the first page can
                 be read and the first query is answered, and the private memory that opening adds
    processes    1, 4 and 8 processes that play `Tasks-v0` on the corpus at the same time, the same
                 100 questions (rollouts of one batch), each a search and five fetches: memory of
                 all of them (PSS, so that what they share counts once) while all live, the files
                 warm; the promise is that 8 take at most 1.3 times the memory of one and 40 MB
                 each. "Apart" has 8 processes with 100 questions of their own: they read more of
                 the index, and the kernel counts what it has mapped of it
    fetch        a page by its url, decoded, in random order, warm: this store, SQLite (the same
                 compressed pages, keyed by url, immutable, mapped) and diskcache (its defaults,
                 eviction off), taking turns; microseconds p50 and p99 and the ratio to SQLite

`--world DIR` takes the pages of a corpus that is there instead of generating one. Memory is read
from /proc, so it is known on Linux only. On a shared machine trust the ratios.
"""

import argparse
import json
import random
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import diskcache
import msgspec
import zstandard
from stopwatch import warm

from webenvs.corpora.store import StoredCorpus, open_corpus
from webenvs.corpora.world.settings import WorldSettings
from webenvs.corpora.world.stream import write_world
from webenvs.records import Page

PROCESSES = (1, 4, 8)
READS = 4_000
MOST_IN_DISKCACHE = 200_000
"""diskcache takes over a minute for every 10^6 pages: beyond this it holds this many of them."""

FREEZE = """
import sys
from webenvs.corpora import store
from webenvs.corpora.sources import kinds
from webenvs.corpora.report import Tally
tally = Tally()
pages = kinds.read(sys.argv[1], "bench", tally=tally)
store.freeze(pages, sys.argv[2], "bench", tally=tally)
"""
INDEX = """
import sys
from webenvs.corpora.store import open_corpus
from webenvs.search import engines
engines.retriever(open_corpus(sys.argv[1]), "bm25", {})
"""
OPEN = """
import sys, time
from webenvs import catalog
from webenvs.corpora.store import open_corpus
from webenvs.search import engines
from webenvs.search.lexical import bm25
def private():
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private")) / 1024
before, began = private(), time.perf_counter()
corpus = open_corpus(sys.argv[1])
corpus.page(len(corpus) // 2)
opened = time.perf_counter()
engine = engines.retriever(corpus, "bm25", {})
bound = time.perf_counter()
engine.search("the river of the old town", 10)
answered = time.perf_counter()
print(1e3 * (opened - began), 1e3 * (bound - opened), 1e3 * (answered - bound), private() - before)
"""
PLAY = """
import sys
import webenvs
from webenvs import catalog
from webenvs.players.message import say
env = catalog.gym_env(env="Tasks-v0", corpus=sys.argv[1], tasks=sys.argv[2])
for seed in range(100):
    observation, info = env.reset(seed=int(sys.argv[3]) * 1000 + seed)
    question = info["messages"][1]["content"].removeprefix("Question: ")
    observation, *_, info = env.step(say("search", query=question))
    for line in observation["text"].splitlines():
        if "://" in line and " " not in line.strip():
            env.step(say("fetch", url=line.strip()))
print("ready", flush=True)
sys.stdin.readline()
"""


class Cost(NamedTuple):
    """CPU-seconds, seconds on the wall and the greatest memory of a process."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def main() -> None:
    """Build, open, share, read; print as it goes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--world", type=Path, help="Take the pages of this corpus.")
    parser.add_argument("--folder", type=Path, help="Where to write; the system's by default.")
    parser.add_argument("--json", type=Path, help="Write the figures here too.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures = measured(Path(folder), options.world, options.pages)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def measured(folder: Path, world: Path | None, pages: int) -> dict[str, Any]:
    """All figures, each printed as soon as it is known."""
    source = open_corpus(world) if world else _generated(folder / "world", pages)
    lines = folder / "pages.jsonl"
    _export(source, lines)
    figures: dict[str, Any] = {"pages": len(source), "jsonl_mb": lines.stat().st_size / 1e6}
    place = folder / "corpus"
    for step, code, arguments in (
        ("freeze", FREEZE, [lines, place]),
        ("index", INDEX, [place]),
    ):
        cost = _cost(code, arguments)
        figures[step] = cost._asdict()
        print(f"{step:<8}{cost.cpu_s:>10.1f} CPU-s{cost.wall_s:>10.1f} s{cost.peak_mb:>10.0f} MB")
    lines.unlink()
    figures["disk_mb"] = _sizes(place)
    print(
        "disk    ", "  ".join(f"{name} {size:.1f} MB" for name, size in figures["disk_mb"].items())
    )
    figures["open"] = _opening(place)
    print("open    ", "  ".join(f"{name} {value:.1f}" for name, value in figures["open"].items()))
    figures["processes"] = _sharing(place, folder)
    figures["fetch"] = _fetching(open_corpus(place), folder)
    return figures


def _generated(place: Path, pages: int) -> StoredCorpus:
    print(f"generating {pages:,} pages ...", flush=True)
    return write_world(WorldSettings(pages=pages), place)


def _export(corpus: StoredCorpus, path: Path) -> None:
    with path.open("wb") as file:
        for number in range(len(corpus)):
            file.write(corpus.content(number) + b"\n")


def _cost(code: str, arguments: Sequence[Path]) -> Cost:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    watched = (
        code + "\nimport resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    command = [sys.executable, "-c", watched, *map(str, arguments)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, wall, float(said.split()[-1]))


def _sizes(place: Path) -> dict[str, float]:
    def megabytes(pattern: str) -> float:
        return sum(file.stat().st_size for file in place.glob(pattern) if file.is_file()) / 1e6

    return {
        "pages": megabytes("pages.*"),
        "urls": megabytes("urls.*"),
        "index": megabytes("index/**/*"),
    }


def _opening(place: Path) -> dict[str, float]:
    runs = []
    for _ in range(5):
        command = [sys.executable, "-c", OPEN, str(place)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        runs.append([float(value) for value in said.split()])
    names = ("corpus_ms", "index_ms", "first_query_ms", "private_mb")
    return {
        name: statistics.median(values)
        for name, values in zip(names, zip(*runs, strict=True), strict=True)
    }


def _sharing(place: Path, folder: Path) -> dict[str, Any]:
    """Memory of several processes that play at once, and what the promise allows eight of them."""
    tasks = folder / "tasks.jsonl"
    corpus = open_corpus(place)
    chosen = [corpus.page(number) for number in random.Random(0).sample(range(len(corpus)), 900)]
    with tasks.open("w") as file:
        for page in chosen:
            words = " ".join(page.text.split()[5:13])
            row = {"question": words, "answers": [page.title], "evidence": [[page.url]]}
            file.write(json.dumps(row) + "\n")
    found: dict[str, Any] = {}
    for count in PROCESSES:
        warm(place)
        found[str(count)] = _together(place, tasks, [0] * count)
        print(f"{count} process{'es' * (count > 1)}: {found[str(count)]:,.0f} MB", flush=True)
    found["8 apart"] = _together(place, tasks, range(8))
    print(f"8 processes apart: {found['8 apart']:,.0f} MB", flush=True)
    most = 1.3 * found["1"] + 40 * 8
    found["allowed_for_8"] = most
    print(f"8 processes may take {most:,.0f} MB: {found['8'] / most:.2f} of that")
    return found


def _together(place: Path, tasks: Path, batches: Sequence[int]) -> float:
    """The memory of processes that play these batches of questions, one each."""
    players = [
        subprocess.Popen(
            [sys.executable, "-c", PLAY, str(place), str(tasks), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for number in batches
    ]
    try:
        for player in players:
            assert player.stdout is not None
            if player.stdout.readline() != b"ready\n":
                raise RuntimeError("a player failed")
        return sum(_pss(player.pid) for player in players)
    finally:
        for player in players:
            player.communicate(b"\n")


def _pss(process: int) -> float:
    with Path(f"/proc/{process}/smaps_rollup").open() as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024


def _fetching(corpus: StoredCorpus, folder: Path) -> dict[str, dict[str, float]]:
    """Microseconds to fetch a page by its url from each store, rounds taking turns."""
    some = random.Random(1).sample(range(len(corpus)), min(len(corpus), MOST_IN_DISKCACHE))
    frames = {corpus.url(number): corpus.content(number) for number in some[:READS]}
    stores: dict[str, Callable[[str], Page]] = {
        "webenvs": _own(corpus),
        "SQLite": _sqlite(corpus, folder / "pages.sqlite"),
        "diskcache": _diskcache(corpus, some, folder / "diskcache"),
    }
    urls, times = list(frames), {name: [] for name in stores}
    for number in range(5):
        for name, fetch in stores.items():
            timed = _timed(fetch, urls)
            if number:  # the first round warms the page cache
                times[name] += timed
    figures = {name: _quantiles(values) for name, values in times.items()}
    for name, figure in figures.items():
        ratio = figure["p50_us"] / figures["SQLite"]["p50_us"]
        quantiles = "   ".join(f"{which} {value:7.1f}" for which, value in figure.items())
        print(f"{name:<12}{quantiles}   x {ratio:.2f}")
    shutil.rmtree(folder / "diskcache")
    return figures


def _own(corpus: StoredCorpus) -> Callable[[str], Page]:
    def fetch(url: str) -> Page:
        number = corpus.index(url)
        assert number is not None
        return corpus.page(number)

    return fetch


def _sqlite(corpus: StoredCorpus, path: Path) -> Callable[[str], Page]:
    compress = zstandard.ZstdCompressor(level=3).compress
    with sqlite3.connect(path) as writer:
        writer.execute("create table pages (url text primary key, page blob) without rowid")
        writer.executemany(
            "insert into pages values (?, ?)",
            ((corpus.url(n), compress(corpus.content(n))) for n in range(len(corpus))),
        )
    writer.close()
    reader = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    reader.execute(f"pragma mmap_size={2**34}")
    decompress, decode = zstandard.ZstdDecompressor().decompress, msgspec.json.Decoder(Page).decode

    def fetch(url: str) -> Page:
        (frame,) = reader.execute("select page from pages where url = ?", (url,)).fetchone()
        return decode(decompress(frame))

    return fetch


def _diskcache(corpus: StoredCorpus, numbers: Sequence[int], path: Path) -> Callable[[str], Page]:
    compress = zstandard.ZstdCompressor(level=3).compress
    cache = diskcache.Cache(str(path), eviction_policy="none", size_limit=2**40)
    with cache.transact():
        for number in numbers:
            cache.set(corpus.url(number), compress(corpus.content(number)))
    decompress, decode = zstandard.ZstdDecompressor().decompress, msgspec.json.Decoder(Page).decode
    return lambda url: decode(decompress(cache[url]))


def _timed(fetch: Callable[[str], Page], urls: Sequence[str]) -> list[float]:
    times = []
    for url in urls:
        began = time.perf_counter()
        fetch(url)
        times.append(1e6 * (time.perf_counter() - began))
    return times


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"p50_us": ordered[len(ordered) // 2], "p99_us": ordered[int(len(ordered) * 0.99)]}


if __name__ == "__main__":
    main()
