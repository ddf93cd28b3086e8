"""What trainers are told of failures: whose fault, how the episode ended, whether to learn."""

import msgspec
import pytest

from webenvs import catalog
from webenvs.envs.hints import Hint, env_errors, hints, loss_mask, unhealed
from webenvs.envs.session import Session
from webenvs.players.message import say, say_all
from webenvs.records import Call, Episode, Result, Turn
from webenvs.seeding import uniform

RESEARCHER, PLANNER, ONE, TWO = "researcher_0", "planner_0", "worker_0", "worker_1"
SPLIT = say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"})))
ANSWER = say("answer", text="Tarn")
RIVER = say("search", query="river")


def over(session, *messages):
    for message in messages:
        session.act(message)
    assert session.over
    return session


def mask(session, player=RESEARCHER):
    return session.info(player)["loss_mask_hint"]


def struck(seed, occurrence, tool="search", **arguments):
    return uniform(seed, tool, arguments or {"query": "river"}, occurrence, "timeout") < 0.5


def seed_with(*draws):
    """A seed under which tries of the search for rivers are struck in this order."""
    wanted = list(draws)
    return next(s for s in range(999) if [struck(s, n) for n in range(len(wanted))] == wanted)


@pytest.mark.parametrize(
    ("messages", "settings", "termination", "masked"),
    [
        ([ANSWER], {}, "answer", False),
        ([RIVER, say("fetch", url="https://small.example/none"), ANSWER], {}, "answer", False),
        (["hm", say("serch", query="x"), ANSWER], {}, "answer", False),
        ([say("answer", text="")], {}, "gave_up", False),
        ([RIVER, ANSWER], {"turns": 1}, "answer", False),
        ([RIVER, RIVER], {"turns": 1}, "turn_limit", True),
        (["hm", "hm"], {"invalid": 1}, "invalid_limit", True),
        (["so " * 700, "hm"], {"characters": 2000}, "context_limit", True),
        ([RIVER, "hm"], {"seconds": 0.5}, "time_limit", True),
    ],
)
def test_a_limit_without_an_answer_is_masked_and_a_players_mistakes_are_not(
    begin, messages, settings, termination, masked
):
    session = over(begin(**settings), *messages)
    info = session.info(RESEARCHER)
    assert (info["termination"], info["loss_mask_hint"]) == (termination, masked)
    assert info["env_errors"] == 0


def test_nothing_is_hinted_before_the_end(begin):
    session = begin(noise="timeout:1")
    session.act(RIVER)
    info = session.info(RESEARCHER)
    assert (info["termination"], info["loss_mask_hint"]) == (None, False)
    assert not loss_mask(session.episode(), RESEARCHER)
    assert (info["env_errors"], info["errors"]) == (1, ("env_error",))


def test_an_aborted_episode_is_masked(begin):
    answered = over(begin(), RIVER, ANSWER).episode()
    aborted = msgspec.structs.replace(answered, end="aborted", answer=None, valid=False)
    assert hints(aborted) == {RESEARCHER: Hint(termination="aborted", loss_mask_hint=True)}
    assert hints(answered) == {RESEARCHER: Hint(termination="answer")}


def test_a_player_that_had_nothing_to_do_has_nothing_to_unlearn(begin):
    session = over(begin(game="team", noise="timeout:1"), ANSWER)
    assert not mask(session, ONE)
    assert list(hints(session.episode())) == [PLANNER]


def test_a_failure_that_was_never_made_good_is_masked(begin):
    session = over(begin(noise="timeout:1"), RIVER, ANSWER)
    assert mask(session)
    assert unhealed(session.episode(), RESEARCHER) == ("0.1",)


def test_a_failure_that_a_later_try_made_good_is_not_masked(begin):
    seed = seed_with(True, False)
    again = say("search", query="  river ")
    session = over(begin(seed=seed, noise="timeout:0.5"), RIVER, again, ANSWER)
    info = session.info(RESEARCHER)
    assert (info["env_errors"], info["loss_mask_hint"]) == (1, False)


def test_a_failure_that_the_sandbox_made_good_is_none(begin):
    sandbox = {"retries": {"attempts": 2}}
    session = over(begin(seed=seed_with(True, False), noise="timeout:0.5", sandbox=sandbox), RIVER,
                   ANSWER)  # fmt: skip
    info = session.info(RESEARCHER)
    assert (info["env_errors"], info["loss_mask_hint"]) == (0, False)
    assert session.state.turns[0].results[0].attempts == 2


