"""The rollout engine: plays many episodes at once and asks each policy once a round.

In a round all live players of all episodes speak; then every episode plays its messages, in the
order of its players. Tokens are set down as they are sampled; a frame is a trajectory of its own.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from msgspec import field

from baselines.grpo.checking import check
from baselines.grpo.config import Config
from baselines.grpo.policy import Policy, PolicyError, Prompt, Sampled, Sampling
from baselines.grpo.records import PLANNER, WORKER, Group, Query, Rollout
from baselines.grpo.tokens import Tokens
from baselines.grpo.transcripts import Place, trajectory_of
from webenvs.envs.scenario import Scenario
from webenvs.envs.session import Session
from webenvs.envs.state import FrameState
from webenvs.envs.tokens.transcripts import Room, Transcript
from webenvs.envs.toolsets import kit_of
from webenvs.errors import unknown_name
from webenvs.records import Record

_log = logging.getLogger(__name__)

Key = tuple[str | int, ...]


class Worlds(Protocol):
    """Where questions are asked."""

    def scenario(self, world: str, noise: str) -> Scenario:
        """The scenario of a world under a noise; the same object every time."""
        ...


class Limits(Record, frozen=True, kw_only=True):
    """Limits by role over those of the config, and of a whole episode.

    `context` and `message` are tokens of a role's context and message; `episode` is how many tokens
    all players of an episode may sample before each has its last message.
    """

    context: dict[str, int] = field(default_factory=dict)
    message: dict[str, int] = field(default_factory=dict)
    episode: int | None = None


class _Play:
    """An episode while it is played."""

    def __init__(self, place: int, query: Query, index: int, session: Session) -> None:
        self.place, self.query, self.index, self.session = place, query, index, session
        self.transcripts: dict[int, Transcript] = {}
        self.versions: dict[int, int] = {}
        self.attempt = 0
        self.sampled = 0
        self.broken = False

    @property
    def id(self) -> str:
        return f"{self.query.id}/{self.index}"

    def context(self, frame: int) -> str:
        """The name of a frame's context in its policy's cache."""
        return f"{self.place}:{self.id}/{self.attempt}/{frame}"


class _Ask:
    """A live player of an episode, with the frame it sits in and the message it is going to say."""

    def __init__(self, play: _Play, frame: FrameState, transcript: Transcript) -> None:
        self.play, self.frame, self.transcript = play, frame, transcript
        self.role = _role(frame)
        self.said: Sampled | None = None


class Engine:
    """Plays questions with policies by role ("planner", also a solo researcher's, and "worker").

    `seconds` are spent in "env", "tokens" (text to tokens and back) and "generate"; `counts` are
    tokens "sampled" and "read" (what was appended to contexts), and "messages", "episodes" and
    "retries". Both grow until `measured` is asked.
    """

    def __init__(
        self,
        worlds: Worlds,
        tokens: Tokens,
        policies: Mapping[str, Policy],
        config: Config,
        *,
        limits: Limits | None = None,
        at_once: int = 256,
    ) -> None:
        """At most `at_once` episodes are live; `limits` are by default those of the config.

        Raises UnknownNameError for a role without a policy.
        """
        for role in (PLANNER,) if config.game == "solo" else (PLANNER, WORKER):
            if role not in policies:
                raise unknown_name("policy", role, policies)
        self.worlds, self.tokens, self.policies, self.config = worlds, tokens, policies, config
        self.limits = limits or _limits(config)
        self.at_once = at_once
        self.seconds: dict[str, float] = {"env": 0.0, "tokens": 0.0, "generate": 0.0}
        self.counts: dict[str, int] = dict.fromkeys(
            ("sampled", "read", "messages", "episodes", "retries"), 0
        )

    def groups(
        self, queries: Sequence[Query], key: Key | str | int, sampling: Sampling | None = None
    ) -> list[Group]:
        """`config.group` rollouts of every question, in the order of the questions."""
        return groups_of(self.rollouts, queries, key, self.config, sampling)

    def rollouts(
        self, plays: Sequence[tuple[Query, int]], sampling: Sampling, key: Key | str | int
    ) -> list[Rollout]:
        """A rollout of every (question, index), in their order.

        Tokens depend on weights, config.seed, `key`, question and index alone. Episodes that the
        infrastructure broke are played again up to `config.retries` times; then their status is
        "infra_error". Raises SettingError for a context that does not hold an opening.
        """
        prefix = key if isinstance(key, tuple) else (key,)
        waiting = deque(enumerate(plays))
        live: list[_Play] = []
        done: dict[int, Rollout] = {}
        while waiting or live:
            while waiting and len(live) < self.at_once:
                place, (query, index) = waiting.popleft()
                live.append(_Play(place, query, index, self._session(query)))
            self._round(live, sampling, prefix)
            going: list[_Play] = []
            for play in live:
                if play.broken or play.session.state.end == "aborted":
                    again = self._again(play)
                    if again is not None:
                        going.append(again)
                        continue
                elif not play.session.over:
                    going.append(play)
                    continue
                done[play.place] = self._rollout(play)
            live = going
        return [done[place] for place in range(len(plays))]

    def measured(self) -> dict[str, float]:
        """Seconds and counts since the last time, as metrics; they begin at 0 again."""
        found: dict[str, float] = {f"time/{name}": value for name, value in self.seconds.items()}
        found |= {f"tokens/{name}": float(self.counts[name]) for name in ("sampled", "read")}
        for name in ("messages", "episodes", "retries"):
            found[f"rollout/{name}"] = float(self.counts[name])
        self.seconds = dict.fromkeys(self.seconds, 0.0)
        self.counts = dict.fromkeys(self.counts, 0)
        return found

    def _session(self, query: Query) -> Session:
        with self._timed("env"):
            scenario = self.worlds.scenario(query.world, query.noise)
            return Session(scenario, scenario.tasks.get(query.task), query.seed)

    def _round(self, live: Sequence[_Play], sampling: Sampling, key: Key) -> None:
        """One message of every live player of every episode."""
        with self._timed("tokens"):
            asks = [ask for play in live for ask in self._asks(play)]
        speaking = [ask for ask in asks if not ask.transcript.silent]
        for policy in _distinct(self.policies.values()):
            asked = [ask for ask in speaking if self.policies[ask.role] is policy]
            self._generate(policy, asked, sampling, key)
        for ask in asks:
            if not ask.play.broken:
                self._act(ask)

    def _asks(self, play: _Play) -> Iterator[_Ask]:
        """The players of an episode that act in this round, with all they see appended."""
        open_frames = {
            frame.player: frame for frame in play.session.state.frames if frame.end is None
        }
        for player in play.session.to_act:
            frame = open_frames[player]
            transcript = play.transcripts.get(frame.index)
            if transcript is None:
                transcript = Transcript(self.tokens, self._room(frame))
                play.transcripts[frame.index] = transcript
            before = len(transcript.token_ids)
            transcript.read(frame, self._system(frame))
            self.counts["read"] += len(transcript.token_ids) - before
            spent = self.limits.episode is not None and play.sampled >= self.limits.episode
            transcript.last = transcript.last or spent
            yield _Ask(play, frame, transcript)

    def _room(self, frame: FrameState) -> Room:
        """The limits of a frame; of a worker's opening, what its planner wrote may be cut."""
        role, limits = _role(frame), self.limits
        return Room(
            context=limits.context.get(role, self.config.context),
            message=limits.message.get(role, self.config.max_new_tokens),
            excess=0
            if frame.parent is None
            else limits.message.get(PLANNER, self.config.max_new_tokens),
        )

    def _system(self, frame: FrameState) -> str | None:
        system = self.config.system
        return system.get(frame.role, system.get(_role(frame)))

    def _generate(self, policy: Policy, asks: Sequence[_Ask], sampling: Sampling, key: Key) -> None:
        """Have a policy speak for all of its players, or note that their episodes are broken."""
        if not asks:
            return
        prompts = [self._prompt(ask, key) for ask in asks]
        try:
            with self._timed("generate"):
                found = policy.generate(prompts, sampling)
        except PolicyError as error:
            _log.warning("policy %s failed on %d messages: %s", policy.name, len(asks), error)
            for ask in asks:
                ask.play.broken = True
            return
        for ask, said in zip(asks, found, strict=True):
            ask.said = said
            ask.transcript.take(said.token_ids, said.logprobs)
            ask.play.sampled += len(said.token_ids)
            ask.play.versions.setdefault(ask.frame.index, policy.version)
            self.counts["sampled"] += len(said.token_ids)
        self.counts["messages"] += len(asks)

    def _prompt(self, ask: _Ask, key: Key) -> Prompt:
        play, transcript = ask.play, ask.transcript
        chance = ("rollout", self.config.seed, *key, play.query.id, play.index)
        return Prompt(
            context=play.context(ask.frame.index),
            token_ids=tuple(transcript.token_ids),
            key=(*chance, ask.frame.index, transcript.messages),
            limit=transcript.limit,
            stops=self.tokens.stops,
        )

    def _act(self, ask: _Ask) -> None:
        """Play the message of a player; one that has fallen silent says nothing."""
        session = ask.play.session
        if session.over:
            return
        with self._timed("tokens"):
            text = "" if ask.said is None else self.tokens.text(ask.said.token_ids)
        with self._timed("env"):
            message: str | dict[str, Any] = text
            if ask.role == WORKER and not self.config.worker_summary:
                message = without_summary(session, ask.frame, text)
            session.act(message)
        if ask.frame.end is not None:
            self.policies[ask.role].release([ask.play.context(ask.frame.index)])

    def _again(self, play: _Play) -> _Play | None:
        """A fresh start of a broken episode, or None if it had all of its retries."""
        self._release(play)
        if play.attempt >= self.config.retries:
            play.broken = True
            return None
        self.counts["retries"] += 1
        again = _Play(play.place, play.query, play.index, self._session(play.query))
        again.attempt = play.attempt + 1
        return again

    def _release(self, play: _Play) -> None:
        names = [play.context(frame) for frame in play.transcripts]
        for policy in _distinct(self.policies.values()):
            policy.release(names)

    def _rollout(self, play: _Play) -> Rollout:
        """What a finished episode leaves, with its invariants checked for whoever learns of it."""
        self._release(play)
        self.counts["episodes"] += 1
        with self._timed("env"):
            episode = play.session.episode()
        frames = [frame for frame in episode.frames if frame.index in play.transcripts]
        calls = {turn.index: turn for turn in episode.turns}
        found = []
        for number, frame in enumerate(frames):
            turns = [turn for turn in episode.turns if turn.frame == frame.index]
            policy = self.policies[PLANNER if frame.parent is None else WORKER]
            place = Place(
                rollout=play.id,
                invocation=number - 1,
                parent_turn=_message(episode.turns, calls, frame.call),
                policy=policy.name,
                version=play.versions.get(frame.index, policy.version),
            )
            found.append(trajectory_of(play.transcripts[frame.index], frame, turns, place))
        root = episode.frames[0].player
        rollout = Rollout(
            query=play.query,
            index=play.index,
            planner=found[0],
            workers=tuple(found[1:]),
            acc=episode.terms.get(root, {}).get("answer", 0.0),
            status="infra_error" if play.broken else "ok",
            episode=episode,
        )
        return check(rollout)

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] += time.perf_counter() - start


