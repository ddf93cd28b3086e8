"""What every field of a configuration may be: its type, its range, and what must fit together."""

import math
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from baselines.grpo.config import Config
from baselines.grpo.dialects import parts_of
from baselines.grpo.records import PLANNER, SHARED, WORKER
from webenvs.errors import SettingError, bad_setting, nearest, unknown_name

POLICIES = (SHARED, PLANNER, WORKER)
"""Names of policies: one model in all roles, or one of each role."""
ROLES = ("researcher", "planner", "worker")
"""Names of roles that a system prompt may be set for."""
MOST_HOPS = 32
"""The longest chain that may be asked for; worlds of sheets have far shorter ones."""

PLAYED = ("planner", "worker")
"""Roles that limits may be set for; a solo researcher has the planner's."""

_COUNTS = {
    0: (
        *("seed", "lora_rank", "demonstrations", "sft_steps", "retries", "ray", "updates"),
        *("warmup", "max_staleness", "eval_every", "save_every", "refills"),
    ),
    1: (
        *("train_worlds", "heldout_worlds", "tasks_per_world", "threads", "sft_batch_tokens"),
        *("queries", "max_new_tokens", "align_to", "epochs", "minibatches", "microbatch_tokens"),
        *("eval_tasks", "chunk"),
    ),
    2: ("group",),
    32: ("context",),
}
_ABOVE_ZERO = ("sft_lr", "lr", "vector_rate", "grad_clip", "temperature", "eps")
_FROM_ZERO = ("kl", "entropy", "weight_decay", "eval_temperature")
_SHARES = ("blend", "format_weight")
_ABOVE_ZERO_OR_NONE = ("minutes", "importance_cap", "sft_loss", "sampled_tokens")

Test = Callable[[Any], bool]


def checked(config: Config) -> Config:
    """The config itself, if every field is allowed and they fit together; else SettingError.

    UnknownNameError for a field of `settings` is left to the environment, which knows its own.
    """
    hints = get_type_hints(Config)
    for field in fields(Config):
        _check_type(field.name, getattr(config, field.name), hints[field.name])
    for name, (test, allowed) in _ranges().items():
        if not test(getattr(config, name)):
            raise bad_setting(name, getattr(config, name), allowed)
    _check_names(config)
    _check_fit(config)
    return config


def field_named(name: str) -> str:
    """`name`, if it is one of a field; raises UnknownNameError with the nearest."""
    names = [field.name for field in fields(Config)]
    if name not in names:
        raise unknown_name("setting of a training", name, names)
    return name


def as_field(name: str, value: Any) -> Any:
    """A value as JSON has it (a list, a whole number), made what the field is declared as."""
    hint = get_type_hints(Config)[field_named(name)]
    return _as(value, hint)


def _as(value: Any, hint: Any) -> Any:
    origin, options = get_origin(hint), get_args(hint)
    if origin in (UnionType, typing.Union):
        inner = next(option for option in options if option is not NoneType)
        return None if value in (None, "none") and NoneType in options else _as(value, inner)
    if origin is tuple:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            return value
        return tuple([_as(part, options[0]) for part in parts if part != ""])
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (int, float) and isinstance(value, str):
        return _number(value, hint)
    return value


def _number(text: str, kind: type) -> Any:
    """The number that a text spells, or the text: the check of types says what is wrong."""
    try:
        return kind(text)
    except ValueError:
        return text


def _check_type(name: str, value: Any, hint: Any) -> None:
    if not _is(value, hint):
        raise _wrong_type(name, value, hint)


def _is(value: Any, hint: Any) -> bool:
    origin, options = get_origin(hint), get_args(hint)
    if origin is Literal:
        return isinstance(value, str) and value in options
    if origin in (UnionType, typing.Union):
        return any(_is(value, option) for option in options)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        expected = options[:1] * len(value) if options[-1] is Ellipsis else options
        return len(value) == len(expected) and all(map(_is, value, expected))
    if origin is dict:
        return isinstance(value, dict) and all(isinstance(key, str) for key in value)
    if hint is float:
        return isinstance(value, float) and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _wrong_type(name: str, value: Any, hint: Any) -> SettingError:
    """The error for a value of another kind, with the nearest of named ones."""
    if get_origin(hint) is not Literal:
        return bad_setting(name, value, _said(hint))
    meant = nearest(str(value), get_args(hint))
    return bad_setting(name, value, _said(hint) + (f" (did you mean {meant!r}?)" if meant else ""))


def _said(hint: Any) -> str:
    """A kind of values in words."""
    origin, options = get_origin(hint), get_args(hint)
    if origin in (UnionType, typing.Union):
        return " or ".join(_said(option) for option in options)
    if origin is tuple:
        if options[-1] is Ellipsis:
            return f"a list, each {_said(options[0])}"
        return f"a list of {len(options)}, each {_said(options[0])}"
    if origin is dict:
        return "a mapping with names as keys"
    if origin is Literal:
        return f"one of {', '.join(options)}"
    words = {int: "a whole number", float: "a finite number", str: "a text", bool: "true or false"}
    return "none" if hint is NoneType else words[hint]


