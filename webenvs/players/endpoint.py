"""A chat model behind any OpenAI-compatible endpoint: messages in, text out, failures named."""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import httpx
import msgspec

from webenvs.errors import PlayerError, SettingError, bad_setting
from webenvs.text import clip, one_line

KEY_VARIABLE = "WEBENVS_ENDPOINT_KEY"
"""The environment variable that the key is read from when none is given."""

Fault = Literal["unreachable", "timeout", "status", "malformed", "empty"]

_PATH = "/chat/completions"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_SHOWN = 200
_HIDDEN = "[key]"


class EndpointError(PlayerError):
    """An endpoint gave no message; `fault` says how it failed, `status` is its HTTP status if any.

    unreachable: nobody answers there. timeout: the answer took too long. status: HTTP says no.
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
        return self.fault in ("unreachable", "timeout") or busy


class Endpoint:
    """A client of one model at one endpoint; close it, or use it in a `with` statement.

    The key goes into the request's Authorization header and nowhere else: no message of an error
    and no representation shows it.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: str | None = None,
        timeout: float = 60.0,
        retries: int = 2,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`url` is the base, as in http://localhost:8000/v1; `key` falls back to KEY_VARIABLE.

        `timeout` is in seconds, for connecting and for each wait for data. What may pass is tried
        `retries` times more, after a `pause` that doubles from half a second, or as long as the
        server asks for, at most 30 seconds. Raises SettingError.
        """
        if not _is_address(url):
            raise bad_setting("url", url, "an http or https address, as http://localhost:8000/v1")
        if not model:
            raise bad_setting("model", model, "the name of a model that the endpoint serves")
        if timeout <= 0:
            raise bad_setting("timeout", timeout, "above 0 seconds")
        if retries < 0:
            raise bad_setting("retries", retries, "0 or more")
        self.url = url.rstrip("/").removesuffix(_PATH) + _PATH
        self.model = model
        self._retries = retries
        self._pause = pause
        self._key = os.environ.get(KEY_VARIABLE, "") if key is None else key
        if not (self._key.isascii() and self._key.isprintable()):
            raise SettingError(f"The key ({KEY_VARIABLE}) must be printable ASCII text.")
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        self._client = httpx.Client(timeout=timeout, headers=headers)

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r}, {self.model!r})"

    def __enter__(self) -> "Endpoint":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def chat(self, messages: Sequence[Mapping[str, Any]], **sampling: Any) -> str:
        """The text of the model's next message; raises EndpointError once the retries are used up.

        `sampling` goes into the request as it is (temperature, top_p, max_tokens, seed, ...).
        """
        body = {"model": self.model, "messages": list(messages), **sampling}
        for attempt in range(self._retries + 1):
            try:
                return self._text(self._answer(body))
            except EndpointError as error:
                if attempt == self._retries or not error.passing:
                    raise
                pause = _FIRST_PAUSE * 2**attempt if error.pause is None else error.pause
                self._pause(min(_LONGEST_PAUSE, pause))
        raise AssertionError("the last attempt returns or raises")

    def _answer(self, body: Mapping[str, Any]) -> httpx.Response:
        """What the endpoint answers with success."""
        try:
            response = self._client.post(self.url, content=json.dumps(body, allow_nan=False))
        except httpx.TimeoutException:
            raise EndpointError("timeout", f"{self.url} did not answer in time.") from None
        except httpx.HTTPError as error:
            what = self._shown(str(error) or type(error).__name__)
            raise EndpointError("unreachable", f"{self.url} cannot be reached: {what}.") from None
        if not response.is_success:
            said = self._shown(response.text)
            message = f"{self.url} answered HTTP {response.status_code}: {said or '(nothing)'}"
            raise EndpointError("status", message, response.status_code, _wished_pause(response))
        return response

    def _text(self, response: httpx.Response) -> str:
        """The text of the first choice."""
        try:
            message = msgspec.json.decode(response.content)["choices"][0]["message"]
            text = message["content"]
        except (msgspec.DecodeError, LookupError, TypeError):
            said = self._shown(response.text)
            message = f"{self.url} answered with no chat completion: {said or '(nothing)'}"
            raise EndpointError("malformed", message) from None
        if not isinstance(text, str) or not text.strip():
            raise EndpointError("empty", f"{self.url} answered with a choice without text.")
        return text

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
