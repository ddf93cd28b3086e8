"""Alignment: how often each worker counts, so that rollouts with many workers weigh as the others.

M-GRPO (arXiv:2511.13288, eq. 11) makes the d workers of every rollout exactly D by duplicating or
dropping at random. A worker then counts D/d times on average, whether d is below D or above, so
that weighting it by D/d is the same in expectation, without chance and without duplicates.
"""

from collections.abc import Sequence
from typing import TypeVar, get_args

from baselines.grpo.config import Alignment
from webenvs import seeding
from webenvs.errors import bad_setting, unknown_name

Key = Sequence[str | int]
Item = TypeVar("Item")


def multiplicities(
    counts: Sequence[int], mode: Alignment, align_to: int, key: Key
) -> tuple[tuple[float, ...], ...]:
    """How often each worker counts: one tuple a rollout, as long as it has workers.

    weighted: D/d each. random: whole numbers that add up to D, drawn by (key, the rollout's place).
    pooled and fifo: 1 each. A rollout without workers has none, and nothing stands in for them.

    Raises SettingError for a negative count or a D below 1, UnknownNameError for a mode.
    """
    return tuple(
        of_rollout(count, mode, align_to, (*key, place)) for place, count in enumerate(counts)
    )


def of_rollout(count: int, mode: Alignment, align_to: int, key: Key) -> tuple[float, ...]:
    """How often each of the `count` workers of one rollout counts; see `multiplicities`."""
    if mode not in get_args(Alignment):
        raise unknown_name("alignment", mode, get_args(Alignment))
    if count < 0:
        raise bad_setting("count", count, "at least 0")
    if align_to < 1:
        raise bad_setting("align_to", align_to, "at least 1")
    if mode == "weighted":
        return (align_to / count,) * count if count else ()
    if mode == "random":
        return _drawn(count, align_to, key) if count else ()
    return (1.0,) * count


def smallest_cover(counts: Sequence[int], share: float = 0.99) -> int:
    """The smallest D such that at least `share` of the rollouts have at most D workers.

    `counts` are those of a pilot run, one a rollout. Raises SettingError without any, or for a
    share that is not in (0, 1].
    """
    if not counts:
        raise bad_setting("counts", tuple(counts), "those of at least one rollout")
    if not 0 < share <= 1:
        raise bad_setting("share", share, "above 0 and at most 1")
    ordered = sorted(counts)
    wanted = share * len(ordered) - 1e-9  # 0.99 of 100 is 99, whatever it is in binary
    return next(count for place, count in enumerate(ordered, start=1) if place >= wanted)


def fifo_groups(arrivals: Sequence[Item], size: int) -> tuple[tuple[Item, ...], ...]:
    """`arrivals` cut into groups of `size` as they came, the last one of what is left.

    The released code of M-GRPO groups workers so, whatever question they served; it is here to be
    compared with, and is what grouping by question must differ from.
    """
    if size < 1:
        raise bad_setting("size", size, "at least 1")
    return tuple(tuple(arrivals[at : at + size]) for at in range(0, len(arrivals), size))


def _drawn(count: int, align_to: int, key: Key) -> tuple[float, ...]:
    """Every worker once and others again at random (with replacement), or a random part of them."""
    order = seeding.shuffled(range(count), "alignment", *key)
    times = [0] * count
    for place in order[:align_to]:
        times[place] += 1
    for copy in range(align_to - count):
        times[_again(count, align_to, order, copy, key)] += 1
    return tuple(float(number) for number in times)


def _again(count: int, align_to: int, order: Sequence[int], copy: int, key: Key) -> int:
    """Who is duplicated next: nobody twice as long as there are enough to duplicate."""
    if align_to - count <= count:
        return order[copy]
    return seeding.integer(count, "alignment", *key, copy)
