"""Dynamic sampling: an update asks on until enough of its groups have something to teach.

After DAPO (arXiv 2503.14476, section 3.2): groups whose rollouts are all right or all wrong are
left out, and other questions are asked in their place until the batch is full, or a cap is reached.
"""

from collections.abc import Callable, Sequence

from baselines.grpo.config import Config
from baselines.grpo.credit import usable
from baselines.grpo.records import Group, Query

Ask = Callable[[Sequence[Group]], Sequence[Query]]
"""The next questions of an update after the groups that it has played."""
Play = Callable[[Sequence[Query], int], Sequence[Group]]
"""The scored groups of the update's batch with this number, from 0."""


def filled(
    ask: Ask, play: Play, config: Config, room: Callable[[], bool] = lambda: True
) -> tuple[list[Group], int]:
    """All groups that an update played, and in how many batches.

    The first batch has as many questions as it is asked for; each further one has as many as groups
    are missing until `config.queries` can be trained on, at most `config.refills` times and while
    there is `room`. Groups that are left out stay among those returned, since they count in how
    the run is doing; nothing is played beyond what is missing, so none is thrown away.
    """
    groups = list(play(ask(()), 0))
    batches = 1
    while batches <= config.refills and room():
        missing = config.queries - sum(usable(group, config) for group in groups)
        if missing <= 0:
            break
        groups += play(ask(groups)[:missing], batches)
        batches += 1
    return groups, batches
