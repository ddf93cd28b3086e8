"""Episodes in which reports are cut, late or lost, and workers fail."""

import json

import pytest

from webenvs import catalog
from webenvs.actions.codec import CODECS
from webenvs.envs.parallel import WAIT, ParallelTeamEnv
from webenvs.envs.session import Session
from webenvs.envs.team import TeamEnv
from webenvs.episodes import play, replay
from webenvs.players.message import say, say_all

PLANNER, ONE, TWO = "planner_0", "worker_0", "worker_1"
LATE = "delay_report:1"
UNDER_WAY = "[delegate] The report is still on its way; it will come with a later message."
LOST = "[delegate] No report has come: it was lost on its way. You can delegate the task again."
FAILED = "[delegate] The worker failed before it could report. You can delegate the task again."
ANSWER = say("answer", text="Tarn")


@pytest.fixture
def team(begin):
    return lambda noise, **settings: begin(game="team", noise=noise, **settings)


def delegate(*tasks):
    return say_all(tuple(("delegate", {"task": task}) for task in tasks))


def report(text):
    return say("report", text=text)


def text(session, player=PLANNER):
    return session.observe(player)["text"]


def after(session, *messages):
    for message in messages:
        session.act(message)
    return session


def late(task, report_):
    return f"[delegate] Late report on the task '{task}':\n{report_}"


def test_a_cut_report_arrives_with_a_mark_and_the_worker_keeps_what_it_wrote(team):
    session = after(team("cut_report:1"), delegate("A"), report("found the mayor in Tarn"))
    seen = text(session).removeprefix("[delegate] ").removesuffix(" [...]")
    assert text(session).endswith(" [...]")
    assert "found the mayor in Tarn".startswith(seen)
    assert session.info(PLANNER)["statuses"] == ("ok",)
    assert session.info(PLANNER)["errors"] == ("",)
    assert session.state.frames[0].slots[0].truncated
    frame = session.episode().frames[1]
    assert frame.report == "found the mayor in Tarn"
    assert frame.noise == ("cut_report",)
    assert session.noise(PLANNER) == [
        {
            "call": "0.1",
            "tool": "delegate",
            "name": "cut_report",
            "detail": frame.details["cut_report"],
        }
    ]


def test_a_repeated_delegation_brings_the_cut_report_again_and_no_more(team):
    session = after(team("cut_report:1"), delegate("A"), report("found the mayor in Tarn"))
    first = text(session).removeprefix("[delegate] ")
    turn = session.act(delegate("A"))
    assert turn.results[0].status == "duplicate"
    assert turn.results[0].content == first


def test_a_late_report_comes_with_the_next_observation(team):
    session = after(team(LATE), delegate("A"), report("found A"))
    assert text(session) == UNDER_WAY
    assert session.info(PLANNER)["statuses"] == ("delayed",)
    assert session.info(PLANNER)["errors"] == ("",)
    assert [entry["name"] for entry in session.noise(PLANNER)] == ["delay_report"]
    session.act("thinking aloud")
    assert text(session).startswith(late("A", "found A")), "before complaints about the message"
    assert session.info(PLANNER)["statuses"] == ("ok",)
    assert [entry["call"] for entry in session.noise(PLANNER)] == ["0.1"]
    session.act(delegate("B"))
    assert session.info(PLANNER)["statuses"] == (), "it waits"
    session.act(report("found B"))
    assert "found A" not in text(session), "it comes once"
    assert text(session) == UNDER_WAY
    session.act("thinking again")
    session.act("and again")
    assert session.info(PLANNER)["statuses"] == ()


def test_a_late_report_is_a_report_message_behind_what_else_there_is(team):
    session = team(LATE, planner_web=("search",))
    after(session, delegate("A"), report("found A"), say("search", query="river"))
    new = session.info(PLANNER)["messages"][-2:]
    assert [entry["role"] for entry in new] == ["tool", "user"]
    assert new[0]["content"].startswith("[search] 1. Alba")
    assert new[1]["content"] == late("A", "found A")
    assert session.info(PLANNER)["statuses"] == ("ok", "ok")


