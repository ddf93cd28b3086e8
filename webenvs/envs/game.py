"""What a game is: a table of roles, the seats they fill, and the tools each may call."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from webenvs.errors import SettingError, bad_setting, nearest, unknown_name
from webenvs.records import Budget, Record, Tool, role_of

MessageRole = Literal["tool", "user"]


class Role(Record, frozen=True, kw_only=True):
    """One row of the table: what a role may do and what ends its frame.

    `web` names the web tools it may call; `closing` is the tool that ends its frame; `delegates`
    maps a tool that is answered by another role to that role. `recap` adds the episode's question
    to its request. With `site` its frame begins on the task's start page and opens nothing outside
    of the task's site. Its report is cut to `report_characters` and reaches the caller as a chat
    message of the role `report_role`.
    """

    name: str
    purpose: str
    web: tuple[str, ...]
    closing: Tool
    delegates: dict[str, str] = msgspec.field(default_factory=dict)
    delegate_tools: tuple[Tool, ...] = ()
    budget: Budget = Budget()
    recap: bool = False
    site: bool = False
    report_characters: int = 4000
    report_role: MessageRole = "user"


class Game(Record, frozen=True, kw_only=True):
    """A table of roles; the first is the root, whose closing tool ends the episode.

    `seats` is the number of players that can be in a role at the same time. `seat_tools` names the
    web tools of single players that have not all of their role's.
    """

    name: str
    roles: tuple[Role, ...]
    seats: dict[str, int]
    seat_tools: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    def players(self) -> tuple[str, ...]:
        """Every player, role by role: planner_0, worker_0, worker_1, ..."""
        return tuple(
            f"{role.name}_{n}" for role in self.roles for n in range(self.seats[role.name])
        )

    def role(self, name: str) -> Role:
        """The role of that name."""
        return next(role for role in self.roles if role.name == name)


ANSWER = Tool(
    name="answer",
    description="Give the final answer and end the task. An empty answer gives up.",
    parameters={
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "The answer alone, as short as possible."}
        },
        "required": ["text"],
    },
    primary="text",
)
REPORT = Tool(
    name="report",
    description="Report what you found to the one who asked you, and end your task.",
    parameters={
        "type": "object",
        "properties": {"text": {"type": "string", "description": "What you found."}},
        "required": ["text"],
    },
    primary="text",
)
DELEGATE = Tool(
    name="delegate",
    description="Give a worker a task. It searches the web for you and reports back to you.",
    parameters={
        "type": "object",
        "properties": {
            "task": {
                "type": "string",
                "description": "What to find out; the worker sees nothing else of your notes.",
            }
        },
        "required": ["task"],
    },
    primary="task",
)


def tools_of(game: Game) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """The web tools of every role, and the roles whose reports go to another."""
    reporters = {target for role in game.roles for target in role.delegates.values()}
    return {role.name: role.web for role in game.roles}, tuple(sorted(reporters))


def check_game(game: Game, web: Mapping[str, Tool]) -> Game:
    """`game` itself; raises SettingError if its table does not hold together."""
    names = [role.name for role in game.roles]
    for role in game.roles:
        stray = [tool for tool in role.web if tool not in web]
        if stray:
            raise SettingError(f"Role {role.name!r} names web tools that do not exist: {stray}.")
        missing = [target for target in role.delegates.values() if target not in names]
        if missing:
            raise SettingError(f"Role {role.name!r} delegates to roles without a row: {missing}.")
        if game.seats.get(role.name, 0) < 1:
            raise SettingError(f"Role {role.name!r} has no seat in {game.seats}.")
    for player, tools in game.seat_tools.items():
        _check_seat_tools(game, player, tools)
    return game


def _check_seat_tools(game: Game, player: str, tools: tuple[str, ...]) -> None:
    """Raise unless the player has a seat, and the tools are some of its role's web tools."""
    if player not in game.players():
        where = f"in the {game.name} game"
        raise unknown_name("seat", player, game.players(), where)
    role = game.role(role_of(player))
    field = f"seat_tools[{player!r}]"
    if not role.web:
        raise bad_setting(field, list(tools), f"left out: a {role.name} has no web tools")
    for tool in tools:
        if tool not in role.web:
            near = nearest(tool, role.web)
            meant = f" (did you mean {near!r}?)" if near else ""
            allowed = f"made of the web tools of a {role.name}: {', '.join(role.web)}{meant}"
            raise bad_setting(field, tool, allowed)
    if not tools:
        raise bad_setting(field, [], f"at least one of {', '.join(role.web)}")
