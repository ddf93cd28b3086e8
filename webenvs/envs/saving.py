"""Saved states: snapshots that say what they are of, refused whole or taken whole, and copies.

A snapshot is JSON-able: its format, the id, corpus and settings it belongs to, the state with each
text written once (`packing`), and a check over all of it.
"""

import copy
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import numpy as np

from webenvs.chat import message
from webenvs.envs.packing import packed, unpacked
from webenvs.envs.scenario import Scenario
from webenvs.envs.state import State
from webenvs.errors import SettingError
from webenvs.seeding import digest

FORMAT = 2
"""The form of snapshots; raised whenever older ones can no longer be read."""

_FIELDS = frozenset({"format", "env", "corpus", "settings", "data", "texts", "lines", "check"})
_CHECK = 16
_SHOWN = 12
_CLIPPED = 60
_NONE = "This is no snapshot: a snapshot is what `snapshot()` returned."

Value = TypeVar("Value")


def saved(scenario: Scenario, state: State) -> dict[str, Any]:
    """The snapshot of a state."""
    data = {
        "format": FORMAT,
        "env": scenario.env,
        "corpus": scenario.web.corpus.digest,
        "settings": msgspec.to_builtins(scenario.settings),
        **packed(msgspec.to_builtins(state, str_keys=True)),
    }
    return data | {"check": digest(data)[:_CHECK]}


def opened(scenario: Scenario, data: object) -> State:
    """The state in a snapshot of this scenario, sharing nothing with it that can change.

    Raises SettingError for what is no snapshot, one of another format, id, version, corpus or
    settings (naming which, and both values), and one that was changed since it was taken.
    """
    if not isinstance(data, Mapping):
        raise SettingError(_NONE)
    if set(data) == {"scenario", "state"}:
        raise SettingError(_refused([f"its format is 1, this webenvs reads format {FORMAT}"]))
    if "format" not in data or "env" not in data:
        raise SettingError(_NONE)
    if data["format"] != FORMAT:
        told = f"its format is {data['format']!r}, this webenvs reads format {FORMAT}"
        raise SettingError(_refused([told]))
    if set(data) != _FIELDS:
        wrong = ", ".join(sorted(map(str, _FIELDS.symmetric_difference(data))))
        raise SettingError(f"This snapshot is damaged: {wrong} must not be missing or added.")
    differences = _differences(scenario, data)
    if differences:
        raise SettingError(_refused(differences))
    return _state(data)


def copied(value: Value) -> Value:
    """A copy of a state: what can change is new, frozen records and texts are shared."""
    kind = type(value)
    if kind is list:
        return [copied(inner) for inner in value]  # type: ignore[attr-defined,return-value]  # a list
    if kind is dict:
        pairs = value.items()  # type: ignore[attr-defined]  # a dict
        return {key: copied(inner) for key, inner in pairs}  # type: ignore[return-value]  # a dict
    if not isinstance(value, msgspec.Struct) or value.__struct_config__.frozen:
        return value
    twin = copy.copy(value)
    for name in value.__struct_fields__:
        inner = getattr(value, name)
        if isinstance(inner, list | dict | msgspec.Struct):
            setattr(twin, name, copied(inner))
    return twin


class Chance(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Where a generator of seeds stands (NumPy's PCG64), and the seed it began with.

    Whole numbers of 128 bits are written as text, since JSON readers shorten them.
    """

    seed: str | None = None
    state: str | None = None
    inc: str | None = None
    has_uint32: int = 0
    uinteger: int = 0


def chance_of(generator: np.random.Generator | None, seed: int | None = None) -> Chance:
    """Where a generator stands; raises SettingError for one that is no PCG64."""
    chance = Chance(seed=None if seed is None else str(seed))
    if generator is None:
        return chance
    told: Any = generator.bit_generator.state
    if told["bit_generator"] != "PCG64":
        raise SettingError(
            f"A snapshot holds NumPy's PCG64, which Gymnasium's np_random is, not "
            f"{told['bit_generator']}: this environment's np_random was replaced."
        )
    chance.state, chance.inc = str(told["state"]["state"]), str(told["state"]["inc"])
    chance.has_uint32, chance.uinteger = told["has_uint32"], told["uinteger"]
    return chance


def generator_at(chance: Chance) -> np.random.Generator | None:
    """A generator that stands there; None where none was made. Raises ValueError if damaged."""
    if chance.state is None or chance.inc is None:
        return None
    bits = np.random.PCG64(0)
    bits.state = {
        "bit_generator": "PCG64",
        "state": {"state": int(chance.state), "inc": int(chance.inc)},
        "has_uint32": chance.has_uint32,
        "uinteger": chance.uinteger,
    }
    return np.random.Generator(bits)


def _state(data: Mapping[str, Any]) -> State:
    content = {name: value for name, value in data.items() if name != "check"}
    try:
        if digest(content)[:_CHECK] != data["check"]:
            raise SettingError("This snapshot is damaged: it was changed after it was taken.")
        state = msgspec.convert(unpacked(data), State, str_keys=True)
        for frame in state.frames:  # a JSON writer may have sorted the keys of messages
            frame.messages = [message(entry["role"], entry["content"]) for entry in frame.messages]
    except (msgspec.MsgspecError, TypeError, ValueError, KeyError) as error:
        if isinstance(error, SettingError):
            raise
        raise SettingError(f"This snapshot is damaged: {error}.") from error
    return state


def _differences(scenario: Scenario, data: Mapping[str, Any]) -> list[str]:
    """What a snapshot is of that the scenario is not, one clause each."""
    found = []
    env, corpus, settings = data["env"], data["corpus"], data["settings"]
    if env != scenario.env:
        name, _, version = str(env).rpartition("-v")
        here, _, present = scenario.env.rpartition("-v")
        if name and name == here:
            found.append(f"its version of {name} is v{version}, this one's is v{present}")
        else:
            found.append(f"its id is {env}, this one's is {scenario.env}")
    digest_here = scenario.web.corpus.digest
    if corpus != digest_here:
        found.append(f"its corpus is {_cut(corpus)}, this one's is {_cut(digest_here)}")
    if digest(settings) != digest(scenario.settings):
        found.append(_settings_told(settings, scenario.settings))
    return found


def _settings_told(there: Any, here: Mapping[str, Any]) -> str:
    """Which settings differ, with both values and the digests of all settings."""
    told = f"its settings are {_cut(digest(there))}, this one's are {_cut(digest(here))}"
    if not isinstance(there, Mapping):
        return told
    names = sorted({*map(str, there), *here})
    pairs = [
        f"{name} = {_value(there, name)} there and {_value(here, name)} here"
        for name in names
        if digest(there.get(name, _NONE)) != digest(here.get(name, _NONE))
    ]
    return f"{told} ({'; '.join(pairs)})"


def _value(settings: Mapping[str, Any], name: str) -> str:
    if name not in settings:
        return "the default"
    text = repr(settings[name])
    return text if len(text) <= _CLIPPED else f"{text[:_CLIPPED]}..."


def _cut(name: object) -> str:
    return f"{str(name)[:_SHOWN]}..."


def _refused(reasons: list[str]) -> str:
    told = "; ".join(reasons)
    return f"This snapshot was taken in another environment or other settings: {told}."
