"""Players that read the schemas of their tools, and search results however they are written.

What a tool is for shows in the shape of its arguments, and in whether it speaks of one page.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from webenvs.players.clicker import Clicker
from webenvs.players.player import Player
from webenvs.players.script.hit_lists import as_usual
from webenvs.players.scripted import ScriptedResearcher
from webenvs.records import Info, Observation

_ONE_PAGE = re.compile(r"\b(?:current|open|this|the) page\b|\bpage you\b", re.IGNORECASE)
_Shape = tuple[tuple[str, ...], tuple[str, ...]]

_SHAPES: Mapping[str, tuple[_Shape, tuple[str, ...]]] = {
    "search": ((("string",), ()), ("query",)),
    "find": ((("string",), ()), ("text",)),
    "fetch": ((("string",), ("integer",)), ("url", "page")),
    "click": ((("integer",), ()), ("link",)),
    "read": (((), ("integer",)), ("part",)),
    "back": (((), ()), ()),
}
"""The types of the arguments that each tool must and may be given, and their usual names."""


class Known(NamedTuple):
    """A tool as it is shown here: its name, and the shown names of its arguments by the usual."""

    name: str
    arguments: Mapping[str, str]


class Careful:
    """Lets a player that knows the usual tools play with tools of other names and formats.

    It turns the names of the player's calls into those of the schemas, the names before results
    back, and lists of hits into the usual ones. Where all is as usual nothing is touched.
    """

    def __init__(self, player: Player) -> None:
        self._player = player

    def __call__(self, observation: Observation, info: Info) -> str | Mapping[str, Any]:
        """The player's message, in the words of the tools as they are."""
        known = recognised(info["tools"])
        usual = {tool.name: name for name, tool in known.items()}
        texts = [_read(entry["content"], usual) for entry in info["messages"]]
        as_shown = all(
            text == entry["content"] for text, entry in zip(texts, info["messages"], strict=True)
        )
        if as_shown and all(_usual(name, tool) for name, tool in known.items()):
            return self._player(observation, info)
        said = self._player(
            {**observation, "text": _read(observation["text"], usual)},
            {
                **info,
                "messages": tuple(
                    {**entry, "content": text}
                    for text, entry in zip(texts, info["messages"], strict=True)
                ),
                "tools": [_as_usual(schema, usual) for schema in info["tools"]],
            },
        )
        return said if isinstance(said, str) else _worded(said, known)


class CarefulResearcher(Careful):
    """The scripted researcher, with tools of any names."""

    def __init__(self) -> None:
        super().__init__(ScriptedResearcher())


class CarefulWalker(Careful):
    """The scripted walker, with tools of any names."""

    def __init__(self) -> None:
        super().__init__(Clicker())


def recognised(schemas: Sequence[Mapping[str, Any]]) -> dict[str, Known]:
    """The web tools among function schemas, by their usual names; the last one only closes."""
    known: dict[str, Known] = {}
    for schema in [schema["function"] for schema in schemas[:-1]]:
        parameters = schema.get("parameters", {})
        properties, required = parameters.get("properties", {}), parameters.get("required", ())
        must = [name for name in properties if name in required]
        may = [name for name in properties if name not in required]
        shape = tuple(tuple(properties[name].get("type") for name in part) for part in (must, may))
        name = _meant(schema, shape)
        if name is not None and name not in known:
            arguments = dict(zip(_SHAPES[name][1], [*must, *may], strict=True))
            known[name] = Known(schema["name"], arguments)
    return known


def _meant(schema: Mapping[str, Any], shape: tuple[Any, ...]) -> str | None:
    """The usual name of the tool with this shape: its own, or what its description suits."""
    fitting = [name for name, (own, _) in _SHAPES.items() if own == shape]
    if schema["name"] in fitting:
        return str(schema["name"])
    if len(fitting) > 1:
        on_page = _ONE_PAGE.search(schema.get("description", "")) is not None
        fitting = ["find"] if on_page else ["search"]
    return fitting[0] if fitting else None


def _usual(name: str, tool: Known) -> bool:
    return tool.name == name and all(usual == shown for usual, shown in tool.arguments.items())


def _read(text: str, usual: Mapping[str, str]) -> str:
    """A text with the usual names before its results, and its lists of hits as usual."""
    names = "|".join(map(re.escape, usual))
    if not names:
        return text
    parts = re.split(rf"(\A|\n\n)\[({names})\] ", text)
    read = [parts[0]]
    for before, shown, content in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        name = usual[shown]
        read.append(f"{before}[{name}] {as_usual(content) if name == 'search' else content}")
    return "".join(read)


def _as_usual(schema: Mapping[str, Any], usual: Mapping[str, str]) -> dict[str, Any]:
    function = schema["function"]
    return {
        **schema,
        "function": {**function, "name": usual.get(function["name"], function["name"])},
    }


def _worded(said: Mapping[str, Any], known: Mapping[str, Known]) -> Mapping[str, Any]:
    """A message in the words of the tools as they are shown."""
    calls = []
    for call in said["calls"]:
        tool = known.get(call["name"])
        if tool is not None:
            arguments = {
                tool.arguments.get(name, name): value for name, value in call["arguments"].items()
            }
            call = {"name": tool.name, "arguments": arguments}
        calls.append(call)
    return {**said, "calls": calls}
