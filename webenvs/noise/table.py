"""Every noise model by name: what it does, where it acts, how often it is drawn."""

import importlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from webenvs.errors import SettingError, nearest, unknown_name
from webenvs.naming import named
from webenvs.noise.model import Hook

Unit = Literal["call", "hit", "page", "report", "role", "seat", "episode", "window"]
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


def _hits(meaning: str, model: str, unit: Unit = "hit", **more: Any) -> Kind:
    return Kind("results", meaning, f"webenvs.noise.{model}", "hits", unit, SEARCH, **more)


def _page(meaning: str, model: str, *, lore: bool = False) -> Kind:
    """A row of noise on pages: a page is what it is in an episode, however often it is opened."""
    path = f"webenvs.noise.{model}"
    return Kind("pages", meaning, path, "page", "page", OPENING, sticky=True, lore=lore)


def _failure(meaning: str, model: str, unit: Unit = "call", **more: Any) -> Kind:
    return Kind("failures", meaning, f"webenvs.noise.failures:{model}", "failure", unit, **more)


def _reply(meaning: str, model: str) -> Kind:
    return Kind("failures", meaning, f"webenvs.noise.replies:{model}", "reply", "call")


def _tools(meaning: str, model: str, unit: Unit = "role", tools: tuple[str, ...] = ALL) -> Kind:
    return Kind("tools", meaning, f"webenvs.noise.{model}", "tools", unit, tools)


def _report(meaning: str, model: str) -> Kind:
    path = f"webenvs.noise.channel:{model}"
    return Kind("channel", meaning, path, "report", "report", DELEGATE)


TABLE: Mapping[str, Kind] = {
    "drop": _hits("a hit is missing", "results:Drop"),
    "empty": _hits("nothing is found", "results:Empty", "call"),
    "shuffle": _hits("the hits come in another order", "results:Shuffle", "call"),
    "swap": _hits("a hit changes places with its neighbour", "results:Swap"),
    "duplicate": _hits("a hit stands there twice", "results:Duplicate"),
    "distract": _hits("before a hit stands one of a like name", "distraction:Distract"),
    "irrelevant": _hits("a hit gives way to any page of the corpus", "results:Irrelevant"),
    "cut_snippet": _hits("a snippet is cut off", "snippets:CutSnippet"),
    "wrong_snippet": _hits("a snippet is of another passage", "snippets:WrongSnippet"),
    "stale_ranking": _hits(
        "the index is of an earlier day and lacks pages",
        "results:StaleRanking",
        "page",
        sticky=True,
    ),
    "contradict": _page("wrong values on a page", "values:Contradict", lore=True),
    "stale": _page("an older snapshot of a page", "values:Stale", lore=True),
    "truncate": _page("the text of a page ends early", "pages:Truncate"),
    "miss_section": _page("a section of a page is missing", "pages:MissSection"),
    "garble": _page("a page is read with a wrong decoder", "pages:Garble"),
    "rot": _page("a page is gone (HTTP 404)", "pages:Rot"),
    "redirect": _page("a page lies behind redirects, or too many", "pages:Redirect"),
    "boilerplate": _page("banners, menus and boxes on a page", "padding:Boilerplate"),
    "advertise": _page("advertisements on a page", "padding:Advertise"),
    "bloat": _page("a page is very long", "padding:Bloat"),
    "inject": _page("a text aimed at the agent on a page", "injections:Inject"),
    "timeout": _failure("the request times out", "Timeout"),
    "rate_limited": _failure("HTTP 429, with or without retry-after", "RateLimited"),
    "server_error": _failure("HTTP 503", "ServerError"),
    "internal_error": _failure("HTTP 500", "InternalError"),
    "refused": _failure("the connection is refused", "Refused"),
    "forbidden": _failure("HTTP 403", "Forbidden"),
    "gone": _failure("HTTP 404 for a page that there is", "Gone", tools=OPENING),
    "quota": _failure(
        "a tool answers so many calls of the episode and no more", "Quota", "episode", timed=True
    ),
    "outage": _failure(
        "all web calls of a stretch of the episode fail together", "Outage", "window", timed=True
    ),
    "malformed": _reply("the answer is JSON that breaks off", "Malformed"),
    "partial": _reply("the answer ends in its middle", "Partial"),
    "rename_tools": _tools("web tools go by other names", "toolset:RenameTools"),
    "rename_arguments": _tools(
        "arguments of web tools go by other names", "toolset:RenameArguments"
    ),
    "reword": _tools(
        "web tools are described in other words and listed in another order", "toolset:Reword"
    ),
    "reformat": _tools(
        "search results are written in another way", "layouts:Reformat", tools=SEARCH
    ),
    "withdraw": _tools("a web tool is withdrawn in the middle of a frame", "toolset:Withdraw"),
    "handicap": _tools("a seat has one web tool less than its role", "toolset:Handicap", "seat"),
    "cut_report": _report("only the first part of a report arrives", "CutReport"),
    "delay_report": _report("a report arrives some messages of its caller later", "DelayReport"),
    "lose_report": _report("a report never arrives", "LoseReport"),
    "fail_worker": _report("a worker fails before it can report", "FailWorker"),
}
"""Every built-in model; a new one is a row here and a record in this folder."""

