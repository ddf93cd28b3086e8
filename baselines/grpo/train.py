"""`python -m baselines.grpo.train`: from nothing to a trained researcher, in one command."""

import errno
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import msgspec
import torch

from baselines import origin
from baselines.grpo import checkpoint
from baselines.grpo.beforehand import check_beforehand, held, holds_run
from baselines.grpo.budget import Budget
from baselines.grpo.checkpoint import Checkpoint
from baselines.grpo.cold.sft import FineTuningError
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.cold_start import Stage, Started, cold_started
from baselines.grpo.config import Config
from baselines.grpo.curriculum import Curriculum
from baselines.grpo.evaluate import Evaluated, chosen, evaluate
from baselines.grpo.interrupts import Interrupts
from baselines.grpo.limits import checked
from baselines.grpo.local import LocalPolicy
from baselines.grpo.loop import Interrupted, Loop, Standing
from baselines.grpo.model import hush, save_model
from baselines.grpo.places import BEFORE, MODELS, SERVED
from baselines.grpo.policy import PolicyError
from baselines.grpo.presets import PRESETS, as_data, config_from, config_of
from baselines.grpo.published import published
from baselines.grpo.rollouts import Engine
from baselines.grpo.scale import LocalEngine, RayEngine
from baselines.grpo.served import TOKEN, served_at
from baselines.grpo.show import metrics, report, results
from baselines.grpo.show.console import Console
from baselines.grpo.show.metrics import Recorder
from baselines.grpo.show.results import Result
from baselines.grpo.students import Student, by_role, make_students
from baselines.grpo.tokens import Tokens
from baselines.show.evaluation import Evaluation
from webenvs.bench.report import put
from webenvs.cli.options import settings_of
from webenvs.episodes import write_episodes
from webenvs.errors import WebenvsError, bad_setting

DECOUPLED = "baselines.grpo.decoupled.run"
COMMAND = "python -m baselines.grpo.train"
SAMPLED = 12
"""Held-out episodes that are kept for the report."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is asked of a run besides its configuration.

    `resume` goes on with the run in `config.out`, exactly where its last checkpoint was taken.
    `robustness` are noises that the trained policy is evaluated under, `command` what is noted as
    the run's origin.
    """

    resume: bool = False
    robustness: tuple[str, ...] = ()
    command: str = ""
    quiet: bool = False


def run(config: Config, wishes: Wishes | None = None) -> Result:
    """Train as `config` says, in the folder `config.out`; returns what was reached.

    Raises SettingError for a folder that holds another run, CheckpointError where it cannot go on,
    Interrupted where it was asked to end, DivergedError where it broke.
    """
    wishes = wishes or Wishes()
    folder = Path(checked(config).out)
    if config.sync != "sync":
        allowed = f"sync in one process; python -m {DECOUPLED} has {config.sync}"
        raise bad_setting("sync", config.sync, allowed)
    hush()
    torch.set_num_threads(config.threads)
    with (
        held(folder),
        Interrupts() as interrupts,
        Console(config.updates, config.minutes, quiet=wishes.quiet) as console,
    ):
        point = _begun(folder, config, resume=wishes.resume)
        stage = Stage(
            folder=folder,
            worlds=Worlds(config),
            budget=Budget(config.minutes, 0.0 if point is None else point.seconds),
            interrupts=interrupts,
            console=console,
        )
        try:
            return _run(config, stage, point, wishes)
        except KeyboardInterrupt as error:
            said = (
                str(error) or "Stopped outside of the updates; all stages that were done are kept."
            )
            raise Interrupted(f"{said} Go on with: {COMMAND} --resume {folder}") from error


def _run(config: Config, stage: Stage, point: Checkpoint | None, wishes: Wishes) -> Result:
    """The run from top to bottom: cold start, evaluation, updates, evaluation, report."""
    check_beforehand(config, stage.worlds, wishes.robustness)
    checkpoint.write_config(stage.folder, config)
    started = cold_started(config, stage)
    with (
        _students(config, started, stage.folder) as students,
        closing(_engine(config, stage.worlds, started.tokens, students)) as engine,
        _recorder(stage, point) as recorder,
    ):

        def evaluated(noise: str = "none") -> Evaluated:
            queries = chosen(stage.worlds.queries("heldout", noise), config.eval_tasks)
            with stage.interrupts.abandonable(), stage.budget.timed("evaluation"):
                found = evaluate(engine, stage.worlds, queries, config)
            engine.measured()  # what an evaluation took is no part of the next update
            return found

        loop = Loop(
            config=config,
            stage=stage,
            students=students,
            engine=engine,
            curriculum=Curriculum(config, stage.worlds.queries("train")),
            evaluated=evaluated,
            recorder=recorder,
            last=("evaluation",) * (1 + len(wishes.robustness)),
        )
        before = _before(stage, recorder, evaluated, anew=point is None)
        if point is not None:
            loop.restore(point, metrics.read(stage.folder))
        stopped = loop.run()
        after = loop.latest or evaluated()  # the draws would be the same
        further = [evaluated(noise) for noise in wishes.robustness]
    _keep(stage.folder, results.AFTER, after)
    for name, model in started.models.items():
        save_model(model, started.tokens.tokenizer, stage.folder / MODELS / name)
    ends = (before, after.evaluation, *(each.evaluation for each in further))
    result = _result(config, stage, wishes, ends, loop.standing, stopped)
    results.save(result, stage.folder)
    report.write(stage.folder)
    return result


