"""A web server on the loopback that does to a client what a server can, and clients to meet it."""

import asyncio
import contextlib
import gzip
import socket
import socketserver
import struct
import threading
from typing import NamedTuple

import pytest

from webenvs.recording.client import Client, FetchSettings
from webenvs.recording.guard import Guard


class Asked(NamedTuple):
    """A request that reached the server."""

    path: str
    headers: dict


def answer(body=b"", status="200 OK", kind="text/html", headers=(), version="HTTP/1.1"):
    """The bytes of an ordinary response."""
    body = body.encode() if isinstance(body, str) else body
    rows = [f"{version} {status}", f"Content-Length: {len(body)}", "Connection: close"]
    rows += [f"Content-Type: {kind}"] if kind else []
    rows += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(rows).encode("latin-1") + b"\r\n\r\n" + body


class Site(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Routes map a path to bytes, or to a function of the site and the socket."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.routes, self.asked = {}, []
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.active = self.most = 0
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def host(self):
        return f"127.0.0.1:{self.server_address[1]}"

    def url(self, path="/", host=None):
        return f"http://{host or self.host}{path}"

    def page(self, path, body, **settings):
        self.routes[path] = answer(body, **settings)

    def paths(self):
        return [asked.path for asked in self.asked]

    def handle_error(self, request, client_address):
        """A client that hangs up is what is tested."""


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        site, head = self.server, b""
        while b"\r\n\r\n" not in head:
            part = self.request.recv(65536)
            if not part:
                return
            head += part
        first, *rows = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        path = first.split(" ")[1]
        headers = {name.lower(): value for name, _, value in (row.partition(": ") for row in rows)}
        with site.lock:
            site.asked.append(Asked(path, headers))
            site.active += 1
            site.most = max(site.most, site.active)
        try:
            route = site.routes.get(path, answer("<p>nothing here", "404 Not Found"))
            with contextlib.suppress(OSError):
                self.request.sendall(route) if isinstance(route, bytes) else route(
                    site, self.request
                )
        finally:
            with site.lock:
                site.active -= 1


@pytest.fixture
def site():
    """A server with nothing on it."""
    with Site() as made:
        yield made
        made.over.set()
        made.shutdown()


@pytest.fixture
def other_site():
    """A second one: another origin."""
    with Site() as made:
        yield made
        made.over.set()
        made.shutdown()


@pytest.fixture
def ordinary():
    """The function that makes the bytes of an ordinary response."""
    return answer


class Hostile:
    """Routes that misbehave."""

    HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"

    def slow(self, first):
        """`first`, then a byte now and then for ever."""

        def route(site, connection):
            connection.sendall(first)
            while not site.over.wait(0.05):
                connection.sendall(b"x")

        return route

    def slow_head(self):
        return self.slow(b"HTTP/1.1 200 OK\r\nX-Slow: ")

    def slow_body(self):
        return self.slow(self.HEAD + b"Content-Length: 1000000\r\n\r\n")

    def silent(self, site, connection):
        site.over.wait(10)

    def endless(self, site, connection):
        connection.sendall(self.HEAD + b"\r\n")
        while not site.over.is_set():
            connection.sendall(b"<p>more " * 4096)

    def bomb(self, megabytes):
        body = gzip.compress(bytes(megabytes * 2**20), 9)
        return answer(body, headers=[("Content-Encoding", "gzip")])

    def reset(self, site, connection):
        connection.sendall(self.HEAD + b"Content-Length: 1000\r\n\r\n<p>half")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def too_short(self):
        return self.HEAD + b"Content-Length: 1000\r\n\r\n<p>less than said"

    def too_long(self):
        return self.HEAD + b"Content-Length: 5\r\n\r\n<p>ab and much more than was said"

    def huge_headers(self):
        return self.HEAD + b"X-Huge: " + b"x" * 500_000 + b"\r\n\r\n<p>text"

    def many_headers(self):
        return self.HEAD + b"X-More: xxxxxxxx\r\n" * 30_000 + b"\r\n<p>text"


@pytest.fixture
def hostile():
    """Routes that misbehave."""
    return Hostile()


class Clock:
    """Time that passes only when somebody sleeps; `slept` are the seconds of each sleep."""

    def __init__(self):
        self.time, self.slept = 0.0, []

    def now(self):
        return self.time

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock():
    """A clock of the test's own."""
    return Clock()


@pytest.fixture
def quick(site):
    """Settings for the server of the test: it is allowed by name, and nothing waits."""

    def settings(**changes):
        quickly = {"allow": (site.host,), "delay": 0, "retries": 0, "robots": False, "timeout": 5}
        return FetchSettings(**{**quickly, **changes})

    return settings


@pytest.fixture
def get(quick, clock):
    """Fetch urls one after the other with one client; the last response."""

    def ask(*urls, resolver=None, context=None, **changes):
        async def run():
            settings = quick(**changes)
            guard = Guard(settings.allow, resolver) if resolver else None
            async with Client(settings, guard, context, clock.sleep, clock.now) as client:
                for url in urls:
                    response = await client.get(url)
                return response

        return asyncio.run(run())

    return ask
