"""The episodes that a server keeps: begun by name, played one message at a time, forgotten at last.

An episode belongs to whoever knows its id; ids that a client does not choose cannot be guessed.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from webenvs.envs.tooling.tool_env import ToolEnv
from webenvs.serve.limits import Limits
from webenvs.serve.place import Place
from webenvs.serve.refusal import BAD_FIELD, CONFLICT, FULL, UNKNOWN, NotServedError
from webenvs.serve.work import Work

_GONE_KEPT = 4_096
_ID_CHARACTERS = 200
_OF_URLS = "/?#%\\"


class Row(msgspec.Struct, kw_only=True):
    """Which episode is begun: what `ToolEnv.reset` takes, and the id that the client wants.

    Without a seed the n-th episode of a socket has seed n, any other has seed 0.
    """

    seed: Place | None = None
    task_id: str | None = None
    split: str | None = None
    index: Place | None = None
    episode: Place | None = None
    episode_id: str | None = None

    def reset(self, seed: int) -> dict[str, Any]:
        """What `ToolEnv.reset` takes; `seed` is used if the row names none."""
        named = {name: getattr(self, name) for name in ("task_id", "split", "index", "episode")}
        return {"seed": seed if self.seed is None else self.seed, **named}


class Kept:
    """An episode that is kept: its environment, and who may be at it at the same time (one)."""

    def __init__(self, name: str, env: ToolEnv) -> None:
        self.name = name
        self.label = name
        """The id by which its client calls it: of a socket's episode, the one in its reset."""
        self.env = env
        self.turn = asyncio.Lock()
        self.steps = 0
        self.touched = 0.0
        self.attached = False
        """Whether a socket holds it; its end is then the end of the episode."""


class Episodes:
    """Episodes by id, at most `limits.sessions`; those that nobody asks for are forgotten."""

    def __init__(
        self,
        make: Callable[[], ToolEnv],
        limits: Limits,
        work: Work,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`make` gives a new environment; `clock` tells seconds."""
        self._make, self._limits, self._work, self._clock = make, limits, work, clock
        self._kept: dict[str, Kept] = {}
        self._gone: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, name: object) -> bool:
        return name in self._kept

    def fresh(self, name: str) -> bool:
        """Whether there has not been an episode of that id, as far back as is known."""
        self.expire()
        return name not in self._kept and name not in self._gone

    def seat(self, name: str | None = None) -> Kept:
        """A place for an episode under this id, or one of its own; nothing has begun.

        Raises NotServedError for an id that is taken or no id, and if there are as many as may be.
        """
        self.expire()
        if name is None:
            name = secrets.token_urlsafe(18)
        _check_id(name)
        if name in self._kept:
            raise NotServedError(
                CONFLICT, f"There is an episode {name!r} already: end it, or name another."
            )
        if len(self._kept) >= self._limits.sessions:
            raise NotServedError(
                FULL,
                f"sessions: the server keeps {self._limits.sessions} episodes, and all are taken.",
            )
        kept = self._kept[name] = Kept(name, self._make())
        self._gone.pop(name, None)
        self._touch(kept)
        return kept

    async def begin(self, row: Row) -> Kept:
        """A new episode, begun as the row says; raises what `seat` and `reset` raise."""
        kept = self.seat(row.episode_id)
        try:
            await self.reset(kept, row, 0)
        except BaseException:
            self.end(kept, "")
            raise
        return kept

    async def reset(self, kept: Kept, row: Row, seed: int) -> None:
        """Begin an episode in a place; raises UnknownNameError or SettingError for a wrong row."""

        def begun() -> None:
            kept.steps, kept.label = 0, row.episode_id or kept.name

        await self._alone(kept, partial(kept.env.reset, **row.reset(seed)), begun)

    def get(self, name: str) -> Kept:
        """The episode of that id; raises NotServedError (404) that says if it was there once.

        The ids of others are never told.
        """
        self.expire()
        kept = self._kept.get(name)
        if kept is None:
            why = self._gone.get(name)
            said = f"The episode {name!r} {why}." if why else f"There is no episode {name!r}."
            raise NotServedError(UNKNOWN, f"{said} Begin one: POST /episodes.")
        self._touch(kept)
        return kept

    async def play(self, kept: Kept, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of the environment while nobody else is at this episode."""
        return await self._alone(kept, partial(function, *arguments), lambda: None)

    async def step(self, kept: Kept, function: Callable[..., Any], *arguments: Any) -> Any:
        """As `play`, for what plays a message: it is counted unless the function raises."""

        def played() -> None:
            kept.steps += 1

        return await self._alone(kept, partial(function, *arguments), played)

    def end(self, kept: Kept, why: str = "has been ended") -> None:
        """Forget an episode, and why unless that is ""; nothing if that is done already."""
        if self._kept.get(kept.name) is kept:
            del self._kept[kept.name]
            if why:
                self._gone[kept.name] = why
            while len(self._gone) > _GONE_KEPT:
                self._gone.popitem(last=False)

    def expire(self) -> None:
        """Forget the episodes that nobody has asked for too long, unless a message is under way."""
        late = self._clock() - self._limits.idle
        for kept in list(self._kept.values()):
            if kept.touched <= late and not kept.turn.locked() and not kept.attached:
                self.end(kept, f"was idle for {self._limits.idle:g} s and has been forgotten")

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    async def _alone(
        self, kept: Kept, function: Callable[[], Any], done: Callable[[], None]
    ) -> Any:
        """Call a function while nobody else is at the episode, then `done` unless it has raised.

        Whoever waits for it may be cancelled; a thread is not, and nobody else is let in before it
        has finished.
        """
        await kept.turn.acquire()
        work = asyncio.ensure_future(self._work.run(function))

        def finished(_: Any) -> None:
            kept.turn.release()
            if not work.cancelled() and work.exception() is None:
                self._touch(kept)
                done()

        work.add_done_callback(finished)
        return await asyncio.shield(work)

    def _touch(self, kept: Kept) -> None:
        kept.touched = self._clock()


def _check_id(name: str) -> None:
    """Raise NotServedError unless a path of a url can name an episode so."""
    if not 1 <= len(name) <= _ID_CHARACTERS or not name.isprintable():
        raise NotServedError(
            BAD_FIELD, f"episode_id: must have 1 to {_ID_CHARACTERS} printable characters."
        )
    if name in (".", "..") or any(each in name for each in _OF_URLS):
        raise NotServedError(
            BAD_FIELD, f"episode_id: must be neither . nor .. and hold none of {_OF_URLS}"
        )
