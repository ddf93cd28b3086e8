"""Noise as it is declared: which model, how strong, for whom, when; data that reads from JSON."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from webenvs.errors import SettingError, bad_setting, nearest
from webenvs.noise.table import Kind, kind_of, model_of
from webenvs.records import Record

Over = Literal["turns", "episodes"]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Ramp(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A strength that grows (or falls) in a straight line from `initial` to the declared one.

    It is `initial` up to `first` and the declared strength from `last` on, counted in turns of the
    frame or in episodes of a training run, both from 0.
    """

    over: Over
    last: Count
    first: Count = 0
    initial: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0


class Noise(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to misbehave: a model's name in `table.TABLE`, or "package.module:Class".

    `strength` in [0, 1] is the rate at which it strikes. `roles` and `tools` narrow it, empty means
    all. `sticky`: whatever is struck stays struck when it is tried again; None is the model's own
    habit. `turns` and `episodes` are spans [first, last] outside of which nothing happens; a last
    of None is open. `options` are the fields of the model. `preset`: it is part of a preset, which
    games without its tools leave out instead of refusing it.
    """

    name: str
    strength: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    roles: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    sticky: bool | None = None
    turns: tuple[Count, Count | None] | None = None
    episodes: tuple[Count, Count | None] | None = None
    ramp: Ramp | None = None
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    preset: bool = False

    @property
    def kind(self) -> Kind:
        """The row of its model; raises UnknownNameError."""
        return kind_of(self.name)

    @property
    def never(self) -> bool:
        """Whether its strength is 0 at all times."""
        return self.strength == 0 and (self.ramp is None or self.ramp.initial == 0)

    @property
    def over_episodes(self) -> bool:
        """Whether its strength depends on the number of the episode."""
        ramped = self.ramp is not None and self.ramp.over == "episodes"
        return self.episodes is not None or ramped

    def rate(self, turn: int, episode: int) -> float:
        """Its strength at a turn of a frame and an episode of a training run, both from 0."""
        if not (_within(self.turns, turn) and _within(self.episodes, episode)):
            return 0.0
        ramp = self.ramp
        if ramp is None:
            return self.strength
        now = turn if ramp.over == "turns" else episode
        if now >= ramp.last:
            return self.strength
        done = max(0, now - ramp.first) / (ramp.last - ramp.first)
        return ramp.initial + (self.strength - ramp.initial) * done


def checked(noise: Noise) -> Noise:
    """`noise` itself; raises UnknownNameError or SettingError for what is wrong with it."""
    kind = noise.kind
    model_of(noise.name, noise.options)
    for span in ("turns", "episodes"):
        value = getattr(noise, span)
        if value is not None and value[1] is not None and value[0] > value[1]:
            raise bad_setting(f"{span} of noise {noise.name!r}", list(value), "first, then last")
    if noise.ramp is not None and noise.ramp.first >= noise.ramp.last:
        field = f"ramp of noise {noise.name!r}"
        raise bad_setting(
            field, f"{noise.ramp.first}-{noise.ramp.last}", "first, then a later last"
        )
    if kind.hook == "tools" and _over_turns(noise):
        raise SettingError(
            f"Noise {noise.name!r} is drawn by the {kind.unit}, before the first turn: schedule it "
            "over episodes."
        )
    if noise.sticky is not None and kind.unit not in ("call", "hit", "page", "report"):
        raise SettingError(
            f"Noise {noise.name!r} is drawn by the {kind.unit}, not by the call: leave out sticky "
            "and transient."
        )
    for tool in noise.tools:
        if tool not in kind.tools:
            near = nearest(tool, kind.tools)
            meant = f" (did you mean {near!r}?)" if near else ""
            allowed = f"one that it can fall on: {', '.join(kind.tools)}{meant}"
            raise bad_setting(f"tool of noise {noise.name!r}", tool, allowed)
    return noise


def noise_of(value: Any) -> Noise:
    """A declared noise from a mapping or a record; raises SettingError or UnknownNameError."""
    if not isinstance(value, Noise | Mapping):
        raise bad_setting("noise", value, 'a text, or mappings such as {"name": "timeout", ...}')
    try:  # records too, since they can be made with any values
        given = msgspec.to_builtins(value if isinstance(value, Noise) else dict(value))
    except TypeError as error:
        raise bad_setting("noise", value, f"made of what JSON can hold ({error})") from error
    fields = Noise.__struct_fields__
    for name in given:
        if name not in fields:
            near = nearest(str(name), fields)
            meant = f" Did you mean {near!r}?" if near else ""
            raise SettingError(f"Noise has no field {name!r}.{meant} It has: {', '.join(fields)}.")
    try:
        return checked(msgspec.convert(given, Noise))
    except msgspec.ValidationError as error:
        meant = " (allowed: turns, episodes)" if "`$.ramp.over`" in str(error) else ""
        raise SettingError(f"Noise {given!r} is not allowed: {error}{meant}.") from error


def _over_turns(noise: Noise) -> bool:
    return noise.turns is not None or (noise.ramp is not None and noise.ramp.over == "turns")


def _within(span: tuple[int, int | None] | None, now: int) -> bool:
    return span is None or (span[0] <= now and (span[1] is None or now <= span[1]))
