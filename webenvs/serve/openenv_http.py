"""OpenEnv's routes over HTTP: what the environment is, and episodes that are named in requests."""

from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from webenvs.catalog import Row as Entry
from webenvs.serve.bodies import answer, body_of, form_of
from webenvs.serve.episodes import Episodes, Kept, Row
from webenvs.serve.openenv_forms import SCHEMAS, action_of, begun, state_of, stepped
from webenvs.serve.refusal import BAD_FIELD, NotServedError


class Step(msgspec.Struct, kw_only=True):
    """What /step takes: an action, and the episode that /reset was given the id of."""

    action: dict[str, Any]
    episode_id: str | None = None
    timeout_s: float | None = None


def router_of(episodes: Episodes, entry: Entry, version: str) -> APIRouter:
    """The routes /reset, /step, /state, /schema, /metadata and /health.

    /reset with an `episode_id` keeps the episode under it, for /step and /state to name; without
    one it only shows how an episode begins. Sessions that end with their client are those of /ws.
    """
    router = APIRouter(tags=["OpenEnv"])

    @router.post("/reset", response_model=None)
    async def reset(request: Request) -> Response:
        """How an episode begins."""
        row = form_of((await body_of(request)).fields, Row)
        name = row.episode_id
        if name is not None and name in episodes:
            kept = episodes.get(name)
            await episodes.reset(kept, row, 0)
        else:
            kept = await episodes.begin(row)
        try:
            return answer(await episodes.play(kept, begun, kept.env))
        finally:
            if name is None:
                episodes.end(kept, "")

    @router.post("/step", response_model=None)
    async def step(request: Request) -> Response:
        """Play a message of an episode that /reset has begun under an id."""
        asked = form_of((await body_of(request)).fields, Step)
        action = action_of(asked.action)
        kept = _named(episodes, asked.episode_id)
        kept.steps += action.type != "list_tools"
        return answer(await episodes.play(kept, stepped, kept.env, action))

    @router.get("/state", response_model=None)
    async def state(episode_id: str | None = None) -> Response:
        """The state of an episode, or of none."""
        return answer(state_of(None if episode_id is None else episodes.get(episode_id)))

    @router.get("/schema", response_model=None)
    async def schema() -> Response:
        """The schemas of actions, observations and states."""
        return answer(SCHEMAS)

    @router.get("/metadata", response_model=None)
    async def metadata() -> Response:
        """What the environment is."""
        return answer({"name": entry.id, "description": entry.summary, "version": version})

    @router.get("/health", response_model=None)
    async def health() -> Response:
        """Whether the server works."""
        return answer({"status": "healthy"})

    return router


def _named(episodes: Episodes, name: str | None) -> Kept:
    if name is None:
        raise NotServedError(
            BAD_FIELD,
            "episode_id: name the one that /reset was given; without ids, sessions live on /ws.",
        )
    return episodes.get(name)
