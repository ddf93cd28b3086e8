"""A chat model behind any OpenAI-compatible endpoint: requests, answers, failures by name."""

import json
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import httpx

from webenvs.errors import AbsentError, SettingError, bad_setting
from webenvs.players import completion
from webenvs.players.completion import Completion, Raw
from webenvs.text import clip, one_line

KEY_VARIABLE = "WEBENVS_ENDPOINT_KEY"
"""The environment variable that the key is read from when none is given."""

Fault = Literal["unreachable", "timeout", "broken", "status", "context", "malformed", "empty"]

_PATH = "/chat/completions"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_IN_ALL = 4  # an answer that drips may take so many times the timeout
_LARGEST = 64 * 2**20
_SHOWN = 200
_HIDDEN = "[key]"
_PASSING: frozenset[Fault] = frozenset({"unreachable", "timeout", "broken", "malformed"})
_TOO_LONG = re.compile(
    r"context[ _](length|window|size)|maximum context|max_model_len|longer than the model|"
    r"(prompt|input) is too long|too many (input )?tokens",
    re.IGNORECASE,
)


class EndpointError(AbsentError):
    """An endpoint gave no message; `fault` says how it failed, `status` is its HTTP status if any.

    unreachable: nobody answers there. timeout: the answer took too long. broken: it broke off.
    status: HTTP says no. context: it says that the messages are too long for the model.
    malformed: the answer is no chat completion. empty: the completion holds no text.
    """

    def __init__(
        self, fault: Fault, message: str, status: int | None = None, pause: float | None = None
    ) -> None:
        """`message` names the endpoint; `pause` are the seconds that it asks to be left alone."""
        super().__init__(message)
        self.fault: Fault = fault
        self.status = status
        self.pause = pause

    @property
    def passing(self) -> bool:
        """Whether the same request may well succeed later."""
        busy = self.status is not None and (self.status in (408, 429) or self.status >= 500)
        return self.fault in _PASSING or (self.fault == "status" and busy)