def plays_of(queries: Sequence[Query], group: int) -> list[tuple[Query, int]]:
    """Every question `group` times, in the order of the questions."""
    return [(query, index) for query in queries for index in range(group)]


def groups_of(
    play: Callable[[Sequence[tuple[Query, int]], Sampling, Key | str | int], list[Rollout]],
    queries: Sequence[Query],
    key: Key | str | int,
    config: Config,
    sampling: Sampling | None = None,
) -> list[Group]:
    """`config.group` rollouts of every question by `play`, in the order of the questions."""
    chosen = sampling or Sampling(temperature=config.temperature, top_p=config.top_p)
    played, size = play(plays_of(queries, config.group), chosen, key), config.group
    return [
        Group(query=query, rollouts=tuple(played[number * size : (number + 1) * size]))
        for number, query in enumerate(queries)
    ]


def without_summary(session: Session, frame: FrameState, text: str) -> str | dict[str, Any]:
    """A worker's message with the result it got last in place of the report it wrote.

    Any other message, and one of a worker that has seen no result, stays as it is. The message is
    what the episode records, so that it replays.
    """
    kit = kit_of(session.scenario, frame)
    said = session.scenario.codec.parse(text, kit.tools)
    closing = kit.role.closing
    results = [
        result
        for turn in session.state.turns
        if turn.frame == frame.index
        for result in turn.results
        if result.status == "ok"
    ]
    if not results or not any(call.tool == closing.name for call in said.calls):
        return text
    calls = [
        {"name": call.tool, "arguments": call.arguments}
        if call.tool != closing.name
        else {"name": call.tool, "arguments": {closing.primary: results[-1].content}}
        for call in said.calls
    ]
    return {"thought": said.thought, "calls": calls}


def _limits(config: Config) -> Limits:
    return Limits(
        context=config.role_context, message=config.role_message, episode=config.episode_tokens
    )


def _role(frame: FrameState) -> str:
    return PLANNER if frame.parent is None else WORKER


def _distinct(policies: Any) -> list[Policy]:
    """Each policy once, in order, however many roles it plays."""
    return list({id(policy): policy for policy in policies}.values())


def _message(turns: Sequence[Any], by_index: Mapping[int, Any], call: str | None) -> int:
    """Which message of its frame, from 0, made the call "turn.number"; -1 for None."""
    if call is None:
        return -1
    turn = by_index[int(call.partition(".")[0])]
    return sum(other.frame == turn.frame for other in turns[: turn.index])
