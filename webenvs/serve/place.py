"""Where in an episode a call of a door without episodes is made, as far as noise depends on it."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

import msgspec

from webenvs.envs.scenario import Scenario
from webenvs.envs.session import Session
from webenvs.errors import unknown_name
from webenvs.noise.model import Scene

Place = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_TEXTS = (str, str | None)


class Where(msgspec.Struct, kw_only=True):
    """The episode in which a call is to be answered, and its place there; all may be left out.

    `seed` and `episode` (its number in a training run) are those of `reset`. With `task_id` the
    call knows the task's evidence and the layout of hits, as in an episode of it. `role` is who
    calls, `occurrence` counts earlier executions of the same call, `turn` the caller's earlier
    messages, `number` all earlier web calls, `used` those of this tool.
    """

    seed: Place = 0
    episode: Place = 0
    task_id: str | None = None
    role: str | None = None
    occurrence: Place = 0
    turn: Place = 0
    number: Place = 0
    used: Place = 0


def scene_of(scenario: Scenario, where: Where, tool: str) -> Scene:
    """The scene of a call, the same as that of the same call in an episode.

    Raises UnknownNameError for a role or a task that there is not.
    """
    role = _role(scenario, where.role, tool)
    task = None if where.task_id is None else scenario.tasks.get(where.task_id)
    if not scenario.web.mixture:
        return Scene(seed=where.seed)
    begun: dict[str, Any] = {}
    if task is not None:
        state = Session(scenario, task, where.seed, where.episode).state
        toolset = next((f.toolset for f in state.frames if f.role == role), None)
        begun = {"essential": state.essential, "layout": toolset.layout if toolset else ""}
    return Scene(
        seed=where.seed,
        role=role,
        turn=where.turn,
        number=where.number,
        tool=tool,
        used=where.used,
        episode=where.episode,
        **begun,
    )


def fields_in(query: Mapping[str, str], kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The query of a url as fields of a record: what is wanted as a number is read as one."""
    texts = _texts(kind)
    return {
        name: text if name in texts or not (text.isascii() and text.isdigit()) else int(text[:20])
        for name, text in query.items()
    }


@cache
def _texts(kind: type[msgspec.Struct]) -> frozenset[str]:
    """The fields of a record that hold texts."""
    return frozenset(f.name for f in msgspec.structs.fields(kind) if f.type in _TEXTS)


def _role(scenario: Scenario, named: str | None, tool: str) -> str:
    """The role that calls: the one named, or the first that has the tool, or the root's."""
    roles = [role.name for role in scenario.game.roles]
    if named is not None:
        if named not in roles:
            raise unknown_name("role", named, roles, f"in the {scenario.game.name} game")
        return named
    having = [role.name for role in scenario.game.roles if tool in role.web]
    return (having or roles)[0]
