"""What two trainers exchange: the records that may cross between them, and the store's contract.

Only ids and numbers cross: tokens, weights and texts are refused. A record's key is (run, query,
rollout[, invocation]); no clock and no date stands in it, so that a new day or a new process finds
all there is. Multi-agent GRPO specification, section 7.4.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import msgspec

from baselines.grpo.records import Finish
from webenvs.errors import SettingError, bad_setting, unknown_name
from webenvs.records import Record
from webenvs.seeding import digest

MOST_PLACES = 4096
"""Rollouts of a group, workers of a rollout and groups of a batch stay below this."""
MOST_COMPONENTS = 24
LONGEST_ID = 200

_ID = re.compile(rf"[!-~]{{1,{LONGEST_ID}}}")
_NAME = re.compile(r"[a-z][a-z0-9_./-]{0,39}")

Kind = TypeVar("Kind", bound=Record)


class StoreError(Exception):
    """The store cannot do what was asked; nothing of that call is kept.

    StoreError
    ├── StoreBusyError  another process holds the store for longer than it was waited for
    ├── StoreFullError  no room is left where the store lies
    ├── StoreLostError  the store cannot be reached
    └── LeaseLostError  the groups of an ack are another's by now
    """


class StoreBusyError(StoreError):
    """Another process holds the store for longer than it was waited for."""


class StoreFullError(StoreError):
    """No room is left where the store lies."""


class StoreLostError(StoreError):
    """The store cannot be reached."""


class LeaseLostError(StoreError):
    """Groups that were trained on belong to another owner, or to another step, by now."""


class Outcome(Record, frozen=True, kw_only=True):
    """What a planner's rollout came to. Written by the planner's side; key (query, rollout).

    `invocations` are those of its workers, ascending; their number is d_k. `acc` is 0 to 1,
    `sampled` how many tokens the planner sampled, `policy_version` the planner's while it played.
    """

    query: str
    rollout: int
    invocations: tuple[int, ...] = ()
    format_ok: bool = True
    acc: float = 0.0
    reward: float | None = None
    components: dict[str, float] = {}  # noqa: RUF012 - msgspec copies it
    sampled: int = 0
    finish: Finish = "answer"
    status: Literal["ok", "infra_error"] = "ok"
    policy_version: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no id and no number in its bounds."""
        _check_id("query", self.query)
        _check_places("invocations", self.invocations)
        _check_place("rollout", self.rollout)
        _check_components(self.components)


class WorkerOutcome(Record, frozen=True, kw_only=True):
    """Numbers of one worker's part. Written by the planner's side, where the environment runs.

    Key (query, rollout, invocation). `fingerprint` (16 hexadecimal digits) is that of the tokens
    that were judged: by it the worker's side finds what it holds of this part. `components` holds
    "expert" and others, `reward` what the environment's side would pay; `policy_version` is the
    worker's while it played.
    """

    query: str
    rollout: int
    invocation: int
    trajectory: str
    fingerprint: str
    format_ok: bool = True
    finish: Finish = "answer"
    reward: float | None = None
    components: dict[str, float] = {}  # noqa: RUF012 - msgspec copies it
    frame: int = 0
    parent_turn: int = -1
    turns: int = 0
    calls_total: int = 0
    calls_valid: int = 0
    tool_errors: int = 0
    policy_version: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no id and no number in its bounds."""
        _check_id("query", self.query)
        _check_id("trajectory", self.trajectory)
        _check_place("rollout", self.rollout)
        _check_place("invocation", self.invocation)
        _check_components(self.components)
        if not re.fullmatch("[0-9a-f]{16}", str(self.fingerprint)):
            raise bad_setting("fingerprint", self.fingerprint, "16 hexadecimal digits")


class GroupDone(Record, frozen=True, kw_only=True):
    """Says that a group is over. Written by the planner's side; key (query).

    `question` is the id of what was asked, which may come again under another `query`.
    `batch` counts the planner's updates, `place` the groups of a batch, of which there are
    `of_groups`. Of the `rollouts` that were begun only the `valid` ones count: an episode that was
    aborted or is missing is not among them, and is no zero.
    """

    query: str
    question: str = ""
    batch: int
    place: int
    of_groups: int
    rollouts: int
    valid: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse what is no id and no number in its bounds."""
        _check_id("query", self.query)
        _check_id("question", self.question or self.query)
        _check_place("batch", self.batch, most=None)
        _check_place("rollouts", self.rollouts)
        _check_places("valid", self.valid, most=self.rollouts)
        _check_place("of_groups", self.of_groups)
        _check_place("place", self.place, most=self.of_groups)


class Ack(Record, frozen=True, kw_only=True):
    """Says what the worker's side has used up. Key (step), which counts its acks from 0.

    `consumed` are the queries it trained on, `dropped` those older than its staleness bound, or
    without a worker's trajectory; `version` is that of its weights afterwards.
    """

    step: int
    batch: int
    consumed: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    version: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no id and no number in its bounds."""
        _check_place("step", self.step, most=None)
        _check_place("batch", self.batch, most=None)
        for query in self.queries:
            _check_id("query", query)

    @property
    def queries(self) -> tuple[str, ...]:
        """All groups that are over with this ack."""
        return (*self.consumed, *self.dropped)


class Ready(Record, frozen=True, kw_only=True):
    """A group of which all is there: its valid outcomes by rollout, and their workers' in order."""

    done: GroupDone
    outcomes: tuple[Outcome, ...]
    workers: tuple[WorkerOutcome, ...]

    def of(self, rollout: int) -> tuple[WorkerOutcome, ...]:
        """The workers of one rollout, in order."""
        return tuple(entry for entry in self.workers if entry.rollout == rollout)

    def lag(self, version: int) -> int:
        """By how many versions the oldest worker's part is behind `version`; 0 without workers."""
        return max((version - entry.policy_version for entry in self.workers), default=0)


