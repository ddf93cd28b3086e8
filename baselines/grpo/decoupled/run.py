"""`python -m baselines.grpo.decoupled.run`: two models, two trainers, two processes."""

import logging
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import click
from msgspec.structs import replace

from baselines.grpo import checkpoint
from baselines.grpo.beforehand import check_beforehand, held, holds_run
from baselines.grpo.budget import Budget
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.cold_start import Stage, cold_started
from baselines.grpo.config import Config
from baselines.grpo.decoupled.running import (
    Site,
    check_decoupled,
    run_id,
    run_planner,
    run_worker,
)
from baselines.grpo.decoupled.store import StoreError, backend
from baselines.grpo.interrupts import Interrupts
from baselines.grpo.learner import NanError
from baselines.grpo.model import hush
from baselines.grpo.places import COLD
from baselines.grpo.policy import PolicyError
from baselines.grpo.records import PLANNER, WORKER
from baselines.grpo.show import report
from baselines.grpo.show.console import Console
from baselines.grpo.train import asked
from webenvs.cli.options import settings_of
from webenvs.errors import WebenvsError, bad_setting

COMMAND = "python -m baselines.grpo.decoupled.run"
REFUSED = 2
"""The exit code of a mistake that another try does not mend."""
_PAUSE = 0.2
_PARTING = 120.0


class SidesError(Exception):
    """A side ended again and again, or with a mistake that another try does not mend."""


MISTAKES = (
    *(WebenvsError, StoreError, PolicyError, SidesError),
    *(NanError, FloatingPointError),
)
"""What ends the command with one message; another try would end in the same way."""


class Sides:
    """Both processes of a run; one that dies is started again."""

    def __init__(self, commands: Mapping[str, Sequence[str]], restarts: int) -> None:
        """Start the commands by side; each may be started again `restarts` times."""
        self._commands = {name: list(command) for name, command in commands.items()}
        self._restarts = restarts
        self.restarted = dict.fromkeys(commands, 0)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        for name in commands:
            self._start(name)

    def run(self) -> None:
        """Until both have ended well; raises SidesError, with both ended, if they do not."""
        try:
            while any(side.poll() != 0 for side in self.running.values()):
                self._looked_after()
                time.sleep(_PAUSE)
        finally:
            self.stop()

    def stop(self) -> None:
        """End those that still run; whatever they were at can be taken up again."""
        for side in self.running.values():
            if side.poll() is None:
                side.send_signal(signal.SIGTERM)
        for side in self.running.values():
            try:
                side.wait(timeout=_PARTING)
            except subprocess.TimeoutExpired:
                side.kill()
                side.wait()

    def _start(self, name: str) -> None:
        self.running[name] = subprocess.Popen(self._commands[name])

    def _looked_after(self) -> None:
        for name, side in list(self.running.items()):
            code = side.poll()
            if code in (None, 0):
                continue
            if code == REFUSED or self.restarted[name] == self._restarts:
                raise SidesError(f"The {name}'s side ended with code {code}; see what it said.")
            self.restarted[name] += 1
            click.echo(f"The {name}'s side ended with code {code}; it is started again.", err=True)
            self._start(name)
            if self.running[WORKER].poll() == 0:
                self._start(WORKER)


def launched(config: Config, site: Site, restarts: int, quiet: bool) -> None:
    """Cold start, then both sides as processes of their own until both have ended."""
    used = prepared(config, site.folder, quiet)
    if site.store == "ray":
        from baselines.grpo.decoupled.ray_store import connected

        site = replace(site, ray_address=connected(site.ray_address))
    signal.signal(signal.SIGTERM, _asked_to_end)  # else the sides would go on without us
    Sides(commands(site, used, quiet), restarts).run()


def _asked_to_end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def commands(site: Site, used: float = 0.0, quiet: bool = False) -> dict[str, list[str]]:
    """The command of each side of a run that was begun, the workers' first."""
    command = [sys.executable, "-m", "baselines.grpo.decoupled.run"]
    command += ["--resume", str(site.folder), "--store", site.store]
    command += ["--patience", str(site.patience), *(["--quiet"] if quiet else [])]
    command += [] if site.ray_address is None else ["--ray-address", site.ray_address]
    listen = f"{site.listen[0]}:{site.listen[1]}"
    return {
        WORKER: [*command, "--side", WORKER, "--listen", listen],
        PLANNER: [*command, "--side", PLANNER, "--used", str(used)],
    }


def prepared(config: Config, folder: Path, quiet: bool) -> float:
    """Make the cold start of both models, if it is not there yet; the seconds it took."""
    hush()
    budget = Budget(config.minutes)
    with (
        Interrupts() as interrupts,
        Console(config.updates, config.minutes, quiet=quiet) as console,
    ):
        stage = Stage(
            folder=folder,
            worlds=Worlds(config),
            budget=budget,
            interrupts=interrupts,
            console=console,
        )
        check_beforehand(config, stage.worlds)
        checkpoint.write_config(folder, config)
        run_id(folder)
        cold_started(config, stage)
    return budget.used


