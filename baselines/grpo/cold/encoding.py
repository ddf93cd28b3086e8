"""A played episode as a trainer sees it: one trajectory a frame, with the layout of a rollout."""

import math
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from baselines.grpo.records import PLANNER, WORKER, Finish, Query, Trajectory
from baselines.grpo.tokens import Tokens
from webenvs.chat import ChatMessage
from webenvs.envs.scenario import Scenario
from webenvs.envs.session import Session, message_of
from webenvs.envs.state import FrameState
from webenvs.records import MALFORMED, End, Episode, FrameRecord, Record, Turn

_FINISH: Mapping[End | None, Finish] = {
    "answered": "answer",
    "gave_up": "answer",
    "turn_limit": "max_turns",
    "time_limit": "max_turns",
    "context_limit": "length",
    "invalid_limit": "parse_error",
    "aborted": "infra_error",
    None: "max_turns",
}


class Transcript(Record, frozen=True, kw_only=True):
    """What one frame's player read and said, in order, from its system message on."""

    frame: int
    role: str
    messages: tuple[ChatMessage, ...]


class Demonstrated(Record, frozen=True, kw_only=True):
    """The trajectories of an episode, the planner's first; `exact` says that no word was lost.

    A tokenizer that cannot write a message as it was said would teach another message.
    """

    trajectories: tuple[Trajectory, ...]
    exact: bool


def transcripts(session: Session) -> tuple[Transcript, ...]:
    """The chats of all frames in which something was said, in the order they were opened."""
    return tuple(_transcript(frame) for frame in session.state.frames if frame.turns)


def replayed(episode: Episode, scenario: Scenario) -> tuple[Transcript, ...]:
    """The chats of an episode that is at hand as a record alone: its messages, played again.

    Raises UnknownNameError if the scenario has no such task.
    """
    task = scenario.tasks.get(episode.task)
    session = Session(scenario, task, episode.seed, episode.number)
    for turn in episode.turns:
        session.act(message_of(turn))
    return transcripts(session)


def demonstrated(
    query: Query,
    index: int,
    episode: Episode,
    chats: Sequence[Transcript],
    tokens: Tokens,
    system: Mapping[str, str],
) -> Demonstrated:
    """An episode's frames as trajectories: attempt `index` of a question, told by `chats`.

    `system` is `Config.system`. Log-probs are NaN throughout: a teacher's words were not drawn from
    the policy, so there is no probability they were drawn with.
    """
    start = f"{query.id}/{index}"
    made: list[Trajectory] = []
    exact = True
    workers = 0
    for chat in chats:
        frame = episode.frames[chat.frame]
        ids, prompt, mask, said = encoded(chat, tokens, system)
        exact &= said
        root = frame.parent is None
        bare = Trajectory(
            id=f"{start}/{PLANNER}" if root else f"{start}/{WORKER}/{workers}",
            role=PLANNER if root else WORKER,
            token_ids=ids,
            prompt_len=prompt,
            loss_mask=mask,
            logprobs=(math.nan,) * len(ids),
            parent=None if root else f"{start}/{PLANNER}",
            invocation=-1 if root else workers,
            parent_turn=-1 if root else _asked_in(frame, episode),
            frame=frame.index,
            finish=_FINISH[frame.end],
        )
        made.append(replace(bare, **_counts(frame.index, episode.turns)))
        workers += not root
    return Demonstrated(trajectories=tuple(made), exact=exact)


def encoded(
    chat: Transcript, tokens: Tokens, system: Mapping[str, str]
) -> tuple[tuple[int, ...], int, tuple[int, ...], bool]:
    """Token ids, length of the opening, loss mask, and whether every message reads back as said.

    Each message is encoded once, on its own, with the end of its turn; exactly that is sampled.
    What follows the last message is nothing, since nothing is asked any more.
    """
    opening, rounds = _rounds(with_system(chat.messages, chat.role, system))
    ids = list(tokens.opening(opening))
    mask = [0] * len(ids)
    prompt, exact = len(ids), True
    for number, (said, answers) in enumerate(rounds):
        message = (*tokens.tokenizer.encode(said, add_special_tokens=False), tokens.end_of_turn)
        exact = exact and tokens.text(message) == said
        last = number == len(rounds) - 1
        glue = () if last else tokens.appended(answers, ended=True)
        ids += [*message, *glue]
        mask += [1] * len(message) + [0] * len(glue)
    return tuple(ids), prompt, tuple(mask), exact


def with_system(
    messages: Sequence[ChatMessage], role: str, system: Mapping[str, str]
) -> Sequence[ChatMessage]:
    """The messages with the system prompt that `Config.system` has for a role; "" leaves it out.

    A solo researcher is also found under the name of the role that it has in trajectories.
    """
    known = {PLANNER: system[PLANNER]} if PLANNER in system else {}
    prompt = system.get(role, known.get(PLANNER) if role not in (PLANNER, WORKER) else None)
    if prompt is None or messages[0]["role"] != "system":
        return messages
    rest = messages[1:]
    return [{**messages[0], "content": prompt}, *rest] if prompt else rest


def _rounds(
    messages: Sequence[ChatMessage],
) -> tuple[list[ChatMessage], list[tuple[str, list[ChatMessage]]]]:
    """What was read before the first message, then each message with what was read after it."""
    opening: list[ChatMessage] = []
    rounds: list[tuple[str, list[ChatMessage]]] = []
    for entry in messages:
        if entry["role"] == "assistant":
            rounds.append((entry["content"], []))
        else:
            (rounds[-1][1] if rounds else opening).append(entry)
    return opening, rounds


def _transcript(frame: FrameState) -> Transcript:
    return Transcript(frame=frame.index, role=frame.role, messages=tuple(frame.messages))


def _asked_in(frame: FrameRecord, episode: Episode) -> int:
    """The caller's message that opened a frame, counted from 0 in the caller's own messages."""
    own = [turn for turn in episode.turns if turn.frame == frame.parent]
    calls = ({call.id for call in turn.calls} for turn in own)
    return next((place for place, ids in enumerate(calls) if frame.call in ids), -1)


def _counts(frame: int, turns: Sequence[Turn]) -> dict[str, int | bool]:
    """Turns and calls of a frame, and whether all of it was in form, as fields of a trajectory."""
    own = [turn for turn in turns if turn.frame == frame]
    results = [result for turn in own for result in turn.results]
    broken = sum(len(turn.errors) for turn in own)
    bad = sum(result.status in MALFORMED for result in results)
    calls = sum(len(turn.calls) for turn in own)
    return {
        "turns": len(own),
        "calls_total": calls + broken,
        "calls_valid": calls - bad,
        "tool_errors": sum(result.error == "env_error" for result in results),
        "format_ok": bad == 0 and all(turn.valid for turn in own),
    }
