"""Groups as the records that cross the store, and back: without tokens there, with the own here."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from baselines.grpo import rewards
from baselines.grpo.config import Config
from baselines.grpo.decoupled.cache import Held, fingerprint
from baselines.grpo.decoupled.store import (
    Committed,
    GroupDone,
    Outcome,
    Ready,
    WorkerOutcome,
    id_of,
)
from baselines.grpo.records import PLANNER, WORKER, Group, Query, Rollout, Trajectory
from webenvs.errors import SettingError


class Rebuilt(NamedTuple):
    """A group as the workers' side has it: so many trajectories lost, so many rollouts aborted."""

    group: Group
    lost: int
    aborted: int


def committed(groups: Sequence[Group], batch: int) -> list[Committed]:
    """The records of a batch of scored groups; a group's last one says that it is done.

    Rollouts that the infrastructure broke or that have no reward are no part of their group.
    """
    records: list[Committed] = []
    for place, group in enumerate(groups):
        query = query_id(group.query, batch, place)
        valid = [one for one in group.rollouts if counts(one)]
        for rollout in group.rollouts:
            records.append(outcome_of(query, rollout))
            records += [worker_of(query, rollout.index, one) for one in rollout.workers]
        records.append(
            GroupDone(
                query=query,
                question=id_of(group.query.id),
                batch=batch,
                place=place,
                of_groups=len(groups),
                rollouts=len(group.rollouts),
                valid=tuple(sorted(one.index for one in valid)),
            )
        )
    return records


def query_id(query: Query, batch: int, place: int) -> str:
    """What tells a question from all others of the run, and from itself in another batch."""
    return id_of(f"{batch}.{place}/{query.id}")


def counts(rollout: Rollout) -> bool:
    """Whether a rollout is compared with others at all."""
    return rollout.status == "ok" and rollout.planner.reward is not None


def outcome_of(query: str, rollout: Rollout) -> Outcome:
    """The record of a rollout."""
    planner = rollout.planner
    return Outcome(
        query=query,
        rollout=rollout.index,
        invocations=tuple(one.invocation for one in rollout.workers),
        format_ok=planner.format_ok,
        acc=rollout.acc,
        reward=planner.reward,
        components=planner.components,
        sampled=planner.sampled,
        finish=planner.finish,
        status=rollout.status,
        policy_version=planner.policy_version,
    )


def worker_of(query: str, rollout: int, worker: Trajectory) -> WorkerOutcome:
    """The record of a worker's part."""
    return WorkerOutcome(
        query=query,
        rollout=rollout,
        invocation=worker.invocation,
        trajectory=id_of(worker.id),
        fingerprint=fingerprint(worker.token_ids, worker.loss_mask),
        format_ok=worker.format_ok,
        finish=worker.finish,
        reward=worker.reward,
        components=worker.components,
        frame=worker.frame,
        parent_turn=worker.parent_turn,
        turns=worker.turns,
        calls_total=worker.calls_total,
        calls_valid=worker.calls_valid,
        tool_errors=worker.tool_errors,
        policy_version=worker.policy_version,
    )


def rebuilt(ready: Ready, held: Mapping[str, Held], config: Config) -> Rebuilt:
    """The group with the workers' own tokens and rewards; planners are numbers without tokens.

    A trajectory that is not held, or no longer as it was judged, is lost: the others of its rollout
    stand for it, and a rollout that has lost all of them is one without workers.
    """
    rollouts, lost = [], 0
    for outcome in ready.outcomes:
        planner = _planner(ready.done.query, outcome)
        parts = ready.of(outcome.rollout)
        own = [
            _worker(part, held[part.fingerprint], planner, config)
            for part in parts
            if part.fingerprint in held
        ]
        lost += len(parts) - len(own)
        rollouts.append(
            Rollout(
                query=question(ready.done.question),
                index=outcome.rollout,
                planner=planner,
                workers=tuple(own),
                acc=outcome.acc,
                status=outcome.status,
            )
        )
    group = Group(query=question(ready.done.question), rollouts=tuple(rollouts))
    return Rebuilt(group, lost, ready.done.rollouts - len(rollouts))


def question(name: str) -> Query:
    """A question of this id; of its parts only the id counts at the workers' side."""
    world, _, rest = name.partition("/")
    task, _, seed = rest.rpartition("/")
    if not seed.isdecimal():
        return Query(world=name, task="", seed=0)
    return Query(world=world, task=task, seed=int(seed))


def worker_reward(planner: Trajectory, worker: WorkerOutcome, config: Config) -> float | None:
    """R_S: what M-GRPO pays a worker, by its planner's correctness and its own work.

    Under another reward it is what the environment's side has paid. None for a broken worker.
    """
    if worker.finish == "infra_error" or config.reward != "mgrpo":
        return None if worker.finish == "infra_error" else worker.reward
    if "expert" not in worker.components:
        raise SettingError(f"{worker.trajectory} crossed without its component 'expert'.")
    paid = rewards.worker_of(planner, worker.format_ok, worker.components["expert"], config)
    return paid + worker.components.get("overlong", 0.0)


def _planner(query: str, outcome: Outcome) -> Trajectory:
    """A planner's numbers in the form of a trajectory; its tokens are only as many."""
    blank = (0,) * outcome.sampled
    return Trajectory(
        id=f"{query}/{outcome.rollout}/0",
        role=PLANNER,
        token_ids=blank,
        prompt_len=0,
        loss_mask=(1,) * outcome.sampled,
        logprobs=tuple(map(float, blank)),
        policy=PLANNER,
        policy_version=outcome.policy_version,
        finish=outcome.finish,
        format_ok=outcome.format_ok,
        components=outcome.components,
        reward=outcome.reward,
    )


def _worker(part: WorkerOutcome, held: Held, planner: Trajectory, config: Config) -> Trajectory:
    made = Trajectory(
        id=part.trajectory,
        role=WORKER,
        token_ids=held.token_ids,
        prompt_len=held.prompt_len,
        loss_mask=held.loss_mask,
        logprobs=held.logprobs,
        parent=planner.id,
        invocation=part.invocation,
        parent_turn=part.parent_turn,
        frame=part.frame,
        policy=WORKER,
        policy_version=held.version,
        finish=part.finish,
        format_ok=part.format_ok,
        turns=part.turns,
        calls_total=part.calls_total,
        calls_valid=part.calls_valid,
        tool_errors=part.tool_errors,
        components=part.components,
    )
    return msgspec.structs.replace(made, reward=worker_reward(planner, part, config))
