"""Seats: games side by side as rows, ended ones begun anew, scores kept with their steps."""

import numpy as np
import pytest

from baselines.ppo.seats import LAYOUT, BrokenEpisodeError, Seats, seats
from webenvs.errors import SettingError, UnknownNameError


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


def test_an_episode_that_broke_is_not_learned_from(choices, right):
    rows = choices(games=1, valid=False)
    seen, _ = rows.reset()
    with pytest.raises(BrokenEpisodeError, match="a lost disk"):
        rows.step(right(seen))


def test_there_is_at_least_one_game(choice):
    with pytest.raises(SettingError, match="games = 0"):
        Seats(choice, 0)


@pytest.mark.parametrize(("game", "count"), [("solo", 1), ("team", 3)])
def test_the_features_view_has_one_layout_for_every_game(game, count):
    rows = seats("Lookup-v0", games=2, game=game, level="easy")
    observations, masks = rows.reset()
    assert rows.rows == 2 * count
    assert observations.shape[1] == LAYOUT.player + LAYOUT.slots * LAYOUT.width
    assert masks.shape[1] == LAYOUT.slots
    held = observations[0, LAYOUT.player :].reshape(LAYOUT.slots, LAYOUT.width)
    assert np.array_equal(held[:, 0] == 1.0, masks[0])


def test_seats_that_wait_have_one_legal_slot_and_the_game_goes_on():
    rows = seats("Lookup-v0", games=1, game="team", level="easy")
    _, masks = rows.reset()
    assert (masks.sum(axis=1) > 1).tolist() == [True, False, False]
    for _ in range(40):
        masks = rows.step(masks.argmax(axis=1)).masks
    assert masks.any(axis=1).all()


def test_an_id_that_does_not_exist_is_named():
    with pytest.raises(UnknownNameError, match="Lookup-v0"):
        seats("Lokup-v0", games=1)


@pytest.mark.parametrize(("name", "value"), [("view", "text"), ("mask", "observation")])
def test_settings_that_the_policies_cannot_read_are_refused(name, value):
    with pytest.raises(SettingError, match=f"{name} = '{value}' is not allowed"):
        seats("Lookup-v0", games=1, **{name: value})
