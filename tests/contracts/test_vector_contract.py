"""Vector environments of every id, in every mode, do what their parts do one by one."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import DictInfoToList
from gymnasium.wrappers.vector import RecordEpisodeStatistics as VectorStatistics

from webenvs import seeding
from webenvs.catalog import ROWS
from webenvs.envs.spaces import SAMPLES
from webenvs.envs.vector import TextVectorEnv

COUNT, STEPS, SEED = 3, 12, 11
SETTINGS = {"turns": 4, "noise": "mild"}
MODES = {
    "default": {},
    "vector_entry_point": {"vectorization_mode": "vector_entry_point"},
    "sync": {"vectorization_mode": "sync"},
    "async shared": {"vectorization_mode": "async", "vector_kwargs": {"shared_memory": True}},
    "async": {"vectorization_mode": "async", "vector_kwargs": {"shared_memory": False}},
}

every_id = pytest.mark.parametrize("name", ROWS)


def make_vec(name, mode, autoreset, **settings):
    given = {**MODES[mode], **SETTINGS, **settings}
    if mode in ("default", "vector_entry_point"):
        given["autoreset_mode"] = autoreset
    else:
        given["vector_kwargs"] = {**given.get("vector_kwargs", {}), "autoreset_mode": autoreset}
    return gym.make_vec(f"webenvs/{name}", num_envs=COUNT, **given)


def message(place, step):
    return seeding.choice(SAMPLES, "vector contract", place, step)


def alone(name, place, autoreset):
    """The trajectory of one environment under an autoreset mode: (observation, reward, ends)."""
    env = gym.make(f"webenvs/{name}", **SETTINGS)
    observation, info = env.reset(seed=SEED + place)
    yield observation, 0.0, False, False, info
    over = False
    for step in range(STEPS):
        if over and autoreset is AutoresetMode.NEXT_STEP:
            observation, info = env.reset()
            over = False
            yield observation, 0.0, False, False, info
            continue
        if over and autoreset is AutoresetMode.DISABLED:
            env.reset(seed=SEED + place + step)
        observation, reward, terminated, truncated, info = env.step(message(place, step))
        over = terminated or truncated
        if over and autoreset is AutoresetMode.SAME_STEP:
            final = observation, info
            observation, info = env.reset()
            info = {**info, "final_obs": final[0], "final_info": final[1]}
        yield observation, reward, terminated, truncated, info


def together(name, mode, autoreset):
    """The same of a vector environment: for every step a list over its parts."""
    env = DictInfoToList(make_vec(name, mode, autoreset))
    try:
        observations, infos = env.reset(seed=SEED)
        zeros = [0.0] * COUNT
        yield unbatched(observations, zeros, zeros, zeros, infos)
        over = np.zeros(COUNT, dtype=bool)
        for step in range(STEPS):
            if autoreset is AutoresetMode.DISABLED and over.any():
                env.reset(
                    seed=[SEED + place + step for place in range(COUNT)],
                    options={"reset_mask": over},
                )
            taken = env.step(tuple(message(place, step) for place in range(COUNT)))
            over = taken[2] | taken[3]
            yield unbatched(*taken)
    finally:
        env.close()


def unbatched(observations, rewards, terminations, truncations, infos):
    return [
        (
            {key: values[place] for key, values in observations.items()},
            rewards[place],
            bool(terminations[place]),
            bool(truncations[place]),
            infos[place],
        )
        for place in range(COUNT)
    ]


@every_id
@pytest.mark.parametrize("autoreset", list(AutoresetMode), ids=lambda mode: mode.name)
@pytest.mark.parametrize("mode", MODES)
def test_a_vector_environment_does_what_its_parts_do_alone(name, mode, autoreset):
    wanted = [list(alone(name, place, autoreset)) for place in range(COUNT)]
    ends = 0
    for step, taken in enumerate(together(name, mode, autoreset)):
        for place, (observation, reward, terminated, truncated, info) in enumerate(taken):
            expected = wanted[place][step]
            assert observation == expected[0], f"step {step} of part {place}"
            assert (reward, terminated, truncated) == expected[1:4]
            for key in ("task_id", "closing", "statuses", "end", "messages"):
                assert info[key] == expected[4][key], key
            if "final_info" in expected[4]:
                assert info["final_info"]["end"] == expected[4]["final_info"]["end"]
                assert info["final_obs"] == expected[4]["final_obs"]
            ends += terminated or truncated
    assert ends > 3, "no episode ended: the test shows nothing about autoreset"


@every_id
def test_the_default_is_the_own_vector_environment(name):
    """T8: Gymnasium's shared-memory default collapses on long text."""
    env = make_vec(name, "default", AutoresetMode.NEXT_STEP)
    assert isinstance(env.unwrapped, TextVectorEnv)
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    env.close()


@every_id
def test_numbers_of_earlier_steps_stay_as_they_were(name):
    env = make_vec(name, "default", AutoresetMode.NEXT_STEP)
    first, _ = env.reset(seed=1)
    kept = {key: list(values) for key, values in first.items()}
    actions = ("hm",) * COUNT
    second, rewards, *_ = env.step(actions)
    paid = rewards.copy()
    for _ in range(3):
        env.step(actions)
    assert {key: list(values) for key, values in first.items()} == kept
    assert list(second["turn"]) == [1] * COUNT
    assert list(rewards) == list(paid)
    env.close()


@every_id
def test_infos_of_a_vector_environment_are_arrays_with_masks(name):
    env = make_vec(name, "default", AutoresetMode.SAME_STEP)
    env.reset(seed=1)
    answer = '<tool_call>{"name": "answer", "arguments": {"text": "x"}}</tool_call>'
    infos = env.step(("hm", answer, "hm"))[4]
    assert infos["statuses"].shape == (COUNT,)
    assert infos["_statuses"].tolist() == [True] * COUNT
    assert infos["budget"][0]["turns"] == 3
    assert infos["_final_info"].tolist() == [False, True, False]
    assert infos["final_info"]["end"].tolist() == [None, "answered", None]
    assert infos["final_info"]["_end"].tolist() == [False, True, False]
    assert infos["final_obs"][1]["live"] == 0
    env.close()


@every_id
def test_statistics_of_episodes_can_be_recorded(name):
    env = VectorStatistics(make_vec(name, "default", AutoresetMode.NEXT_STEP))
    env.reset(seed=1)
    env.step(("hm",) * COUNT)
    answer = '<tool_call>{"name": "answer", "arguments": {"text": "x"}}</tool_call>'
    infos = env.step(("hm", answer, "hm"))[4]
    assert infos["episode"]["l"].tolist() == [0, 2, 0]
    env.close()


@every_id
def test_seeds_and_options_reach_every_part(name):
    env = make_vec(name, "default", AutoresetMode.NEXT_STEP)
    scenario = gym.make(f"webenvs/{name}").unwrapped.scenario
    task = scenario.tasks.of_split(scenario.split)[0].id
    _, infos = env.reset(seed=[4, 4, 5], options={"task_id": task})
    assert infos["task_id"].tolist() == [task] * COUNT
    observations, infos = env.reset(seed=[4, 4, 5])
    assert infos["task_id"][0] == infos["task_id"][1]
    assert observations["text"][0] == observations["text"][1]
    env.close()