def _ranges() -> Mapping[str, tuple[Test, str]]:
    """Field -> the test of its range, and the range in words."""
    found: dict[str, tuple[Test, str]] = {}
    for least, names in _COUNTS.items():
        for name in names:
            found[name] = (_at_least(least), f"a whole number of at least {least}")
    found |= dict.fromkeys(_ABOVE_ZERO, (lambda value: value > 0, "above 0"))
    found |= dict.fromkeys(_FROM_ZERO, (lambda value: value >= 0, "0 or more"))
    found |= dict.fromkeys(_SHARES, (lambda value: 0 <= value <= 1, "between 0 and 1"))
    above = (lambda value: value is None or value > 0, "above 0, or none")
    found |= dict.fromkeys(_ABOVE_ZERO_OR_NONE, above)
    return found | {
        "top_p": (lambda value: 0 < value <= 1, "above 0 and at most 1"),
        "hops": (_are_hops, f"two numbers from 1 to {MOST_HOPS}, the least first"),
        "cold_hops": (
            lambda pair: pair is None or _are_hops(pair),
            f"two numbers from 1 to {MOST_HOPS}, the least first, or none",
        ),
        "clip_low": (lambda value: 0 < value < 1, "above 0 and below 1"),
        "clip_high": (lambda value: value > 0, "above 0"),
        "episode_tokens": (_at_least_or_none(1), "a whole number of at least 1, or none"),
        "dual_clip": (lambda value: value is None or value > 1, "above 1, or none"),
        "betas": (lambda pair: all(0 <= beta < 1 for beta in pair), "two numbers in [0, 1)"),
        "noise": (lambda names: len(names) > 0, "at least one preset or mixture"),
    }


def _are_hops(pair: tuple[int, int]) -> bool:
    return 1 <= pair[0] <= pair[1] <= MOST_HOPS


def _at_least(least: int) -> Test:
    return lambda value: value >= least


def _at_least_or_none(least: int) -> Test:
    return lambda value: value is None or value >= least


def _check_names(config: Config) -> None:
    """Names inside mappings and lists exist."""
    for role in config.system:
        if role not in ROLES:
            raise unknown_name("role", role, ROLES, "in system")
    for name in config.freeze:
        if name not in POLICIES:
            raise unknown_name("policy", name, POLICIES, "in freeze")


def _check_fit(config: Config) -> None:
    """Fields that are allowed alone must fit together."""
    if config.max_new_tokens >= config.context:
        allowed = f"below context, {config.context}: a message must fit into it"
        raise bad_setting("max_new_tokens", config.max_new_tokens, allowed)
    for role in (*config.role_context, *config.role_message):
        _check_room(role, config)
    if config.game == "solo":
        _check_solo(config)
    own = (PLANNER, WORKER) if config.worker_model else (SHARED,)
    for name in config.freeze:
        if name not in own:
            why = "with a worker_model" if config.worker_model else "without a worker_model"
            raise bad_setting("freeze", config.freeze, f"among {', '.join(own)} {why}")
    if set(config.freeze) == set(own) and config.updates:
        raise bad_setting("freeze", config.freeze, "some of the policies: here nobody would learn")
    _check_served(config, own)
    if config.sync != "sync" and config.worker_model is None:
        raise bad_setting("sync", config.sync, "sync without a worker_model: one model is trained")


def _check_room(role: str, config: Config) -> None:
    """The context of a role is no larger than that of all, and its messages fit into it."""
    if role not in PLAYED:
        raise unknown_name("role", role, PLAYED, "in role_context or role_message")
    context = config.role_context.get(role, config.context)
    message = config.role_message.get(role, config.max_new_tokens)
    if not isinstance(context, int) or not 32 <= context <= config.context:
        allowed = f"from 32 to context, {config.context}"
        raise bad_setting(f"role_context.{role}", context, allowed)
    if not isinstance(message, int) or not 1 <= message < context:
        allowed = f"at least 1 and below the context of the role, {context}"
        raise bad_setting(f"role_message.{role}", message, allowed)


def _check_served(config: Config, own: tuple[str, ...]) -> None:
    """Servers play policies that there are, in this process' stead."""
    for name, address in config.served.items():
        if name not in own:
            raise unknown_name("policy", name, own, "in served")
        parts_of(address)
    if config.served and config.ray:
        raise bad_setting("ray", config.ray, "0 with served: a server is asked by one process")


def _check_solo(config: Config) -> None:
    """A lone researcher has no workers: what is said of them would be in vain."""
    workers = "with game='solo', which has no workers (take game='team')"
    if config.worker_model is not None:
        raise bad_setting("worker_model", config.worker_model, f"none {workers}")
    if config.credit != "broadcast":
        raise bad_setting("credit", config.credit, f"broadcast {workers}")
    if config.alignment in ("random", "fifo"):
        raise bad_setting("alignment", config.alignment, f"weighted {workers}")
