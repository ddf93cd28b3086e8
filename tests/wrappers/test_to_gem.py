"""GEM plays our episodes: the same rewards, alone and in vectors, touching no global generator."""

import importlib.metadata
import random
import sys

import numpy as np
import pytest

from tests.wrappers import recorded
from webenvs.errors import SettingError
from wrappers import to_gem

REAL = pytest.mark.trainer("gem")


def made(name="webenvs:test", seed=0, **settings):
    """An environment that GEM made."""
    import gem

    return gem.make(to_gem.register(name, "MultiHop-v0", **settings), seed=seed)


def played(env, seed, turns=6):
    """Observations and rewards of an episode of random actions."""
    seen = [env.reset(seed=seed)[0]]
    for _ in range(turns):
        text, reward, terminated, truncated, _ = env.step(env.sample_random_action())
        seen.append((text, reward))
        if terminated or truncated:
            break
    return seen


def test_without_gem_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gem", None)
    with pytest.raises(ImportError, match=r"pip install 'webenvs\[gem\]'"):
        to_gem.register("x", "MultiHop-v0")


def test_an_untried_version_is_named_with_those_that_were_tried(monkeypatch):
    monkeypatch.setitem(sys.modules, "gem", type(sys)("gem"))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.2.1")
    with pytest.raises(ImportError, match=r"0\.2\.1 .* from 0\.1\.0 to below 0\.2"):
        to_gem.ResearchEnv("MultiHop-v0")


@REAL
@pytest.mark.parametrize("settings", [{}, recorded.TEAM, {"dense": True, "reward": "evidence"}])
def test_a_recorded_episode_plays_again_with_the_same_rewards(settings):
    episode = recorded.episode("oracle", **settings)
    env = made(f"webenvs:again-{len(settings)}{'seat' in settings}", **settings)
    text, info = env.reset(seed=episode.seed)
    steps = [env.step(said) for said in recorded.said(episode)]
    assert info["task_id"] == episode.task and "Question: " in text
    assert [step[2] for step in steps] == [False] * (len(steps) - 1) + [True]
    assert sum(step[1] for step in steps) == pytest.approx(recorded.reward(episode)) != 0


@REAL
@pytest.mark.parametrize("text", recorded.GARBAGE)
def test_what_is_no_call_is_told_and_not_raised(text):
    env = made()
    env.reset(seed=3)
    observation, reward, terminated, truncated, info = env.step(text)
    assert "could not be read" in observation
    assert (reward, terminated, truncated, info["use_tool"]) == (0.0, False, False, False)


@REAL
def test_an_episode_with_a_real_fault_ends_and_says_that_it_does_not_count():
    env = made("webenvs:absent", **recorded.ABSENT)
    env.reset(seed=3)
    *_, truncated, info = env.step(recorded.DELEGATION)
    assert truncated and not info["valid"]


@REAL
def test_no_global_generator_is_touched():
    env = made()
    before = random.getstate(), np.random.get_state()[1].tolist()
    played(env, seed=3)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before


@REAL
def test_what_others_do_to_global_generators_changes_nothing():
    import gem
    import gem.envs  # registers GEM's own games, whose resets seed the process

    quiet = played(made(), seed=3)
    gem.make("game:GuessTheNumber-v0-hard").reset(seed=11)
    assert played(made(), seed=3) == quiet


@REAL
def test_resets_without_a_seed_go_on_in_an_order_that_the_own_seed_keys():
    one, same, other = made(seed=1), made(seed=1), made(seed=2)
    orders = [[env.reset()[1]["task_id"] for _ in range(4)] for env in (one, same, other)]
    assert orders[0] == orders[1] != orders[2]
    assert len(set(orders[0])) > 1


@REAL
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_vector_is_its_environments_side_by_side(asynchronous):
    import gem

    name = to_gem.register("webenvs:test", "MultiHop-v0")
    vector = gem.make_vec([name] * 3, async_mode=asynchronous, seed=5)
    single = [made(seed=5 + place) for place in range(3)]
    texts, _ = vector.reset(seed=20)
    assert texts == [env.reset(seed=20 + place)[0] for place, env in enumerate(single)]
    for _ in range(8):
        actions = [env.sample_random_action() for env in single]
        texts, rewards, terminated, truncated, _ = vector.step(actions)
        for place, env in enumerate(single):
            step = env.step(actions[place])
            if step[2] or step[3]:
                step = (env.reset()[0], *step[1:])  # GEM resets in the same step
            assert (texts[place], rewards[place]) == step[:2]
            assert (terminated[place], truncated[place]) == step[2:4]


@REAL
def test_a_spawn_in_the_same_state_goes_on_alone():
    env = made()
    env.reset(seed=3)
    env.step(env.sample_random_action())
    twin = env.spawn(same_state=True)
    action = '<tool_call>{"name": "search", "arguments": {"query": "river"}}</tool_call>'
    first = twin.step(action)
    twin.step(action.replace("river", "lake"))
    assert env.step(action) == first
    assert twin.env_id == env.env_id


@REAL
def test_a_spawn_of_its_own_begins_anew_with_other_settings():
    env = made("webenvs:spawn", turns=4)
    env.reset(seed=3)
    assert (
        env.spawn(turns=7).reset(seed=3)[1]["messages"] != env.spawn().reset(seed=3)[1]["messages"]
    )
    with pytest.raises(SettingError, match="left out"):
        env.spawn(same_state=True, turns=7)


@REAL
@pytest.mark.parametrize("settings", [{}, {"codec": "react"}, {"game": "walk"}], ids=str)
def test_random_actions_are_calls_that_can_be_read(settings):
    env = to_gem.ResearchEnv("WebWalk-v0" if "game" in settings else "MultiHop-v0", **settings)
    env.reset(seed=4)
    actions = [env.sample_random_action() for _ in range(5)]
    assert len(set(actions)) > 1
    for action in actions:
        assert "could not be read" not in env.spawn(same_state=True).step(action)[0]


@REAL
def test_wrappers_of_gem_keep_the_whole_chat():
    from gem.wrappers.wrapper_factory import get_wrapper_fns

    env = made()
    for wrap in get_wrapper_fns("concat_with_action,episode_tracking"):
        env = wrap(env)
    first, _ = env.reset(seed=3)
    text, _, _, _, info = env.step(env.unwrapped.sample_random_action())
    assert text.startswith(first.rstrip("\n")) and info["step_counter"] == 1


@REAL
def test_an_id_is_registered_once_and_never_for_two_things():
    assert to_gem.register("webenvs:twice", "MultiHop-v0", turns=5) == "webenvs:twice"
    to_gem.register("webenvs:twice", "MultiHop-v0", turns=5)
    with pytest.raises(SettingError, match="it stands for"):
        to_gem.register("webenvs:twice", "MultiHop-v0", turns=6)


@REAL
def test_several_seats_are_refused():
    with pytest.raises(SettingError, match="name a `seat`"):
        to_gem.register("webenvs:team", "MultiHop-v0", game="team")
    with pytest.raises(SettingError, match="name a `seat`"):
        to_gem.ResearchEnv("MultiHop-v0", game="team")
