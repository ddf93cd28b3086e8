"""Every face can be saved, restored and forked; what it pays agrees with the terms it tells."""

import json

import gymnasium as gym
import pytest

import webenvs
from webenvs.errors import SettingError, UnknownNameError

SETTINGS = {"workers": 2, "noise": "timeout:0.3", "dense": True, "reward": "mgrpo"}


def delegate(*tasks):
    return {"calls": [{"name": "delegate", "arguments": {"task": task}} for task in tasks]}


def say(tool, **arguments):
    return {"calls": [{"name": tool, "arguments": arguments}]}


def message(agent, turn):
    if agent.startswith("planner"):
        return delegate("a", "b") if turn == 0 else say("answer", text="x")
    return say("search", query=f"river {agent} {turn}") if turn < 2 else say("report", text="y")


def play_aec(game, stop=10**6):
    """Play on with `message`; the rewards that `last` told each agent, added up."""
    earned = dict.fromkeys(game.possible_agents, 0.0)
    for agent in game.agent_iter(stop):
        observation, reward, terminated, truncated, _ = game.last()
        earned[agent] += reward
        done = terminated or truncated
        game.step(None if done else message(agent, observation["turn"]))
    return earned


def play_rounds(game, rounds=10**6):
    earned = dict.fromkeys(game.possible_agents, 0.0)
    while game.agents and rounds:
        rounds -= 1
        actions = {a: message(a, game.session.observe(a)["turn"]) for a in game.session.to_act}
        _, rewards, _, _, _ = game.step(actions)
        for agent, reward in rewards.items():
            earned[agent] += reward
    return earned


def test_an_aec_game_restored_goes_on_as_it_did():
    game = webenvs.aec("MultiHop-v0", **SETTINGS)
    game.reset(seed=3)
    play_aec(game, stop=3)
    saved = json.loads(json.dumps(game.snapshot()))
    first = play_aec(game)
    ended = game.episode()
    game.restore(saved)
    assert game.agents == game.possible_agents
    assert not any(game.terminations.values())
    assert game.agent_selection == game.session.to_act[0]
    assert play_aec(game) == first
    assert game.episode() == ended


def test_a_parallel_game_restored_goes_on_as_it_did():
    game = webenvs.parallel("MultiHop-v0", **SETTINGS)
    game.reset(seed=3)
    play_rounds(game, 2)
    saved = json.loads(json.dumps(game.snapshot()))
    first = play_rounds(game)
    ended = game.episode()
    assert game.agents == []
    game.restore(saved)
    assert game.agents == game.possible_agents
    assert play_rounds(game) == first
    assert game.episode() == ended


@pytest.mark.parametrize("make", [webenvs.aec, webenvs.parallel])
def test_a_fork_of_a_game_leaves_the_original_alone(make):
    game = make("MultiHop-v0", **SETTINGS)
    game.reset(seed=3)
    play = play_aec if make is webenvs.aec else play_rounds
    play(game, 2)
    before = game.snapshot()
    twin = game.fork()
    play(twin)
    assert twin.session.over
    assert game.snapshot() == before
    play(game)
    assert game.episode() == twin.episode()


@pytest.mark.parametrize("seat", ["planner", "worker"])
def test_a_fork_of_a_seat_goes_on_as_the_original(seat):
    env = gym.make("webenvs/MultiHop-v0", seat=seat, players="random", **SETTINGS).unwrapped
    _, info = env.reset(seed=5)
    twin = env.fork()
    steps = []
    for one in (env, twin):
        step = one.step(message(info["player"], 0))
        while not (step[2] or step[3]):
            step = one.step(message(info["player"], step[0]["turn"]))
        steps.append(step)
    assert steps[0] == steps[1]
    assert env.episode() == twin.episode()


def test_rewards_and_terms_of_all_faces_add_up_to_the_episode():
    game = webenvs.aec("MultiHop-v0", **SETTINGS)
    game.reset(seed=4)
    rounds = webenvs.parallel("MultiHop-v0", **SETTINGS)
    rounds.reset(seed=4)
    for earned in (play_aec(game), play_rounds(rounds)):
        assert earned == pytest.approx(game.episode().rewards)


def test_what_a_seat_is_paid_is_what_its_terms_weigh():
    env = gym.make(
        "webenvs/MultiHop-v0", seat="planner", dense=True, reward={"cost": -1.0, "evidence": 1.0}
    )
    env.reset(seed=4)
    paid = 0.0
    for action in (delegate("a", "b"), say("answer", text="x")):
        _, reward, _, _, info = env.step(action)
        terms = info["reward_terms"]
        assert reward == pytest.approx(terms["evidence"] - terms["cost"])
        paid += reward
    assert paid == pytest.approx(env.unwrapped.episode().rewards["planner_0"])


def test_noise_is_told_to_trainers_and_not_to_players():
    heard = []

    def player(observation, info):
        heard.append("noise" in info)
        return message(info["player"], observation["turn"])

    env = gym.make("webenvs/MultiHop-v0", seat="planner", players=player, noise="timeout:1")
    env.reset(seed=1)
    _, _, _, _, info = env.step(delegate("a"))
    assert info["noise"] == []
    assert heard
    assert not any(heard)
    solo = gym.make("webenvs/MultiHop-v0", noise="timeout:1")
    solo.reset(seed=1)
    _, _, _, _, info = solo.step(say("search", query="river"))
    assert info["noise"] == [{"call": "0.1", "tool": "search", "name": "timeout", "detail": {}}]


def test_calls_in_the_wrong_order_are_told_to_reset():
    game = webenvs.aec("MultiHop-v0")
    for wrong in (lambda: game.step("x"), game.last, game.episode, game.snapshot):
        with pytest.raises(SettingError, match="call reset first"):
            wrong()
    game.reset(seed=0)
    play_aec(game)
    with pytest.raises(SettingError, match="call reset"):
        game.step(None)


def test_strangers_and_no_mappings_are_refused():
    game = webenvs.aec("MultiHop-v0")
    game.reset(seed=0)
    with pytest.raises(UnknownNameError, match="planner_0"):
        game.observe("planer_0")
    rounds = webenvs.parallel("MultiHop-v0")
    rounds.reset(seed=0)
    with pytest.raises(SettingError, match="a mapping agent -> message"):
        rounds.step(None)
    with pytest.raises(UnknownNameError, match="Did you mean 'planner_0'"):
        rounds.step({"planer_0": "x"})


def test_a_misspelt_option_of_reset_is_refused_and_a_strange_one_is_not():
    env = gym.make("webenvs/MultiHop-v0")
    with pytest.raises(SettingError, match="Did you mean 'task_id'"):
        env.reset(seed=1, options={"task": "x"})
    with pytest.raises(SettingError, match="options"):
        env.reset(seed=1, options=[1])
    env.reset(seed=1, options={"options": 1})
