"""The rows of the study: an id's games side by side, with the layout of the features view."""

import numpy as np
import pytest

from baselines.ppo.seats import LAYOUT, seats
from webenvs.errors import SettingError, UnknownNameError


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
