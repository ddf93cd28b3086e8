"""Models behind a server in a run: equal to the players that they are, however they are asked."""

import json

import pytest

from tests.players.chat_server import BUSY, DROP, ChatServer, said, script, scripted
from webenvs import catalog
from webenvs.bench.run import run, trials
from webenvs.bench.served import Served, run_served
from webenvs.bench.summary import section
from webenvs.errors import PlayerError, SettingError, UnknownNameError
from webenvs.players.endpoint import Endpoint
from webenvs.players.ledger import Ledger
from webenvs.players.usage import Price

EPISODES, SEED = 12, 3


@pytest.fixture(scope="module")
def scenario():
    return catalog.scenario("MultiHop-v0")


@pytest.fixture(scope="module")
def team():
    return catalog.scenario("MultiHop-v0", game="team", workers=2)


def endpoint(server, **settings):
    parts = {"key": "", "retries": 1, "pause": lambda seconds: None, **settings}
    return Endpoint(server.url, "m", **parts)


def brain_of(scenario, player):
    answers, episodes = script(scenario, player, trials(scenario, player, EPISODES, SEED))
    return scripted(answers), episodes


def ran(scenario, server, players=("openai",), episodes=EPISODES, retries=1, **served):
    with endpoint(server, retries=retries) as there:
        made = Served(endpoint=there, **served)
        return run_served(scenario, players, made, episodes=episodes, seed=SEED)


def scores(rows):
    """All of some rows but who played, and what that took."""
    return [
        (r.task, r.seed, r.correct, r.reward, r.terms, r.calls, r.turns, r.end, r.tokens)
        for r in rows
    ]


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("player", ["scripted", "oracle"])
def test_a_model_has_the_row_of_the_player_that_it_is(scenario, player, text):
    brain, episodes = brain_of(scenario, player)
    with ChatServer(brain) as server:
        found = ran(scenario, server, ("first-hit", "openai", player), text=text)
    assert found.run.players == ("first-hit", "m", player)
    rows = [[row for row in found.run.rows if row.player == name] for name in found.run.players]
    assert scores(rows[1]) == scores(rows[2])
    assert found.episodes[EPISODES : 2 * EPISODES] == episodes
    alone, played = run(scenario, ("first-hit", player), episodes=EPISODES, seed=SEED)
    assert rows[0] + rows[2] == list(alone.rows)
    assert found.episodes[:EPISODES] == played[:EPISODES]
    summary = section(found.run, player).summary
    assert summary.players[1].comparison.difference == 0.0


def test_neither_concurrency_nor_faults_change_a_result(team):
    brain, episodes = brain_of(team, "scripted")
    found = []
    for concurrency, faults in [(1, []), (5, []), (16, [DROP, "", BUSY, "", ""] * 6)]:
        with ChatServer(brain, faults=faults) as server:
            found.append(ran(team, server, concurrency=concurrency, retries=12))
            assert server.most <= concurrency
            assert concurrency == 1 or server.most > 1
    assert found[0] == found[1] == found[2]
    assert found[0].episodes == episodes


def test_a_model_at_some_seats_plays_with_named_players(team):
    brain, _ = brain_of(team, "scripted")
    with ChatServer(brain) as server:
        found = ran(team, server, ("planner=openai,worker=scripted", "scripted"))
    assert found.run.players == ("planner=m,worker=scripted", "scripted")
    one, other = (
        [row for row in found.run.rows if row.player == name] for name in found.run.players
    )
    assert scores(one) == scores(other)
    assert {seat for row in one for seat in row.usage} == {"planner_0"}


