"""webenvs for verl's own loops: tools for its tool agent, an interaction for verl before 0.9.

    to_verl_tools.write_tools("tools.yaml", "MultiHop-v0")    # rollout.multi_turn.tool_config_path
    write_rows("train.parquet", to_verl_rows.tool_rows("MultiHop-v0", "train", 1000))
    # custom_reward_function: path wrappers/to_verl_tools.py, name compute_score
    # rollout.multi_turn: format hermes, max_parallel_calls 1, max_tool_response_length 8000

verl makes and releases a tool for every call, so the episode lives on the `agent_data` of the
rollout. Each call is a message of the episode. verl 0.9 has no interactions any more: the class is
for older releases, written to their interface and run without them.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import webenvs
from webenvs.envs.tooling.tool_env import Outcome, ToolEnv, one_seat
from webenvs.errors import bad_setting
from webenvs.trainers import trainer

try:
    from verl.tools.base_tool import BaseTool
    from verl.tools.schemas import ToolResponse
except ImportError:  # said by `trainer` when it is needed
    BaseTool, ToolResponse = object, None

try:
    from verl.interactions.base import BaseInteraction
except ImportError:  # verl 0.9 took it away
    BaseInteraction = object

TESTED = ("0.9.1", "0.10")
"""The first version whose tool agent was run, and the first that was not."""

_EPISODE, _FAULT = "_webenvs_episode", "webenvs_fault"


def write_tools(path: str | Path, env: str, **settings: Any) -> None:
    """Write the file that lists the tools of an id with settings (those of `webenvs.tool_env`).

    It is JSON, which is YAML. Settings must be JSON-able. Raises SettingError for several seats.
    """
    config = {"type": "native", "env": env, "settings": settings}
    made = {"class_name": f"{__name__}.{ResearchTool.__name__}", "config": config}
    listed = [{**made, "tool_schema": schema} for schema in _begun(config, {}).tools()]
    Path(path).write_text(json.dumps({"tools": listed}, indent=2), encoding="utf-8")


class ResearchTool(BaseTool):
    """One tool of an episode; all tools of a rollout play the same one.

    A reward is what the call earned; they add up to the score. Nothing that a model writes raises.
    """

    def __init__(self, config: dict[str, Any], tool_schema: Any) -> None:
        """Take what verl read from the file; ImportError for versions that were not tried."""
        trainer("verl", TESTED, "webenvs[verl]")
        super().__init__(config, tool_schema)

    async def create(self, instance_id: str | None = None, **_: Any) -> tuple[str, Any]:
        """A name for one call; there is nothing to make."""
        return instance_id or uuid4().hex, ToolResponse()

    async def execute(self, instance_id: str, parameters: dict[str, Any], **kwargs: Any) -> Any:
        """Call the tool in the episode of `kwargs["agent_data"]`, which the first call starts."""
        tools = self._episode(kwargs["agent_data"])
        outcome = tools.call(self.name, parameters)
        if not outcome.valid:
            kwargs["agent_data"].extra_fields[_FAULT] = tools.info()["fault"]
        return ToolResponse(text=outcome.text), outcome.reward, _metrics(outcome)

    async def calc_reward(self, instance_id: str, **kwargs: Any) -> float:
        """What the episode of `kwargs["agent_data"]` is worth as it is now."""
        return self._episode(kwargs["agent_data"]).score()["reward"]

    async def release(self, instance_id: str, **_: Any) -> None:
        """Nothing: the episode goes with the rollout's `agent_data`."""

    def _episode(self, agent_data: Any) -> ToolEnv:
        """The episode of a rollout; raises SettingError where its row does not say which."""
        tools: ToolEnv | None = getattr(agent_data, _EPISODE, None)
        if tools is None:
            told = agent_data.tools_kwargs.get(self.name, {}).get("create_kwargs")
            if not told:
                raise bad_setting("tools_kwargs", agent_data.tools_kwargs, "that of `tool_rows`")
            tools = _begun(self.config, told)
            setattr(agent_data, _EPISODE, tools)
        return tools


def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any], **_: Any
) -> float:
    """The sum of what the calls earned, for verl; raises RuntimeError after a real fault.

    verl's trainer (v1, the default) leaves out a rollout that raises; its older one stops.
    """
    if extra_info.get(_FAULT):
        raise RuntimeError(f"The episode broke: {extra_info[_FAULT]}.")
    return float(sum(extra_info.get("tool_rewards", ())))


class ResearchInteraction(BaseInteraction):
    """Answers the model's messages, which are text in the codec; for verl before 0.9.

    `config` holds `env` and `settings`; `interaction_kwargs` of a row say which episode.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        """Take verl's configuration of the interaction."""
        if BaseInteraction is not object:
            super().__init__(config)
        self.config, self.name = config, str(config.get("name", "webenvs"))
        self._episodes: dict[str, ToolEnv] = {}

    async def start_interaction(self, instance_id: str | None = None, **row: Any) -> str:
        """Start the episode of a row; returns the name it goes by."""
        name = instance_id or uuid4().hex
        self._episodes[name] = _begun(self.config, row)
        return name

    async def generate_response(
        self, instance_id: str, messages: Sequence[Mapping[str, Any]], **_: Any
    ) -> tuple[bool, str, float, dict[str, Any]]:
        """Whether the episode is over, what the model sees, what it earned, and how it went."""
        said = [entry["content"] for entry in messages if entry["role"] == "assistant"]
        outcome = self._episodes[instance_id].send(str(said[-1] or "") if said else "")
        return outcome.done, outcome.text, outcome.reward, _metrics(outcome)

    async def calculate_score(self, instance_id: str, **_: Any) -> float:
        """What the episode is worth as it is now."""
        return self._episodes[instance_id].score()["reward"]

    async def finalize_interaction(self, instance_id: str, **_: Any) -> None:
        """Forget the episode; forgetting it twice does nothing."""
        self._episodes.pop(instance_id, None)


def _begun(config: Mapping[str, Any], row: Mapping[str, Any]) -> ToolEnv:
    tools = one_seat(webenvs.tool_env(config["env"], **config.get("settings", {})), "`to_verl`")
    tools.reset(task_id=row.get("task_id"), seed=int(row.get("seed", 0)))
    return tools


def _metrics(outcome: Outcome) -> dict[str, Any]:
    return {"statuses": list(outcome.statuses), "end": outcome.end, "valid": outcome.valid}
