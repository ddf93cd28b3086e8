"""Players that differ in nothing but how often they make a call that fails."""

from collections import Counter

import pytest

from webenvs import catalog
from webenvs.envs.session import Session
from webenvs.episodes import play
from webenvs.players.script.course import followed
from webenvs.players.script.results import stubborn_readings
from webenvs.seeding import canonical_json

GAMES = {"solo": "MultiHop-v0", "team": "MultiHop-v0", "walk": "WebWalk-v0"}
MOST = {"hasty": 1, "scripted": 2, "persistent": 5}


def most_tries(player, env, **settings):
    """How often the call that was made most often was made, in five episodes."""
    made = catalog.scenario(env, **settings)
    lineup = catalog.lineup(player, made.game)
    most = 0
    for seed in range(5):
        episode = play(made, lineup, seed)
        calls = Counter(
            (turn.frame, call.tool, canonical_json(call.arguments))
            for turn in episode.turns
            for call, result in zip(turn.calls, turn.results, strict=False)
            if result.status == "timeout"
        )
        most = max(most, *calls.values())
    return most


@pytest.mark.parametrize("player", MOST)
def test_a_researcher_makes_a_call_that_always_fails_so_many_times(player) -> None:
    got = most_tries(player, "MultiHop-v0", noise="timeout:1")
    assert got == MOST[player]


@pytest.mark.parametrize("player", ["hasty", "persistent"])
def test_a_walker_makes_a_click_that_always_fails_so_many_times(player) -> None:
    got = most_tries(player, "WebWalk-v0", noise="timeout:1")
    assert got == MOST[player]


def test_the_scripted_walker_never_gives_a_click_up() -> None:
    assert most_tries("scripted", "WebWalk-v0", noise="timeout:1") > MOST["persistent"]


def test_a_walker_that_cannot_step_back_ends_its_walk() -> None:
    made = catalog.scenario("WebWalk-v0", noise="timeout:1@back")
    lineup = catalog.lineup("hasty", made.game)
    failed = [
        sum(r.tool == "back" and r.status == "timeout" for t in episode.turns for r in t.results)
        for episode in (play(made, lineup, seed) for seed in range(12))
    ]
    assert max(failed) == 1


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("player", ["hasty", "persistent"])
def test_without_failures_they_play_as_the_scripted_one(player, game) -> None:
    made = catalog.scenario(GAMES[game], game=game)
    prints = [
        play(made, catalog.lineup(name, made.game), 3).fingerprint for name in ("scripted", player)
    ]
    assert prints[0] == prints[1]


def test_two_branches_of_an_episode_go_on_independently() -> None:
    made = catalog.scenario("MultiHop-v0")
    task = made.tasks.of_split("train")[0]
    player = catalog.lineup("scripted").sit(made.players, task, 0)["researcher_0"]
    trunk = Session(made, task, 0)
    for _ in range(3):
        trunk.act(player(trunk.observe("researcher_0"), trunk.info("researcher_0")))
    branches = [trunk.fork(), trunk.fork()]
    prints = []
    for branch in branches:
        while branch.to_act:
            branch.act(player(branch.observe("researcher_0"), branch.info("researcher_0")))
        prints.append(branch.episode().fingerprint)
    assert prints[0] == prints[1]


class Adding:
    """A procedure that yields the sum of all it was told."""

    def __init__(self) -> None:
        self.total = 0

    def run(self):
        while self.total < 100:
            self.total += yield self.total


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (["1"], 1),
        (["1", "2"], 3),
        (["1", "3"], 4),
        (["1", "2", "5"], 8),
        (["1", "2"], 3),
        ([], 0),
        (["99", "1"], None),
        (["99", "1", "1"], None),
    ],
)
def test_what_a_procedure_does_next_hangs_on_what_it_was_told_alone(told, expected) -> None:
    for _ in range(2):  # the second time nothing that was kept may change it
        assert followed("adding", Adding, told, int)[1] == expected


def test_procedures_of_other_keys_are_kept_apart() -> None:
    followed("one", Adding, ["1"], int)
    assert followed("other", Adding, ["1", "1"], int)[0].total == 2


FAILURES = (
    "The server met an internal error (HTTP 500).",
    "Access was denied (HTTP 403).",
    "The page was not found (HTTP 404).",
    "The quota of 5 calls is used up: nothing more will be answered.",
    "The network is down: nothing can be reached at the moment. Try again later.",
    '{"status": "ok", "content": "1. A title\\n   https://a.exa',
    "The request timed out after 30 s. You can try again.",
)


@pytest.mark.parametrize("content", FAILURES)
def test_to_a_persistent_player_every_failure_is_one(content) -> None:
    assert [one.failed for one in stubborn_readings(f"[search] {content}")] == [True]


@pytest.mark.parametrize(
    "content",
    [
        "No page matches 'errors (HTTP 500).'.",
        "1. The network is down\n   https://a.example/\n   A film (HTTP 404).",
        "2 match(es) for 'x' on 'y':\n- page 1: ...The request timed out...",
    ],
)
def test_what_speaks_of_failures_is_none(content) -> None:
    assert [one.failed for one in stubborn_readings(f"[search] {content}")] == [False]
