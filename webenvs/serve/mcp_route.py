"""Who answers on a path of MCP: the SDK its own clients, JSON-RPC those of OpenEnv."""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from webenvs.serve.bodies import answer
from webenvs.serve.guard import TRUSTED
from webenvs.serve.mcp_sdk import McpDoor
from webenvs.serve.refusal import NOT_HERE
from webenvs.serve.rpc import Rpc

_STREAM = "text/event-stream"
_MISSING = "This server has no MCP: install it with pip install 'webenvs[serve]'."
_NO_STREAM = "There is no standing stream here: POST each message."


class McpRoute:
    """An ASGI application for one path."""

    def __init__(self, door: McpDoor | None, rpc: Rpc | None) -> None:
        """`door` is None where no SDK is installed, `rpc` where clients of OpenEnv have no part."""
        self._door, self._rpc = door, rpc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "POST":
            response = answer({"detail": _NO_STREAM}, status=405)
            response.headers["allow"] = "POST"
            await response(scope, receive, send)
        elif self._rpc is not None and not _of_sdk(Headers(scope=scope)):
            body = await Request(scope, receive).body()
            told = await self._rpc.answer_text(body, trusted=scope[TRUSTED])
            await answer(told)(scope, receive, send)
        elif self._door is None:
            await answer({"detail": _MISSING}, status=NOT_HERE)(scope, receive, send)
        else:
            await self._door(scope, receive, send)


def _of_sdk(headers: Headers) -> bool:
    """Whether a request comes from a client of MCP itself, which can read streams."""
    return _STREAM in headers.get("accept", "") or "mcp-protocol-version" in headers
