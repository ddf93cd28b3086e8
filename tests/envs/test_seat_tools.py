"""Seats that have not all web tools of their role, given by hand."""

import pytest

from webenvs.errors import SettingError, UnknownNameError
from webenvs.players.message import say, say_all


def names(session, player):
    return [tool["function"]["name"] for tool in session.info(player)["tools"]]


def text(session, player):
    return session.observe(player)["text"]


def system(session, player):
    return session.info(player)["messages"][0]["content"]


def test_a_frame_that_waits_for_a_seat_gets_the_tools_of_that_seat(begin):
    session = begin(game="team", seat_tools={"worker_0": ["fetch"], "worker_1": ["search"]})
    session.act(say_all(tuple(("delegate", {"task": task}) for task in "ABC")))
    assert session.state.frames[3].messages == []
    session.act(say("report", text="a"))
    session.act(say("report", text="b"))
    assert session.to_act == ("worker_0",)
    assert "Task: C" in text(session, "worker_0")
    assert names(session, "worker_0") == ["fetch", "report"]
    assert session.state.frames[3].characters == len(text(session, "worker_0"))


def test_seats_can_be_given_other_tools_by_hand(begin):
    session = begin(game="team", seat_tools={"worker_1": ["fetch", "find"]}, calls={"search": 2})
    assert names(session, "worker_0") == ["search", "fetch", "click", "find", "report"]
    assert names(session, "worker_1") == ["fetch", "find", "report"]
    session.act(say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"}))))
    assert "2 calls of search" in system(session, "worker_0")
    assert "search(" not in system(session, "worker_1")
    assert "calls of search" not in system(session, "worker_1")
    session.act(say("search", query="river"))
    (result,) = session.act(say("search", query="river")).results
    assert (result.status, result.noise) == ("unknown_tool", ())
    assert session.episode().frames[2].noise == ()


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"worker_7": ["fetch"]}, UnknownNameError, r"no seat 'worker_7' in the team game"),
        ({"wrker_1": ["fetch"]}, UnknownNameError, r"Did you mean 'worker_1'"),
        ({"worker_1": ["fetsh"]}, SettingError, r"web tools of a worker: .*did you mean 'fetch'"),
        ({"worker_1": ["back"]}, SettingError, r"seat_tools\['worker_1'\] = 'back'"),
        ({"worker_1": []}, SettingError, r"seat_tools\['worker_1'\] = \[\].*at least one of"),
        ({"planner_0": ["fetch"]}, SettingError, "a planner has no web tools"),
        (["fetch"], SettingError, r'a mapping, such as \{"worker_1": \["fetch"\]\}'),
        ({"worker_1": "fetch"}, SettingError, "seat_tools"),
    ],
)
def test_wrong_tools_of_a_seat_are_refused(scenario, given, error, words):
    with pytest.raises(error, match=words):
        scenario(game="team", seat_tools=given)


def test_tools_by_hand_and_noise_leave_a_seat_at_least_one(begin):
    for seed in range(20):
        session = begin(
            game="team",
            seed=seed,
            noise="handicap:1@worker,withdraw:1(turn=1)@worker",
            seat_tools={"worker_0": ["search", "fetch"], "worker_1": ["find"]},
        )
        assert names(session, "worker_1") == ["find", "report"]
        assert len(names(session, "worker_0")) == 2
