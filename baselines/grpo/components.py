"""The parts of a trajectory's reward, read off the frame of the episode that it was.

Terms are those of `webenvs.rewards`, taken over the turns of one frame. What M-GRPO asks a language
model (how well did a worker do its subtask) is computed from the task's proof instead.
"""

from collections.abc import Sequence

import msgspec

from baselines.grpo.records import Rollout
from webenvs.records import Episode, FrameRecord, Hop, Task, Turn
from webenvs.rewards import evidence, normal
from webenvs.rewards.answer import answer
from webenvs.rewards.format import format_rate

_PROOFS = "; "
"""What stands between the values of a hop that more than one chain of facts proves."""


def correctness(task: Task, episode: Episode) -> float:
    """How right the episode's answer is, 0 to 1, by the metric that the task asks for."""
    return answer(task, episode, "")


def spoken(rollout: Rollout, episode: Episode) -> Episode:
    """The episode without messages that no policy sampled.

    A player whose context is full falls silent, and its frame goes on without it until it ends. A
    trajectory holds the first `turns` messages of its frame; what came later is nobody's.
    """
    said = {one.frame: one.turns for one in rollout.trajectories}
    turns: list[Turn] = []
    for turn in episode.turns:
        if said.get(turn.frame, 0) > 0:
            said[turn.frame] -= 1
            turns.append(turn)
    return msgspec.structs.replace(episode, turns=tuple(turns))


def of_frame(episode: Episode, frame: int) -> Episode:
    """The episode as if only this frame's turns had been played."""
    turns = tuple(turn for turn in episode.turns if turn.frame == frame)
    return msgspec.structs.replace(episode, turns=turns)


def format_of(task: Task, episode: Episode, frame: FrameRecord) -> float:
    """The valid calls of the frame over all its calls; 1.0 if it called nothing (MATPO)."""
    return format_rate(task, of_frame(episode, frame.index), frame.player)


def evidence_of(task: Task, episode: Episode, frame: FrameRecord) -> float:
    """The share of the evidence pages opened in a worker's frame, or in all frames for the root."""
    seen = episode if frame.parent is None else of_frame(episode, frame.index)
    return evidence.evidence(task, seen, frame.player)


def closed(frame: FrameRecord) -> bool:
    """Whether the frame ended by its closing call, not at a limit."""
    return frame.end in ("answered", "gave_up")


def answer_in_report(task: Task, frame: FrameRecord) -> float:
    """1.0 if what the frame wrote for its caller states an answer of the task; of a set, all."""
    said = [
        any(_states(frame.report, form) for form in (gold, *task.aliases.get(gold, ())))
        for gold in task.answers
    ]
    return float(all(said) if task.answer_type == "set" else any(said))


def expert(task: Task, episode: Episode, frame: FrameRecord) -> float:
    """How well a worker did its subtask: 0, 0.5 or 1, in the place of M-GRPO's expert.

    A hop of the task counts half if a page that states it was opened in this frame, and half if a
    value of it stands in the report: what is only reported was guessed, what is only read was lost.
    The worker is paid for its best hop, not for the share of all: its subtask is a part of the
    chain, and in a chain of two the worker that finds the first and hands it over has done all it
    was asked, though half of the evidence is still unread. That the rest is found too is what the
    planner's correctness pays for.

    A hop whose value stands in the request was given away, so that to repeat it earns nothing; if
    all were, opening their pages still earns its half. A task without hops is one hop: its evidence
    (the share opened) and its answer.
    """
    hops = [hop for hop in task.hops if hop.value]
    if not hops:
        told = 0.0 if _given(task.answers, frame) else answer_in_report(task, frame)
        return (evidence_of(task, episode, frame) + told) / 2
    wanted = [hop for hop in hops if not _given(_values(hop), frame)]
    opened = _opened(of_frame(episode, frame.index))
    return max(
        ((not opened.isdisjoint(hop.urls)) + _told(hop, frame)) / 2 for hop in wanted or hops
    )


def _told(hop: Hop, frame: FrameRecord) -> bool:
    values = _values(hop)
    return not _given(values, frame) and any(_states(frame.report, value) for value in values)


def _given(values: Sequence[str], frame: FrameRecord) -> bool:
    return any(_states(frame.request, value) for value in values)


def _values(hop: Hop) -> list[str]:
    return hop.value.split(_PROOFS)


def _opened(episode: Episode) -> set[str]:
    results = [result for turn in episode.turns for result in turn.results if result.opened]
    return {url for result in results for url in result.urls}


def _states(text: str | None, value: str) -> bool:
    """Whether `value` stands in `text`, word for word under the default metric's normal form."""
    said, wanted = normal.extended(text or ""), normal.extended(value)
    return bool(wanted) and f" {wanted} " in f" {said} "
