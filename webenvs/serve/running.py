"""A server that runs until it is told to stop: its socket, its signals, its last words."""

import contextlib
import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from webenvs.errors import SettingError, bad_setting

_GRACE = 3  # seconds in which what is under way may end
_KEPT = 120  # seconds for which a silent connection is kept


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that binds to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bound(host: str, port: int) -> socket.socket:
    """A socket at an address, port 0 being any that is free.

    Raises SettingError for a port in use, or that may not be bound, and for no address.
    """
    if not 0 <= port <= 65_535:
        raise bad_setting("port", port, "0 (any that is free) to 65535")
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, proto)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingError(f"host = {host!r} is no address to bind to: {reason}.") from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(2048)
    except OSError as error:
        made.close()
        reason = error.strerror or str(error)
        raise SettingError(
            f"port = {port} of {host} cannot be bound: {reason}. Name another --port, or 0."
        ) from error
    made.set_inheritable(True)
    return made


def url_of(made: socket.socket) -> str:
    """Where a socket is reached."""
    host, port = made.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def config_of(app: ASGIApp, body: int) -> uvicorn.Config:
    """How an application is served: connections are kept while a model thinks."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_max_size=body,
        timeout_keep_alive=_KEPT,
        timeout_graceful_shutdown=_GRACE,
        lifespan="on",
    )


def run(app: ASGIApp, made: socket.socket, body: int, started: Callable[[], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; `started` is called once requests are taken."""
    with _quiet(), made:
        _Server(config_of(app, body), started).run(sockets=[made])


class _Server(uvicorn.Server):
    """A server that says when it has started."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._told = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self._told()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Leave a signal that has stopped the server at that: it is sent on when all is closed."""

    def seen(number: int, frame: FrameType | None) -> None:
        return None

    signals = (signal.SIGINT, signal.SIGTERM)
    before: dict[signal.Signals, Any] = {each: signal.signal(each, seen) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
