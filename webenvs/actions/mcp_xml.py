"""The mcp-xml format of MATPO: use_mcp_tool blocks with server, tool and JSON arguments."""

from collections.abc import Sequence

from webenvs.actions.reading import Draft, enclosed, read_blocks
from webenvs.actions.writing import escaped_json, think_block
from webenvs.records import Message, Tool

SERVER = "webenvs"
RULES = (
    "Think inside <think> and </think>. Then call tools: each call is a <use_mcp_tool> block that "
    f"holds <server_name>{SERVER}</server_name>, the tool in <tool_name>, and a JSON object in "
    "<arguments>. Several blocks may follow each other; they are carried out in that order."
)

_OPEN, _CLOSE = "<use_mcp_tool>", "</use_mcp_tool>"


def read(text: str, tools: Sequence[Tool]) -> Message:
    """The message of a text, whatever server it names; text outside the blocks is thought."""
    return read_blocks(text, _OPEN, _CLOSE, _read_block)


def write(message: Message, tools: Sequence[Tool]) -> str:
    """The text of a message."""
    calls = (
        f"{_OPEN}\n<server_name>{SERVER}</server_name>\n<tool_name>{call.tool}</tool_name>\n"
        f"<arguments>\n{escaped_json(call.arguments)}\n</arguments>\n{_CLOSE}"
        for call in message.calls
    )
    return think_block(message.thought) + "\n".join(calls)


def _read_block(draft: Draft, block: str) -> None:
    name = _field(block, "tool_name")
    if name is None:
        draft.refuse("has no <tool_name>")
        return
    draft.read_call(name.partition("<")[0], _field(block, "arguments"))


def _field(block: str, name: str) -> str | None:
    """What stands in a tag of the block, to the end of the block if it is not closed."""
    opening = f"<{name}>"
    start = block.find(opening)
    if start < 0:
        return None
    return enclosed(block, start + len(opening), opening, f"</{name}>")[0]
