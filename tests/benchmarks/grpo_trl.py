"""TRL's GRPOTrainer on the solo game of `bench_grpo`: same model, tokenizer, questions and text.

    python tests/benchmarks/grpo_trl.py FOLDER STEPS

FOLDER is what `bench_grpo` saves: model, tokenizer and config.json of the run. It runs under any
interpreter that has TRL, and prints one JSON line: CPU-seconds, sampled tokens, episodes, steps.

The environment has one tool, whose argument is the player's whole message: so TRL plays the same
text. TRL asks the model once more behind the message that ends an episode; that costs it a message.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"

import msgspec
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.config import Config
from webenvs.envs.session import Session

TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}"
    "{% for call in m.get('tool_calls') or [] %}{{ call['function'] | tojson }}{% endfor %}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""The tokenizer's own template; TRL also wants to see tool calls, which it never renders to ids."""
TURNS = 3
"""Calls of an episode: two searches and the answer."""


def main() -> None:
    """Train for some steps and print what they cost."""
    folder, steps = Path(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(1)
    config = msgspec.json.decode((folder / "bench.json").read_bytes(), type=Config)
    worlds = Worlds(config)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = TEMPLATE
    tokenizer.response_template = {
        "defaults": {"role": "assistant"},
        "start_anchor": "<|assistant|>",
        "fields": {
            "tool_calls": {
                "open": "<",
                "close_pattern": r"<\|end\|>",
                "repeats": True,
                "content": "text",
                "transform": {
                    "type": "function",
                    "function": {"name": "say", "arguments": {"message": "{content}"}},
                },
            },
            "content": {"close_pattern": r"<\|end\|>", "content": "text"},
        },
    }
    size = config.queries * config.group
    questions = worlds.queries("train")
    rows = [
        {
            "prompt": [{"role": "user", "content": ""}],
            "world": query.world, "task": query.task, "seed": query.seed,
        }
        for query in questions[: config.queries * steps]
    ]  # fmt: skip
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder),
        args=settings(folder, config, steps, size),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        environment_factory=lambda: Talk(worlds),
    )
    began = time.process_time()
    trainer.train()
    lengths = [
        row["completions/mean_length"] for row in trainer.state.log_history if "reward" in row
    ]
    found = {
        "cpu_s": time.process_time() - began,
        "tokens": sum(lengths) * size,
        "episodes": size * steps,
        "rewards": [row["reward"] for row in trainer.state.log_history if "reward" in row],
    }
    print(json.dumps(found))


def settings(folder: Path, config: Config, steps: int, size: int) -> GRPOConfig:
    """What the run of webenvs is set to, in TRL's words."""
    return GRPOConfig(
        output_dir=str(folder / "trl"),
        per_device_train_batch_size=size,
        num_generations=config.group,
        max_steps=steps,
        max_completion_length=config.context,
        max_tool_calling_iterations=TURNS,
        learning_rate=config.lr,
        temperature=config.temperature,
        top_k=0,
        beta=0.0,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        save_strategy="no",
        report_to=[],
        logging_steps=1,
        disable_tqdm=True,
    )


class Talk:
    """An episode in which the model's whole message is one call."""

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds

    def reset(self, world: str, task: str, seed: int, **_: Any) -> str:
        """Begin an episode; returns the question."""
        scenario = self._worlds.scenario(world)
        self._session = Session(scenario, scenario.tasks.get(task), seed)
        return str(self._session.observe("researcher_0")["text"])

    def say(self, message: str) -> str:
        """Play a message.

        Args:
            message: the whole message

        Returns:
            What the environment answers.
        """
        if not self._session.over:
            self._session.act(f"<{message}")  # the parser takes the mark that opens a call
        return str(self._session.observe("researcher_0")["text"])

    def get_reward(self) -> float:
        """The reward of the episode."""
        return float(self._session.state.rewards.get("researcher_0", 0.0))


if __name__ == "__main__":
    main()
