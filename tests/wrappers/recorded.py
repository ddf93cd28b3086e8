"""Episodes played by webenvs alone, for adapters to play again."""

from collections.abc import Mapping
from typing import Any

import webenvs
from webenvs.episodes import play
from webenvs.errors import AbsentError
from webenvs.records import Episode

TEAM = {"seat": "planner", "players": {"worker": "scripted"}}
"""One seat of the team, for adapters that train one."""

GARBAGE = ("", "no call", "<tool_call>", '<tool_call>{"name": 3}</tool_call>', "\ud800\x00" * 9)
"""What a model may write that is no call."""


def episode(player: str = "scripted", seed: int = 7, **settings: Any) -> Episode:
    """An episode of MultiHop-v0; `player` sits at every seat that nobody else was named for.

    Settings are those of `webenvs.tool_env`.
    """
    chosen = dict(settings)
    seat, others = chosen.pop("seat", None), chosen.pop("players", None) or {}
    team = {"game": "team"} if seat else {}
    scenario = webenvs.scenario("MultiHop-v0", **{**team, **chosen})
    return play(scenario, webenvs.lineup({"*": player, **others}, scenario.game), seed)


def said(episode: Episode, player: str | None = None) -> list[str]:
    """The messages of a player (the first) in the codec."""
    mine = player or episode.frames[0].player
    return [turn.message for turn in episode.turns if turn.player == mine]


def row(episode: Episode) -> dict[str, Any]:
    """The row that starts the same episode."""
    return {"task_id": episode.task, "seed": episode.seed}


def reward(episode: Episode, player: str | None = None) -> float:
    """What a player (the first) got in all."""
    return episode.rewards[player or episode.frames[0].player]


def tells_gold(value: Mapping[str, Any]) -> bool:
    """Whether a row holds a key that a task's proof has."""
    return bool({"answers", "answer", "evidence", "aliases", "hops", "meta"} & set(value))


ABSENT = {"seat": "planner", "players": {"worker": f"{__name__}:Absent"}}
"""A planner whose worker is not there, so that its first delegation is a real fault."""
DELEGATION = '<tool_call>{"name": "delegate", "arguments": {"task": "x"}}</tool_call>'


class Absent:
    """A player whose model does not answer."""

    def __call__(self, observation: Any, info: Any) -> str:
        raise AbsentError("nobody is there")
