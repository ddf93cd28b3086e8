"""The evidence terms: how much of the task's proof a player has read, or at least been shown."""

from webenvs.records import Episode, Task
from webenvs.rewards import turns


def evidence(task: Task, episode: Episode, player: str) -> float:
    """The share of the evidence pages opened: the best over the alternatives, in [0, 1].

    The root player is credited with the turns of everyone, a worker with its own. A task without
    evidence gives 0.0.
    """
    return _recall(task, _shown(episode, player, opened=True))


def retrieved(task: Task, episode: Episode, player: str) -> float:
    """As `evidence`, but a page also counts when only its search result was shown."""
    return _recall(task, _shown(episode, player, opened=False))


def _shown(episode: Episode, player: str, *, opened: bool) -> set[str]:
    """The urls in the results that `player` is answerable for."""
    return {
        url
        for turn in turns.answerable(episode, player)
        for result in turn.results
        if result.opened or not opened
        for url in result.urls
    }


def _recall(task: Task, seen: set[str]) -> float:
    sets = [set(alternative) for alternative in task.evidence if alternative]
    return max((len(wanted & seen) / len(wanted) for wanted in sets), default=0.0)
