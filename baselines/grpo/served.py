"""A policy that a server answers for: vLLM or SGLang, token ids in, token ids and log-probs out.

One request a prompt, many at a time, each under the seed of its own key. With batch-invariant
kernels on the server (vLLM: VLLM_BATCH_INVARIANT=1; SGLang: --enable-deterministic-inference) the
same key brings the same tokens whatever else is asked; without them only nearly so.
"""

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from baselines.grpo.dialects import DIALECTS, AnswerError, Call, DialectName, parts_of
from baselines.grpo.policy import PolicyError, Prompt, Sampled, Sampling
from webenvs.errors import SettingError, bad_setting, unknown_name
from webenvs.text import clip, one_line

Got = TypeVar("Got")

TOKEN = "WEBENVS_SERVED_TOKEN"
"""The variable of the environment that holds a server's token; it is written nowhere."""

_LONGEST_PAUSE = 30.0
_SHOWN = 300
_HIDDEN = "[token]"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is asked of a server at once, and how long and how often."""

    concurrency: int = 32
    """Requests under way at once."""
    timeout: float = 600.0
    """Seconds for connecting and for each wait for data: a whole message, its queueing included."""
    retries: int = 5
    """Times that a request is sent again after a fault that may pass."""
    pause: float = 0.5
    """Seconds before the second try; doubled for each one after, at most 30."""

    def waiting(self, attempt: int, wished: float | None) -> float:
        """Seconds to leave the server alone after try `attempt` (from 0), or what it wished."""
        return min(_LONGEST_PAUSE, self.pause * 2**attempt if wished is None else wished)


class ServedPolicy:
    """A `policy.Policy` behind a server; close it, or use it in a `with` statement.

    The trainer says which version the weights are (`version`, set by `sync`). The server's own
    cache keeps contexts, so `release` has nothing to do. The token goes into the Authorization
    header and nowhere else: no error and no representation shows it.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        dialect: DialectName = "vllm",
        name: str = "shared",
        token: str | None = None,
        limits: Limits | None = None,
        raw_logprobs: bool = False,
    ) -> None:
        """`url` is the server's root, as in http://localhost:8000 (a final /v1 is left out).

        `model` is the name that the server serves it under. SGLang gives log-probs at the
        temperature of sampling; `raw_logprobs` says that it was started with
        SGLANG_RETURN_ORIGINAL_LOGPROB=1, and gives them at temperature 1 as vLLM does (whose
        --logprobs-mode must stay raw_logprobs, the default). Raises SettingError, and
        UnknownNameError for a dialect that is not spoken.
        """
        if dialect not in DIALECTS:
            raise unknown_name("dialect", dialect, DIALECTS)
        self._limits = _checked(limits or Limits())
        if not _is_address(url):
            raise bad_setting("url", url, "an http or https address, as http://localhost:8000")
        if not model:
            raise bad_setting("model", model, "the name of a model that the server serves")
        if token is not None and not (token.isascii() and token.isprintable()):
            raise SettingError("token must be printable ASCII text.")
        self.name = name
        self.version = 0
        self.url = url.rstrip("/").removesuffix("/v1")
        self.model = model
        self._dialect = DIALECTS[dialect]
        self._raw = raw_logprobs or self._dialect.raw
        self._token = token
        self._loaded: str | None = None
        self._loop = _LoopThread()
        self._client = httpx.AsyncClient(
            timeout=self._limits.timeout,
            limits=httpx.Limits(max_connections=self._limits.concurrency),
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    def __repr__(self) -> str:
        return f"ServedPolicy({self.url!r}, {self.model!r}, dialect={self._dialect.name!r})"

    def __enter__(self) -> "ServedPolicy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections; closing again does nothing."""
        if self._loop.running:
            self._loop.run(self._client.aclose())
            self._loop.stop()

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Sampled]:
        """A message for every prompt, in their order.

        Raises PolicyError once the retries are used up, or at once for an answer that nothing can
        be trained on; what else was under way is then given up.
        """
        if not self._raw and sampling.temperature not in (0.0, 1.0):
            raise PolicyError(
                f"{self.url}: temperature = {sampling.temperature} cannot be sampled at, for "
                "SGLang gives log-probs at that temperature and training needs them at 1. Start it "
                "with SGLANG_RETURN_ORIGINAL_LOGPROB=1 and set raw_logprobs = True."
            )
        return self._loop.run(self._all(prompts, sampling))

    def release(self, contexts: Sequence[str]) -> None:
        """Nothing: the server forgets what it needs to."""

    def sync(self, folder: str | Path, version: int) -> None:
        """Have the server load the weights in `folder`, and call them `version` from now on.

        The server must see the folder under the same path, with the architecture it serves.
        SGLang: the documented POST /update_weights_from_disk. vLLM has no documented route that
        loads another folder; its development mode (VLLM_SERVER_DEV_MODE=1) takes
        `reload_weights(weights_path)` through POST /collective_rpc, as its own issues show it.
        Raises PolicyError that names the switch; the version then stays as it was.
        """
        place = str(Path(folder).absolute())
        for call in self._dialect.loading(place, version):
            self._loop.run(self._told(call))
        self.version, self._loaded = version, str(version)

    async def _all(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Sampled]:
        gate = asyncio.Semaphore(self._limits.concurrency)

        async def one(prompt: Prompt) -> Sampled:
            async with gate:
                return await self._message(prompt, sampling)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(prompt)) for prompt in prompts]
        except ExceptionGroup as faults:
            raise faults.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _message(self, prompt: Prompt, sampling: Sampling) -> Sampled:
        dialect = self._dialect
        body = dialect.body(self.model, prompt, sampling)
        for attempt in range(self._limits.retries + 1):
            try:
                answer = await self._sent(dialect.path, body)
                self._check_weights(answer)
                return dialect.read(answer, prompt)
            except AnswerError as fault:
                await self._again(fault, attempt)
        raise AssertionError("the last attempt returns or raises")

    async def _told(self, call: Call) -> None:
        for attempt in range(self._limits.retries + 1):
            try:
                answer = await self._sent(call.path, call.body)
            except AnswerError as fault:
                await self._again(fault, attempt, call.hint)
                continue
            if isinstance(answer, dict) and answer.get("success") is False:
                raise self._broken(f"It loads no weights: {answer.get('message')}", call.hint)
            return

    async def _again(self, fault: AnswerError, attempt: int, hint: str = "") -> None:
        """Wait for the next try, or raise PolicyError where there is none."""
        if attempt == self._limits.retries or not fault.passing:
            tried = f" Tried {attempt + 1} times." if attempt else ""
            raise self._broken(f"{fault}{tried}", hint) from None
        await asyncio.sleep(self._limits.waiting(attempt, fault.wished))

    async def _sent(self, path: str, body: Mapping[str, Any]) -> Any:
        """What the server answers with success, as data."""
        try:
            response = await self._client.post(self.url + path, json=body)
        except httpx.TimeoutException:
            what = f"It did not answer within {self._limits.timeout:g} seconds."
            raise AnswerError(what, passing=True) from None
        except httpx.HTTPError as error:
            what = f"It cannot be reached: {str(error) or type(error).__name__}."
            raise AnswerError(what, passing=True) from None
        if not response.is_success:
            raise _refusal(path, response)
        try:
            return msgspec.json.decode(response.content) if response.content else {}
        except msgspec.DecodeError:
            said = response.text or "(nothing)"
            raise AnswerError(f"It answered {path} with no JSON: {said}") from None

    def _check_weights(self, answer: Any) -> None:
        """Raise if the answer names other weights than those that were loaded last."""
        found = self._dialect.weights(answer)
        if self._loaded is not None and found is not None and found != self._loaded:
            raise AnswerError(
                f"It sampled with weights {found!r} after version {self._loaded!r} was loaded."
            )

    def _broken(self, what: str, hint: str = "") -> PolicyError:
        """The error of a fault: foreign text on one short line, without the token."""
        if self._token:
            what = what.replace(self._token, _HIDDEN)
        return PolicyError(f"{self.url}: {clip(one_line(what), _SHOWN)}{' ' * bool(hint)}{hint}")


