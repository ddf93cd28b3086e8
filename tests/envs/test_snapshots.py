"""An episode can be saved as JSON, restored, and forked into independent continuations."""

import json

import pytest

from webenvs.envs.session import Session
from webenvs.errors import SettingError, UnknownNameError
from webenvs.players.message import say, say_all

OPENING = (
    say_all(
        (("delegate", {"task": "A"}), ("delegate", {"task": "B"}), ("delegate", {"task": "C"}))
    ),
    say("search", query="river"),
    say("fetch", url="https://small.example/alba"),
    say("search", query="river"),
)
REST = (
    say("click", link=1),
    say("report", text="from one"),
    say("report", text="from two"),
    "no call",
    say("report", text="from three"),
    say("answer", text="Tarn"),
)
SETTINGS = {"game": "team", "noise": "timeout:0.4,drop:0.3", "calls": {"search": 2}, "dense": True}


def seen(session):
    return [(session.observe(player), session.info(player)) for player in session.scenario.players]


def continued(session, messages):
    """All that is seen and gained from here on."""
    steps = [seen(session)]
    for message in messages:
        session.act(message)
        steps.append((seen(session), session.gained()))
    return steps


@pytest.mark.parametrize("length", range(len(OPENING) + 1))
def test_a_restored_session_goes_on_exactly_alike(begin, length):
    session = begin(**SETTINGS)
    for message in OPENING[:length]:
        session.act(message)
    saved = json.loads(json.dumps(session.snapshot()))
    other = begin(seed=99, task=1, **SETTINGS)
    other.restore(saved)
    rest = OPENING[length:] + REST
    assert continued(session, rest) == continued(other, rest)
    assert session.over
    assert session.episode() == other.episode()


def test_restore_goes_back_in_time(begin):
    session = begin(**SETTINGS)
    session.act(OPENING[0])
    saved = session.snapshot()
    first = continued(session, OPENING[1:])
    session.restore(saved)
    assert continued(session, OPENING[1:]) == first


def test_a_snapshot_is_not_changed_by_what_follows(begin):
    session = begin(**SETTINGS)
    session.act(OPENING[0])
    saved = session.snapshot()
    kept = json.dumps(saved)
    session.restore(saved)
    continued(session, OPENING[1:] + REST)
    assert json.dumps(saved) == kept


def test_forks_are_independent(begin):
    session = begin(**SETTINGS)
    for message in OPENING[:2]:
        session.act(message)
    fork = session.fork()
    before = seen(session)
    fork.act(say("report", text="only in the fork"))
    fork.act(say("search", query="mountain"))
    assert seen(session) == before
    assert len(fork.state.turns) == 4
    assert len(session.state.turns) == 2
    twin = session.fork()
    assert continued(twin, OPENING[2:] + REST) == continued(session, OPENING[2:] + REST)


def test_the_score_of_a_fork_is_its_own(begin):
    session = begin(reward="answer")
    right, wrong = session.fork(), session.fork()
    right.act(say("answer", text="Tarn"))
    wrong.act(say("answer", text="Brena"))
    assert right.gained() == {"researcher_0": 1.0}
    assert wrong.gained() == {"researcher_0": 0.0}
    assert not session.over


def test_a_snapshot_of_an_unknown_task_is_refused(begin):
    session = begin()
    saved = session.snapshot()
    saved["state"]["task"] = "0123456789abcdef"
    with pytest.raises(UnknownNameError, match="0123456789abcdef"):
        session.restore(saved)
    assert session.state.task != "0123456789abcdef", "nothing was half restored"


def test_an_ended_episode_can_be_saved_too(begin):
    session = begin()
    session.act(say("answer", text="Tarn"))
    other = begin(task=1)
    other.restore(session.snapshot())
    assert other.episode() == session.episode()
    assert isinstance(other, Session)


@pytest.mark.parametrize(
    "junk", [None, 3, {}, {"state": {}}, {"scenario": "x", "state": {}}], ids=str
)
def test_what_is_no_snapshot_of_this_scenario_is_refused(begin, junk):
    session = begin()
    before = session.snapshot()
    with pytest.raises(SettingError, match="snapshot"):
        session.restore(junk)
    damaged = session.snapshot()
    del damaged["state"]["task"]
    with pytest.raises(SettingError, match="damaged"):
        session.restore(damaged)
    with pytest.raises(SettingError, match="another environment or other settings"):
        session.restore(begin(turns=3).snapshot())
    assert session.snapshot() == before
