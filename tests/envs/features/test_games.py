"""The PettingZoo faces of the features view: where the mask is, who waits, how they agree."""

import warnings

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test

from webenvs.catalog import ROWS
from webenvs.envs.features.numbers import action_space, observation_space
from webenvs.envs.features.slots import SPANS, WAIT, K
from webenvs.errors import SettingError, UnknownNameError

every_id = pytest.mark.parametrize("name", ROWS)
both_masks = pytest.mark.parametrize("mask", ["observation", "info"])
ADVICE = (
    "Observation numpy array is all zeros",
    "Observation is not a NumPy array",
    "Observation space for each agent probably",
)
"""A player with nothing to do sees zeros, and masks stand beside a Box: both are warned against."""


def without_advice(test):
    for line in ADVICE:
        test = pytest.mark.filterwarnings(f"ignore:{line}")(test)
    return test


@every_id
@pytest.mark.parametrize(
    "seat", [{}, {"seat": "planner", "players": "random"}], ids=["solo", "seat"]
)
def test_check_env_passes_with_warnings_as_errors(name, seat, make):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(name, **seat), skip_render_check=True)


@every_id
@both_masks
@without_advice
def test_pettingzoos_tests_of_turns_pass(name, mask, games, capsys):
    api_test(games("aec", name, mask=mask), num_cycles=60)
    seed_test(lambda: games("aec", name, mask=mask), num_cycles=30)


@every_id
@both_masks
@without_advice
def test_pettingzoos_tests_of_rounds_pass(name, mask, games, capsys):
    parallel_api_test(games("parallel", name, mask=mask), num_cycles=60)
    parallel_seed_test(lambda: games("parallel", name, mask=mask), num_cycles=30)


@both_masks
def test_the_mask_is_where_it_was_asked_for(mask, games):
    game = games("aec", mask=mask)
    game.reset(seed=0)
    observation, _, _, _, info = game.last()
    assert info["action_mask"].dtype == np.int8
    assert info["action_mask"].shape == (K,)
    if mask == "observation":
        assert observation["action_mask"].tolist() == info["action_mask"].tolist()
    else:
        assert observation in observation_space()


@every_id
def test_all_players_of_all_ids_have_equal_spaces(name, games, make):
    game = games("parallel", name, workers=3, mask="info")
    for agent in game.possible_agents:
        assert game.observation_space(agent) == observation_space()
        assert game.action_space(agent) == action_space()
    assert make(name).observation_space == observation_space()
    assert make(name, seat="planner", players="random").action_space == action_space()


def rounds(game, seed):
    """Play a Parallel game with the legal slots that an AEC game of equal turns would draw."""
    chance = np.random.default_rng(seed)
    _, infos = game.reset(seed=seed)
    paid = dict.fromkeys(game.possible_agents, 0.0)
    while game.agents:
        actions = dict.fromkeys(game.agents, WAIT)
        for agent in game.session.to_act:
            actions[agent] = int(chance.choice(np.flatnonzero(infos[agent]["action_mask"])))
        _, rewards, _, _, infos = game.step(actions)
        for agent, reward in rewards.items():
            paid[agent] += reward
    return paid


@every_id
@pytest.mark.parametrize("seed", range(3))
def test_turns_and_rounds_agree(name, seed, games, masked_game):
    turns = games("aec", name, workers=2, noise="mild", dense=True)
    by_round = games("parallel", name, workers=2, noise="mild", dense=True)
    paid = masked_game(turns, seed)
    assert rounds(by_round, seed) == pytest.approx(paid)
    assert by_round.episode() == turns.episode()


def test_who_waits_has_the_waiting_slot_alone(games):
    game = games("parallel", workers=2)
    _, infos = game.reset(seed=0)
    for agent in ("worker_0", "worker_1"):
        assert np.flatnonzero(infos[agent]["action_mask"]).tolist() == [WAIT]
    assert infos["planner_0"]["action_mask"][WAIT] == 0


def test_a_worker_works_while_its_planner_waits(games):
    game = games("parallel", workers=1)
    game.reset(seed=0)
    delegated = SPANS["delegate_request"][0]
    infos = game.step({"planner_0": delegated, "worker_0": WAIT})[4]
    assert np.flatnonzero(infos["planner_0"]["action_mask"]).tolist() == [WAIT]
    assert infos["worker_0"]["action_mask"][SPANS["search_request"][0]] == 1


def test_what_a_waiting_player_sends_is_not_played(games):
    game = games("parallel", workers=1)
    game.reset(seed=0)
    game.step({"planner_0": SPANS["delegate_request"][0], "worker_0": SPANS["give_up"][0]})
    assert [turn.player for turn in game.episode().turns] == ["planner_0"]


def test_a_report_is_the_first_answer_of_its_planner(games):
    game = games("parallel", "Lookup-v0", workers=1)
    game.reset(seed=0)
    game.step({"planner_0": SPANS["delegate_request"][0], "worker_0": WAIT})
    for slot in (SPANS["search_request"][0], SPANS["fetch"][0], SPANS["close"][0]):
        game.step({"planner_0": WAIT, "worker_0": slot})
    report = game.episode().turns[-1].calls[0].arguments["text"]
    assert game.candidates("planner_0")[SPANS["close"][0]] == ("answer", {"text": report})


def test_a_stranger_has_no_candidates(games):
    game = games("aec")
    game.reset(seed=0)
    with pytest.raises(UnknownNameError, match="worker_9"):
        game.candidates("worker_9")


def test_a_message_for_a_slot_is_refused_with_the_view_that_takes_it(games):
    game = games("aec")
    game.reset(seed=0)
    with pytest.raises(SettingError, match="view='text' takes messages"):
        game.step({"calls": []})
