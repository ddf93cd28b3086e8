"""SideBySide: games as rows, ended ones begun anew, scores kept with their steps."""

import numpy as np
import pytest

import webenvs
from webenvs.envs.features.side_by_side import (
    BREAKS,
    BrokenEpisodesError,
    SideBySide,
    redrawn,
    seed_of,
)
from webenvs.envs.features.slots import K
from webenvs.errors import AbsentError, SettingError


def test_a_row_is_a_seat_of_a_game(choices):
    rows = choices(games=3, seats=2)
    observations, masks = rows.reset()
    assert rows.rows == len(observations) == len(masks) == 6
    assert masks.dtype == np.bool_
    assert observations.dtype == np.float32


def test_games_of_one_seed_differ_and_repeat(choices):
    one, same, other = (choices(games=2, seed=seed).reset()[0] for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one[0], one[1])
    assert not np.array_equal(one, other)


def test_an_ended_game_begins_anew_and_its_last_observation_is_kept(choices, right):
    rows = choices(games=1, turns=2)
    first, _ = rows.reset()
    step = rows.step(right(first))
    assert not step.dones[0]
    assert np.array_equal(step.last, step.observations)
    step = rows.step(right(step.observations))
    assert step.dones[0]
    assert not np.array_equal(step.last, step.observations)
    assert len(set(rows.games[0].seeds)) == 2


def test_outcomes_are_the_returns_of_first_seats_with_the_steps_so_far(choices, right):
    rows = choices(games=2, seats=2, turns=2)
    seen, _ = rows.reset()
    for _ in range(2):
        seen = rows.step(right(seen)).observations
    assert rows.outcomes == [(8, 2.0), (8, 2.0)]


def test_rewards_stand_in_the_rows_of_their_seats(choices, right):
    rows = choices(games=2, seats=2)
    seen, masks = rows.reset()
    actions = right(seen)
    actions[1] = next(slot for slot in np.flatnonzero(masks[1]) if slot != actions[1])
    assert rows.step(actions).rewards.tolist() == [1.0, 0.0, 1.0, 1.0]


def test_games_are_seeded_by_their_place_and_by_how_many_they_have_played(choices, right):
    rows = choices(games=2, seed=4)
    rows.step(right(rows.reset()[0]))
    assert [game.seeds for game in rows.games] == [
        [seed_of(4, place, episode) for episode in range(2)] for place in range(2)
    ]


def test_a_new_seed_begins_with_its_first_episodes(choices):
    rows = choices(games=2, seed=1)
    rows.reset()
    rows.reseed(2)
    np.testing.assert_array_equal(rows.reset()[0], choices(games=2, seed=2).reset()[0])


def test_an_episode_that_broke_is_truncated_and_no_outcome(choices, right):
    rows = choices(games=1, seats=2, valid=False)
    step = rows.step(right(rows.reset()[0]))
    assert step.dones.tolist() == step.truncated.tolist() == step.broken.tolist() == [True] * 2
    assert step.infos[0]["fault"] == "a lost disk"
    assert rows.outcomes == []


def test_an_episode_that_is_over_is_neither_truncated_nor_broken(choices, right):
    rows = choices(games=1)
    step = rows.step(right(rows.reset()[0]))
    assert (step.dones[0], step.truncated[0], step.broken[0]) == (True, False, False)


def test_where_every_episode_breaks_it_gives_up(choices, right):
    rows = choices(games=1, valid=False)
    seen, _ = rows.reset()
    for _ in range(BREAKS - 1):
        seen = rows.step(right(seen)).observations
    with pytest.raises(BrokenEpisodesError, match=r"100 episodes in a row broke, .*: a lost disk"):
        rows.step(right(seen))


@pytest.fixture
def team():
    """One real game of a planner and a worker."""

    def make():
        settings = {"level": "easy", "workers": 1}
        return webenvs.parallel("MultiHop-v0", view="features", mask="info", **settings)

    return SideBySide(make, 1)


def test_what_a_limit_cuts_is_truncated_and_not_broken(team):
    team.reset()
    step = team.step(np.full(2, K - 1))
    while not step.dones.all():
        step = team.step(np.full(2, K - 1))
    assert step.infos[0]["end"] == "invalid_limit"
    assert step.truncated.all()
    assert not step.broken.any()


def test_a_real_fault_of_a_real_game_is_broken(team):
    team.reset()
    team.games[0].session.abort(AbsentError("nobody there"))
    step = team.step(team.masks.argmax(axis=1))
    assert step.dones.all()
    assert step.truncated.all()
    assert step.broken.all()
    assert {info["end"] for info in step.infos} == {"aborted"}
    assert not team.games[0].session.over


def test_infos_hold_no_transcripts(team):
    team.reset()
    step = team.step(team.masks.argmax(axis=1))
    assert set(step.infos[0]) <= {"action_mask", "task_id", "end", "valid", "fault"}


def test_masked_actions_of_rows_become_legal_ones(choices):
    rows = choices(games=4)
    _, masks = rows.reset()
    legal = rows.legal(np.zeros(4, dtype=np.int64))
    assert masks[np.arange(4), legal].all()


def test_a_masked_action_is_redrawn_by_its_key():
    mask = np.array([False, True, True, True])
    draws = [redrawn(0, mask, "a", number) for number in range(30)]
    assert set(draws) == {1, 2, 3}
    assert draws == [redrawn(0, mask, "a", number) for number in range(30)]


@pytest.mark.parametrize("mask", [[True, True], [False, False]], ids=["legal", "nothing"])
def test_a_legal_action_stays_and_so_does_any_where_nothing_is_legal(mask):
    assert redrawn(1, np.array(mask), 0) == 1


@pytest.mark.parametrize("games", [0, True, 1.5])
def test_there_is_at_least_one_game(games):
    with pytest.raises(SettingError, match=f"games = {games} .* a whole number of at least 1"):
        SideBySide(dict, games)
