"""PotentialShaping: shaped returns telescope, no policy gains by them, no gold is read."""

import gymnasium as gym
import msgspec
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from webenvs import catalog
from webenvs.envs.session import Session
from webenvs.errors import SettingError
from webenvs.players.message import say
from webenvs.testing import check_environment
from wrappers.reward_shaping import PotentialShaping, question_covered

GAMMA = 0.9
QUERIES = ("river", "mayor", "town")


def make(potential=question_covered, gamma=GAMMA, **settings):
    text = gym.make("webenvs:webenvs/MultiHop-v0", **settings)
    return PotentialShaping(text, potential, gamma)


def searched(question):
    """Search for the question and then for some words, then give up."""
    return [
        say("search", query=question),
        *(say("search", query=query) for query in QUERIES),
        say("answer", text=""),
    ]


def returns(env, messages, seed=3):
    """The discounted return with and without shaping, and the potential of the start."""
    observation, info = env.reset(seed=seed)
    start = env.potential(observation, info)
    shaped = unshaped = 0.0
    for turn, message in enumerate(messages):
        _, reward, terminated, truncated, info = env.step(message)
        shaped += GAMMA**turn * reward
        unshaped += GAMMA**turn * info["unshaped"]
        if terminated or truncated:
            break
    return shaped, unshaped, start


def test_what_is_added_is_the_discounted_difference_of_potentials():
    env = make(lambda observation, info: float(observation["turn"] ** 2))
    env.reset(seed=3)
    for turn in range(3):
        _, reward, _, _, info = env.step(say("search", query="river"))
        assert info["shaping"] == pytest.approx(GAMMA * (turn + 1) ** 2 - turn**2)
        assert reward == pytest.approx(info["unshaped"] + info["shaping"])


@pytest.mark.parametrize("turns", [12, 2], ids=["terminated", "truncated"])
def test_shaped_returns_telescope_to_the_potential_of_the_start(turns):
    env = make(lambda observation, info: 0.5 + observation["turn"], turns=turns)
    messages = searched("river") if turns > 2 else ["nonsense"] * 4
    shaped, unshaped, start = returns(env, messages)
    assert start == 0.5
    assert shaped == pytest.approx(unshaped - start)


def test_the_order_of_policies_is_unchanged():
    """Right answers at different turns, and a wrong one: differences of returns stay the same."""
    env = make()
    _, info = env.reset(seed=3)
    gold = env.unwrapped.session.task.answers[0]
    early = [say("answer", text=gold)]
    late = [*searched(info["messages"][1]["content"])[:-1], say("answer", text=gold)]
    wrong = [say("search", query="river"), say("answer", text="no idea")]
    shaped, unshaped, _ = zip(*(returns(env, plan) for plan in (early, late, wrong)), strict=True)
    assert unshaped[0] > unshaped[1] > unshaped[2]
    for place in (1, 2):
        gap = unshaped[0] - unshaped[place]
        assert shaped[0] - shaped[place] == pytest.approx(gap)


def test_the_built_in_potential_grows_with_what_the_web_showed_of_the_question():
    env = make()
    observation, info = env.reset(seed=3)
    question = info["messages"][1]["content"]
    before = question_covered(observation, info)
    observation, *_, info = env.step(say("search", query=question))
    after = question_covered(observation, info)
    assert before == 0.0
    assert 0.0 < after <= 1.0


def test_the_built_in_potential_is_the_share_of_words():
    heard = [
        {"role": "system", "content": "alpha"},
        {"role": "user", "content": "Find Alpha, beta or gamma in it"},
        {"role": "assistant", "content": "gamma"},
        {"role": "tool", "content": "The ALPHA is a river; find beta."},
    ]
    assert question_covered(None, {"messages": heard}) == pytest.approx(3 / 4)
    assert question_covered(None, {"messages": heard[:1]}) == 0.0


def test_the_built_in_potential_reads_no_gold(begin):
    """Two tasks that differ in answer and evidence alone are worth the same."""
    session = begin()
    other = msgspec.structs.replace(session.task, answers=("Nowhere",), evidence=())
    worths = []
    for task in (session.task, other):
        one = Session(session.scenario, task, 0)
        one.act(say("search", query=task.question))
        worths.append(question_covered(None, one.info("researcher_0")))
    assert worths[0] == worths[1] > 0


@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
def test_it_passes_gymnasiums_check():
    check_env(make(), skip_render_check=True)


def test_it_keeps_the_contract_of_an_environment():
    check_environment(make)


def test_a_step_before_reset_says_so():
    with pytest.raises(SettingError, match="call reset first"):
        make().step("x")


@pytest.mark.parametrize("gamma", [-0.1, 1.5])
def test_wrong_discounts_are_named(gamma):
    with pytest.raises(SettingError, match="gamma = "):
        make(gamma=gamma)


def test_a_potential_that_is_no_function_is_named():
    with pytest.raises(SettingError, match="potential = 'covered'"):
        make("covered")


def test_every_id_can_be_shaped():
    for name in catalog.ROWS:
        env = PotentialShaping(gym.make(f"webenvs:webenvs/{name}"))
        env.reset(seed=1)
        assert "shaping" in env.step("hm")[4]


def test_the_features_view_can_be_shaped():
    env = PotentialShaping(gym.make("webenvs:webenvs/MultiHop-v0", view="features"), gamma=GAMMA)
    _, info = env.reset(seed=3)
    slot = int(np.flatnonzero(info["action_mask"])[0])
    _, reward, _, _, info = env.step(slot)
    assert reward == pytest.approx(GAMMA * question_covered(None, info)) != 0.0
