"""Credit: from groups of rollouts to the rows that learners train on, with what there is to watch.

Every planner rollout counts once in its group's mean and deviation, however many workers it had. An
advantage is one number a trajectory; it is never laid out over positions here.
"""

from collections.abc import Sequence
from typing import NamedTuple, get_args

import msgspec

from baselines.grpo import alignment, batch_metrics, shares
from baselines.grpo.advantages import group_advantages
from baselines.grpo.config import Config, Credit
from baselines.grpo.records import TRUNCATED, WORKER, Group, Rollout, Row, Trajectory
from webenvs import seeding
from webenvs.errors import bad_setting, unknown_name

Key = Sequence[str | int]

_SPREAD = 1e-12


class _Entry(NamedTuple):
    """A trajectory on its way to a row.

    `place` is the group's among those that are used; `inherited` is the advantage of its planner,
    `times` its multiplicity, `tokens` those trained.
    """

    trajectory: Trajectory
    query: str
    place: int
    rollout: str
    planner: bool
    inherited: float
    times: float
    tokens: int


def rows(groups: Sequence[Group], config: Config, key: Key) -> tuple[list[Row], dict[str, float]]:
    """A row for every trajectory that is trained, and the metrics of the batch.

    Left out: rollouts that the infrastructure broke or that have no reward, groups of fewer than
    two others, and (unless zero_variance is "keep") groups whose rollouts are all equally correct,
    since what they still differ in is the format. What inherits its planner's advantage (MATPO)
    shares one loss with it, in the config's aggregation; what has its own (M-GRPO) has a loss by
    role; a blend mixes both advantages and both coefficients by `blend`. Trajectories of frozen
    policies have no rows, but count in every mean, deviation and number of tokens. Truncated ones
    have none where overlong is "mask", and their tokens do not count. The length of the constant
    aggregation is the config's context. Metrics of workers are left out of a solo game.

    `key` decides the random alignment, by question and rollout. Raises SettingError for a blend
    outside [0, 1], UnknownNameError for a credit.
    """
    part = _inherited_part(config)
    whole = [(group, _kept(group)) for group in groups]
    used = [(group, kept) for group, kept in whole if _usable(kept, config)]
    entries = _entries(used, config, key)
    pools = _pools(entries, config, key)
    advantages = _advantages(entries, pools, part, config)
    coefs = _coefficients(entries, pools, part, config)
    made = [
        Row(
            trajectory=msgspec.structs.replace(entry.trajectory, advantage=advantage),
            coef=coef * entry.trajectory.weight,
            group=entry.query,
        )
        for entry, advantage, coef in zip(entries, advantages, coefs, strict=True)
        if coef > 0 and entry.trajectory.policy not in config.freeze
    ]
    metrics = batch_metrics.of_groups(groups) | _watched(whole, len(used), pools, entries)
    return made, _told(metrics | batch_metrics.of_rows(made), config)


def usable(group: Group, config: Config) -> bool:
    """Whether a group is trained on: two rollouts count, and they differ or all are kept."""
    return _usable(_kept(group), config)


def _inherited_part(config: Config) -> float:
    """How much of a worker's advantage is its planner's: all (MATPO), nothing (M-GRPO), a blend."""
    if config.credit not in get_args(Credit):
        raise unknown_name("credit", config.credit, get_args(Credit))
    if not 0 <= config.blend <= 1:
        raise bad_setting("blend", config.blend, "between 0 and 1")
    return {"broadcast": 1.0, "own": 0.0, "blend": config.blend}[config.credit]


def _kept(group: Group) -> list[Rollout]:
    """The rollouts that count."""
    return [one for one in group.rollouts if one.status == "ok" and one.planner.reward is not None]


def _level(kept: Sequence[Rollout]) -> bool:
    """Whether all are equally correct."""
    right = [one.acc for one in kept]
    return max(right) - min(right) <= _SPREAD


def _usable(kept: Sequence[Rollout], config: Config) -> bool:
    return len(kept) > 1 and (config.zero_variance == "keep" or not _level(kept))


def _workers(rollout: Rollout, config: Config) -> list[Trajectory]:
    """The workers that count: one that broke, or has no reward of its own, is no zero."""
    inherits = config.credit == "broadcast"
    return [
        one
        for one in rollout.workers
        if one.finish != "infra_error" and (inherits or one.reward is not None)
    ]


def _entries(
    used: Sequence[tuple[Group, Sequence[Rollout]]], config: Config, key: Key
) -> list[_Entry]:
    """All trajectories of the groups that are used: a planner, its workers, the next planner."""
    entries: list[_Entry] = []
    for place, (group, kept) in enumerate(used):
        times = [
            alignment.of_rollout(
                len(_workers(one, config)), config.alignment, config.align_to, (*key, one.id)
            )
            for one in kept
        ]
        from_planners, to_workers = _inherited(kept, times, config)
        for number, rollout in enumerate(kept):
            made = [(rollout.planner, True, from_planners[number], 1.0)]
            made += [
                (worker, False, to_workers[number], often)
                for worker, often in zip(_workers(rollout, config), times[number], strict=True)
            ]
            entries += [
                _Entry(
                    one,
                    group.query.id,
                    place,
                    rollout.id,
                    planner,
                    value,
                    often,
                    _trained(one, config),
                )
                for one, planner, value, often in made
            ]
    return entries


