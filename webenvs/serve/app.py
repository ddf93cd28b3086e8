"""The application: every door on one scenario, its episodes, and what happens to errors."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from importlib.metadata import version
from typing import Any, NamedTuple

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from webenvs.catalog import row
from webenvs.envs.scenario import Scenario
from webenvs.envs.tooling.tool_env import ToolEnv
from webenvs.errors import WebenvsError, nearest
from webenvs.serve import openenv_http, openenv_tasks, retrieving, training
from webenvs.serve.accounts import Accounts
from webenvs.serve.bodies import answer
from webenvs.serve.browsing import Browsing
from webenvs.serve.doors import DOORS
from webenvs.serve.episodes import Episodes
from webenvs.serve.guard import Guard, Keys
from webenvs.serve.limits import Limits
from webenvs.serve.mcp_route import McpRoute
from webenvs.serve.mcp_sdk import McpDoor, door_of
from webenvs.serve.openenv_socket import Socket
from webenvs.serve.playing import Playing
from webenvs.serve.refusal import CLIENT_LEFT, UNKNOWN, NotServedError, refusal_of
from webenvs.serve.retrieval import Retrieval
from webenvs.serve.rpc import Rpc
from webenvs.serve.training import Training
from webenvs.serve.work import Work

API_VERSION = "1.0.0"
"""Of OpenEnv's HTTP profile, which clients read from the description of the server."""
_ABOUT = "Search tools, environments and MCP on one frozen web; the same bytes as in process."


class Application(NamedTuple):
    """An ASGI application, and what it keeps; `speaks_mcp` says whether an SDK of MCP is there."""

    asgi: ASGIApp
    episodes: Episodes
    speaks_mcp: bool


def application(
    make: Callable[[], ToolEnv],
    *,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    keys: Keys = Keys(),  # noqa: B008  # frozen
    local: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> Application:
    """Every door on the scenario of the environments that `make` gives (`catalog.tool_envs`).

    With `local` only requests for a loopback address are served; `clock` tells seconds. Raises
    SettingError for a topk that allows fewer hits than the scenario shows.
    """
    first = make()
    scenario, work = first.scenario, Work(limits.threads)
    episodes = Episodes(make, limits, work, clock)
    accounts, retrieval = Accounts(episodes), Retrieval(scenario, limits.topk)
    rpc = Rpc(episodes)
    mcp = {
        "/mcp": door_of(Playing(episodes, scenario, first.players)),
        "/browse/mcp": door_of(Browsing(retrieval, work)),
        "/trainer/mcp": door_of(Training(accounts)),
    }
    app = _app(episodes, work, [door for door in mcp.values() if door is not None])
    entry = row(scenario.env)
    for router in (
        retrieving.router_of(retrieval, limits, work),
        training.router_of(accounts),
        openenv_http.Routes(episodes, entry, version("webenvs")).router(),
        Socket(episodes, rpc, limits.idle).router(),
    ):
        app.include_router(router)
    for path, door in mcp.items():
        route = McpRoute(door, rpc if path == "/mcp" else None)
        app.router.routes.append(Route(path, endpoint=route))
    tasks = openenv_tasks.TaskRoutes(scenario, entry.id, limits, work)
    app.include_router(tasks.router())  # any path is one
    guarded = Guard(app, keys, limits.body, digests_of(scenario), local)
    return Application(guarded, episodes, any(mcp.values()))


def digests_of(scenario: Scenario) -> Mapping[str, str]:
    """What every answer carries in its headers: the digests of corpus and scenario."""
    return {"webenvs-corpus": scenario.web.corpus.digest, "webenvs-scenario": scenario.digest}


def _app(episodes: Episodes, work: Work, doors: list[McpDoor]) -> FastAPI:
    """The application without routes: its life, and what it says of errors."""

    @contextlib.asynccontextmanager
    async def life(_: Any) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for door in doors:
                await stack.enter_async_context(door.running())
            reaper = asyncio.create_task(_reap(episodes))
            try:
                yield
            finally:
                reaper.cancel()
                episodes.clear()
                work.close()

    app = FastAPI(
        title="webenvs",
        version=API_VERSION,
        description=_ABOUT,
        lifespan=life,
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
    )

    async def failed(request: Request, error: Exception) -> Response:
        refusal = refusal_of(error)
        return answer({"detail": refusal.message}, status=refusal.status)

    async def no_route(request: Request, error: Exception) -> Response:
        refusal = _no_route(request, error)
        return answer({"detail": refusal.message}, status=refusal.status)

    async def left(request: Request, error: Exception) -> Response:
        return Response(status_code=CLIENT_LEFT)  # nobody reads it

    app.add_exception_handler(ClientDisconnect, left)
    for kind in (NotServedError, WebenvsError, OSError, Exception):
        app.add_exception_handler(kind, failed)
    app.add_exception_handler(HTTPException, no_route)
    return app


def _no_route(request: Request, error: Exception) -> NotServedError:
    """What is said of a path or a method that there is not."""
    status = error.status_code if isinstance(error, HTTPException) else UNKNOWN
    path = request.url.path[:200]
    if status != UNKNOWN:
        return NotServedError(status, f"{path}: {request.method} is not what this door takes.")
    near = nearest(path, [door.path for door in DOORS])
    meant = f" Did you mean {near!r}?" if near else ""
    return NotServedError(UNKNOWN, f"There is no door {path!r}.{meant}")


async def _reap(episodes: Episodes) -> None:
    """Forget idle episodes now and then; they are also looked for at every request."""
    while True:
        await asyncio.sleep(5)
        episodes.expire()
