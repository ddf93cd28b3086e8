"""Where policies are trained and judged: worlds, splits, noise, as settings of an environment."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from webenvs import catalog
from webenvs.corpora.presets import adjusted
from webenvs.corpora.world.generate import world_of
from webenvs.corpora.world.graph import World
from webenvs.envs.scenario import Scenario
from webenvs.errors import unknown_name
from webenvs.records import Record

UNSEEN = 1_001
"""The seed of the first unseen world; training plays in the world of seed 0 alone."""


class Place(Record, frozen=True, kw_only=True):
    """What a policy is judged on: a world's questions of the split "test", under a noise."""

    name: str
    meaning: str
    world: int = 0
    noise: str = "none"


PLACES: Mapping[str, Place] = {
    place.name: place
    for place in (
        Place(
            name="held-out", meaning="chains of facts that were held out, in the world trained in"
        ),
        Place(name="unseen", meaning="another world, of which nothing was seen", world=UNSEEN),
        Place(name="noisy", meaning="held-out chains, moderate noise", noise="moderate"),
    )
}
"""Every place, the easiest first."""


def place(name: str) -> Place:
    """The place of that name; raises UnknownNameError."""
    if name not in PLACES:
        raise unknown_name("place", name, PLACES)
    return PLACES[name]


def settings(where: Place, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an environment at a place, `chosen` ones beneath the place's own."""
    own: dict[str, Any] = {"split": "test"}
    if where.world:
        own["corpus"] = _world(where.world)
    if where.noise != "none":
        own["noise"] = where.noise
    return {**chosen, **own}


def scenario(env: str, where: Place, chosen: Mapping[str, Any]) -> Scenario:
    """The scenario of an id at a place."""
    return catalog.scenario(env, **settings(where, chosen))


@lru_cache(maxsize=4)
def _world(seed: int) -> World:
    return world_of(adjusted("tiny", {"seed": seed}))
