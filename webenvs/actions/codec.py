"""The codec contract, and the table of codecs by name.

A codec reads a player's message into calls and writes calls as a message. Readers are tolerant and
never raise on text; writers are strict: what would not read back the same is not written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from msgspec.structs import replace

from webenvs.actions import hermes, mapping, mcp_xml, react, struct, xml
from webenvs.actions.arguments import sample_arguments
from webenvs.actions.json_text import MAX_DEPTH
from webenvs.actions.reading import MAX_CALLS, MAX_CHARACTERS, clean
from webenvs.actions.writing import listing
from webenvs.errors import SettingError, unknown_name
from webenvs.records import Call, Message, Tool


class Codec(Protocol):
    """One way to write tool calls in a message."""

    @property
    def name(self) -> str:
        """The name under which settings ask for it."""
        ...

    def parse(self, message: str | Mapping[str, Any], tools: Sequence[Tool]) -> Message:
        """What a message says: thought, calls with ids "1", "2", ..., and what was wrong with it.

        A mapping is read as {"thought": str, "calls": [{"name": str, "arguments": {...}}]}. Text
        and mappings never raise; PlayerError for anything else. Without a call there is an error.
        """
        ...

    def format(self, message: Message, tools: Sequence[Tool]) -> str:
        """The text of a message: `parse` of it gives the message back, equal in every field.

        Raises SettingError (a ValueError) for what the format cannot carry.
        """
        ...

    def instructions(self, tools: Sequence[Tool]) -> str:
        """The part of a system prompt that teaches the format and lists the tools."""
        ...

    def example(self, tool: Tool) -> str:
        """A right call of the tool, for observations that report a mistake."""
        ...


@dataclass(frozen=True, slots=True)
class TextCodec:
    """A codec made of two functions of text and the rules that teach it."""

    name: str
    read: Callable[[str, Sequence[Tool]], Message]
    write: Callable[[Message, Sequence[Tool]], str]
    rules: str

    def parse(self, message: str | Mapping[str, Any], tools: Sequence[Tool]) -> Message:
        """What a message says; see `Codec.parse`."""
        if not isinstance(message, str):
            return mapping.read(message)
        if len(message) > MAX_CHARACTERS:
            return mapping.too_long(len(message))
        return self.read(clean(message), tools)

    def format(self, message: Message, tools: Sequence[Tool]) -> str:
        """The text of a message; see `Codec.format`."""
        _check_form(message)
        try:
            text = self.write(message, tools)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise SettingError(f"the arguments of a call are not JSON: {error}") from error
        if len(text) > MAX_CHARACTERS:
            raise SettingError(
                f"the message has {len(text):,} characters; at most {MAX_CHARACTERS:,} are allowed"
            )
        if self.parse(text, tools) != message:
            raise SettingError(
                f"the {self.name} format cannot carry {self._culprit(message, tools)}"
            )
        return text

    def instructions(self, tools: Sequence[Tool]) -> str:
        """The part of a system prompt that teaches the format; see `Codec.instructions`."""
        example = f"\n\nExample:\n{self.example(tools[0])}" if tools else ""
        return f"{self.rules}{example}\n\nTools (? marks what may be left out):\n{listing(tools)}"

    def example(self, tool: Tool) -> str:
        """A right call of the tool; see `Codec.example`."""
        call = Call(id="1", tool=tool.name, arguments=sample_arguments(tool))
        return self.write(Message(calls=(call,)), (tool,))

    def _culprit(self, message: Message, tools: Sequence[Tool]) -> str:
        """What of a message reads back differently, and why."""
        for call in message.calls:
            alone = Message(calls=(replace(call, id="1"),))
            if self.parse(self.write(alone, tools), tools) != alone:
                return (
                    f"the call of {call.tool!r}: names must be plain, of a known tool, and "
                    f"arguments JSON of at most {MAX_DEPTH} levels"
                )
        return "the thought: it holds the format's own marks"


def codec(name: str) -> Codec:
    """The codec of that name; raises UnknownNameError, which lists the names there are."""
    if name not in CODECS:
        raise unknown_name("codec", name, CODECS)
    return CODECS[name]


def _check_form(message: Message) -> None:
    """Raise unless the message is one that a reader could have returned without errors."""
    if message.errors:
        raise SettingError(f"a message with errors cannot be written: {message.errors[0]}")
    if not 0 < len(message.calls) <= MAX_CALLS:
        raise SettingError(f"a message holds 1 to {MAX_CALLS} calls, not {len(message.calls)}")
    ids = [call.id for call in message.calls]
    if ids != [str(place + 1) for place in range(len(ids))]:
        raise SettingError(f'the ids of calls must be "1", "2", ... in order, not {ids}')
    if message.thought != message.thought.strip():
        raise SettingError("the thought begins or ends with blanks: strip it")
    if message.thought != clean(message.thought):
        raise SettingError("the thought holds half of a surrogate pair")


CODECS: Mapping[str, Codec] = {
    row.name: row
    for row in (
        TextCodec("hermes", hermes.read, hermes.write, hermes.RULES),
        TextCodec("xml", xml.read, xml.write, xml.RULES),
        TextCodec("react", react.read, react.write, react.RULES),
        TextCodec("mcp-xml", mcp_xml.read, mcp_xml.write, mcp_xml.RULES),
        TextCodec("struct", struct.read, struct.write, struct.RULES),
    )
}
