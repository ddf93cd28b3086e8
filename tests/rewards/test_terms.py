"""Every term, computed by hand on the episode of conftest."""

import msgspec
import pytest

from webenvs.records import Call, Episode, FrameRecord, Task, Turn
from webenvs.rewards.weighted import TERMS

PLAYERS = ("planner_0", "worker_0", "worker_1")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("answer", (1.0, 1.0, 1.0)),
        ("evidence", (1.0, 1 / 2, 1 / 2)),  # opened: u1 and u2, u1, u2
        ("retrieved", (1.0, 2 / 3, 1 / 2)),  # seen: all but u4, u1 and u3, u2
        ("format", (4 / 5, 6 / 7, 2 / 4)),
        ("planner_format", (4 / 5,) * 3),
        ("worker_format", ((3 / 3 + 2 / 4 + 3 / 4) / 3,) * 3),
        ("plan", (0.0,) * 3),  # its calls ask for nothing; see test_plan
        ("cost", (0.0, 2.0, 1.0)),
        ("team_cost", (3.0,) * 3),
    ],
)
def test_each_term_is_as_computed_by_hand(task, episode, name, expected):
    values = [TERMS[name](task, episode, player) for player in PLAYERS]
    assert values == pytest.approx(list(expected))


def test_there_is_a_hand_computed_row_for_every_term():
    rows = test_each_term_is_as_computed_by_hand.pytestmark[0].args[1]
    assert {name for name, _ in rows} == set(TERMS)


@pytest.mark.parametrize("name", TERMS)
@pytest.mark.parametrize("length", range(13))
def test_every_term_is_defined_on_every_prefix(task, episode, name, length):
    prefix = msgspec.structs.replace(episode, turns=episode.turns[:length], answer=None)
    for player in (*PLAYERS, "worker_7"):
        value = TERMS[name](task, prefix, player)
        assert 0.0 <= value <= (3.0 if name.endswith("cost") else 1.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("format", 1.0), ("planner_format", 1.0), ("worker_format", 1.0), ("evidence", 0.0)],
)
def test_before_the_first_message_formats_are_1_and_the_rest_is_0(task, name, value):
    nothing = Episode(env="e", settings={}, corpus="c", task="t", seed=0)
    assert TERMS[name](task, nothing, "planner_0") == value


def test_a_task_without_evidence_gives_no_evidence(episode):
    for evidence in ((), ((),)):
        bare = Task(question="q", answers=("x",), evidence=evidence)
        assert TERMS["evidence"](bare, episode, "planner_0") == 0.0


def test_a_message_without_a_readable_call_is_one_invalid_call(task):
    said = Turn(
        index=0,
        player="p",
        frame=0,
        observation="",
        message="hello",
        errors=("no tool call found",),
    )
    called = msgspec.structs.replace(said, index=1, calls=(Call(id="1", tool="answer"),), errors=())
    episode = Episode(env="e", settings={}, corpus="c", task="t", seed=0, turns=(said, called))
    assert TERMS["format"](task, episode, "p") == 0.5


def test_without_frames_the_first_to_speak_is_the_root(task, episode):
    bare = msgspec.structs.replace(episode, frames=())
    assert TERMS["evidence"](task, bare, "planner_0") == 1.0
    assert TERMS["evidence"](task, bare, "worker_0") == 0.5
    assert TERMS["planner_format"](task, bare, "planner_0") == 4 / 5
    assert TERMS["worker_format"](task, bare, "planner_0") == 1.0


def test_a_frame_in_which_nobody_has_spoken_counts_as_valid(task, episode):
    opened = FrameRecord(index=4, role="worker", player="worker_1", parent=0)
    longer = msgspec.structs.replace(episode, frames=(*episode.frames, opened))
    assert TERMS["worker_format"](task, longer, "worker_0") == pytest.approx(
        (3 / 3 + 2 / 4 + 3 / 4 + 1) / 4
    )
