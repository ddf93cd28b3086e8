"""What Gymnasium asks of an environment, over every id and every seat."""

import json
import pickle
import random
import subprocess
import sys
from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_match import check_environments_match
from gymnasium.wrappers import RecordEpisodeStatistics, TimeLimit

import webenvs
from webenvs import catalog
from webenvs.catalog import ROWS
from webenvs.players.message import say, tool_names
from webenvs.testing import check_environment
from webenvs.testing.environments import rollout

WORKER = "WORKER"
"""Stands for the role that an id's planner delegates to."""
VIEWS = {
    "solo": {},
    "planner": {"seat": "planner", "players": "random"},
    "worker": {"seat": WORKER, "players": "random"},
    "last worker": {"seat": f"{WORKER}_2", "workers": 3, "players": "random"},
    "noisy": {"noise": "mild", "dense": True, "reward": "webexplorer"},
    "short": {"turns": 2, "invalid": 1, "codec": "xml", "observation_characters": 1000},
}

every_id = pytest.mark.parametrize("name", ROWS)
every_view = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())


def make(name, **settings):
    if "seat" in settings:
        worker = {"team": "worker", "walk-team": "walker"}[ROWS[name].team]
        settings["seat"] = settings["seat"].replace(WORKER, worker)
    return gym.make(f"webenvs/{name}", **settings)


def call(info, number=0):
    """A readable call of a web tool that the player has."""
    if "search" in tool_names(info):
        return say("search", query=f"river {number}")
    return say("click", link=number)


@every_id
@every_view
def test_every_view_of_every_id_keeps_the_contract(name, view):
    """T1 to T6 and T13: check_env with warnings as errors, determinism, pickling, global chance."""
    check_environment(lambda: make(name, **view))


@every_id
def test_the_bit_generator_is_gymnasiums_own(name):
    """T1: a bit generator whose state holds arrays makes check_env raise."""
    env = make(name).unwrapped
    env.reset(seed=1)
    assert type(env.np_random.bit_generator) is np.random.PCG64


@every_id
def test_unseeded_episodes_repeat_after_a_seeded_one(name):
    """T2."""
    env = make(name)

    def drawn():
        first = env.reset(seed=123)[1]["task_id"]
        return [first, *(env.reset()[1]["task_id"] for _ in range(9))]

    assert drawn() == drawn()
    assert len(set(drawn())) > 5


@every_id
def test_ends_are_plain_bools_and_one_step_does_not_truncate(name):
    """T3."""
    env = make(name, turns=1, invalid=1)
    env.reset(seed=0)
    step = env.step("not a call")
    assert step[2] is False
    assert step[3] is False
    assert env.step("not a call")[3] is True


@every_id
def test_a_render_rate_is_declared(name):
    """T6: without it check_env warns, even for text."""
    assert make(name).metadata["render_fps"] > 0


@every_id
def test_the_module_form_of_the_id_needs_no_import(name):
    code = (
        "import gymnasium as gym\n"
        f"env = gym.make('webenvs:webenvs/{name}')\n"
        "print(env.reset(seed=0)[1]['task_id'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == make(name).reset(seed=0)[1]["task_id"]


@every_id
@every_view
def test_the_spec_makes_the_same_environment_again(name, view):
    env = make(name, **view)
    written = env.spec.to_json()
    json.loads(written)
    again = gym.make(EnvSpec.from_json(written))
    assert again.spec == env.spec
    for one, other in zip(rollout(env, 3), rollout(again, 3), strict=True):
        assert one == other


@every_id
@every_view
def test_two_environments_match_over_many_steps(name, view):
    check_environments_match(make(name, **view), make(name, **view), num_steps=60, seed=0)


@every_id
def test_record_episode_statistics_counts_return_and_length(name):
    env = RecordEpisodeStatistics(make(name, reward={"format": 1.0}))
    env.step(call(env.reset(seed=0)[1]))
    info = env.step(say("answer", text="x"))[4]
    assert info["episode"]["l"] == 2
    assert info["episode"]["r"] == pytest.approx(1.0)


@every_id
def test_time_limit_truncates(name):
    env = TimeLimit(make(name).unwrapped, max_episode_steps=3)
    info = env.reset(seed=0)[1]
    ends = [env.step(call(info, n))[2:4] for n in range(3)]
    assert ends == [(False, False), (False, False), (False, True)]
    limited = make(name, max_episode_steps=2)
    limited.reset(seed=0)
    assert [limited.step(call(info, n))[3] for n in range(2)] == [False, True]


@every_id
@every_view
def test_a_copy_pickled_in_mid_episode_goes_on_alike(name, view):
    env = make(name, **view)
    info = env.reset(seed=5)[1]
    env.step(call(info))
    copy = pickle.loads(pickle.dumps(env))
    for message in ("hm", call(info, 1), say("answer", text="x")):
        assert env.step(message) == copy.step(message)
    assert env.unwrapped.episode() == copy.unwrapped.episode()


@every_id
def test_global_chance_is_neither_read_nor_written(name):
    """T13: another environment's reset must not change this one's trajectory."""

    def trajectory(disturb):
        env = make(name, noise="mild")
        steps = [env.reset(seed=9)]
        for n in range(6):
            if disturb:
                random.seed(n)
                np.random.seed(n)
                make(name, noise="mild").reset(seed=n)
            steps.append(env.step(call(steps[0][1], n)))
        return steps

    before = random.getstate(), np.random.get_state()
    alone = trajectory(disturb=False)
    assert random.getstate() == before[0]
    assert repr(np.random.get_state()) == repr(before[1])
    try:
        assert trajectory(disturb=True) == alone
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])


@every_id
def test_episodes_do_not_grow_with_the_age_of_the_environment(name):
    """T14: no history is kept across resets."""
    env = make(name)

    def size(seed):
        env.step(call(env.reset(seed=seed)[1]))
        return len(pickle.dumps(env.unwrapped.session.snapshot()))

    first = size(7)
    for seed in range(25):
        size(seed)
    assert size(7) == first


@every_id
def test_neighbouring_seeds_share_few_tasks(name):
    """T12: seeds, splits and draws are hashed together; item i of seed s is none of seed s + 1."""
    env = make(name)
    tasks = len(env.unwrapped.scenario.tasks.of_split(env.unwrapped.scenario.split))

    def drawn(seed, count=10):
        first = env.reset(seed=seed)[1]["task_id"]
        return [first, *(env.reset()[1]["task_id"] for _ in range(count - 1))]

    shared = sum(len(set(drawn(seed)) & set(drawn(seed + 1))) for seed in range(42, 46))
    assert shared <= 4 * (10 * 10 / tasks + 2)
    neighbours = [env.reset(seed=seed)[1]["task_id"] for seed in range(60)]
    same = sum(one == other for one, other in pairwise(neighbours))
    assert same <= 60 / tasks + 6
    assert len(set(neighbours)) > min(tasks, 60) / 3


@every_id
def test_splits_share_no_task(name):
    tasks = webenvs.scenario(name).tasks
    held = {split: tasks.of_split(split)[:60] for split in ("train", "test")}
    ids = {split: {task.id for task in held[split]} for split in held}
    questions = {split: {task.question for task in held[split]} for split in held}
    assert not ids["train"] & ids["test"]
    assert not questions["train"] & questions["test"]
    assert all(len(ids[split]) > 50 for split in held)


@every_id
def test_the_id_is_registered_once_whatever_is_imported_again(name):
    catalog.register()
    catalog.register_pettingzoo()
    assert sum(key.startswith(f"webenvs/{name}") for key in gym.registry) == 1
