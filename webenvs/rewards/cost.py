"""The cost terms: how many calls the web has executed; weights make them a price."""

from collections.abc import Iterable

from webenvs.records import Episode, Task, Turn
from webenvs.rewards import turns


def cost(task: Task, episode: Episode, player: str) -> float:
    """The web calls executed in the turns that `player` wrote: a positive number."""
    return _executed(turns.own(episode, player))


def team_cost(task: Task, episode: Episode, player: str) -> float:
    """The web calls executed by everyone, the same for every player."""
    return _executed(episode.turns)


def _executed(written: Iterable[Turn]) -> float:
    return float(sum(result.executed for turn in written for result in turn.results))
