"""Under every noise preset all faces of every id tell of the same episode, byte for byte."""

import json

import gymnasium as gym
import pytest
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv

import webenvs
from webenvs import catalog, seeding
from webenvs.catalog import ROWS
from webenvs.envs.session import Session
from webenvs.envs.spaces import SAMPLES
from webenvs.envs.vector import TextVectorEnv
from webenvs.noise.presets import PRESETS

SEED, STEPS = 5, 7
SETTINGS = {"turns": 6, "observation_characters": 4000}

every_preset = pytest.mark.parametrize("preset", PRESETS)


def maker(name, preset):
    """What makes the environment of an id; it can be sent to another process."""
    return lambda: gym.make(f"webenvs/{name}", noise=preset, **SETTINGS)


def bare(name, preset):
    return lambda: catalog.gym_env(env=name, noise=preset, **SETTINGS)


def message(name, step):
    """Mostly right calls, so that noise has something to fall on."""
    walks = ROWS[name].settings.get("game") == "walk"
    if step % 3 == 2:
        return seeding.choice(SAMPLES, "presets contract", name, step)
    tool, arguments = (
        ("click", {"link": step + 1}) if walks else ("search", {"query": f"river town {step}"})
    )
    return f"<tool_call>{json.dumps({'name': tool, 'arguments': arguments})}</tool_call>"


def alone(name, preset):
    """What one environment tells at every step."""
    env = maker(name, preset)()
    observation, info = env.reset(seed=SEED)
    steps = [(observation, 0.0, False, info["statuses"], info["noise"])]
    for step in range(STEPS):
        observation, reward, terminated, truncated, info = env.step(message(name, step))
        if terminated or truncated:
            break
        told = (observation, reward, False, info["statuses"], info["noise"])
        steps.append(told)
    return steps


MODES = {
    "own": lambda preset: TextVectorEnv([bare(name, preset) for name in ROWS]),
    "sync": lambda preset: SyncVectorEnv([maker(name, preset) for name in ROWS]),
    "async": lambda preset: AsyncVectorEnv(
        [maker(name, preset) for name in ROWS], shared_memory=False
    ),
}


@every_preset
@pytest.mark.parametrize("mode", MODES)
def test_vectors_of_all_ids_do_what_their_parts_do_alone(preset, mode):
    wanted = {name: alone(name, preset) for name in ROWS}
    envs = MODES[mode](preset)
    try:
        seen, infos = envs.reset(seed=[SEED] * len(ROWS))
        for step in range(max(map(len, wanted.values()))):
            for place, (name, steps) in enumerate(wanted.items()):
                if step < len(steps):
                    observation = {key: values[place] for key, values in seen.items()}
                    assert observation == steps[step][0], (name, step)
                    assert tuple(infos["statuses"][place]) == tuple(steps[step][3])
                    assert list(infos["noise"][place]) == list(steps[step][4])
            taken = envs.step(tuple(message(name, step) for name in ROWS))
            seen, infos = taken[0], taken[4]
    finally:
        envs.close()


@every_preset
@pytest.mark.parametrize("name", ROWS)
def test_a_team_plays_one_episode_whatever_its_face(name, preset):
    settings = {"noise": preset, "turns": 6}
    game = webenvs.aec(name, **settings)
    rounds = webenvs.parallel(name, **settings)
    game.reset(seed=SEED)
    rounds.reset(seed=SEED)
    scenario = game.scenario
    session = Session(scenario, game.session.task, SEED)
    seated = [webenvs.lineup("random").sit(scenario.players, session.task, SEED) for _ in range(3)]
    while session.to_act:
        player = session.to_act[0]
        session.act(seated[0][player](session.observe(player), session.info(player)))
    while not game.session.over:
        agent = game.agent_selection
        game.step(seated[1][agent](game.observe(agent), game.session.info(agent)))
    while rounds.agents:
        now = rounds.session
        live = {p: seated[2][p](now.observe(p), now.info(p)) for p in now.to_act}
        rounds.step(live)
    assert game.episode() == session.episode()
    assert rounds.episode() == session.episode()
    assert session.episode().fingerprint


def test_the_presets_differ_in_what_they_do():
    """Else the tests above would compare one web with itself."""
    told = {preset: [alone(name, preset) for name in ROWS] for preset in PRESETS}
    noisy = {
        preset: any(step[4] for steps in runs for step in steps) for preset, runs in told.items()
    }
    assert not noisy.pop("none")
    assert all(noisy.values()), noisy
