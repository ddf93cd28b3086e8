"""Runs of a study: what each needs first, its command, and many of them as processes at a time."""

import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from baselines.grpo.presets import as_data, config_from
from baselines.grpo.show import matrix, results
from webenvs.records import Record
from webenvs.seeding import canonical_json

LOG = "log.txt"
_TAIL = 12


class Planned(Record, frozen=True, kw_only=True):
    """A run to be made: its folder, its program with arguments, and the run that comes before."""

    name: str
    seed: int
    folder: str
    arguments: tuple[str, ...]
    program: str = matrix.TRAIN
    after: "Planned | None" = None

    @property
    def label(self) -> str:
        """The run in words."""
        return f"{self.name}, seed {self.seed}"

    def done(self) -> bool:
        """Whether it has come to its end."""
        return (Path(self.folder) / results.FILE).exists()


Start = Callable[[Sequence[str], Path], int]
"""Runs `python -m` with a program and its arguments, its output in a file; the exit status."""


def planned(
    names: Sequence[str],
    seeds: Sequence[int],
    out: Path,
    minutes: float | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> list[Planned]:
    """The runs of some arms for every seed, each after the cold start that it shares.

    Raises UnknownNameError for an arm that does not exist, SettingError for overrides that fit no
    arm.
    """
    given = {**matrix.EVERY, **(overrides or {})}
    colds = matrix.cold_names(names, given)
    return [
        _planned(name, seed, out, minutes, given, colds[name]) for name in names for seed in seeds
    ]


def command(run: Planned) -> list[str]:
    """The program with its arguments for this moment: a run that was begun goes on.

    It is told all of its configuration again, and refuses if it was begun with another.
    """
    arguments = list(run.arguments)
    if (Path(run.folder) / "config.json").exists():
        arguments[arguments.index("--out")] = "--resume"
    return [run.program, *arguments, "--quiet"]


def spelled(run: Planned) -> str:
    """The whole command of a run, as a shell reads it."""
    return f"python -m {shlex.join(command(run))}"


def play(
    runs: Sequence[Planned], jobs: int, tell: Callable[[str], None], start: Start | None = None
) -> list[Planned]:
    """Make all runs that are not done, `jobs` at a time; returns those that failed.

    A cold start is made once, whoever needs it; what needs a failed one is not made. Ctrl-C ends
    the processes, which keep what they have, and is raised again.
    """
    with _processes() as processes:
        crew = _Crew(start or processes.start, tell, len(runs))
        with ThreadPoolExecutor(jobs) as pool:
            futures: dict[Future[bool], Planned] = {
                pool.submit(crew.made, run): run for run in runs
            }
            try:
                failed = [
                    futures[future] for future in as_completed(futures) if not future.result()
                ]
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                processes.end()
                raise
    order = {run.label: place for place, run in enumerate(runs)}
    return sorted(failed, key=lambda run: order[run.label])


def _planned(
    name: str,
    seed: int,
    out: Path,
    minutes: float | None,
    overrides: Mapping[str, Any],
    cold: str,
) -> Planned:
    one = matrix.arm(name)
    first = _cold(one, cold, seed, out, minutes, overrides)
    folder = out / name / f"seed-{seed}"
    given = {**overrides, **_merged(one, overrides)}
    arguments = [
        *_arguments(one.preset, seed, folder, minutes, given),
        *("--init", first.folder),
        *(("--robustness", ",".join(matrix.NOISES)) if one.robustness else ()),
    ]
    return Planned(
        name=name,
        seed=seed,
        folder=str(folder),
        arguments=tuple(arguments),
        program=one.program,
        after=first,
    )


def _cold(
    one: matrix.Arm,
    name: str,
    seed: int,
    out: Path,
    minutes: float | None,
    overrides: Mapping[str, Any],
) -> Planned:
    """The run that makes nothing but a cold start."""
    config = one.config(overrides)
    folder = out / name / f"seed-{seed}"
    shared = config.worker_model in (None, config.model)
    alone = config.game == "solo" and not config.cold_games
    preset = "grpo-solo" if alone else "matpo-paper" if shared else one.preset
    usual = as_data(config_from(preset))
    fields = matrix.cold_overrides(config)
    if not shared:
        fields["worker_model"] = config.worker_model
    changed = {field: value for field, value in fields.items() if usual[field] != value}
    return Planned(
        name=name,
        seed=seed,
        folder=str(folder),
        arguments=tuple(_arguments(preset, seed, folder, minutes, changed)),
    )


def _merged(one: matrix.Arm, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The arm's changes, parts of settings put into those of every arm."""
    return {
        name: {**overrides.get(name, {}), **value} if isinstance(value, dict) else value
        for name, value in one.changes.items()
    }


def _arguments(
    preset: str, seed: int, folder: Path, minutes: float | None, fields: Mapping[str, Any]
) -> list[str]:
    bound = [] if minutes is None else ["--minutes", f"{minutes:g}"]
    sets = [part for name, value in fields.items() for part in ("--set", f"{name}={_text(value)}")]
    return ["--preset", preset, "--seed", str(seed), "--out", str(folder), *bound, *sets]


def _text(value: Any) -> str:
    """A value as the training reads it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else canonical_json(value).decode()


class _Crew:
    """Makes runs, each after the one it needs, and tells how they went."""

    def __init__(self, start: Start, tell: Callable[[str], None], total: int) -> None:
        self._start, self._tell, self._total = start, tell, total
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._failed: set[str] = set()
        self._ended = 0

    def made(self, run: Planned) -> bool:
        """Whether the run is done, now or before."""
        ok = self._one(run)
        with self._lock:
            self._ended += 1
            self._tell(f"[{self._ended}/{self._total}] {run.label}: {_outcome(run, ok)}")
        return ok

    def _one(self, run: Planned) -> bool:
        with self._lock:
            lock = self._locks.setdefault(run.folder, threading.Lock())
        with lock:
            if run.done():
                return True
            if run.folder in self._failed or (run.after is not None and not self._one(run.after)):
                return False
            _log(run).parent.mkdir(parents=True, exist_ok=True)
            self._tell(f"{run.label} begins: {spelled(run)}")
            status = self._start(command(run), _log(run))
            if status or not run.done():
                self._failed.add(run.folder)
                return False
            return True


class _Processes:
    """The processes that are running, so that all can be told to end."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._ending = False

    def start(self, arguments: Sequence[str], log: Path) -> int:
        """Run a program with one thread and wait for its end."""
        environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        with log.open("ab") as output:
            with self._lock:
                if self._ending:
                    return 130
                process = subprocess.Popen(
                    [sys.executable, "-m", *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    start_new_session=True,
                )
                self._running.add(process)
            status = process.wait()
        with self._lock:
            self._running.discard(process)
        return status

    def end(self) -> None:
        """Interrupt all, as Ctrl-C would; each saves its state."""
        with self._lock:
            self._ending = True
            for process in self._running:
                process.send_signal(signal.SIGINT)


@contextmanager
def _processes() -> Iterator[_Processes]:
    processes = _Processes()
    try:
        yield processes
    finally:
        processes.end()


def _outcome(run: Planned, ok: bool) -> str:
    """A run's end in a sentence."""
    if not ok:
        logs = [_log(one) for one in (run, run.after) if one is not None and _log(one).exists()]
        lines = logs[0].read_text(errors="replace").splitlines()[-_TAIL:] if logs else []
        return "FAILED. " + "\n".join([str(logs[0]), *lines] if logs else ["It was not begun."])
    found = results.load(run.folder)
    if found is None:
        return "done."
    before, after = 100 * found.before.mean, 100 * found.after.mean
    said = f"{before:.1f} % -> {after:.1f} % ({after - before:+.1f} points)"
    stopped = f"; stopped: {found.stopped}" if found.stopped else ""
    return f"{said}, {found.updates} updates, {found.minutes:.1f} minutes{stopped}"


def _log(run: Planned) -> Path:
    """Where the run's output goes, beside its folder."""
    folder = Path(run.folder)
    return folder.with_name(f"{folder.name}-{LOG}")
