"""Trains the team game through verifiers: its rollouts, its training client, its traces.

    python tests/benchmarks/verifiers_team.py OUT [--init RUN] [--updates N] [--set NAME=VALUE ...]

Verifiers 0.4 brings no trainer of its own, so this is one: the tiny model of `baselines.grpo`,
after its cold start (made in OUT, or taken from RUN), is served in the form that verifiers'
training client asks (`token_server`); the Env of `to_verifiers_team` plays groups of episodes, a
planner with workers, both seats the model; token ids, masks, log-probs and rewards are read from
verifiers' traces, and the baseline's learner makes the update (MATPO: a planner's advantage in its
group is that of its workers). Held-out questions of worlds never trained on are asked before and
after. It runs under an interpreter that has torch, transformers and verifiers==0.4.0, and prints a
line an update: mean reward and correctness of the episodes just played, and what they cost.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "wrappers"))

import torch
import verifiers.v1 as vf
from renderers.configs import CustomRendererConfig
from token_server import TokenServer
from verifiers.v1.utils.loaders import load_environment, resolve_env_config
from verifiers_parts import worlds_of

from baselines.grpo import checkpoint, credit
from baselines.grpo.budget import Budget
from baselines.grpo.cold_start import Stage, Started, cold_started
from baselines.grpo.config import Config
from baselines.grpo.interrupts import Interrupts
from baselines.grpo.learner import Learner
from baselines.grpo.local import LocalPolicy
from baselines.grpo.model import hush
from baselines.grpo.records import PLANNER, WORKER, Group, Query, Rollout, Trajectory
from baselines.grpo.show.console import Console
from baselines.grpo.train import asked
from webenvs import seeding
from webenvs.bench.statistics import mean_interval, wilson
from webenvs.cli.options import settings_of

PRESET = "matpo-paper"


class Table:
    """The Env of verifiers in one part of the worlds, and what it needs to be asked."""

    def __init__(self, config: Config, server: TokenServer, part: str) -> None:
        self.config = config
        self.queries = worlds_of(config.out).queries(part)
        seat = {"max_total_tokens": config.context - config.max_new_tokens}
        self.env = load_environment(
            resolve_env_config(
                {
                    "id": "to-verifiers-team",
                    "taskset": {"id": "verifiers-parts", "run": config.out, "part": part},
                    "planner": seat, "worker": seat,
                    "system": config.system,
                    "max_concurrent_agents": None,
                }
            )
        )  # fmt: skip
        self.tasks = list(self.env.taskset)
        self.context = vf.ModelContext(
            model="policy",
            client=vf.TrainClientConfig(
                base_url=server.url,
                api_key_var="NO_KEY",
                renderer=CustomRendererConfig(import_path="verifiers_parts.ExactRenderer"),
                renderer_model_name=str(Path(config.out) / "cold" / "shared"),
            ),
            sampling=vf.SamplingConfig(
                temperature=config.temperature, max_tokens=config.max_new_tokens
            ),
        )

    async def play(self, places: Sequence[int], size: int) -> list[list[Any]]:
        """`size` of verifiers' episodes of every question, `config.chunk` at the same time."""
        gate = asyncio.Semaphore(self.config.chunk)
        slots = [slot for place in places for slot in self.env.slots(self.tasks[place], size)]
        played = await asyncio.gather(
            *(self.env.run_slot(slot, self.context, gate) for slot in slots)
        )
        for episode in played:
            for error in [*episode.errors, *(e for t in episode.traces for e in t.errors)][:1]:
                print("broken:", error.message[:200], file=sys.stderr)
        return [list(played[at : at + size]) for at in range(0, len(played), size)]


def group_of(query: Query, episodes: Sequence[Any]) -> Group:
    """The episodes of a question as what the baseline credits; broken ones are left out of it."""
    rollouts = [rollout_of(query, at, episode) for at, episode in enumerate(episodes)]
    return Group(query=query, rollouts=tuple(rollouts))


def rollout_of(query: Query, index: int, episode: Any) -> Rollout:
    """An episode with a trajectory a branch of every trace that is to be trained."""
    traces = sorted(episode.traces, key=lambda trace: trace.agent.name != PLANNER)
    found = [one for trace in traces if trace.agent.trainable for one in trajectories_of(trace)]
    whole = episode.ok and bool(found)
    return Rollout(
        query=query,
        index=index,
        planner=found[0] if whole else Trajectory(id="", role=PLANNER, token_ids=(), prompt_len=0,
                                                  loss_mask=(), logprobs=()),
        workers=tuple(found[1:]) if whole else (),
        acc=traces[0].metrics["answer"] if whole else 0.0,
        status="ok" if whole else "infra_error",
    )  # fmt: skip