def _result(
    config: Config,
    stage: Stage,
    wishes: Wishes,
    ends: tuple[Evaluation, ...],
    standing: Standing,
    stopped: str,
) -> Result:
    """What a run reached: `ends` are its evaluations before, after, and under further noise."""
    before, after, *further = ends
    return Result(
        config=as_data(config),
        before=before,
        after=after,
        further=tuple(further),
        updates=standing.update,
        tokens=standing.tokens,
        minutes=stage.budget.used / 60,
        commit=origin.commit(),
        command=wishes.command,
        hardware=origin.hardware(config.device),
        stopped=stopped,
    )


def _begun(folder: Path, config: Config, *, resume: bool) -> Checkpoint | None:
    """The checkpoint to go on from, None at the beginning."""
    point = None
    if resume:
        checkpoint.check_same(checkpoint.read_config(folder), config)
        if (folder / checkpoint.LAST).exists():
            point = checkpoint.load(folder)
            checkpoint.check_same(point.config, config)
    elif holds_run(folder):
        raise bad_setting(
            "out", str(folder), f"a folder without a run in it; {COMMAND} --resume {folder} goes on"
        )
    return point


@contextmanager
def _students(config: Config, started: Started, folder: Path) -> Iterator[dict[str, Student]]:
    """The students of a run, and the connections to the servers that play some of them."""
    token = os.environ.get(TOKEN)
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(served_at(address, name=name, token=token))
            for name, address in config.served.items()
        }
        played = published(servers, started.models, started.tokens.tokenizer, folder / SERVED)
        yield make_students(started.models, started.tokens.pad, config, played)


def _engine(
    config: Config, worlds: Worlds, tokens: Tokens, students: Mapping[str, Student]
) -> LocalEngine | RayEngine:
    policies = by_role(students)
    if config.ray:
        local = {role: one for role, one in policies.items() if isinstance(one, LocalPolicy)}
        return RayEngine(config, tokens, local, actors=config.ray)
    return LocalEngine(Engine(worlds, tokens, policies, config), config)


def _recorder(stage: Stage, point: Checkpoint | None) -> Recorder:
    """What writes the metrics down, behind those of the checkpoint."""
    behind, evaluated = None, None
    if point is not None:
        behind, evaluated = point.update, int(point.standing["evaluated"])
    return Recorder(stage.folder, resumed=behind, evaluated=evaluated, tell=stage.console.say)


def _before(
    stage: Stage, recorder: Recorder, evaluated: Callable[[], Evaluated], *, anew: bool
) -> Evaluation:
    """The evaluation of the cold start: made once, then kept; noted where metrics begin anew."""
    place = stage.folder / BEFORE
    if place.exists():
        kept = results.evaluation(place)
        if anew:
            recorder.evaluation(0, Evaluated(evaluation=kept, rollouts=()).metrics)
        return kept
    stage.console.stage("evaluation of the cold start")
    found = evaluated()
    _keep(stage.folder, results.BEFORE, found)
    put(place, msgspec.json.encode(found.evaluation).decode())
    recorder.evaluation(0, found.metrics)
    stage.console.evaluation(0, found.evaluation.mean)
    return found.evaluation


def _keep(folder: Path, name: str, found: Evaluated) -> None:
    """Keep some episodes of an evaluation, of the same questions every time."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    write_episodes(folder / name, found.episodes[:SAMPLED])


class _Refusal(click.ClickException):
    exit_code = 2


class _Command(click.Command):
    """A command that ends with one message at an error that a user can mend."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run; turn errors into messages, and an interrupt into how to go on."""
        try:
            return super().invoke(ctx)
        except (WebenvsError, FineTuningError, PolicyError) as error:
            raise _Refusal(str(error)) from error
        except OSError as error:
            place = "" if error.filename is None else f" {error.filename}"
            said = f"Cannot read or write{place}: {error.strerror or error}."
            full = " Make room, then go on with --resume." if error.errno == errno.ENOSPC else ""
            raise _Refusal(said + full) from error
        except Interrupted as error:
            click.echo(str(error), err=True)
            sys.exit(130)


