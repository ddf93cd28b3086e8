"""The rules of rejection sampling: each objects to what it is for, and to nothing else."""

import pytest

from baselines.grpo.cold import filters
from baselines.grpo.cold.filters import RULES, Limits, objection
from baselines.grpo.records import Query, Trajectory
from webenvs.records import Call, Episode, FrameRecord, Result, Task, Turn

TASK = Task(id="t", question="Where was she born?", answers=("Tarn",))


def turn(index, message, *, frame=0, read="", **fields):
    return Turn(
        index=index,
        player="researcher_0",
        frame=frame,
        observation=read,
        message=message,
        **fields,
    )


def search(index, words, *, frame=0, read="", status="ok", noise=(), **fields):
    call = Call(id=f"{index}.1", tool="search", arguments={"query": words})
    result = Result(call=call.id, tool="search", status=status, content="", noise=noise)
    message = f"<search>{words}</search>"
    return turn(index, message, frame=frame, read=read, calls=(call,), results=(result,), **fields)


def close(index, text, *, frame=0, read="", tool="answer"):
    call = Call(id=f"{index}.1", tool=tool, arguments={"text": text})
    return turn(index, f"<{tool}>{text}</{tool}>", frame=frame, read=read, calls=(call,))


def delegate(index, task, *, read=""):
    call = Call(id=f"{index}.1", tool="delegate", arguments={"task": task})
    return turn(index, f"<delegate>{task}</delegate>", read=read, calls=(call,))


FRAME = FrameRecord(index=0, role="researcher", player="researcher_0", end="answered")
GOOD = (
    search(0, "the mayor", read="Question: Where was she born?"),
    close(1, "Tarn", read="[search] Ilsa Veit was born in Tarn."),
)


def trajectory(mask=(0, 0, 1, 1, 0, 0, 1), finish="answer"):
    size = len(mask)
    return Trajectory(
        id="q/0/0",
        role="planner",
        token_ids=tuple(range(size)),
        prompt_len=2,
        loss_mask=tuple(mask),
        logprobs=(float("nan"),) * size,
        finish=finish,
    )


@pytest.fixture
def attempt():
    """Make an attempt at the task; by default one that is fit to be learned from."""

    def make(
        turns=GOOD,
        frames=(FRAME,),
        answer="Tarn",
        task=TASK,
        trajectories=None,
        exact=True,
        **fields,
    ):
        episode = Episode(
            env="Tasks-v0",
            settings={},
            corpus="",
            task="t",
            seed=0,
            turns=turns,
            frames=frames,
            answer=answer,
            **{"end": "answered", **fields},
        )
        return filters.Attempt(
            query=Query(world="w", task="t", seed=0),
            index=0,
            task=task,
            episode=episode,
            trajectories=(trajectory(),) if trajectories is None else trajectories,
            exact=exact,
        )

    return make


@pytest.fixture
def broken():
    """The names of all rules that an attempt breaks."""

    def names(made, limits=Limits()):  # noqa: B008 - a frozen record
        return [name for name, rule in RULES.items() if rule(made, limits)]

    return names


def test_a_good_attempt_breaks_no_rule(attempt, broken):
    assert broken(attempt()) == []


def test_nothing_objects_to_a_good_attempt(attempt):
    assert objection(attempt(), Limits()) is None


def test_the_first_rule_that_objects_is_named_with_its_reason(attempt):
    found = objection(attempt(exact=False, valid=False), Limits())
    assert (found.rule, found.reason) == ("whole", "the infrastructure broke the episode")


def test_only_the_given_rules_are_asked(attempt):
    assert objection(attempt(exact=False), Limits(), {"correct": filters.correct}) is None


def test_every_rule_goes_by_the_name_of_its_function():
    assert [rule.__name__ for rule in RULES.values()] == list(RULES)


def test_a_broken_episode_is_not_whole(attempt, broken):
    assert broken(attempt(valid=False)) == ["whole"]


def test_an_episode_that_was_cut_is_not_whole(attempt, broken):
    assert broken(attempt(end=None)) == ["whole"]


