"""Rewards as players get them: at the end or at every message, with the same sum."""

import pytest

from webenvs.players.message import say, say_all
from webenvs.rewards.weighted import PRESETS

SITE = "https://small.example/"
SOLO = (
    say("search", query="river"),
    "not a call",
    say("fetch", url=SITE + "alba"),
    say("serch", query="x"),
    say("fetch", url=SITE + "veit"),
    say("answer", text="Tarn"),
)
TEAM = (
    say_all(
        (("delegate", {"task": "A"}), ("delegate", {"task": "B"}), ("delegate", {"task": "C"}))
    ),
    say("fetch", url=SITE + "alba"),
    say("search", query="town"),
    say("report", text="a"),
    say("fetch", url=SITE + "brena"),
    "no call at all",
    say("report", text="b"),
    say("report", text="c"),
    say("answer", text="Tarn"),
)
WEIGHTS = {"answer": 1.0, "evidence": 0.5, "format": 0.25, "cost": -0.01}


def paid(session, messages):
    """The rewards and the terms of every message."""
    rewards, terms = [], []
    for message in messages:
        session.act(message)
        rewards.append(session.gained())
        terms.append({p: session.info(p)["reward_terms"] for p in session.scenario.players})
    assert session.over
    return rewards, terms


def total(steps, player):
    return sum(step[player] for step in steps)


def game_of(name):
    return {"game": "team", "workers": 2} if name == "team" else {}


@pytest.mark.parametrize("reward", [*PRESETS, WEIGHTS], ids=[*PRESETS, "weights"])
@pytest.mark.parametrize(("game", "messages"), [("solo", SOLO), ("team", TEAM)])
def test_dense_rewards_add_up_to_the_terminal_ones(begin, reward, game, messages):
    settings = {"reward": reward, **game_of(game)}
    sparse = begin(**settings)
    dense = begin(dense=True, **settings)
    (sparse_paid, sparse_terms), (dense_paid, dense_terms) = (
        paid(sparse, messages),
        paid(dense, messages),
    )
    for player in sparse.scenario.players:
        assert all(step[player] == 0.0 for step in sparse_paid[:-1])
        assert total(dense_paid, player) == pytest.approx(sparse_paid[-1][player], abs=1e-9)
        for term, value in sparse_terms[-1][player].items():
            gained = sum(step[player].get(term, 0.0) for step in dense_terms)
            assert gained == pytest.approx(value, abs=1e-9)
    assert dense.episode().rewards == sparse.episode().rewards
    assert dense.episode().terms == sparse.episode().terms


def test_rewards_by_hand(begin):
    session = begin(reward=WEIGHTS)
    rewards, terms = paid(session, SOLO)
    # Two of three evidence pages; 4 valid calls (search, fetch, fetch, answer) of 6 messages with
    # one call each; 3 executed web calls.
    assert terms[-1]["researcher_0"] == pytest.approx(
        {"answer": 1.0, "evidence": 2 / 3, "format": 4 / 6, "cost": 3.0}
    )
    assert rewards[-1]["researcher_0"] == pytest.approx(1.0 + 0.5 * 2 / 3 + 0.25 * 4 / 6 - 0.03)
    assert terms[0] == {"researcher_0": {}}, "sparse rewards have no terms before the end"


def test_dense_terms_are_paid_when_they_are_earned(begin):
    session = begin(reward={"evidence": 1.0}, dense=True)
    rewards, _ = paid(session, SOLO)
    third = pytest.approx(1 / 3)
    assert [step["researcher_0"] for step in rewards] == [0, 0, third, 0, third, 0]


def test_every_player_of_a_team_is_paid_by_its_role(begin):
    session = begin(game="team", reward={"planner": {"answer": 1.0}, "worker": {"evidence": 3.0}})
    rewards, _ = paid(session, TEAM)
    # worker_0 opened alba, worker_1 opened brena: one of three evidence pages each.
    assert rewards[-1] == pytest.approx({"planner_0": 1.0, "worker_0": 1.0, "worker_1": 1.0})


def test_the_gate_of_mgrpo_closes_on_one_bad_message_and_opens_for_the_flawless(begin):
    session = begin(game="team", reward="mgrpo")
    rewards, _ = paid(session, TEAM)
    # worker_0 wrote the message without a call, the others were flawless.
    assert rewards[-1]["worker_0"] == 0.0
    assert rewards[-1]["planner_0"] == pytest.approx(0.9 + 0.1)
    assert rewards[-1]["worker_1"] == pytest.approx(0.4 + 0.5 * 1 / 3 + 0.1)


def test_dense_mgrpo_takes_back_what_a_later_bad_message_forfeits(begin):
    session = begin(reward="mgrpo", dense=True)
    rewards, _ = paid(session, SOLO)
    assert rewards[0]["researcher_0"] == pytest.approx(0.1)
    assert rewards[1]["researcher_0"] == pytest.approx(-0.1)
    assert total(rewards, "researcher_0") == pytest.approx(0.0)


def test_only_real_players_are_paid_while_frames_wait_for_a_seat(begin):
    session = begin(game="team", workers=1, dense=True)
    turn = session.act(TEAM[0])
    assert set(session.gained()) == {"planner_0", "worker_0"}
    assert set(turn.terms) == {"planner_0", "worker_0"}


def test_a_worker_that_never_played_earns_nothing(begin):
    session = begin(game="team", reward={"format": 1.0})
    rewards, _ = paid(session, [say("answer", text="Tarn")])
    assert rewards == [{"planner_0": 1.0, "worker_0": 0.0, "worker_1": 0.0}]
    assert set(session.episode().rewards) == {"planner_0"}


def test_the_terms_of_a_turn_are_recorded_with_it(begin):
    session = begin()
    for message in SOLO:
        turn = session.act(message)
    assert turn.terms == {"researcher_0": {"answer": 1.0}}
    assert session.episode().turns[-1] == turn
    assert all(not turn.terms for turn in session.episode().turns[:-1])


def test_the_metric_is_a_setting(begin):
    for metric, wanted in (("auto", 0.0), ("substring", 1.0), ("f1", pytest.approx(0.5))):
        session = begin(metric=metric)
        session.act(say("answer", text="born in Tarn"))
        assert session.gained() == {"researcher_0": wanted}
