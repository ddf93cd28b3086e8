"""What the study compares, as data: an arm a row, and where each is trained."""

from collections.abc import Mapping

from webenvs.errors import unknown_name
from webenvs.records import Record


class Arm(Record, frozen=True, kw_only=True):
    """An algorithm on an environment: what every seed of it trains with."""

    name: str
    algorithm: str
    stage: str
    steps: int


class Stage(Record, frozen=True, kw_only=True):
    """What arms are compared on: the same questions for all of them."""

    name: str
    env: str
    game: str
    level: str
    meaning: str

    @property
    def settings(self) -> dict[str, str]:
        """The settings of the environment beside its game."""
        return {"level": self.level}


STAGES: Mapping[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage(
            name="lookup",
            env="Lookup-v0",
            game="solo",
            level="easy",
            meaning="one researcher, one fact",
        ),
        Stage(
            name="multi-hop",
            env="MultiHop-v0",
            game="solo",
            level="easy",
            meaning="one researcher, a chain of two facts",
        ),
        Stage(
            name="team",
            env="Lookup-v0",
            game="team",
            level="easy",
            meaning="a planner and two workers with one policy, one fact",
        ),
    )
}
"""Stages by name."""

ARMS: Mapping[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm(name="lookup-torch-ppo", algorithm="torch-ppo", stage="lookup", steps=64_000),
        Arm(name="lookup-maskable-ppo", algorithm="maskable-ppo", stage="lookup", steps=64_000),
        Arm(name="lookup-ppo", algorithm="ppo", stage="lookup", steps=64_000),
        Arm(name="lookup-dqn", algorithm="dqn", stage="lookup", steps=48_000),
        Arm(name="multi-hop-torch-ppo", algorithm="torch-ppo", stage="multi-hop", steps=100_000),
        Arm(name="team-torch-ppo", algorithm="torch-ppo", stage="team", steps=120_000),
    )
}
"""Arms by name, in the order of the tables."""

SEEDS = (0, 1, 2, 3, 4)
REFERENCES = ("random", "first-hit", "scripted", "oracle")
"""Players by name that every stage is played by too."""
SLOTS = ("random-slots", "greedy-slots")
"""Policies over slots that learn nothing: one that draws, one written by hand (`by_hand.py`)."""
EPISODES = 200


def arm(name: str) -> Arm:
    """The arm of that name; raises UnknownNameError."""
    if name not in ARMS:
        raise unknown_name("arm", name, ARMS)
    return ARMS[name]
