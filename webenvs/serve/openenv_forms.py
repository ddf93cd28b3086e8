"""What travels over OpenEnv's wire: actions, observations and states, and their JSON schemas."""

from collections.abc import Mapping
from typing import Any

import msgspec

from webenvs.envs.tooling.tool_env import Outcome, ToolEnv
from webenvs.serve.bodies import form_of, object_in
from webenvs.serve.episodes import Episodes, Kept
from webenvs.serve.refusal import BAD_FIELD, NotServedError


class Action(msgspec.Struct, kw_only=True):
    """One message: a call (`tool`, `arguments`), several (`calls`), or a text (`message`).

    `player` is checked to be the one whose turn it is. `type` and `tool_name` are OpenEnv's own
    names for tools: {"type": "call_tool", "tool_name": ..., "arguments": ...} or list_tools.
    """

    tool: str | None = None
    arguments: dict[str, Any] = {}
    calls: list[dict[str, Any]] | None = None
    message: str | None = None
    player: str | None = None
    type: str | None = None
    tool_name: str | None = None
    metadata: dict[str, Any] | None = None


class Observation(msgspec.Struct, kw_only=True):
    """What a player sees now: `text`, its chat `messages`, the schemas of its `tools`.

    `statuses` and `errors` are those of the results it is looking at; `to_act` are the players
    whose messages are due; `waiting` says that others must act before `player` sees more; `end` is
    how the episode ended; one that is not `valid` must be left out of training.
    """

    text: str
    tools: list[dict[str, Any]]
    messages: list[dict[str, str]]
    statuses: list[str]
    errors: list[str]
    end: str | None
    valid: bool
    player: str
    to_act: list[str]
    waiting: bool


class State(msgspec.Struct, kw_only=True):
    """An episode from outside: its id, its messages so far, its task, and whether it is over."""

    episode_id: str | None = None
    step_count: int = 0
    task_id: str | None = None
    over: bool = False


SCHEMAS: Mapping[str, dict[str, Any]] = {
    name: msgspec.json.schema_components((kind,))[1][kind.__name__]
    | {"title": f"Webenvs{kind.__name__}"}
    for name, kind in {"action": Action, "observation": Observation, "state": State}.items()
}
"""Of actions, observations and states."""


def action_of(fields: Any) -> Action:
    """An action as it came; raises NotServedError (422) unless it says one thing to do."""
    action = form_of(object_in(fields, "The action"), Action)
    if action.type == "call_tool" and action.tool is None:
        action.tool = action.tool_name
    said = [action.tool, action.calls, action.message]
    if action.type != "list_tools" and sum(each is not None for each in said) != 1:
        raise NotServedError(
            BAD_FIELD,
            "action: must have one of tool (with arguments), calls or message, "
            'such as {"tool": "search", "arguments": {"query": "river"}}.',
        )
    return action


def stepped(env: ToolEnv, action: Action) -> dict[str, Any]:
    """Play an action; the answer to it."""
    if action.type == "list_tools":
        return _answered({"tools": listed(env)}, 0.0, env.over)
    outcome = env.send(_message(action), action.player)
    if action.type == "call_tool":
        result = {"tool_name": action.tool, "result": outcome.text, "error": None}
        return _answered(result, outcome.reward, outcome.done)
    return _seen(env, outcome)


async def answer_to(episodes: Episodes, kept: Kept, action: Action) -> dict[str, Any]:
    """Play an action in an episode that is kept; only messages count as its steps."""
    play = episodes.play if action.type == "list_tools" else episodes.step
    answered: dict[str, Any] = await play(kept, stepped, kept.env, action)
    return answered


def begun(env: ToolEnv) -> dict[str, Any]:
    """The answer to a reset; there is no reward yet."""
    return _seen(env, env.outcome(env.player)) | {"reward": None}


def state_of(kept: Kept | None) -> dict[str, Any]:
    """The state of an episode, or of none."""
    if kept is None or not kept.env.started:
        name = None if kept is None else kept.label
        return msgspec.to_builtins(State(episode_id=name))  # type: ignore[no-any-return]  # a dict
    state = State(
        episode_id=kept.label,
        step_count=kept.steps,
        task_id=kept.env.session.task.id,
        over=kept.env.over,
    )
    return msgspec.to_builtins(state)  # type: ignore[no-any-return]  # a dict


def listed(env: ToolEnv, player: str | None = None) -> list[dict[str, Any]]:
    """The tools that a player can call now, as OpenEnv lists them."""
    return [
        {
            "name": tool["function"]["name"],
            "description": tool["function"]["description"],
            "input_schema": tool["function"]["parameters"],
        }
        for tool in env.tools(player)
    ]


def _message(action: Action) -> str | dict[str, Any]:
    if action.message is not None:
        return action.message
    calls = action.calls
    if calls is None:
        calls = [{"name": action.tool, "arguments": action.arguments}]
    return {"thought": "", "calls": calls}


def _seen(env: ToolEnv, outcome: Outcome) -> dict[str, Any]:
    observation = Observation(
        text=outcome.text,
        tools=list(env.tools(outcome.player)),
        messages=env.messages(outcome.player),
        statuses=list(outcome.statuses),
        errors=list(outcome.errors),
        end=outcome.end,
        valid=outcome.valid,
        player=outcome.player,
        to_act=list(env.to_act),
        waiting=outcome.waiting,
    )
    return _answered(msgspec.to_builtins(observation), outcome.reward, outcome.done)


def _answered(observation: dict[str, Any], reward: float, done: bool) -> dict[str, Any]:
    return {"observation": observation, "reward": reward, "done": done}
