"""Rows of verl's data sets: for our agent loop, and for verl's own with our tools.

rows = to_verl_rows.rows("MultiHop-v0", "train", 1000)                       # solo
rows = to_verl_rows.rows("MultiHop-v0", seats=("planner", "worker"))         # all the policy
rows = to_verl_rows.rows("MultiHop-v0", seats=("planner",), players={"worker": "scripted"})
rows = to_verl_rows.tool_rows("MultiHop-v0", "train", 1000)                  # for tool_agent
webenvs.envs.tooling.rows.write_rows("train.parquet", rows)
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import webenvs
from webenvs import catalog
from webenvs.chat import native_messages
from webenvs.envs.seated import seat_of
from webenvs.envs.tooling.tool_env import one_seat
from webenvs.errors import bad_setting


def rows(
    env: str,
    split: str | None = None,
    count: int | None = None,
    *,
    start: int = 0,
    seed: int = 0,
    seats: Sequence[str] = (),
    players: Mapping[str, str] | None = None,
    **settings: Any,
) -> Iterator[dict[str, Any]]:
    """A row for every task and seat (a role, or a player); without seats, of the solo game.

    `players` (role -> name of a player) play the other seats; without them the policy itself does.
    All else is as in `ToolEnv.rows`. Nothing in a row tells the answer: its `ground_truth` is
    empty. `interaction_kwargs` are for the interaction of older releases. Raises SettingError for
    seats that the game does not have, and for players without seats.
    """
    team = {"game": catalog.row(env).team, **settings}
    if "seat" in settings:
        raise bad_setting("seat", settings["seat"], "named in `seats`, such as seats=('planner',)")
    if not seats and players is not None:
        raise bad_setting("players", players, "left out, or beside the `seats` that are trained")
    for seat in seats:
        seat_of(webenvs.scenario(env, **team), seat, "seats")
    for seat in seats or ("",):
        chosen = dict(team if seat else settings)
        if seat and players is not None:
            others = {role: who for role, who in players.items() if role != seat}
            chosen = {"seat": seat, "players": others, **settings}
        for row in webenvs.tool_env(env, **chosen).rows(split, count, start=start, seed=seed):
            prompt = row.pop("prompt")
            told = {**row, "env": env, "seat": seat, "settings": json.dumps(chosen)}
            told["interaction_kwargs"] = {"name": "webenvs", **row}
            yield {
                "data_source": f"webenvs/{env}",
                "agent_name": "webenvs",
                "prompt": prompt,
                "reward_model": {"style": "rule", "ground_truth": ""},
                "extra_info": told,
            }


def tool_rows(
    env: str,
    split: str | None = None,
    count: int | None = None,
    *,
    start: int = 0,
    seed: int = 0,
    **settings: Any,
) -> Iterator[dict[str, Any]]:
    """A row for every task, for verl's tool agent with the tools of `to_verl_tools`.

    Its prompt is in native chat: the model's template shows the tools. Raises SettingError for
    several seats.
    """
    tools = one_seat(webenvs.tool_env(env, **settings), "`rows` with seats")
    for row in tools.rows(split, count, start=start, seed=seed):
        tools.reset(task_id=row["task_id"], seed=row["seed"])
        which = {"task_id": row["task_id"], "seed": row["seed"]}
        names = [schema["function"]["name"] for schema in tools.tools()]
        del row["prompt"]
        yield {
            "data_source": f"webenvs/{env}",
            "agent_name": "tool_agent",
            "prompt": native_messages(tools.session, tools.player),
            "reward_model": {"style": "rule", "ground_truth": ""},
            "extra_info": {
                **row,
                "need_tools_kwargs": True,
                "tools_kwargs": {name: {"create_kwargs": which} for name in names},
            },
        }
