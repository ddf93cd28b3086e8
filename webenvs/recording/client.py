"""The client that fetches pages: guarded, polite, patient up to a limit, and without memory.

One call asks one url once, or again where that may help; redirects are the caller's, so that every
hop is checked and recorded. No cookie is kept, no proxy is taken from the environment, and a header
that was given for one origin is sent to no other.
"""

import asyncio
import email.utils
import functools
import math
import re
import ssl
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import httpcore
import httpx

from webenvs.errors import CorpusError, SettingError, bad_setting
from webenvs.recording.connecting import GuardedTransport
from webenvs.recording.decoding import ACCEPTED, TooLargeError, unpacked
from webenvs.recording.guard import Guard, RefusedError, Target, target_of
from webenvs.recording.pacing import Now, Pacer, Sleep
from webenvs.recording.response import PASSING, REDIRECTS, Response
from webenvs.recording.robots import SIZE_LIMIT, Rules, read_robots
from webenvs.recording.scrubbing import scrubbed_url
from webenvs.records import Record
from webenvs.text import clip, one_line, printable

Fault = Literal[
    "refused", "robots", "unreachable", "timeout", "broken", "too_large", "status", "redirects"
]
"""How fetching fails; see FetchError."""

_FIRST_PAUSE = 0.5
_ROBOTS_HOPS = 5
_LARGEST = 2**28  # bytes of a page that a recording can read again, as text in JSON
_SHOWN = 200
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class FetchError(CorpusError):
    """A page could not be fetched; `fault` says how, `pause` for how long the host will not answer.

    refused: the guard forbids it. robots: robots.txt does. unreachable: nobody answers. timeout: it
    took too long. broken: what came is no HTTP, or ends too early. too_large: past the size limit.
    status: a status that may pass. redirects: too many of them.
    """

    def __init__(self, fault: Fault, message: str, pause: float | None = None) -> None:
        """`message` names the url, without its secrets."""
        super().__init__(message)
        self.fault: Fault = fault
        self.pause = pause

    @property
    def passing(self) -> bool:
        """Whether the same request may well succeed soon."""
        return self.fault in ("unreachable", "timeout", "broken", "status")


class FetchSettings(Record, frozen=True, kw_only=True):
    """How pages are fetched: times in seconds, sizes in bytes.

    `timeout` bounds each wait for the network, `total_time` one answer from first to last byte.
    `retries` counts attempts after the first; each pause is twice the one before, or what the host
    asks for, and where that is over `longest_pause` the page is given up. `delay` lies between the
    beginnings of two requests to one host, `per_host` of which run at once. `headers` maps an
    origin such as "https://api.example" to what is sent to it alone. `certificates` is a PEM file
    of authorities to trust besides the public ones.
    """

    allow: tuple[str, ...] = ()
    user_agent: str = "webenvs-recorder/1.0"
    timeout: float = 15.0
    total_time: float = 60.0
    size_limit: int = 10_000_000
    redirects: int = 10
    retries: int = 3
    longest_pause: float = 60.0
    delay: float = 0.5
    per_host: int = 2
    concurrency: int = 8
    robots: bool = True
    headers: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    certificates: str = ""

    def __post_init__(self) -> None:
        """Raise SettingError for a setting that is out of range."""
        for name in ("timeout", "total_time", "size_limit", "per_host", "concurrency"):
            if not 0 < getattr(self, name) < math.inf:  # false for NaN too
                raise bad_setting(name, getattr(self, name), "above 0")
        for name in ("redirects", "retries", "longest_pause", "delay"):
            if not 0 <= getattr(self, name) < math.inf:
                raise bad_setting(name, getattr(self, name), "0 or more")
        if self.size_limit > _LARGEST:
            raise bad_setting("size_limit", self.size_limit, f"at most {_LARGEST}")
        agent = self.user_agent
        if not agent.strip() or not (agent.isascii() and agent.isprintable()):
            raise bad_setting("user_agent", agent, "a line of printable ASCII")
        for origin, headers in self.headers.items():
            if target_of(origin).origin != origin.rstrip("/"):
                raise bad_setting("headers", origin, "by origin, such as https://api.example")
            for name, value in headers.items():
                _check_header(name, value)


