"""What a noise sweep varies: kinds of noise by name, group or text, and their strengths."""

from collections.abc import Mapping, Sequence
from typing import Any

from webenvs import catalog
from webenvs.envs.game import Game
from webenvs.errors import CorpusError, SettingError, bad_setting, unknown_name
from webenvs.noise.compact import noise_from
from webenvs.noise.declared import Noise
from webenvs.noise.table import GROUPS, TABLE, kind_of
from webenvs.records import Record

STRENGTHS = (0.1, 0.3, 0.5, 1.0)
"""The strengths at which a kind is tried besides 0."""


class Swept(Record, frozen=True, kw_only=True):
    """A kind of noise as a sweep names it: NAME, or NAME(OPTION,...)@TARGET; and its group."""

    label: str
    group: str

    def noise(self, strength: float) -> tuple[Noise, ...]:
        """The noise of this kind at a strength; raises as `noise_from` does."""
        name = self.name
        return noise_from(f"{name}:{strength!r}{self.label[len(name) :]}")

    @property
    def name(self) -> str:
        """The name of its model."""
        cut = min(place for place in map(f"{self.label}(@".find, "(@") if place >= 0)
        return self.label[:cut]


def kinds_from(wanted: Sequence[str], game: Game) -> tuple[Swept, ...]:
    """The kinds that names, groups and texts such as "timeout(sticky)@search" stand for.

    Nothing wanted is every row of the table that concerns the game's tools. A group stands for its
    rows that do. They come in the order of the groups. Raises UnknownNameError or
    SettingError for what is none.
    """
    swept: list[Swept] = []
    for text in wanted or GROUPS:
        if text in GROUPS:
            rows = [(name, kind) for name, kind in TABLE.items() if kind.group == text]
            swept += [
                Swept(label=name, group=kind.group)
                for name, kind in rows
                if set(kind.tools) & _tools(game)
            ]
        else:
            swept.append(_named(text, game))
    swept.sort(key=lambda one: GROUPS.index(one.group))
    labels = [one.label for one in swept]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise bad_setting("kinds", twice, "named once")
    return tuple(swept)


def refused(
    kinds: Sequence[Swept], env: str, settings: Mapping[str, Any]
) -> dict[str, SettingError | CorpusError]:
    """The kinds that this environment cannot have, with the reason."""
    reasons: dict[str, SettingError | CorpusError] = {}
    for kind in kinds:
        try:
            catalog.scenario(env, **under(settings, kind.noise(1.0)))
        except (SettingError, CorpusError) as error:
            reasons[kind.label] = error
    return reasons


def under(settings: Mapping[str, Any], noise: Sequence[Noise]) -> dict[str, Any]:
    """The settings with this noise after their own."""
    if not noise:
        return dict(settings)
    return {**settings, "noise": (*noise_from(settings.get("noise", "none")), *noise)}


def strengths_from(values: Sequence[float]) -> tuple[float, ...]:
    """The strengths in order without 0, which is always played; raises SettingError."""
    for value in values:
        if not 0 <= value <= 1:
            raise bad_setting("strengths", value, "between 0 and 1")
    chosen = tuple(sorted({float(value) for value in values} - {0.0}))
    if not chosen:
        raise bad_setting("strengths", list(values), "at least one above 0")
    return chosen


def _named(text: str, game: Game) -> Swept:
    kind = Swept(label=text, group="")
    if ":" not in kind.name and kind.name not in TABLE:
        raise unknown_name("noise", kind.name, [*TABLE, *GROUPS])
    row = kind_of(kind.name)
    kind.noise(1.0)
    if not set(row.tools) & _tools(game):
        tools = " or ".join(row.tools)
        raise SettingError(f"Noise {text!r} falls on {tools}: the {game.name} game has none.")
    return Swept(label=text, group=row.group)


def _tools(game: Game) -> set[str]:
    """Everything that noise can fall on in a game: web tools and delegations."""
    return {tool for role in game.roles for tool in (*role.web, *role.delegates)}
