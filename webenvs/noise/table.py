"""Every noise model by name: what it does, where it acts, how often it is drawn."""

import importlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec

from webenvs.errors import SettingError, nearest, unknown_name
from webenvs.naming import named
from webenvs.noise.model import Hook

Unit = Literal["call", "hit", "page", "report", "role", "seat"]
"""What noise falls on: each is drawn for on its own, at the declared strength."""

SEARCH = ("search",)
OPENING = ("fetch", "click", "back", "read", "find")
"""The tools that show something of a page."""
ALL = (*SEARCH, *OPENING)
DELEGATE = ("delegate",)
GROUPS = ("results", "pages", "failures", "tools", "channel")
Group = Literal["results", "pages", "failures", "tools", "channel"]


class Kind(NamedTuple):
    """A row of the table: `model` is "module:Class"; `sticky` is its habit.

    `timed`: it depends on when a call is made, not on the call alone. `lore`: it needs the
    knowledge behind the corpus.
    """

    group: Group
    meaning: str
    model: str
    hook: Hook
    unit: Unit
    tools: tuple[str, ...] = ALL
    sticky: bool = False
    timed: bool = False
    lore: bool = False


TABLE: Mapping[str, Kind] = {
    "timeout": Kind(
        "failures", "the request times out", "webenvs.noise.failures:Timeout", "failure", "call"
    ),
    "rate_limited": Kind(
        "failures",
        "HTTP 429, with or without retry-after",
        "webenvs.noise.failures:RateLimited",
        "failure",
        "call",
    ),
    "server_error": Kind(
        "failures", "HTTP 503", "webenvs.noise.failures:ServerError", "failure", "call"
    ),
    "drop": Kind(
        "results", "a hit is missing", "webenvs.noise.results:Drop", "hits", "hit", SEARCH
    ),
    "rename_tools": Kind(
        "tools",
        "web tools go by other names",
        "webenvs.noise.toolset:RenameTools",
        "tools",
        "role",
    ),
    "rename_arguments": Kind(
        "tools",
        "arguments of web tools go by other names",
        "webenvs.noise.toolset:RenameArguments",
        "tools",
        "role",
    ),
    "reword": Kind(
        "tools",
        "web tools are described in other words and listed in another order",
        "webenvs.noise.toolset:Reword",
        "tools",
        "role",
    ),
    "withdraw": Kind(
        "tools",
        "a web tool is withdrawn in the middle of a frame",
        "webenvs.noise.toolset:Withdraw",
        "tools",
        "role",
    ),
    "handicap": Kind(
        "tools",
        "a seat has one web tool less than its role",
        "webenvs.noise.toolset:Handicap",
        "tools",
        "seat",
    ),
    "cut_report": Kind(
        "channel",
        "only the first part of a report arrives",
        "webenvs.noise.channel:CutReport",
        "report",
        "report",
        DELEGATE,
    ),
    "delay_report": Kind(
        "channel",
        "a report arrives some messages of its caller later",
        "webenvs.noise.channel:DelayReport",
        "report",
        "report",
        DELEGATE,
    ),
    "lose_report": Kind(
        "channel",
        "a report never arrives",
        "webenvs.noise.channel:LoseReport",
        "report",
        "report",
        DELEGATE,
    ),
    "fail_worker": Kind(
        "channel",
        "a worker fails before it can report",
        "webenvs.noise.channel:FailWorker",
        "report",
        "report",
        DELEGATE,
    ),
}
"""Every built-in model; a new one is a row here and a record in this folder."""

_HOOKS: Mapping[str, Unit] = {
    "failure": "call",
    "hits": "call",
    "page": "page",
    "reply": "call",
    "tools": "role",
    "report": "report",
}


def kind_of(name: str) -> Kind:
    """The row of a model; a class of the user's own, "module:Class", may name its `kind` itself.

    Raises UnknownNameError.
    """
    if name in TABLE:
        return TABLE[name]
    if ":" in name:
        return _own(name)
    raise unknown_name("noise", name, TABLE)


def model_of(name: str, options: Mapping[str, Any]) -> Any:
    """The model of that name with these options; raises SettingError naming a wrong option."""
    made = _class(kind_of(name).model)
    fields = msgspec.structs.fields(made)
    known = [field.name for field in fields]
    for option in options:
        if option not in known:
            near = nearest(str(option), known)
            meant = f" Did you mean {near!r}?" if near else ""
            has = ", ".join(known) or "(none)"
            raise SettingError(f"Noise {name!r} has no option {option!r}.{meant} It has: {has}.")
    try:
        return msgspec.convert(dict(options), made)
    except msgspec.ValidationError as error:
        raise SettingError(f"Noise {name!r}: {error}; given: {dict(options)!r}.") from error


@lru_cache(maxsize=256)
def _class(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


@lru_cache(maxsize=64)
def _own(path: str) -> Kind:
    """The row of a class of the user's own: its attribute `kind`, or what its hook suggests."""
    found = named("noise", path)
    if not isinstance(found, type) or not issubclass(found, msgspec.Struct):
        raise SettingError(f"Noise {path!r} must be a msgspec.Struct (webenvs.records.Record).")
    told = getattr(found, "kind", None)
    if isinstance(told, Kind):
        return told._replace(model=path)
    for hook, unit in _HOOKS.items():
        if callable(getattr(found, hook, None)):
            tools = {"hits": SEARCH, "page": OPENING, "report": DELEGATE}.get(hook, ALL)
            meaning = (found.__doc__ or path).splitlines()[0]
            return Kind("failures", meaning, path, hook, unit, tools)  # type: ignore[arg-type]  # a key of _HOOKS
    raise SettingError(f"Noise {path!r} has none of the hooks {', '.join(_HOOKS)}.")
