"""The xml format of Search-R1: a tag for each tool, the primary argument or JSON inside."""

import re
from collections.abc import Mapping, Sequence

from webenvs.actions.json_text import JsonTextError
from webenvs.actions.reading import Draft, body_arguments, unknown_tool
from webenvs.actions.writing import escaped_json, think_block
from webenvs.records import Call, Message, Tool

RULES = (
    "Think inside <think> and </think>. Then call tools: each call is a tag named like the tool, "
    "with its main argument as plain text inside, or with a JSON object of several arguments. "
    "Several calls may follow each other; they are carried out in that order."
)

_TAG = re.compile(r"<(/?)([A-Za-z_][\w.-]*)>")


def read(text: str, tools: Sequence[Tool]) -> Message:
    """The message of a text; text outside the tags of tools is thought.

    A tag that names no tool is an error where it is closed again, or where there is no call.
    """
    draft = Draft()
    rest = draft.think_tags(text)
    by_name = {tool.name: tool for tool in tools}
    last_close = {match[2]: match.start() for match in _TAG.finditer(rest) if match[1]}
    position = after = 0
    stray = None
    while match := _TAG.search(rest, after):
        name, after = match[2], match.end()
        closed = last_close.get(name, -1) >= after
        if match[1] or not (closed or name in by_name):
            stray = stray or name
            continue
        draft.think(rest[position : match.start()])
        body, position = _inside(rest, after, name, closed, by_name)
        after = position
        if draft.full:
            draft.dropped += 1
        elif name in by_name:
            draft.read_body(by_name[name], body)
        else:
            draft.refuse(unknown_tool(name, tools))
    draft.think(rest[position:])
    if stray and not draft.seen and stray not in by_name:
        draft.refuse(unknown_tool(stray, tools))
    return draft.message()


def write(message: Message, tools: Sequence[Tool]) -> str:
    """The text of a message; the plain form where it says the same as JSON."""
    by_name = {tool.name: tool for tool in tools}
    calls = (
        f"<{call.tool}>{_body(call, by_name.get(call.tool))}</{call.tool}>"
        for call in message.calls
    )
    return think_block(message.thought) + "\n".join(calls)


def _inside(
    text: str, start: int, name: str, closed: bool, tools: Mapping[str, Tool]
) -> tuple[str, int]:
    """What stands in a tag, and where reading goes on: after it, or at the next tool's tag."""
    if closed:
        closing = f"</{name}>"
        end = text.find(closing, start)
        return text[start:end], end + len(closing)
    tags = (tag.start() for tag in _TAG.finditer(text, start) if not tag[1] and tag[2] in tools)
    end = next(tags, len(text))
    return text[start:end], end


def _body(call: Call, tool: Tool | None) -> str:
    """The primary argument alone where it reads back the same, otherwise JSON."""
    full = escaped_json(call.arguments) if call.arguments else ""
    if tool is None or list(call.arguments) != [tool.primary]:
        return full
    value = call.arguments[tool.primary]
    plain = value if isinstance(value, str) else escaped_json(value)
    try:
        same = "<" not in plain and body_arguments(tool, plain) == call.arguments
    except JsonTextError:
        return full
    return plain if same else full
