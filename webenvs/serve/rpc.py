"""OpenEnv's JSON-RPC for tools (/mcp without a stream): one call answered at a time."""

from typing import Any

from webenvs.envs.tooling.tool_env import ToolEnv
from webenvs.errors import unknown_name
from webenvs.serve.bodies import form_of, object_in, read_object
from webenvs.serve.episodes import Episodes, Kept, Row
from webenvs.serve.openenv_forms import listed
from webenvs.serve.refusal import BAD_FIELD, BAD_FORM, NO_TOKEN, NotServedError, refusal_of

METHODS = ("tools/list", "tools/call", "openenv/session/create", "openenv/session/close")
"""What can be asked; to begin and to end sessions is the right of trainers."""

_PARSE, _REQUEST, _METHOD, _PARAMS, _SERVER = -32700, -32600, -32601, -32602, -32000


class Rpc:
    """What answers JSON-RPC for the episodes of a server."""

    def __init__(self, episodes: Episodes) -> None:
        self._episodes = episodes

    async def answer_text(
        self, text: bytes | str, kept: Kept | None = None, *, trusted: bool = True
    ) -> dict[str, Any]:
        """The answer to a request as text; `kept` is the episode of the socket it came by.

        Who is not `trusted` plays and neither begins nor ends sessions.
        """
        try:
            request = read_object(text)
        except NotServedError as refusal:
            code = _PARSE if refusal.status == BAD_FORM else _REQUEST
            return _failed(None, code, refusal.message)
        return await self.answer(request, kept, trusted=trusted)

    async def answer(
        self, request: dict[str, Any], kept: Kept | None = None, *, trusted: bool = True
    ) -> dict[str, Any]:
        """The answer to a request, an error where it cannot be served; never raises for one."""
        number = request.get("id")
        if request.get("jsonrpc") != "2.0" or not isinstance(request.get("method"), str):
            message = 'A request must have jsonrpc: "2.0" and a method.'
            return _failed(number, _REQUEST, message)
        if request["method"] not in METHODS:
            return _failed(number, _METHOD, str(unknown_name("method", request["method"], METHODS)))
        try:
            _check_right(request["method"], trusted)
            params = object_in(request.get("params") or {}, "params")
            result = await self._called(request["method"], params, kept)
        except Exception as error:
            refusal = refusal_of(error)
            code = _SERVER if refusal.status >= 500 else _PARAMS
            return _failed(number, code, refusal.message)
        return {"jsonrpc": "2.0", "id": number, "result": result}

    async def _called(self, method: str, params: dict[str, Any], kept: Kept | None) -> Any:
        """The result of one of `METHODS`."""
        session = params.get("session_id")
        if method == "openenv/session/create":
            if kept is None:
                kept = await self._episodes.begin(form_of(params, Row))
            return {"session_id": kept.name}
        if method == "openenv/session/close":
            closed = self._named(session, None)
            if closed.attached:
                raise NotServedError(
                    BAD_FIELD, "session_id: a socket holds this session; close that."
                )
            self._episodes.end(closed)
            return {"session_id": closed.name, "closed": True}
        kept = self._named(session, kept)
        if method == "tools/list":
            tools = await self._episodes.play(kept, listed, kept.env)
            return {"tools": [_as_mcp(tool) for tool in tools]}
        return await self._episodes.step(kept, _call, kept.env, params)

    def _named(self, session: Any, kept: Kept | None) -> Kept:
        if kept is not None:
            return kept
        if not isinstance(session, str):
            raise NotServedError(
                BAD_FIELD, "session_id: name the one that openenv/session/create gave."
            )
        return self._episodes.get(session)


def _check_right(method: str, trusted: bool) -> None:
    if method.startswith("openenv/session/") and not trusted:
        raise NotServedError(NO_TOKEN, f"authorization: {method} needs the token of trainers.")


def _call(env: ToolEnv, params: dict[str, Any]) -> dict[str, Any]:
    name, arguments = params.get("name"), params.get("arguments") or {}
    if not isinstance(name, str):
        raise NotServedError(BAD_FIELD, "name: name the tool.")
    outcome = env.call(name, object_in(arguments, "arguments"))
    failed = any(outcome.errors)
    return {"content": [{"type": "text", "text": outcome.text}], "isError": failed}


def _as_mcp(tool: dict[str, Any]) -> dict[str, Any]:
    named = {name: tool[name] for name in ("name", "description")}
    return {**named, "inputSchema": tool["input_schema"]}


def _failed(number: Any, code: int, message: str) -> dict[str, Any]:
    error = {"code": code, "message": message}
    return {"jsonrpc": "2.0", "id": number, "error": error}
