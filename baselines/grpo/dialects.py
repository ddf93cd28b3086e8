"""What vLLM and SGLang are asked for tokens and new weights, and how their answers are read.

Token ids go out and come back as numbers, with the log-prob of each; text is never tokenised again.
Everything here is a pure function of a request or an answer; `served` sends and receives.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from baselines.grpo.policy import Prompt, Sampled, Sampling
from webenvs.errors import bad_setting, unknown_name
from webenvs.seeding import integer

DialectName = Literal["vllm", "sglang"]

_FORGET = "/reset_prefix_cache?reset_running_requests=true"
_SEEDS = 2**31  # both servers take such a seed for a number
_ALMOST_ZERO = 1e-3  # a log-prob is at most this: rounding in half precision


class AnswerError(Exception):
    """A request that brought nothing to train on; `passing`: the same one may yet succeed."""

    def __init__(self, message: str, *, passing: bool = False, wished: float | None = None) -> None:
        """`message` says which switch sets what is missing; `wished`: seconds to wait, if told."""
        super().__init__(message)
        self.passing = passing
        self.wished = wished


@dataclass(frozen=True)
class Call:
    """One request that changes the server: path and body, and what to do where it is refused."""

    path: str
    body: Mapping[str, Any]
    hint: str


@dataclass(frozen=True)
class Dialect:
    """How one kind of server is spoken to.

    `body` is the request for a message of (model, prompt, sampling); `read` turns the answer into
    tokens and raises AnswerError; `loading` are the calls that have it load (folder, version);
    `weights` is the version of weights that an answer names, or None. `raw` says whether its
    log-probs are at temperature 1 whatever the temperature of sampling.
    """

    name: DialectName
    path: str
    body: Callable[[str, Prompt, Sampling], dict[str, Any]]
    read: Callable[[Any, Prompt], Sampled]
    loading: Callable[[str, int], tuple[Call, ...]]
    weights: Callable[[Any], str | None]
    raw: bool


def seed_of(key: Sequence[str | int]) -> int:
    """The seed, in [0, 2**31), under which a server draws the message of a key."""
    return integer(_SEEDS, "served", *key)


# vLLM --------------------------------------------------------------------------------------------
def _vllm_body(model: str, prompt: Prompt, sampling: Sampling) -> dict[str, Any]:
    """POST /v1/completions with token ids.

    What a model's generation_config.json would set behind our back (top_k, min_p, penalties, ends)
    is spelled out; `ignore_eos` leaves the stops to `stop_token_ids`.
    """
    return {
        "model": model,
        "prompt": list(prompt.token_ids),
        "max_tokens": prompt.limit,
        "seed": seed_of(prompt.key),
        "stop_token_ids": list(prompt.stops),
        "ignore_eos": True,
        "include_stop_str_in_output": True,
        "skip_special_tokens": False,
        "logprobs": 1,
        "return_token_ids": True,
        "return_tokens_as_token_ids": True,
        **_drawing(sampling),
    }


def _vllm_read(answer: Any, prompt: Prompt) -> Sampled:
    choice = _field(_field(answer, "choices"), 0)
    reason = _maybe(choice, "finish_reason")
    _check_finish(reason)
    given = _maybe(choice, "prompt_token_ids") or _maybe(answer, "prompt_token_ids")
    if given is not None and tuple(given) != prompt.token_ids:
        raise AnswerError(
            f"It answered for a prompt of {len(given)} tokens that is not the one sent "
            f"({len(prompt.token_ids)} tokens): it truncates or rewrites prompts."
        )
    logprobs = _maybe(_maybe(choice, "logprobs") or {}, "token_logprobs")
    return _sampled(_vllm_ids(choice), logprobs, reason, prompt)


def _vllm_ids(choice: Any) -> list[int]:
    """The ids of a choice, or those in its token strings, as older servers give them."""
    ids = _maybe(choice, "token_ids")
    if ids is not None:
        return list(ids)
    tokens = _maybe(_maybe(choice, "logprobs") or {}, "tokens") or ()
    numbers = [str(token).removeprefix("token_id:") for token in tokens]
    if not numbers or not all(
        number.isdecimal() and str(token) != number
        for number, token in zip(numbers, tokens, strict=True)
    ):
        raise AnswerError(
            "It answered without token ids, though return_token_ids = true was asked for: text "
            "would have to be tokenised again, which training must not do. Serve with vLLM 0.10.2 "
            "or later (return_token_ids), or start it with --return-tokens-as-token-ids."
        )
    return [int(number) for number in numbers]


def _vllm_loading(folder: str, _version: int) -> tuple[Call, ...]:
    """Two calls of the development mode: reload from the folder, forget the prefix cache."""
    hint = (
        "Start vLLM with VLLM_SERVER_DEV_MODE=1, in a version whose reload_weights takes "
        "weights_path, and let it see the same folder."
    )
    reload = {"method": "reload_weights", "kwargs": {"weights_path": folder}}
    return Call("/collective_rpc", reload, hint), Call(_FORGET, {}, hint)


# SGLang ------------------------------------------------------------------------------------------
def _sglang_body(_model: str, prompt: Prompt, sampling: Sampling) -> dict[str, Any]:
    """POST /generate with token ids.

    `ignore_eos` stays off: with it SGLang passes over `stop_token_ids` too. It heeds
    `sampling_seed` where it was started with --enable-deterministic-inference.
    """
    return {
        "input_ids": list(prompt.token_ids),
        "return_logprob": True,
        "sampling_params": {
            "max_new_tokens": prompt.limit,
            "sampling_seed": seed_of(prompt.key),
            "stop_token_ids": list(prompt.stops),
            "skip_special_tokens": False,
            "no_stop_trim": True,
            **_drawing(sampling),
        },
    }


def _sglang_read(answer: Any, prompt: Prompt) -> Sampled:
    meta = _field(answer, "meta_info")
    finish = _maybe(meta, "finish_reason") or {}
    reason = _maybe(finish, "type")
    _check_finish(reason, str(_maybe(finish, "message") or ""))
    if isinstance(_maybe(finish, "matched"), str):
        raise AnswerError(f"It ended a message by text, not by a token: {finish['matched']!r}.")
    given = _maybe(meta, "prompt_tokens")
    if given is not None and given != len(prompt.token_ids):
        raise AnswerError(
            f"It answered for a prompt of {given} tokens; {len(prompt.token_ids)} were sent."
        )
    rows = _maybe(meta, "output_token_logprobs")
    if rows is None:
        raise AnswerError(
            "It answered without meta_info.output_token_logprobs, though return_logprob = true was "
            "asked for: there are no token ids and no log-probs to train on. Ask the server "
            "itself, or a router that passes return_logprob on."
        )
    ids = [_field(row, 1) for row in rows]
    return _sampled(ids, [_field(row, 0) for row in rows], reason, prompt)


def _sglang_loading(folder: str, version: int) -> tuple[Call, ...]:
    hint = "The folder must hold the same architecture, and the server must see it."
    body = {"model_path": folder, "weight_version": str(version)}
    return (Call("/update_weights_from_disk", body, hint),)


def _sglang_weights(answer: Any) -> str | None:
    version = _maybe(_maybe(answer, "meta_info") or {}, "weight_version")
    return None if version is None else str(version)


# Both --------------------------------------------------------------------------------------------
def _drawing(sampling: Sampling) -> dict[str, Any]:
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": -1,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
    }


def _sampled(ids: Sequence[Any], logprobs: Any, reason: str, prompt: Prompt) -> Sampled:
    """The message, once ids and log-probs are known to belong together."""
    if logprobs is None or any(number is None for number in logprobs):
        raise AnswerError(
            "It answered without the log-probs of the sampled tokens, though logprobs = 1 was "
            "asked for: no ratio could be taken. Do not start it with --max-logprobs 0."
        )
    if not ids or len(ids) != len(logprobs) or len(ids) > prompt.limit:
        raise AnswerError(
            f"It answered with {len(ids)} tokens and {len(logprobs)} log-probs where 1 to "
            f"{prompt.limit} of each were asked for."
        )
    for number in logprobs:
        if not (isinstance(number, int | float) and -math.inf < number <= _ALMOST_ZERO):
            raise AnswerError(f"It answered with a log-prob of {number!r}; that is no log-prob.")
    stopped = ids[-1] in prompt.stops or reason == "stop"  # SGLang looks at the length first
    return Sampled(
        token_ids=tuple(int(token) for token in ids),
        logprobs=tuple(float(number) for number in logprobs),
        finish="stop" if stopped else "length",
    )


def _check_finish(reason: object, message: str = "") -> None:
    if reason not in ("stop", "length"):
        said = f": {message}" if message else ""
        raise AnswerError(f"It broke a message off (finish_reason {reason!r}{said}).", passing=True)


def _field(data: Any, name: str | int) -> Any:
    try:
        return data[name]
    except (LookupError, TypeError):
        raise AnswerError(f"Its answer has no {name!r} where the protocol has one.") from None


def _maybe(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else None


DIALECTS: Mapping[str, Dialect] = {
    "vllm": Dialect(
        name="vllm",
        path="/v1/completions",
        body=_vllm_body,
        read=_vllm_read,
        loading=_vllm_loading,
        weights=lambda _: None,
        raw=True,
    ),
    "sglang": Dialect(
        name="sglang",
        path="/generate",
        body=_sglang_body,
        read=_sglang_read,
        loading=_sglang_loading,
        weights=_sglang_weights,
        raw=False,
    ),
}


def parts_of(address: str) -> tuple[DialectName, str, str]:
    """Dialect, URL and model of "DIALECT+URL#MODEL", as vllm+http://localhost:8000#tiny.

    Raises SettingError for another form, UnknownNameError for a dialect that is not spoken.
    """
    dialect, plus, rest = address.partition("+")
    url, _, model = rest.partition("#")
    if not plus or not url or not model:
        raise bad_setting("served", address, "as vllm+http://localhost:8000#MODEL, or sglang+...")
    if dialect not in DIALECTS:
        raise unknown_name("dialect", dialect, DIALECTS)
    return DIALECTS[dialect].name, url, model
