"""What a rollout leaves for the trainer: trajectories, rollouts of a question, groups of them.

Token ids, masks and log-probs are set down while tokens are sampled; nothing is tokenised again.
"""

from typing import Any, Literal

from msgspec import field

from webenvs.records import Episode, Record

Finish = Literal["answer", "max_turns", "length", "parse_error", "infra_error"]
"""How a trajectory ended: closed by its tool (an answer or a report), at a limit, or broken."""

PLANNER = "planner"
WORKER = "worker"
SHARED = "shared"
"""The policy of all roles; where there are two, they are called as their roles."""
TRUNCATED: tuple[Finish, ...] = ("max_turns", "length")
"""Ends at a limit."""


class Query(Record, frozen=True, kw_only=True):
    """A question to be played: its world, its task there, and the seed that its group shares."""

    world: str
    task: str
    seed: int
    hops: int = 0
    noise: str = "none"

    @property
    def id(self) -> str:
        """What tells it from other questions of the run."""
        return f"{self.world}/{self.task}/{self.seed}"


class Trajectory(Record, frozen=True, kw_only=True):
    """One context of one player: a planner's (or solo researcher's) frame, or a worker's.

    `token_ids`, `loss_mask` and `logprobs` are of equal length N; a mask of 1 marks the tokens that
    the policy sampled, and exactly those have a log-prob (the others NaN). `invocation` counts the
    rollout's workers from 0 and is -1 for the planner; `parent_turn` is the caller's message.
    `advantage` is one number for the whole trajectory; `weight` multiplies its tokens' weights.
    `components` are named parts of the reward before weighting: answer, format, evidence, ...
    """

    id: str
    role: str
    token_ids: tuple[int, ...]
    prompt_len: int
    loss_mask: tuple[int, ...]
    logprobs: tuple[float, ...]
    parent: str | None = None
    invocation: int = -1
    parent_turn: int = -1
    frame: int = 0
    policy: str = SHARED
    policy_version: int = 0
    finish: Finish = "answer"
    format_ok: bool = True
    turns: int = 0
    calls_total: int = 0
    calls_valid: int = 0
    tool_errors: int = 0
    components: dict[str, float] = field(default_factory=dict)
    reward: float | None = None
    advantage: float | None = None
    weight: float = 1.0

    @property
    def sampled(self) -> int:
        """How many tokens the policy sampled."""
        return sum(self.loss_mask)


class Rollout(Record, frozen=True, kw_only=True):
    """One episode of a question: the planner's trajectory and those of its workers, in order.

    `acc` is the correctness of the answer, 0 to 1. `status` is "ok", or "infra_error" for an
    episode that the infrastructure broke: it is left out everywhere, never a zero. `episode` is the
    ordinary webenvs episode, which replays exactly.
    """

    query: Query
    index: int
    planner: Trajectory
    workers: tuple[Trajectory, ...] = ()
    acc: float = 0.0
    status: Literal["ok", "infra_error"] = "ok"
    episode: Episode | None = None
    artefacts: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What tells it from other rollouts of the run."""
        return f"{self.query.id}/{self.index}"

    @property
    def trajectories(self) -> tuple[Trajectory, ...]:
        """The planner's, then the workers'."""
        return (self.planner, *self.workers)


class Group(Record, frozen=True, kw_only=True):
    """All rollouts of one question that are compared with each other."""

    query: Query
    rollouts: tuple[Rollout, ...]


class Row(Record, frozen=True, kw_only=True):
    """What a learner trains on: a trajectory with its advantage, and how much its tokens count.

    The loss is minus the sum over rows and sampled tokens of `coef` times the clipped objective:
    `coef` holds the aggregation, the alignment's multiplicity and the trajectory's own weight.
    """

    trajectory: Trajectory
    coef: float
    group: str
