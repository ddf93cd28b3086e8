"""Episodes played token by token: what trainers need who want the exact ids of every message.

All seats of the caller's speak in tokens, each frame in a context of its own that only grows. What
was sampled is kept as it was sampled; nothing is tokenised again.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from webenvs.envs.state import FrameState
from webenvs.envs.tokens.chat import ChatTokens
from webenvs.envs.tokens.transcripts import Room, Transcript
from webenvs.envs.tooling.tool_env import ToolEnv
from webenvs.records import Record


class Ask(Record, frozen=True, kw_only=True):
    """A context that wants a message of at most `limit` tokens.

    `frame` tells it from the other contexts of its episode: the same frame's next context begins
    with this one and what was said.
    """

    player: str
    role: str
    frame: int
    token_ids: tuple[int, ...]
    limit: int


class Said(Record, frozen=True, kw_only=True):
    """A sampled message: its tokens, the one that ends it included, and the log-prob of each."""

    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]


class TokenSequence(Record, frozen=True, kw_only=True):
    """What one frame's player read and said: a prompt, and a completion of several messages.

    `mask` is 1 where a token of the completion was sampled, 0 where the environment wrote it;
    `logprobs` are of the same length, 0.0 where nothing was sampled. The last token is a sampled
    one.
    """

    player: str
    role: str
    frame: int
    prompt_ids: tuple[int, ...]
    completion_ids: tuple[int, ...]
    mask: tuple[int, ...]
    logprobs: tuple[float, ...]


_EXCESS = 4
"""How many times as many tokens a text may have when read as when sampled, and be cut, at most."""

Sampler = Callable[[Sequence[Ask]], Sequence[Said]]
"""A message for every context, in their order."""


class TokenPlay:
    """An episode of a ToolEnv, begun by its `reset`, whose seats speak in tokens.

    A context that is full follows the rule of `webenvs.envs.tokens.transcripts`: it has a last
    message, and then its player says nothing until the environment ends its frame. What another
    player wrote into an opening is cut to fit.
    """

    def __init__(
        self, env: ToolEnv, tokens: ChatTokens, room: Room, system: Mapping[str, str] | None = None
    ) -> None:
        """`system` replaces system prompts by role; "" leaves one out."""
        self.env, self._tokens, self._room = env, tokens, room
        self._system = dict(system or {})
        self._frames: dict[int, tuple[FrameState, Transcript]] = {}
        self._round: list[tuple[str, int]] = []

    def asks(self) -> tuple[Ask, ...]:
        """The contexts of the players whose messages are due in this round; () when over.

        `say` answers them. Raises SettingError for an opening that a context does not hold.
        """
        while not self.env.over:
            self._round = self._round or [self._read(player) for player in self._due()]
            found = [self._ask(player, frame) for player, frame in self._round]
            speaking = tuple(ask for ask in found if ask is not None)
            if speaking:
                return speaking
            self.say(())
        return ()

    def say(self, said: Sequence[Said]) -> None:
        """Play a message for each of `asks`, in their order, and nothing for who is silent.

        Messages that come after the end of the episode are dropped: nobody has heard them.
        """
        words = iter(said)
        for player, frame in self._round:
            _, transcript = self._frames[frame]
            message = None if transcript.silent else next(words)
            if self.env.over:
                break
            if message is not None:
                transcript.take(message.token_ids, message.logprobs)
            text = "" if message is None else self._tokens.text(message.token_ids)
            self.env.send(text, player)
        self._round = []

    def sequences(self) -> tuple[TokenSequence, ...]:
        """What was said so far, a sequence a frame in the order they opened; the root's is first.

        Frames in which nothing was said are left out.
        """
        return tuple(
            _sequence(frame, transcript)
            for frame, transcript in (self._frames[index] for index in sorted(self._frames))
            if transcript.messages
        )

    def _due(self) -> list[str]:
        return [player for player in self.env.to_act if player in self.env.players]

    def _read(self, player: str) -> tuple[str, int]:
        """Have the player's transcript read what is new; returns the player and its frame."""
        frames = self.env.session.state.frames
        frame = next(one for one in frames if one.player == player and one.end is None)
        if frame.index not in self._frames:
            excess = 0 if frame.parent is None else _EXCESS * self._room.message
            room = replace(self._room, excess=excess)
            self._frames[frame.index] = frame, Transcript(self._tokens, room)
        self._frames[frame.index][1].read(frame, self._system.get(frame.role))
        return player, frame.index

    def _ask(self, player: str, index: int) -> Ask | None:
        frame, transcript = self._frames[index]
        if transcript.silent:
            return None
        return Ask(
            player=player,
            role=frame.role,
            frame=index,
            token_ids=tuple(transcript.token_ids),
            limit=transcript.limit,
        )


def said_in(
    ask: Ask, token_ids: Sequence[int], logprobs: Sequence[float], stops: Sequence[int]
) -> Said:
    """The message in tokens that were sampled in a batch: it ends at a stop, or at its limit."""
    end = next((at for at, token in enumerate(token_ids, 1) if token in stops), len(token_ids))
    end = min(end, ask.limit)
    return Said(token_ids=tuple(token_ids[:end]), logprobs=tuple(logprobs[:end]))


def play_out(plays: Sequence[TokenPlay], sample: Sampler, at_once: int = 64) -> None:
    """Play all episodes to their ends, a round of all of them at a time.

    `sample` is asked for at most `at_once` messages in a call.
    """
    while asked := [(play, asks) for play in plays if (asks := play.asks())]:
        flat = [ask for _, asks in asked for ask in asks]
        parts = (flat[at : at + at_once] for at in range(0, len(flat), at_once))
        said = iter([one for part in parts for one in sample(part)])
        for play, asks in asked:
            play.say([next(said) for _ in asks])


def _sequence(frame: FrameState, transcript: Transcript) -> TokenSequence:
    start, mask = transcript.prompt_len, transcript.loss_mask
    end = len(mask) - mask[::-1].index(1)  # what was read and never answered is left out
    return TokenSequence(
        player=frame.player,
        role=frame.role,
        frame=frame.index,
        prompt_ids=tuple(transcript.token_ids[:start]),
        completion_ids=tuple(transcript.token_ids[start:end]),
        mask=tuple(mask[start:end]),
        logprobs=tuple(
            logprob if sampled else 0.0
            for logprob, sampled in zip(
                transcript.logprobs[start:end], mask[start:end], strict=True
            )
        ),
    )
