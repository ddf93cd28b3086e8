"""The catalog: one table of every id, preset and player, and the functions that make them.

Importing it is cheap; what a row names is imported when it is made.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from webenvs.corpora.presets import PRESETS
from webenvs.errors import SettingError, bad_setting, nearest, unknown_name
from webenvs.noise import presets
from webenvs.noise.table import TABLE as NOISE_TABLE
from webenvs.records import Record
from webenvs.search import engines
from webenvs.tasks.families.table import FAMILIES

if TYPE_CHECKING:
    from webenvs.envs.game import Game
    from webenvs.envs.parallel import ParallelTeamEnv
    from webenvs.envs.scenario import Scenario
    from webenvs.envs.seat import SeatEnv
    from webenvs.envs.team import TeamEnv
    from webenvs.envs.tooling.tool_env import ToolEnv
    from webenvs.envs.vector import TextVectorEnv
    from webenvs.players.lineup import Lineup
    from webenvs.records import Episode

NAMESPACE = "webenvs"


class Row(Record, frozen=True, kw_only=True):
    """One id of the catalog: what it asks, which settings it sets, which game its teams play."""

    id: str
    summary: str
    tags: tuple[str, ...]
    team: str = "team"
    settings: dict[str, Any] = msgspec.field(default_factory=dict)


ROWS: Mapping[str, Row] = {
    row.id: row
    for row in (
        Row(
            id="Lookup-v0",
            summary="One fact of one thing that the question names.",
            tags=("generated", "one-hop", "offline"),
            settings={"tasks": "lookup"},
        ),
        Row(
            id="MultiHop-v0",
            summary="A chain of facts over a generated web, each leading to the next.",
            tags=("generated", "multi-hop", "offline"),
        ),
        Row(
            id="SetQuery-v0",
            summary="Conditions on one thing, each hidden behind further ones (WebShaper).",
            tags=("generated", "set-algebra", "offline"),
            settings={"tasks": "set-query"},
        ),
        Row(
            id="Evolved-v0",
            summary="Long questions made short and vague, round by round (WebExplorer).",
            tags=("generated", "long-to-short", "offline"),
            settings={"tasks": "evolved"},
        ),
        Row(
            id="WebWalk-v0",
            summary="Facts deep in one web site, reached by clicks alone (WebWalkerQA).",
            tags=("generated", "click-only", "offline"),
            settings={"tasks": "web-walk", "game": "walk", "turns": 15},
            team="walk-team",
        ),
        Row(
            id="Tasks-v0",
            summary="Any task file or public benchmark over any corpus.",
            tags=("files", "benchmarks", "offline"),
            settings={"split": "test"},
        ),
    )
}
"""Every id, without its namespace."""

CORPORA: Mapping[str, str] = {name: preset.meaning for name, preset in PRESETS.items()}
"""Generated webs by name; every other corpus is a path."""

TASKS: Mapping[str, str] = FAMILIES
"""Families of generated questions; every other task set is a path, or BENCHMARK:PATH."""

RETRIEVERS: Mapping[str, str] = engines.ENGINES
"""Search engines."""

NOISE: Mapping[str, str] = {name: kind.meaning for name, kind in NOISE_TABLE.items()}
"""Noise models."""

NOISE_PRESETS: Mapping[str, str] = presets.PRESETS
"""Mixtures of noise by name."""

PLAYERS: Mapping[str, Mapping[str, str]] = {
    "random": {
        "*": "webenvs.players.random:RandomPlayer",
        "walker": "webenvs.players.random:RandomWalker",
    },
    "first-hit": {
        "*": "webenvs.players.first_hit:FirstHit",
        "planner": "webenvs.players.first_hit:FirstHitPlanner",
        "walker": "webenvs.players.first_hit:FirstHitWalker",
    },
    "scripted": {
        "*": "webenvs.players.scripted:ScriptedResearcher",
        "planner": "webenvs.players.scripted:ScriptedPlanner",
        "walker": "webenvs.players.clicker:Clicker",
    },
    "hasty": {
        "*": "webenvs.players.hasty:HastyResearcher",
        "planner": "webenvs.players.scripted:ScriptedPlanner",
        "walker": "webenvs.players.hasty:HastyWalker",
    },
    "persistent": {
        "*": "webenvs.players.persistent:PersistentResearcher",
        "planner": "webenvs.players.scripted:ScriptedPlanner",
        "walker": "webenvs.players.persistent:PersistentWalker",
    },
    "careful": {
        "*": "webenvs.players.careful:CarefulResearcher",
        "planner": "webenvs.players.scripted:ScriptedPlanner",
        "walker": "webenvs.players.careful:CarefulWalker",
    },
    "oracle": {
        "*": "webenvs.players.oracle:OracleResearcher",
        "planner": "webenvs.players.oracle:OraclePlanner",
        "walker": "webenvs.players.oracle:OracleWalker",
    },
    "human": {"*": "webenvs.players.human:Human"},
    "early": {"*": "webenvs.players.mixed:Early"},
    "brief": {"*": "webenvs.players.mixed:Brief"},
    "erratic": {"*": "webenvs.players.mixed:Erratic"},
    "wavering": {"*": "webenvs.players.mixed:Wavering"},
    "fickle": {"*": "webenvs.players.mixed:Fickle"},
    "lucky": {"*": "webenvs.players.mixed:Lucky"},
    "helped": {"*": "webenvs.players.mixed:Helped"},
}
"""Built-in players: role -> class; "*" is every other role."""

LADDER: tuple[str, ...] = (
    *("random", "first-hit", "early", "brief", "erratic", "wavering"),
    *("fickle", "lucky", "scripted", "helped", "oracle"),
)
"""Fixed players by which environments are compared with each other."""

VIEWS: Mapping[str, str] = {
    "text": "messages in, texts out: what language models play",
    "features": "numbers in, the number of a call out: what classic RL plays",
}
"""How players see an episode; the default is "text"."""

DEFAULT_PLAYER = "scripted"
"""Who plays the seats that nobody else was named for."""


def row(name: str) -> Row:
    """The row of an id, with or without namespace and version; raises UnknownNameError."""
    short = name.removeprefix(f"{NAMESPACE}/")
    for known in (short, f"{short}-v0"):
        if known in ROWS:
            return ROWS[known]
    raise unknown_name("environment", name, ROWS)


def gym_id(name: str) -> str:
    """What `gymnasium.make` takes for an id; raises UnknownNameError."""
    return f"{NAMESPACE}:{NAMESPACE}/{row(name).id}"


def scenario(env: str, **settings: Any) -> "Scenario":
    """The scenario of an id with these settings over its own.

    `corpus` (a Corpus, or a World or Knowledge with one), `tasks` and `live` (an adapter) may be
    objects; the knobs of a family stand beside the settings. Raises UnknownNameError, SettingError,
    CorpusError or TaskFileError for what is wrong with them.
    """
    from webenvs.envs.building import build

    entry = row(env)
    return build(
        f"{NAMESPACE}/{entry.id}", entry.settings, settings, rebuild=(_rebuild, (env, settings))
    )


def recorded(episode: "Episode") -> "Scenario":
    """The scenario that an episode names; raises SettingError if it was made of objects."""
    objects = [name for name in ("corpus", "tasks") if "@" in str(episode.settings.get(name, ""))]
    if objects:
        raise SettingError(
            f"The episode was played on {', '.join(str(episode.settings[n]) for n in objects)}, "
            f"which has no path: pass `scenario`."
        )
    return scenario(episode.env, **episode.settings)


def gym_env(
    *,
    env: str,
    seat: str | None = None,
    players: Any = None,
    render_mode: str | None = None,
    view: str = "text",
    **settings: Any,
) -> "SeatEnv":
    """A Gymnasium environment: the solo game, or one `seat` of a team whose others `players` play.

    `view` says how the player sees it, one of `VIEWS`. `players` is what `lineup` takes; roles it
    does not name are played by `DEFAULT_PLAYER`. Raises SettingError for players where there is no
    other seat. This is the entry point of every registered id.
    """
    made = _seat_view(view)
    return _seat_env(made, _seat_scenario(env, seat, settings), seat, players, render_mode)


def vector_env(
    *,
    env: str,
    num_envs: int = 1,
    autoreset_mode: Any = "NextStep",
    seat: str | None = None,
    players: Any = None,
    render_mode: str | None = None,
    view: str = "text",
    **settings: Any,
) -> "TextVectorEnv":
    """`num_envs` environments of an id stepped as one; they share one scenario."""
    from webenvs.envs.vector import TextVectorEnv

    if not isinstance(num_envs, int) or num_envs < 1:
        raise bad_setting("num_envs", num_envs, "a whole number of at least 1")
    made = _seat_view(view)
    built = _seat_scenario(env, seat, settings)
    make = partial(_seat_env, made, built, seat, players, render_mode)
    return TextVectorEnv([make] * num_envs, autoreset_mode=autoreset_mode)


def aec(
    name: str,
    *,
    render_mode: str | None = None,
    view: str = "text",
    mask: Any = None,
    **settings: Any,
) -> "TeamEnv":
    """A PettingZoo AEC environment of an id: a planner with workers unless `game` says else.

    `view` is one of `VIEWS`; of the features view `mask` says where the mask of the legal actions
    stands: in the "observation" (the default) or in the "info" alone.
    """
    _check_view(view, mask)
    built = scenario(name, **{"game": row(name).team, **settings})
    if view == "features":
        from webenvs.envs.features.team import FeatureTeamEnv

        return FeatureTeamEnv(built, render_mode, "observation" if mask is None else mask)
    from webenvs.envs.team import TeamEnv

    return TeamEnv(built, render_mode)


def parallel(
    name: str,
    *,
    render_mode: str | None = None,
    view: str = "text",
    mask: Any = None,
    **settings: Any,
) -> "ParallelTeamEnv":
    """A PettingZoo Parallel environment of an id: the same game, a round a step; see `aec`."""
    _check_view(view, mask)
    built = scenario(name, **{"game": row(name).team, **settings})
    if view == "features":
        from webenvs.envs.features.parallel import FeatureParallelEnv

        return FeatureParallelEnv(built, render_mode, "observation" if mask is None else mask)
    from webenvs.envs.parallel import ParallelTeamEnv

    return ParallelTeamEnv(built, render_mode)


def tool_env(
    name: str, *, seat: str | None = None, players: Any = None, **settings: Any
) -> "ToolEnv":
    """An id with tools as functions: what adapters to trainers of chat models stand on.

    With `seat` (a role or a player) it is one seat of the team game, the others played by `players`
    as in `gym_env`; with `game="team"` and no seat every seat is the caller's; else the solo game.
    Raises SettingError for players where there is no other seat.
    """
    return tool_envs(name, seat=seat, players=players, **settings)()


def tool_envs(
    name: str, *, seat: str | None = None, players: Any = None, **settings: Any
) -> "Callable[[], ToolEnv]":
    """What makes as many of `tool_env(...)` as are wanted; all share one scenario.

    Raises at once what making one raises.
    """
    from webenvs.envs.tooling.tool_env import ToolEnv

    built = _seat_scenario(name, seat, settings)
    alone = seat is None or len(built.players) == 1
    if alone and players is not None:
        raise bad_setting("players", players, "left out: every seat is yours (name a `seat`)")

    def make() -> "ToolEnv":
        others = None if alone else lineup(_others(players), built.game)
        return ToolEnv(built, seat, others)

    first = make()
    if not alone:
        _check_own(built, first.players[0], _others(players), players)
    return make


def pettingzoo_aec(*, env: str, **settings: Any) -> "TeamEnv":
    """The entry point that PettingZoo's registry calls for AEC environments."""
    return aec(env, **settings)


