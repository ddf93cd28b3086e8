"""Simulated failures: what a call meets instead of the web."""

from webenvs.noise.draw import Draw
from webenvs.noise.model import Failure, Scene
from webenvs.records import Record


class Timeout(Record, frozen=True, kw_only=True):
    """No answer came within `seconds`."""

    seconds: float = 30

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """A time-out."""
        content = f"The request timed out after {self.seconds:g} s. You can try again."
        return Failure(status="timeout", content=content, seconds=self.seconds)


class RateLimited(Record, frozen=True, kw_only=True):
    """HTTP 429."""

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """Too many requests."""
        content = "Too many requests (HTTP 429). You can try again."
        return Failure(status="rate_limited", content=content, seconds=0.1)


class ServerError(Record, frozen=True, kw_only=True):
    """HTTP 503."""

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """The server failed."""
        content = "The server failed (HTTP 503). You can try again."
        return Failure(status="server_error", content=content, seconds=0.5)
