"""Prints how fast `webenvs serve` answers many clients at once, and compares every answer.

    python tests/benchmarks/bench_serve.py --clients 64 --requests 10000

The requests are mixed over all doors, under noise; each answer must be the one in process. Beside
it stands the limit: a bare FastAPI route under the same uvicorn that sends back as many bytes and
does nothing, asked as often by the same clients. Latencies are those of a closed loop: a client
asks again when it has its answer. Server and clients share the machine, so that CPU seconds of the
server (Linux tells them) compare better than requests a second.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.serve_load import KINDS, Ask, Errand, Told, errands, load
from webenvs import catalog

MAIN = "from webenvs.cli.main import main; main()"
ECHO = """
import sys, uvicorn
from fastapi import FastAPI, Request, Response
from webenvs.serve import running
app, said = FastAPI(), b"x" * int(sys.argv[1])
@app.post("/echo")
async def echo(request: Request) -> Response:
    await request.body()
    return Response(said)
made = running.bound("127.0.0.1", 0)
print("at", running.url_of(made), "Ctrl-C", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[made])
"""


def main() -> None:
    """Measure and print; exit 1 if any answer was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--noise", default="moderate")
    parser.add_argument("--only", choices=KINDS, default="", help="one kind of client alone")
    options = parser.parse_args()

    make = catalog.tool_envs("MultiHop-v0", noise=options.noise)
    planned = errands(make, options.requests, options.only)
    serve = [MAIN, "serve", "MultiHop-v0", "--port", "0", "--noise", options.noise]
    told, ours = measured(serve, planned, options.clients)
    print(f"{len(told):,} requests, {options.clients} clients, noise {options.noise}")
    print(f"{'door':<20}{'requests':>10}{'p50 ms':>10}{'p99 ms':>10}")
    for door in sorted({each.door for each in told}):
        show(door, [each for each in told if each.door == door])
    show("all doors", told)
    wrong = [each for each in told if each.fault]
    print(f"{ours}; errors or mixed answers: {len(wrong)}")
    for each in wrong[:5]:
        print(f"  {each.door}: {each.fault}")

    size = sum(len(str(ask.expected)) for errand in planned for ask in errand.asks) // len(told)
    body = b"y" * (sum(len(a.body) for errand in planned for a in errand.asks) // len(told))
    ask = Ask("bare route", "POST", "/echo", body, bytes, b"x" * size)
    bare, limit = measured([ECHO, str(size)], [Errand([ask])] * len(told), options.clients)
    show("bare route", bare)
    print(f"{limit}; {ours.against(limit)}")
    sys.exit(bool(wrong))


class Speed(NamedTuple):
    """What a number of requests took: seconds, and CPU seconds of the server (0 if unknown)."""

    requests: int
    seconds: float
    cpu: float

    def __str__(self) -> str:
        each = f", {1000 * self.cpu / self.requests:.2f} ms of CPU each" if self.cpu else ""
        return f"{self.requests / self.seconds:,.0f} requests/s{each}"

    def against(self, limit: "Speed") -> str:
        """How near this comes to a limit."""
        said = f"this server reaches {limit.seconds / self.seconds:.0%} of that rate"
        return f"{said}, {limit.cpu / self.cpu:.0%} a CPU second" if self.cpu else said


def measured(
    program: Sequence[str], planned: Sequence[Errand], clients: int
) -> tuple[list[Told], Speed]:
    """What clients are told by a server of its own process, and what it took."""
    server = subprocess.Popen(
        [sys.executable, "-c", *program], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        assert server.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = server.stdout.readline()
            if not line:
                raise SystemExit("The server did not start.")
            said += line
        host, _, port = said.partition("http://")[2].split()[0].partition(":")
        start, before = time.perf_counter(), cpu_of(server.pid)
        told = asyncio.run(load(host, int(port), planned, clients))
        seconds = time.perf_counter() - start
        return told, Speed(len(told), seconds, cpu_of(server.pid) - before)
    finally:
        server.terminate()
        server.wait()


def cpu_of(process: int) -> float:
    """The CPU seconds of a process so far; 0 where the system does not tell."""
    path = Path(f"/proc/{process}/stat")
    if not path.exists():
        return 0.0
    fields = path.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def show(name: str, told: Sequence[Told]) -> None:
    """Print the latencies of a door."""
    ordered = sorted(each.seconds for each in told)
    middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    print(f"{name:<20}{len(ordered):>10,}{1000 * middle:>10.1f}{1000 * late:>10.1f}")


if __name__ == "__main__":
    main()
