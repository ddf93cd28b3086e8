"""Simulated failures: what a call meets instead of the web."""

from typing import Annotated

import msgspec

from webenvs.noise.draw import Draw
from webenvs.noise.model import Failure, Scene, Seconds
from webenvs.records import Record
from webenvs.seeding import uniform

Calls = Annotated[int, msgspec.Meta(ge=0)]


class Timeout(Record, frozen=True, kw_only=True):
    """No answer came within `seconds`."""

    seconds: Seconds = 30

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """A time-out."""
        content = f"The request timed out after {self.seconds:g} s. You can try again."
        return Failure(status="timeout", content=content, seconds=self.seconds)


class RateLimited(Record, frozen=True, kw_only=True):
    """HTTP 429; it names a time to wait if `retry_after` does, in seconds."""

    retry_after: Seconds | None = None

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """Too many requests."""
        wait = self.retry_after
        if wait is None:
            content = "Too many requests (HTTP 429). You can try again."
            return Failure(status="rate_limited", content=content, seconds=0.1)
        content = f"Too many requests (HTTP 429). You can try again after {wait:g} s."
        detail = {"retry_after": wait}
        return Failure(status="rate_limited", content=content, seconds=0.1, detail=detail)


class ServerError(Record, frozen=True, kw_only=True):
    """HTTP 503."""

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """The server failed."""
        content = "The server failed (HTTP 503). You can try again."
        return Failure(status="server_error", content=content, seconds=0.5)


class InternalError(Record, frozen=True, kw_only=True):
    """HTTP 500."""

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """The server failed in its own way."""
        content = "The server met an internal error (HTTP 500)."
        return Failure(status="server_error", content=content, seconds=0.5)


class Refused(Record, frozen=True, kw_only=True):
    """Nobody listens at the other end."""

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """The connection was refused."""
        content = "The connection was refused. You can try again."
        return Failure(status="refused", content=content, seconds=0.05)


class Forbidden(Record, frozen=True, kw_only=True):
    """HTTP 403."""

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """Access was denied."""
        content = "Access was denied (HTTP 403)."
        return Failure(status="blocked", content=content, seconds=0.1)


class Gone(Record, frozen=True, kw_only=True):
    """HTTP 404 for a page that there is."""

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """The page was not found."""
        content = "The page was not found (HTTP 404)."
        return Failure(status="not_found", content=content, seconds=0.1)


class Quota(Record, frozen=True, kw_only=True):
    """A tool answers `calls` calls of the whole episode and no more, if the episode is struck.

    Drawn once an episode and tool; all players share what is left.
    """

    calls: Calls = 5

    def strikes(self, rate: float, draw: Draw, scene: Scene) -> bool:
        """Whether the episode has this quota, and it is used up."""
        return scene.used >= self.calls and uniform(scene.seed, "quota", scene.tool) < rate

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """The quota is used up."""
        content = f"The quota of {self.calls} calls is used up: nothing more will be answered."
        return Failure(
            status="quota_exhausted", content=content, seconds=0.1, detail={"used": scene.used}
        )


class Outage(Record, frozen=True, kw_only=True):
    """The web is down for `window` web calls of the episode in a row, whatever they are."""

    window: Annotated[int, msgspec.Meta(ge=1)] = 3

    def strikes(self, rate: float, draw: Draw, scene: Scene) -> bool:
        """Whether the window that the call falls in is down."""
        return uniform(scene.seed, "outage", scene.number // self.window) < rate

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """Nothing can be reached."""
        content = "The network is down: nothing can be reached at the moment. Try again later."
        detail = {"window": scene.number // self.window}
        return Failure(status="server_error", content=content, seconds=1, detail=detail)
