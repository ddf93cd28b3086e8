"""TRL trains a planner with workers: rewards a step, and held-out success before and after.

    python tests/benchmarks/trl_team.py --out FOLDER [--init RUN] [--steps N] [--groups N]
                                        [--worlds N] [--lr X] [--seed N]

A tiny model learns from demonstrations first: the cold start of `baselines.grpo`, made in FOLDER
(some four CPU-minutes), or that of an earlier RUN. Then TRL's GRPOTrainer trains it through
`wrappers.to_trl.rollout`: the one model plays planner and workers of whole games, and each row
trains the seat that it names. A step is `groups` rows, half of them planners', each played 8 times.
Success is that of the planner's answers on worlds that nothing was trained on, at temperature 1,
in percent with 95 % intervals. It runs under any interpreter that has TRL and the extra `grpo`, and
writes `trl.json` into FOLDER.
"""

import argparse
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"

import torch
from trl import GRPOConfig, GRPOTrainer

from baselines.grpo.checkpoint import read_config
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.config import Config
from baselines.grpo.evaluate import chosen, evaluate
from baselines.grpo.local import LocalPolicy
from baselines.grpo.model import load_model
from baselines.grpo.places import COLD
from baselines.grpo.presets import config_from
from baselines.grpo.records import SHARED
from baselines.grpo.rollouts import Engine
from baselines.grpo.tokens import Tokens
from baselines.grpo.train import Wishes, run
from baselines.show import estimates
from baselines.show.estimates import Estimate
from baselines.show.evaluation import Evaluation
from webenvs.envs.tokens.games import TokenGames
from webenvs.envs.tooling.tool_env import ToolEnv
from wrappers import to_trl

SMALL = {
    "model": "tiny", "updates": 0, "hops": (1, 2), "demonstrations": 4_000, "sft_steps": 220,
    "eval_tasks": 1,
}  # fmt: skip
QUESTIONS = 200
GROUP = 8


def main() -> None:
    """Make the cold start, train, and print what came of it."""
    given = arguments()
    start = given.init or given.out / "start"
    if not (start / COLD / SHARED).is_dir():
        made = {"out": str(start), "train_worlds": given.worlds, "seed": given.seed}
        run(config_from("matpo-paper", {**SMALL, **made}), Wishes(quiet=True))
    torch.set_num_threads(1)
    config = replace(read_config(start), train_worlds=given.worlds, eval_tasks=QUESTIONS)
    worlds, place = Worlds(config), start / COLD / SHARED
    tokens, model = Tokens.load(place), load_model(place, config)
    before = evaluated(model, tokens, worlds, config)
    print(f"held-out success before: {told(estimates.success({0: before}))}", flush=True)
    began = time.process_time()
    rewards = trained(model, tokens, worlds, config, given)
    spent = time.process_time() - began
    after = evaluated(model, tokens, worlds, config)
    shown = {
        "before": told(estimates.success({0: before})),
        "after": told(estimates.success({0: after})),
        "gained": told(estimates.difference({0: after}, {0: before})),
    }
    print(f"held-out success after:  {shown['after']}; {spent:.0f} CPU-seconds in TRL's train()")
    print(f"gained, paired by question: {shown['gained']}")
    given.out.mkdir(parents=True, exist_ok=True)
    found = json.dumps({**shown, "rewards": rewards, "cpu_s": spent}, indent=1)
    (given.out / "trl.json").write_text(found + "\n", encoding="utf-8")


def arguments() -> argparse.Namespace:
    """What was asked for at the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--init", type=Path)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--groups", type=int, default=12)
    parser.add_argument("--worlds", type=int, default=16)
    parser.add_argument("--lr", type=float, default=5e-5)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def trained(
    model: Any, tokens: Tokens, worlds: Worlds, config: Config, given: argparse.Namespace
) -> list[float]:
    """Train the model in place through TRL; returns the mean reward of every step."""
    games = TokenGames(
        {name: ToolEnv(worlds.scenario(name)) for name in worlds.names("train")},
        context=config.context,
        message=config.max_new_tokens,
        system=config.system,
    )
    trainer = GRPOTrainer(
        model,
        to_trl.reward,
        args=settings(given),
        processing_class=tokens.tokenizer,
        rollout_func=to_trl.rollout(games),
        train_dataset=to_trl.seats(games),
        optimizers=(optimiser(model, given.lr, config), None),
    )
    trainer.train()
    rows = [row for row in trainer.state.log_history if "reward" in row]
    for row in rows:
        print(
            f"step {row['step']:3}: reward {row['reward']:.3f}, entropy {row['entropy']:.3f}, "
            f"groups without difference {row['frac_reward_zero_std']:.2f}"
        )
    return [row["reward"] for row in rows]


def optimiser(model: Any, lr: float, config: Config) -> torch.optim.AdamW:
    """AdamW, vectors at `config.vector_rate` times the rate: so a tiny model grows sure sooner."""
    weights = list(model.parameters())
    groups = [
        {"params": [one for one in weights if one.ndim >= 2], "lr": lr},
        {"params": [one for one in weights if one.ndim < 2], "lr": lr * config.vector_rate},
    ]
    return torch.optim.AdamW(groups, betas=config.betas, weight_decay=config.weight_decay)


def settings(given: argparse.Namespace) -> GRPOConfig:
    """The run in TRL's words: an update a batch of rollouts, at a constant rate after a warm-up."""
    return GRPOConfig(
        output_dir=str(given.out / "trl"),
        per_device_train_batch_size=given.groups * GROUP,
        num_generations=GROUP,
        max_steps=given.steps,
        learning_rate=given.lr,
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=5,
        beta=0.0,
        seed=given.seed,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        save_strategy="no",
        report_to=[],
        logging_steps=1,
        disable_tqdm=True,
    )


def evaluated(model: Any, tokens: Tokens, worlds: Worlds, config: Config) -> Evaluation:
    """The planner's answers to held-out questions, each asked once, with the same draws always."""
    policy = LocalPolicy(model, tokens.pad)
    engine = Engine(worlds, tokens, {"planner": policy, "worker": policy}, config)
    queries = chosen(worlds.queries("heldout"), config.eval_tasks)
    return evaluate(engine, worlds, queries, config).evaluation


def told(found: Estimate) -> str:
    """An estimate in percent, with its interval."""
    assert found.mean is not None and found.interval is not None
    mean, low, high = (100 * one for one in (found.mean, found.interval.low, found.interval.high))
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]"


if __name__ == "__main__":
    main()
