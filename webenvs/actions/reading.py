"""The tolerant half of every codec: the limits, and the draft that a message is read into.

A codec finds where calls stand in a text and hands them to a `Draft`, which keeps the thought, the
calls that could be read, and a sentence for each that could not. Nothing here raises on any text.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from webenvs.actions.arguments import shown
from webenvs.actions.json_text import (
    MAX_DEPTH,
    TOO_DEEP,
    JsonTextError,
    decode,
    decode_scalar,
    deeper,
    unfenced,
)
from webenvs.errors import nearest
from webenvs.records import Call, Message, Tool
from webenvs.text import printable

MAX_CHARACTERS = 65_536
"""A longer message is not read at all."""
MAX_CALLS = 16
"""Calls of one message; further ones are dropped, with an error."""
NO_CALL = "no tool call found"

_NAME = 60  # characters of a wrong name that are looked at
_JSON_OBJECT = re.compile(r"\{\s*[\"']")
_FIELDS = frozenset({"name", "arguments", "parameters", "function", "id", "type", "index"})


def clean(text: str) -> str:
    """`text` as UTF-8 can carry it: only text with lone surrogates is changed."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return printable(text)
    return text


def enclosed(text: str, start: int, opening: str, closing: str) -> tuple[str, int]:
    """What stands from `start` up to the closing tag, and where reading goes on.

    Where that tag is missing, the next opening tag or the end of the text closes.
    """
    end, again = text.find(closing, start), text.find(opening, start)
    if end >= 0 and not 0 <= again < end:
        return text[start:end], end + len(closing)
    end = again if again >= 0 else len(text)
    return text[start:end], end


def body_arguments(tool: Tool, body: str) -> dict[str, Any]:
    """The arguments that stand in a tag or after a label: a JSON object, or the primary argument.

    Blank text is no arguments. A primary argument that is no string is read as JSON where it can
    be. Raises JsonTextError for text that begins like a JSON object and is none.
    """
    plain = body.strip()
    if not plain:
        return {}
    inside = unfenced(plain)
    if inside.startswith("{"):
        try:
            value = decode(inside)
            if isinstance(value, dict):
                return value
        except JsonTextError:
            if _JSON_OBJECT.match(inside):
                raise
    schema = tool.parameters.get("properties", {}).get(tool.primary, {})
    if schema.get("type", "string") == "string":
        return {tool.primary: plain}
    value = decode_scalar(plain)
    return {tool.primary: plain if isinstance(value, str) else value}


def unknown_tool(name: str, tools: Sequence[Tool]) -> str:
    """What to say of a call of a tool that the role does not have."""
    names = [tool.name for tool in tools]
    hint = nearest(name[:_NAME], names)
    meant = f'; did you mean "{hint}"?' if hint else "."
    listed = ", ".join(names) or "none"
    return f"calls {shown(name)}, but there is no such tool{meant} The tools are: {listed}"


