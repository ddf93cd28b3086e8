"""Rewards: what every trajectory of a rollout earned, by MATPO, by M-GRPO or by a preset.

Weights are those of the papers at the default format weight of 0.1 (MATPO 0.9 and 0.1; M-GRPO's
alpha 0.1, 0.9 and beta 0.1, 0.4, 0.5); another format weight scales the rest in proportion.
"""

import math
from collections.abc import Sequence

from msgspec.structs import replace

from baselines.grpo import components
from baselines.grpo.config import Config
from baselines.grpo.records import PLANNER, Rollout, Trajectory
from webenvs.errors import bad_setting
from webenvs.records import Episode, FrameRecord, Task
from webenvs.rewards.weighted import reward_from

_EXPERT = 5 / 9
"""The expert's part of what M-GRPO pays a worker besides its format: 0.5 of 0.9."""
_BUFFER = 5
"""DAPO's soft fine begins a fifth of the longest length before its end (4,096 of 20,480)."""


def solo(acc: float, form: float, weight: float = 0.1) -> float:
    """MATPO's single agent: correctness and rate of valid calls."""
    return (1 - weight) * acc + weight * form


def matpo(
    acc: float,
    planner: float,
    workers: Sequence[float],
    weight: float = 0.1,
    empty: str = "one",
) -> float:
    """A rollout's reward: correctness, and the rates of valid calls, half planner, half workers.

    `planner` is the planner's rate, `workers` those of its workers, which count by their mean;
    `empty` says what stands for that mean where there are none: one, zero (as released), planner.
    """
    if empty not in ("one", "zero", "planner"):
        raise bad_setting("empty_workers", empty, "one, zero or planner")
    none = {"one": 1.0, "zero": 0.0, "planner": planner}[empty]
    mean = math.fsum(workers) / len(workers) if workers else none
    return (1 - weight) * acc + weight * (planner + mean) / 2


def mgrpo_planner(form_ok: bool, acc: float, weight: float = 0.1) -> float:
    """M-GRPO's main agent: nothing for a broken format, else alpha1 + alpha2 times correctness.

    A format weight of 0 takes the gate out too.
    """
    if not form_ok and weight > 0:
        return 0.0
    return weight + (1 - weight) * acc


def mgrpo_worker(form_ok: bool, acc: float, expert: float, weight: float = 0.1) -> float:
    """M-GRPO's sub-agent: nothing for a broken format, else beta1 + beta2 acc + beta3 expert.

    `acc` is its planner's correctness, 0 where that had no valid format. A format weight of 0 takes
    the gate out too.
    """
    if not form_ok and weight > 0:
        return 0.0
    return weight + (1 - weight) * ((1 - _EXPERT) * acc + _EXPERT * expert)


def mrlx_worker(form_ok: bool, main: float) -> float:
    """What M-GRPO's released code pays a worker: 1.0 for its planner's 1.0, else 0.1; or 0."""
    if not form_ok:
        return 0.0
    return 1.0 if main >= 1 else 0.1


def overlong(length: int, most: int, buffer: int) -> float:
    """DAPO's soft fine: 0 up to `most` - `buffer` tokens, falling to -1 at `most`, -1 beyond.

    Raises SettingError for a buffer that is not between 1 and `most`.
    """
    if not 1 <= buffer <= most:
        raise bad_setting("buffer", buffer, f"between 1 and the longest length, {most}")
    return -min(max(length - (most - buffer), 0) / buffer, 1.0)


def scored(rollout: Rollout, task: Task, config: Config) -> Rollout:
    """The rollout with its correctness, and every trajectory with components, format and reward.

    Components are those of the trajectory's own frame: answer (the rollout's correctness), format,
    evidence, for workers answer_in_report and expert, with a soft overlong fine also overlong,
    which the reward includes. A format is right if every call was and the frame was closed by its
    tool. Messages that nobody sampled (of a player whose context is full) count nowhere. A worker
    that the infrastructure broke has no reward.

    A rollout that the infrastructure broke comes back as it is, one whose episode is not valid as
    such a one. Raises SettingError for a rollout without its episode or with a frame that the
    episode has not, UnknownNameError for a reward that does not exist.
    """
    episode = rollout.episode
    if rollout.status == "infra_error":
        return rollout
    if episode is None:
        raise bad_setting("rollout.episode", None, "the episode that was played")
    if not episode.valid:
        return replace(rollout, status="infra_error")
    episode = components.spoken(rollout, episode)
    acc = components.correctness(task, episode)
    read = [_read(one, task, episode, acc) for one in rollout.trajectories]
    paid = _fined(_paid(read, task, episode, config), config)
    return replace(rollout, acc=acc, planner=paid[0], workers=tuple(paid[1:]))