def begun(config: Config, *, resume: bool) -> Config:
    """The config itself; raises SettingError if the folder holds another run."""
    folder = Path(check_decoupled(config).out)
    if resume:
        checkpoint.check_same(checkpoint.read_config(folder), config)
    elif holds_run(folder):
        allowed = f"a folder without a run in it; {COMMAND} --resume {folder} goes on"
        raise bad_setting("out", str(folder), allowed)
    return config


def address_of(text: str) -> tuple[str, int]:
    """HOST:PORT as a pair; raises SettingError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise bad_setting("listen", text, "HOST:PORT, as 127.0.0.1:0 (any free port)")
    return host, int(port)


class _Refusal(click.ClickException):
    exit_code = REFUSED


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--preset", help="mgrpo-paper (the default), mgrpo-weighted, frozen-worker, ...")
@click.option("--model", help="tiny, small, medium, a folder, or an id of the Hugging Face hub.")
@click.option("--minutes", type=float, help="Wall time of the whole run; no bound by default.")
@click.option("--updates", type=int, help="Updates of the reinforcement learning at most.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the run, a new one.")
@click.option("--seed", type=int, help="What weights, questions and draws hang on.")
@click.option("--init", help="Folder of a run whose cold start is taken over.")
@click.option("--resume", type=click.Path(path_type=Path), help="Folder of a run to go on with.")
@click.option("--set", "-s", "extra", multiple=True, metavar="NAME=VALUE", help="Any field.")
@click.option("--store", default="sqlite", show_default=True, help="sqlite, or ray.")
@click.option("--ray-address", help="A Ray to connect to; by default one of our own is started.")
@click.option("--side", default="both", help="both (the default), planner or worker.")
@click.option("--listen", default="127.0.0.1:0", help="Where the workers' side answers.")
@click.option("--patience", default=120.0, help="Seconds that a side that is away is waited for.")
@click.option("--restarts", default=3, help="How often a side that died is started again.")
@click.option("--used", default=0.0, hidden=True)
@click.option("--quiet", is_flag=True, help="Print the end alone.")
def main(extra: tuple[str, ...], resume: Path | None, **named: Any) -> None:
    """Train a planner and its workers as two models in two processes (M-GRPO).

    The planner's side plays the episodes and asks the workers' side for what its model says. Each
    trains on its own tokens; through the store go ids and numbers alone. sync=sync (both update
    after every batch), sync=delay-1 or sync=async say when the workers' side follows. A side that
    is killed goes on where it was; nothing is lost and nothing is counted twice.

    \b
      python -m baselines.grpo.decoupled.run --preset mgrpo-paper --model tiny --updates 50
      python -m baselines.grpo.decoupled.run --init runs/matpo -s sync=async --out runs/async
      python -m baselines.grpo.decoupled.run --resume runs/async

    Two machines: copy the folder of the run with its worker.key and worker.address, name --side on
    each, --listen at the workers', and --store ray with a --ray-address that both reach.
    """  # noqa: D301 - click's mark
    own = ("store", "ray_address", "side", "listen", "patience", "restarts", "used", "quiet")
    options = {name: named.pop(name) for name in own}
    given = {name: value for name, value in named.items() if value is not None}
    if resume is None:
        given.setdefault("preset", "mgrpo-paper")
    try:
        _main(asked(settings_of(extra, **given), resume), resume is not None, options)
    except MISTAKES as error:
        raise _Refusal(str(error)) from error
    except OSError as error:
        raise _Refusal(f"Cannot read, write or listen: {error}.") from error


def _main(config: Config, resume: bool, options: Mapping[str, Any]) -> None:
    backend(options["store"])
    site = Site(
        folder=Path(config.out),
        store=options["store"],
        ray_address=options["ray_address"],
        listen=address_of(options["listen"]),
        patience=options["patience"],
    )
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    side = options["side"]
    if side not in ("both", PLANNER, WORKER):
        raise bad_setting("side", side, "both, planner or worker")
    for name in ("restarts", "patience"):
        if not options[name] >= 0:
            raise bad_setting(name, options[name], "0 or more")
    begun(config, resume=resume)
    if side != "both" and not (site.folder / COLD / side).is_dir():
        allowed = "both at first, which makes the cold start; a side alone goes on with --resume"
        raise bad_setting("side", side, allowed)
    try:
        with held(site.folder if side == "both" else site.folder / side):
            _sided(config, site, options)
    except KeyboardInterrupt:
        if side == "both":
            folder = shlex.quote(config.out)
            click.echo(f"Stopped; nothing is lost. Go on with: {COMMAND} --resume {folder}")
        sys.exit(130)


def _sided(config: Config, site: Site, options: Mapping[str, Any]) -> None:
    """Do what the side that is asked for does."""
    side, quiet = options["side"], options["quiet"]
    if side == WORKER:
        run_worker(config, site)
    elif side == PLANNER:
        result = run_planner(config, site, options["used"], _silent if quiet else click.echo)
        click.echo(report.headline(result))
    else:
        launched(config, site, options["restarts"], quiet)


def _silent(_: str) -> None:
    """Say nothing."""


if __name__ == "__main__":
    main()