def test_a_refusal_makes_nothing_good(begin):
    noise = [{"name": "timeout", "tools": ["search"]}]
    session = over(begin(noise=noise, calls={"search": 1}), RIVER, RIVER, ANSWER)
    assert [r.status for t in session.state.turns for r in t.results] == ["timeout", "over_budget"]
    assert mask(session)


def test_who_went_on_and_got_an_answer_was_not_stopped(begin):
    """Another query counts: bearing failures is what players are to learn."""
    seed = next(s for s in range(99) if struck(s, 0) and not struck(s, 0, query="town"))
    session = begin(seed=seed, noise="timeout:0.5")
    assert not mask(over(session, RIVER, say("search", query="town"), ANSWER))


def test_who_got_an_answer_first_and_then_failures_alone_was_stopped(begin):
    seed = next(s for s in range(99) if struck(s, 0) and not struck(s, 0, query="town"))
    session = begin(seed=seed, noise="timeout:0.5")
    assert mask(over(session, say("search", query="town"), RIVER, ANSWER))


def test_a_message_brings_an_answer_if_one_of_its_calls_does(begin):
    seed = next(s for s in range(99) if struck(s, 0) and not struck(s, 0, query="town"))
    both = say_all((("search", {"query": "town"}), ("search", {"query": "river"})))
    assert not mask(over(begin(seed=seed, noise="timeout:0.5"), both, ANSWER))


def test_who_turned_to_another_tool_when_one_was_withdrawn_was_not_stopped(begin, site):
    session = begin(noise="withdraw:1(turn=1)@search", turns=8)
    over(session, RIVER, say("search", query="town"), say("fetch", url=site("alba")), ANSWER)
    assert session.state.turns[1].results[0].status == "withdrawn"
    assert not mask(session)


def test_that_there_is_no_such_page_is_an_answer(begin):
    noise = [{"name": "timeout", "turns": [0, 0]}]
    fetch = say("fetch", url="https://small.example/none")
    session = over(begin(noise=noise), fetch, fetch, ANSWER)
    assert [r.status for t in session.state.turns for r in t.results] == ["timeout", "not_found"]
    assert not mask(session)


def test_failures_are_each_players_own_and_all_are_the_roots(begin):
    session = begin(game="team", noise=[{"name": "timeout", "roles": ["worker"], "turns": [0, 0]}])
    session.act(SPLIT)
    session.act(RIVER)
    session.act(say("search", query="town"))
    session.act(RIVER)
    assert [session.info(p)["env_errors"] for p in session.scenario.players] == [2, 1, 1]
    over(session, *[say("report", text="x")] * 2, ANSWER)
    assert [mask(session, p) for p in session.scenario.players] == [False, False, True]


def test_a_frame_that_ended_at_a_limit_masks_its_player_alone(begin):
    session = begin(game="team", turns=1)
    over(session, SPLIT, RIVER, RIVER, "hm", say("report", text="x"), ANSWER)
    assert [frame.end for frame in session.state.frames] == ["answered", "turn_limit", "answered"]
    assert [mask(session, p) for p in session.scenario.players] == [False, True, False]


def test_an_episode_that_ended_at_a_limit_masks_everyone(begin):
    session = begin(game="team", planner_turns=1)
    over(session, say("delegate", task="A"), say("report", text="x"), "hm")
    assert all(mask(session, p) for p in session.scenario.players)


def test_recorded_episodes_are_hinted_as_running_ones_are(begin):
    session = begin(game="team", noise="timeout:0.5", seed=5)
    over(session, SPLIT, RIVER, say("search", query="town"), say("fetch", url="x"), RIVER,
         *[say("report", text="x")] * 2, ANSWER)  # fmt: skip
    episode = session.episode()
    told = hints(episode)
    assert list(told) == [PLANNER, ONE, TWO]
    for player, hint in told.items():
        info = session.info(player)
        assert hint == Hint(
            termination=info["termination"],
            env_errors=info["env_errors"],
            loss_mask_hint=info["loss_mask_hint"],
        )
    assert told[PLANNER].env_errors == env_errors(episode, None) > 0
    assert loss_mask(episode, ONE) == loss_mask(session.state, ONE)


