"""The strict half of every codec: JSON text, the thought's block, and the list of tools."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from webenvs.actions.arguments import describe
from webenvs.records import Tool


def json_text(value: Any) -> str:
    """`value` as JSON on one line."""
    return msgspec.json.encode(value).decode()


def escaped_json(value: Any) -> str:
    """`value` as JSON on one line without any "<", so that no tag occurs in it."""
    return json_text(value).replace("<", "\\u003c")


def think_block(thought: str) -> str:
    """The line with the thought in think tags; nothing for an empty thought."""
    return f"<think>{thought}</think>\n" if thought else ""


def listing(tools: Sequence[Tool]) -> str:
    """The tools a role has, one paragraph each: signature, description, arguments."""
    return "\n".join(_entry(tool) for tool in tools)


def _entry(tool: Tool) -> str:
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    required = tool.parameters.get("required", ())
    signature = ", ".join(name if name in required else f"{name}?" for name in properties)
    lines = [f"- {tool.name}({signature}): {tool.description}"]
    for name, schema in properties.items():
        default = f", default {schema['default']}" if "default" in schema else ""
        text = f": {schema['description']}" if "description" in schema else ""
        lines.append(f"    {name} ({describe(schema)}{default}){text}")
    return "\n".join(lines)
