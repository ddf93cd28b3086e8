"""A played episode as a trainer sees it: one trajectory a frame, with the layout of a rollout."""

import math
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from baselines.grpo.config import Config
from baselines.grpo.records import PLANNER, WORKER, Query, Trajectory
from baselines.grpo.tokens import Tokens
from baselines.grpo.transcripts import Place, trajectory_of
from webenvs.chat import ChatMessage
from webenvs.envs.scenario import Scenario
from webenvs.envs.session import Session, message_of
from webenvs.envs.state import FrameState
from webenvs.envs.tokens.transcripts import Room, Transcript
from webenvs.records import Episode, FrameRecord, Record

_ROOM = Room(context=2**31, message=1)
"""Nothing is cut: what is too long is dropped by a filter, which says so."""


class Chat(Record, frozen=True, kw_only=True):
    """What one frame's player read and said, in order, from its system message on."""

    frame: int
    role: str
    messages: tuple[ChatMessage, ...]


class Played(Record, frozen=True, kw_only=True):
    """Attempt `index` at a question, as it was played: its episode and the chats of its frames.

    A model's attempt comes with its trajectories, sampled with the tokenizer that is to learn.
    """

    query: Query
    index: int
    episode: Episode
    chats: tuple[Chat, ...] = ()
    trajectories: tuple[Trajectory, ...] = ()


class Demonstrated(Record, frozen=True, kw_only=True):
    """The trajectories of an episode, the planner's first; `exact` says that no word was lost.

    A tokenizer that cannot write a message as it was said would teach another message.
    """

    trajectories: tuple[Trajectory, ...]
    exact: bool


def chats(session: Session, said: Mapping[int, Sequence[str]] | None = None) -> tuple[Chat, ...]:
    """The chats of all frames in which something was said, in the order they were opened.

    `said` holds by frame what its player said where that is not what was played.
    """
    return tuple(
        Chat(
            frame=frame.index,
            role=frame.role,
            messages=_as_said(frame.messages, (said or {}).get(frame.index)),
        )
        for frame in session.state.frames
        if frame.turns
    )


def replayed(episode: Episode, scenario: Scenario) -> tuple[Chat, ...]:
    """The chats of an episode that is at hand as a record alone: its messages, played again.

    Raises UnknownNameError if the scenario has no such task.
    """
    task = scenario.tasks.get(episode.task)
    session = Session(scenario, task, episode.seed, episode.number)
    for turn in episode.turns:
        session.act(message_of(turn))
    return chats(session)


def demonstrated(played: Played, tokens: Tokens, config: Config) -> Demonstrated:
    """An episode's frames as trajectories, under the system prompts of the configuration.

    A prompt is looked up by the game's name of the role, then by that of trajectories: a solo
    researcher's may be called the planner's. Log-probs are NaN throughout: a teacher's words were
    not drawn from the policy, so there is no probability that they were drawn with.
    """
    if played.trajectories:
        return Demonstrated(
            trajectories=tuple(replace(one, logprobs=unknown(one)) for one in played.trajectories),
            exact=True,
        )
    made: list[Trajectory] = []
    exact = True
    for chat in played.chats:
        frame = played.episode.frames[chat.frame]
        role = PLANNER if frame.parent is None else WORKER
        system = config.system.get(chat.role, config.system.get(role))
        transcript, same = encoded(chat, tokens, system)
        exact &= same
        place = Place(
            rollout=f"{played.query.id}/{played.index}",
            invocation=len(made) - 1,
            parent_turn=_asked_in(frame, played.episode),
            policy="teacher",
            version=0,
        )
        turns = [turn for turn in played.episode.turns if turn.frame == frame.index]
        made.append(trajectory_of(transcript, frame, turns, place))
    return Demonstrated(trajectories=tuple(made), exact=exact)


def encoded(chat: Chat, tokens: Tokens, system: str | None) -> tuple[Transcript, bool]:
    """A chat token by token as the engine would set it down, and whether every word was kept.

    Each message is encoded once, on its own, with the end of its turn; exactly that counts as
    sampled. `system` stands for the environment's system prompt, as in `Transcript.read`.
    """
    transcript = Transcript(tokens, _ROOM)
    frame = FrameState(index=chat.frame, role=chat.role, request="", messages=[])
    exact = True
    for entry in chat.messages:
        if entry["role"] == "assistant":
            transcript.read(frame, system)
            ids = tokens.tokenizer.encode(entry["content"], add_special_tokens=False)
            said = (*ids, tokens.end_of_turn)
            transcript.take(said, (math.nan,) * len(said))
            exact = exact and _same_words(tokens.text(said), entry["content"])
        frame.messages.append(entry)
    return transcript, exact


def unknown(trajectory: Trajectory) -> tuple[float, ...]:
    """The log-probs of a demonstration: NaN for every token."""
    return (math.nan,) * len(trajectory.token_ids)


def _as_said(
    messages: Sequence[ChatMessage], said: Sequence[str] | None
) -> tuple[ChatMessage, ...]:
    """The messages with the player's own words in place of those that were played."""
    if said is None:
        return tuple(messages)
    words = iter(said)
    return tuple(
        {**entry, "content": next(words)} if entry["role"] == "assistant" else entry
        for entry in messages
    )


def _same_words(one: str, other: str) -> bool:
    """Whether two texts differ in blanks alone, which some tokenizers put before every word."""
    return "".join(one.split()) == "".join(other.split())


def _asked_in(frame: FrameRecord, episode: Episode) -> int:
    """The caller's message that opened a frame, from 0 in its own; -1 for none."""
    own = [turn for turn in episode.turns if turn.frame == frame.parent]
    calls = ({call.id for call in turn.calls} for turn in own)
    return next((place for place, ids in enumerate(calls) if frame.call in ids), -1)
