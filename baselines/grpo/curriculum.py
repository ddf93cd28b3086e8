"""The curriculum: which questions an update takes, how long their chains are, under which noise.

Pure functions of the configuration, of how the questions went so far, and of the update's number;
`Curriculum` keeps how they went. Questions that are always or never answered teach nothing (every
rollout of their group is paid the same), so they rest; after DAPO (arXiv 2503.14476, dynamic
sampling) and WebSailor's DUPO (2507.02592, duplicates of the others fill the batch).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from baselines.grpo.config import Config
from baselines.grpo.records import Group, Query
from webenvs import seeding
from webenvs.errors import bad_setting
from webenvs.records import Record

MEMORY = 8
"""Rollouts of a question that are remembered at least: its success rate is over these."""
REST = 10
"""Updates for which a question rests that was always or never answered."""
GROWTH = 0.5
"""The share of a run by which the hardest stage is reached."""


class Past(Record, frozen=True, kw_only=True):
    """How a question went: correctness of its last rollouts, and the update they belong to."""

    acc: tuple[float, ...] = ()
    update: int = 0

    @property
    def rate(self) -> float:
        """The mean correctness of what is remembered."""
        return math.fsum(self.acc) / len(self.acc)

    @property
    def settled(self) -> bool:
        """Whether enough is remembered, and all of it is right or all of it wrong."""
        return len(self.acc) >= MEMORY and self.rate in (0.0, 1.0)


History = Mapping[str, Past]
"""How questions went, by `name_of`."""


def name_of(query: Query) -> str:
    """What tells a question from others, whatever its seed and noise."""
    return f"{query.world}/{query.task}"


def stage(count: int, progress: float) -> int:
    """Which of `count` stages it is at `progress` of a run (0 to 1).

    Stages are of equal length and the last one begins at `GROWTH` of the run.
    """
    if count < 2:
        return 0
    return min(count - 1, int(progress / GROWTH * (count - 1)))


def noise_at(config: Config, progress: float) -> tuple[str, ...]:
    """The noises that questions are asked under at `progress`, the newest last.

    With a curriculum of noise they come in the order of `config.noise`, and earlier ones stay;
    without, all of them from the beginning.
    """
    if config.curriculum not in ("noise", "both"):
        return config.noise
    return config.noise[: stage(len(config.noise), progress) + 1]


def hops_at(hops: Sequence[int], config: Config, progress: float) -> int:
    """The most hops that a question may have at `progress`; `hops` are those that there are."""
    kinds = sorted(set(hops))
    if config.curriculum not in ("difficulty", "both"):
        return kinds[-1]
    return kinds[stage(len(kinds), progress)]


def asleep(query: Query, history: History, update: int) -> bool:
    """Whether a question rests: it was settled less than `REST` updates ago."""
    past = history.get(name_of(query))
    return past is not None and past.settled and update - past.update < REST


def chosen(
    pool: Sequence[Query],
    history: History,
    config: Config,
    update: int,
    progress: float | None = None,
    again: int = 0,
) -> tuple[Query, ...]:
    """The `config.queries` questions of an update, each with its own seed and noise.

    Those whose chains are short enough by now and that do not rest are taken in a keyed order, the
    least recently asked first. Where they are too few, questions that are sometimes answered are
    asked again with another seed; where there are none either, the pool is refreshed: those that
    rest wake up, the longest asleep first. `progress` (0 to 1) is by default that of the updates.
    An update that asks `again` gives its questions other seeds for every such number.
    """
    if progress is None:
        progress = min(1.0, update / max(1, config.updates))
    most = hops_at([query.hops for query in pool], config, progress)
    fit = [query for query in pool if query.hops <= most]
    drawn = seeding.shuffled(fit, config.seed, "curriculum", update)
    order = sorted(drawn, key=lambda query: _asked(query, history))
    awake = [query for query in order if not asleep(query, history, update)]
    taken = awake[: config.queries]
    missing = config.queries - len(taken)
    if missing:
        mixed = [query for query in awake if 0.0 < _rate(query, history) < 1.0]
        resting = [query for query in order if asleep(query, history, update)]
        taken += _repeated(mixed or resting or awake, missing)
    noises = noise_at(config, progress)
    turn = (update, again) if again else (update,)
    return tuple(_posed(query, (*turn, place), noises, config) for place, query in enumerate(taken))


def seen(history: History, groups: Sequence[Group], update: int) -> dict[str, Past]:
    """The history after an update's groups; what the infrastructure broke is left out."""
    after = dict(history)
    for group in groups:
        acc = tuple(one.acc for one in group.rollouts if one.status == "ok")
        if acc:
            name = name_of(group.query)
            earlier = after.get(name, Past()).acc
            after[name] = Past(acc=(*earlier, *acc)[-max(MEMORY, len(acc)) :], update=update)
    return after


class Curriculum:
    """The curriculum of a run, with how its questions went so far."""

    def __init__(self, config: Config, pool: Sequence[Query]) -> None:
        """`pool` are the training questions; raises SettingError where there is none."""
        if not pool:
            raise bad_setting("pool", tuple(pool), "at least one question")
        self.config, self.pool = config, tuple(pool)
        self.history: dict[str, Past] = {}
        self._update = 0

    def queries(
        self, update: int, progress: float | None = None, after: Sequence[Group] = ()
    ) -> tuple[Query, ...]:
        """The questions of the update with this index; `progress` as in `chosen`.

        `after` are groups that the update has played already: it asks on as if they were seen.
        """
        self._update = update
        history = seen(self.history, after, update)
        return chosen(self.pool, history, self.config, update, progress, len(after))

    def seen(self, groups: Sequence[Group]) -> None:
        """Take note of how the questions went that were asked last."""
        self.history = seen(self.history, groups, self._update)

    def metrics(self) -> dict[str, float]:
        """Shares of the pool that were asked, that are always and that are never answered."""
        known = [past for query in self.pool if (past := self.history.get(name_of(query)))]
        size = len(self.pool)
        return {
            "curriculum/asked": len(known) / size,
            "curriculum/always": sum(past.settled and past.rate == 1.0 for past in known) / size,
            "curriculum/never": sum(past.settled and past.rate == 0.0 for past in known) / size,
        }

    def state_dict(self) -> dict[str, Any]:
        """All that an exact continuation needs, as JSON has it."""
        return {"update": self._update, "history": msgspec.to_builtins(self.history)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there; an empty state is that of the beginning."""
        self._update = state.get("update", 0)
        self.history = msgspec.convert(state.get("history", {}), dict[str, Past])


def _asked(query: Query, history: History) -> int:
    past = history.get(name_of(query))
    return -1 if past is None else past.update


def _rate(query: Query, history: History) -> float:
    past = history.get(name_of(query))
    return 0.0 if past is None else past.rate


def _repeated(queries: Sequence[Query], count: int) -> list[Query]:
    """The first `count` of the queries, begun again as often as it takes."""
    return [queries[place % len(queries)] for place in range(count)]


def _posed(query: Query, place: Sequence[int], noises: Sequence[str], config: Config) -> Query:
    """A question with the seed and the noise that it has in its place of an update."""
    key = (config.seed, "posed", *place)
    seed = seeding.integer(2**31, *key, "seed", name_of(query))
    return replace(query, seed=seed, noise=seeding.choice(noises, *key, "noise"))
