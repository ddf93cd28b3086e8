"""Rows that name a seat: what is trained of a whole game, with which reward."""

import pytest

from tests.envs.tokens.test_play import LETTERS, TEAM, Scripted
from webenvs import catalog
from webenvs.envs.tokens.games import TokenGames
from webenvs.envs.tooling.tool_env import ToolEnv
from webenvs.errors import SettingError

SOLO = {"planner": ["<answer>Tarn</answer>"]}


@pytest.fixture
def games(scenario):
    def make(record=None, **settings):
        env = ToolEnv(scenario(**{"game": "team", "codec": "xml", "workers": 2, **settings}))
        return TokenGames(env, context=9000, message=200, record=record)

    return make


def played(games, lines=TEAM, seats=(), repeat=1):
    rows = [row for row in games.rows("train", 1, seats) for _ in range(repeat)]
    return games.play(rows, LETTERS, Scripted(lines), "key", 0)


def test_every_role_has_a_row_of_every_task(games):
    rows = list(games().rows("train"))
    assert [row["seat"] for row in rows] == ["planner", "worker"] * 2
    assert [row["task_id"] for row in rows[::2]] == [row["task_id"] for row in rows[1::2]]


def test_rows_name_seats_that_are_asked_for(games):
    assert [row["seat"] for row in games().rows("train", 1, ["worker_1"])] == ["worker_1"]


def test_an_unknown_seat_is_refused(games):
    with pytest.raises(SettingError, match=r"seat = 'workr' is not.*Did you mean 'worker'"):
        list(games().rows("train", 1, ["workr"]))


def test_a_seat_of_somebody_else_is_refused(scenario):
    made = scenario(game="team", codec="xml", workers=2)
    env = ToolEnv(made, "planner", catalog.lineup("worker=scripted", made.game))
    games = TokenGames(env, context=9000, message=200)
    with pytest.raises(SettingError, match="must be one of planner, planner_0"):
        list(games.rows("train", 1, ["worker"]))


@pytest.mark.parametrize(
    "sizes",
    [{"context": 0}, {"context": True}, {"message": -1}, {"message": 1.5}],
    ids=["context", "bool", "message", "fraction"],
)
def test_sizes_that_are_none_are_refused_by_name(scenario, sizes):
    ((name, value),) = sizes.items()
    with pytest.raises(SettingError, match=f"{name} = {value} is not .* at least 1"):
        TokenGames(ToolEnv(scenario()), **{"context": 9000, "message": 200, **sizes})


def test_rows_say_nothing_of_the_answer(games):
    for row in games().rows("train"):
        assert not {"Tarn", "Monte Corvo"} & set(map(str, row.values()))


def test_the_seat_of_the_row_is_what_comes_back(games):
    planner, worker = played(games())
    assert (planner.sequence.role, worker.sequence.role) == ("planner", "worker")


def test_all_seats_share_the_reward_of_the_root(games):
    planner, worker = played(games())
    assert planner.reward == worker.reward == planner.episode.rewards["planner_0"] == 1.0


def test_of_many_workers_each_is_drawn_now_and_then(games):
    found = played(games(), seats=["worker"], repeat=20)
    assert {one.sequence.player for one in found} == {"worker_0", "worker_1"}


def test_draws_hang_on_their_key_alone(games):
    one, other = (played(games(), seats=["worker"], repeat=9) for _ in range(2))
    assert [each.sequence for each in one] == [each.sequence for each in other]


def test_a_seat_without_a_word_has_nothing_to_train(games):
    planner, worker = played(games(), SOLO)
    assert (worker.sequence, worker.reward) == (None, None)
    assert planner.reward == 1.0


def test_an_episode_that_is_not_valid_has_nothing_to_train(games, scenario):
    made = games()
    rows = list(made.rows("train", 1, ["planner"]))

    def breaks(asks):
        env.session.state.end = "aborted"
        return Scripted(TEAM)(asks)

    env = ToolEnv(scenario(game="team", codec="xml"))
    env.fork = lambda: env
    env.reset()
    made = TokenGames(env, context=9000, message=200)
    (found,) = made.play(rows, LETTERS, breaks, "key")
    assert (found.episode.valid, found.sequence, found.reward) == (False, None, None)


def test_every_episode_is_recorded_once(games):
    kept = []
    found = played(games(record=kept.append))
    assert kept == [one.episode for one in found]


def test_games_of_several_environments_are_told_by_name(scenario):
    envs = {
        name: ToolEnv(scenario(game="team", codec="xml", turns=turns))
        for name, turns in (("short", 3), ("long", 9))
    }
    games = TokenGames(envs, context=9000, message=200)
    rows = list(games.rows("train", 1, ["planner"]))
    assert [row["environment"] for row in rows] == ["short", "long"]
    found = games.play(rows, LETTERS, Scripted(TEAM), "key")
    assert [one.episode.settings["turns"] for one in found] == [3, 9]


def test_a_row_of_something_else_is_refused(games):
    with pytest.raises(SettingError, match="A row lacks 'environment'"):
        games().play([{"prompt": "?"}], LETTERS, Scripted(), "key")
