"""The floor and the ceiling: random, first-hit and the oracle."""

import pytest

from webenvs.players.first_hit import FirstHit
from webenvs.players.oracle import OracleResearcher
from webenvs.players.random import RandomPlayer
from webenvs.records import Seat, Task


def test_a_random_player_repeats_itself_with_the_seed(seat):
    assert seat("random", seed=3).turns == seat("random", seed=3).turns
    assert seat("random", seed=3).turns != seat("random", seed=4).turns


def test_random_players_use_every_tool(seat, said):
    tools = {tool for seed in range(30) for tool, _ in said(seat("random", seed=seed))}
    assert tools == {"search", "fetch", "click", "find", "answer"}


def test_a_random_team_delegates_and_ends(seat, said):
    episodes = [seat("random", seed=seed, game="team") for seed in range(8)]
    assert {episode.end for episode in episodes} == {"answered"}
    assert any(tool == "delegate" for episode in episodes for tool, _ in said(episode))


def test_a_random_player_writes_nothing_that_cannot_be_read(seat):
    assert all(turn.valid for seed in range(20) for turn in seat("random", seed=seed).turns)


def test_a_random_player_closes_at_its_closing_message(first_info):
    info = first_info("Question: Who?", closing=True)
    message = RandomPlayer()({"text": "", "turn": 12}, info)
    assert [call["name"] for call in message["calls"]] == ["answer"]


def test_a_seat_gives_a_random_player_its_own_chance(first_info):
    drawn = []
    for name in ("worker_0", "worker_1"):
        player = RandomPlayer()
        player.reset(Seat(player=name, role="worker", seed=5))
        info = first_info("Question: Which of the many towns?")
        drawn.append([player({"text": "many words to draw", "turn": 0}, info) for _ in range(6)])
    assert drawn[0] != drawn[1]


def test_first_hit_searches_once_and_answers_the_first_title(seat, said):
    episode = seat("first-hit", task=1)
    assert said(episode) == [
        ("search", {"query": "On which mountain does the Alba rise?"}),
        ("answer", {"text": "Alba"}),
    ]


def test_first_hit_without_a_hit_says_unknown(first_info):
    message = FirstHit()({"text": "[search] No page matches 'x'.", "turn": 1}, first_info("Q: ?"))
    assert message["calls"][0]["arguments"] == {"text": "unknown"}


def test_a_first_hit_team_answers_what_its_worker_found(seat, said):
    episode = seat("first-hit", task=1, game="team")
    assert said(episode, "planner_0") == [
        ("delegate", {"task": "On which mountain does the Alba rise?"}),
        ("answer", {"text": "Alba"}),
    ]


@pytest.mark.parametrize("game", ["solo", "team"])
@pytest.mark.parametrize("task", [0, 1])
def test_the_oracle_opens_the_evidence_and_is_right(seat, said, site, game, task):
    episode = seat("oracle", task=task, game=game, reward={"answer": 1.0, "evidence": 1.0})
    root = episode.turns[-1].player
    assert (episode.terms[root]["answer"], episode.terms[root]["evidence"]) == (1.0, 1.0)
    wanted = ["alba", "brena", "veit"] if task == 0 else ["alba"]
    opened = {arguments["url"] for tool, arguments in said(episode) if tool == "fetch"}
    assert opened == {site(name) for name in wanted}


def test_the_oracle_is_right_on_a_failing_web(seat):
    episode = seat("oracle", noise="timeout:0.3", turns=40)
    assert "timeout" in {result.status for turn in episode.turns for result in turn.results}
    assert episode.terms["researcher_0"]["answer"] == 1.0


def test_the_oracle_needs_no_evidence(seat):
    episode = seat("oracle", task=2)
    assert (episode.answer, len(episode.turns)) == ("2011", 1)


def test_the_oracle_names_every_member_of_a_set(first_info):
    task = Task(question="Which?", answers=("Ann", "Bo"), answer_type="set")
    player = OracleResearcher()
    player.reset(Seat(player="researcher_0", role="researcher", seed=0, task=task))
    message = player({"text": "", "turn": 0}, first_info("Question: Which?"))
    assert message["calls"][0]["arguments"] == {"text": "Ann; Bo"}
