"""Demonstrations by rejection sampling: questions played by a teacher, kept if every rule agrees.

After WebDancer (arXiv 2505.22648, section 2.2): several attempts at each question, filters, and the
questions without a trajectory left over for the reinforcement learning.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from baselines.grpo.cold.encoding import Played, demonstrated, unknown
from baselines.grpo.cold.filters import RULES, Attempt, Limits, objection
from baselines.grpo.cold.teachers import Teacher, teacher_of
from baselines.grpo.config import Config
from baselines.grpo.records import Query, Trajectory
from baselines.grpo.tokens import Tokens
from webenvs import seeding
from webenvs.envs.scenario import Scenario
from webenvs.episodes import read_episodes, write_episodes
from webenvs.errors import WebenvsError, bad_setting
from webenvs.records import Episode, Record, Task

ATTEMPTS = 5
"""Attempts at each question (WebDancer's N)."""
AT_ONCE = 64
"""Questions that a teacher is asked at once; a model plays them together."""
REPEATED = "new"
"""The rule that an attempt breaks which says what another one has said already."""
TRAJECTORIES = "demonstrations.jsonl"
EPISODES = "episodes.jsonl"

Progress = Callable[[int, int], None]
"""progress(trajectories kept, trajectories wanted), after every attempt."""


class DemonstrationsError(WebenvsError):
    """A folder of demonstrations cannot be read, or no attempt was fit to be learned from."""


class Worlds(Protocol):
    """Where questions come from and are asked."""

    def queries(self, split: str) -> Sequence[Query]:
        """The questions of a split."""
        ...

    def scenario(self, world: str, noise: str) -> Scenario:
        """The scenario of a world under a noise."""
        ...

    def task(self, query: Query) -> Task:
        """The task of a question, answers included."""
        ...


class Demonstrations(Record, frozen=True, kw_only=True):
    """What rejection sampling kept and what it dropped.

    `kept` of `attempts` episodes were kept; `dropped` counts the others by the first rule they
    broke, `reasons` holds the first reason of each. `rejected` are the questions that were tried
    and of which nothing was kept. `episodes` are those that were kept, in their order.
    """

    trajectories: tuple[Trajectory, ...] = ()
    attempts: int = 0
    kept: int = 0
    dropped: dict[str, int] = {}  # noqa: RUF012 - msgspec copies it
    reasons: dict[str, str] = {}  # noqa: RUF012
    rejected: tuple[Query, ...] = ()
    episodes: tuple[Episode, ...] = ()


class _Tally:
    """Attempts sorted into those that are kept and those that are not."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.kept: list[Attempt] = []
        self.attempts = 0
        self.size = 0
        self.dropped: dict[str, int] = dict.fromkeys((*RULES, REPEATED), 0)
        self.reasons: dict[str, str] = {}
        self.tried: dict[str, bool] = {}
        self._said: set[str] = set()

    def add(self, question: str, attempt: Attempt) -> None:
        """Keep the attempt at a question, or count why not."""
        self.attempts += 1
        self.tried.setdefault(question, False)
        found = objection(attempt, self.limits)
        rule, reason = (found.rule, found.reason) if found else self._new(attempt)
        if rule:
            self.dropped[rule] += 1
            self.reasons.setdefault(rule, f"{attempt.query.id}: {reason}")
            return
        self.kept.append(attempt)
        self.size += len(attempt.trajectories)
        self.tried[question] = True

    def _new(self, attempt: Attempt) -> tuple[str, str]:
        said = seeding.digest([one.token_ids for one in attempt.trajectories])
        if said in self._said:
            return REPEATED, "word for word another attempt"
        self._said.add(said)
        return "", ""


def collect(
    config: Config,
    worlds: Worlds,
    tokens: Tokens,
    progress: Progress | None = None,
    *,
    limits: Limits | None = None,
    teacher: Teacher | None = None,
) -> Demonstrations:
    """Demonstrations for `config`: its training questions played by its teacher.

    Questions are tried in an order of the seed's, all of them once before any is tried again, up to
    `ATTEMPTS` times with other seeds and noises of `config.noise`, until `config.demonstrations`
    trajectories are kept (whole episodes: a few more may be). A pure function of its arguments
    where the teacher is one.

    Raises DemonstrationsError where every attempt was dropped; UnknownNameError or PlayerError for
    a teacher that does not exist or fails.
    """
    if config.demonstrations < 1:
        raise bad_setting("demonstrations", config.demonstrations, "at least 1")
    player = teacher_of(config, worlds, tokens) if teacher is None else teacher
    tally = _Tally(limits_of(config) if limits is None else limits)
    queries = worlds.queries("train")
    for question, played in _attempts(config, player, queries):
        tally.add(question, _attempt(played, worlds, tokens, config))
        if progress is not None:
            progress(tally.size, config.demonstrations)
        if tally.size >= config.demonstrations:
            break
    if not tally.kept:
        told = "; ".join(f"{rule}: {reason}" for rule, reason in tally.reasons.items())
        raise DemonstrationsError(
            f"The teacher {config.teacher!r} has played {tally.attempts} episodes, and none is fit "
            f"to be learned from ({told or 'there is no question'})."
        )
    return Demonstrations(
        trajectories=tuple(one for attempt in tally.kept for one in attempt.trajectories),
        attempts=tally.attempts,
        kept=len(tally.kept),
        dropped={rule: count for rule, count in tally.dropped.items() if count},
        reasons=tally.reasons,
        rejected=tuple(query for query in queries if tally.tried.get(query.id) is False),
        episodes=tuple(attempt.episode for attempt in tally.kept),
    )


def joined(parts: Sequence[Demonstrations]) -> Demonstrations:
    """Several as one, in their order; of reasons for dropping, the first of each rule."""
    dropped: dict[str, int] = {}
    reasons: dict[str, str] = {}
    for part in parts:
        for rule, count in part.dropped.items():
            dropped[rule] = dropped.get(rule, 0) + count
        reasons = {**part.reasons, **reasons}
    return Demonstrations(
        trajectories=tuple(one for part in parts for one in part.trajectories),
        attempts=sum(part.attempts for part in parts),
        kept=sum(part.kept for part in parts),
        dropped=dropped,
        reasons=reasons,
        rejected=tuple(query for part in parts for query in part.rejected),
        episodes=tuple(episode for part in parts for episode in part.episodes),
    )


def limits_of(config: Config) -> Limits:
    """The limits that a policy of this configuration is under; under noise, calls may fail."""
    noisy = any(noise != "none" for noise in config.noise)
    return Limits(context=config.context, message=config.max_new_tokens, faults=4 if noisy else 0)


def _attempts(
    config: Config, teacher: Teacher, queries: Sequence[Query]
) -> Iterator[tuple[str, Played]]:
    """Attempts at all questions, round by round, each with the question that it is one at."""
    for index in range(ATTEMPTS):
        order = seeding.shuffled(queries, config.seed, "demonstrations", index)
        for start in range(0, len(order), AT_ONCE):
            part = order[start : start + AT_ONCE]
            asked = [(_posed(query, index, config), index) for query in part]
            played = teacher.play(asked)
            yield from zip((query.id for query in part), played, strict=True)


def _posed(query: Query, index: int, config: Config) -> Query:
    """The question of an attempt: with a seed and one of the training's noises of its own."""
    key = (config.seed, "demonstration", query.id, index)
    noise = seeding.choice(config.noise, *key, "noise")
    return replace(query, seed=seeding.integer(2**31, *key, "seed"), noise=noise)


def _attempt(played: Played, worlds: Worlds, tokens: Tokens, config: Config) -> Attempt:
    found = demonstrated(played, tokens, config)
    return Attempt(
        query=played.query,
        index=played.index,
        task=worlds.task(played.query),
        episode=played.episode,
        trajectories=found.trajectories,
        exact=found.exact,
    )


def save(demonstrations: Demonstrations, folder: Path) -> Path:
    """Put them into a folder, in the place of what is there; returns the file of the trajectories.

    `demonstrations.jsonl` has a line of counts and a line a trajectory (without log-probs, which
    demonstrations have not); `episodes.jsonl` has the episodes, which replay. The folder is written
    aside; if that fails (a full disk), what was there stays.
    """
    aside, old = (folder.parent / f".{folder.name}.{word}" for word in ("fresh", "old"))
    for place in (aside, old):
        shutil.rmtree(place, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        write_episodes(aside / EPISODES, demonstrations.episodes)
        (aside / TRAJECTORIES).write_bytes(b"".join(_lines(demonstrations)))
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    if folder.exists():
        folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return folder / TRAJECTORIES


def _lines(demonstrations: Demonstrations) -> Iterator[bytes]:
    head: dict[str, Any] = msgspec.to_builtins(
        replace(demonstrations, trajectories=(), episodes=())
    )
    yield seeding.canonical_json({**head, "trajectories": len(demonstrations.trajectories)}) + b"\n"
    for one in demonstrations.trajectories:
        yield seeding.canonical_json(replace(one, logprobs=())) + b"\n"


def load(folder: Path) -> Demonstrations:
    """What `save` wrote; raises DemonstrationsError, naming file and line, for anything else."""
    path = folder / TRAJECTORIES
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise DemonstrationsError(f"Cannot read {path}: {error.strerror}.") from error
    if not lines:
        raise DemonstrationsError(f"{path} is empty.")
    head = _line(path, 1, lines[0], dict[str, Any])
    count = head.pop("trajectories", None)
    if count != len(lines) - 1:
        raise DemonstrationsError(
            f"{path} holds {len(lines) - 1} trajectories, and its first line promises {count}: it "
            f"was cut off, or it is no file of demonstrations."
        )
    read = [_line(path, number, line, Trajectory) for number, line in enumerate(lines[1:], start=2)]
    found: Demonstrations = _line(path, 1, seeding.canonical_json(head), Demonstrations)
    return replace(
        found,
        trajectories=tuple(replace(one, logprobs=unknown(one)) for one in read),
        episodes=tuple(read_episodes(folder / EPISODES)) if found.kept else (),
    )


def _line(path: Path, number: int, line: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(line, type=kind)
    except msgspec.MsgspecError as error:
        raise DemonstrationsError(f"{path}, line {number}: {error}.") from error


def told(demonstrations: Demonstrations) -> str:
    """One sentence on what was kept and dropped."""
    dropped: Mapping[str, int] = demonstrations.dropped
    parts = ", ".join(f"{count} by the rule {rule}" for rule, count in dropped.items())
    return (
        f"{demonstrations.kept} of {demonstrations.attempts} episodes kept, with "
        f"{len(demonstrations.trajectories)} trajectories; dropped: {parts or 'none'}; "
        f"{len(demonstrations.rejected)} questions without any."
    )
