"""What one player reads and says in one frame, token by token.

The rule of a full context. A message may have `message` tokens, and a context `context` in all. An
observation that would not leave room for a message is cut: as much of its beginning as fits is
kept, then the environment's notice to close (if it gave one) and the header. The message that
follows is the frame's last: if it closes the frame, all is well. If it does not, or if there is no
room even for a cut observation, the player falls silent: the engine says nothing in its name until
the environment ends the frame, and the trajectory's finish is "length". What was not sampled is
never in a trajectory, and is not counted in its turns and calls.
"""

from collections.abc import Sequence
from typing import Any

from webenvs.envs.state import FrameState
from webenvs.envs.tokens.chat import ChatTokens
from webenvs.errors import bad_setting, check_whole
from webenvs.records import Record

LEAST = 16
"""Tokens of an observation that a cut must leave to be worth a message."""


class Room(Record, frozen=True, kw_only=True):
    """How many tokens a context may hold, and a message; `excess` of an opening may be cut."""

    context: int
    message: int
    excess: int = 0

    def __post_init__(self) -> None:
        """Raise SettingError, which names it, for a size that is none."""
        check_whole("context", self.context, 1)
        check_whole("message", self.message, 1)
        check_whole("excess", self.excess, 0)


class Transcript:
    """The tokens of one frame; it only grows."""

    def __init__(self, tokens: ChatTokens, room: Room) -> None:
        """Nothing has been read yet."""
        self._tokens, self._room = tokens, room
        self.token_ids: list[int] = []
        self.loss_mask: list[int] = []
        self.logprobs: list[float] = []
        self.prompt_len = 0
        self.messages = 0
        self.last = False
        self.silent = False
        self._entries = 0
        self._ended = False

    @property
    def limit(self) -> int:
        """How many tokens the next message may have."""
        return min(self._room.message, self._room.context - len(self.token_ids))

    def read(self, frame: FrameState, system: str | None) -> bool:
        """Append what the frame's player has not read yet; False if it falls silent.

        `system` stands for the environment's system prompt; "" leaves it out, None keeps that.
        Raises SettingError where the context does not hold the opening.
        """
        if self.silent:
            return False
        new = frame.messages[self._entries :]
        self._entries = len(frame.messages)
        if not self.token_ids:
            self._open(_opening(new, system), frame)
        elif self.last:
            self.silent = True
        else:
            self._append(new[1:], closing=frame.closing is not None)
        return not self.silent

    def take(self, token_ids: Sequence[int], logprobs: Sequence[float]) -> None:
        """Append a sampled message, with the log-prob of each of its tokens."""
        self._extend(token_ids, 1, logprobs)
        self._ended = tuple(token_ids[-1:]) == (self._tokens.end_of_turn,)
        self.messages += 1

    def _open(self, messages: Sequence[Any], frame: FrameState) -> None:
        ids = self._tokens.opening(messages)
        room = self._room.context - self._room.message
        if len(ids) > room + self._room.excess:
            raise bad_setting(
                "context",
                self._room.context,
                f"at least {len(ids) + self._room.message}: the opening of a {frame.role} has "
                f"{len(ids)} tokens, and its message up to {self._room.message}",
            )
        if len(ids) > room:
            tail = self._tokens.appended([], ended=False)
            ids, self.last = (*ids[: room - len(tail)], *tail), True
        self._extend(ids, 0)
        self.prompt_len = len(ids)

    def _append(self, new: Sequence[Any], *, closing: bool) -> None:
        ids = self._tokens.appended(new, ended=self._ended)
        room = self._room.context - self._room.message - len(self.token_ids)
        if len(ids) > room:
            self.last = True
            cut = self._cut(new, room, closing=closing)
            self.silent = cut is None
            ids = cut or ()
        self._extend(ids, 0)

    def _cut(self, new: Sequence[Any], room: int, *, closing: bool) -> tuple[int, ...] | None:
        """What of an observation fits in `room` tokens, or None if that is too little."""
        notice = list(new[-1:]) if closing else []
        header = self._tokens.appended([], ended=False)
        tail = self._tokens.appended(notice, ended=False)
        body = self._tokens.appended(new[: len(new) - len(notice)], ended=self._ended)
        kept = room - len(tail)
        body = body[: len(body) - len(header)][: max(0, kept)]
        if len(body) >= LEAST:
            return (*body, *tail)
        alone = self._tokens.appended(notice, ended=self._ended)
        return alone if notice and len(alone) <= room else None

    def _extend(
        self, ids: Sequence[int], sampled: int, logprobs: Sequence[float] | None = None
    ) -> None:
        self.token_ids += ids
        self.loss_mask += [sampled] * len(ids)
        self.logprobs += [float("nan")] * len(ids) if logprobs is None else logprobs


def _opening(new: Sequence[Any], system: str | None) -> list[Any]:
    """The first messages of a frame under another system prompt."""
    if system is None:
        return list(new)
    first = [{"role": "system", "content": system}] if system else []
    return [*first, *(entry for entry in new if entry["role"] != "system")]
