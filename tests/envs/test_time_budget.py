"""The virtual clock: side by side, one after another, and what happens when the time is used up."""

import json

import pytest

from webenvs import catalog, episodes
from webenvs.envs.session import Session
from webenvs.players.message import say, say_all
from webenvs.testing import check_environment, check_faces_agree

RESEARCHER, PLANNER = "researcher_0", "planner_0"
SPLIT = say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"})))
CLOSING = (
    "Your time is used up. This is your last message: call answer now, like this:\n"
    '<tool_call>{"name":"answer","arguments":{"text":"your text"}}</tool_call>'
)
WEATHER = {
    "noise": "timeout:0.3,server_error:0.2",
    "sandbox": {
        "limits": {"search": {"rate": 0.5, "burst": 2}},
        "cache": True,
        "retries": {"attempts": 2},
        "failover": ["bm25"],
        "degrade": True,
    },
    "seconds": 90.0,
    "planner_seconds": 200.0,
}


def act(session, *messages):
    return [session.act(message) for message in messages][-1]


def clock(session, player=PLANNER):
    return session.info(player)["clock"]


def work(site):
    """A worker's search and page, another's search, and their reports: 1.5 s and 0.5 s."""
    return (
        say("search", query="river"),
        say("search", query="town"),
        say("fetch", url=site("alba")),
        say("report", text="B is done"),
        say("report", text="A is done"),
    )


def test_a_caller_waits_for_the_slowest_of_its_reports(begin, site):
    session = begin(game="team", sandbox={"latency": {}})
    act(session, SPLIT, *work(site))
    assert clock(session) == 1.5
    assert [frame.clock for frame in session.state.frames] == [1.5, 1.5, 0.5]


def test_a_frame_begins_at_its_callers_time(begin, site):
    session = begin(game="team", sandbox={"latency": {}}, planner_web=("search",), seconds=60)
    act(session, say_all((("search", {"query": "x"}), ("delegate", {"task": "A"}))))
    assert clock(session, "worker_0") == 0.5
    assert session.info("worker_0")["budget"]["seconds"] == 60
    act(session, say("search", query="river"), say("report", text="done"))
    assert clock(session) == 1.0


def test_a_frame_that_waits_for_its_seat_begins_when_it_is_free(begin, site):
    session = begin(game="team", workers=1, sandbox={"latency": {}}, seconds=60)
    act(session, SPLIT, say("fetch", url=site("alba")), say("report", text="A"))
    assert clock(session, "worker_0") == 1.0
    assert session.info("worker_0")["budget"]["seconds"] == 60
    act(session, say("search", query="river"), say("report", text="B"))
    assert clock(session) == 1.5


def test_used_up_time_asks_to_close(begin, site):
    session = begin(seconds=1.2)
    assert session.info(RESEARCHER)["budget"]["seconds"] == 1.2
    act(session, say("search", query="river"))
    assert session.info(RESEARCHER)["budget"]["seconds"] == 0.7
    assert not session.info(RESEARCHER)["closing"]
    turn = act(session, say("fetch", url=site("alba")))
    assert turn.results[0].status == "ok", "what has begun is finished"
    assert session.info(RESEARCHER)["budget"]["seconds"] == 0
    assert session.info(RESEARCHER)["messages"][-1]["content"] == CLOSING
    assert session.observe(RESEARCHER)["turns_left"] == 0
    act(session, say("answer", text="Tarn"))
    assert (session.state.end, session.state.answer) == ("answered", "Tarn")


def test_not_closing_then_is_the_time_limit(begin):
    session = begin(seconds=0.5)
    act(session, say("search", query="river"), say("search", query="town"))
    assert (session.state.end, session.state.answer) == ("time_limit", None)
    info = session.info(RESEARCHER)
    assert (info["termination"], info["valid"]) == ("time_limit", True)
    assert session.observe(RESEARCHER)["text"] == "(The episode is over: time_limit.)"


def test_a_time_limit_truncates(scenario):
    from webenvs.envs.seat import SeatEnv

    env = SeatEnv(scenario(seconds=0.5))
    env.reset(seed=0)
    env.step(say("search", query="river"))
    assert env.step("hm")[2:4] == (False, True)


def test_calls_after_the_time_is_used_up_are_not_executed(begin):
    session = begin(seconds=0.5)
    queries = ("search", {"query": "river"}), ("search", {"query": "town"})
    turn = act(session, say_all(queries))
    assert [result.status for result in turn.results] == ["ok", "over_budget"]
    assert turn.results[1].content == "Not executed: your time is used up."


def test_simulated_failures_use_up_time(begin):
    session = begin(seconds=45, noise="timeout:1")
    act(session, say("search", query="river"))
    assert session.info(RESEARCHER)["budget"]["seconds"] == 15
    act(session, say("search", query="river"))
    assert session.info(RESEARCHER)["closing"]
    assert "timed out after 30 s" in session.observe(RESEARCHER)["text"]