class Client:
    """Fetches pages; to be used in an `async with` statement."""

    def __init__(
        self,
        settings: FetchSettings,
        guard: Guard | None = None,
        context: ssl.SSLContext | None = None,
        sleep: Sleep = asyncio.sleep,
        now: Now = time.monotonic,
    ) -> None:
        """`guard` and `context`, which verifies certificates, are of the settings by default.

        Raises SettingError for settings that no guard or context can be made of.
        """
        self.settings = settings
        self.guard = guard or Guard(settings.allow)
        self._sleep = sleep
        self._pacer = Pacer(settings.concurrency, settings.per_host, sleep, now)
        self._rules: dict[str, Rules | FetchError] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._transport = GuardedTransport(
            self.guard,
            context or _trusting(settings.certificates),
            settings.concurrency,
        )

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._transport.aclose()

    async def get(self, url: str) -> Response:
        """What the server of `url` answers, a redirect included; raises FetchError."""
        self._target(url)
        rules = await self._rules_of(url) if self.settings.robots else Rules()
        if not rules.allows(url):
            raise FetchError("robots", f"{_shown(url)}: robots.txt asks programs to leave it alone")
        return await self._patiently(url, max(self.settings.delay, rules.delay))

    async def _rules_of(self, url: str) -> Rules:
        """What robots.txt asks at the origin of `url`; asked once, raises FetchError."""
        origin = self._target(url).origin
        async with self._locks.setdefault(origin, asyncio.Lock()):
            if origin not in self._rules:
                try:
                    self._rules[origin] = await self._read_rules(f"{origin}/robots.txt")
                except FetchError as error:
                    self._rules[origin] = error
        found = self._rules[origin]
        if isinstance(found, FetchError):
            raise FetchError(found.fault, str(found))
        return found

    async def _read_rules(self, url: str) -> Rules:
        """The rules at `url`: none where there is no such page, an error where nobody can say."""
        for _ in range(_ROBOTS_HOPS + 1):
            response = await self._patiently(url, self.settings.delay, SIZE_LIMIT)
            if response.target is None:
                break
            url = response.target
        if response.status >= 500:
            raise FetchError("robots", f"{_shown(url)} cannot be read: status {response.status}")
        if response.status != 200:
            return Rules()
        return read_robots(response.body, self.settings.user_agent)

    async def _patiently(self, url: str, delay: float, cut: int = 0) -> Response:
        """The answer to `url`, asked again after pauses while what fails may pass."""
        host = self._target(url).host
        pause = _FIRST_PAUSE
        for left in range(self.settings.retries, -1, -1):
            try:
                async with self._pacer.turn(host, delay):
                    return await self._once(url, cut)
            except FetchError as error:
                wait = pause if error.pause is None else max(pause, error.pause)
                if not error.passing or not left or wait > self.settings.longest_pause:
                    raise
            await self._sleep(wait)
            pause *= 2
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, url: str, cut: int) -> Response:
        shown, total = _shown(url), self.settings.total_time
        try:
            async with asyncio.timeout(total):
                return await self._exchange(url, cut)
        except RefusedError as error:
            raise FetchError("refused", str(error)) from error
        except TooLargeError as error:
            raise FetchError("too_large", f"{shown}: {error}") from error
        except TimeoutError as error:
            raise FetchError("timeout", f"{shown}: not done in {total:g} s") from error
        except (httpx.TimeoutException, httpcore.TimeoutException) as error:
            waited = self.settings.timeout
            raise FetchError("timeout", f"{shown}: no byte in {waited:g} s") from error
        except (httpcore.ConnectError, httpcore.UnsupportedProtocol, ssl.SSLError) as error:
            raise FetchError("unreachable", f"{shown}: {_reason(error)}") from error
        except (httpx.HTTPError, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise FetchError("broken", f"{shown}: {_reason(error)}") from error
        except (httpx.InvalidURL, ValueError) as error:
            raise FetchError("broken", f"{shown}: {_reason(error)}") from error

    async def _exchange(self, url: str, cut: int) -> Response:
        answer = await self._transport.handle_async_request(self._request(url))
        try:
            if answer.status_code in PASSING:
                said = f"{_shown(url)}: status {answer.status_code}"
                raise FetchError("status", said, _asked_pause(answer.headers))
            body = b""
            if answer.status_code not in REDIRECTS:
                limit = cut or self.settings.size_limit
                coding = answer.headers.get("content-encoding", "")
                body = await unpacked(answer.aiter_raw(), coding, limit, cut=bool(cut))
            return Response(
                url=url,
                status=answer.status_code,
                version=answer.http_version,
                headers=tuple(
                    (key, printable(value)) for key, value in answer.headers.multi_items()
                ),
                body=body,
            )
        finally:
            await answer.aclose()

    def _request(self, url: str) -> httpx.Request:
        """The request for `url`: the same for everybody, but for the headers of its origin."""
        headers = {
            "user-agent": self.settings.user_agent,
            "accept": "text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.5",
            "accept-encoding": ACCEPTED,
            **self.settings.headers.get(self._target(url).origin, {}),
        }
        waits = httpx.Timeout(self.settings.timeout).as_dict()
        return httpx.Request("GET", url, headers=headers, extensions={"timeout": waits})

    def _target(self, url: str) -> Target:
        try:
            return self.guard.target(url)
        except RefusedError as error:
            raise FetchError("refused", str(error)) from error


def _check_header(name: str, value: str) -> None:
    """Raise SettingError for a header that cannot be sent; its value, a secret, is not shown."""
    if not _HEADER_NAME.fullmatch(name):
        raise bad_setting("headers", name, "names of headers, such as Authorization")
    if not (value.isascii() and value.isprintable()):
        raise SettingError(
            f"headers: the value for {name!r} is not allowed: it must be one line of printable "
            "ASCII, without a line end."
        )


@functools.cache
def _trusting(certificates: str) -> ssl.SSLContext:
    """What verifies certificates: the roots that come with httpx, and those of a file."""
    context = httpx.create_ssl_context(trust_env=False)
    if certificates:
        try:
            context.load_verify_locations(certificates)
        except (OSError, ssl.SSLError) as error:
            said = f"a PEM file of certificates ({error})"
            raise bad_setting("certificates", certificates, said) from error
    return context


def _asked_pause(headers: httpx.Headers) -> float | None:
    """The seconds that a host asks to be left alone, or None; a date counts from its own Date."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal() and text.isascii():
        return float(text[:9])
    try:
        until = email.utils.parsedate_to_datetime(text)
        now = email.utils.parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _shown(url: str) -> str:
    return clip(printable(scrubbed_url(url)), _SHOWN)


def _reason(error: BaseException) -> str:
    return clip(printable(one_line(str(error))), _SHOWN) or type(error).__name__