Committed: TypeAlias = Outcome | WorkerOutcome | GroupDone


class Store(Protocol):
    """A store of one run, as both sides see it; all calls may be repeated without harm.

    Every call raises StoreError where the store itself fails.
    """

    def commit(self, records: Sequence[Committed]) -> int:
        """Keep all records or none; returns how many were new.

        A record whose key is known is left as it was first. Raises SettingError for what is no
        record of these kinds, and StoreError for a group that was done in another batch.
        """
        ...

    def lease(self, owner: str, batch: int | None = None) -> tuple[Ready, ...]:
        """The groups of a complete batch, by place, and theirs alone who leases; () if none is.

        A batch is complete when all its groups are done and all their records are there. `batch`
        None takes the oldest complete one. What was acked, or is leased to another owner, is not
        given out; the same owner gets the same again. A lease ends by ack, release or its time.
        """
        ...

    def release(self, owner: str) -> int:
        """End all leases of an owner; returns of how many groups."""
        ...

    def ack(self, owner: str, record: Ack) -> bool:
        """Close groups for good; False if this step was acked before.

        Raises LeaseLostError, with nothing kept, if a group was closed by another step, is leased
        to another owner, or if this step was acked with other groups.
        """
        ...

    def last_ack(self) -> Ack | None:
        """The ack of the highest step, or None."""
        ...

    def counts(self) -> dict[str, int]:
        """How much there is: outcomes, workers, groups, leased, acked, dropped, conflicts.

        `conflicts` counts records that came again under a known key and said something else.
        """
        ...

    def close(self) -> None:
        """Let go of the store; what was committed stays."""
        ...


def key_of(record: Committed) -> tuple[str, int, int]:
    """(query, rollout, invocation) of a record, -1 for what it has not."""
    return (record.query, getattr(record, "rollout", -1), getattr(record, "invocation", -1))


def kind_of(record: object) -> str:
    """outcome, worker or group; raises SettingError for anything else."""
    if isinstance(record, Outcome):
        return "outcome"
    if isinstance(record, WorkerOutcome):
        return "worker"
    if isinstance(record, GroupDone):
        return "group"
    allowed = "an Outcome, a WorkerOutcome or a GroupDone: only ids and numbers cross"
    raise bad_setting("record", type(record).__name__, allowed)


def spelled(record: Record) -> bytes:
    """A record as JSON, its types checked; raises SettingError naming the field that is wrong."""
    try:
        body = msgspec.json.encode(record)
        msgspec.json.decode(body, type=type(record))
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        raise SettingError(f"{type(record).__name__} cannot cross: {error}") from error
    return body


def read(body: bytes, kind: type[Kind]) -> Kind:
    """The record of its JSON; raises StoreError for what the store should not hold."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise StoreError(f"The store holds a damaged {kind.__name__}: {error}") from error


def id_of(name: str) -> str:
    """`name` if it can stand as an id, else 40 digits of its digest."""
    return name if _ID.fullmatch(name) else digest(name)[:40]


def assembled(
    done: GroupDone, outcomes: Iterable[Outcome], workers: Iterable[WorkerOutcome]
) -> Ready | None:
    """The group with its valid records, in order; None while one of them is missing."""
    by_rollout = {entry.rollout: entry for entry in outcomes}
    by_place = {(entry.rollout, entry.invocation): entry for entry in workers}
    if any(rollout not in by_rollout for rollout in done.valid):
        return None
    wanted = [(at, i) for at in done.valid for i in by_rollout[at].invocations]
    if any(place not in by_place for place in wanted):
        return None
    return Ready(
        done=done,
        outcomes=tuple(by_rollout[rollout] for rollout in done.valid),
        workers=tuple(by_place[place] for place in wanted),
    )


def backend(name: str) -> Literal["sqlite", "ray"]:
    """A store's name, checked; raises UnknownNameError."""
    if name == "sqlite":
        return "sqlite"
    if name == "ray":
        return "ray"
    raise unknown_name("store", name, ("sqlite", "ray"))


def _check_id(field: str, value: Any) -> None:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        shown = value if isinstance(value, str | int | float) else type(value).__name__
        allowed = f"an id: 1 to {LONGEST_ID} printable ASCII characters without blanks"
        raise bad_setting(field, str(shown)[:60], allowed)


def _check_place(field: str, value: Any, most: int | None = MOST_PLACES) -> None:
    bound = "" if most is None else f", at most {most}"
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < 0 or (most is not None and value > most):
        raise bad_setting(field, value, f"a whole number from 0{bound}")


def _check_places(field: str, values: Any, most: int = MOST_PLACES) -> None:
    ascending = isinstance(values, tuple) and list(values) == sorted(set(values))
    if not ascending or any(not 0 <= value < most for value in values):
        raise bad_setting(field, repr(values)[:60], f"a tuple, ascending, from 0 and below {most}")


def _check_components(components: Any) -> None:
    if not isinstance(components, dict) or len(components) > MOST_COMPONENTS:
        raise bad_setting("components", repr(components)[:60], f"at most {MOST_COMPONENTS} numbers")
    for name, value in components.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise bad_setting("components", str(name)[:60], "numbers by short lower-case names")
        if not isinstance(value, int | float):
            raise bad_setting(f"components[{name!r}]", str(value)[:60], "a number")
