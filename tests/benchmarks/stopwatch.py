"""How the benchmarks measure: play episodes for some seconds, count steps, CPU and wall time."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Sample(NamedTuple):
    """One measurement: steps taken, seconds on the wall, CPU-seconds of this process.

    `server_cpu_s` are the CPU-seconds that a search server used meanwhile, 0 where there is none.
    """

    steps: int
    wall_s: float
    cpu_s: float
    server_cpu_s: float = 0.0


class Row(NamedTuple):
    """A line of the table: its name, whose it is, and how to measure it for some seconds."""

    name: str
    system: str
    measure: Callable[[float], Sample]


class Stopwatch:
    """Wall time and CPU time (all threads of this process) between `start` and `stop`, summed."""

    def __init__(self) -> None:
        self.wall_s = 0.0
        self.cpu_s = 0.0
        self._since = (0.0, 0.0)

    def start(self) -> None:
        """Let the time run."""
        self._since = (time.perf_counter(), time.process_time())

    def stop(self) -> None:
        """Add the time since `start` to the sums."""
        wall, cpu = time.perf_counter(), time.process_time()
        self.wall_s += wall - self._since[0]
        self.cpu_s += cpu - self._since[1]


def warm(directory: Path) -> None:
    """Read every file below a directory once, so that it is in the machine's memory.

    What a process is charged for a mapped file depends on what lies there already: the kernel maps
    the neighbours of a page that is touched, if it has them.
    """
    for path in directory.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                while file.read(1 << 24):
                    pass


def measure(play: Callable[[Stopwatch], int], seconds: float) -> Sample:
    """Play whole episodes until `seconds` have passed; `play` returns how many steps it took.

    The time runs when `play` is called; an episode may stop it for a part that is not measured.
    """
    watch = Stopwatch()
    steps = 0
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        watch.start()
        steps += play(watch)
        watch.stop()
    return Sample(steps, watch.wall_s, watch.cpu_s)
