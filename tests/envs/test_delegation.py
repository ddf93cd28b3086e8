"""A planner and its workers: seats, queue, rounds, reports, contexts and budgets."""

import pytest

from webenvs.players.message import say, say_all

PLANNER, ONE, TWO = "planner_0", "worker_0", "worker_1"
QUESTION = "Where was the mayor of the town on the Alba born?"


@pytest.fixture
def team(begin):
    return lambda **settings: begin(game="team", **settings)


def delegate(*tasks):
    return say_all(tuple(("delegate", {"task": task}) for task in tasks))


def text(session, player):
    return session.observe(player)["text"]


def everything(session, player):
    """All a player has been told in its frame, as one text."""
    return "\n".join(entry["content"] for entry in session.info(player)["messages"])


def test_the_documented_example_of_rounds(team):
    """docs/semantics.md, "Rounds"."""
    session = team(workers=2)
    order = []

    def act(message):
        order.append(session.to_act[0])
        return session.act(message)

    act(delegate("A", "B", "C"))
    assert session.to_act == (ONE, TWO)
    act(say("search", query="river"))
    assert session.to_act == (TWO,)
    act(say("search", query="town"))
    act(say("report", text="report A"))
    assert session.to_act == (TWO,), "C takes worker_0's seat, but acts in the next round"
    assert "Task: C" in text(session, ONE)
    act(say("search", query="mountain"))
    act(say("search", query="chess"))
    act(say("report", text="report B"))
    assert session.to_act == (ONE,)
    act(say("report", text="report C"))
    assert session.to_act == (PLANNER,)
    assert text(session, PLANNER) == (
        "[delegate] report A\n\n[delegate] report B\n\n[delegate] report C"
    )
    act(say("answer", text="Tarn"))
    assert order == [PLANNER, ONE, TWO, ONE, TWO, ONE, TWO, ONE, PLANNER]
    frames = session.episode().frames
    assert [(f.player, f.request, f.report, f.end, f.parent) for f in frames] == [
        (PLANNER, QUESTION, "Tarn", "answered", None),
        (ONE, "A", "report A", "answered", 0),
        (TWO, "B", "report B", "answered", 0),
        (ONE, "C", "report C", "answered", 0),
    ]
    assert [f.call for f in frames] == [None, "0.1", "0.2", "0.3"]


def test_reports_come_back_in_the_order_of_the_calls_whoever_ends_first(team):
    session = team(workers=3)
    session.act(delegate("A", "B", "C"))
    session.act(say("search", query="river"))
    session.act(say("report", text="from B"))
    session.act(say("report", text="from C"))
    session.act(say("report", text="from A"))
    assert text(session, PLANNER) == "[delegate] from A\n\n[delegate] from B\n\n[delegate] from C"


def test_waiting_players_say_so_and_are_not_asked(team):
    session = team()
    assert session.to_act == (PLANNER,)
    assert session.observe(ONE) == {
        "text": "(Waiting: it is not your turn.)",
        "turn": 0,
        "turns_left": 0,
        "live": 0,
    }
    session.act(delegate("A"))
    assert session.observe(PLANNER)["live"] == 0
    assert text(session, PLANNER) == "(Waiting: it is not your turn.)"
    assert session.observe(ONE)["live"] == 1
    assert session.observe(TWO)["live"] == 0


def test_a_worker_never_sees_the_planners_notes_and_the_planner_no_pages(team, site):
    session = team()
    session.act(
        {
            "thought": "secret plan: suspect Tarn",
            "calls": [{"name": "delegate", "arguments": {"task": "Read about Ilsa Veit."}}],
        }
    )
    session.act(say("fetch", thought="worker musing", url=site("veit")))
    assert "secret plan" not in everything(session, ONE)
    assert "She likes chess" in everything(session, ONE)
    session.act(say("report", text="Born in T."))
    planner = everything(session, PLANNER)
    assert "[delegate] Born in T." in planner
    assert "worker musing" not in planner
    assert "She likes chess" not in planner


def test_workers_do_not_see_each_other(team, site):
    session = team()
    session.act(delegate("first task", "second task"))
    session.act(say("fetch", url=site("veit")))
    assert "first task" not in everything(session, TWO)
    assert "chess" not in everything(session, TWO)
    session.act(say("click", link=0))
    assert session.state.turns[-1].results[0].status == "not_found", "pages are open in a frame"


