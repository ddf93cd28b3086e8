"""Scenarios from settings: the game, the web and the tasks that they describe, put together."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from webenvs import library
from webenvs.actions.codec import codec
from webenvs.envs.game import tools_of
from webenvs.envs.scenario import Rebuild, Scenario
from webenvs.envs.settings import Settings, check_objects, game_of, settings_from
from webenvs.envs.stages import (
    backend_of,
    brought_by,
    check_weather,
    stage_of,
    with_adapter,
    with_stage,
)
from webenvs.errors import bad_setting
from webenvs.noise.checking import fitting
from webenvs.noise.compact import declared
from webenvs.noise.declared import Noise
from webenvs.rewards.answer import checked
from webenvs.rewards.weighted import Reward, reward_from
from webenvs.search import engines
from webenvs.tasks.families.table import FAMILIES, family_of
from webenvs.tasks.files import check_evidence
from webenvs.tasks.taskset import TaskSet, TaskSource
from webenvs.web.sandbox import sandbox_from
from webenvs.web.web import Web


def build(
    env: str, usual: Mapping[str, Any], settings: Mapping[str, Any], rebuild: Rebuild
) -> Scenario:
    """The scenario called `env` with these settings over its `usual` ones.

    `corpus`, `tasks` and `live` may be objects; knobs of a family stand beside the settings. Raises
    UnknownNameError, SettingError, CorpusError or TaskFileError for what is wrong with them.
    """
    merged, live = with_adapter(with_stage(usual, settings))
    objects = _objects(merged)
    merged = {key: str(v) if isinstance(v, os.PathLike) else v for key, v in merged.items()}
    knobs = () if "tasks" in objects else _knob_names(merged)
    chosen = settings_from(_with_knobs(merged, knobs), knobs)
    chosen, noise = _weather(chosen)
    pages = objects["corpus"] if "corpus" in objects else library.corpus(chosen.corpus)
    return Scenario(
        env=env,
        settings=_told(chosen, settings_from(usual), objects),
        game=game_of(chosen),
        web=_web(chosen, pages, noise, live),
        tasks=_tasks(chosen, pages, objects.get("tasks")),
        codec=codec(chosen.codec),
        reward=_reward(chosen),
        split=chosen.split,
        dense=chosen.dense,
        result_role=chosen.result_role,
        observation_characters=chosen.observation_characters,
        sandbox=sandbox_from(chosen.sandbox),
        rebuild=rebuild,
    )


def _objects(merged: dict[str, Any]) -> dict[str, Any]:
    """Take the settings that are objects out of `merged`; raises SettingError for a wrong kind."""
    objects: dict[str, Any] = {
        name: merged.pop(name)
        for name in ("corpus", "tasks")
        if name in merged and not isinstance(merged[name], str | os.PathLike)
    }
    if "corpus" in objects:
        objects["corpus"] = library.pages_of(objects["corpus"])
    check_objects(objects)
    return objects


def _weather(chosen: Settings) -> tuple[Settings, tuple[Noise, ...]]:
    """The settings without noise of no strength, which is checked all the same, and what can fall.

    A text of noise stays as it was written, unless nothing of it can fall.
    """
    asked = declared(chosen.noise)
    fits = fitting(asked, *tools_of(game_of(chosen)))
    noise = tuple([one for one in fits if not one.never])
    if chosen.stage:
        check_weather(stage_of(chosen.stage), chosen.noise, noise)
    left: str | tuple[Noise, ...] = tuple([one for one in asked if not one.never])
    if isinstance(chosen.noise, str):
        left = chosen.noise
    return msgspec.structs.replace(chosen, noise=left if noise else "none"), noise


def _web(chosen: Settings, pages: Any, noise: Sequence[Noise], live: Any) -> Web:
    """The web that the settings describe; what is known of the corpus is true of its pages only."""
    backend = backend_of(chosen, live)
    known = backend is None and any(one.kind.lore for one in noise)
    return Web(
        pages,
        engines.retriever(pages, chosen.retriever, chosen.search),
        noise,
        top_k=chosen.top_k,
        page_characters=chosen.page_characters,
        lore=library.lore(pages) if known else None,
        backend=backend,
    )


def _tasks(chosen: Settings, pages: Any, given: TaskSource | None) -> TaskSource:
    """The tasks that the settings name, or those given as an object; their evidence is there."""
    tasks = (
        given
        if given is not None
        else library.task_source(
            chosen.tasks,
            pages,
            engines.retriever(pages, chosen.retriever, chosen.search),
            level=chosen.level,
            knobs=chosen.knobs,
            items=chosen.items,
        )
    )
    if isinstance(tasks, TaskSet):
        check_evidence(tasks, pages)
    return tasks


def _told(chosen: Settings, usual: Settings, objects: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ from the id's own, ready for JSON; objects by what tells them.

    What a stage would set otherwise is told in any case.
    """
    brought = brought_by(chosen.stage)
    told = {
        name: _as_json(name, value)
        for name in chosen.__struct_fields__
        if (value := getattr(chosen, name)) != getattr(usual, name) or name in brought
    }
    return told | {name: f"{value.name}@{value.digest[:16]}" for name, value in objects.items()}


def _as_json(name: str, value: Any) -> Any:
    """A setting as it reads back from JSON; raises SettingError for what JSON cannot hold."""
    try:
        return msgspec.json.decode(msgspec.json.encode(value))
    except (TypeError, ValueError, OverflowError) as error:
        raise bad_setting(name, value, f"made of what JSON can hold ({error})") from error


def _reward(settings: Settings) -> Reward:
    reward = reward_from(settings.reward, tuple(role.name for role in game_of(settings).roles))
    if settings.metric == "auto":
        return reward
    return msgspec.structs.replace(reward, metric=checked(settings.metric))


def _knob_names(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The knobs of the family that the settings name; none where tasks come from elsewhere."""
    name = str(values.get("tasks", "multi-hop"))
    return family_of(name).knobs.__struct_fields__ if name in FAMILIES else ()


def _with_knobs(values: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The settings with those that are knobs under `knobs`."""
    own = {name: values[name] for name in names if name in values}
    rest = {name: value for name, value in values.items() if name not in own}
    given = rest.get("knobs", {})
    if not own or not isinstance(given, Mapping):
        return rest
    return {**rest, "knobs": {**given, **own}}