def trajectories_of(trace: Any) -> list[Trajectory]:
    """What verifiers keeps of a trace for a trainer: ids, mask, log-probs and the reward."""
    found = []
    for branch in trace.branches:
        mask = branch.sampled_mask
        if not any(mask):
            continue
        pairs = zip(branch.logprobs, mask, strict=True)
        found.append(
            Trajectory(
                id=f"{trace.id}/{branch.index}",
                role=PLANNER if trace.agent.name == PLANNER else WORKER,
                token_ids=tuple(branch.token_ids),
                prompt_len=mask.index(True),
                loss_mask=tuple(map(int, mask)),
                logprobs=tuple(value if sampled else float("nan") for value, sampled in pairs),
                reward=trace.reward,
                turns=sum(after and not before for before, after in pairwise([False, *mask])),
            )
        )
    return found


def told(groups: Sequence[Group]) -> dict[str, float]:
    """Means over the episodes that did not break."""
    whole = [one for group in groups for one in group.rollouts if one.status == "ok"]
    every = sum(len(group.rollouts) for group in groups)
    return {
        "reward": sum(one.planner.reward or 0.0 for one in whole) / max(1, len(whole)),
        "right": sum(one.acc for one in whole) / max(1, len(whole)),
        "broken": every - len(whole),
        "tokens": sum(part.sampled for one in whole for part in one.trajectories),
        "workers": sum(len(one.workers) for one in whole) / max(1, len(whole)),
    }


async def train(config: Config, started: Started) -> None:
    """Evaluate, update, evaluate; print all of it."""
    model = started.models["shared"]
    policy = LocalPolicy(model, started.tokens.pad, batch=config.chunk)
    learner = Learner(model, config, "shared")
    with TokenServer(policy, config.context, config.seed) as server:
        asked, unseen = (Table(config, server, part) for part in ("train", "heldout"))
        async with asked.env.serving(), unseen.env.serving():
            before = await held_out(unseen, "before")
            order = seeding.shuffled(range(len(asked.queries)), config.seed, "verifiers")
            for update in range(config.updates):
                began, cpu = time.monotonic(), time.process_time()
                places = order[update * config.queries : (update + 1) * config.queries]
                played = await asked.play(places, config.group)
                groups = [
                    group_of(asked.queries[place], episodes)
                    for place, episodes in zip(places, played, strict=True)
                ]
                rows, _ = credit.rows(groups, config, ("verifiers", update))
                metrics = learner.update(rows) if rows else {}
                policy.version += 1
                numbers = told(groups) | {
                    "rows": len(rows),
                    "ratio": metrics.get("ratio/mean", float("nan")),
                    "most": metrics.get("ratio/max", float("nan")),
                    "seconds": time.monotonic() - began,
                    "cpu": time.process_time() - cpu,
                }
                print(line(f"update {update}", numbers), flush=True)
            after = await held_out(unseen, "after")
    both = [name for name in before if name in after]
    gained = mean_interval(
        [after[name] - before[name] for name in both], both, ("gain",), bounds=(-1.0, 1.0)
    )
    points = {"mean": sum(after[name] - before[name] for name in both) / len(both)}
    print(line("gained", points | {"low": gained.low, "high": gained.high}))


async def held_out(table: Table, when: str) -> dict[str, float]:
    """Play held-out questions once, up to `eval_tasks`, and print how many were right.

    Returns the correctness of each that did not break.
    """
    places = range(min(table.config.eval_tasks, len(table.queries)))
    played = await table.play(places, 1)
    groups = [group_of(table.queries[at], one) for at, one in zip(places, played, strict=True)]
    numbers = told(groups)
    count = len(places) - int(numbers["broken"])
    within = wilson(round(numbers["right"] * count), count)
    numbers |= {"low": within.low, "high": within.high}
    print(line(f"held out, {when}", numbers), flush=True)
    found = [(group.query.id, one) for group in groups for one in group.rollouts]
    return {name: one.acc for name, one in found if one.status == "ok"}


def line(name: str, numbers: Mapping[str, float]) -> str:
    """A row of the output."""
    return f"{name:<17}" + "  ".join(f"{key} {value:.4g}" for key, value in numbers.items())


def main() -> None:
    """Make or take over the cold start, then train."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out")
    parser.add_argument("--init")
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    fields: dict[str, Any] = {"updates": given.updates}
    if given.init:
        fields["init"] = given.init
    config, started = begun(Path(given.out), settings_of(tuple(given.set), **fields))
    asyncio.run(train(config, started))


def begun(out: Path, fields: Mapping[str, Any]) -> tuple[Config, Started]:
    """The configuration and the models after their cold start, both kept in `out`."""
    config = asked({"preset": PRESET, **fields, "out": str(out.resolve())})
    hush()
    torch.set_num_threads(config.threads)
    folder = Path(config.out)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint.write_config(folder, config)
    with Interrupts() as interrupts, Console(config.updates, None) as console:
        stage = Stage(
            folder=folder,
            worlds=worlds_of(config.out),
            budget=Budget(config.minutes),
            interrupts=interrupts,
            console=console,
        )
        return config, cold_started(config, stage)


if __name__ == "__main__":
    main()
