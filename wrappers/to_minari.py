"""Minari data sets of played episodes, of text or of features, that replay byte for byte.

    from wrappers.to_minari import collect, replay

    data = collect("webenvs/hops/scripted-v0", "MultiHop-v0", player="scripted", episodes=100)
    print(data.total_steps, data[0].observations["text"][0])  # a minari.MinariDataset
    print(replay(data))  # steps every action again; raises where anything differs

Unlike Minari's own `DataCollector` it needs no JAX, and leaves out what a real fault ended.
"""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Dict, Space, Text

from webenvs import catalog
from webenvs.errors import EpisodeFileError, SettingError, bad_setting, check_whole
from webenvs.trainers import MASK, trainer


def collect(
    dataset_id: str,
    name: str,
    *,
    player: Any = "scripted",
    episodes: int = 100,
    seed: int = 0,
    about: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Any:
    """Play episodes with the seeds from `seed` on; returns them as a `minari.MinariDataset`.

    `player` is what `players=` takes for a seat; with `view="features"` its call becomes the slot
    that holds it, else the first of its tool, and a callable (observation, info) -> slot will do
    too. `settings` are those of the id, `seat` and `players` included. Text actions are messages as
    the codec writes them; text spaces declare the characters that occur. Every episode keeps its
    seed and task. `about` goes to Minari as it is: data_format, author, code_permalink, ...

    Raises SettingError for a count below 1, an id that is taken, a call that the codec cannot
    write, or if a fault ended every episode.
    """
    minari = trainer("minari", ("0.5.4", "0.6"), "webenvs[minari]")
    check_whole("episodes", episodes, 1)
    if dataset_id in minari.list_local_datasets():
        raise bad_setting("dataset_id", dataset_id, "one that is not taken yet")
    env: Any = gym.make(catalog.gym_id(name), **settings)
    text = isinstance(env.action_space, Text)
    seats = None if callable(player) and not text else catalog.lineup(player)
    tried = [_played(env, seats or player, number) for number in range(seed, seed + episodes)]
    kept = [episode for episode in tried if episode is not None]
    if not kept:
        raise SettingError(f"A fault ended each of the {episodes} episodes: none is left.")
    told = {"algorithm_name": str(player), "description": f"{player} plays {env.spec.id}"}
    return minari.create_dataset_from_buffers(
        dataset_id,
        [minari.data_collector.EpisodeBuffer(**episode) for episode in kept],
        env=env,
        eval_env=env,
        observation_space=_declared(env.observation_space, [e["observations"] for e in kept]),
        action_space=_declared(env.action_space, [e["actions"] for e in kept]),
        **{**told, "requirements": ["webenvs"], **(about or {})},
    )


def replay(dataset: Any, env: gym.Env[Any, Any] | None = None) -> int:
    """Step the actions of every episode again; returns how many episodes there were.

    `env` is the environment they were played in, by default the one that the data set recovers.
    Raises EpisodeFileError for the first difference, naming its episode, step and field.
    """
    env = dataset.recover_environment() if env is None else env
    for episode in dataset.iterate_episodes():
        (told,) = dataset.storage.get_episode_metadata([episode.id])
        options = {"task_id": told["options"]["task_id"]}
        _compare(episode, 0, observations=env.reset(seed=int(told["seed"]), options=options)[0])
        for step, action in enumerate(episode.actions):
            seen, reward, terminated, truncated, _ = env.step(action)
            _compare(episode, step, rewards=reward, terminations=terminated, truncations=truncated)
            _compare(episode, step + 1, observations=seen)
    return len(dataset)


def _played(env: Any, player: Any, seed: int) -> dict[str, Any] | None:
    """An episode as Minari's `EpisodeBuffer` takes it; None if a real fault ended it."""
    bare = env.unwrapped
    observation, info = env.reset(seed=seed)
    session, seat = bare.session, bare.seat
    ask = None if callable(player) else player.sit([seat], session.task, seed)[seat]
    seen, steps, slots = [observation], [], MASK in info
    while not session.over:
        sent = ask(session.observe(seat), session.info(seat)) if ask else player(observation, info)
        sent = _slot(bare.candidates(), sent) if ask and slots else sent
        observation, *ends, info = env.step(sent)
        seen.append(observation)
        steps.append((sent if slots else _written(session, seat), *ends))
    if not info["valid"]:
        return None
    dicts = isinstance(observation, dict)
    columns = {key: [row[key] for row in seen] for key in observation} if dicts else seen
    names = ("actions", "rewards", "terminations", "truncations")
    played = dict(zip(names, map(list, zip(*steps, strict=True)), strict=True))
    return {
        "seed": seed,
        "options": {"task_id": session.task.id},
        "observations": columns,
        **played,
    }


def _slot(calls: Any, message: Mapping[str, Any]) -> int:
    """The slot of a message's call, else the first of its tool, else the first with a call."""
    tool, arguments = next(((c["name"], c["arguments"]) for c in message["calls"]), ("", {}))
    held = [(slot, call) for slot, call in enumerate(calls) if call is not None]
    near = [slot for slot, call in held if call[0] == tool] or [slot for slot, _ in held]
    return next((slot for slot, call in held if call == (tool, arguments)), near[0])


def _written(session: Any, seat: str) -> str:
    """The last message of `seat` as the codec wrote it."""
    turn = next(turn for turn in reversed(session.state.turns) if turn.player == seat)
    if turn.mapping:
        codec = session.scenario.codec.name
        raise bad_setting("codec", codec, f"one that can write this call as text: {turn.message}")
    return str(turn.message)


def _declared(space: Space[Any], columns: list[Any]) -> Space[Any]:
    """`space` as a data set can write it down: texts declare the characters that they hold."""
    if isinstance(space, Dict):
        parts = {key: [column[key] for column in columns] for key in space}
        return Dict({key: _declared(space[key], parts[key]) for key in space})
    if not isinstance(space, Text):
        return space
    characters = frozenset().union(*(text for column in columns for text in column))
    return Text(space.max_length, min_length=space.min_length, charset=characters or " ")


def _compare(episode: Any, step: int, **again: Any) -> None:
    for field, now in again.items():
        old = getattr(episode, field)
        pairs = [(old[key], now[key]) for key in now] if isinstance(old, dict) else [(old, now)]
        if not all(np.array_equal(recorded[step], value) for recorded, value in pairs):
            raise EpisodeFileError(
                f"Episode {episode.id} does not replay: {field}[{step}] is now {now!r:.300}."
            )
