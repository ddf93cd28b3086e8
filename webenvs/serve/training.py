"""The doors of trainers: /episodes, and the same as tools of MCP. Models are not given them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from webenvs.errors import unknown_name
from webenvs.serve.accounts import Accounts
from webenvs.serve.bodies import answer, body_of, form_of
from webenvs.serve.episodes import Row
from webenvs.serve.toolbox import Arguments, Asker, Offer, Reply, offer

ADDRESS = "webenvs://episodes/"
_NUMBER, _TEXT = {"type": "integer", "minimum": 0}, {"type": "string"}
_ROW: dict[str, Any] = {
    "seed": _NUMBER,
    "task_id": _TEXT,
    "split": _TEXT,
    "index": _NUMBER,
    "episode": _NUMBER,
    "episode_id": _TEXT,
}
BEGIN = offer("begin", "Begin an episode; returns its id, its prompt and its tools.", **_ROW)
LOOK = offer(
    "look", "How an episode stands; its scores once it is over.", ["episode_id"], episode_id=_TEXT
)
FINISH = offer(
    "finish", "End an episode and forget it; returns its scores.", ["episode_id"], episode_id=_TEXT
)
OFFERS = (BEGIN, LOOK, FINISH)


class _Named(msgspec.Struct):
    episode_id: str


def router_of(accounts: Accounts) -> APIRouter:
    """POST /episodes begins one; GET /episodes/{id} looks at it; DELETE ends it."""
    router = APIRouter(tags=["episodes"])

    @router.post("/episodes", response_model=None)
    async def begin(request: Request) -> Response:
        """Begin an episode: its id, what its first player sees, its prompt and its tools."""
        row = form_of((await body_of(request)).fields, Row)
        told = await accounts.begin(row)
        if await request.is_disconnected():
            accounts.drop(told["episode_id"])
            raise ClientDisconnect
        return answer(told, status=201)

    @router.get("/episodes/{episode_id}", response_model=None)
    async def look(episode_id: str) -> Response:
        """How an episode stands; its scores once it is over."""
        return answer(await accounts.look(episode_id))

    @router.delete("/episodes/{episode_id}", response_model=None)
    async def finish(episode_id: str) -> Response:
        """End an episode and forget it; its scores as it is now."""
        return answer(await accounts.finish(episode_id))

    return router


class Training:
    """The same as tools, with the standing of each episode as a resource."""

    name = "webenvs-trainer"
    about = "Begins and scores episodes, for the program that trains; not for the model."
    resources: Sequence[tuple[str, str]] = ((ADDRESS + "{episode_id}", "how an episode stands"),)

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def offers(self, asker: Asker) -> Sequence[Offer]:
        """The three tools."""
        return OFFERS

    async def call(self, asker: Asker, name: str, arguments: Arguments) -> Reply:
        """What a call brings, as text and as data."""
        if name == BEGIN.name:
            return _reply(await self._accounts.begin(form_of(arguments, Row)))
        if name == LOOK.name:
            return _reply(await self._accounts.look(form_of(arguments, _Named).episode_id))
        if name == FINISH.name:
            return _reply(await self._accounts.finish(form_of(arguments, _Named).episode_id))
        raise unknown_name("tool", name, [one.name for one in OFFERS])

    async def read(self, asker: Asker, address: str) -> str:
        """How the episode at an address stands."""
        if not address.startswith(ADDRESS):
            raise unknown_name("resource", address, [ADDRESS + "{episode_id}"])
        told = await self._accounts.look(address.removeprefix(ADDRESS))
        return msgspec.json.encode(told).decode()


def _reply(told: dict[str, Any]) -> Reply:
    return Reply(msgspec.json.encode(told).decode(), False, told)
