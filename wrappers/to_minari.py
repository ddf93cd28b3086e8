"""Minari data sets of played episodes, of text or of features, that replay byte for byte.

from wrappers.to_minari import collect, replay

data = collect("webenvs/hops/scripted-v0", "MultiHop-v0", player="scripted", episodes=100)
print(data.total_steps, data[0].observations["text"][0])  # a minari.MinariDataset
print(replay(data))  # steps every action again; raises where anything differs
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Text

from webenvs import catalog
from webenvs.envs.session import Session
from webenvs.errors import EpisodeFileError, SettingError, bad_setting
from webenvs.players.lineup import Lineup
from webenvs.trainers import trainer

_INSTALL = "webenvs[minari]"


class _Played(NamedTuple):
    """An episode: what was seen (one more than the rest), done, earned, and how it ended."""

    seed: int
    task: str
    seen: list[Any]
    actions: list[Any]
    rewards: list[float]
    ends: list[tuple[bool, bool]]
    valid: bool


def collect(
    dataset_id: str,
    name: str,
    *,
    player: Any = "scripted",
    episodes: int = 100,
    seed: int = 0,
    about: Mapping[str, Any] | None = None,
    data_format: str = "hdf5",
    **settings: Any,
) -> Any:
    """Play episodes with the seeds from `seed` on, and write them as the data set `dataset_id`.

    `player` is what `players=` takes for a seat. The other `settings` are those of the id, `seat`,
    `players` and `view` included. Actions of the text view are the messages as the codec writes
    them; text spaces declare the characters that occur. Every episode keeps its seed and task.
    Episodes that a real fault ended are left out. `about` goes to Minari as it is (author,
    author_email, code_permalink, description, ...). Returns the `minari.MinariDataset`.

    Raises SettingError for a count below 1, a data set that is there already, a call that the codec
    cannot write, or if no episode is left.
    """
    minari = trainer("minari", ("0.5.4", "0.6"), _INSTALL)
    if isinstance(episodes, bool) or not isinstance(episodes, int) or episodes < 1:
        raise bad_setting("episodes", episodes, "a whole number of at least 1")
    if dataset_id in minari.list_local_datasets():
        raise bad_setting(
            "dataset_id", dataset_id, "an id that is not taken (minari.delete_dataset)"
        )
    env = gym.make(f"webenvs:webenvs/{catalog.row(name).id}", **settings)
    lineup = catalog.lineup(player, env.unwrapped.scenario.game)
    played = [_played(env, lineup, number) for number in range(seed, seed + episodes)]
    kept = [episode for episode in played if episode.valid]
    if not kept:
        raise SettingError(f"Each of the {episodes} episodes was ended by a fault: none is left.")
    return minari.create_dataset_from_buffers(
        dataset_id,
        [_buffer(minari, episode) for episode in kept],
        env=env,
        observation_space=_declared(env.observation_space, [o for e in kept for o in e.seen]),
        action_space=_declared(env.action_space, [a for e in kept for a in e.actions]),
        algorithm_name=player if isinstance(player, str) else type(player).__name__,
        eval_env=env,
        requirements=["webenvs"],
        data_format=data_format,
        **{"description": f"{player} on {env.spec.id}", **(about or {})},
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


def _played(env: gym.Env[Any, Any], lineup: Lineup, seed: int) -> _Played:
    bare: Any = env.unwrapped
    observation, info = env.reset(seed=seed)
    session, seat, text = bare.session, bare.seat, isinstance(env.action_space, Text)
    player = lineup.sit([seat], session.task, seed)[seat]
    episode = _Played(seed, session.task.id, [observation], [], [], [], True)
    while not session.over:
        message = player(session.observe(seat), session.info(seat))
        action = message if text else bare.slot_of(message)
        observation, reward, terminated, truncated, info = env.step(action)
        episode.actions.append(_written(session, seat) if action is message else action)
        episode.seen.append(observation)
        episode.rewards.append(reward)
        episode.ends.append((terminated, truncated))
    return episode._replace(valid=info["valid"])


def _written(session: Session, seat: str) -> str:
    """The last message of `seat` as the codec wrote it."""
    turn = next(turn for turn in reversed(session.state.turns) if turn.player == seat)
    if turn.mapping:
        raise SettingError(
            f"The codec {session.scenario.codec.name} cannot write the call {turn.message}, and a "
            f"data set of text holds messages as text: take another codec."
        )
    return str(turn.message)


def _buffer(minari: Any, episode: _Played) -> Any:
    seen: Any = episode.seen
    if isinstance(seen[0], Mapping):
        seen = {key: [each[key] for each in seen] for key in seen[0]}
    return minari.data_collector.EpisodeBuffer(
        seed=episode.seed,
        options={"task_id": episode.task},
        observations=seen,
        actions=episode.actions,
        rewards=episode.rewards,
        terminations=[terminated for terminated, _ in episode.ends],
        truncations=[truncated for _, truncated in episode.ends],
    )


def _declared(space: gym.Space[Any], values: list[Any]) -> gym.Space[Any]:
    """`space` as a data set can write it down: texts declare what characters `values` hold."""
    if isinstance(space, gym.spaces.Dict):
        parts = {key: [value[key] for value in values] for key in space}
        return gym.spaces.Dict({key: _declared(space[key], parts[key]) for key in space})
    if not isinstance(space, Text):
        return space
    characters = frozenset().union(*values) or frozenset(" ")
    return Text(space.max_length, min_length=space.min_length, charset=characters)


def _compare(episode: Any, step: int, **again: Any) -> None:
    for field, value in again.items():
        recorded = _at(getattr(episode, field), step)
        if not _equal(recorded, value):
            raise EpisodeFileError(
                f"Episode {episode.id} does not replay: {field}[{step}] is {recorded!r:.200} in the "
                f"data set and {value!r:.200} now."
            )


def _equal(recorded: Any, value: Any) -> bool:
    if isinstance(recorded, Mapping):
        same = set(recorded) == set(value)
        return same and all(_equal(recorded[key], value[key]) for key in recorded)
    if isinstance(recorded, str) or isinstance(value, str):
        return bool(recorded == value)
    return np.array_equal(recorded, value)


def _at(values: Any, step: int) -> Any:
    if isinstance(values, Mapping):
        return {key: _at(column, step) for key, column in values.items()}
    return values[step]
