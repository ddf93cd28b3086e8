"""What `verifiers_team.py` has verifiers load by name: questions about sheets, and a renderer.

The taskset is that of `to_verifiers` on the small worlds that the tiny model was tuned on. The
renderer writes tokens by the baseline's own rule: what was sampled stays as it was sampled.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import verifiers.v1 as vf
from renderers import RenderedTokens
from renderers.base import ParsedResponse
from renderers.configs import BaseRendererConfig
from to_verifiers import WebData, WebHarness, WebTask

from baselines.grpo.checkpoint import read_config
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.tokens import Tokens
from webenvs.envs.tooling.tool_env import ToolEnv

__all__ = ["SheetTaskset", "WebHarness"]


@lru_cache
def worlds_of(run: str) -> Worlds:
    """The worlds of a run's configuration."""
    return Worlds(read_config(Path(run)))


class SheetConfig(vf.TasksetConfig):
    """The run that says which worlds, and which of its splits is asked about."""

    run: str = ""
    part: Literal["train", "heldout"] = "train"


class SheetTask(WebTask):
    """A question about a world of sheets."""

    key = property(lambda self: f"{self.data.env}/{self.data.row['task_id']}")

    def open(self, **_: Any) -> ToolEnv:
        """A new episode of the run's own game."""
        scenario = worlds_of(self.data.settings["run"]).scenario(self.data.settings["world"])
        env = ToolEnv(scenario)
        env.reset(**self.data.row)
        return env


class SheetTaskset(vf.Taskset[SheetTask, SheetConfig]):
    """Every question of a split, world by world."""

    def load(self) -> Iterator[SheetTask]:
        """The questions in the order of `Worlds.queries`."""
        worlds = worlds_of(self.config.run)
        for query in worlds.queries(self.config.part):
            yield SheetTask(
                WebData(
                    prompt=worlds.task(query).question,
                    env=worlds.config.env,
                    native=False,
                    settings={"run": self.config.run, "world": query.world},
                    row={"task_id": query.task, "seed": query.seed},
                )
            )


class ExactConfig(BaseRendererConfig):
    """The renderer has no settings."""

    name: Literal["exact"] = "exact"


class ExactRenderer:
    """Openings and what is appended, in the tokens of the baseline's `Tokens`."""

    config_class = ExactConfig
    is_prefix_stable = False
    supports_tools = False

    def __init__(self, tokenizer: Any, config: ExactConfig) -> None:
        self.tokens, self.config = Tokens(tokenizer), config

    def render(
        self, messages: list[Any], *, tools: Any = None, add_generation_prompt: bool = False
    ) -> RenderedTokens:
        """The tokens of a whole conversation; every message begins with a token of its own."""
        return self._rendered([], messages, self.tokens.opening(messages), add_generation_prompt)

    def render_ids(self, messages: list[Any], **more: Any) -> list[int]:
        """The tokens alone."""
        return self.render(messages, **more).token_ids

    def bridge_to_next_turn(
        self, prompt: list[int], completion: list[int], new: list[Any], *, tools: Any = None
    ) -> RenderedTokens:
        """What was read and sampled, then what is new."""
        ended = completion[-1] == self.tokens.end_of_turn
        return self._rendered(
            [*prompt, *completion], new, self.tokens.appended(new, ended=ended), header=True
        )

    def parse_response(self, token_ids: list[int], **_: Any) -> ParsedResponse:
        """The text that the environment is sent."""
        return ParsedResponse(content=self.tokens.text(token_ids))

    def get_stop_token_ids(self) -> list[int]:
        """Where a message is over."""
        return list(self.tokens.stops)

    def _rendered(
        self, known: list[int], messages: list[Any], ids: tuple[int, ...], header: bool
    ) -> RenderedTokens:
        """`ids` behind what is known, each token with the number of its message or -1."""
        end = len(self.tokens.appended([], ended=True))
        sizes = [len(self.tokens.opening([one])) - end for one in messages]
        glue = len(ids) - sum(sizes) - end
        owners = [-1] * (len(known) + glue)
        for place, size in enumerate(sizes):
            owners += [place] * size
        kept = ids if header else ids[: len(ids) - end]
        return RenderedTokens(
            token_ids=[*known, *kept],
            message_indices=owners + ([-1] * end if header else []),
            message_roles=[one["role"] for one in messages],
        )
