"""A toolbox served by the official SDK of MCP over streamable HTTP, of its major 2 or 1.

Every request stands alone: no session of the SDK outlives it, episodes have ids instead.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import import_module
from typing import Any

from starlette.types import Receive, Scope, Send

from webenvs.serve.refusal import refusal_of
from webenvs.serve.toolbox import Asker, Offer, Reply, Toolbox

_BAD_PARAMS = -32602
Handler = Callable[[Any, Any], Awaitable[Any]]


class McpDoor:
    """An ASGI application that speaks MCP; `running` must be entered while it serves."""

    def __init__(self, toolbox: Toolbox) -> None:
        """Raises ImportError where no SDK of MCP is installed."""
        manager = import_module("mcp.server.streamable_http_manager")
        self._manager = manager.StreamableHTTPSessionManager(
            app=_server(toolbox), json_response=True, stateless=True
        )

    def running(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Serve until the context ends."""
        context: contextlib.AbstractAsyncContextManager[None] = self._manager.run()
        return context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._manager.handle_request(scope, receive, send)


def _server(toolbox: Toolbox) -> Any:
    """The SDK's own server of a toolbox."""
    lowlevel = import_module("mcp.server.lowlevel.server")
    try:
        types = import_module("mcp_types")
    except ImportError:
        return _older(toolbox, lowlevel, import_module("mcp.types"))
    return _newer(toolbox, lowlevel, types)


def _newer(toolbox: Toolbox, lowlevel: Any, types: Any) -> Any:
    """The server of SDK 2: handlers are given to its constructor."""
    error = import_module("mcp").MCPError
    answers = _Answers(toolbox, types, lambda text: error(code=_BAD_PARAMS, message=text))
    readable: dict[str, Handler] = {}
    if toolbox.resources:
        readable = {
            "on_list_resource_templates": lambda ctx, params: answers.templates(),
            "on_read_resource": lambda ctx, params: answers.read(ctx.request, params.uri),
        }
    return lowlevel.Server(
        toolbox.name,
        instructions=toolbox.about,
        on_list_tools=lambda ctx, params: answers.offers(ctx.request),
        on_call_tool=lambda ctx, params: answers.call(ctx.request, params),
        **readable,
    )


def _older(toolbox: Toolbox, lowlevel: Any, types: Any) -> Any:
    """The server of SDK 1: handlers stand in a table by the type of request."""
    error = import_module("mcp.shared.exceptions").McpError
    server = lowlevel.Server(toolbox.name, instructions=toolbox.about)

    def failure(text: str) -> Exception:
        made: Exception = error(types.ErrorData(code=_BAD_PARAMS, message=text))
        return made

    answers = _Answers(toolbox, types, failure)

    def handler(answer: Callable[[Any, Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def handle(request: Any) -> Any:
            came_by = server.request_context.request
            return types.ServerResult(await answer(came_by, request.params))

        return handle

    table = server.request_handlers
    table[types.ListToolsRequest] = handler(lambda request, params: answers.offers(request))
    table[types.CallToolRequest] = handler(answers.call)
    if toolbox.resources:
        table[types.ListResourceTemplatesRequest] = handler(lambda _, __: answers.templates())
        table[types.ReadResourceRequest] = handler(
            lambda request, params: answers.read(request, str(params.uri))
        )
    return server


class _Answers:
    """The answers of a toolbox in the types of an SDK, which both majors read from camelCase."""

    def __init__(self, toolbox: Toolbox, types: Any, failure: Callable[[str], Exception]) -> None:
        self._toolbox, self._types, self._failure = toolbox, types, failure

    async def offers(self, request: Any) -> Any:
        """The listing of tools; raises the SDK's error where there is none for this client."""
        async with self._told():
            offers = await self._toolbox.offers(_asker(request))
        tools = [_as_tool(one) for one in offers]
        return self._types.ListToolsResult.model_validate({"tools": tools})

    async def call(self, request: Any, params: Any) -> Any:
        """The result of a call, which says so where it failed."""
        try:
            reply = await self._toolbox.call(_asker(request), params.name, params.arguments or {})
        except Exception as error:
            reply = Reply(refusal_of(error).message, failed=True)
        content = [{"type": "text", "text": reply.text}]
        result = {"content": content, "isError": reply.failed}
        if reply.data is not None:
            result["structuredContent"] = reply.data
        return self._types.CallToolResult.model_validate(result)

    async def templates(self) -> Any:
        """The listing of what can be read."""
        rows = [
            {"uriTemplate": address, "name": about, "mimeType": "application/json"}
            for address, about in self._toolbox.resources
        ]
        listed = {"resourceTemplates": rows}
        return self._types.ListResourceTemplatesResult.model_validate(listed)

    async def read(self, request: Any, address: str) -> Any:
        """What stands at an address; raises the SDK's error where nothing does."""
        async with self._told():
            text = await self._toolbox.read(_asker(request), str(address))
        row = {"uri": str(address), "mimeType": "application/json", "text": text}
        return self._types.ReadResourceResult.model_validate({"contents": [row]})

    @contextlib.asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        """Turn what is refused into an error of the SDK."""
        try:
            yield
        except Exception as error:
            raise self._failure(refusal_of(error).message) from None


def _asker(request: Any) -> Asker:
    """What the HTTP request around a message says."""
    if request is None:
        return Asker({}, {})
    return Asker(dict(request.headers), dict(request.query_params))


def _as_tool(one: Offer) -> dict[str, Any]:
    return {"name": one.name, "description": one.description, "inputSchema": one.schema}


def door_of(toolbox: Toolbox) -> McpDoor | None:
    """The door of a toolbox; None where no SDK of MCP is installed."""
    try:
        return McpDoor(toolbox)
    except ImportError:
        return None