def delegated(session, times=1):
    for _ in range(times):
        session.act(say("delegate", task="A"))
        session.act(say("report", text="x"))
    return over(session, ANSWER)


@pytest.mark.parametrize("noise", ["lose_report", "fail_worker"])
def test_a_report_that_never_came_masks_its_caller_alone(begin, noise):
    session = delegated(begin(game="team", noise=f"{noise}:1"))
    assert [mask(session, p) for p in session.scenario.players] == [True, False, False]
    assert [session.info(p)["env_errors"] for p in session.scenario.players] == [1, 0, 0]
    assert hints(session.episode())[PLANNER] == Hint(
        termination="answer", env_errors=1, loss_mask_hint=True
    )


def test_a_lost_report_is_made_good_by_the_next_one_on_the_same_task(begin):
    """The second delegation of a task draws anew: seeds lose the first report or both."""
    seen = set()
    for seed in range(40):
        session = begin(game="team", noise="lose_report:0.5", seed=seed)
        delegated(session, times=2)
        errors = [frame.error for frame in session.episode().frames[1:]]
        if len(errors) == 2:
            assert mask(session, PLANNER) == (errors[-1] == "env_error")
            assert hints(session.episode())[PLANNER].env_errors == errors.count("env_error")
            assert session.info(PLANNER)["env_errors"] == errors.count("env_error")
            seen.add(errors[-1])
    assert seen == {"", "env_error"}


@pytest.mark.parametrize("noise", ["delay_report", "cut_report"])
def test_a_report_that_came_late_or_in_part_is_no_failure(begin, noise):
    session = begin(game="team", noise=f"{noise}:1")
    for task in "AB":
        session.act(say("delegate", task=task))
        session.act(say("report", text="She was born in Tarn, says her page. " * 9))
    over(session, ANSWER)
    assert not mask(session, PLANNER)
    assert session.info(PLANNER)["env_errors"] == 0


def test_what_a_tool_is_called_changes_no_hint(begin):
    noise = [
        {"name": "rename_tools"},
        {"name": "rename_arguments"},
        {"name": "timeout", "tools": ["search"], "turns": [0, 0]},
    ]
    session = begin(noise=noise)
    tool = session.info(RESEARCHER)["tools"][0]["function"]
    (argument,) = tool["parameters"]["properties"]
    call = {"calls": [{"name": tool["name"], "arguments": {argument: "river"}}]}
    once = session.fork()
    over(once, call, ANSWER)
    over(session, call, call, ANSWER)
    assert tool["name"] != "search"
    assert (mask(once), mask(session)) == (True, False)


def test_the_repeat_of_a_result_that_nobody_had_makes_nothing_good():
    lost = Result(call="0.1", tool="search", status="unavailable", content="not recorded")
    again = Result(
        call="1.1", tool="search", status="duplicate", content="not recorded", executed=False
    )
    turns = [
        Turn(
            index=place,
            player=RESEARCHER,
            frame=0,
            observation="",
            message="",
            calls=(Call(id=result.call, tool="search", arguments={"query": "river"}),),
            results=(result,),
        )
        for place, result in enumerate((lost, again))
    ]
    episode = Episode(env="e", settings={}, corpus="c", task="t", seed=0, turns=tuple(turns))
    assert unhealed(episode, RESEARCHER) == ("0.1",)


def test_a_part_that_the_page_never_had_is_asked_for_by_mistake(begin, site):
    session = begin(noise="boilerplate:1,advertise:1", sandbox=True)
    beyond = say("fetch", url=site("alba"), page=99)
    first, again = (session.act(beyond).results[0] for _ in range(2))
    assert (first.status, first.error, first.noise) == ("not_found", "policy_error", ())
    assert first.attempts == 1
    assert again.status == "duplicate"


def test_a_part_that_noise_has_taken_from_the_page_is_missing_by_no_mistake():
    def second(**settings):
        made = catalog.scenario("MultiHop-v0", page_characters=200, **settings)
        session = Session(made, made.tasks.draw(0, "train"), 0)
        return session.act(say("fetch", url=made.web.corpus.url(0), page=2)).results[0]

    assert second().status == "ok"
    lost = second(noise="truncate:1(least=0.01,most=0.02)")
    assert (lost.status, lost.error, lost.noise) == ("not_found", "env_error", ("truncate",))
