"""The mapping form of a message, which every codec accepts."""

from collections.abc import Mapping
from typing import Any

from webenvs.records import Info

_RECAP = "\n\nIt serves to answer this question: "
_START = "\n\n[start] "


def say(tool: str, thought: str = "", **arguments: Any) -> Mapping[str, Any]:
    """A message of one call."""
    return say_all(((tool, arguments),), thought)


def say_all(calls: tuple[tuple[str, dict[str, Any]], ...], thought: str = "") -> Mapping[str, Any]:
    """A message of several calls, in order."""
    listed = [{"name": tool, "arguments": arguments} for tool, arguments in calls]
    return {"thought": thought, "calls": listed}


def tool_names(info: Info) -> tuple[str, ...]:
    """The tools that the player may call, in order; the last one closes its frame."""
    return tuple(schema["function"]["name"] for schema in info["tools"])


def close(info: Info, text: str, thought: str = "") -> Mapping[str, Any]:
    """A message that ends the frame with `text`: an answer, or a report."""
    return say(tool_names(info)[-1], thought, text=text)


def request(info: Info) -> str:
    """What the player was asked: its first user message without label, recap and start page."""
    first = next(entry["content"] for entry in info["messages"] if entry["role"] == "user")
    asked = str(first).partition(_START)[0].partition(": ")[2]
    before, recap, _ = asked.rpartition(_RECAP)
    return before if recap else asked
