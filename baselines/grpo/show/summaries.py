"""A study on one small file: every run's result and curve, so that tables need no rerun.

Questions are stored once for all evaluations that asked the same, successes as digits; ids of
questions are shortened to their digests, which pair as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from baselines.grpo.presets import as_data, config_from
from baselines.grpo.show import matrix, metrics, results
from baselines.grpo.show.results import Result
from baselines.show.evaluation import Evaluation
from webenvs.bench.report import put
from webenvs.errors import SettingError, WebenvsError, bad_setting
from webenvs.records import Record
from webenvs.seeding import canonical_json, digest

_KEPT = ("planner/calls", "planner/turns", "worker/calls", "worker/d", "no_search", "valid")
_NOT_TOLD = frozenset({"out", "init", "seed", "minutes", "threads"})
"""Fields of a config that say where or when a run was made, not what it was."""


class Run(Record, frozen=True, kw_only=True):
    """A run of the study: its arm and seed, its result, and held-out success by update.

    `cold` are the minutes of the cold start that it began with, 0 if nothing is known of it.
    """

    arm: str
    seed: int
    result: Result
    curve: tuple[tuple[int, float], ...] = ()
    cold: float = 0.0


class Study(Record, frozen=True, kw_only=True):
    """All runs of a study, by arm in the order of the matrix, then by seed."""

    runs: tuple[Run, ...] = ()

    def of(self, arm: str) -> Mapping[int, Run]:
        """The runs of an arm by seed."""
        return {run.seed: run for run in self.runs if run.arm == arm}

    @property
    def arms(self) -> tuple[str, ...]:
        """The names of the arms with a run, in order."""
        return tuple(dict.fromkeys(run.arm for run in self.runs))


class _Questions(Record, frozen=True, kw_only=True):
    """Questions that several evaluations asked: ids parted by blanks, a digit of hops each."""

    tasks: str
    hops: tuple[int, ...]


class _Kept(Record, frozen=True, kw_only=True):
    """An evaluation in the file: which questions, and 1 or 0 for each (a list if not so)."""

    questions: str
    success: str | tuple[float, ...]
    noise: str
    context: int
    metrics: dict[str, float]


class _Entry(Record, frozen=True, kw_only=True):
    """A run in the file; `config` is what differs from the preset."""

    arm: str
    seed: int
    config: dict[str, Any]
    before: _Kept
    after: _Kept
    further: tuple[_Kept, ...]
    curve: tuple[tuple[int, float], ...]
    cold: float
    updates: int
    tokens: int
    minutes: float
    commit: str
    command: str
    hardware: str
    stopped: str


class _File(Record, frozen=True, kw_only=True):
    """The file: questions by digest, and the runs."""

    questions: dict[str, _Questions]
    runs: tuple[_Entry, ...]


def gathered(out: Path) -> Study:
    """The finished runs of the arms of a study in the folder `out`; raises SettingError if none."""
    runs = []
    for arm in matrix.ARMS:
        folders = [place for place in (out / arm).glob("seed-*") if place.is_dir()]
        for folder in sorted(folders, key=_seed):
            result = results.load(folder)
            if result is not None:
                runs.append(_gathered(arm, folder, result))
    if not runs:
        raise bad_setting("tables", str(out), "the folder of a study with finished runs in it")
    return Study(runs=tuple(runs))


def _gathered(arm: str, folder: Path, result: Result) -> Run:
    return Run(
        arm=arm,
        seed=_seed(folder),
        result=_shortened(result, folder.parents[1]),
        curve=_curve(folder),
        cold=_cold(result),
    )


FOLDER = "runs/study"
"""How the folder of a study is called in commands, wherever it lay."""


def save(study: Study, path: Path) -> None:
    """Write a study to a file of one run a line; the same study gives the same bytes."""
    questions: dict[str, _Questions] = {}
    entries = [_entry(run, questions) for run in study.runs]
    asked = {name: msgspec.to_builtins(questions[name]) for name in sorted(questions)}
    lines = ",\n".join(canonical_json(msgspec.to_builtins(entry)).decode() for entry in entries)
    path.parent.mkdir(parents=True, exist_ok=True)
    put(path, f'{{"questions":{canonical_json(asked).decode()},\n"runs":[\n{lines}\n]}}\n')


def load(path: Path) -> Study:
    """The study of a file, without any run if there is none; raises SettingError if broken."""
    if not path.exists():
        return Study()
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
        return Study(runs=tuple(_run(entry, file.questions) for entry in file.runs))
    except (msgspec.MsgspecError, KeyError, ValueError) as error:
        raise SettingError(f"{path} holds no study: {error}.") from error


def _entry(run: Run, questions: dict[str, _Questions]) -> _Entry:
    result = run.result
    return _Entry(
        arm=run.arm,
        seed=run.seed,
        config=_changed(result.config),
        before=_kept(result.before, questions),
        after=_kept(result.after, questions),
        further=tuple(_kept(one, questions) for one in result.further),
        curve=run.curve,
        cold=run.cold,
        updates=result.updates,
        tokens=result.tokens,
        minutes=round(result.minutes, 2),
        commit=result.commit,
        command=result.command,
        hardware=result.hardware,
        stopped=result.stopped,
    )


def _run(entry: _Entry, questions: Mapping[str, _Questions]) -> Run:
    result = Result(
        config=entry.config,
        before=_evaluation(entry.before, questions),
        after=_evaluation(entry.after, questions),
        further=tuple(_evaluation(one, questions) for one in entry.further),
        updates=entry.updates,
        tokens=entry.tokens,
        minutes=entry.minutes,
        commit=entry.commit,
        command=entry.command,
        hardware=entry.hardware,
        stopped=entry.stopped,
    )
    return Run(arm=entry.arm, seed=entry.seed, result=result, curve=entry.curve, cold=entry.cold)


def _kept(one: Evaluation, questions: dict[str, _Questions]) -> _Kept:
    asked = _Questions(tasks=" ".join(one.tasks), hops=one.hops)
    name = digest([asked.tasks, asked.hops])[:10]
    questions[name] = asked
    plain = all(value in (0.0, 1.0) for value in one.success)
    digits = "".join(str(int(value)) for value in one.success) if plain else one.success
    numbers = {each: round(one.metrics[each], 4) for each in _KEPT if each in one.metrics}
    return _Kept(
        questions=name, success=digits, noise=one.noise, context=one.context, metrics=numbers
    )


def _shortened(result: Result, out: Path) -> Result:
    """The result with ids of questions as they stand in the file, and no place of this machine."""
    return replace(
        result,
        command=result.command.replace(f"{out}/", f"{FOLDER}/"),
        before=_short(result.before),
        after=_short(result.after),
        further=tuple(_short(one) for one in result.further),
    )


def _short(one: Evaluation) -> Evaluation:
    return replace(one, tasks=tuple(digest(task)[:10] for task in one.tasks))


def _evaluation(one: _Kept, questions: Mapping[str, _Questions]) -> Evaluation:
    asked = questions[one.questions]
    return Evaluation(
        tasks=tuple(asked.tasks.split()),
        success=tuple(float(value) for value in one.success),
        hops=asked.hops,
        noise=one.noise,
        context=one.context,
        metrics=one.metrics,
    )


def _changed(config: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from the preset, places and times left out; all of an unknown preset's."""
    told = {name: value for name, value in config.items() if name not in _NOT_TOLD}
    try:
        usual = as_data(config_from(str(config.get("preset", ""))))
    except WebenvsError:
        return told
    return {
        name: value for name, value in told.items() if name == "preset" or usual.get(name) != value
    }


