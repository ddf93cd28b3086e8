"""The catalog: one table of every id, preset and player, and the functions that make them.

Importing it is cheap; what a row names is imported when it is made.
"""

import importlib
import os
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from webenvs.errors import PlayerError, UnknownNameError, bad_setting, unknown_name
from webenvs.records import Record

if TYPE_CHECKING:
    from webenvs.corpora.corpus import Corpus
    from webenvs.corpora.world.generate import World
    from webenvs.envs.game import Game
    from webenvs.envs.parallel import ParallelTeamEnv
    from webenvs.envs.scenario import Scenario
    from webenvs.envs.seat import SeatEnv
    from webenvs.envs.settings import Settings
    from webenvs.envs.team import TeamEnv
    from webenvs.envs.vector import TextVectorEnv
    from webenvs.players.lineup import Factory, Lineup
    from webenvs.rewards.weighted import Reward
    from webenvs.search.retriever import Retriever
    from webenvs.tasks.taskset import TaskSet

NAMESPACE = "webenvs"


class Row(Record, frozen=True, kw_only=True):
    """One id of the catalog: what it asks, and which settings it sets."""

    id: str
    summary: str
    tags: tuple[str, ...]
    settings: dict[str, Any] = msgspec.field(default_factory=dict)


ROWS: Mapping[str, Row] = {
    row.id: row
    for row in (
        Row(
            id="MultiHop-v0",
            summary="Questions of two to four hops over a generated web, answers proved unique.",
            tags=("generated", "multi-hop", "offline"),
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

CORPORA: Mapping[str, str] = {"tiny": "the embedded generated web: about 300 pages, seed 0"}
"""Corpus presets; every other corpus is a path."""

TASKS: Mapping[str, str] = {"multihop": "multi-hop questions over the embedded generated web"}
"""Task presets; every other task set is a path, or BENCHMARK:PATH."""

RETRIEVERS: Mapping[str, str] = {
    "bm25": "frozen integer-impact BM25: exact, deterministic, memory-mapped",
    "rank-bm25": "the rank-bm25 package: the slow reference, for corpora under 2,000 pages",
}
"""Search engines."""

PLAYERS: Mapping[str, Mapping[str, str]] = {
    "random": {"*": "webenvs.players.random:RandomPlayer"},
    "first-hit": {
        "*": "webenvs.players.first_hit:FirstHit",
        "planner": "webenvs.players.first_hit:FirstHitPlanner",
    },
    "scripted": {
        "*": "webenvs.players.scripted:ScriptedResearcher",
        "planner": "webenvs.players.scripted:ScriptedPlanner",
    },
    "oracle": {
        "*": "webenvs.players.oracle:OracleResearcher",
        "planner": "webenvs.players.oracle:OraclePlanner",
    },
    "human": {"*": "webenvs.players.human:Human"},
}
"""Built-in players: role -> class; "*" is every other role."""

DEFAULT_PLAYER = "scripted"
"""Who plays the seats that nobody else was named for."""


def row(name: str) -> Row:
    """The row of an id, with or without namespace and version; raises UnknownNameError."""
    short = name.removeprefix(f"{NAMESPACE}/")
    if short in ROWS:
        return ROWS[short]
    if f"{short}-v0" in ROWS:
        return ROWS[f"{short}-v0"]
    raise unknown_name("environment", name, ROWS)


def scenario(env: str, **settings: Any) -> "Scenario":
    """The scenario of an id with these settings over its own.

    `corpus` and `tasks` may be objects instead of names. Raises UnknownNameError, SettingError,
    CorpusError or TaskFileError for what is wrong with them.
    """
    from webenvs.actions.codec import codec
    from webenvs.envs.scenario import Scenario
    from webenvs.envs.settings import check_objects, game_of, settings_from
    from webenvs.noise.compact import noise_from
    from webenvs.tasks.files import check_evidence
    from webenvs.web import Web

    entry = row(env)
    merged = {**entry.settings, **settings}
    objects: dict[str, Any] = {
        name: merged.pop(name)
        for name in ("corpus", "tasks")
        if name in merged and not isinstance(merged[name], str | os.PathLike)
    }
    check_objects(objects)
    merged = {key: str(v) if isinstance(v, os.PathLike) else v for key, v in merged.items()}
    chosen = settings_from(merged)
    pages = objects["corpus"] if "corpus" in objects else corpus(chosen.corpus)
    tasks = objects["tasks"] if "tasks" in objects else task_set(chosen, pages)
    check_evidence(tasks, pages)
    return Scenario(
        env=f"{NAMESPACE}/{entry.id}",
        settings=_told(chosen, settings_from(entry.settings), objects),
        game=game_of(chosen),
        web=Web(
            pages,
            retriever(pages, chosen.retriever, chosen.search),
            noise_from(chosen.noise),
            top_k=chosen.top_k,
            page_characters=chosen.page_characters,
        ),
        tasks=tasks,
        codec=codec(chosen.codec),
        reward=_reward(chosen),
        split=chosen.split,
        dense=chosen.dense,
        result_role=chosen.result_role,
        observation_characters=chosen.observation_characters,
        rebuild=(_rebuild, (env, settings)),
    )


def gym_env(
    *,
    env: str,
    seat: str | None = None,
    players: Any = None,
    render_mode: str | None = None,
    **settings: Any,
) -> "SeatEnv":
    """A Gymnasium environment: the solo game, or one `seat` of a team whose others `players` play.

    `players` is what `lineup` takes; roles it does not name are played by `DEFAULT_PLAYER`. Raises
    SettingError for players where there is no other seat. This is the entry point of every
    registered id.
    """
    return _seat_env(_seat_scenario(env, seat, settings), seat, players, render_mode)


def vector_env(
    *,
    env: str,
    num_envs: int = 1,
    autoreset_mode: Any = "NextStep",
    seat: str | None = None,
    players: Any = None,
    render_mode: str | None = None,
    **settings: Any,
) -> "TextVectorEnv":
    """`num_envs` environments of an id stepped as one; they share one scenario."""
    from webenvs.envs.vector import TextVectorEnv

    if not isinstance(num_envs, int) or num_envs < 1:
        raise bad_setting("num_envs", num_envs, "a whole number of at least 1")
    built = _seat_scenario(env, seat, settings)

    def make() -> "SeatEnv":
        return _seat_env(built, seat, players, render_mode)

    return TextVectorEnv([make] * num_envs, autoreset_mode=autoreset_mode)


def aec(name: str, *, render_mode: str | None = None, **settings: Any) -> "TeamEnv":
    """A PettingZoo AEC environment of an id: a planner with workers unless `game` says else."""
    from webenvs.envs.team import TeamEnv

    return TeamEnv(scenario(name, **{"game": "team", **settings}), render_mode)


def parallel(name: str, *, render_mode: str | None = None, **settings: Any) -> "ParallelTeamEnv":
    """A PettingZoo Parallel environment of an id: the same game, a round a step."""
    from webenvs.envs.parallel import ParallelTeamEnv

    return ParallelTeamEnv(scenario(name, **{"game": "team", **settings}), render_mode)


def pettingzoo_aec(*, env: str, **settings: Any) -> "TeamEnv":
    """The entry point that PettingZoo's registry calls for AEC environments."""
    return aec(env, **settings)


def pettingzoo_parallel(*, env: str, **settings: Any) -> "ParallelTeamEnv":
    """The entry point that PettingZoo's registry calls for Parallel environments."""
    return parallel(env, **settings)


def corpus(name: str) -> "Corpus":
    """The corpus of a preset or at a path, opened once a process; raises CorpusError."""
    if name == "tiny":
        return _tiny_corpus()
    path = Path(name)
    if not name or not path.exists():
        raise unknown_name("corpus", name, [*CORPORA, "a path of a built corpus"])
    manifest = path / "corpus.json"
    written = manifest.stat().st_mtime_ns if manifest.exists() else 0
    return _stored_corpus(str(path.resolve()), written)


def retriever(pages: "Corpus", engine: str, search: Mapping[str, Any]) -> "Retriever":
    """The search engine of these settings over a corpus, built once a process."""
    from webenvs.seeding import canonical_json

    if engine not in RETRIEVERS:
        raise unknown_name("retriever", engine, RETRIEVERS)
    key = (pages.digest, engine, canonical_json(dict(search)))
    if key not in _retrievers:
        _retrievers[key] = _make_retriever(pages, engine, search)
    return _retrievers[key]


def task_set(settings: "Settings", pages: "Corpus") -> "TaskSet":
    """The tasks the settings name: a preset, a file, or BENCHMARK:PATH over these pages."""
    name = settings.tasks
    if name == "multihop":
        return _multi_hop(settings.hops)
    benchmark, colon, path = name.partition(":")
    if colon and not Path(name).exists():
        from webenvs.tasks.benchmarks.table import load

        return load(benchmark, Path(path), corpus=pages)
    if not name or not Path(name).exists():
        raise unknown_name("task set", name, [*TASKS, "a path of a task file", "BENCHMARK:PATH"])
    from webenvs.tasks.files import read_tasks

    return read_tasks(Path(name))


def lineup(players: Any, game: "Game | None" = None) -> "Lineup":
    """Who plays which role.

    `players` is a name of `PLAYERS`, "package.module:Name", a class, a callable, a mapping role ->
    one of these ("*": every other role), or text "planner=scripted,worker=first-hit". With a `game`
    its other roles are played by `DEFAULT_PLAYER`, and a role it does not have raises
    UnknownNameError, as an unknown player does.
    """
    from webenvs.players.lineup import Lineup, check_roles, players_by_role

    specs = players_by_role(players)
    if game is not None:
        check_roles(specs, [role.name for role in game.roles], f"in the {game.name} game")
        specs = {"*": DEFAULT_PLAYER, **specs}
    by_role = _factories(specs.pop("*")) if "*" in specs else {}
    for role, spec in specs.items():
        factories = _factories(spec)
        by_role[role] = factories.get(role, factories["*"])
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
    return scenario(env, **({"game": "team"} if seat is not None else {}) | settings)


def _seat_env(
    built: "Scenario", seat: str | None, players: Any, render_mode: str | None
) -> "SeatEnv":
    """A seat, with `players` (the default one if None) at the others; none are named in vain."""
    from webenvs.envs.seat import SeatEnv
    from webenvs.players.lineup import players_by_role

    given = players_by_role(DEFAULT_PLAYER if players is None else players)
    if len(built.players) == 1:
        env = SeatEnv(built, seat, None, render_mode)
        if players is not None:
            fact = f"{env.seat} is the only seat of this {built.game.name} game"
            raise bad_setting("players", players, f"left out: {fact} (seat='planner' has others)")
        return env
    env = SeatEnv(built, seat, lineup(given, built.game), render_mode)
    own = built.role_of(env.seat)
    if own in given and len(built.players_of(own)) == 1:
        raise bad_setting("players", players, f"for other seats; the only {own} is your own seat")
    return env


_retrievers: dict[tuple[str, str, bytes], "Retriever"] = {}


def _rebuild(env: str, settings: dict[str, Any]) -> "Scenario":
    return scenario(env, **settings)


def _told(chosen: "Settings", usual: "Settings", objects: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ from the id's own, ready for JSON; objects by what tells them."""
    told = {
        name: msgspec.to_builtins(value)
        for name in chosen.__struct_fields__
        if (value := getattr(chosen, name)) != getattr(usual, name)
    }
    return told | {name: f"{value.name}@{value.digest[:16]}" for name, value in objects.items()}


def _reward(settings: "Settings") -> "Reward":
    from webenvs.envs.settings import game_of
    from webenvs.rewards.answer import checked
    from webenvs.rewards.weighted import reward_from

    reward = reward_from(settings.reward, tuple(role.name for role in game_of(settings).roles))
    if settings.metric == "auto":
        return reward
    return msgspec.structs.replace(reward, metric=checked(settings.metric))


@lru_cache(maxsize=1)
def _tiny_world() -> "World":
    from webenvs.corpora.world.generate import build_world

    return build_world(seed=0, pages=300)


@lru_cache(maxsize=1)
def _tiny_corpus() -> "Corpus":
    return _tiny_world().corpus


@lru_cache(maxsize=8)
def _multi_hop(hops: tuple[int, int]) -> "TaskSet":
    from webenvs.tasks.walk import multi_hop_tasks

    return multi_hop_tasks(_tiny_world().knowledge, hops=hops)


@lru_cache(maxsize=32)
def _stored_corpus(path: str, written: int) -> "Corpus":
    """The corpus at `path`; `written` tells a corpus from the one it has replaced."""
    from webenvs.corpora.store import open_corpus

    return open_corpus(Path(path))


def _make_retriever(pages: "Corpus", engine: str, search: Mapping[str, Any]) -> "Retriever":
    from webenvs.search.settings import bm25_settings

    if engine == "rank-bm25":
        from webenvs.search.reference import RankBm25

        return RankBm25(pages, bm25_settings({"idf": "okapi", **search}))
    from webenvs.search.bm25 import index_place, retriever_for

    settings = bm25_settings(search)
    path = getattr(pages, "path", None)
    return retriever_for(pages, settings, path and index_place(path, settings))


def _factories(spec: Any) -> dict[str, "Factory"]:
    if isinstance(spec, str) and spec in PLAYERS:
        return {role: _factory(target) for role, target in PLAYERS[spec].items()}
    if isinstance(spec, str):
        if ":" not in spec:
            error = unknown_name("player", spec, PLAYERS)
            raise UnknownNameError(f"{error} A player of your own is package.module:Name.")
        return {"*": _factory(spec)}
    if not callable(spec):
        raise bad_setting("players", spec, "a name, a callable or a mapping role -> player")
    return {"*": _maker(spec)}


def _factory(target: str) -> "Factory":
    from webenvs.players.asking import told

    module_name, _, attribute = target.partition(":")
    if not all(part.isidentifier() for part in [*module_name.split("."), attribute]):
        raise bad_setting("players", target, "a name, or package.module:Name")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # a module may raise anything while it is imported
        failure = f"Player {target!r}: cannot import {module_name!r}"
        raise PlayerError(f"{failure}: {told(error)}.") from error
    if not hasattr(module, attribute):
        public = [name for name in vars(module) if not name.startswith("_")]
        raise unknown_name("player", attribute, public, f"in {module_name}")
    return _maker(getattr(module, attribute))


def _maker(player: Any) -> Callable[[], Any]:
    """A class makes a player a seat; anything else is the player of all seats."""
    return player if isinstance(player, type) else partial(_itself, player)  # a lambda won't pickle


def _itself(player: Any) -> Any:
    return player
