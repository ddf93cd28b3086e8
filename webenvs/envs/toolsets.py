"""Toolsets: how the web tools look to a player, as noise and settings have it."""

from collections.abc import Sequence
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from webenvs.envs.kits import RoleKit
from webenvs.envs.prompts import result_text
from webenvs.envs.scenario import Scenario
from webenvs.envs.state import FrameState, State
from webenvs.noise.model import Scene, Toolset
from webenvs.noise.weather import toolset
from webenvs.records import Result
from webenvs.web.tools import web_tools


def equip(scenario: Scenario, state: State, frame: FrameState) -> RoleKit:
    """Give a frame that has a player the tools of its seat; returns its kit."""
    frame.toolset, done = _toolset(scenario, state, frame.player)
    if done:
        note(frame, done)
    return kit_of(scenario, frame)


def kit_of(scenario: Scenario, frame: FrameState) -> RoleKit:
    """The kit of a frame: its role's unless its tools are others."""
    if frame.toolset is None:
        return scenario.kits[frame.role]
    return scenario.kit(frame.role, frame.toolset)


def kit_for(scenario: Scenario, state: State, player: str) -> RoleKit:
    """The kit with which a frame of `player` begins in this episode."""
    return scenario.kit(scenario.role_of(player), _toolset(scenario, state, player)[0])


def note(frame: FrameState, done: dict[str, dict[str, Any]]) -> None:
    """Write down what noise has done to a frame."""
    frame.noise += done
    frame.details |= {name: detail for name, detail in done.items() if detail}


def announced(frame: FrameState) -> list[dict[str, Any]]:
    """What was done to the tools of a frame, for the `info` of the observation that lists them."""
    if frame.turns:
        return []
    return [
        {"call": "", "tool": "", "name": name, "detail": to_builtins(frame.details.get(name, {}))}
        for name in frame.noise
    ]


def withdrawn(frame: FrameState, kit: RoleKit, call: str, tool: str) -> Result | None:
    """What a call gets of a tool that is no more, by its shown name; None if it is there."""
    turn = frame.turns - 1
    if turn < kit.gone.get(tool, frame.turns):
        return None
    true = kit.true(tool)
    names = tuple(name for name in frame.noise if true in _gone(frame, name))
    left = ", ".join(other.name for other in kit.stage(frame.turns).tools)
    content = f"The tool {tool} is no longer available. Your tools: {left}."
    return Result(
        call=call,
        tool=true,
        status="withdrawn",
        content=content,
        executed=False,
        cost=len(content),
        noise=names,
        details={name: frame.details[name] for name in names},
    )


def shown_result(frame: FrameState, kit: RoleKit, result: Result) -> str:
    """A result as its player reads it, with the tool's name as the player knows it."""
    as_is = frame.toolset is None or result.status == "unknown_tool"
    return result_text(result, result.tool if as_is else kit.shown(result.tool))


def _gone(frame: FrameState, name: str) -> dict[str, int]:
    gone: dict[str, int] = frame.details.get(name, {}).get("gone", {})
    return gone


def _toolset(
    scenario: Scenario, state: State, player: str
) -> tuple[Toolset | None, dict[str, dict[str, Any]]]:
    """How the tools of a seat look in this episode, and what noise has done to that, by name.

    It depends on the seed, the player and schedules over episodes alone. None: as usual.
    """
    fewer = player in scenario.game.seat_tools
    if not fewer and not scenario.web.mixture:
        return None, {}
    name = scenario.role_of(player)
    noisy = scenario.web.mixture.causes("tools", name)
    if not fewer and not noisy:
        return None, {}
    role = scenario.kits[name].role
    own = scenario.game.seat_tools.get(player, role.web)
    missing = [tool for tool in role.web if tool not in own]
    shown: Toolset | None = None
    done: dict[str, dict[str, Any]] = {}
    if noisy:
        scene = Scene(seed=state.seed, role=name, episode=state.number)
        turns, taken = role.budget.turns, _taken(scenario)
        shown, done = toolset(scenario.web.mixture, scene, player, web_tools(own), turns, taken)
    if missing:
        shown = Toolset() if shown is None else shown
        shown = replace(shown, gone={**shown.gone, **dict.fromkeys(missing, 0)})
    return shown, done


def _taken(scenario: Scenario) -> Sequence[str]:
    """The names of all tools of all roles."""
    kits = scenario.kits.values()
    return tuple(dict.fromkeys(tool.name for kit in kits for tool in kit.tools))
