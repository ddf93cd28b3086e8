"""Checking: the invariants that every rollout keeps, each broken one named with its place."""

import math
from collections.abc import Iterator, Sequence

from baselines.grpo.records import PLANNER, Rollout, Trajectory
from webenvs.errors import WebenvsError
from webenvs.records import Episode

_ROUNDING = 1e-6
"""How far above 0 the log of a probability may lie."""


class BrokenRolloutError(WebenvsError, ValueError):
    """A rollout breaks an invariant of the records; the message says which, where and how."""


def check(rollout: Rollout) -> Rollout:
    """The rollout, if it keeps every invariant; raises BrokenRolloutError for the first it breaks.

    Token ids, mask and log-probs are equally long; the prompt is not trained; exactly the sampled
    tokens have a log-prob, which is none of a probability above 1; an advantage is one number. The
    planner has no parent; every worker has this planner for its parent, workers are counted from 0
    in order, and no two trajectories share an id or a frame (their contexts are disjoint). A
    rollout that the infrastructure broke has no reward. With an episode, every trajectory is one of
    its frames, and the planner's is the root.
    """
    for problem in _problems(rollout):
        raise BrokenRolloutError(f"Rollout {rollout.id}: {problem}.")
    return rollout


def _problems(rollout: Rollout) -> Iterator[str]:
    if rollout.index < 0:
        yield f"index = {rollout.index} is negative"
    if not 0 <= rollout.acc <= 1:
        yield f"acc = {rollout.acc} is not between 0 and 1"
    for one in rollout.trajectories:
        named = f"trajectory {one.id!r}"
        for problem in (*_of_tokens(one), *_of_numbers(one), *_of_status(one, rollout.status)):
            yield f"{named}: {problem}"
    yield from _of_family(rollout)
    if rollout.episode is not None:
        for one in rollout.trajectories:
            yield from _of_frame(one, rollout.episode)


def _of_tokens(one: Trajectory) -> Iterator[str]:
    """What is wrong with ids, mask and log-probs."""
    lengths = (len(one.token_ids), len(one.loss_mask), len(one.logprobs))
    if len(set(lengths)) > 1:
        yield "{} token ids, {} of loss_mask and {} logprobs are not equally many".format(*lengths)
        return
    if not 1 <= one.prompt_len <= len(one.token_ids):
        yield f"prompt_len = {one.prompt_len} is not between 1 and its {lengths[0]} tokens"
    odd = next((at for at, mask in enumerate(one.loss_mask) if mask not in (0, 1)), None)
    if odd is not None:
        yield f"loss_mask[{odd}] = {one.loss_mask[odd]} is neither 0 nor 1"
    trained = next((at for at, mask in enumerate(one.loss_mask[: one.prompt_len]) if mask), None)
    if trained is not None:
        yield f"loss_mask[{trained}] = 1 lies in the prompt of {one.prompt_len} tokens"
    yield from _of_logprobs(one)


def _of_logprobs(one: Trajectory) -> Iterator[str]:
    for at, (mask, logprob) in enumerate(zip(one.loss_mask, one.logprobs, strict=True)):
        if mask and not math.isfinite(logprob):
            yield f"token {at} was sampled, but logprobs[{at}] = {logprob}"
        elif mask and logprob > _ROUNDING:
            yield f"logprobs[{at}] = {logprob} is the log of a probability above 1"
        elif not mask and not math.isnan(logprob):
            yield f"token {at} was not sampled, but logprobs[{at}] = {logprob}; it must be NaN"


def _of_numbers(one: Trajectory) -> Iterator[str]:
    """What is wrong with counts, reward, advantage and weight."""
    if not 0 <= one.calls_valid <= one.calls_total:
        yield f"calls_valid = {one.calls_valid} is not between 0 and calls_total = " + str(
            one.calls_total
        )
    for name in ("turns", "tool_errors", "policy_version", "frame"):
        if getattr(one, name) < 0:
            yield f"{name} = {getattr(one, name)} is negative"
    for name in ("reward", "advantage"):
        value = getattr(one, name)
        if value is not None and not _is_number(value):
            yield f"{name} = {value!r} is not one finite number for the whole trajectory"
    if not _is_number(one.weight) or one.weight < 0:
        yield f"weight = {one.weight!r} is not a finite number of at least 0"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _of_status(one: Trajectory, status: str) -> Iterator[str]:
    broken = status == "infra_error" or one.finish == "infra_error"
    if broken and one.reward is not None:
        yield f"the infrastructure broke it, so that reward = {one.reward} must be None, not a zero"


def _of_family(rollout: Rollout) -> Iterator[str]:
    """What is wrong between the planner and its workers."""
    planner, workers = rollout.planner, rollout.workers
    if planner.role != PLANNER or planner.parent is not None or planner.invocation != -1:
        yield (
            f"the planner's role = {planner.role!r}, parent = {planner.parent!r} and "
            f"invocation = {planner.invocation} must be {PLANNER!r}, None and -1"
        )
    for number, worker in enumerate(workers):
        if worker.role == PLANNER:
            yield f"worker {worker.id!r} has the planner's role"
        if worker.parent != planner.id:
            yield f"worker {worker.id!r}: parent = {worker.parent!r} must be {planner.id!r}"
        if worker.invocation != number:
            yield f"worker {worker.id!r}: invocation = {worker.invocation} must be {number}"
        if worker.parent_turn < 0:
            yield f"worker {worker.id!r}: parent_turn = {worker.parent_turn} is negative"
    yield from _shared("id", [one.id for one in rollout.trajectories])
    yield from _shared("frame", [one.frame for one in rollout.trajectories])


def _shared(name: str, values: Sequence[object]) -> Iterator[str]:
    for at, value in enumerate(values):
        if value in values[:at]:
            yield f"two trajectories have {name} = {value!r}; each is a context of its own"


def _of_frame(one: Trajectory, episode: Episode) -> Iterator[str]:
    frames = {frame.index: frame for frame in episode.frames}
    if one.frame not in frames:
        yield f"trajectory {one.id!r}: frame = {one.frame} is none of the episode's {list(frames)}"
        return
    said = sum(turn.frame == one.frame for turn in episode.turns)
    if one.turns > said:
        yield f"trajectory {one.id!r}: turns = {one.turns}, its frame has {said} messages"
    if (frames[one.frame].parent is None) != (one.role == PLANNER):
        opened = frames[one.frame].role
        yield f"trajectory {one.id!r} is a {one.role}'s, its frame {one.frame} a {opened}'s"
