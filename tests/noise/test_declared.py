"""Schedules: how strong a noise is at a turn of a frame and an episode of a training run."""

import pytest

from webenvs.noise.declared import Noise, Ramp


def rates(noise, **axis):
    (name, span) = next(iter(axis.items()))
    return [noise.rate(*((n, 0) if name == "turns" else (0, n))) for n in span]


def test_without_a_schedule_the_strength_is_always_the_same():
    assert set(rates(Noise(name="drop", strength=0.3), turns=range(50))) == {0.3}


def test_outside_of_its_turns_nothing_happens():
    noise = Noise(name="drop", strength=0.3, turns=(2, 4))
    assert rates(noise, turns=range(7)) == [0, 0, 0.3, 0.3, 0.3, 0, 0]
    assert rates(Noise(name="drop", strength=0.3, turns=(2, None)), turns=(1, 2, 99)) == [
        0,
        0.3,
        0.3,
    ]


def test_outside_of_its_episodes_nothing_happens():
    noise = Noise(name="drop", strength=0.3, episodes=(10, 11))
    assert rates(noise, episodes=(9, 10, 11, 12)) == [0, 0.3, 0.3, 0]


def test_a_ramp_is_a_straight_line():
    noise = Noise(name="drop", strength=0.8, ramp=Ramp(over="turns", first=2, last=6))
    assert rates(noise, turns=range(9)) == pytest.approx([0, 0, 0, 0.2, 0.4, 0.6, 0.8, 0.8, 0.8])


def test_a_ramp_may_fall_and_go_over_episodes():
    noise = Noise(name="drop", strength=0.0, ramp=Ramp(over="episodes", last=100, initial=0.5))
    assert rates(noise, episodes=(0, 50, 100, 1000)) == pytest.approx([0.5, 0.25, 0, 0])


def test_a_schedule_over_turns_holds_in_a_session(begin):
    from webenvs.players.message import say

    session = begin(noise="timeout:1(turns=2-3)", turns=8)
    met = [session.act(say("search", query=f"river {n}")).results[0].status for n in range(6)]
    assert [place for place, status in enumerate(met) if status == "timeout"] == [2, 3]


def test_a_curriculum_goes_by_the_number_that_reset_is_given():
    import gymnasium as gym

    import webenvs  # noqa: F401 - registers the ids
    from webenvs.players.message import say

    env = gym.make("webenvs/MultiHop-v0", noise="timeout:1(ramp=episodes:10-11)").unwrapped
    met = []
    for number in (None, 0, 10, 11, 500):
        env.reset(seed=1, options=None if number is None else {"episode": number})
        env.step(say("search", query="river"))
        met.append(env.episode().turns[0].results[0].status == "timeout")
        assert env.episode().number == (number or 0)
    assert met == [False, False, False, True, True]


def test_resets_without_a_seed_go_through_a_curriculum_one_by_one():
    import gymnasium as gym

    import webenvs

    env = gym.make("webenvs/MultiHop-v0", noise="timeout:1(episodes=7-)").unwrapped
    env.reset(seed=1, options={"episode": 5})
    numbers = [env.episode().number]
    for _ in range(3):
        env.reset()
        numbers.append(env.episode().number)
    env.reset(seed=1)
    assert (*numbers, env.episode().number) == (5, 6, 7, 8, 0)
    game = webenvs.parallel("MultiHop-v0", noise="timeout:1(ramp=episodes:0-9)")
    game.reset(seed=1)
    game.reset()
    assert game.episode().number == 1
    plain = gym.make("webenvs/MultiHop-v0", noise="timeout:0.5").unwrapped
    plain.reset(seed=1)
    plain.reset()
    assert plain.episode().number == 0, "nothing is counted where nothing goes by it"
