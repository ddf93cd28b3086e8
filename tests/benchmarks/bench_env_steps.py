"""Prints environment steps per CPU-second of webenvs beside SkyRL-Gym and GEM, in one run."""

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import peers
import zipf_corpus
from own_rows import webenvs_rows
from stopwatch import Row, Sample

GUIDE = """\
what is measured
  Corpus   10,000 documents of 120 tokens, Zipf exponent 1.1 over 20,000 random words, PCG64 seed 0;
           120,000 different queries of four words drawn alike, five results a search. All
           systems go through the same queries; none is asked twice before all were, so that no
           cache helps.
  Episode  three searches and an answer, which is right and scored.
  Step     one message of a player: a tool call or the answer. The time includes the reset (SkyRL:
           the making of the environment, which has no reset) and all that happens between messages.
  Rows     webenvs search       the episode above, in this process, through gymnasium.make
           webenvs no search    after an opening search, for which the clock stands still: five
                                repeats of it, five page fetches, the answer
           webenvs team turns   PettingZoo AEC, read with last(): the planner delegates twice, a
                                worker searches twice and reports each time, the planner answers
           FrozenLake (anchor)  Gymnasium's, random policy: 114,700 where the goals were set (4,000
                                search, 20,000 no search, 3,000 team turns), so that a slow hour
                                of a shared machine shows
           SkyRL-Gym search     skyrl_gym.make("search") over HTTP
           GEM search tool      ToolEnvWrapper with SearchTool over HTTP
  Server   the peers keep no index: they talk to a FastAPI/uvicorn + bm25s server with Search-R1's
           /retrieve, in a process of its own on this machine.
  CPU-s    of the process that steps the environment, all its threads, user and system. The server
           is left out for the peers, though webenvs searches within its own; the column
           "with server" adds it.
  Results  the peers return their documents whole, webenvs titles, urls and snippets.

Rows take turns (A B C A B C ...), so that a change of load hits all of them. Figures are medians of
the rounds; on a shared machine trust the ratios, not the rates.

the peers' interpreter
  They are measured in processes of their own, under --peers-python. To make one:
    python3.11 -m venv /tmp/peers
    /tmp/peers/bin/pip install {install}
    python tests/benchmarks/bench_env_steps.py --peers-python /tmp/peers/bin/python
  Without them webenvs is measured alone, and the table says what is missing.
"""

SYSTEMS = ("webenvs", "skyrl", "gem")
PEER_ROWS = {"skyrl": "SkyRL-Gym search", "gem": "GEM search tool"}
QUERIES = 120_000


class Figures(NamedTuple):
    """The medians of a row's samples: steps per CPU-second, with the server's, per wall second."""

    per_cpu_s: float
    least: float
    most: float
    with_server: float
    per_wall_s: float


