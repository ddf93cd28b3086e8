"""The arguments of a tool: checking them, putting them in words, and giving a right example.

The JSON schemas understood are what `Tool.parameters` uses: an object whose properties have a type
of string, integer, number, boolean or array, with minimum, maximum, minLength, maxLength, items,
default and description, and a list `required`. A property without a type takes any value.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from webenvs.errors import nearest
from webenvs.records import Tool
from webenvs.text import clip, one_line, printable

LARGEST_NUMBER = 2**53
"""Integers beyond this are refused: not every reader of JSON keeps them exact."""

_SHOWN = 60
_STRANGERS = 3
_INTEGER = re.compile(r"[+-]?[0-9]{1,16}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,16}(\.[0-9]{1,32})?([eE][+-]?[0-9]{1,3})?")


def check_arguments(tool: Tool, arguments: Any) -> tuple[dict[str, Any], str | None]:
    """The arguments as the tool wants them, and None or what is wrong, in words for the player.

    "3" and 3.0 become 3 where an integer is wanted, numbers become text where text is wanted,
    "true" becomes true; null counts as not given; defaults are not filled in. With an error, the
    arguments returned are those that are right. Never raises, whatever the JSON value.
    """
    if not isinstance(arguments, Mapping):
        return {}, f"the arguments of {tool.name} must be a JSON object, not {shown(arguments)}"
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    clean: dict[str, Any] = {}
    faults = _strangers(tool, [name for name in arguments if name not in properties])
    for name, schema in properties.items():
        given = arguments.get(name)
        if given is None:
            if name in tool.parameters.get("required", ()):
                faults.append(f'{tool.name} needs the argument "{name}" ({describe(schema)})')
        elif (value := _value(given, schema)) is None:
            faults.append(
                f'the argument "{name}" of {tool.name} must be {_article(describe(schema))}, '
                f"not {shown(given)}"
            )
        else:
            clean[name] = value
    return clean, "; ".join(faults) or None


def describe(schema: Mapping[str, Any]) -> str:
    """What a property takes, in words: "integer of at least 1", "array of string"."""
    kind = str(schema.get("type", "any value"))
    if kind == "array" and "items" in schema:
        return f"array of {describe(schema['items'])}"
    if kind == "string":
        return kind + _bounds(schema.get("minLength"), schema.get("maxLength"), " characters")
    return kind + _bounds(schema.get("minimum"), schema.get("maximum"), "")


def sample_arguments(tool: Tool) -> dict[str, Any]:
    """Arguments that pass the check: the required ones, or the primary one where none is."""
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    names = tool.parameters.get("required") or [name for name in properties if name == tool.primary]
    return {name: _sample(name, properties.get(name, {})) for name in names}


def shown(value: Any) -> str:
    """A value as an error message quotes it: short, printable, on one line."""
    if isinstance(value, str):
        return f'"{clip(one_line(printable(value[: 2 * _SHOWN])), _SHOWN)}"'
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, Sequence):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        return "a number beyond 2^53"
    return clip(printable(repr(value)), _SHOWN)


def _strangers(tool: Tool, names: Sequence[Any]) -> list[str]:
    """What to say of arguments that the tool does not have; the first few in full."""
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    faults = []
    for name in names[:_STRANGERS]:
        hint = nearest(str(name)[:_SHOWN], properties) if isinstance(name, str) else None
        meant = f' (did you mean "{hint}"?)' if hint else ""
        faults.append(f"{tool.name} has no argument {shown(name)}{meant}")
    if len(names) > _STRANGERS:
        faults.append(f"{len(names) - _STRANGERS:,} more arguments are unknown")
    if names:
        takes = ", ".join(f"{name} ({describe(schema)})" for name, schema in properties.items())
        faults.append(f"it takes: {takes or 'no arguments'}")
    return faults


def _value(value: Any, schema: Mapping[str, Any]) -> Any | None:
    """`value` as the schema wants it, or None where it is of the wrong type or out of range."""
    kind = schema.get("type")
    if kind == "array":
        return _array(value, schema.get("items", {}))
    read = _READERS.get(str(kind))
    if read is None:
        return value
    result = read(value)
    return result if result is not None and _in_range(result, schema) else None


def _array(value: Any, items: Mapping[str, Any]) -> list[Any] | None:
    if not isinstance(value, list | tuple):
        return None
    if "type" not in items:
        return list(value)
    read = [_value(item, items) for item in value]
    return None if any(item is None for item in read) else read


def _string(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    number = _number(value)
    return None if number is None else str(number)


def _integer(value: Any) -> int | None:
    if isinstance(value, str):
        stripped = value.strip()
        value = int(stripped) if _INTEGER.fullmatch(stripped) else None
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST_NUMBER:
        return None
    return value


def _number(value: Any) -> int | float | None:
    if isinstance(value, str):
        stripped = value.strip()
        if not _NUMBER.fullmatch(stripped):
            return None
        value = int(stripped) if _INTEGER.fullmatch(stripped) else float(stripped)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _integer(value)


def _boolean(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
}


def _in_range(value: Any, schema: Mapping[str, Any]) -> bool:
    if isinstance(value, str):
        low, high, measure = schema.get("minLength"), schema.get("maxLength"), len(value)
    else:
        low, high, measure = schema.get("minimum"), schema.get("maximum"), value
    return (low is None or measure >= low) and (high is None or measure <= high)


def _bounds(low: Any, high: Any, unit: str) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f" of at least {low}{unit}"
    return f" of at most {high}{unit}" if low is None else f" of {low} to {high}{unit}"


def _article(words: str) -> str:
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def _sample(name: str, schema: Mapping[str, Any]) -> Any:
    if "default" in schema:
        return schema["default"]
    kind = schema.get("type")
    if kind == "array":
        return [_sample(name, schema.get("items", {}))]
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return schema.get("minimum", min(1, schema.get("maximum", 1)))
    words = f"your {name}"[: schema.get("maxLength")]
    return words.ljust(schema.get("minLength", 0), ".")
