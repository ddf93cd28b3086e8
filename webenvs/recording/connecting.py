"""Connections that lead only where the guard lets them: checked address and connected one are one.

The name is resolved once, each address is checked, and the socket is opened to that very address;
the Host header and the name that TLS certifies stay those of the url.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import h2.exceptions
import httpcore
import httpx

from webenvs.recording.guard import Guard

_TRIED = 4  # addresses of one host


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens the sockets of a connection pool to addresses that the guard has checked."""

    def __init__(self, guard: Guard) -> None:
        """Every connection is checked by `guard`."""
        self._guard = guard
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A stream to the first address of the host that answers.

        Raises RefusedError if the host is nowhere it may be asked.
        """
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in (await self._addresses(host, port, timeout))[:_TRIED]:
            try:
                return await self._sockets.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, host: str, port: int, timeout: float | None) -> tuple[str, ...]:
        try:
            asked = asyncio.to_thread(self._guard.addresses, host, port)
            return await asyncio.wait_for(asked, timeout)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from error
        except OSError as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error


class _Stream(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _named():
            async for part in self._response.aiter_stream():
                yield part

    async def aclose(self) -> None:
        with _named():
            await self._response.aclose()


@contextlib.contextmanager
def _named() -> Iterator[None]:
    """Errors of h2, which httpcore lets through in mid-body, as the errors of httpcore they are."""
    try:
        yield
    except h2.exceptions.H2Error as error:
        raise httpcore.RemoteProtocolError(str(error)) from error


class GuardedTransport(httpx.AsyncBaseTransport):
    """An httpx transport, for HTTP/1.1 and HTTP/2, whose urls and connections are guarded.

    What fails below is raised as httpcore raises it.
    """

    def __init__(self, guard: Guard, context: ssl.SSLContext, connections: int) -> None:
        """`context` verifies certificates; at most `connections` are open at once."""
        self._guard = guard
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=connections,
            keepalive_expiry=5.0,
            http2=True,
            network_backend=GuardedBackend(guard),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response to one request; redirects are not followed."""
        self._guard.target(str(request.url))
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        asked = httpcore.Request(
            request.method, url, headers=request.headers.raw, extensions=request.extensions
        )
        with _named():
            response = await self._pool.handle_async_request(asked)
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Stream(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()
