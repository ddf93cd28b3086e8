"""webenvs for ART (OpenPipe): episodes as trajectories, planner and workers under one reward.

    client = openai.AsyncOpenAI(base_url=model.inference_base_url, api_key=model.inference_api_key)
    row = next(webenvs.tool_env("MultiHop-v0", game="team").rows("train", 1))
    one = await to_art.rollout(client, model.get_inference_name(), "MultiHop-v0", row, game="team")
    group = to_art.group([one, ...])                                # rollouts of one row
    old = to_art.trajectory(episode, webenvs.scenario("MultiHop-v0"))   # of a recorded episode

A trajectory's own history is the root's transcript, `additional_histories` those of the workers, a
frame each; frames of seats that are not trained are left out. What a trained one said is a Choice,
which ART trains; a rollout keeps the server's own with its log-probs, a recorded episode has none.
Text in the codec, so that prompts hold what the model wrote byte for byte.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import webenvs
from webenvs.chat import function_schemas
from webenvs.envs import native
from webenvs.envs.scenario import Scenario
from webenvs.envs.seated import seat_of
from webenvs.envs.session import Session, message_of
from webenvs.envs.state import FrameState
from webenvs.envs.toolsets import kit_of
from webenvs.errors import SettingError, bad_setting
from webenvs.players.chat_model import plain_messages
from webenvs.records import Episode
from webenvs.trainers import trainer

TESTED = ("0.5.18", "0.6")
"""The first version that was run, and the first that was not."""


def _art() -> Any:
    return trainer("openpipe-art", TESTED, "webenvs[art]", "art")


def trajectory(
    episode: Episode,
    scenario: Scenario,
    *,
    trained: Sequence[str] | None = None,
    choices: Mapping[int, Any] | None = None,
    calls: bool = False,
) -> Any:
    """An `art.Trajectory` of an episode, whose messages are played again on its scenario.

    Its reward is the root's; terms are metrics; metadata says which episode it is and whether it is
    `valid`. `trained` are the roles or players that are (all of them), `choices` the server's own
    by the index of the turn. `calls` writes native tool calls instead of the codec. Raises
    SettingError for others in `trained`, and where nobody that is trained said anything.
    """
    for name in trained or ():
        seat_of(scenario, name, "trained")
    session = Session(scenario, scenario.tasks.get(episode.task), episode.seed, episode.number)
    for turn in episode.turns:
        session.act(message_of(turn))
    histories = [
        _history(session, frame, choices or {}, calls)
        for frame in session.state.frames
        if frame.player and (trained is None or {frame.role, frame.player} & set(trained))
    ]
    if not histories:
        raise bad_setting("trained", trained, "roles or players that had something to do")
    root = episode.frames[0].player
    return _art().Trajectory(
        **histories[0],
        additional_histories=[_art().trajectories.History(**more) for more in histories[1:]],
        reward=episode.rewards.get(root, 0.0),
        metrics={
            **episode.terms.get(root, {}),
            "answered": episode.end == "answered",
            "messages": len(episode.turns),
            "calls": sum(len(turn.calls) for turn in episode.turns),
        },
        metadata={
            "env": episode.env,
            "task_id": episode.task,
            "seed": episode.seed,
            "end": episode.end,
            "valid": episode.valid,
        },
    )


async def rollout(
    client: Any,
    model: str,
    env: str,
    row: Mapping[str, Any],
    *,
    sampling: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Any:
    """Play the episode of a row with a model behind an `openai.AsyncOpenAI` client; a trajectory.

    The model sits at every seat, or at the `seat` that the settings (of `webenvs.tool_env`) name.
    Log-probs are asked for. Raises what the client raises.
    """
    tools = webenvs.tool_env(env, **settings)
    await asyncio.to_thread(tools.reset, **row)
    choices: dict[int, Any] = {}
    while tools.to_act:
        asked = {"logprobs": True, **(sampling or {})}
        said = await client.chat.completions.create(model=model, messages=tools.messages(), **asked)
        choices[len(tools.session.state.turns)] = said.choices[0]
        await asyncio.to_thread(tools.send, said.choices[0].message.content or "")
    return trajectory(tools.episode(), tools.scenario, trained=tools.players, choices=choices)


def group(trajectories: Iterable[Any]) -> Any:
    """An `art.TrajectoryGroup` of the rollouts of one row; those that are not valid are left out.

    Raises SettingError for rollouts of several tasks, whose rewards cannot be compared.
    """
    listed = list(trajectories)
    tasks = sorted({one.metadata["task_id"] for one in listed})
    if len(tasks) > 1:
        raise SettingError(f"A group holds rollouts of one task, not of {', '.join(tasks)}.")
    return _art().TrajectoryGroup([one for one in listed if one.metadata["valid"]])


def _history(
    session: Session, frame: FrameState, choices: Mapping[int, Any], calls: bool
) -> dict[str, Any]:
    """The messages and choices of a frame, and its tools where calls are native."""
    scenario, state = session.scenario, session.state
    chat: Sequence[dict[str, Any]] = plain_messages(frame.messages)
    if calls:
        chat = native.transcript(scenario, state, frame)
    turns = iter([turn.index for turn in state.turns if turn.frame == frame.index])
    told: list[Any] = []
    for entry in chat:
        spoke = entry["role"] == "assistant"
        told.append(choices.get(next(turns)) or _choice(entry) if spoke else entry)
    tools = list(function_schemas(kit_of(scenario, frame).tools)) if calls else None
    return {"messages_and_choices": told, "tools": tools}


def _choice(entry: Mapping[str, Any]) -> Any:
    """A Choice that says what was recorded, without log-probs."""
    choice = trainer("openpipe-art", TESTED, "webenvs[art]", "art.types").Choice
    finish = "tool_calls" if entry.get("tool_calls") else "stop"
    return choice(finish_reason=finish, index=0, message=dict(entry), logprobs=None)
