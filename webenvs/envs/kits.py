"""Kits: a role with what the rules ask of it at every turn, its web tools as they are shown."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from webenvs.actions.codec import Codec
from webenvs.chat import function_schemas
from webenvs.envs.game import Role
from webenvs.envs.prompts import NATIVE, system_text
from webenvs.noise.model import Toolset
from webenvs.records import Call, Tool
from webenvs.web.tools import web_tools

read_schemas = msgspec.json.Decoder(tuple[dict[str, Any], ...]).decode
"""The function schemas of a stage: new objects at every call, since callers may keep them."""

_AS_USUAL = Toolset()


class Stage(NamedTuple):
    """What can be called from message `first` of a frame on, counted from 0.

    `schemas` are the function schemas as JSON, `example` is a right call of the first tool,
    `limits` are those of its calls, by shown names.
    """

    first: int
    tools: tuple[Tool, ...]
    schemas: bytes
    example: str
    limits: Mapping[str, int]


class RoleKit:
    """A role and its tools under the names by which a player knows them, computed once.

    `tools` are all that a frame begins with, in the order of the listing; `by_name` has them by
    their shown names. `stages` has more than one entry where tools are withdrawn later.
    """

    __slots__ = (
        "_arguments",
        "_shown",
        "_true",
        "by_name",
        "closing_example",
        "gone",
        "native_system",
        "role",
        "stages",
        "system",
        "tools",
    )

    def __init__(self, role: Role, codec: Codec, toolset: Toolset = _AS_USUAL) -> None:
        """`toolset` says how the web tools are shown."""
        self.role = role
        web = _listed(role, toolset)
        self._shown = {tool.name: toolset.names.get(tool.name, tool.name) for tool in web}
        self._true = {shown: true for true, shown in self._shown.items()}
        self._arguments = {
            true: {shown: argument for argument, shown in names.items()}
            for true, names in toolset.arguments.items()
        }
        self.tools: tuple[Tool, ...] = (
            *(_as_shown(tool, toolset) for tool in web),
            *role.delegate_tools,
            role.closing,
        )
        self.by_name: Mapping[str, Tool] = {tool.name: tool for tool in self.tools}
        self.gone: Mapping[str, int] = {
            shown: toolset.gone[true]
            for true, shown in self._shown.items()
            if true in toolset.gone and true in role.web
        }
        firsts = sorted({0, *self.gone.values()})
        self.stages = tuple(self._stage(codec, first) for first in firsts)
        told = replace(role, budget=replace(role.budget, calls=dict(self.stages[0].limits)))
        self.system = system_text(told, codec.instructions(self.tools))
        self.native_system = system_text(told, NATIVE)
        self.closing_example = codec.example(role.closing)

    def stage(self, turn: int) -> Stage:
        """What can be called at message `turn` of a frame, counted from 0."""
        if len(self.stages) == 1:
            return self.stages[0]
        return next(stage for stage in reversed(self.stages) if stage.first <= turn)

    def shown(self, true: str) -> str:
        """The name by which the player knows a tool."""
        return self._shown.get(true, true)

    def true(self, shown: str) -> str:
        """The tool that goes by a name; the name itself where it is no other's."""
        return self._true.get(shown, shown)

    def called(self, true: str, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """A call in true names as the player knows it, tool and arguments."""
        names = {argument: shown for shown, argument in self._arguments.get(true, {}).items()}
        named = {names.get(name, name): value for name, value in arguments.items()}
        return self.shown(true), named

    def translated(self, call: Call) -> Call:
        """A call in true names, tool and arguments."""
        true = self._true.get(call.tool, call.tool)
        names = self._arguments.get(true)
        if names is None:
            return call if true == call.tool else replace(call, tool=true)
        arguments = {names.get(name, name): value for name, value in call.arguments.items()}
        return replace(call, tool=true, arguments=arguments)

    def _stage(self, codec: Codec, first: int) -> Stage:
        tools = tuple([tool for tool in self.tools if self.gone.get(tool.name, first + 1) > first])
        schemas = msgspec.json.encode(function_schemas(tools))
        return Stage(first, tools, schemas, codec.example(tools[0]), self._limits(tools))

    def _limits(self, tools: Sequence[Tool]) -> dict[str, int]:
        """The limits of calls by shown names, without those of tools that cannot be called."""
        left = {tool.name for tool in tools}
        limits = {}
        for true, limit in self.role.budget.calls.items():
            shown = self._shown.get(true, true)
            if shown in left or true not in self.role.web:
                limits[shown] = limit
        return limits


def _listed(role: Role, toolset: Toolset) -> tuple[Tool, ...]:
    """The true web tools that a frame begins with, in the order of the listing."""
    tools = [tool for tool in web_tools(role.web) if toolset.gone.get(tool.name) != 0]
    if toolset.order:
        places = {name: place for place, name in enumerate(toolset.order)}
        tools.sort(key=lambda tool: places.get(tool.name, len(places)))
    return tuple(tools)


def _as_shown(tool: Tool, toolset: Toolset) -> Tool:
    """A tool with the name, the words and the arguments that a player sees."""
    arguments = toolset.arguments.get(tool.name, {})
    properties = tool.parameters.get("properties", {})
    parameters = {
        **tool.parameters,
        "properties": {arguments.get(name, name): value for name, value in properties.items()},
        "required": [arguments.get(name, name) for name in tool.parameters.get("required", ())],
    }
    return Tool(
        name=toolset.names.get(tool.name, tool.name),
        description=toolset.wording.get(tool.name, tool.description),
        parameters=parameters if arguments else tool.parameters,
        primary=arguments.get(tool.primary, tool.primary),
    )