def test_an_unreadable_message_is_out_of_form(attempt, broken):
    turns = (turn(0, "hm", errors=("no call",)), *GOOD)
    assert broken(attempt(turns=turns)) == ["in_form"]


def test_a_malformed_call_is_out_of_form(attempt, broken):
    turns = (search(0, "x", status="unknown_tool"), GOOD[1])
    assert broken(attempt(turns=turns)) == ["in_form"]


def test_a_frame_that_no_tool_closed_is_out_of_form(attempt, changed, broken):
    frames = (FRAME, changed(FRAME, index=1, role="worker", parent=0, end="turn_limit"))
    assert broken(attempt(frames=frames)) == ["in_form"]


def test_a_wrong_answer_is_not_correct(attempt, broken):
    turns = (GOOD[0], close(1, "Brena", read="She lives in Brena."))
    assert broken(attempt(turns=turns, answer="Brena")) == ["correct"]


def test_no_answer_is_not_correct(attempt, broken):
    assert broken(attempt(answer=None)) == ["correct"]


def test_another_spelling_of_the_answer_is_correct(attempt, broken):
    assert broken(attempt(answer="the TARN.")) == []


def test_a_failure_of_the_environment_is_a_fault(attempt, broken):
    turns = (search(0, "x", status="timeout", noise=("failures",)), *GOOD)
    assert broken(attempt(turns=turns)) == ["without_faults"]


def test_faults_may_be_allowed(attempt, broken):
    turns = (search(0, "x", status="timeout", noise=("failures",)), *GOOD)
    assert broken(attempt(turns=turns), Limits(faults=1)) == []


def test_a_page_that_is_not_there_is_no_fault_of_the_environment(attempt, broken):
    turns = (search(0, "x", status="not_found"), *GOOD)
    assert broken(attempt(turns=turns)) == []


@pytest.mark.parametrize("calls", [(2, 9), (0, 0)], ids=["too few", "too many"])
def test_calls_must_be_as_many_as_allowed(attempt, calls, broken):
    assert broken(attempt(), Limits(calls=calls)) == ["calls_within"]


def test_calls_of_exactly_the_bounds_are_allowed(attempt, broken):
    assert broken(attempt(), Limits(calls=(1, 1))) == []


def test_what_was_read_must_leave_room_for_a_message(attempt, broken):
    # The second message begins at token 6.
    assert broken(attempt(), Limits(context=10, message=4)) == []
    assert broken(attempt(), Limits(context=9, message=4)) == ["short_enough"]


def test_a_message_must_not_be_longer_than_a_policys(attempt, broken):
    assert broken(attempt(), Limits(message=1)) == ["short_enough"]


def test_a_trajectory_that_did_not_fit_is_too_long(attempt, broken):
    assert broken(attempt(trajectories=(trajectory(finish="length"),))) == ["short_enough"]


def test_what_the_tokenizer_cannot_write_is_not_spelled(attempt, broken):
    assert broken(attempt(exact=False)) == ["spelled"]


def test_a_call_made_twice_is_repeated(attempt, broken):
    turns = (GOOD[0], search(1, "the mayor", status="duplicate"), close(2, "Tarn", read="Tarn"))
    assert broken(attempt(turns=turns)) == ["unrepeated"]


@pytest.fixture
def team(attempt, changed):
    """Make an attempt of a planner with two workers; `report` is what the first returns."""

    def make(tasks=("find her", "find the town"), report="Tarn", read="Born in Tarn."):
        first = changed(FRAME, index=1, role="worker", parent=0, report=report)
        frames = (FRAME, first, changed(first, index=2, report="Brena"))
        turns = (
            delegate(0, tasks[0]),
            search(1, "her", frame=1),
            close(2, report, frame=1, tool="report", read=read),
            delegate(3, tasks[1]),
            search(4, "town", frame=2),
            close(5, "Brena", frame=2, tool="report", read="Brena"),
            close(6, "Tarn", read=f"[delegate] {report}"),
        )
        return attempt(turns=turns, frames=frames)

    return make


