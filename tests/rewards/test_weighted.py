"""Weighted rewards: every preset by hand, weights of one's own, and what is refused."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webenvs.errors import SettingError, UnknownNameError
from webenvs.records import FrameRecord
from webenvs.rewards.weighted import PRESETS, TERMS, Reward, reward_from

ROLES = {"planner_0": "planner", "worker_0": "worker", "worker_1": "worker"}
MATPO = 0.9 + 0.05 * 4 / 5 + 0.05 * (1 + 1 / 2 + 3 / 4) / 3


def scalars(setting, task, episode):
    reward = reward_from(setting)
    terms = reward.terms(task, episode)
    return [reward.scalar(player, role, terms) for player, role in ROLES.items()]


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("answer", [1.0, 1.0, 1.0]),
        ("tongyi", [1.0, 1.0, 1.0]),
        ("webdancer", [0.9 + 0.1 * 4 / 5, 0.9 + 0.1 * 6 / 7, 0.9 + 0.1 * 2 / 4]),
        ("webexplorer", [1 + 0.2 * 4 / 5, 1 + 0.2 * 6 / 7, 1 + 0.2 * 2 / 4]),
        ("matpo", [MATPO] * 3),
        ("mgrpo", [0.0, 0.0, 0.0]),
        ("evidence", [1.0, 0.5 + 0.5 / 2, 0.5 + 0.5 / 2]),
        ("plan", [0.1 * 4 / 5, 0.1 * 6 / 7, 0.1 * 2 / 4]),  # nothing is asked for: form alone
    ],
)
def test_every_preset_pays_what_was_computed_by_hand(preset, expected, task, episode):
    assert scalars(preset, task, episode) == pytest.approx(expected, abs=1e-12)


def test_there_is_a_hand_computed_row_for_every_preset():
    rows = test_every_preset_pays_what_was_computed_by_hand.pytestmark[0].args[1]
    assert {preset for preset, _ in rows} == set(PRESETS)


def test_mgrpo_pays_whoever_made_no_slip(task, clean):
    # Without fetch2 only u1 was opened: worker_0 has 1 of 2 pages, worker_1 none.
    paid = scalars("mgrpo", task, clean)
    assert paid == pytest.approx([0.1 + 0.9, 0.1 + 0.4 + 0.5 / 2, 0.1 + 0.4])
    wrong = msgspec.structs.replace(clean, answer="Rome")
    assert scalars("mgrpo", task, wrong) == pytest.approx([0.1, 0.1 + 0.5 / 2, 0.1])


def test_matpo_alone_is_nine_tenths_answer_and_one_tenth_format(task, episode):
    alone = msgspec.structs.replace(
        episode, frames=(FrameRecord(index=0, role="researcher", player="planner_0"),)
    )
    reward = reward_from("matpo")
    terms = reward.terms(task, alone)
    assert reward.scalar("planner_0", "researcher", terms) == pytest.approx(0.9 + 0.1 * 4 / 5)


def test_terms_are_unweighted_for_every_player_of_the_frames_in_order(task, episode):
    terms = reward_from({"answer": 2.0, "cost": -0.01}).terms(task, episode)
    assert list(terms) == list(ROLES)
    assert terms["worker_0"] == {"answer": 1.0, "cost": 2.0}


def test_terms_can_be_asked_for_players_who_never_played(task, episode):
    terms = reward_from("answer").terms(task, episode, ["worker_5"])
    assert terms == {"worker_5": {"answer": 1.0}}


def test_the_gate_is_among_the_terms(task, episode):
    reward = reward_from({"weights": {"answer": 1.0}, "gate": "format"})
    assert reward.names == ("answer", "format")
    assert reward.scalar("worker_1", "worker", reward.terms(task, episode)) == 0.0


def test_flat_weights_hold_for_every_role(task, episode):
    assert scalars({"answer": 1, "cost": -0.01}, task, episode) == [1.0, 0.98, 0.99]


def test_a_role_without_weights_earns_nothing(task, episode):
    assert scalars({"planner": {"answer": 1.0}}, task, episode) == [1.0, 0.0, 0.0]
    by_role = {"*": {"answer": 1.0}, "worker": {"evidence": 1.0}}
    assert scalars(by_role, task, episode) == [1.0, 0.5, 0.5]


def test_a_preset_can_be_given_another_metric_and_gate(task, episode):
    reward = reward_from({"weights": "webdancer", "metric": "f1", "gate": "answer"})
    assert reward == Reward(weights=PRESETS["webdancer"].weights, gate="answer", metric="f1")
    half = msgspec.structs.replace(episode, answer="Paris France")
    assert reward.terms(task, half)["planner_0"]["answer"] == pytest.approx(2 / 3)
    assert scalars({"weights": "mgrpo", "gate": None}, task, episode)[0] == pytest.approx(0.98)


@given(st.dictionaries(st.sampled_from(sorted(TERMS)), st.floats(-1e6, 1e6), min_size=1))
def test_scalars_are_finite_rounded_and_free_of_the_order_of_the_weights(weights):
    terms = {"p": {name: 1 / (place + 3) for place, name in enumerate(sorted(TERMS))}}
    paid = reward_from(weights).scalar("p", "any", terms)
    turned = reward_from(dict(reversed(weights.items()))).scalar("p", "any", terms)
    assert type(paid) is float and math.isfinite(paid) and round(paid, 12) == paid
    assert str(turned) == str(paid) != "-0.0"


def test_a_scalar_is_the_decimal_one_would_write():
    reward = reward_from({"answer": 0.1, "evidence": 0.2})
    assert reward.scalar("p", "any", {"p": {"answer": 1.0, "evidence": 1.0}}) == 0.3


def test_a_reward_travels_as_json():
    for preset in PRESETS.values():
        assert msgspec.json.decode(msgspec.json.encode(preset), type=Reward) == preset


@pytest.mark.parametrize(
    ("setting", "error", "problem"),
    [
        ("webdencer", UnknownNameError, "no reward preset 'webdencer'. Did you mean 'webdancer'?"),
        ({"anwser": 1.0}, UnknownNameError, "no reward term 'anwser'. Did you mean 'answer'?"),
        ({"planner": {"cots": 1}}, UnknownNameError, "Did you mean 'cost'?"),
        ({"plannner": {"cost": 1}}, UnknownNameError, "no role 'plannner'. Did you mean 'planner'"),
        ({"answer": "1"}, SettingError, "weight of answer = '1' is not allowed"),
        ({"answer": True}, SettingError, "weight of answer = True is not allowed"),
        ({"answer": math.nan}, SettingError, "must be a finite number of at most 1e+06"),
        ({"answer": math.inf}, SettingError, "weight of answer = inf"),
        ({"answer": 1e7}, SettingError, "weight of answer = 10000000.0"),
        ({}, SettingError, "at least one weight"),
        ({"planner": {"answer": 1}, "worker": 1}, SettingError, "reward['worker'] = 1"),
        (["answer"], SettingError, "the name of a preset or a mapping of weights"),
        ({"weights": 3}, SettingError, "weights = 3"),
        ({"weights": "tongy"}, UnknownNameError, "Did you mean 'tongyi'?"),
        ({"weights": "answer", "gates": "format"}, UnknownNameError, "Did you mean 'gate'?"),
        ({"weights": "answer", "gate": "formt"}, UnknownNameError, "Did you mean 'format'?"),
        ({"weights": "answer", "metric": "exat"}, UnknownNameError, "no metric 'exat'"),
        ({"weights": "answer", "metric": []}, UnknownNameError, "no metric []"),
        ({"weights": "answer", "gate": {}}, UnknownNameError, "no reward term {}"),
    ],
)
def test_a_setting_that_means_nothing_is_refused(setting, error, problem):
    with pytest.raises(error) as caught:
        reward_from(setting, roles=("planner", "worker"))
    assert problem in str(caught.value)
