"""The reward contract: a term is a pure function of (task, episode, player)."""

from typing import Protocol

from webenvs.records import Episode, Task


class Term(Protocol):
    """One named quantity of an episode for one player, usually in [0, 1].

    It is defined on every prefix of an episode, so that dense rewards are differences of it.
    """

    def __call__(self, task: Task, episode: Episode, player: str) -> float:
        """The value of the term so far."""
        ...
