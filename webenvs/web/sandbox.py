"""The tool sandbox as it is declared: virtual latency, rate limits, cache, retries, failover."""

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec

from webenvs.errors import SettingError, bad_setting, nearest, unknown_name
from webenvs.records import Record
from webenvs.search.engines import TABLE
from webenvs.web.tools import TOOLS

LATENCY: Mapping[str, float] = {"search": 0.5, "fetch": 1.0, "click": 1.0}
"""Virtual seconds that a call of a tool takes; those of the other tools take `SHORT`."""

SHORT = 0.1
"""Virtual seconds of a call that loads nothing, and of a refusal."""

Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]


class Limit(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token bucket: `burst` calls at once, then `rate` calls a virtual second.

    A call that finds it empty waits for its token, or, without `wait`, is refused as rate_limited
    before the web is asked.
    """

    rate: Annotated[float, msgspec.Meta(ge=1e-6, le=1_000_000)]
    burst: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    wait: bool = True


class Retries(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often a call is tried in all, and the seconds before the second try, the third, ...

    A schedule that is too short goes on with its last pause.
    """

    attempts: Annotated[int, msgspec.Meta(ge=1, le=16)] = 4
    backoff: Annotated[tuple[Seconds, ...], msgspec.Meta(min_length=1, max_length=16)] = (1, 2, 4)

    def pause(self, attempt: int) -> float:
        """The seconds before attempt number `attempt`, counted from 0; nothing before the first."""
        if attempt == 0:
            return 0.0
        return self.backoff[min(attempt, len(self.backoff)) - 1]


class Backup(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another search engine: a name of `search.engines.TABLE` and its settings."""

    retriever: str
    search: dict[str, Any] = msgspec.field(default_factory=dict)


class Sandbox(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands between players and the web; every part is off unless it is declared.

    `latency`: virtual seconds per tool over `LATENCY`. `limits`: token buckets per tool. `cache`:
    the same call is answered once an episode, whoever makes it. `retries`: further tries after a
    failure of the environment. `failover`: engines that are asked, in order, when search still
    fails. `degrade`: a page that still cannot be opened is answered with what search shows of it.
    """

    latency: dict[str, Seconds] = msgspec.field(default_factory=dict)
    limits: dict[str, Limit] = msgspec.field(default_factory=dict)
    cache: bool = False
    retries: Retries | None = None
    failover: tuple[Backup, ...] = ()
    degrade: bool = False

    def seconds(self, tool: str) -> float:
        """The virtual seconds that a call of this tool takes."""
        found = self.latency.get(tool)
        return LATENCY.get(tool, SHORT) if found is None else found


ON: Mapping[str, Any] = {
    "limits": {"search": {"rate": 2.0, "burst": 10}, "fetch": {"rate": 5.0, "burst": 20}},
    "cache": True,
    "retries": {"attempts": 4, "backoff": [1, 2, 4]},
    "degrade": True,
}
"""What `sandbox=True` and `sandbox="on"` mean."""

_MAPPING = 'a mapping, such as {"cache": true, "retries": {"attempts": 3}}, or "on" or "off"'

Made = TypeVar("Made", bound=Record)


def declared(value: Any) -> dict[str, Any]:
    """The setting `sandbox` as JSON-able data, checked: {} is none, anything else is one.

    `value` is a mapping, a `Sandbox`, True or "on" (see `ON`), False, None or "off". Raises
    SettingError or UnknownNameError for what is wrong with it.
    """
    if value is None or value is False or value == "off":
        return {}
    if value is True or value == "on":
        value = ON
    if isinstance(value, Sandbox):
        value = msgspec.to_builtins(value) or {"latency": {}}
    if not isinstance(value, Mapping):
        raise bad_setting("sandbox", value, _MAPPING)
    sandbox_from(value)
    try:
        told: dict[str, Any] = msgspec.to_builtins(dict(value))
    except TypeError as error:
        allowed = f"made of what JSON can hold ({error})"
        raise bad_setting("sandbox", value, allowed) from error
    return told


def sandbox_from(setting: Mapping[str, Any]) -> Sandbox | None:
    """The sandbox that a mapping declares, None for an empty one.

    Raises SettingError naming a wrong field, UnknownNameError for an engine that is not there.
    """
    if not setting:
        return None
    parts = dict(setting)
    for field in ("latency", "limits"):
        if isinstance(parts.get(field), Mapping):
            _known(f"sandbox.{field}", parts[field], TOOLS, "tool")
    if isinstance(parts.get("limits"), Mapping):
        parts["limits"] = {
            tool: _read(f"sandbox.limits.{tool}", limit, Limit)
            for tool, limit in parts["limits"].items()
        }
    if parts.get("retries") is not None:
        parts["retries"] = _read("sandbox.retries", parts["retries"], Retries)
    if isinstance(parts.get("failover"), list | tuple):
        parts["failover"] = tuple(
            _backup(f"sandbox.failover[{place}]", backup)
            for place, backup in enumerate(parts["failover"])
        )
    return _read("sandbox", parts, Sandbox)


def _backup(path: str, value: Any) -> Backup:
    backup = _read(path, {"retriever": value} if isinstance(value, str) else value, Backup)
    if backup.retriever not in TABLE:
        raise unknown_name("retriever", backup.retriever, TABLE, f"for {path}")
    return backup


def _read(path: str, value: Any, kind: type[Made]) -> Made:
    """A record of that kind, with what is wrong with it named by its path."""
    if isinstance(value, kind):
        return value
    fields = msgspec.structs.fields(kind)
    if not isinstance(value, Mapping):
        raise bad_setting(path, value, f"a mapping of {', '.join(f.name for f in fields)}")
    _known(path, value, [field.name for field in fields], "field")
    _check_finite(path, value)
    try:
        return msgspec.convert(dict(value), kind)
    except msgspec.ValidationError as error:
        fault, _, place = str(error).partition(" - at ")
        inside = place.partition("$")[2].rstrip("`")
        raise SettingError(
            f"{path} = {value!r} is not allowed: {path}{inside}: {fault}."
        ) from error


def _known(path: str, names: Iterable[Any], allowed: Iterable[str], noun: str) -> None:
    """Raise for a name that is not one of the allowed ones."""
    for name in names:
        if name not in allowed:
            near = nearest(str(name), allowed)
            meant = f" Did you mean {near!r}?" if near else ""
            raise SettingError(
                f"{path} has no {noun} {name!r}.{meant} Allowed: {', '.join(allowed)}."
            )


def _check_finite(path: str, value: Any) -> None:
    """Raise for a number that JSON cannot hold."""
    items = value.values() if isinstance(value, Mapping) else value
    for item in items:
        if isinstance(item, Mapping | list | tuple):
            _check_finite(path, item)
        elif isinstance(item, float) and not math.isfinite(item):
            raise bad_setting(path, item, "made of finite numbers")
