"""The hermes format: JSON objects in tool_call tags, the thought in think tags."""

from collections.abc import Sequence

from webenvs.actions.reading import Draft, read_blocks
from webenvs.actions.writing import escaped_json, think_block
from webenvs.records import Message, Tool

RULES = (
    "Think inside <think> and </think>. Then call tools: each call is one JSON object with "
    '"name" and "arguments" between <tool_call> and </tool_call>. Several calls may follow each '
    "other; they are carried out in that order."
)

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"


def read(text: str, tools: Sequence[Tool]) -> Message:
    """The message of a text; text outside the tags is thought."""
    return read_blocks(text, _OPEN, _CLOSE, Draft.read_json)


def write(message: Message, tools: Sequence[Tool]) -> str:
    """The text of a message."""
    calls = (
        _OPEN + escaped_json({"name": call.tool, "arguments": call.arguments}) + _CLOSE
        for call in message.calls
    )
    return think_block(message.thought) + "\n".join(calls)
