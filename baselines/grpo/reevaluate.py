"""`python -m baselines.grpo.reevaluate RUN`: a run's policy again, under other noise, cap, game.

The questions, seeds and draws of tokens are those of the run's own evaluations, so that whatever is
changed can be paired with them by question. What is found lies in `evaluations.json` of the run.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import msgspec
import torch

from baselines import origin
from baselines.grpo import checkpoint
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.config import Config
from baselines.grpo.evaluate import chosen, evaluate
from baselines.grpo.limits import checked
from baselines.grpo.local import LocalPolicy
from baselines.grpo.model import hush, load_model
from baselines.grpo.places import COLD, MODELS
from baselines.grpo.policy import Policy, PolicyError
from baselines.grpo.presets import as_data, differing
from baselines.grpo.rollouts import Engine
from baselines.grpo.scale import LocalEngine, load
from baselines.grpo.served import TOKEN, served_at
from baselines.grpo.students import policy_names, roles_of
from baselines.grpo.tokens import Tokens
from baselines.grpo.train import asked
from baselines.show import estimates
from baselines.show.evaluation import Evaluation
from webenvs.bench import spelling
from webenvs.bench.report import json_text, put
from webenvs.cli.options import settings_of
from webenvs.errors import SettingError, WebenvsError, unknown_name
from webenvs.records import Record

FILE = "evaluations.json"
POLICIES = ("before", "after", "best", "last")
"""The cold start, the end of the run, and its checkpoints."""


class Again(Record, frozen=True, kw_only=True):
    """An evaluation of a run's policy that the run did not make itself.

    `policy` is one of POLICIES or the address of a server; `changes` are the fields in which its
    configuration differs from the run's, beside the context, which `evaluation` has.
    """

    policy: str
    evaluation: Evaluation
    greedy: bool = False
    changes: dict[str, Any] = msgspec.field(default_factory=dict)
    commit: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from others of the run."""
        found = self.evaluation
        changes = msgspec.json.encode(self.changes, order="sorted")
        return self.policy, found.noise, found.context, self.greedy, changes