@pytest.mark.parametrize("role", ["user", "tool"])
def test_late_reports_arrive_in_the_role_of_reports(team, role):
    session = team(LATE, report_role=role)
    after(session, delegate("A"), report("found A"), delegate("A"))
    assert session.info(PLANNER)["messages"][-1]["role"] == role
    assert session.info(PLANNER)["messages"][-1]["content"].endswith(late("A", "found A"))


def test_how_late_a_report_comes_is_an_option(team):
    session = after(team("delay_report:1(messages=3)"), delegate("A"), report("found A"))
    for _ in range(2):
        session.act(say("serch", query="x"))
        assert "found A" not in text(session)
    session.act(say("serch", query="x"))
    assert late("A", "found A") in text(session)


def test_a_report_can_be_both_cut_and_late(team):
    session = after(team(f"cut_report:1,{LATE}"), delegate("A"), report("found the mayor"))
    assert not session.state.frames[0].slots[0].truncated
    session.act("hm")
    assert session.state.frames[0].late[0].truncated
    assert " [...]" in text(session)
    assert [entry["name"] for entry in session.noise(PLANNER)] == ["cut_report", "delay_report"]


def test_late_reports_come_in_the_order_of_their_calls(team):
    session = team(LATE)
    after(session, delegate("A", "B"), report("found A"), report("found B"))
    assert text(session) == f"{UNDER_WAY}\n\n{UNDER_WAY}"
    session.act(delegate("C"))
    session.act(report("found C"))
    assert text(session) == "\n\n".join((UNDER_WAY, late("A", "found A"), late("B", "found B"))), (
        "what is new comes first"
    )


def test_a_delegation_repeated_before_its_report_has_come_tells_nothing_of_it(team):
    session = after(team("delay_report:1(messages=2)"), delegate("A"), report("found A"))
    turn = session.act(delegate("A"))
    assert turn.results[0].status == "duplicate"
    assert "found A" not in turn.results[0].content
    assert "found A" not in text(session)
    session.act(delegate("A"))
    assert late("A", "found A") in text(session)
    assert session.act(delegate("A")).results[0].content == "found A"
    assert len(session.state.frames) == 2


def test_a_late_report_is_lost_when_its_caller_closes_first(team):
    session = after(team(LATE), delegate("A"), report("found A"), ANSWER)
    assert session.over
    assert all("found A" not in turn.observation for turn in session.episode().turns)
    assert session.episode().frames[1].report == "found A"
    assert session.episode().frames[1].details == {"delay_report": {"messages": 1}}


def test_a_late_report_can_come_with_the_closing_message(team):
    session = after(team(LATE, planner_turns=2), delegate("A"), report("found A"), "hm")
    assert session.info(PLANNER)["closing"]
    assert late("A", "found A") in text(session)
    assert "call answer now" in text(session)
    after(session, ANSWER)
    assert session.state.end == "answered"


def test_at_its_limit_a_caller_does_not_wait_for_late_reports(team):
    session = after(team(LATE, planner_turns=1), delegate("A"), report("found A"))
    assert session.info(PLANNER)["closing"]
    after(session, "hm")
    assert session.state.end == "turn_limit"


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [("lose_report", "timeout", LOST), ("fail_worker", "server_error", FAILED)],
)
def test_a_report_that_never_comes_is_the_environments_fault(team, name, status, words):
    session = after(team(f"{name}:1"), delegate("A"), report("found A"))
    assert text(session) == words
    assert session.info(PLANNER)["statuses"] == (status,)
    assert session.info(PLANNER)["errors"] == ("env_error",)
    assert [entry["name"] for entry in session.noise(PLANNER)] == [name]
    frame = session.episode().frames[1]
    assert (frame.report, frame.end, frame.noise) == ("found A", "answered", (name,))


def test_a_task_whose_report_was_lost_can_be_delegated_again(team):
    session = after(team("lose_report:1(turns=0-0)"), delegate("A"), report("found A"))
    assert text(session) == LOST
    turn = session.act(delegate("A"))
    assert turn.results == (), "it opens a frame"
    assert session.to_act == (ONE,)
    after(session, report("found A anew"))
    assert text(session) == "[delegate] found A anew"
    assert session.act(delegate("A")).results[0].content == "found A anew"
    assert [frame.request for frame in session.episode().frames[1:]] == ["A", "A"]


