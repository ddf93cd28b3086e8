"""Whole games played token by token, of which each row trains one seat.

For trainers that take one sequence a prompt: a row names a task and a seat, all seats of the
caller's are played by the one model, and the named seat's sequence comes back with the reward of
the game (MATPO, arXiv:2510.04678, in which one model plays planner and workers).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from webenvs import seeding
from webenvs.envs.seated import players_at
from webenvs.envs.tokens.chat import ChatTokens
from webenvs.envs.tokens.play import Sampler, TokenPlay, TokenSequence, play_out
from webenvs.envs.tokens.transcripts import Room
from webenvs.envs.tooling.tool_env import ToolEnv
from webenvs.errors import SettingError
from webenvs.records import Episode, Record

ROW = ("task_id", "split", "index", "seed")
"""What of a row of `ToolEnv.rows` names an episode."""


class SeatRollout(Record, frozen=True, kw_only=True):
    """A game played for a row: the sequence to train and its reward.

    `reward` is the root's, which all seats share. Both are None where there is nothing to train:
    the seat had nothing to say, or the episode is not valid.
    """

    episode: Episode
    sequence: TokenSequence | None
    reward: float | None


class TokenGames:
    """Environments by name, and the rollouts of their rows."""

    def __init__(
        self,
        envs: ToolEnv | Mapping[str, ToolEnv],
        *,
        context: int,
        message: int,
        system: Mapping[str, str] | None = None,
        record: Callable[[Episode], None] | None = None,
    ) -> None:
        """`context` and `message` are tokens of a player's context and of one message at most.

        `system` replaces system prompts by role; `record` is given every episode at its end. Raises
        SettingError for a context or a message of less than a token.
        """
        named = {"": envs} if isinstance(envs, ToolEnv) else dict(envs)
        self._envs = {name: started(env) for name, env in named.items()}
        self._room = Room(context=context, message=message)
        self._system, self._record = system, record

    def rows(
        self,
        split: str | None = None,
        count: int | None = None,
        seats: Sequence[str] = (),
        *,
        start: int = 0,
        seed: int = 0,
    ) -> Iterator[dict[str, Any]]:
        """A row for each seat of each of the tasks of `ToolEnv.rows`, for each environment.

        A seat is a player or a role; by default the roles of the caller's seats. Keys: environment,
        seat, question, and what `ToolEnv.reset` takes. Raises SettingError for other seats.
        """
        for name, env in self._envs.items():
            roles = list(dict.fromkeys(env.scenario.role_of(player) for player in env.players))
            for seat in seats:
                players_at(env.scenario, seat, env.players)
            for row in env.rows(split, count, start=start, seed=seed):
                kept = {key: row[key] for key in (*ROW, "question")}
                for seat in seats or roles:
                    yield {"environment": name, "seat": seat, **kept}

    def play(
        self,
        rows: Sequence[Mapping[str, Any]],
        tokens: ChatTokens,
        sample: Sampler,
        *key: str | int,
    ) -> list[SeatRollout]:
        """The rollouts of the rows, in their order, all played at once.

        Of several sequences of a seat (a role with many workers, a player that was asked twice) one
        is drawn by (key, place of the row), each as likely: so d workers count 1/d each.
        """
        plays = [TokenPlay(self._begun(row), tokens, self._room, self._system) for row in rows]
        play_out(plays, sample)
        found = [
            _rollout(play, row["seat"], (*key, place))
            for place, (play, row) in enumerate(zip(plays, rows, strict=True))
        ]
        if self._record is not None:
            for rollout in found:
                self._record(rollout.episode)
        return found

    def _begun(self, row: Mapping[str, Any]) -> ToolEnv:
        try:
            env, episode = self._envs[row["environment"]].fork(), {name: row[name] for name in ROW}
        except KeyError as error:
            raise SettingError(
                f"A row lacks {error}, or is of no environment of these games: `rows` makes them."
            ) from error
        env.reset(**episode)
        return env


def started(env: ToolEnv) -> ToolEnv:
    """`env` with an episode, so that it can be forked."""
    if not env.started:
        env.reset()
    return env


def _rollout(play: TokenPlay, seat: str, key: Sequence[str | int]) -> SeatRollout:
    episode = play.env.episode()
    own = [one for one in play.sequences() if seat in (one.player, one.role)]
    if not own or not episode.valid:
        return SeatRollout(episode=episode, sequence=None, reward=None)
    root = play.env.scenario.players[0]
    return SeatRollout(
        episode=episode,
        sequence=seeding.choice(own, "seat", *key),
        reward=play.env.score(root)["reward"],
    )