class Evaluations(Record, frozen=True, kw_only=True):
    """All of a run that were found so far, the latest last."""

    found: tuple[Again, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is evaluated: every policy under every noise and cap, each way of drawing."""

    policies: tuple[str, ...] = ("after",)
    noises: tuple[str, ...] = ("none",)
    contexts: tuple[int, ...] = ()
    greedy: tuple[bool, ...] = (False,)
    served: str | None = None
    token: str | None = None


def reevaluated(folder: Path, config: Config, wanted: Wanted) -> Iterator[Again]:
    """The evaluations, one after another; `config` is the run's with what is to be changed.

    Raises CheckpointError for a folder without a run or without the policy, SettingError for what
    does not fit, PolicyError where a server fails.
    """
    kept = checkpoint.read_config(folder)
    caps = [checked(replace(config, context=cap)) for cap in wanted.contexts or (config.context,)]
    names = [name for name in differing(kept, config) if name not in ("out", "context")]
    changes = {name: as_data(config)[name] for name in names}
    widest = max(caps, key=lambda one: one.context)
    for policy in (wanted.served,) if wanted.served else wanted.policies:
        with ExitStack() as stack:
            tokens, policies = _opened(policy, folder, widest, wanted, stack)
            for one in caps:
                worlds = Worlds(one)
                engine = LocalEngine(Engine(worlds, tokens, policies, one), one)
                for noise in wanted.noises:
                    queries = chosen(worlds.queries("heldout", noise), one.eval_tasks)
                    for greedy in wanted.greedy:
                        found = evaluate(engine, worlds, queries, one, greedy=greedy)
                        yield Again(
                            policy=policy,
                            evaluation=found.evaluation,
                            greedy=greedy,
                            changes=changes,
                            commit=origin.commit(),
                        )


def _opened(
    policy: str, folder: Path, config: Config, wanted: Wanted, stack: ExitStack
) -> tuple[Tokens, dict[str, Policy]]:
    """The tokens of a run, and its policy by role; a server plays all roles."""
    names = policy_names(checkpoint.read_config(folder))
    tokens = Tokens.load(_place(folder, "before", names[0]))
    if wanted.served:
        server = stack.enter_context(served_at(wanted.served, token=wanted.token))
        return tokens, {role: server for name in names for role in roles_of(name)}
    models = {name: load_model(_place(folder, policy, name), config) for name in names}
    if policy in ("best", "last"):
        file = {"best": checkpoint.BEST, "last": checkpoint.LAST}[policy]
        for name, state in checkpoint.load(folder / file).learners.items():
            load(models[name], state.get("weights", {}))
    made = {name: LocalPolicy(model, tokens.pad, name=name) for name, model in models.items()}
    return tokens, {role: made[name] for name in names for role in roles_of(name)}


def _place(folder: Path, policy: str, name: str) -> Path:
    """Where a model of a run lies; checkpoints hold what has changed of the cold start."""
    if policy not in POLICIES:
        raise unknown_name("policy of a run", policy, POLICIES)
    place = folder / (MODELS if policy == "after" else COLD) / name
    if not place.is_dir():
        missing = place.relative_to(folder)
        raise checkpoint.CheckpointError(f"{folder} has no {missing}: the run came not so far.")
    return place


def read(folder: str | Path) -> tuple[Again, ...]:
    """What was found of a run so far; raises SettingError if the file is broken."""
    file = Path(folder) / FILE
    if not file.exists():
        return ()
    try:
        return msgspec.json.decode(file.read_bytes(), type=Evaluations).found
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SettingError(f"{file} holds no evaluations of a run: {error}.") from error


def keep(folder: str | Path, found: Again) -> None:
    """Put an evaluation beside the others of a run, in the place of an earlier one of its kind."""
    others = [one for one in read(folder) if one.key != found.key]
    put(Path(folder) / FILE, json_text(Evaluations(found=(*others, found))))


def told(found: Again) -> str:
    """An evaluation in a line, with the 95 % interval of its success."""
    one = found.evaluation
    whole = estimates.success({0: one})
    interval = "" if whole.interval is None else spelling.share_interval(whole.interval)
    drawn = "greedy" if found.greedy else "sampled"
    return (
        f"{found.policy:<8}{one.noise:<10}{one.context:>8}  {drawn:<8}{len(one.tasks):>6}"
        f"{spelling.percent(whole.mean):>8} %  {interval}"
    )


HEAD = f"{'policy':<8}{'noise':<10}{'context':>8}  {'drawn':<8}{'tasks':>6}{'success':>10}"


class _Refusal(click.ClickException):
    exit_code = 2


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--policy", default="after", show_default=True, help=f"Of {', '.join(POLICIES)}.")
@click.option("--noise", default="none", show_default=True, help="Noises: none,mild,severe.")
@click.option("--context", default="", help="Caps of a player's context: 96,192; the run's own.")
@click.option("--greedy", is_flag=True, help="Take the likeliest token, instead of drawing.")
@click.option("--both", is_flag=True, help="Draw, and take the likeliest token.")
@click.option("--served", help="A server in place of the run's models: vllm+http://HOST:PORT#NAME.")
@click.option("--set", "-s", "extra", multiple=True, metavar="NAME=VALUE", help="Any field.")
def main(
    folder: Path, greedy: bool, both: bool, served: str | None, extra: tuple[str, ...], **lists: str
) -> None:
    """Evaluate a run's policy again, and print its success with 95 % intervals.

    \b
      python -m baselines.grpo.reevaluate runs/matpo --noise none,mild,moderate,severe
      python -m baselines.grpo.reevaluate runs/matpo --policy before,after --context 256,512 --both
      python -m baselines.grpo.reevaluate runs/solo -s hops=3,3 -s settings.turns=8
      python -m baselines.grpo.reevaluate runs/solo --served vllm+http://localhost:8000#tiny

    A server is asked with the run's tokenizer; its token, if it wants one, is that of the variable
    WEBENVS_SERVED_TOKEN.
    """  # noqa: D301 - click's mark
    try:
        wanted = Wanted(
            policies=_parts(lists["policy"]),
            noises=_parts(lists["noise"]),
            contexts=tuple(_number(part) for part in _parts(lists["context"])),
            greedy=(False, True) if both else (greedy,),
            served=served,
            token=os.environ.get(TOKEN),
        )
        config = asked(settings_of(extra), folder)
        hush()
        torch.set_num_threads(config.threads)
        click.echo(HEAD)
        for found in reevaluated(folder, config, wanted):
            keep(folder, found)
            click.echo(told(found))
        click.echo(f"written: {folder / FILE}")
    except (WebenvsError, PolicyError) as error:
        raise _Refusal(str(error)) from error


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _number(text: str) -> int:
    if not text.isdecimal():
        raise click.BadParameter(f"{text!r} is no whole number.", param_hint="--context")
    return int(text)


if __name__ == "__main__":
    main()