def test_delegating_again_is_another_try_for_transient_noise_alone(team):
    def lost_twice(noise):
        found = set()
        for seed in range(40):
            session = team(noise, seed=seed)
            after(session, delegate("A"), report("one"))
            if text(session) != LOST:
                continue
            after(session, delegate("A"), report("two"))
            found.add(text(session) == LOST)
        return found

    assert lost_twice("lose_report:0.5") == {True, False}
    assert lost_twice("lose_report:0.5(sticky)") == {True}


def test_what_strikes_a_report_depends_on_its_request_alone(team):
    """Whatever else was delegated, and in which order."""
    for seed in range(10):
        whole, alone = (team("lose_report:0.5", seed=seed) for _ in range(2))
        after(whole, delegate("B", " A "), report("b"), report("a"))
        after(alone, delegate("A"), report("a"))
        assert text(whole).split("\n\n")[1] == text(alone)


def test_n_allowed_delegations_are_exactly_n_frames_lost_or_not(team):
    session = team("lose_report:1", delegations=2)
    for _ in range(2):
        after(session, delegate("A"), report("found A"))
        assert text(session) == LOST
    assert session.info(PLANNER)["budget"]["delegations"] == 0
    turn = session.act(delegate("A"))
    assert turn.results[0].status == "over_budget"
    assert len(session.state.frames) == 3


def test_the_same_task_twice_in_one_message_shares_what_becomes_of_it(team):
    session = after(team(LATE), delegate("A", "A"), report("found A"))
    waiting = UNDER_WAY.removeprefix("[delegate] ")
    again = f"[delegate] You made this call before. Its result:\n{waiting}"
    assert text(session) == f"{UNDER_WAY}\n\n{again}"
    after(session, delegate("B"), report("found B"))
    assert text(session).count("found A") == 1


def test_the_lost_report_of_a_nested_worker_concerns_its_own_caller(scenario):
    """Mail belongs to a frame: the explorer waits for its scout, the reasoner for neither."""
    import dataclasses

    from webenvs.envs.game import ANSWER as CLOSE
    from webenvs.envs.game import DELEGATE, REPORT, Game, Role

    def role(name, closing, web=(), to=None):
        asks = {"delegates": {"delegate": to}, "delegate_tools": (DELEGATE,)} if to else {}
        return Role(name=name, purpose="p", web=web, closing=closing, **asks)

    nested = Game(
        name="nested",
        roles=(
            role("reasoner", CLOSE, to="explorer"),
            role("explorer", REPORT, to="scout"),
            role("scout", REPORT, ("fetch",)),
        ),
        seats={"reasoner": 1, "explorer": 1, "scout": 1},
    )
    base = scenario(game="team", noise=LATE)
    made = dataclasses.replace(base, game=nested)
    session = Session(made, made.tasks.tasks[0], 0)
    after(session, delegate("explore"), delegate("scout"), report("scouted"))
    assert text(session, "explorer_0") == UNDER_WAY
    after(session, report("nothing yet"))
    assert text(session, "reasoner_0") == UNDER_WAY
    after(session, delegate("explore"))
    assert late("explore", "nothing yet") in text(session, "reasoner_0")
    assert "scouted" not in text(session, "reasoner_0"), "it was lost with the explorer's frame"


def test_rewards_of_workers_do_not_depend_on_the_way_of_their_reports(team):
    messages = (delegate("A"), report("It is Tarn"), ANSWER)
    clean, noisy = (
        after(team(noise, reward="matpo"), *messages) for noise in ("none", "lose_report:1")
    )
    assert clean.episode().rewards == noisy.episode().rewards


def test_nobody_is_shown_what_was_done(team):
    for noise in ("cut_report:1", LATE, "lose_report:1", "fail_worker:1"):
        session = after(team(noise), delegate("A"), report("found A"), "hm", ANSWER)
        name = noise.partition(":")[0]
        assert all(name not in turn.observation for turn in session.episode().turns)