class Peer:
    """A process of peers.py: one JSON line in, one out."""

    def __init__(self, python: str, *arguments: str) -> None:
        """Start it and wait until it is ready."""
        script = str(Path(__file__).with_name("peers.py"))
        environment = {
            name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
        }
        self.name = arguments[0]
        self._process = subprocess.Popen(
            [python, script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        self.ready = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it by ending its input."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def measure(self, seconds: float) -> Sample:
        """One measurement of the peer's episodes."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"seconds": seconds}) + "\n")
        self._process.stdin.flush()
        return Sample(**self._read())

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait()
            sys.exit(f"The {self.name} process ended with status {status}; see its error above.")
        message: dict[str, Any] = json.loads(line)
        return message


def main(argv: Sequence[str] | None = None) -> None:
    """Measure what was asked for, print the table, write the JSON file."""
    arguments = _arguments(argv)
    versions = _peer_versions(arguments.peers_python)
    wanted, missing = _present(arguments.systems, versions)
    corpus = zipf_corpus.build(queries=QUERIES)
    with contextlib.ExitStack() as stack:
        rows = peer_rows(stack, arguments.peers_python, wanted, corpus.digest)
        if "webenvs" in wanted:
            rows = [*webenvs_rows(corpus), *rows]
        samples = take_turns(rows, arguments.seconds, arguments.rounds)
    figures = {row.name: summary(samples[row.name]) for row in rows}
    machine = _machine(arguments.peers_python, versions)
    print(table(rows, figures))
    for line in missing:
        print(line)
    print("\n" + _machine_line(machine))
    if arguments.json is not None:
        report = _report(arguments, corpus.digest, machine, rows, samples, figures)
        _write_whole(arguments.json, json.dumps(report, indent=2) + "\n")


def peer_rows(
    stack: contextlib.ExitStack, python: str, wanted: Sequence[str], digest: str
) -> list[Row]:
    """A row for each peer that is wanted; their processes live as long as `stack`."""
    names = [name for name in PEER_ROWS if name in wanted]
    if not names:
        return []
    server = stack.enter_context(Peer(python, "server"))
    if server.ready["digest"] != digest:
        sys.exit("The peers' NumPy drew another corpus than ours; give both the same version.")
    rows = []
    for name in names:
        peer = stack.enter_context(Peer(python, name, server.ready["url"]))
        rows.append(Row(PEER_ROWS[name], name, peer.measure))
    return rows


def take_turns(rows: Sequence[Row], seconds: float, rounds: int) -> dict[str, list[Sample]]:
    """`rounds` samples of every row, all rows in every round."""
    samples: dict[str, list[Sample]] = {row.name: [] for row in rows}
    for turn in range(1, rounds + 1):
        for row in rows:
            _progress(f"round {turn} of {rounds}: {row.name}")
            samples[row.name].append(row.measure(seconds))
    _progress("")
    return samples


def _progress(text: str) -> None:
    """Show `text` in place of the last one, where somebody watches."""
    if sys.stderr.isatty():
        print(f"\r{text:<48}\r", end="", file=sys.stderr, flush=True)


def summary(samples: Sequence[Sample]) -> Figures:
    """The medians of the samples, and the least and most steps per CPU-second."""
    rates = [sample.steps / sample.cpu_s for sample in samples]
    return Figures(
        per_cpu_s=statistics.median(rates),
        least=min(rates),
        most=max(rates),
        with_server=statistics.median(s.steps / (s.cpu_s + s.server_cpu_s) for s in samples),
        per_wall_s=statistics.median(s.steps / s.wall_s for s in samples),
    )


def ratios(rows: Sequence[Row], figures: Mapping[str, Figures], row: Row) -> dict[str, float]:
    """How many times the peers' steps per CPU-second a row of webenvs takes, by peer."""
    if row.system != "webenvs":
        return {}
    return {
        peer.system: figures[row.name].per_cpu_s / figures[peer.name].per_cpu_s
        for peer in rows
        if peer.system != "webenvs"
    }


def table(rows: Sequence[Row], figures: Mapping[str, Figures]) -> str:
    """The rows as aligned text."""
    if not rows:
        return "Nothing was measured."
    lines = [
        ["", "steps/CPU-s", "least - most", "with server", "steps/s", "x SkyRL", "x GEM"],
    ]
    for row in rows:
        own = figures[row.name]
        times = ratios(rows, figures, row)
        lines.append(
            [
                row.name,
                f"{own.per_cpu_s:,.0f}",
                f"{own.least:,.0f} - {own.most:,.0f}",
                f"{own.with_server:,.0f}",
                f"{own.per_wall_s:,.0f}",
                *(f"{times[peer]:.1f}" if peer in times else "-" for peer in PEER_ROWS),
            ]
        )
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    aligned = [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    return "\n".join([aligned[0], "-" * len(aligned[0]), *aligned[1:]])


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=GUIDE.format(install=peers.INSTALL),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--peers-python",
        default=sys.executable,
        metavar="PATH",
        help="the interpreter that has the peers (default: this one)",
    )
    parser.add_argument(
        "--systems",
        nargs="+",
        choices=SYSTEMS,
        default=list(SYSTEMS),
        help="what to measure (default: all)",
    )
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="length of a sample (default: 3)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="samples of each row (default: 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample here as well")
    arguments = parser.parse_args(argv)
    if arguments.seconds <= 0 or arguments.rounds < 1:
        parser.error("--seconds must be above 0 and --rounds at least 1")
    return arguments


def _peer_versions(python: str) -> dict[str, str | None]:
    """The version of every package the peers need under `python`, None for a missing one."""
    script = str(Path(__file__).with_name("peers.py"))
    try:
        done = subprocess.run(
            [python, script, "check"], stdout=subprocess.PIPE, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"--peers-python {python} does not run peers.py: {error}")
    versions: dict[str, str | None] = json.loads(done.stdout)
    return versions


def _present(
    systems: Sequence[str], versions: Mapping[str, str | None]
) -> tuple[list[str], list[str]]:
    """The systems that can be measured, and a line for each that cannot."""
    wanted, missing = [], []
    for system in systems:
        needs = (*peers.NEEDS[system], *peers.SERVER_NEEDS) if system in PEER_ROWS else ()
        lacking = [package for package in needs if versions[package] is None]
        if lacking:
            missing.append(
                f"{PEER_ROWS[system]}: not measured, the peers' interpreter lacks "
                f"{', '.join(lacking)}. To install: pip install {peers.INSTALL}  (see --help)"
            )
        else:
            wanted.append(system)
    return wanted, missing


def _machine(peers_python: str, versions: Mapping[str, str | None]) -> dict[str, Any]:
    ours = ("numpy", "gymnasium", "pettingzoo", "msgspec")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "versions": {name: importlib.metadata.version(name) for name in ours},
        "peers_python": peers_python,
        "peers_versions": dict(versions),
    }


def _processor() -> str:
    """The processor's name where Linux tells it, else the machine's kind."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _machine_line(machine: Mapping[str, Any]) -> str:
    def listed(versions: Mapping[str, str | None]) -> str:
        return ", ".join(f"{name} {version}" for name, version in versions.items() if version)

    load = " ".join(f"{value:.1f}" for value in machine["load"])
    return (
        f"{machine['processor']}, {machine['cores']} cores, load {load}, {machine['system']}\n"
        f"webenvs under Python {machine['python']}: {listed(machine['versions'])}\n"
        f"peers: {listed(machine['peers_versions']) or 'none'}"
    )


def _report(
    arguments: argparse.Namespace,
    digest: str,
    machine: Mapping[str, Any],
    rows: Sequence[Row],
    samples: Mapping[str, Sequence[Sample]],
    figures: Mapping[str, Figures],
) -> dict[str, Any]:
    return {
        "corpus": digest,
        "seconds": arguments.seconds,
        "rounds": arguments.rounds,
        "machine": machine,
        "rows": [
            {
                "name": row.name,
                "system": row.system,
                **figures[row.name]._asdict(),
                "ratios": ratios(rows, figures, row),
                "samples": [sample._asdict() for sample in samples[row.name]],
            }
            for row in rows
        ],
    }


def _write_whole(path: Path, text: str) -> None:
    """Write aside, then rename: no half-written file."""
    aside = path.with_name(path.name + ".part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


if __name__ == "__main__":
    main()
