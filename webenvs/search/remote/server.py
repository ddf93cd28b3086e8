"""A server of search or embeddings over HTTP: JSON asked and answered, failures with their url."""

import os
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import msgspec

from webenvs.errors import SearchServerError, SettingError, bad_setting
from webenvs.text import clip, one_line, printable

ANSWER_BYTES = 64 * 2**20
"""An answer longer than this, unpacked, is refused."""

_BUSY = (408, 429, 500, 502, 503, 504)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_SHOWN = 200
_HIDDEN = "[secret]"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Credentials:
    """Who asks: a key, or a user and a password, or nobody; never written down."""

    def __init__(self, scheme: str, key: str = "", user: str = "", password: str = "") -> None:
        """`scheme` is what stands before a key: "Bearer", "ApiKey"."""
        self.auth = httpx.BasicAuth(user, password) if user else None
        self.headers = {"Authorization": f"{scheme} {key}"} if key and not user else {}
        self.secrets = tuple(value for value in (key, password) if value)

    @classmethod
    def from_environment(cls, prefix: str, scheme: str) -> "Credentials":
        """Those of the variables PREFIX_KEY, or PREFIX_USER and PREFIX_PASSWORD, if they are set.

        Raises SettingError for what cannot be sent.
        """
        names = (f"{prefix}_{name}" for name in ("KEY", "USER", "PASSWORD"))
        key, user, password = map(secret_of, names)
        if bool(user) != bool(password):
            raise SettingError(f"{prefix}_USER and {prefix}_PASSWORD belong together.")
        return cls(scheme, key, user, password)

    def __bool__(self) -> bool:
        return bool(self.secrets)

    def __repr__(self) -> str:
        return f"Credentials({'given' if self else 'none'})"


class Server:
    """A client of one server of search or embeddings.

    Connections are not kept: what asks is asked once a query and then recorded, and a process that
    forks shares none. Redirects are not followed, so no credentials go elsewhere.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        timeout: float = 30.0,
        retries: int = 2,
        certificates: str | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`timeout` in seconds for connecting and for the whole answer; `retries` after the first.

        What may pass (no connection, no answer in time, 408, 429, 5xx) is tried again after a
        `pause` that doubles from half a second, or as long as the server asks for, at most 30
        seconds. `certificates` is a file of authorities to trust. Raises SettingError.
        """
        parsed = httpx.URL(url)
        if credentials and parsed.scheme != "https" and parsed.host not in _LOOPBACK:
            raise bad_setting("url", url, "https where a key or a password is sent")
        self.url = url
        self._credentials = credentials
        self._timeout = timeout
        self._retries = retries
        self._pause = pause
        self._context = _context(certificates) if parsed.scheme == "https" else False

    def __repr__(self) -> str:
        return f"Server({self.url!r})"

    def answer(self, body: Mapping[str, Any]) -> Any:
        """The JSON that the server answers to this one; raises SearchServerError."""
        content = msgspec.json.encode(body)
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            try:
                status, headers, found = self._post(content)
            except httpx.TimeoutException:
                fault = f"{self.url} did not answer within {self._timeout:g} seconds."
                wish = None
            except httpx.DecodingError as error:
                raise SearchServerError(
                    f"{self.url} answered what cannot be unpacked: {error}."
                ) from None
            except httpx.HTTPError as error:
                fault = f"{self.url} cannot be reached: {self._shown(str(error)) or type(error)}."
                wish = None
            else:
                if 200 <= status < 300:
                    return self._decoded(found)
                said = self._shown(found.decode("utf-8", "replace")) or "(nothing)"
                fault = f"{self.url} answered HTTP {status}: {said}"
                if status not in _BUSY:
                    raise SearchServerError(fault)
                wish = _seconds(headers.get("retry-after", ""))
            if last:
                raise SearchServerError(fault)
            self._pause(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt if wish is None else wish))
        raise AssertionError("the last attempt returns or raises")

    def _post(self, content: bytes) -> tuple[int, httpx.Headers, bytes]:
        """Status, headers and body of an answer of allowed length, all there in time."""
        due = time.monotonic() + self._timeout
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        with (
            httpx.Client(
                timeout=self._timeout,
                verify=self._context,
                headers=headers | self._credentials.headers,
                auth=self._credentials.auth,
            ) as client,
            client.stream("POST", self.url, content=content) as response,
        ):
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES:
                    raise SearchServerError(
                        f"{self.url} answered more than {ANSWER_BYTES // 2**20} MiB."
                    )
                if time.monotonic() > due:
                    raise httpx.ReadTimeout("the answer came too slowly")
            return response.status_code, response.headers, bytes(body)

    def _decoded(self, body: bytes) -> Any:
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            said = self._shown(body[: 4 * _SHOWN].decode("utf-8", "replace")) or "(nothing)"
            raise SearchServerError(f"{self.url} answered what is not JSON: {said}") from None

    def _shown(self, text: str) -> str:
        """Foreign text fit for a message: one short line without secrets."""
        for secret in self._credentials.secrets:
            text = text.replace(secret, _HIDDEN)
        return clip(one_line(printable(text)), _SHOWN)


def secret_of(variable: str) -> str:
    """The value of an environment variable, empty if it is not set; SettingError for no ASCII."""
    value = os.environ.get(variable, "")
    if not (value.isascii() and value.isprintable()):
        raise SettingError(f"{variable} must be printable ASCII text.")
    return value


def address(url: str, path: str) -> str:
    """`url`, which ends in `path` then; raises SettingError unless a request can be sent there."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise bad_setting("url", url, "an http or https address, as http://localhost:8000")
    if parsed.userinfo:
        raise SettingError(
            f"The url of {parsed.host} must not hold a password: it would be stored. "
            "Put it into the environment."
        )
    if parsed.query or parsed.fragment:
        raise bad_setting("url", url, "an address without a query or a fragment")
    return url.rstrip("/").removesuffix(path) + path


def _context(certificates: str | None) -> ssl.SSLContext:
    if certificates is None:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=certificates)
    except (OSError, ssl.SSLError) as error:
        allowed = f"a file of certificates in PEM form ({error})"
        raise bad_setting("certificates", certificates, allowed) from None


def _seconds(wish: str) -> float | None:
    """The seconds that a Retry-After header asks for, if it does so in seconds."""
    return float(wish) if wish.isascii() and wish.isdecimal() else None
