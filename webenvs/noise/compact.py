"""Noise written as text: presets and models such as "mild,timeout:0.1(sticky)@worker/search"."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from webenvs.errors import bad_setting, nearest, unknown_name
from webenvs.noise.declared import Noise, Ramp, checked, noise_of
from webenvs.noise.presets import PRESETS
from webenvs.noise.table import ALL, DELEGATE, TABLE, model_of

_PART = re.compile(
    r"(?P<name>[^(@]+?)(?::(?P<strength>[^:(@]*))?(?:\((?P<options>.*)\))?(?:@(?P<target>[^@]*))?",
    re.DOTALL,
)
_SPAN = re.compile(r"(\d+)-(\d*)")
_WORDS = ("sticky", "transient", "turns", "episodes", "ramp")
_OPTION = "sticky, transient, turns=A-B, episodes=A-B, ramp=turns:A-B or NAME=VALUE"
_RAMP = re.compile(r"(turns|episodes):(\d+)-(\d+)(?:\s+from\s+(\S+))?")


def noise_from(setting: Any) -> tuple[Noise, ...]:
    """The declared noise that a setting stands for, in the order in which it acts.

    A setting is a text, a `Noise`, a mapping of its fields, or a sequence of these. Text: parts
    with commas between them, each a preset's name or NAME:STRENGTH, then (OPTION,...) if need be,
    then @ROLE, @TOOL or @ROLE/TOOL. Options are `sticky`, `transient`, `turns=2-8`,
    `episodes=100-`, `ramp=turns:0-8 from 0.1`, and the fields of the model as NAME=VALUE. What has
    strength 0 at all times is left out.

    Raises UnknownNameError for a name that is none, SettingError for all else that is wrong.
    """
    return tuple(noise for noise in declared(setting) if not noise.never)


def declared(setting: Any) -> tuple[Noise, ...]:
    """As `noise_from`, with what has no strength."""
    if isinstance(setting, str):
        return tuple(noise for part in parts(setting) for noise in _read(part))
    if isinstance(setting, Noise | Mapping):
        return (noise_of(setting),)
    if not isinstance(setting, Sequence) or isinstance(setting, bytes | bytearray):
        raise bad_setting("noise", setting, "a text, a Noise, a mapping, or a list of these")
    return tuple(noise for part in setting for noise in declared(part))


def parts(text: str) -> list[str]:
    """The parts of a text: what stands between commas outside of brackets."""
    found, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            found.append("")
        else:
            found[-1] += character
    if depth:
        raise bad_setting("noise", text, "balanced in its brackets")
    return [part.strip() for part in found if part.strip()]


def _read(part: str) -> tuple[Noise, ...]:
    found = _PART.fullmatch(part)
    name = found["name"].strip() if found else part
    if found is None or (name in PRESETS and found["strength"] is None):
        return _preset(part, name, found)
    if found["strength"] is None or (name not in TABLE and ":" not in name):
        raise unknown_name("noise", part, [*PRESETS, *(f"{model}:RATE" for model in TABLE)])
    rate = _rate(part, found["strength"])
    roles, tools = _target(part, found["target"])
    fields = _options(part, name, found["options"])
    return (checked(Noise(name=name, strength=rate, roles=roles, tools=tools, **fields)),)


def _preset(part: str, name: str, found: re.Match[str] | None) -> tuple[Noise, ...]:
    """The noise of a preset, narrowed to the target that stands behind it."""
    if found is None or name not in PRESETS:
        raise unknown_name("noise", part, [*PRESETS, *(f"{model}:RATE" for model in TABLE)])
    if found["options"] is not None:
        raise bad_setting(f"noise {part!r}", found["options"], "left out behind a preset's name")
    roles, tools = _target(part, found["target"])
    narrowed = []
    for noise in declared(PRESETS[name]):
        left = tuple(tool for tool in tools if tool in noise.kind.tools)
        if left or not tools:
            narrowed.append(msgspec.structs.replace(noise, roles=roles, tools=left, preset=True))
    return tuple(narrowed)


def _rate(part: str, strength: str) -> float:
    try:
        rate = float(strength)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise bad_setting(f"noise {part!r}", strength, "a rate from 0 to 1, as in timeout:0.1")
    return rate


def _target(part: str, target: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The roles and tools of ROLE+ROLE/TOOL+TOOL, of ROLE+ROLE or of TOOL+TOOL."""
    if target is None:
        return (), ()
    left, slash, right = (side.strip() for side in target.partition("/"))
    names = _names(left)
    known = set(names) <= {*ALL, *DELEGATE}
    roles, tools = (names, _names(right)) if slash else ((), names) if known else (names, ())
    if not roles and not tools:
        raise bad_setting(f"noise {part!r}", f"@{target}", "@ROLE, @TOOL or @ROLE/TOOL")
    return roles, tools


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split("+") if name.strip())


def _options(part: str, name: str, text: str | None) -> dict[str, Any]:
    """The fields of a `Noise` that the options name."""
    fields: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for option in filter(None, (piece.strip() for piece in (text or "").split(","))):
        key, equals, value = (side.strip() for side in option.partition("="))
        key = "sticky" if option == "transient" else key
        if key in fields or key in options:
            raise bad_setting(f"option of noise {part!r}", option, "named once")
        if option in ("sticky", "transient"):
            fields["sticky"] = option == "sticky"
        elif key in ("turns", "episodes") and equals:
            fields[key] = _span(part, option, value)
        elif key == "ramp" and equals:
            fields["ramp"] = _ramp(part, option, value)
        elif equals:
            options[key] = _value(value)
        else:
            near = nearest(key, _WORDS)
            meant = f" (did you mean {near!r}?)" if near else ""
            raise bad_setting(f"option of noise {part!r}", option, f"{_OPTION}{meant}")
    model_of(name, options, _WORDS)
    return {**fields, "options": options}


def _span(part: str, option: str, value: str) -> tuple[int, int | None]:
    found = _SPAN.fullmatch(value)
    if found is None:
        raise bad_setting(
            f"option of noise {part!r}", option, "a span, as in turns=2-8 or turns=2-"
        )
    return int(found[1]), int(found[2]) if found[2] else None


def _ramp(part: str, option: str, value: str) -> Ramp:
    found = _RAMP.fullmatch(value)
    if found is None:
        allowed = "as in ramp=turns:0-8 or ramp=episodes:0-1000 from 0.1"
        raise bad_setting(f"option of noise {part!r}", option, allowed)
    over, first, last, initial = found.groups()
    fields = {"over": over, "first": int(first), "last": int(last)}
    if initial is not None:
        fields["initial"] = _rate(part, initial)
    return msgspec.convert(fields, Ramp)


def _value(text: str) -> Any:
    """`text` as JSON if it is JSON; names with "+" between them as a list; else as it stands."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text.split("+") if "+" in text else text


def told(noises: Sequence[Noise]) -> list[dict[str, Any]]:
    """Declared noise as JSON-able data that `noise_from` reads back."""
    data: list[dict[str, Any]] = msgspec.to_builtins(list(noises))
    return data
