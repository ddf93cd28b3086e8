"""The react format: lines labelled Thought, Action and Action Input."""

import re
from collections.abc import Iterator, Mapping, Sequence

from webenvs.actions.reading import Draft, unknown_tool
from webenvs.actions.writing import escaped_json
from webenvs.records import Message, Tool

CLOSING = "answer"
"""The tool that `Final Answer:` calls."""
RULES = (
    "Write lines with labels: Thought: what you think. Action: the name of one tool. "
    "Action Input: a JSON object with its arguments, on one line. Several pairs of Action and "
    "Action Input may follow each other; they are carried out in that order. Do not write "
    "observations: they come from the tools."
)

_LABEL = re.compile(
    r"^[ \t]*\**(thought|action[ ]input|action|final[ ]answer|observation)\**[ \t]*:\**",
    re.IGNORECASE | re.MULTILINE,
)


def read(text: str, tools: Sequence[Tool]) -> Message:
    """The message of a text; text before the first label is thought."""
    draft = Draft()
    rest = draft.think_tags(text)
    by_name = {tool.name: tool for tool in tools}
    waiting: str | None = None
    for label, body in _sections(rest):
        if waiting is not None and label in ("action", "final answer", "observation", "end"):
            _read_action(draft, waiting, by_name)
            waiting = None
        if label == "thought":
            draft.think(body)
        elif label == "action":
            waiting = body
        elif label == "action input":
            _read_input(draft, waiting, body, by_name)
            waiting = None
        elif label == "final answer":
            _read_final(draft, body, by_name)
        elif label == "observation":
            draft.errors.append(
                'nothing is read from "Observation:" on: observations come from the tools'
            )
            break
    return draft.message()


def write(message: Message, tools: Sequence[Tool]) -> str:
    """The text of a message; every input is JSON on one line."""
    lines = [f"Thought: {message.thought}"] if message.thought else []
    for call in message.calls:
        lines += [f"Action: {call.tool}", f"Action Input: {escaped_json(call.arguments)}"]
    return "\n".join(lines)


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """The labelled parts of a text in order, then ("end", "")."""
    label, start = "thought", 0
    for match in _LABEL.finditer(text):
        yield label, text[start : match.start()].strip()
        label, start = match[1].lower(), match.end()
    yield label, text[start:].strip()
    yield "end", ""


def _read_action(draft: Draft, action: str, tools: Mapping[str, Tool]) -> None:
    """Read an action that no input follows: `search[query]`, or a tool without arguments."""
    name, bracket, inside = action.partition("[")
    if bracket and action.endswith("]"):
        _read_input(draft, name, inside[:-1], tools)
    else:
        _read_input(draft, action, "", tools)


def _read_final(draft: Draft, body: str, tools: Mapping[str, Tool]) -> None:
    """Read the closing answer as a call of the tool that closes, where the role has it."""
    if CLOSING in tools:
        _read_input(draft, CLOSING, body, tools)
    else:
        draft.refuse(
            f'is a "Final Answer:", but this role has no tool "{CLOSING}"; '
            f"the tools are: {', '.join(tools) or 'none'}"
        )


def _read_input(draft: Draft, action: str | None, body: str, tools: Mapping[str, Tool]) -> None:
    """Read a call from what stands after Action and after Action Input."""
    if draft.full:
        draft.dropped += 1
        return
    if action is None:
        draft.refuse('has an "Action Input:" without an "Action:" line before it')
        return
    first, _, more = action.partition("\n")
    draft.think(more)
    name = first.strip(" \t\r`*\"'")
    if name in tools:
        head, _, tail = body.partition("\n")
        if body.startswith("{") and head.endswith("}") and tail:
            draft.think(tail)
            body = head
        draft.read_body(tools[name], body)
    elif name:
        draft.refuse(unknown_tool(name, list(tools.values())))
    else:
        draft.refuse('has no tool name after "Action:"')
