"""One small episode, written by hand: a planner, two workers, three delegations."""

import msgspec
import pytest
from hypothesis import settings

from webenvs.records import Call, Episode, FrameRecord, Result, Task, Turn

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")


def calls(*names):
    return tuple(Call(id=name, tool=name.rstrip("0123456789")) for name in names)


def result(name, status="ok", urls=(), **fields):
    tool = name.rstrip("0123456789")
    return Result(call=name, tool=tool, status=status, content="", urls=tuple(urls), **fields)


def _turn(index, player, frame, *names, results=(), errors=()):
    return Turn(
        index=index,
        player=player,
        frame=frame,
        observation="",
        message="",
        calls=calls(*names),
        results=tuple(results),
        errors=errors,
    )


FRAMES = (
    FrameRecord(index=0, role="planner", player="planner_0"),
    FrameRecord(index=1, role="worker", player="worker_0", parent=0, call="delegate1"),
    FrameRecord(index=2, role="worker", player="worker_1", parent=0, call="delegate2"),
    FrameRecord(index=3, role="worker", player="worker_0", parent=0, call="delegate4"),
)
BAD = {
    "invalid_arguments": result("delegate3", "invalid_arguments", executed=False),
    "unknown_tool": result("fetch9", "unknown_tool", executed=False),
    "duplicate": result("search2", "duplicate", ["u3"], executed=False),
}
TURNS = (
    _turn(0, "planner_0", 0, "delegate1", "delegate2"),
    _turn(1, "worker_0", 1, "search1", results=[result("search1", urls=["u1", "u9"])]),
    _turn(
        2,
        "worker_1",
        2,
        "fetch2",
        "fetch9",
        results=[result("fetch2", urls=["u2"], opened=True), BAD["unknown_tool"]],
    ),
    _turn(
        3,
        "worker_0",
        1,
        "fetch1",
        results=[result("fetch1", urls=["u1"], opened=True, noise=("truncated",))],
    ),
    _turn(4, "worker_1", 2, errors=("no tool call found",)),
    _turn(5, "worker_0", 1, "report1"),
    _turn(6, "worker_1", 2, "report2"),
    _turn(7, "planner_0", 0, "delegate3", results=[BAD["invalid_arguments"]]),
    _turn(8, "planner_0", 0, "delegate4"),
    _turn(9, "worker_0", 3, "search2", results=[BAD["duplicate"]]),
    _turn(10, "worker_0", 3, "report3", "report4", errors=("tool call 3 is not valid JSON",)),
    _turn(11, "planner_0", 0, "answer1"),
)
CLEAN = (0, 1, 3, 5, 6, 8, 9, 11)


@pytest.fixture
def task():
    """Two ways to prove it: pages u1 and u2, or pages u1, u3 and u4."""
    return Task(question="q", answers=("Paris",), evidence=(("u1", "u2"), ("u1", "u3", "u4")))


@pytest.fixture
def episode():
    """Right in the end; valid calls: planner 4 of 5, worker_0 4 of 6, worker_1 2 of 4."""
    return Episode(
        env="e",
        settings={},
        corpus="c",
        task="t",
        seed=0,
        turns=TURNS,
        frames=FRAMES,
        answer="paris",
        end="answered",
    )


@pytest.fixture
def clean(episode):
    """The same without the turns in which something was malformed."""
    return msgspec.structs.replace(episode, turns=tuple(TURNS[i] for i in CLEAN))
