"""Components: what a worker did with its subtask, read off its frame by hand."""

import pytest

from baselines.grpo import components
from webenvs.records import Call, Episode, FrameRecord, Hop, Result, Task, Turn

CHAIN = Task(
    question="Where was the mayor of Brena born?",
    answers=("Tarn",),
    aliases={"Tarn": ("Old Tarn",)},
    evidence=(("brena", "veit"),),
    hops=(
        Hop(id="h1", value="Ilsa Veit", urls=("brena", "mayors")),
        Hop(id="h2", value="Tarn; Upper Tarn", needs=("h1",), urls=("veit",)),
    ),
)
WHOLE, SECOND = "Where was the mayor of Brena born?", "Where was Ilsa Veit born?"


@pytest.fixture
def worked():
    """An episode in which a worker was asked, opened pages and reported; and its frame."""

    def make(request, opened, report):
        frames = (
            FrameRecord(index=0, role="planner", player="planner_0"),
            FrameRecord(
                index=1,
                role="worker",
                player="worker_0",
                parent=0,
                request=request,
                report=report,
                end="answered",
            ),
        )
        results = tuple(
            Result(call=url, tool="fetch", status="ok", content="", urls=(url,), opened=True)
            for url in opened
        )
        turn = Turn(
            index=0,
            player="worker_0",
            frame=1,
            observation="",
            message="",
            calls=tuple(Call(id=url, tool="fetch") for url in opened),
            results=results,
        )
        episode = Episode(
            env="e", settings={}, corpus="c", task="t", seed=0, turns=(turn,), frames=frames
        )
        return episode, frames[1]

    return make


@pytest.mark.parametrize(
    ("request_", "opened", "report", "expected"),
    [
        (WHOLE, ("brena",), "The mayor is Ilsa Veit.", 1.0),
        (WHOLE, ("mayors",), "The mayor is Ilsa Veit.", 1.0),
        (SECOND, ("veit",), "tarn", 1.0),
        (SECOND, ("veit",), "Upper Tarn", 1.0),
        (WHOLE, ("brena", "veit"), "Tarn", 1.0),
        (SECOND, (), "Tarn", 0.5),
        (SECOND, ("veit",), "unknown", 0.5),
        (SECOND, ("veit",), None, 0.5),
        (SECOND, ("brena",), "The mayor is Ilsa Veit.", 0.0),
        (WHOLE, ("corvo",), "Brena", 0.0),
        (SECOND, (), "Tarnish", 0.0),
        ("Was Ilsa Veit born in Tarn?", ("veit",), "Yes, in Tarn.", 0.5),
        ("Was Ilsa Veit born in Tarn?", (), "Yes, in Tarn.", 0.0),
    ],
    ids=[
        "first-hop", "first-hop-elsewhere", "second-hop", "other-proof", "both-hops", "guessed",
        "lost", "no-report", "already-known", "wrong-page", "part-of-a-word", "checked", "echoed",
    ],
)  # fmt: skip
def test_the_expert_pays_for_the_best_hop_that_was_asked(
    worked, request_, opened, report, expected
):
    episode, frame = worked(request_, opened, report)
    assert components.expert(CHAIN, episode, frame) == expected


@pytest.mark.parametrize(
    ("request_", "opened", "report", "expected"),
    [
        ("Go.", ("brena",), "unknown", 0.25),
        ("Go.", ("brena", "veit"), "It is Tarn.", 1.0),
        ("Is it Tarn?", ("brena", "veit"), "It is Tarn.", 0.5),
    ],
    ids=["half-read", "whole", "echoed"],
)
def test_a_task_without_hops_is_one_hop(worked, request_, opened, report, expected):
    bare = Task(question="q", answers=("Tarn",), evidence=CHAIN.evidence)
    episode, frame = worked(request_, opened, report)
    assert components.expert(bare, episode, frame) == expected


def test_a_worker_is_not_paid_for_what_another_frame_opened(worked):
    episode, frame = worked(SECOND, ("veit",), "Tarn")
    other = FrameRecord(index=2, role="worker", player="worker_0", parent=0, request=SECOND)
    assert components.expert(CHAIN, episode, other) == 0.0
    assert components.evidence_of(CHAIN, episode, other) == 0.0
    assert components.evidence_of(CHAIN, episode, frame) == 0.5


def test_the_root_is_credited_with_the_pages_of_all(worked):
    episode, _ = worked(SECOND, ("veit",), "Tarn")
    assert components.evidence_of(CHAIN, episode, episode.frames[0]) == 0.5


@pytest.mark.parametrize(
    ("report", "expected"),
    [("She was born in Tarn.", 1.0), ("old tarn", 1.0), ("Tarnish", 0.0), ("", 0.0), (None, 0.0)],
)
def test_an_answer_stands_in_a_report_word_for_word(worked, report, expected):
    assert components.answer_in_report(CHAIN, worked(WHOLE, (), report)[1]) == expected


@pytest.mark.parametrize(("report", "expected"), [("chess and Tarn", 1.0), ("chess", 0.0)])
def test_all_members_of_a_set_must_stand_in_the_report(worked, report, expected):
    both = Task(question="q", answers=("Tarn", "chess"), answer_type="set")
    assert components.answer_in_report(both, worked(WHOLE, (), report)[1]) == expected
