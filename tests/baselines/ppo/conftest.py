"""The small game of `tests/choices.py`, and rows of it."""

import pytest

from tests import choices as small
from webenvs.envs.features.side_by_side import SideBySide


@pytest.fixture
def choices():
    """Rows of the small game."""

    def make(games=4, seed=0, **settings):
        return SideBySide(lambda: small.Choice(**settings), games, seed=seed)

    return make


@pytest.fixture
def right():
    """The slots that pay, from observations."""
    return small.right
