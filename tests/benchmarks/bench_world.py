"""Prints what generating a world costs, beside writing the same bytes alone, in one run.

    python tests/benchmarks/bench_world.py [--pages N] [--workers N] [--settings JSON]

    generate        `write_world` in a process of its own, with its forked workers: seconds on the
                    wall, CPU-seconds of all of them, and the greatest sum of their memory (PSS, so
                    that what they share counts once), sampled five times a second
    bytes alone     the limit that no generator of this corpus can beat: the very same pages, which
                    lie in memory as canonical JSON, through zstd and SHA-256 into a file, in one
                    process; the ratio says how many times the limit's CPU time generating takes
    open knowledge  `open_knowledge` in a fresh process: seconds on the wall, and the memory that
                    it adds, pages and search not opened

Memory is read from /proc, so it is known on Linux only. On a shared machine trust the ratio.
"""

import argparse
import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
import zstandard

from webenvs.corpora.store import StoredCorpus, open_corpus
from webenvs.corpora.world.settings import WorldSettings
from webenvs.corpora.world.shards import LEVEL

_PAUSE = 0.2
_BATCH = 2_000
GENERATE = """
import sys, time, msgspec
from webenvs.corpora.world.settings import WorldSettings
from webenvs.corpora.world.stream import write_world
began, stages = time.perf_counter(), {}
def progress(stage, done, pages):
    stages.setdefault(stage, time.perf_counter() - began)
settings = msgspec.json.decode(sys.argv[1], type=WorldSettings)
write_world(settings, sys.argv[2], workers=int(sys.argv[3]), progress=progress)
print(*(f"{stage} from {seconds:.1f} s" for stage, seconds in stages.items()), sep=", ")
"""
OPEN = """
import sys, time
from webenvs.corpora.store import open_corpus, open_knowledge
def memory():
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024
corpus, before, began = open_corpus(sys.argv[1]), memory(), time.perf_counter()
knowledge = open_knowledge(corpus)
print(len(knowledge.facts), len(knowledge.entities), time.perf_counter() - began, memory() - before)
"""


class Cost(NamedTuple):
    """Seconds on the wall, CPU-seconds, the greatest memory in MB, what was printed."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    said: str


def main() -> None:
    """Generate, write the bytes alone, open the knowledge, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--settings", default="{}", help="Other settings of the world, as JSON.")
    parser.add_argument("--folder", type=Path, help="Where to write; the system's by default.")
    options = parser.parse_args()
    settings = msgspec.convert(
        {**msgspec.json.decode(options.settings), "pages": options.pages}, WorldSettings
    )
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        target = Path(folder) / "world"
        text = msgspec.json.encode(settings).decode()
        made = _watched(GENERATE, text, str(target), str(options.workers))
        corpus = open_corpus(target)
        alone, size = _bytes_alone(corpus, Path(folder) / "alone")
        opened = _watched(OPEN, str(target))
        disk = sum(path.stat().st_size for path in target.iterdir())
    _print(settings, options.workers, made, alone, opened)
    print(f"pages: {size / 2**20:,.0f} MB as JSON, {disk / 2**20:,.0f} MB on disk with knowledge")


def _print(settings: WorldSettings, workers: int, made: Cost, alone: float, opened: Cost) -> None:
    pages = settings.pages
    print(f"{settings.name}, {workers} workers; {made.said}")
    print(f"{'':<16}{'wall s':>9}{'CPU s':>9}{'pages/CPU-s':>13}{'MB (PSS)':>10}{'ratio':>8}")
    speed = f"{pages / made.cpu_s:,.0f}"
    ratio = f"{made.cpu_s / alone:.1f}"
    print(
        f"{'generate':<16}{made.wall_s:>9.1f}{made.cpu_s:>9.1f}{speed:>13}"
        f"{made.memory_mb:>10,.0f}{ratio:>8}"
    )
    print(f"{'bytes alone':<16}{'':>9}{alone:>9.1f}{pages / alone:>13,.0f}{'':>10}{1.0:>8.1f}")
    facts, entities, seconds, added = opened.said.split()
    print(f"{'open knowledge':<16}{float(seconds):>9.1f}{'':>9}{'':>13}{float(added):>10,.0f}")
    print(f"knowledge: {int(facts):,} facts, {int(entities):,} entities")


def _watched(code: str, *arguments: str) -> Cost:
    """Run the code in a process of its own, and watch it and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began, memory = time.perf_counter(), 0.0
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True
    )
    while process.poll() is None:
        memory = max(memory, sum(map(_memory, _family(process.pid))))
        time.sleep(_PAUSE)
    wall = time.perf_counter() - began
    assert process.stdout is not None
    with process.stdout:
        said = process.stdout.read().strip()
    if process.returncode:
        raise SystemExit(f"A measured process ended with status {process.returncode}.")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, memory, said)


def _family(process: int) -> list[int]:
    """A process and all that it has started."""
    found = [process]
    for one in found:
        try:
            children = Path(f"/proc/{one}/task/{one}/children").read_text()
        except OSError:  # it has ended
            continue
        found += map(int, children.split())
    return found


def _memory(process: int) -> float:
    """The proportional memory of a process in MB; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def _bytes_alone(corpus: StoredCorpus, path: Path) -> tuple[float, int]:
    """CPU-seconds to compress, hash and write all pages, and their size before that."""
    compress = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress
    state, seconds, size = hashlib.sha256(), 0.0, 0
    with path.open("wb") as file:
        for first in range(0, len(corpus), _BATCH):
            last = min(first + _BATCH, len(corpus))
            contents = [corpus.content(index) for index in range(first, last)]
            began = time.process_time()
            for content in contents:
                state.update(content)
                file.write(compress(content))
            seconds += time.process_time() - began
            size += sum(map(len, contents))
    return seconds, size


if __name__ == "__main__":
    main()
