"""A human at the terminal: reads what a player reads, types short commands."""

from collections.abc import Callable, Mapping
from typing import Any

from webenvs.errors import nearest
from webenvs.players.message import close, say, say_all, tool_names
from webenvs.records import Info, Observation
from webenvs.text import printable

_HELP: Mapping[str, str] = {
    "search": "search WORDS           search the web",
    "fetch": "fetch URL [PAGE]       open a page, or a further part of it",
    "click": "click NUMBER           follow a link of the open page",
    "find": "find TEXT              find a text on the open page",
    "back": "back                   return to the page open before",
    "read": "read [PART]            read the next part of the open page, or another one",
    "delegate": "delegate TASK          give a worker a task",
    "report": "report TEXT            report to the planner and finish",
    "answer": "answer TEXT            answer and finish (nothing after it: give up)",
}


class Human:
    """Asks for one command a turn; a wrong command is explained and asked for again."""

    at_terminal = True

    def __init__(
        self, read: Callable[[str], str] = input, write: Callable[[str], None] = print
    ) -> None:
        """`read` prompts for a line and `write` shows text; the terminal by default."""
        self._read = read
        self._write = write

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """The human's next call; the end of the input gives up."""
        self._write(f"\n--- {info['player']}, message {observation['turn'] + 1} ---")
        self._write(printable(observation["text"]))
        tools = tool_names(info)
        self._write("Commands:\n" + "\n".join(f"  {_HELP.get(tool, tool)}" for tool in tools))
        while True:
            try:
                line = self._read("> ").strip()
            except EOFError:
                return close(info, "")
            message = self._message(line, info)
            if message is not None:
                return message

    def _message(self, line: str, info: Info) -> Mapping[str, Any] | None:
        """The call that a line means, or None after saying what is wrong with it."""
        tools = tool_names(info)
        tool, _, rest = line.partition(" ")
        rest = rest.strip()
        if tool not in tools:
            near = nearest(tool, tools)
            hint = f" Did you mean {near!r}?" if near else ""
            self._write(f"There is no command {tool!r}.{hint} Commands: {', '.join(tools)}.")
            return None
        schema = next(s["function"] for s in info["tools"] if s["function"]["name"] == tool)
        return self._call(tool, schema["parameters"], rest)

    def _call(
        self, tool: str, parameters: Mapping[str, Any], rest: str
    ) -> Mapping[str, Any] | None:
        """The call of a tool with what stands behind its name, whatever its arguments are called.

        Text goes to the first argument, and a number behind it to the second, if there is one.
        """
        properties: dict[str, Mapping[str, Any]] = parameters["properties"]
        if not properties:
            return say(tool)
        first, *more = properties
        if properties[first].get("type") != "integer":
            text, _, number = rest.rpartition(" ")
            if more and text and number.isdecimal():
                return say_all(((tool, {first: text, more[0]: int(number)}),))
            return say_all(((tool, {first: rest}),))
        if rest.isdecimal():
            return say_all(((tool, {first: int(rest)}),))
        if first in parameters["required"]:
            self._write(f"{tool} takes the number of a link, as in: {tool} 3")
            return None
        return say(tool)
