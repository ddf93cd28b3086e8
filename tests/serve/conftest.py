"""Servers on the small web: one whose application is called directly, one on a real socket."""

import contextlib
import os
import re
import subprocess
import sys
from typing import NamedTuple

import pytest

from webenvs import catalog

MAIN = "from webenvs.cli.main import main; main()"


class Live(NamedTuple):
    """A server that runs: where it is, how it is asked, and what it keeps."""

    url: str
    client: object
    episodes: object


@pytest.fixture
def envs(small_corpus, small_tasks):
    """Make what makes environments on the small web; settings as everywhere."""

    def make(**settings):
        parts = {"corpus": small_corpus, "tasks": small_tasks, "split": "train", **settings}
        return catalog.tool_envs("Tasks-v0", **parts)

    return make


@contextlib.contextmanager
def listening(served):
    """Serve an application on a socket of this machine until the context ends."""
    import httpx

    from webenvs.serve import background

    with (
        background.listening(served) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        yield Live(url, client, served.episodes)


@contextlib.contextmanager
def called(served):
    """Call an application without a socket."""
    from starlette.testclient import TestClient

    client = TestClient(served.asgi, base_url="http://127.0.0.1", raise_server_exceptions=False)
    with client:
        yield Live("http://127.0.0.1", client, served.episodes)


@pytest.fixture
def serve(envs):
    """Start a server that is called directly; limits and keys as `application` takes them."""
    from webenvs.serve.app import application

    with contextlib.ExitStack() as stack:

        def start(make=None, options=None, **settings):
            served = application(make or envs(**settings), **(options or {}))
            return stack.enter_context(called(served))

        yield start


@pytest.fixture
def listen(envs):
    """Start a server on a real socket."""
    from webenvs.serve.app import application

    with contextlib.ExitStack() as stack:

        def start(make=None, options=None, **settings):
            served = application(make or envs(**settings), **(options or {}))
            return stack.enter_context(listening(served))

        yield start


@pytest.fixture(params=["called", "socket"])
def start(request):
    """Both ways to reach a server."""
    return request.getfixturevalue("serve" if request.param == "called" else "listen")


def where(said):
    """The url in what a server printed."""
    return re.search(r"at (http://\S+)", said)[1]


@pytest.fixture
def process():
    """Start `webenvs serve` and wait until it takes requests; killed at the end if need be."""
    started = []

    def start(*arguments, **environment):
        made = subprocess.Popen(
            [sys.executable, "-c", MAIN, "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        started.append(made)
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(made.stdout.readline())
            assert lines[-1], made.stderr.read()
        return made, "".join(lines)

    yield start
    for made in started:
        made.kill()
        made.communicate()