def pettingzoo_parallel(*, env: str, **settings: Any) -> "ParallelTeamEnv":
    """The entry point that PettingZoo's registry calls for Parallel environments."""
    return parallel(env, **settings)


def lineup(players: Any, game: "Game | None" = None) -> "Lineup":
    """Who plays which role.

    `players` is a name of `PLAYERS`, "package.module:Name", a class, a callable, a mapping role ->
    one of these ("*": every other role), or text "planner=scripted,worker=first-hit". With a `game`
    its other roles are played by `DEFAULT_PLAYER`, and a role it does not have raises
    UnknownNameError, as an unknown player does.
    """
    from webenvs.players.lineup import Lineup, check_roles, players_by_role
    from webenvs.players.naming import factories

    specs = players_by_role(players)
    if game is not None:
        check_roles(specs, [role.name for role in game.roles], f"in the {game.name} game")
        specs = {"*": DEFAULT_PLAYER, **specs}
    by_role = factories(specs.pop("*"), PLAYERS) if "*" in specs else {}
    for role, spec in specs.items():
        made = factories(spec, PLAYERS)
        by_role[role] = made.get(role, made["*"])
    return Lineup(by_role)


def register() -> None:
    """Register every id with Gymnasium and, where it has a registry, with PettingZoo."""
    import gymnasium as gym

    for entry in ROWS.values():
        name = f"{NAMESPACE}/{entry.id}"
        if name not in gym.registry:
            gym.register(
                id=name,
                entry_point="webenvs.catalog:gym_env",
                vector_entry_point="webenvs.catalog:vector_env",
                kwargs={"env": entry.id},
            )


