"""Strength 0 is exactly the clean web: the same fingerprints, over every id."""

import msgspec
import pytest

import webenvs
from webenvs import episodes
from webenvs.catalog import ROWS
from webenvs.noise.table import TABLE

ZERO = ",".join(f"{name}:0" for name in TABLE)
ARMED = ",".join(
    f"{name}:1({'episodes' if kind.hook == 'tools' else 'turns'}=900-)"
    for name, kind in TABLE.items()
)
"""Every model at full strength, at a time that never comes: all code runs and nothing strikes."""


def played(name, game, episodes_, noise):
    scenario = webenvs.scenario(name, game=game, noise=noise)
    lineup = webenvs.lineup("random")
    return [episodes.play(scenario, lineup, seed) for seed in range(episodes_)]


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_a_thousand_episodes_at_strength_zero_have_the_fingerprints_of_the_clean_web(name):
    game = ROWS[name].settings.get("game", "solo")
    for one, other in zip(
        played(name, game, 1000, "none"), played(name, game, 1000, ZERO), strict=True
    ):
        assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize("team", [False, True], ids=["alone", "team"])
@pytest.mark.parametrize("name", ROWS)
def test_noise_that_never_strikes_changes_no_byte_of_a_turn(name, team):
    game = ROWS[name].team if team else ROWS[name].settings.get("game", "solo")
    for one, other in zip(
        played(name, game, 25, "none"), played(name, game, 25, ARMED), strict=True
    ):
        assert one.turns == other.turns
        bare = [msgspec.structs.replace(e, settings={}, fingerprint="") for e in (one, other)]
        assert bare[0] == bare[1]
