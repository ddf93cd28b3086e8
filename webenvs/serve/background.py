"""A server beside the program that needs it: for trials, tests and notebooks."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn

from webenvs.catalog import tool_envs
from webenvs.errors import SettingError
from webenvs.serve.app import Application, application
from webenvs.serve.limits import Limits
from webenvs.serve.running import bound, config_of, url_of

_PATIENCE = 30


@contextlib.contextmanager
def serving(env: str, *, port: int = 0, **settings: Any) -> Iterator[str]:
    """Serve an id on this machine until the context ends; the url of the server.

    `settings` are what `catalog.tool_envs` takes. Raises what it raises, and SettingError for a
    port that cannot be had.
    """
    with listening(application(tool_envs(env, **settings)), port) as url:
        yield url


@contextlib.contextmanager
def listening(served: Application, port: int = 0) -> Iterator[str]:
    """Serve an application in a thread until the context ends; the url of the server."""
    with bound("127.0.0.1", port) as made:
        server = uvicorn.Server(config_of(served.asgi, Limits().body))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [made]}, daemon=True)
        thread.start()
        try:
            _wait(server, thread)
            yield url_of(made)
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    """Wait until the server takes requests; raises SettingError if it does not."""
    while not server.started:
        if not thread.is_alive():
            raise SettingError("The server did not start; its log says why.")
        thread.join(0.01)