def register_pettingzoo() -> None:
    """Register every id with PettingZoo's registry, which exists from its version 1.27."""
    try:
        from pettingzoo import aec_registry
        from pettingzoo import register as add
    except ImportError:
        return
    for entry in ROWS.values():
        name = f"{NAMESPACE}/{entry.id}"
        if name not in aec_registry:
            kwargs = {"env": entry.id}
            add("aec", name, "webenvs.catalog:pettingzoo_aec", kwargs=kwargs)
            add("parallel", name, "webenvs.catalog:pettingzoo_parallel", kwargs=kwargs)


def _seat_scenario(env: str, seat: str | None, settings: dict[str, Any]) -> "Scenario":
    """The scenario of a Gymnasium environment: who names a seat means the team game."""
    return scenario(env, **({"game": row(env).team} if seat is not None else {}) | settings)


def _seat_env(
    made: "type[SeatEnv]",
    built: "Scenario",
    seat: str | None,
    players: Any,
    render_mode: str | None,
) -> "SeatEnv":
    """A seat, with `players` (the default one if None) at the others; none are named in vain."""
    given = _others(players)
    if len(built.players) == 1:
        env = made(built, seat, None, render_mode)
        if players is not None:
            fact = f"{env.seat} is the only seat of this {built.game.name} game"
            raise bad_setting("players", players, f"left out: {fact} (seat='planner' has others)")
        return env
    env = made(built, seat, lineup(given, built.game), render_mode)
    _check_own(built, env.seat, given, players)
    return env