def _inherited(
    kept: Sequence[Rollout], times: Sequence[Sequence[float]], config: Config
) -> tuple[Sequence[float], Sequence[float]]:
    """The advantages of a group's planners, and what each rollout's workers inherit of them.

    With role statistics (Dr. MAS) workers inherit the rollout's reward under the mean and deviation
    of the group's workers, where a rollout counts as often as its workers do by the alignment.
    """
    rewards = [one.planner.reward for one in kept]
    planners = _normalised(rewards, None, config)
    if not config.role_statistics:
        return planners, planners
    return planners, _normalised(rewards, [sum(often) for often in times], config)


def _normalised(
    rewards: Sequence[float | None], weights: Sequence[float] | None, config: Config
) -> tuple[float, ...]:
    return group_advantages(rewards, config.advantage, config.deviation, config.eps, weights)


def _trained(one: Trajectory, config: Config) -> int:
    masked = config.overlong == "mask" and one.finish in TRUNCATED
    return 0 if masked else one.sampled


def _pools(entries: Sequence[_Entry], config: Config, key: Key) -> list[list[int]]:
    """The workers, by their places in `entries`, that are compared with each other.

    Those of a question; with "fifo" whatever workers came one after another, rollouts ending in an
    order that is left to chance (the released M-GRPO code, for comparison only).
    """
    places = [place for place, entry in enumerate(entries) if not entry.planner]
    if config.alignment != "fifo":
        return _by_group(entries, places)
    ends = [seeding.uniform("fifo", *key, entry.rollout) for entry in entries]
    arrivals = sorted(places, key=lambda place: (ends[place], place))
    return [list(pool) for pool in alignment.fifo_groups(arrivals, config.align_to)]


def _by_group(entries: Sequence[_Entry], places: Sequence[int]) -> list[list[int]]:
    pools: dict[int, list[int]] = {}
    for place in places:
        pools.setdefault(entries[place].place, []).append(place)
    return list(pools.values())


def _advantages(
    entries: Sequence[_Entry], pools: Sequence[Sequence[int]], part: float, config: Config
) -> list[float]:
    """One advantage an entry: the planners' own, the workers' inherited, own or blended."""
    found = [entry.inherited for entry in entries]
    if part == 1:
        return found
    for pool in pools:
        rewards = [entries[place].trajectory.reward for place in pool]
        own = _normalised(rewards, [entries[place].times for place in pool], config)
        for place, value in zip(pool, own, strict=True):
            found[place] = part * found[place] + (1 - part) * value
    return found


def _coefficients(
    entries: Sequence[_Entry], pools: Sequence[Sequence[int]], part: float, config: Config
) -> list[float]:
    """One coefficient an entry: of the joint loss, of the losses by role, or of both."""
    found = [0.0] * len(entries)
    if part > 0:
        found = [part * coef for coef in _joint(entries, config)]
    if part < 1:
        planners = [place for place, entry in enumerate(entries) if entry.planner]
        for role in (_by_group(entries, planners), pools):
            for place, coef in _alone(entries, role, config):
                found[place] += (1 - part) * coef
    return found


def _joint(entries: Sequence[_Entry], config: Config) -> list[float]:
    lengths: list[list[list[int]]] = []
    for entry in entries:
        if entry.place == len(lengths):
            lengths.append([])
        if entry.planner:
            lengths[-1].append([])
        lengths[-1][-1].append(entry.tokens)
    nested = shares.coefficients(lengths, config.aggregation, config.context)
    return [coef for group in nested for rollout in group for coef in rollout]


def _alone(
    entries: Sequence[_Entry], pools: Sequence[Sequence[int]], config: Config
) -> list[tuple[int, float]]:
    counted = [[(entries[place].tokens, entries[place].times) for place in pool] for pool in pools]
    nested = shares.alone(counted, config.aggregation, config.context)
    return [
        pair
        for pool, coefs in zip(pools, nested, strict=True)
        for pair in zip(pool, coefs, strict=True)
    ]


def _told(metrics: dict[str, float], config: Config) -> dict[str, float]:
    """Without the metrics of workers where the game has none."""
    solo = config.game == "solo"
    return {name: value for name, value in metrics.items() if not (solo and _of_workers(name))}


def _of_workers(name: str) -> bool:
    return name.startswith(f"{WORKER}/")


def _watched(
    whole: Sequence[tuple[Group, Sequence[Rollout]]],
    used: int,
    pools: Sequence[Sequence[int]],
    entries: Sequence[_Entry],
) -> dict[str, float]:
    """Shares of groups that say nothing, their sizes, and groups of workers that mix questions."""
    several = [kept for _, kept in whole if len(kept) > 1]
    mixed = [pool for pool in pools if len({entries[place].place for place in pool}) > 1]
    return {
        "zero_variance": batch_metrics.mean([float(_level(kept)) for kept in several]),
        "groups/used": float(used),
        "groups/size": batch_metrics.mean([float(len(kept)) for _, kept in whole]),
        "groups/too_small": float(len(whole) - len(several)),
        f"{WORKER}/mixed_groups": len(mixed) / len(pools) if pools else 0.0,
    }