class Draft:
    """A message while it is read."""

    __slots__ = ("calls", "dropped", "errors", "seen", "thoughts")

    def __init__(self) -> None:
        self.thoughts: list[str] = []
        self.calls: list[Call] = []
        self.errors: list[str] = []
        self.seen = 0
        self.dropped = 0

    @property
    def full(self) -> bool:
        """Whether no further call is read; who leaves calls out counts them in `dropped`."""
        return self.seen >= MAX_CALLS

    def think(self, text: str) -> None:
        """Add to the thought."""
        if stripped := text.strip():
            self.thoughts.append(stripped)

    def think_tags(self, text: str) -> str:
        """Move what stands in think tags to the thought; returns the rest.

        A closing tag without an opening one ends a thought that the prompt had opened; a tag at
        the beginning of the rest that is never closed is removed.
        """
        if "think" not in text:
            return text
        name = "thinking" if "</thinking>" in text else "think"
        opening, closing = f"<{name}>", f"</{name}>"
        rest, position = [], 0
        while (end := text.find(closing, position)) >= 0:
            start = text.find(opening, position, end)
            if start >= 0:
                if start > position:
                    rest.append(text[position:start])
                self.think(text[start + len(opening) : end])
            elif position == 0:
                self.think(text[:end])
            else:
                rest.append(text[position:end])
            position = end + len(closing)
        rest.append(text[position:])
        return "\n".join(rest).strip().removeprefix(opening)

    def fault(self, what: str) -> None:
        """Note what is wrong with the call that is being read: "is not valid JSON: ..."."""
        self.errors.append(f"tool call {self.seen} {what}")

    def refuse(self, what: str) -> None:
        """Count a call that cannot be read, and note why."""
        self.seen += 1
        self.fault(what)

    def read_json(self, text: str) -> None:
        """Read a call from JSON text: an object with name and arguments, or a list of such."""
        try:
            value = decode(text)
        except JsonTextError as fault:
            self.refuse(str(fault))
        else:
            if isinstance(value, list):
                self.read_objects(value)
            else:
                self._read_object(value)

    def read_objects(self, values: Sequence[Any]) -> None:
        """Read a call from each decoded object, as many as a message may hold."""
        room = max(0, MAX_CALLS - self.seen)
        self.dropped += max(0, len(values) - room)
        for value in values[:room]:
            self._read_object(value)

    def read_body(self, tool: Tool, text: str) -> None:
        """Read a call of `tool` whose arguments stand in a tag or after a label."""
        try:
            arguments = body_arguments(tool, text)
        except JsonTextError as fault:
            self.refuse(f"({tool.name}) {fault}")
        else:
            self.read_call(tool.name, arguments)

    def read_call(self, name: Any, arguments: Any) -> None:
        """Take a call; arguments may be an object, JSON text of one, or None."""
        self.seen += 1
        name = name.strip() if isinstance(name, str) else ""
        if not name:
            self.fault("has no tool name")
            return
        if isinstance(arguments, str):
            try:
                arguments = decode(arguments) if arguments.strip() else None
            except JsonTextError as fault:
                self.fault(f'({name[:_NAME]}): "arguments" {fault}')
                return
        if arguments is None:
            arguments = {}
        if not isinstance(arguments, dict):
            self.fault(f'({name[:_NAME]}): "arguments" must be an object, not {shown(arguments)}')
        elif not _flat(arguments) and deeper(arguments, MAX_DEPTH):
            self.fault(f'({name[:_NAME]}): "arguments" {TOO_DEEP}')
        else:
            self.calls.append(Call(id=str(len(self.calls) + 1), tool=name, arguments=arguments))

    def message(self) -> Message:
        """What was read."""
        if self.dropped:
            self.errors.append(
                f"at most {MAX_CALLS} tool calls are read from one message; "
                f"{self.dropped:,} more were dropped"
            )
        if not self.calls and not self.errors:
            self.errors.append(NO_CALL)
        return Message(
            thought="\n".join(self.thoughts), calls=tuple(self.calls), errors=tuple(self.errors)
        )

    def _read_object(self, value: Any) -> None:
        """Read a call from a decoded object with name and arguments."""
        if type(value) is dict and len(value) == 2 and "name" in value and "arguments" in value:
            self.read_call(value["name"], value["arguments"])  # the usual case, without the rest
            return
        if isinstance(value, dict) and isinstance(value.get("function"), dict):
            value = value["function"]
        if not isinstance(value, dict):
            self.refuse(f'must be an object with "name" and "arguments", not {shown(value)}')
            return
        strangers = [field for field in value if field not in _FIELDS]
        if strangers and "arguments" not in value and "parameters" not in value:
            self.refuse(f'has the field {shown(strangers[0])}: put arguments inside "arguments"')
            return
        self.read_call(value.get("name"), value.get("arguments", value.get("parameters")))
        if strangers:
            self.fault(f"has the unknown field {shown(strangers[0])}")


def _flat(arguments: dict[str, Any]) -> bool:
    """Whether no argument holds an object or a list; a loop, for its speed."""
    for item in arguments.values():  # noqa: SIM110 - a generator takes three times as long
        if isinstance(item, (dict, list)):
            return False
    return True


def read_blocks(
    text: str, opening: str, closing: str, take: Callable[[Draft, str], None]
) -> Message:
    """The message of a text whose calls stand between two tags; `take` reads one of them.

    Text outside the blocks is thought.
    """
    draft = Draft()
    rest = draft.think_tags(text)
    position = 0
    while (start := rest.find(opening, position)) >= 0:
        draft.think(rest[position:start])
        if draft.full:
            draft.dropped += rest.count(opening, start)
            return draft.message()
        block, position = enclosed(rest, start + len(opening), opening, closing)
        take(draft, block)
    draft.think(rest[position:])
    return draft.message()