def served_at(address: str, *, name: str = "shared", token: str | None = None) -> ServedPolicy:
    """The policy behind "DIALECT+URL#MODEL", as vllm+http://localhost:8000#tiny.

    Raises SettingError for another form, and what ServedPolicy raises for its parts.
    """
    dialect, url, model = parts_of(address)
    return ServedPolicy(url, model, dialect=dialect, name=name, token=token)


class _LoopThread:
    """An event loop on a thread of its own, so that callers may have a loop or none."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.running = True
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Got]) -> Got:
        """What `work` returns or raises; given up if the caller is interrupted."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        self.running = False
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _refusal(path: str, response: httpx.Response) -> AnswerError:
    status = response.status_code
    said = response.text or "(nothing)"
    passing = status in (408, 429) or status >= 500
    wish = response.headers.get("retry-after", "")
    wished = float(wish) if wish.isascii() and wish.isdecimal() else None
    return AnswerError(
        f"It answered {path} with HTTP {status}: {said}", passing=passing, wished=wished
    )


def _checked(limits: Limits) -> Limits:
    if limits.concurrency < 1:
        raise bad_setting("concurrency", limits.concurrency, "1 or more requests at once")
    if not limits.timeout > 0:
        raise bad_setting("timeout", limits.timeout, "above 0 seconds")
    if limits.retries < 0:
        raise bad_setting("retries", limits.retries, "0 or more")
    if not limits.pause >= 0:
        raise bad_setting("pause", limits.pause, "0 seconds or more")
    return limits


def _is_address(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)