def test_a_seat_that_gets_a_new_task_starts_with_an_empty_transcript(team, site):
    session = team(workers=1)
    session.act(delegate("first task", "second task"))
    session.act(say("fetch", url=site("veit")))
    session.act(say("report", text="done"))
    assert session.to_act == (ONE,)
    assert [entry["role"] for entry in session.info(ONE)["messages"]] == ["system", "user"]
    assert "chess" not in everything(session, ONE)
    assert session.observe(ONE)["turn"] == 0
    session.act(say("fetch", url=site("veit")))
    assert session.state.turns[-1].results[0].status == "ok", "duplicates are of a frame"


@pytest.mark.parametrize("recap", [True, False])
def test_the_recap_of_the_question_is_a_setting(team, recap):
    session = team(recap=recap)
    session.act(delegate("Find the mayor."))
    wanted = "Task: Find the mayor."
    if recap:
        wanted += f"\n\nIt serves to answer this question: {QUESTION}"
    assert text(session, ONE) == wanted
    assert (QUESTION in everything(session, ONE)) is recap


@pytest.mark.parametrize("role", ["user", "tool"])
def test_the_role_in_which_reports_arrive_is_a_setting(team, role):
    session = team(report_role=role)
    session.act(delegate("A"))
    session.act(say("report", text="found"))
    assert session.info(PLANNER)["messages"][-1] == {"role": role, "content": "[delegate] found"}


def test_web_results_and_reports_are_messages_of_their_own(team):
    session = team(planner_web=("search",))
    session.act(say_all((("search", {"query": "river"}), ("delegate", {"task": "A"}))))
    assert session.observe(PLANNER)["live"] == 0
    session.act(say("report", text="found"))
    new = session.info(PLANNER)["messages"][-2:]
    assert [entry["role"] for entry in new] == ["tool", "user"]
    assert new[0]["content"].startswith("[search] 1. ")
    assert new[1]["content"] == "[delegate] found"


def test_a_report_is_cut_to_its_length(team):
    session = team(report_characters=50)
    session.act(delegate("A"))
    session.act(say("report", text="x" * 80))
    assert text(session, PLANNER) == "[delegate] " + "x" * 44 + " [...]"
    assert session.info(PLANNER)["statuses"] == ("ok",)
    assert session.state.frames[0].slots[0].truncated
    assert session.episode().frames[1].report == "x" * 44 + " [...]"


@pytest.mark.parametrize(
    ("messages", "end"),
    [
        ([say("report", text=" ")], "gave_up"),
        ([say("search", query="river"), say("search", query="town")], "turn_limit"),
        (["hm", "hm"], "turn_limit"),
    ],
)
def test_a_worker_without_a_report_says_why(team, messages, end):
    session = team(turns=1)
    session.act(delegate("A"))
    for message in messages:
        session.act(message)
    assert text(session, PLANNER) == f"[delegate] The worker ended without a report ({end})."
    assert session.info(PLANNER)["statuses"] == ("empty",)
    assert not session.over, "a worker's end is not the end of the episode"
    session.act(say("answer", text="Tarn"))
    assert session.state.end == "answered"


def test_a_worker_at_its_limit_gets_its_own_closing_message(team):
    session = team(turns=1)
    session.act(delegate("A"))
    session.act(say("search", query="river"))
    assert session.info(ONE)["closing"]
    assert "call report now" in text(session, ONE)
    session.act(say("report", text="a river"))
    assert text(session, PLANNER) == "[delegate] a river"


def test_the_same_task_again_is_a_duplicate_with_its_report(team):
    session = team()
    session.act(delegate("A"))
    session.act(say("report", text="found A"))
    turn = session.act(delegate("A"))
    assert turn.results[0].status == "duplicate"
    assert not turn.results[0].executed
    assert text(session, PLANNER) == ("[delegate] You made this call before. Its result:\nfound A")
    assert len(session.state.frames) == 2


def test_the_same_task_twice_in_one_message_opens_one_frame(team):
    session = team()
    session.act(delegate("A", "A"))
    assert session.to_act == (ONE,)
    session.act(say("report", text="found A"))
    assert text(session, PLANNER) == (
        "[delegate] found A\n\n[delegate] You made this call before. Its result:\nfound A"
    )


