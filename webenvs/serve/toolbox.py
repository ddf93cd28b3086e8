"""Tools as an MCP server offers them: what is listed and called, whatever SDK carries it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

Arguments = Mapping[str, Any]


class Offer(NamedTuple):
    """A tool: its name, what it does, and the JSON schema of its arguments."""

    name: str
    description: str
    schema: dict[str, Any]


class Reply(NamedTuple):
    """What a call brings: a text, whether it failed, and the same as data if there is any."""

    text: str
    failed: bool = False
    data: dict[str, Any] | None = None


class Asker(NamedTuple):
    """What a request says besides its message: headers and the query of its url, by lower name."""

    headers: Mapping[str, str]
    query: Mapping[str, str]


class Toolbox(Protocol):
    """What a door of MCP offers. A NotServedError that it raises is told to the client.

    `resources` are templates of readable addresses, with what they hold; () if there are none.
    """

    name: str
    about: str
    resources: Sequence[tuple[str, str]]

    async def offers(self, asker: Asker) -> Sequence[Offer]:
        """The tools that this client can call now."""
        ...

    async def call(self, asker: Asker, name: str, arguments: Arguments) -> Reply:
        """What a call brings."""
        ...

    async def read(self, asker: Asker, address: str) -> str:
        """What stands at an address, as JSON."""
        ...


def offer(name: str, description: str, required: Sequence[str] = (), **fields: Any) -> Offer:
    """An offer whose arguments have these schemas."""
    schema = {"type": "object", "properties": fields, "required": list(required)}
    return Offer(name, description, schema)
