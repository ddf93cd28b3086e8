"""OpenEnv's routes over HTTP: what the environment is, and episodes that are named in requests."""

from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from webenvs.catalog import Row as Entry
from webenvs.serve.bodies import answer, body_of, form_of
from webenvs.serve.episodes import Episodes, Kept, Row
from webenvs.serve.openenv_forms import SCHEMAS, action_of, answer_to, begun, state_of
from webenvs.serve.refusal import BAD_FIELD, NotServedError


class Step(msgspec.Struct, kw_only=True):
    """What /step takes: an action, and the episode that /reset was given the id of."""

    action: dict[str, Any]
    episode_id: str | None = None
    timeout_s: float | None = None


class Routes:
    """What answers /reset, /step, /state, /schema, /metadata and /health.

    /reset with an `episode_id` keeps the episode under it, for /step and /state to name; without
    one it only shows how an episode begins. Sessions that end with their client are those of /ws.
    """

    def __init__(self, episodes: Episodes, entry: Entry, version: str) -> None:
        """`entry` and `version` are what /metadata tells."""
        self._episodes, self._entry, self._version = episodes, entry, version

    def router(self) -> APIRouter:
        """The six routes."""
        router = APIRouter(tags=["OpenEnv"])
        for route in (self.reset, self.step):
            router.post(f"/{route.__name__}", response_model=None)(route)
        for read in (self.state, self.schema, self.metadata, self.health):
            router.get(f"/{read.__name__}", response_model=None)(read)
        router.head("/health", response_model=None, include_in_schema=False)(self.health)
        return router

    async def reset(self, request: Request) -> Response:
        """How an episode begins."""
        row = form_of((await body_of(request)).fields, Row)
        name = row.episode_id
        if name is not None and name in self._episodes:
            kept = self._episodes.get(name)
            await self._episodes.reset(kept, row, 0)
        else:
            kept = await self._episodes.begin(row)
        try:
            return answer(await self._episodes.play(kept, begun, kept.env))
        finally:
            if name is None:
                self._episodes.end(kept, "")

    async def step(self, request: Request) -> Response:
        """Play a message of an episode that /reset has begun under an id."""
        asked = form_of((await body_of(request)).fields, Step)
        action = action_of(asked.action)
        kept = _named(self._episodes, asked.episode_id)
        return answer(await answer_to(self._episodes, kept, action))

    async def state(self, episode_id: str | None = None) -> Response:
        """The state of an episode, or of none."""
        return answer(state_of(None if episode_id is None else self._episodes.get(episode_id)))

    async def schema(self) -> Response:
        """The schemas of actions, observations and states."""
        return answer(SCHEMAS)

    async def metadata(self) -> Response:
        """What the environment is."""
        entry = self._entry
        about = {"name": entry.id, "description": entry.summary, "version": self._version}
        return answer(about)

    async def health(self) -> Response:
        """Whether the server works, and how many episodes it keeps now."""
        self._episodes.expire()
        return answer({"status": "healthy", "sessions": len(self._episodes)})


def _named(episodes: Episodes, name: str | None) -> Kept:
    if name is None:
        raise NotServedError(
            BAD_FIELD,
            "episode_id: name the one that /reset was given; without ids, sessions live on /ws.",
        )
    return episodes.get(name)
