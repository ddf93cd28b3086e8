"""A human at the terminal: reads what a player reads, types short commands."""

from collections.abc import Callable, Mapping
from typing import Any

from webenvs.errors import nearest
from webenvs.players.message import close, say, tool_names
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
        self._write("Commands:\n" + "\n".join(f"  {_HELP[tool]}" for tool in tools))
        while True:
            try:
                line = self._read("> ").strip()
            except EOFError:
                return close(info, "")
            message = self._message(line, tools)
            if message is not None:
                return message

    def _message(self, line: str, tools: tuple[str, ...]) -> Mapping[str, Any] | None:
        """The call that a line means, or None after saying what is wrong with it."""
        tool, _, rest = line.partition(" ")
        rest = rest.strip()
        if tool not in tools:
            near = nearest(tool, tools)
            hint = f" Did you mean {near!r}?" if near else ""
            self._write(f"There is no command {tool!r}.{hint} Commands: {', '.join(tools)}.")
            return None
        if tool == "click":
            if not rest.isdecimal():
                self._write("click takes the number of a link, as in: click 3")
                return None
            return say(tool, link=int(rest))
        if tool == "back":
            return say(tool)
        if tool == "read":
            return say(tool, part=int(rest)) if rest.isdecimal() else say(tool)
        if tool == "fetch":
            url, _, part = rest.rpartition(" ")
            paged = url and part.isdecimal()
            return say(tool, url=url, page=int(part)) if paged else say(tool, url=rest)
        names = {"search": "query", "delegate": "task"}
        return say(tool, **{names.get(tool, "text"): rest})
