"""Prints what rollouts and training steps of the GRPO baseline cost, beside plain loops and TRL.

    python tests/benchmarks/bench_grpo.py [--games solo team] [--sft-steps N] [--questions N]
                                          [--group N] [--rounds N] [--updates N]
                                          [--trl-python PATH] [--json FILE]

Each game begins with a short cold start of the tiny model (it must speak to be measured: it then
calls tools that work, and mostly ends its messages). All rows of a game share model, tokenizer,
questions and limits, run one after another in this process on one thread, and take turns.

    plain loop        transformers.generate, one message at a time, the whole context read anew
    plain, padded     transformers.generate on all live players of a round, read anew
    engine, one row   the rollout engine with its cache, one message at a time
    engine            the rollout engine as it trains: all players of all episodes, cached

tok/CPU-s are sampled tokens per CPU-second of the whole rollout, environment included; ratio is to
the plain loop, the median over the rounds. A training step is a rollout, its rewards and credit,
and one update of the learner; every row is trained on, also those without an advantage. TRL's
GRPOTrainer (its own process, `--trl-python`, or this interpreter if it has trl) plays and trains
the solo game with the same model, tokenizer, text and questions; its CPU-seconds are those of
`train`. Of two policies the messages differ, so that tok/episode does too.
"""

import argparse
import dataclasses
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import torch
from plain_generate import Plain
from transformers.utils import logging

from baselines.grpo import credit
from baselines.grpo.cold import demonstrations, sft
from baselines.grpo.cold.guide import Guide
from baselines.grpo.cold.tokenizer import train_tokenizer
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.config import Config
from baselines.grpo.learner import Learner
from baselines.grpo.local import LocalPolicy
from baselines.grpo.model import count_parameters, make_model, save_model
from baselines.grpo.policy import Policy
from baselines.grpo.records import Query
from baselines.grpo.rewards import scored
from baselines.grpo.rollouts import Engine
from baselines.grpo.tokens import Tokens
from webenvs import catalog
from webenvs.episodes import play

HERE = Path(__file__).parent
PLAIN = "plain loop"
TRL = "trl==1.16.0"


class Game(NamedTuple):
    """What all rows of a game share."""

    config: Config
    worlds: Worlds
    tokens: Tokens
    model: Any

    def engine(self, policy: Policy) -> Engine:
        """An engine with one policy in all roles."""
        roles = {"planner": policy, "worker": policy}
        return Engine(self.worlds, self.tokens, roles, self.config)

    def queries(self, number: int) -> list[Query]:
        """The questions of an update."""
        found = self.worlds.queries("train")
        size = self.config.queries
        return [found[(number * size + place) % len(found)] for place in range(size)]


class Sample(NamedTuple):
    """One measurement: sampled tokens and episodes, and the CPU-seconds they took."""

    tokens: int
    episodes: int
    cpu_s: float

    @property
    def rate(self) -> float:
        """Sampled tokens per CPU-second."""
        return self.tokens / self.cpu_s


def main() -> None:
    """Measure, print."""
    options = parsed()
    torch.set_num_threads(1)
    logging.disable_progress_bar()
    told: dict[str, Any] = {}
    for name in options.games:
        game = made(name, options)
        told[name] = {"rollouts": rollouts(game, options.rounds)}
        told[name]["step"] = steps(game, options.updates)
        if name == "solo":
            told["trl"] = beside_trl(game, options, told[name]["step"])
    if options.json:
        options.json.write_text(json.dumps(told, indent=1))


