"""What a user gives to an engine: settings read into a record, and parts named by import path."""

import inspect
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import msgspec

from webenvs import naming
from webenvs.errors import SettingError, UnknownNameError, bad_setting, unknown_name
from webenvs.records import Record

Kind = TypeVar("Kind", bound=Record)


def settings_of(kind: type[Kind], values: Mapping[str, Any], owner: str) -> Kind:
    """The settings that `values` name, defaults for the rest; `owner` is named in errors.

    Raises UnknownNameError for a name that `kind` does not have, SettingError for a value that is
    not allowed or is missing.
    """
    checked_names(values, kind.__struct_fields__, owner)
    try:
        return msgspec.convert(dict(values), kind)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, SettingError):
            raise error.__cause__ from None
        raise _explained(str(error), values, owner) from None


def checked_names(
    values: Mapping[str, Any], known: Collection[str], owner: str
) -> Mapping[str, Any]:
    """`values`, which name no other settings than the `known` ones of `owner`.

    Raises UnknownNameError, or SettingError for what is no mapping. Records that check every value
    themselves, in words of their own, need no more.
    """
    if not isinstance(values, Mapping):
        raise bad_setting(owner, values, "a mapping of settings")
    for name in values:
        if name not in known:
            raise unknown_name("setting", name, known, f"of {owner}")
    return values


def _explained(fault: str, values: Mapping[str, Any], owner: str) -> SettingError:
    """The error for what msgspec says of a value, in the words of all other settings."""
    said, _, place = fault.partition(" - at ")
    if "missing required field" in said:
        return SettingError(f"{owner} needs the setting {said.split('`')[1]!r}.")
    name = place.strip("`$.").partition("[")[0].partition(".")[0]
    allowed = said.removeprefix("Expected ") if said.startswith("Expected ") else f"right ({said})"
    return bad_setting(name, values.get(name), allowed)


def named(kind: str, name: object, table: Mapping[str, str]) -> Any:
    """What `table` or an import path "package.module:Name" calls `name`.

    Raises UnknownNameError, or SettingError where a module cannot be imported.
    """
    if not isinstance(name, str) or (name not in table and ":" not in name):
        error = unknown_name(kind, name, table)
        raise UnknownNameError(f"{error} A {kind} of your own is package.module:Name.")
    return naming.named(kind, table.get(name, name))


def made(kind: str, name: str, maker: Any, options: Mapping[str, Any]) -> Any:
    """What `maker` makes of the `options`; raises SettingError where it does not take them."""
    if not isinstance(options, Mapping):
        raise bad_setting("options", options, "a mapping of settings")
    try:
        inspect.signature(maker).bind(**options)
    except (TypeError, ValueError) as error:
        raise SettingError(f"The options of the {kind} {name!r} do not fit: {error}.") from None
    return maker(**options)