def _curve(folder: Path) -> tuple[tuple[int, float], ...]:
    """Held-out success by update."""
    measured = metrics.read(folder)
    points = measured.evaluated("success") or measured.evaluated("acc")
    return tuple((update, round(value, 4)) for update, value in points)


def _cold(result: Result) -> float:
    """The minutes of the run that this one began with."""
    init = result.config.get("init")
    first = results.load(init) if init else None
    return 0.0 if first is None else round(first.minutes, 2)


def _seed(folder: Path) -> int:
    return int(folder.name.rpartition("-")[2])


def evaluations(runs: Iterable[Run], which: str) -> Mapping[int, Evaluation]:
    """The evaluations of some runs by seed: "before", "after", or under the noise of that name."""
    found: dict[int, Evaluation] = {}
    for run in runs:
        one = _of(run.result, which)
        if one is not None:
            found[run.seed] = one
    return found


def _of(result: Result, which: str) -> Evaluation | None:
    if which == "before":
        return result.before
    if which in ("after", "none"):
        return result.after
    return next((one for one in result.further if one.noise == which), None)


def hops(study: Study, arms: Sequence[str]) -> list[int]:
    """The numbers of hops of the questions that these arms were asked."""
    return sorted({n for run in study.runs if run.arm in arms for n in run.result.after.hops})