def test_a_good_team_breaks_no_rule(team, broken):
    assert broken(team()) == []


def test_a_task_delegated_twice_is_repeated(team, broken):
    assert broken(team(tasks=("find her", "find her"))) == ["unrepeated"]


def test_the_same_search_by_two_workers_is_not_repeated(attempt, changed, broken):
    worker = changed(FRAME, index=1, role="worker", parent=0, report="Tarn")
    turns = (search(0, "x"), search(1, "x", frame=1), close(2, "Tarn", read="Tarn"))
    turns += (close(3, "Tarn", frame=1, tool="report", read="Tarn"),)
    assert broken(attempt(turns=turns, frames=(FRAME, worker))) == []


@pytest.mark.parametrize(("times", "wanted"), [(4, []), (5, ["unrepetitive"])])
def test_a_run_of_ten_words_may_occur_four_times(attempt, times, wanted, broken):
    words = " ".join("abcdefghij")
    turns = (*(search(n, words) for n in range(times)), close(9, "Tarn", read="Tarn"))
    # The tags stand beside the words, so that each message is ten words of its own.
    assert broken(attempt(turns=turns)) == wanted


def test_runs_are_counted_a_frame(attempt, changed, broken):
    words = " ".join("abcdefghij")
    worker = changed(FRAME, index=1, role="worker", parent=0, report="Tarn")
    turns = tuple(search(n, words, frame=n % 2) for n in range(8))
    turns += (close(9, "Tarn", read="Tarn"),)
    turns += (close(10, "Tarn", frame=1, tool="report", read="Tarn"),)
    assert broken(attempt(turns=turns, frames=(FRAME, worker))) == []


def test_overlapping_runs_are_counted():
    assert filters.commonest(["a"] * 14, 10) == (5, " ".join(["a"] * 10))


def test_a_text_shorter_than_a_run_has_none():
    assert filters.commonest(["a"] * 9, 10) == (0, "")


def test_an_answer_that_was_never_read_is_not_grounded(attempt, broken):
    turns = (GOOD[0], close(1, "Tarn", read="[search] Ilsa Veit is a mayor."))
    assert broken(attempt(turns=turns)) == ["grounded"]


def test_part_of_a_word_is_not_the_answer(attempt, broken):
    turns = (GOOD[0], close(1, "Tarn", read="[search] She was born in Tarnow."))
    assert broken(attempt(turns=turns)) == ["grounded"]


def test_an_answer_that_the_question_names_is_grounded(attempt, broken):
    turns = (search(0, "x", read="Question: Tarn or Brena?"), close(1, "Tarn", read="nothing"))
    assert broken(attempt(turns=turns)) == []


def test_a_worker_that_invents_the_answer_is_not_grounded(team, broken):
    assert broken(team(read="Nothing found.")) == ["grounded"]


def test_a_planner_that_knows_without_a_report_is_not_grounded(team, broken):
    assert broken(team(report="Unknown.")) == ["grounded"]


def test_yes_and_no_need_not_be_read(attempt, changed, broken):
    task = changed(TASK, answers=("yes",), answer_type="yesno")
    turns = (GOOD[0], close(1, "yes", read="[search] Ilsa Veit is a mayor."))
    assert broken(attempt(turns=turns, answer="yes", task=task)) == []


def test_every_member_of_a_set_must_have_been_read(attempt, changed, broken):
    task = changed(TASK, answers=("Tarn", "Brena"), answer_type="set")
    turns = (GOOD[0], close(1, "Tarn, Brena", read="[search] born in Tarn"))
    assert broken(attempt(turns=turns, answer="Tarn, Brena", task=task)) == ["grounded"]


def test_messages_are_the_runs_of_a_mask():
    assert list(filters.runs((0, 1, 1, 0, 1))) == [(1, 2), (4, 1)]


def test_a_mask_without_messages_has_no_runs():
    assert list(filters.runs((0, 0))) == []
