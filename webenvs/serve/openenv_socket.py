"""OpenEnv's sockets: an episode a connection on /ws, and JSON-RPC for tools on /mcp."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from webenvs.errors import unknown_name
from webenvs.serve.bodies import form_of, object_in, read_object
from webenvs.serve.episodes import Episodes, Kept, Row
from webenvs.serve.guard import TRUSTED
from webenvs.serve.openenv_forms import action_of, answer_to, begun, state_of
from webenvs.serve.refusal import BAD_FORM, CONFLICT, FAULT, FULL, NotServedError, refusal_of
from webenvs.serve.rpc import Rpc

Served = Callable[[str | bytes, Kept], Awaitable[dict[str, Any] | None]]
KINDS = ("reset", "step", "state", "close", "mcp")
"""The types of messages of /ws."""


class Socket:
    """What answers the messages of sockets; an episode ends with its socket, whatever ends that.

    The session of a trainer that a model's socket plays goes on without it.
    """

    def __init__(self, episodes: Episodes, rpc: Rpc, idle: float) -> None:
        """A socket that is silent for `idle` seconds is closed."""
        self._episodes, self._rpc, self._idle = episodes, rpc, idle

    def router(self) -> APIRouter:
        """The two sockets."""
        router = APIRouter()

        @router.websocket("/ws")
        async def ws(socket: WebSocket) -> None:
            resets = 0

            async def served(text: str | bytes, kept: Kept) -> dict[str, Any] | None:
                nonlocal resets
                said = await self._served(text, kept, resets)
                resets += said is not None and said[0] == "reset"
                return None if said is None else said[1]

            await self._hold(socket, served)

        @router.websocket("/mcp")
        async def mcp(socket: WebSocket) -> None:
            async def served(text: str | bytes, kept: Kept) -> dict[str, Any]:
                if not kept.env.started:
                    await self._episodes.reset(kept, Row(), 0)
                return await self._rpc.answer_text(text, kept, trusted=socket.scope[TRUSTED])

            await self._hold(socket, served)

        return router

    async def _hold(self, socket: WebSocket, served: Served) -> None:
        """Serve a socket until it is closed, lost, or silent for too long."""
        await socket.accept()
        kept, session = None, socket.query_params.get("session_id")
        try:
            kept = self._seated(session)
            while True:
                text = await asyncio.wait_for(_received(socket), self._idle)
                reply = await served(text, kept)
                if reply is None:
                    break
                await _send(socket, reply)
        except TimeoutError:
            refusal = NotServedError(FAULT, f"idle: nothing was said for {self._idle:g} s.")
            await _close(socket, _error(refusal, "SESSION_ERROR"))
        except (WebSocketDisconnect, RuntimeError, OSError):
            pass  # the client has gone
        except NotServedError as refusal:
            await _close(socket, _error(refusal, _code(refusal)))
        finally:
            if kept is not None:
                kept.attached = False
                if session is None or socket.scope[TRUSTED]:
                    self._episodes.end(kept, "has ended with its socket")
        await _close(socket)

    def _seated(self, session: str | None) -> Kept:
        """A place of the socket's own, or the session that it names; raises NotServedError."""
        kept = self._episodes.seat() if session is None else self._episodes.get(session)
        if kept.attached:
            raise NotServedError(CONFLICT, "session_id: another socket holds this session.")
        kept.attached = True
        return kept

    async def _served(self, text: str | bytes, kept: Kept, resets: int) -> tuple[str, Any] | None:
        """The kind of a message and the answer to it, an error where it is wrong; None: close."""
        kind = ""
        try:
            message = read_object(text)
            kind = str(message.get("type", ""))
            if kind not in KINDS:
                raise unknown_name("type", kind, KINDS, "of message")
            if kind == "close":
                return None
            if kind == "state":
                return kind, {"type": "state", "data": state_of(kept)}
            data = object_in(message.get("data", {}), "data")
            if kind == "mcp":
                return kind, {"type": "mcp", "data": await self._rpc.answer(data, kept)}
            if kind == "reset":
                played = await self._reset(data, kept, resets)
            else:
                played = await self._step(data, kept)
            return kind, {"type": "observation", "data": played}
        except Exception as error:
            refusal = refusal_of(error)
            unknown = kind not in KINDS and refusal.status != BAD_FORM
            return "", _error(refusal, "UNKNOWN_TYPE" if unknown else _code(refusal))

    async def _reset(self, data: dict[str, Any], kept: Kept, resets: int) -> Any:
        row = form_of(data, Row)
        await self._episodes.reset(kept, row, resets)
        return await self._episodes.play(kept, begun, kept.env)

    async def _step(self, data: dict[str, Any], kept: Kept) -> Any:
        return await answer_to(self._episodes, kept, action_of(data))


async def _received(socket: WebSocket) -> str | bytes:
    """The next message; raises WebSocketDisconnect when the client has gone."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code") or 1000)
    return message.get("text") or message.get("bytes") or b""


async def _send(socket: WebSocket, value: dict[str, Any]) -> None:
    await socket.send_text(msgspec.json.encode(value).decode())


async def _close(socket: WebSocket, last: dict[str, Any] | None = None) -> None:
    """Say a last word and close, if the client is still there."""
    try:
        if last is not None:
            await _send(socket, last)
        await socket.close()
    except (WebSocketDisconnect, RuntimeError, OSError):
        pass


def _error(refusal: NotServedError, code: str) -> dict[str, Any]:
    return {"type": "error", "data": {"message": refusal.message, "code": code}}


def _code(refusal: NotServedError) -> str:
    """The code that OpenEnv has for it."""
    codes = {BAD_FORM: "INVALID_JSON", FULL: "CAPACITY_REACHED", FAULT: "EXECUTION_ERROR"}
    return codes.get(refusal.status, "VALIDATION_ERROR")