MESSAGES = (
    delegate("A", "B"),
    say("search", query="river"),
    report("found B"),
    report("found A"),
    delegate("A", "B", "C"),
    report("one more"),
    report("and more"),
    "hm",
    say("answer", text="Tarn"),
)
MIXED = f"{LATE}@worker,lose_report:0.5,cut_report:0.5,timeout:0.5"


@pytest.mark.parametrize("length", range(len(MESSAGES)))
@pytest.mark.parametrize("seed", [0, 1])
def test_a_session_goes_on_from_the_middle_of_a_late_report(team, length, seed):
    session = team(MIXED, seed=seed)
    branches = []
    for place, message in enumerate(MESSAGES):
        if not session.to_act:
            break
        if place == length:
            other = team(MIXED, seed=9, task=1)
            other.restore(json.loads(json.dumps(session.snapshot())))
            branches = [other, session.fork()]
        session.act(message)
    for branch in branches:
        for message in MESSAGES[length:]:
            if branch.to_act:
                branch.act(message)
        assert branch.snapshot() == session.snapshot()
        assert branch.episode() == session.episode()


def test_a_fork_keeps_its_own_mail(team):
    session = after(team(LATE), delegate("A"), report("found A"))
    fork = after(session.fork(), "hm")
    assert late("A", "found A") in text(fork)
    assert text(session) == UNDER_WAY
    assert late("A", "found A") in text(after(session, "hm"))


@pytest.mark.parametrize("codec", CODECS)
def test_episodes_with_late_reports_replay_byte_for_byte(scenario, codec):
    made = scenario(game="team", noise=MIXED, codec=codec)
    for players in ("scripted", "random"):
        for seed in range(4):
            episode = play(made, catalog.lineup(players), seed)
            assert replay(episode, scenario(game="team", noise=MIXED, codec=codec)) is None


def test_both_faces_give_the_same_late_reports(scenario):
    made = scenario(game="team", noise=LATE)
    aec, rounds = TeamEnv(made), ParallelTeamEnv(made)
    first = {"task_id": made.tasks.tasks[0].id}
    aec.reset(seed=3, options=first)
    rounds.reset(seed=3, options=first)
    for message in (delegate("A", "B"), report("a"), report("b"), delegate("C"), report("c")):
        aec.step(message)
    rounds.step({PLANNER: delegate("A", "B"), ONE: WAIT, TWO: WAIT})
    rounds.step({PLANNER: WAIT, ONE: report("a"), TWO: report("b")})
    rounds.step({PLANNER: delegate("C")})
    seen, _, _, _, infos = rounds.step({ONE: report("c")})
    assert seen[PLANNER] == aec.observe(PLANNER)
    assert infos[PLANNER] == aec.infos[PLANNER]
    assert infos[PLANNER]["statuses"] == ("delayed", "ok", "ok")
    assert aec.episode() == rounds.episode()


def test_reports_of_walkers_are_late_too():
    made = catalog.scenario("WebWalk-v0", game="walk-team", noise=f"{LATE}@walker")
    session = Session(made, made.tasks.draw(0, "train"), 0)
    after(session, delegate("A"), report("found A"))
    assert text(session) == UNDER_WAY
    assert late("A", "found A") in text(after(session, "hm"))


@pytest.mark.parametrize("players", ["scripted", "random", "oracle", "first-hit"])
def test_built_in_players_bear_reports_that_misbehave(scenario, players):
    noise = "cut_report:0.3,delay_report:0.4,lose_report:0.3,fail_worker:0.2"
    made = scenario(game="team", noise=noise)
    for seed in range(8):
        assert play(made, catalog.lineup(players), seed).end is not None


def test_reports_with_noise_of_strength_zero_are_those_of_the_clean_web(scenario):
    zero = "cut_report:0,delay_report:0,lose_report:0,fail_worker:0"
    for seed in range(10):
        one, other = (
            play(scenario(game="team", noise=noise), catalog.lineup("random"), seed)
            for noise in ("none", zero)
        )
        assert (one.turns, one.frames) == (other.turns, other.frames)