def test_n_allowed_delegations_are_exactly_n_frames(team):
    session = team(delegations=2)
    turn = session.act(delegate("A", "A", "B", "C"))
    assert [result.status for result in turn.results] == ["over_budget"]
    assert session.info(PLANNER)["budget"]["delegations"] == 0
    session.act(say("report", text="a"))
    session.act(say("report", text="b"))
    assert "Not executed: all 2 calls of delegate are used." in text(session, PLANNER)
    assert len(session.state.frames) == 3


def test_a_message_that_closes_cannot_also_delegate(team):
    session = team()
    turn = session.act(say_all((("delegate", {"task": "A"}), ("answer", {"text": "Tarn"}))))
    assert turn.results[0].status == "invalid_arguments"
    assert "answer stands in the same message" in turn.results[0].content
    assert session.state.end == "answered"
    assert len(session.state.frames) == 1


def test_a_closing_call_that_is_wrong_closes_nothing_and_the_delegation_is_carried_out(team):
    session = team()
    turn = session.act(say_all((("delegate", {"task": "A"}), ("answer", {"txt": "Tarn"}))))
    assert [result.status for result in turn.results] == ["invalid_arguments"]
    assert session.to_act == (ONE,)
    session.act(say("report", text="found A"))
    seen = text(session, PLANNER)
    assert "[answer] " in seen
    assert seen.endswith("[delegate] found A")


def test_blanks_around_a_task_do_not_make_it_another(team):
    session = team()
    session.act(delegate("A"))
    session.act(say("report", text="found A"))
    assert session.act(delegate("  A\n")).results[0].status == "duplicate"


def test_a_repeated_task_that_brought_no_report_says_so_again(team):
    session = team()
    session.act(delegate("A", "A"))
    session.act(say("report", text=""))
    nothing = "The worker ended without a report (gave_up)."
    again = f"[delegate] You made this call before. Its result:\n{nothing}"
    assert text(session, PLANNER) == f"[delegate] {nothing}\n\n{again}"
    session.act(delegate("A"))
    assert text(session, PLANNER) == again


def test_at_its_limit_a_planner_cannot_delegate_any_more(team):
    session = team(planner_turns=1)
    session.act(delegate("A"))
    session.act(say("report", text="found"))
    assert session.info(PLANNER)["closing"]
    turn = session.act(delegate("B"))
    assert turn.results[0].status == "over_budget"
    assert session.state.end == "turn_limit"


def test_a_planner_has_no_web_unless_it_is_given_some(team):
    session = team()
    turn = session.act(say("search", query="river"))
    assert turn.results[0].status == "unknown_tool"
    assert [tool["function"]["name"] for tool in session.info(PLANNER)["tools"]] == [
        "delegate",
        "answer",
    ]
    names = [
        tool["function"]["name"]
        for tool in team(planner_web=("fetch", "search")).info(PLANNER)["tools"]
    ]
    assert names == ["search", "fetch", "delegate", "answer"]


def test_a_worker_cannot_answer_for_the_planner(team):
    session = team()
    session.act(delegate("A"))
    turn = session.act(say("answer", text="Tarn"))
    assert turn.results[0].status == "unknown_tool"
    assert not session.over


def test_call_budgets_are_of_a_frame(team):
    session = team(workers=1, calls={"search": 1})
    session.act(delegate("A", "B"))
    session.act(say("search", query="river"))
    session.act(say("report", text="a"))
    assert session.info(ONE)["budget"]["search"] == 1
    assert session.act(say("search", query="river")).results[0].status == "ok"


def test_more_delegations_than_seats_are_all_worked_off(team):
    session = team(workers=2, delegations=16)
    session.act(delegate(*"ABCDEFGHIJ"))
    worked_off = []
    while session.to_act != (PLANNER,):
        player = session.to_act[0]
        task = session.info(player)["messages"][1]["content"].partition("\n")[0]
        session.act(say("report", text=task))
        worked_off.append(task[-1])
    assert worked_off == list("ABCDEFGHIJ"), "oldest first"
    assert text(session, PLANNER) == "\n\n".join(
        f"[delegate] Task: {name}" for name in "ABCDEFGHIJ"
    )
