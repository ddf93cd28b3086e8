"""JSON as models write it: a tolerant decoder that says what was wrong, and where.

Every function takes time linear in the text; none raises anything but `JsonTextError`.
"""

import json
import re
from typing import Any

import msgspec

from webenvs.text import clip, one_line

MAX_DEPTH = 32
"""Levels of objects and lists within the arguments of a call."""
TOO_DEEP = f"is nested deeper than {MAX_DEPTH} levels"

_NESTS = (dict, list)
_ENVELOPE = 8  # levels that a codec may put around the arguments
_DIGITS = 4300  # the longest integer that msgspec reads and Python prints
_SNIPPET = 24
_DECODER = msgspec.json.Decoder()
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
    r"|\\.",
    re.DOTALL,
)
_HALF = len("\\ud800")
# A string that is never closed runs to the end of the text: no piece of it is looked at twice.
_LOOSE = re.compile(
    r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'
    r"|'(?:[^'\\]|\\.)*+(?:'|\\?\Z)"
    r"|,(?=\s*[}\]])"
    r"|\b(?:True|False|None)\b",
    re.DOTALL,
)
_STRICT = {"True": "true", "False": "false", "None": "null", ",": ""}


class JsonTextError(ValueError):
    """Text that is no JSON, however kindly read; its message continues "tool call 1 ..."."""


def decode(text: str) -> Any:
    """The value of JSON text that UTF-8 can carry.

    Read besides: code fences around it, line ends within strings, single quotes, trailing commas,
    the words True, False and None; half a surrogate pair becomes the replacement character. NaN,
    infinities, integers of more than 4,300 digits and bombs of nesting are faults. Of repeated
    keys the last one counts.
    """
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise JsonTextError(TOO_DEEP) from None
    except msgspec.DecodeError:
        value = _decode_kindly(unfenced(text))
    if text.count("{") + text.count("[") > MAX_DEPTH and deeper(value, MAX_DEPTH + _ENVELOPE):
        raise JsonTextError(TOO_DEEP)
    return value


def decode_scalar(text: str) -> Any:
    """The value of strict JSON text, or the text itself where it is none."""
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def deeper(value: Any, limit: int) -> bool:
    """Whether objects and lists are nested in `value` over more than `limit` levels."""
    level = [value] if type(value) in _NESTS else []
    for _ in range(limit):
        if not level:
            return False
        children = (item.values() if isinstance(item, dict) else item for item in level)
        level = [child for items in children for child in items if type(child) in _NESTS]
    return bool(level)


def unfenced(text: str) -> str:
    """`text` without blanks around it and without the code fence that encloses it, if any."""
    stripped = text.strip()
    if not stripped.startswith("```"):
        return stripped
    inside = stripped[3:].removesuffix("```")
    word = inside[:16].partition("\n")[0].strip()
    return (inside.strip().removeprefix(word) if word.isalpha() else inside).strip()


def _decode_kindly(text: str) -> Any:
    """The value of JSON text with the slips that models make; the first fault is reported."""
    if "\\u" in text:
        text = _ESCAPE.sub(_whole, text)
    try:
        return _loads(text)
    except JsonTextError as fault:
        try:
            return _loads(_LOOSE.sub(_strictly, text))
        except JsonTextError:
            raise fault from None


def _loads(text: str) -> Any:
    try:
        return json.loads(
            text, strict=False, parse_int=_integer, parse_float=_finite, parse_constant=_finite
        )
    except RecursionError:
        raise JsonTextError(TOO_DEEP) from None
    except json.JSONDecodeError as error:
        raise JsonTextError(_place(error, text)) from None


def _place(error: json.JSONDecodeError, text: str) -> str:
    """Where and why JSON text breaks off, in words."""
    if not text:
        return "is empty"
    what = error.msg[0].lower() + error.msg[1:]
    at = one_line(text[error.pos : error.pos + _SNIPPET])
    if not at or "nterminated" in what:
        return "is not valid JSON: a closing quote, bracket or brace is missing"
    return f"is not valid JSON: {what} at `{at}`"


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise JsonTextError("holds a number of too many digits")
    try:
        return int(digits)
    except ValueError:  # the process has set a lower limit of its own
        raise JsonTextError("holds a number of too many digits") from None


def _finite(digits: str) -> float:
    value = float(digits)
    if value - value != 0.0:
        raise JsonTextError(f"holds {clip(digits, _SNIPPET)}, which JSON has no number for")
    return value


def _whole(escape: re.Match[str]) -> str:
    """An escape as it was, or the replacement character for half a surrogate pair."""
    found = escape[0]
    return "\\ufffd" if len(found) == _HALF else found


def _strictly(token: re.Match[str]) -> str:
    """A token of loosely written JSON as strict JSON writes it."""
    found = token[0]
    if found[0] == '"':
        return found
    if found[0] != "'":
        return _STRICT[found]
    inside = found[1:].removesuffix("'").replace("\\'", "'").replace('\\"', '"')
    return '"' + inside.replace('"', '\\"') + '"'