class Endpoint:
    """A client of one model at one endpoint; close it, or use it in a `with` statement.

    Threads may share it. The key goes into the request's Authorization header and nowhere else: no
    message of an error and no representation shows it.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: str | None = None,
        timeout: float = 60.0,
        retries: int = 2,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        """`url` is the base, as in http://localhost:8000/v1; `key` falls back to KEY_VARIABLE.

        `timeout` is in seconds, for connecting and for each wait for data; an answer may take four
        times as long in all. What may pass is tried `retries` times more, after a `pause` that
        doubles from half a second, or as long as the server asks for, at most 30 seconds. Raises
        SettingError.
        """
        if not _is_address(url):
            raise bad_setting("url", url, "an http or https address, as http://localhost:8000/v1")
        if httpx.URL(url).userinfo:
            raise SettingError(f"url must hold no password: put the key into {KEY_VARIABLE}.")
        if not model:
            raise bad_setting("model", model, "the name of a model that the endpoint serves")
        if timeout <= 0:
            raise bad_setting("timeout", timeout, "above 0 seconds")
        if retries < 0:
            raise bad_setting("retries", retries, "0 or more")
        self.url = url.rstrip("/").removesuffix(_PATH) + _PATH
        self.model = model
        self._retries = retries
        self._timeout = timeout
        self._stopped = threading.Event()
        self._pause = self._stopped.wait if pause is None else pause
        self._key = os.environ.get(KEY_VARIABLE, "") if key is None else key
        if not (self._key.isascii() and self._key.isprintable()):
            raise SettingError(f"The key ({KEY_VARIABLE}) must be printable ASCII text.")
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        many = httpx.Limits(max_connections=None)
        self._client = httpx.Client(timeout=timeout, headers=headers, limits=many)

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r}, {self.model!r})"

    def __enter__(self) -> "Endpoint":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def stop(self) -> None:
        """Have every thread that waits for a next try give up; nothing is sent any more."""
        self._stopped.set()

    def chat(self, messages: Sequence[Mapping[str, Any]], **sampling: Any) -> str:
        """The text of the model's next message; raises EndpointError once the retries are used up.

        `sampling` goes into the request as it is (temperature, top_p, max_tokens, seed, ...).
        """
        said, _ = self.complete({"model": self.model, "messages": list(messages), **sampling})
        if not said.text.strip():
            raise EndpointError("empty", f"{self.url} answered with a choice without text.")
        return said.text

    def complete(self, body: Mapping[str, Any]) -> tuple[Completion, Raw]:
        """The completion that a request gets, read and as it came; raises as `chat` does.

        A request with `stream` is answered by events, which are the raw answer then.
        """
        for attempt in range(self._retries + 1):
            if self._stopped.is_set():
                raise EndpointError("unreachable", f"{self.url} is not asked any more.")
            try:
                return self._tried(body)
            except EndpointError as error:
                if attempt == self._retries or not error.passing:
                    raise
                pause = _FIRST_PAUSE * 2**attempt if error.pause is None else error.pause
                self._pause(min(_LONGEST_PAUSE, pause))
        raise AssertionError("the last attempt returns or raises")

    def _tried(self, body: Mapping[str, Any]) -> tuple[Completion, Raw]:
        sent = json.dumps(body, allow_nan=False).encode()
        try:
            with self._client.stream("POST", self.url, content=sent) as response:
                content = self._content(response)
                if not response.is_success:
                    raise self._refusal(response, content.decode(errors="replace"))
        except httpx.TimeoutException:
            raise self._late() from None
        except httpx.HTTPError as error:
            what = self._shown(str(error) or type(error).__name__)
            raise EndpointError("unreachable", f"{self.url} cannot be reached: {what}.") from None
        return self._read(content, stream=bool(body.get("stream")))

    def _content(self, response: httpx.Response) -> bytes:
        """All that a response holds, up to the end of its events if it is made of them."""
        end = time.monotonic() + _IN_ALL * self._timeout
        content = bytearray()
        try:
            for part in response.iter_bytes():
                content += part
                if len(content) > _LARGEST:
                    raise EndpointError("malformed", f"{self.url} answers without end.")
                if time.monotonic() > end:
                    raise self._late()
                if content[-20:].rstrip().endswith(completion.DONE):
                    break
        except (httpx.NetworkError, httpx.RemoteProtocolError, httpx.DecodingError) as error:
            what = self._shown(str(error) or type(error).__name__)
            raise EndpointError("broken", f"{self.url} broke off its answer: {what}.") from None
        return bytes(content)

    def _read(self, content: bytes, *, stream: bool) -> tuple[Completion, Raw]:
        try:
            raw = completion.decoded(content, stream=stream)
            return completion.read(raw), raw
        except EOFError:
            raise EndpointError("broken", f"{self.url} broke off its stream.") from None
        except ValueError:
            said = self._shown(content.decode(errors="replace"))
            message = f"{self.url} answered with no chat completion: {said or '(nothing)'}"
            raise EndpointError("malformed", message) from None

    def _refusal(self, response: httpx.Response, text: str) -> EndpointError:
        """The error of an answer without success."""
        said = self._shown(text)
        message = f"{self.url} answered HTTP {response.status_code}: {said or '(nothing)'}"
        status = response.status_code
        if status in (400, 413, 422) and _TOO_LONG.search(text):
            return EndpointError("context", message, status)
        return EndpointError("status", message, status, _wished_pause(response))

    def _late(self) -> EndpointError:
        return EndpointError("timeout", f"{self.url} did not answer in time.")

    def _shown(self, text: str) -> str:
        """Foreign text fit for a message: one short line without the key."""
        if self._key:
            text = text.replace(self._key, _HIDDEN)
        return clip(one_line(text), _SHOWN)


def _is_address(url: str) -> bool:
    """Whether a request can be sent there."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)


def _wished_pause(response: httpx.Response) -> float | None:
    """The seconds that a Retry-After header asks for, if it does so in seconds."""
    wish = response.headers.get("retry-after", "")
    return float(wish) if wish.isascii() and wish.isdecimal() else None
