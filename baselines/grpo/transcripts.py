"""The trajectory that one player's transcript of one frame leaves."""

from collections.abc import Sequence

from baselines.grpo.records import PLANNER, WORKER, Finish, Trajectory
from webenvs.envs.tokens.transcripts import Transcript
from webenvs.records import MALFORMED, End, FrameRecord, Record, Turn

_FINISH: dict[End | None, Finish] = {
    "answered": "answer",
    "gave_up": "answer",
    "turn_limit": "max_turns",
    "time_limit": "max_turns",
    "context_limit": "length",
    "invalid_limit": "parse_error",
    "aborted": "infra_error",
    None: "infra_error",
}


class Place(Record, frozen=True, kw_only=True):
    """Where a trajectory stands in its rollout, and who played it."""

    rollout: str
    invocation: int
    parent_turn: int
    policy: str
    version: int


def trajectory_of(
    transcript: Transcript, frame: FrameRecord, turns: Sequence[Turn], place: Place
) -> Trajectory:
    """The trajectory of a frame; `turns` are the frame's own, of which the last may be silent.

    `format_ok` says that it was closed by its tool. `calls_total` counts calls and what could not
    be read, `calls_valid` those that were well formed, `tool_errors` the environment's failures.
    """
    said = turns[: transcript.messages]
    results = [result for turn in said for result in turn.results]
    calls = sum(len(turn.calls) for turn in said)
    malformed = sum(result.status in MALFORMED for result in results)
    finish = "length" if transcript.silent else _FINISH[frame.end]
    return Trajectory(
        id=f"{place.rollout}/{frame.index}",
        role=PLANNER if frame.parent is None else WORKER,
        token_ids=tuple(transcript.token_ids),
        prompt_len=transcript.prompt_len,
        loss_mask=tuple(transcript.loss_mask),
        logprobs=tuple(transcript.logprobs),
        parent=None if frame.parent is None else f"{place.rollout}/{frame.parent}",
        invocation=place.invocation,
        parent_turn=place.parent_turn,
        frame=frame.index,
        policy=place.policy,
        policy_version=place.version,
        finish=finish,
        format_ok=finish == "answer",
        turns=len(said),
        calls_total=calls + sum(len(turn.errors) for turn in said),
        calls_valid=calls - malformed,
        tool_errors=sum(result.error == "env_error" for result in results),
    )