_HOOKS: Mapping[Hook, tuple[Group, Unit, tuple[str, ...]]] = {
    "failure": ("failures", "call", ALL),
    "hits": ("results", "call", SEARCH),
    "page": ("pages", "page", OPENING),
    "reply": ("failures", "call", ALL),
    "tools": ("tools", "role", ALL),
    "report": ("channel", "report", DELEGATE),
}
"""What a model of the user's own is taken for by its hook: group, unit and tools."""

_SCENIC = frozenset({"failure", "page"})
"""Hooks that are told when a call is made: a model with one may depend on it unless it says no."""


def kind_of(name: str) -> Kind:
    """The row of a model; a class of the user's own, "module:Class", may name its `kind` itself.

    Raises UnknownNameError.
    """
    if name in TABLE:
        return TABLE[name]
    if ":" in name:
        return _own(name)
    raise unknown_name("noise", name, TABLE)


def model_of(name: str, options: Mapping[str, Any], more: Sequence[str] = ()) -> Any:
    """The model of that name with these options; raises SettingError naming a wrong option.

    `more` are words that can stand beside its options where these are written.
    """
    made = _class(kind_of(name).model)
    known = made.__struct_fields__
    for option in options:
        if option not in known:
            near = nearest(str(option), (*known, *more))
            meant = f" Did you mean {near!r}?" if near else ""
            has = ", ".join((*known, *more)) or "(none)"
            raise SettingError(f"Noise {name!r} has no option {option!r}.{meant} It has: {has}.")
    try:
        return msgspec.convert(dict(options), made)
    except msgspec.ValidationError as error:
        told = f"{error}{_choices(made, str(error))}"
        raise SettingError(f"Noise {name!r}: {told}; given: {dict(options)!r}.") from error


def _choices(made: type, fault: str) -> str:
    """What is allowed of the option that a fault is about, if it is one of several words."""
    for option, hint in get_type_hints(made).items():
        words = _words(hint)
        if words and f"`$.{option}" in fault:
            return f" (allowed: {', '.join(words)})"
    return ""


def _words(hint: Any) -> tuple[str, ...]:
    """The words of a literal type, or of the first one within a type."""
    if get_origin(hint) is Literal:
        return tuple(map(str, get_args(hint)))
    return next((words for part in get_args(hint) if (words := _words(part))), ())


@lru_cache(maxsize=256)
def _class(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


@lru_cache(maxsize=64)
def _own(path: str) -> Kind:
    """The row of a class of the user's own: its attribute `kind`, or what its hook suggests.

    What says nothing of itself is taken to depend on when a call is made, since its scene tells it.
    """
    found = named("noise", path)
    if not isinstance(found, type) or not issubclass(found, msgspec.Struct):
        raise SettingError(f"Noise {path!r} must be a msgspec.Struct (webenvs.records.Record).")
    told = getattr(found, "kind", None)
    if isinstance(told, Kind):
        return told._replace(model=path)
    if not found.__struct_config__.frozen:
        raise SettingError(f"Noise {path!r} must be frozen: class ...(Record, frozen=True).")
    hooks = [hook for hook in _HOOKS if callable(getattr(found, hook, None))]
    if len(hooks) != 1:
        has = (
            f"the hooks {' and '.join(hooks)}"
            if hooks
            else f"none of the hooks {', '.join(_HOOKS)}"
        )
        raise SettingError(f"Noise {path!r} has {has}; a model has one.")
    (hook,) = hooks
    group, unit, tools = _HOOKS[hook]
    meaning = (found.__doc__ or path).splitlines()[0]
    timed, sticky = hook in _SCENIC, hook == "page"
    return Kind(group, meaning, path, hook, unit, tools, sticky=sticky, timed=timed)