def test_tokens_and_cost_stand_in_rows_and_summary(scenario):
    brain, _ = brain_of(scenario, "oracle")
    with ChatServer(brain) as server:
        found = ran(scenario, server, price=Price(prompt=2.0, completion=10.0, cached=1.0))
    (used,) = (player.models for player in section(found.run).summary.players)
    lengths = [len(json.dumps(body["messages"])) // 4 for body in server.bodies]
    assert (used.n, used.usage.requests, used.usage.prompt) == (12, len(lengths), sum(lengths))
    cached = sum(length // 2 for length in lengths)
    dear = 2.0 * (sum(lengths) - cached) + cached + 70.0 * len(lengths)
    assert used.cost == pytest.approx(dear / 1e6)


def test_an_episode_that_the_server_fails_does_not_count(scenario):
    brain, _ = brain_of(scenario, "oracle")
    with ChatServer(brain, faults=[DROP, DROP]) as server:
        found = ran(scenario, server, concurrency=1)
    first, *rest = found.run.rows
    assert (first.end, first.valid) == ("aborted", False)
    assert [row.correct for row in rest] == [1.0] * (EPISODES - 1)
    assert found.faults == {"unreachable": 1}
    (player,) = section(found.run).summary.players
    assert (player.excluded, player.score.mean) == (1, 1.0)


def test_a_run_stops_where_the_server_is_gone_and_goes_on_from_there(scenario, tmp_path):
    brain, episodes = brain_of(scenario, "oracle")
    path = tmp_path / "asked.jsonl"
    mortal = ChatServer(brain)

    def fading(body):
        if len(mortal.bodies) > 30:
            mortal.always = DROP
        return brain(body)

    mortal.brain = fading
    with (
        mortal,
        Ledger(path) as ledger,
        pytest.raises(PlayerError, match=r"gone: 3 episodes in a row.*of 12 episodes were played"),
    ):
        ran(scenario, mortal, ledger=ledger, concurrency=2)
    with Ledger(path) as ledger:
        known = len(ledger)
    assert known >= 29
    with ChatServer(brain) as server, Ledger(path) as ledger:
        found = ran(scenario, server, ledger=ledger, concurrency=2)
        assert len(server.bodies) == len(ledger) - known
    assert found.episodes == episodes
    with Ledger(path) as ledger, endpoint(server) as there:  # nobody listens there any more
        made = Served(endpoint=there, ledger=ledger)
        again = run_served(scenario, ["openai"], made, episodes=EPISODES, seed=SEED)
    assert again.run.rows == found.run.rows, "tokens too"


def test_a_server_that_refuses_stops_the_run_at_once(scenario):
    with (
        ChatServer(lambda body: said(), always=(401, b"no such key")) as server,
        pytest.raises(PlayerError, match=r"refuses to play.*HTTP 401: no such key"),
    ):
        ran(scenario, server, concurrency=1)
    assert len(server.bodies) <= 2, "the next may be under way"


def test_a_ledger_of_another_run_is_told_as_it_is(scenario, tmp_path):
    brain, _ = brain_of(scenario, "oracle")
    with ChatServer(brain) as server:
        with Ledger(tmp_path / "asked.jsonl") as ledger:
            ran(scenario, server, ledger=ledger, episodes=2)
        with (
            Ledger(tmp_path / "asked.jsonl") as ledger,
            pytest.raises(SettingError, match="differs in temperature"),
        ):
            ran(scenario, server, ledger=ledger, episodes=2, sampling={"temperature": 1.0})


def test_a_failing_player_beside_the_model_is_no_fault_of_the_server(team):
    with (
        ChatServer(lambda body: said("", [("delegate", {"task": "x"})])) as server,
        pytest.raises(PlayerError, match="ZeroDivisionError"),
    ):
        ran(team, server, ("planner=openai,worker=tests.bench.test_served:broken",))


def broken(observation, info):
    return 1 // 0


def test_wrong_players_and_counts_are_refused_before_anything_is_asked(scenario):
    with ChatServer(lambda body: said()) as server:
        with pytest.raises(UnknownNameError, match="Did you mean 'worker'"):
            ran(
                catalog.scenario("MultiHop-v0", game="team"),
                server,
                ("planner=openai,workr=random",),
            )
        with pytest.raises(SettingError, match="episodes = 0"):
            ran(scenario, server, episodes=0)
        with pytest.raises(SettingError, match="concurrency = 0"):
            ran(scenario, server, concurrency=0)
        with pytest.raises(SettingError, match="each named once"):
            ran(scenario, server, ("openai", "openai"))
    assert not server.bodies


def test_a_model_that_never_calls_is_told(scenario):
    with ChatServer(lambda body: said("I would search.")) as server:
        assert not ran(scenario, server, episodes=2).calls