def _read(one: Trajectory, task: Task, episode: Episode, acc: float) -> Trajectory:
    """The trajectory with its components, and whether its format was right."""
    frame = _frame(one, episode)
    form = components.format_of(task, episode, frame)
    found = {
        "answer": acc,
        "format": form,
        "evidence": components.evidence_of(task, episode, frame),
    }
    if one.role != PLANNER:
        found["answer_in_report"] = components.answer_in_report(task, frame)
        found["expert"] = components.expert(task, episode, frame)
    right = form == 1.0 and components.closed(frame)
    return replace(one, components=found, format_ok=right)


def _paid(
    read: Sequence[Trajectory], task: Task, episode: Episode, config: Config
) -> list[Trajectory]:
    """The trajectories, the planner's first, with their rewards."""
    whole = [one for one in read if one.finish != "infra_error"]
    if config.reward == "matpo":
        reward = _matpo(read[0], whole, config)
        rewards = dict.fromkeys((one.id for one in whole), reward)
    elif config.reward == "mgrpo":
        rewards = _mgrpo(read[0], whole, config)
    else:
        rewards = {one.id: _preset(one, task, episode, config.reward) for one in whole}
    return [replace(one, reward=rewards.get(one.id)) for one in read]


def _matpo(planner: Trajectory, whole: Sequence[Trajectory], config: Config) -> float:
    acc, form = planner.components["answer"], planner.components["format"]
    if config.game == "solo":
        return solo(acc, form, config.format_weight)
    workers = [one.components["format"] for one in whole if one is not planner]
    return matpo(acc, form, workers, config.format_weight, config.empty_workers)


def _mgrpo(planner: Trajectory, whole: Sequence[Trajectory], config: Config) -> dict[str, float]:
    acc, weight = planner.components["answer"], config.format_weight
    main = mgrpo_planner(planner.format_ok, acc, weight)
    workers = [one for one in whole if one is not planner]
    return {planner.id: main} | {
        one.id: worker_of(
            replace(planner, reward=main), one.format_ok, one.components["expert"], config
        )
        for one in workers
    }


def worker_of(planner: Trajectory, form_ok: bool, expert: float, config: Config) -> float:
    """What M-GRPO pays a worker of a planner that has its reward; overlong fines left out.

    Its planner's correctness counts only if that had a valid format. Where the alignment is that of
    the released code (fifo), so is the payment.
    """
    if config.alignment == "fifo":
        return mrlx_worker(form_ok, planner.reward or 0.0)
    answer = planner.components.get("answer", 0.0)
    acc = answer if planner.format_ok or config.format_weight == 0 else 0.0
    return mgrpo_worker(form_ok, acc, expert, config.format_weight)


def _preset(one: Trajectory, task: Task, episode: Episode, name: str) -> float:
    """What the environment's preset of that name pays a frame, with the preset's own weights."""
    frame = _frame(one, episode)
    seen = episode if frame.parent is None else components.of_frame(episode, frame.index)
    made = reward_from(name)
    return made.scalar(frame.player, frame.role, made.terms(task, seen, [frame.player]))


def _fined(paid: Sequence[Trajectory], config: Config) -> list[Trajectory]:
    """The trajectories with the soft fine of their lengths, where the config asks for it.

    What MATPO pays is paid for the rollout, so that its longest context fines them all.
    """
    if config.overlong != "soft":
        return list(paid)
    buffer = max(1, config.context // _BUFFER)
    fines = [overlong(len(one.token_ids), config.context, buffer) for one in paid]
    if config.reward == "matpo":
        fines = [min(fines)] * len(fines)
    return [
        replace(
            one,
            components={**one.components, "overlong": fine},
            reward=None if one.reward is None else one.reward + fine,
        )
        for one, fine in zip(paid, fines, strict=True)
    ]


def _frame(one: Trajectory, episode: Episode) -> FrameRecord:
    for frame in episode.frames:
        if frame.index == one.frame:
            return frame
    known = [frame.index for frame in episode.frames]
    raise bad_setting(f"frame of trajectory {one.id!r}", one.frame, f"one of {known}")