def parsed() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--games", nargs="*", default=["solo", "team"], choices=["solo", "team"])
    parser.add_argument("--sft-steps", type=int, default=150)
    parser.add_argument("--questions", type=int, default=8)
    parser.add_argument("--group", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--updates", type=int, default=4)
    parser.add_argument("--trl-python", default=sys.executable, help="an interpreter with trl")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def made(name: str, options: argparse.Namespace) -> Game:
    """A game with a model after a short cold start."""
    config = Config(
        game=name,
        settings={"top_k": 1, "turns": 4, "search": {"title_weight": 3}},
        system={"planner": "", "worker": ""},
        hops=(2, 2),
        train_worlds=4,
        heldout_worlds=1,
        demonstrations=400,
        sft_steps=options.sft_steps,
        queries=options.questions,
        group=options.group,
        zero_variance="keep",
        entropy=1e-12,  # so that rows without an advantage are trained on too, as TRL does
    )
    worlds = Worlds(config)
    tokens = Tokens(train_tokenizer(words(worlds), context=config.context))
    model = make_model("tiny", len(tokens.tokenizer), config.context, config.seed)
    shown = demonstrations.collect(config, worlds, tokens)
    began = time.process_time()
    tuned = sft.fine_tune(model, shown.trajectories, config)
    print(
        f"\n{name}: {count_parameters(model) / 1e6:.2f} M parameters, cold start of "
        f"{config.sft_steps} updates in {time.process_time() - began:.0f} CPU-s to a loss of "
        f"{tuned.curve[-1]:.2f}"
    )
    return Game(config, worlds, tokens, model)


def words(worlds: Worlds) -> list[str]:
    """What is said and shown in some episodes of the guide: the tokenizer learns from it."""
    found: list[str] = []
    for query in worlds.queries("train")[::2]:
        scenario = worlds.scenario(query.world, query.noise)
        played = play(scenario, catalog.lineup(Guide, scenario.game), query.seed, query.task)
        found += [text for turn in played.turns for text in (turn.observation, turn.message)]
    return found


def rollouts(game: Game, rounds: int) -> list[dict[str, Any]]:
    """What the rollouts of an update cost with every policy; prints a table."""
    pad = game.tokens.pad
    rows: Mapping[str, Callable[[], Policy]] = {
        PLAIN: lambda: Plain(game.model, pad, padded=False),
        "plain, padded": lambda: Plain(game.model, pad, padded=True),
        "engine, one row": lambda: LocalPolicy(game.model, pad, batch=1),
        "engine": lambda: LocalPolicy(game.model, pad),
    }
    found: dict[str, list[Sample]] = {name: [] for name in rows}
    game.model.eval()
    for number in range(rounds):
        for name, policy in rows.items():
            found[name].append(rolled(game, policy(), number))
    print(f"{'rollouts':18}{'tok/CPU-s':>10}{'episodes/CPU-s':>16}{'tok/episode':>13}{'ratio':>8}")
    return [told(name, samples, found[PLAIN]) for name, samples in found.items()]


def rolled(game: Game, policy: Policy, number: int) -> Sample:
    """The rollouts of one update."""
    engine = game.engine(policy)
    torch.manual_seed(number)  # for transformers.generate; the engine draws by key
    began = time.process_time()
    engine.groups(game.queries(number), number)
    cpu_s = time.process_time() - began
    return Sample(engine.counts["sampled"], engine.counts["episodes"], cpu_s)


def told(name: str, samples: Sequence[Sample], plain: Sequence[Sample]) -> dict[str, Any]:
    """A line of the table of rollouts, printed."""
    ratio = statistics.median(
        one.rate / other.rate for one, other in zip(samples, plain, strict=True)
    )
    rate = statistics.median(sample.rate for sample in samples)
    episodes = statistics.median(sample.episodes / sample.cpu_s for sample in samples)
    size = statistics.median(sample.tokens / sample.episodes for sample in samples)
    print(f"{name:18}{rate:10,.0f}{episodes:16.2f}{size:13.0f}{ratio:8.1f}")
    return {"name": name, "tokens_per_cpu_s": rate, "episodes_per_cpu_s": episodes, "ratio": ratio}


def steps(game: Game, updates: int) -> dict[str, float]:
    """Where the time of training steps goes; prints the shares."""
    policy = LocalPolicy(game.model, game.tokens.pad)
    engine = game.engine(policy)
    learner = Learner(game.model, game.config, "shared")
    spent = dict.fromkeys(("generate", "env", "tokens", "credit", "learn", "wall", "cpu"), 0.0)
    sampled = episodes = trained = 0
    for number in range(updates):
        wall, cpu = time.perf_counter(), time.process_time()
        groups = engine.groups(game.queries(number), ("step", number))
        rows, credit_s = credited(game, groups, number)
        begins = time.perf_counter()
        learner.update(rows)
        policy.version += 1
        spent["learn"] += time.perf_counter() - begins
        spent["credit"] += credit_s
        spent["wall"] += time.perf_counter() - wall
        spent["cpu"] += time.process_time() - cpu
        trained += sum(len(row.trajectory.token_ids) for row in rows)
    for part, seconds in engine.seconds.items():
        spent[part] += seconds
    sampled, episodes = engine.counts["sampled"], engine.counts["episodes"]
    shares = {part: spent[part] / spent["wall"] for part in spent if part not in ("wall", "cpu")}
    print(
        f"a training step: {spent['cpu'] / updates:.2f} CPU-s, "
        f"{episodes / updates:.0f} episodes, {sampled / spent['cpu']:,.0f} sampled and "
        f"{trained / spent['cpu']:,.0f} trained tok/CPU-s"
    )
    print("  " + ", ".join(f"{part} {share:.1%}" for part, share in shares.items()))
    rates = {
        "sampled_per_cpu_s": sampled / spent["cpu"],
        "trained_per_cpu_s": trained / spent["cpu"],
        "episodes_per_cpu_s": episodes / spent["cpu"],
    }
    return rates | {f"share_{part}": share for part, share in shares.items()}


def credited(game: Game, groups: Sequence[Any], number: int) -> tuple[list[Any], float]:
    """The rows of an update, and the seconds that rewards and credit took."""
    began = time.perf_counter()
    paid = [
        msgspec.structs.replace(
            group,
            rollouts=tuple(
                scored(rollout, game.worlds.task(group.query), game.config)
                for rollout in group.rollouts
            ),
        )
        for group in groups
    ]
    rows, _ = credit.rows(paid, game.config, (game.config.seed, number))
    return rows, time.perf_counter() - began


def beside_trl(
    game: Game, options: argparse.Namespace, own: Mapping[str, float]
) -> dict[str, float] | str:
    """What TRL's trainer takes for the same game, printed beside our own step."""
    if options.trl_python == sys.executable and importlib.util.find_spec("trl") is None:
        missing = f"TRL is not installed here; give --trl-python an interpreter with {TRL}"
        print(missing)
        return missing
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        save_model(game.model, game.tokens.tokenizer, folder)
        (folder / "bench.json").write_bytes(msgspec.json.encode(dataclasses.asdict(game.config)))
        command = [options.trl_python, str(HERE / "grpo_trl.py"), str(folder), str(options.updates)]
        paths = [str(HERE.parents[1]), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        settings = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    if done.returncode:
        missing = f"TRL failed:\n{done.stderr[-1500:]}"
        print(missing)
        return missing
    trl = json.loads(done.stdout.splitlines()[-1])
    rates = {
        "sampled_per_cpu_s": trl["tokens"] / trl["cpu_s"],
        "episodes_per_cpu_s": trl["episodes"] / trl["cpu_s"],
    }
    print(
        f"a step of TRL: {trl['cpu_s'] / options.updates:.2f} CPU-s, "
        f"{trl['episodes'] / options.updates:.0f} episodes, "
        f"{rates['sampled_per_cpu_s']:,.0f} sampled tok/CPU-s, "
        f"{trl['tokens'] / trl['episodes']:.0f} tokens an episode; ours makes "
        f"{own['sampled_per_cpu_s'] / rates['sampled_per_cpu_s']:.1f} x the tokens, "
        f"{own['episodes_per_cpu_s'] / rates['episodes_per_cpu_s']:.1f} x the episodes"
    )
    return rates


if __name__ == "__main__":
    main()