def _seat_view(view: str) -> "type[SeatEnv]":
    """The Gymnasium face of a view."""
    _check_view(view, None)
    if view == "features":
        from webenvs.envs.features.view import FeatureEnv

        return FeatureEnv
    from webenvs.envs.seat import SeatEnv

    return SeatEnv


def _check_view(view: Any, mask: Any) -> None:
    """Raise SettingError for an unknown view, or a mask where there is none."""
    if view not in VIEWS:
        near = nearest(view, VIEWS) if isinstance(view, str) else None
        meant = f" (did you mean {near!r}?)" if near else ""
        raise bad_setting("view", view, " or ".join(map(repr, VIEWS)) + meant)
    if mask is not None and view == "text":
        raise bad_setting("mask", mask, "left out: only view='features' has a mask")


def _others(players: Any) -> dict[str, Any]:
    """Who plays the other seats, by role; the default player if None."""
    from webenvs.players.lineup import players_by_role

    return players_by_role(DEFAULT_PLAYER if players is None else players)


def _check_own(built: "Scenario", seat: str, given: Mapping[str, Any], players: Any) -> None:
    """Raise SettingError if `players` names one for the only seat of its role, which is taken."""
    own = built.role_of(seat)
    if own in given and len(built.players_of(own)) == 1:
        raise bad_setting("players", players, f"for other seats; the only {own} is your own seat")


def _rebuild(env: str, settings: dict[str, Any]) -> "Scenario":
    return scenario(env, **settings)