@click.command(cls=_Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--preset", help="The recipe; --list tells them. By default matpo-paper.")
@click.option("--model", help="tiny, small, medium, a folder, or an id of the Hugging Face hub.")
@click.option("--minutes", type=float, help="Wall time of the whole run; no bound by default.")
@click.option("--updates", type=int, help="Updates of the reinforcement learning at most.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the run, a new one.")
@click.option("--seed", type=int, help="What weights, questions and draws hang on.")
@click.option("--init", help="Folder of a run whose cold start is taken over.")
@click.option("--robustness", default="", help="Noises to evaluate under at the end: mild,severe.")
@click.option("--resume", type=click.Path(path_type=Path), help="Folder of a run to go on with.")
@click.option("--set", "-s", "extra", multiple=True, metavar="NAME=VALUE", help="Any field.")
@click.option("--quiet", is_flag=True, help="Print evaluations and the end alone.")
@click.option("--list", "listed", is_flag=True, help="Tell the presets and leave.")
def main(
    extra: tuple[str, ...],
    robustness: str,
    resume: Path | None,
    quiet: bool,
    listed: bool,
    **named: Any,
) -> None:
    """Train a language model to research, and print what it gained on worlds it never saw.

    A run has three parts: a cold start (a teacher plays, the model imitates), reinforcement
    learning by the preset, and evaluations before and after on the same held-out questions. All
    goes into --out: config.json, metrics.jsonl, TensorBoard's files, checkpoints, models, episodes
    and report.html. Ctrl-C ends a run where nothing is lost and prints how to go on.

    \b
      python -m baselines.grpo.train --preset matpo-paper --model tiny --minutes 20
      python -m baselines.grpo.train --preset dapo -s lr=1e-3 -s queries=16 --out runs/dapo
      python -m baselines.grpo.train --preset mgrpo-paper --init runs/matpo --out runs/mgrpo
      python -m baselines.grpo.train --resume runs/dapo --minutes 40

    Fields are those of baselines/grpo/config.py; a field of settings or system is named with a
    point: -s settings.turns=6 -s 'system.worker=Be brief.'
    """  # noqa: D301 - click's mark
    if listed:
        width = max(map(len, PRESETS))
        for name, preset in PRESETS.items():
            click.echo(f"{name:<{width}}  {preset.meaning}")
        return
    given = {name: value for name, value in named.items() if value is not None}
    config = asked(settings_of(extra, **given), resume)
    noises = tuple(noise for noise in robustness.split(",") if noise)
    command = shlex.join([*COMMAND.split(), *sys.argv[1:]])
    wishes = Wishes(resume=resume is not None, robustness=noises, command=command, quiet=quiet)
    result = run(config, wishes)
    click.echo(report.headline(result))
    click.echo(
        f"{result.updates} updates in {result.minutes:.1f} minutes; {config.out}/report.html"
    )


def asked(given: Mapping[str, Any], resume: Path | None = None) -> Config:
    """The configuration that options ask for: a preset's, or that of the run that goes on.

    "settings.NAME" and "system.ROLE" are parts of these fields.
    """
    fields = _nested(given)
    if "out" in fields:
        fields["out"] = str(fields["out"])
    if resume is None:
        return config_from(fields.pop("preset", Config.preset), fields)
    if fields.get("out", str(resume)) != str(resume):
        raise bad_setting("out", fields["out"], f"left out, or {resume}, which is resumed")
    kept = as_data(replace(checkpoint.read_config(resume), out=str(resume)))
    for name in ("settings", "system"):
        if name in fields:
            fields[name] = kept[name] | fields[name]
    return config_of(kept | fields)


def _nested(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with "settings.turns" put into settings."""
    fields: dict[str, Any] = {}
    for name, value in given.items():
        outer, point, inner = name.partition(".")
        if point:
            before = fields.get(outer, {})
            if not isinstance(before, dict):
                raise bad_setting(outer, before, f"a mapping, or left out beside {name}")
            fields[outer] = {**before, inner: value}
        elif isinstance(value, dict):
            fields[name] = {**fields.get(name, {}), **value}
        else:
            fields[name] = value
    return fields


if __name__ == "__main__":
    main()