def test_a_worker_without_time_ends_without_a_report(begin):
    session = begin(game="team", seconds=0.5)
    act(session, say("delegate", task="A"), say("search", query="x"), "hm")
    seen = session.observe(PLANNER)["text"]
    assert seen == "[delegate] The worker ended without a report (time_limit)."
    assert "seconds" not in session.info(PLANNER)["budget"]


def test_waiting_for_reports_uses_up_a_planners_time(begin, site):
    session = begin(game="team", planner_seconds=1.5)
    act(session, SPLIT, *work(site))
    assert session.info(PLANNER)["closing"]
    assert "A is done" in session.observe(PLANNER)["text"]


def test_players_are_told_of_their_time(begin):
    system = begin(seconds=90).info(RESEARCHER)["messages"][0]["content"]
    assert "You have 12 messages, 90 seconds. End by" in system
    assert "seconds" not in begin().info(RESEARCHER)["messages"][0]["content"]


MESSAGES = (
    SPLIT,
    say("search", query="river"),
    say("search", query="river"),
    say("fetch", url="https://small.example/alba"),
    say("search", query="town"),
    say("click", link=1),
    say("fetch", url="https://small.example/veit"),
    say("report", text="one"),
    say("report", text="two"),
    say("answer", text="Tarn"),
)


def played(session, messages):
    """All that is seen from here on."""
    seen = []
    for message in messages:
        if session.over:
            break
        session.act(message)
        seen.append([session.info(player) for player in session.scenario.players])
    return seen, session.episode()


@pytest.mark.parametrize("length", range(len(MESSAGES)))
def test_clock_and_buckets_are_part_of_a_snapshot(begin, length):
    session = begin(game="team", seed=3, **WEATHER)
    played(session, MESSAGES[:length])
    saved = json.loads(json.dumps(session.snapshot()))
    other = begin(game="team", seed=8, task=1, **WEATHER)
    other.restore(saved)
    forked = session.fork()
    rest = played(session, MESSAGES[length:])
    assert rest == played(other, MESSAGES[length:])
    assert rest == played(forked, MESSAGES[length:])


def lively():
    return catalog.scenario("MultiHop-v0", game="team", items=20, **WEATHER)


def test_recorded_episodes_replay_byte_for_byte(tmp_path):
    made = lively()
    lineup = catalog.lineup("scripted", made.game)
    played = [episodes.play(made, lineup, seed) for seed in range(3)]
    results = [result for e in played for turn in e.turns for result in turn.results]
    assert any(result.attempts > 1 and result.status == "ok" for result in results)
    path = tmp_path / "lively.jsonl"
    episodes.write_episodes(path, played)
    for episode in episodes.read_episodes(path):
        again = catalog.scenario(episode.env, **episode.settings)
        assert episodes.replay(episode, again) is None


def test_an_empty_sandbox_changes_nothing():
    plain = catalog.scenario("MultiHop-v0", items=20, noise="timeout:0.3")
    empty = catalog.scenario("MultiHop-v0", items=20, noise="timeout:0.3", sandbox={})
    lineup = catalog.lineup("scripted", plain.game)
    one, other = (episodes.play(made, lineup, 1) for made in (plain, empty))
    assert one.fingerprint == other.fingerprint


def test_the_gymnasium_contract_holds_behind_a_sandbox():
    settings = {**WEATHER, "sandbox": "on", "turns": 4}
    check_environment(lambda: catalog.gym_env(env="Lookup-v0", items=20, **settings))


def test_both_faces_of_a_team_agree_behind_a_sandbox():
    settings = {**WEATHER, "items": 20, "turns": 3, "planner_turns": 3}
    faces = catalog.aec("Lookup-v0", **settings), catalog.parallel("Lookup-v0", **settings)
    check_faces_agree(*faces, players="scripted", seeds=range(4))
    assert any(frame.clock > 30 for frame in faces[1].session.state.frames), "time has passed"


def test_infos_of_vector_environments_are_kept_apart():
    envs = catalog.vector_env(env="Lookup-v0", num_envs=2, items=20, seconds=90.0)
    envs.reset(seed=5)
    messages = ('<tool_call>{"name":"search","arguments":{"query":"river"}}</tool_call>', "hm")
    infos = envs.step(messages)[-1]
    assert list(infos["clock"]) == [0.5, 0]
    assert [budget["seconds"] for budget in infos["budget"]] == [89.5, 90.0]
    envs.close()


def test_every_info_is_json(begin):
    session = begin(**WEATHER)
    assert isinstance(session, Session)
    act(session, say("search", query="river"), say("answer", text="Tarn"))
    assert json.loads(json.dumps(session.info(RESEARCHER)))["termination"] == "answer"
