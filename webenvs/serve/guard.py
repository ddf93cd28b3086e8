"""What stands before every door: token, host and size, and the digest in every answer."""

import hmac
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webenvs.records import Record
from webenvs.serve.bodies import answer
from webenvs.serve.refusal import NO_TOKEN, OTHER_HOST, TOO_LARGE, NotServedError

OPEN = frozenset({"/health"})
"""What anybody may ask, without a token."""
PLAYERS = frozenset({"/retrieve", "/access", "/mcp", "/browse/mcp"})
"""The doors that models are let through; all others are those of trainers."""
TRUSTED = "webenvs.trusted"
"""Where the scope of a request says that it has a trainer's right, which some methods ask for."""
_POLICY_VIOLATION = 1008
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class Keys(Record, frozen=True, kw_only=True):
    """Tokens: `token` opens every door; with a `trainer` one, which does too, only players'."""

    token: str | None = None
    trainer: str | None = None

    def __repr__(self) -> str:
        return "Keys(...)"

    def allows(self, path: str, authorization: str) -> bool:
        """Whether a header opens a door; compared in a time that tells nothing."""
        if path in OPEN or self.trusts(authorization):
            return True
        own = self.trainer is None or path in PLAYERS
        return own and (self.token is None or _has(authorization, self.token))

    def trusts(self, authorization: str) -> bool:
        """Whether a header has the right of trainers: all that are let in, without such a token."""
        key = self.token if self.trainer is None else self.trainer
        return key is None or _has(authorization, key)


class Guard:
    """An application behind keys, a limit of size and, if `local`, a check of the host asked for.

    The check of the host keeps pages in a browser from reaching a server that has no token.
    """

    def __init__(
        self, app: ASGIApp, keys: Keys, body: int, digests: Mapping[str, str], local: bool
    ) -> None:
        self._app, self._keys, self._body, self._local = app, keys, body, local
        self._digests = dict(digests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what is allowed."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope[TRUSTED] = self._keys.trusts(_authorization(scope))
        refusal = self._refused(scope)
        if refusal is None and scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        marked = self._marked(send)
        try:
            if refusal is not None:
                raise refusal
            await self._app(scope, self._counted(receive), marked)
        except NotServedError as refused:
            await told(refused)(scope, receive, marked)

    def _refused(self, scope: Scope) -> NotServedError | None:
        headers = Headers(scope=scope)
        if self._local and not _is_local(headers):
            return NotServedError(
                OTHER_HOST, "host: this server answers to its loopback address alone."
            )
        if not self._keys.allows(scope["path"], _authorization(scope)):
            return NotServedError(NO_TOKEN, "authorization: a right bearer token is needed.")
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:20]) > self._body:
            return self._too_large()
        return None

    def _too_large(self) -> NotServedError:
        return NotServedError(TOO_LARGE, f"body: at most {self._body:,} bytes are read.")

    def _counted(self, receive: Receive) -> Receive:
        """The body of a request, refused where it is longer than it may be."""
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._body:
                raise self._too_large()
            return message

        return counted

    def _marked(self, send: Send) -> Send:
        """Answers with the digests in their headers."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._digests.items():
                    headers[name] = value
            await send(message)

        return marked


def told(refusal: NotServedError) -> ASGIApp:
    """A refusal as an answer."""
    response = answer({"detail": refusal.message}, status=refusal.status)
    if refusal.status == NO_TOKEN:
        response.headers["www-authenticate"] = "Bearer"
    return response


def _authorization(scope: Scope) -> str:
    return Headers(scope=scope).get("authorization", "")


def _has(authorization: str, key: str) -> bool:
    """Whether a header brings the key as a bearer token."""
    kind, _, given = authorization.partition(" ")
    return hmac.compare_digest(given.encode(), key.encode()) and kind.lower() == "bearer"


def _is_local(headers: Headers) -> bool:
    """Whether a request was meant for a loopback address, and comes from no other page."""
    origin = headers.get("origin")
    return _name(headers.get("host", "")) in _LOCAL and (
        origin is None or _name(origin.partition("://")[2]) in _LOCAL
    )


def _name(host: str) -> str:
    """A host without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
