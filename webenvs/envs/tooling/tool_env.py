"""The tool face: an episode played call by call, or text by text, for trainers of chat models."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from webenvs.envs.face import checked_seed, ending
from webenvs.envs.scenario import Scenario
from webenvs.envs.seated import Seated, seat_of
from webenvs.errors import SettingError, bad_setting, check_whole, unknown_name
from webenvs.players.lineup import Lineup
from webenvs.records import Record, Task

Calls = Sequence[tuple[str, Mapping[str, Any]]]
"""Tool calls of one message, in order: name and arguments."""


class Outcome(Record, frozen=True, kw_only=True):
    """What a message did for the player that sent it.

    `text` is what the player sees now; `reward` what it gained since it was last paid. `statuses`
    and `errors` are those of the results it is looking at (`Result.status`, `Result.error`).
    `terminated` and `truncated` are Gymnasium's; `waiting` says that others must act before it
    sees more. `valid` is False after a real fault: leave such an episode out of training.
    """

    player: str
    text: str
    reward: float
    terminated: bool
    truncated: bool
    waiting: bool
    statuses: tuple[str, ...]
    errors: tuple[str, ...]
    end: str | None
    valid: bool

    @property
    def done(self) -> bool:
        """Whether the episode is over."""
        return self.terminated or self.truncated


class ToolEnv(Seated):
    """One episode after another, with tools as functions: what adapters to trainers stand on.

    The caller sits at one `seat`, with named players at the others, or at every seat of the game.
    `to_act` says whose message is due. Nothing that a model writes raises: unknown tools, wrong
    arguments, text without a call and calls after the end are outcomes. What the calling program
    does wrong raises SettingError or UnknownNameError.
    """

    def __init__(
        self, scenario: Scenario, seat: str | None = None, others: Lineup | None = None
    ) -> None:
        """Sit at `seat` (a role or a player), or with None at every seat.

        Raises SettingError for a seat that the game does not have, or seats that nobody plays.
        """
        self._sit(scenario, None)
        everyone = scenario.players
        self.players: tuple[str, ...] = everyone if seat is None else (seat_of(scenario, seat),)
        self._seat_others(self.players, others)

    @property
    def player(self) -> str:
        """The player whose message is due; after the end, and before reset, the first seat."""
        due = self.to_act if self.started else ()
        return due[0] if due else self.players[0]

    @property
    def to_act(self) -> tuple[str, ...]:
        """The players whose messages are due in this round, the next one first; () when over."""
        return self.session.to_act

    @property
    def over(self) -> bool:
        """Whether the episode has ended."""
        return self.session.over

    def reset(
        self,
        *,
        seed: int = 0,
        task_id: str | None = None,
        split: str | None = None,
        index: int | None = None,
        episode: int | None = None,
        **row: Any,
    ) -> str:
        """Start an episode, a pure function of its arguments; returns what the player sees.

        The task is the one named, or number `index` of the `split`, or a draw keyed by (seed,
        split). A row of `rows` goes in as it is: what else stands in it is ignored. Raises
        UnknownNameError or SettingError for a wrong one.
        """
        if task_id is None and index is not None:
            task_id = _at(self.scenario, split or self.scenario.split, index).id
        options = {"task_id": task_id, "split": split, "episode": episode}
        self._begin(checked_seed(seed), options)
        return self.text()

    def tools(self, player: str | None = None) -> tuple[dict[str, Any], ...]:
        """The OpenAI function schemas of what `player` (the one due) can call now, in order."""
        return tuple(self.info(player)["tools"])

    def messages(self, player: str | None = None) -> list[dict[str, str]]:
        """The chat transcript of `player` (the one due) in its frame, calls written in the codec.

        It only ever grows, so that a prompt is always a prefix of the next one.
        """
        return list(self.info(player)["messages"])

    def text(self, player: str | None = None) -> str:
        """What `player` (the one due) sees now."""
        return str(self.session.observe(self._mine(player))["text"])

    def info(self, player: str | None = None) -> dict[str, Any]:
        """All that a trainer may know of `player` (the one due); see `Session.info`."""
        return self._info(self._mine(player))

    def call(self, tool: str, arguments: Mapping[str, Any], player: str | None = None) -> Outcome:
        """Send a message of one call; `player` is checked to be the one due."""
        return self.act([(tool, arguments)], player)

    def act(self, calls: Calls, player: str | None = None) -> Outcome:
        """Send a message of several calls, which run in order (delegations at the same time)."""
        listed = [{"name": tool, "arguments": arguments} for tool, arguments in calls]
        return self.send({"thought": "", "calls": listed}, player)

    def send(self, message: str | Mapping[str, Any], player: str | None = None) -> Outcome:
        """Send a message: text in the codec, or a mapping {"thought", "calls"}.

        A message after the end does nothing. Raises SettingError if it is another player's turn.
        """
        sender = self._mine(player)
        if not self.over:
            if sender != self.to_act[0]:
                raise SettingError(f"It is the turn of {self.to_act[0]}, not of {sender}.")
            self._act(message)
            self._play_others()
        return self.outcome(sender)

    def outcome(self, player: str | None = None) -> Outcome:
        """Where `player` (the one due) stands now; pays it what it gained since it was last paid.

        For a player that waited while others acted: its message brought it less than came after.
        """
        player = self._mine(player)
        session = self.session
        info, seen = session.info(player), session.observe(player)
        terminated, truncated = ending(session)
        return Outcome(
            player=player,
            text=seen["text"],
            reward=self._pay(player),
            terminated=terminated,
            truncated=truncated,
            waiting=not session.over and player not in session.to_act,
            statuses=info["statuses"],
            errors=info["errors"],
            end=info["end"],
            valid=info["valid"],
        )

    def score(self, player: str | None = None) -> dict[str, float]:
        """{"reward": ..., term: ...}: what `player` (the first seat) has if all ended here.

        May be called at any time, any number of times. At the end, "reward" is the sum of all that
        the player was paid.
        """
        reward, terms = self.session.worth(self.players[0] if player is None else player)
        return {"reward": reward, **terms}

    def rows(
        self, split: str | None = None, count: int | None = None, *, start: int = 0, seed: int = 0
    ) -> Iterator[dict[str, Any]]:
        """Rows of a data set, one a task of `split`: what `reset` takes, and nothing of the gold.

        Keys: task_id, split, index, seed, question, prompt (the first chat messages of the first of
        the caller's seats). All rollouts of a row start from the same state. A task in which the
        seat never has anything to do has no row. Raises SettingError for a split without tasks, and
        for a `count` (all tasks if None) or `start` that is no whole number of at least 0.
        """
        check_whole("start", start, 0)
        if count is not None:
            check_whole("count", count, 0)
        name = split or self.scenario.split
        tasks = self.scenario.tasks.of_split(name)
        stop = len(tasks) if count is None else min(len(tasks), start + count)
        twin = self._anew()
        for index in range(start, stop):
            task = tasks[index]
            twin.reset(task_id=task.id, seed=seed)
            if not twin.over:
                yield {
                    "task_id": task.id,
                    "split": name,
                    "index": index,
                    "seed": seed,
                    "question": task.question,
                    "prompt": twin.messages(),
                }

    def _anew(self) -> "ToolEnv":
        """The same seats and players, without an episode."""
        if self._others is None:
            return ToolEnv(self.scenario)
        return ToolEnv(self.scenario, self.players[0], self._others.anew())

    def _kind(self) -> str:
        return f"the tools of {', '.join(self.players)}"

    def _mine(self, player: str | None) -> str:
        """`player`, or the one due; raises UnknownNameError for a seat of somebody else."""
        if player is None:
            return self.player
        if player not in self.players:
            raise unknown_name("player", player, self.players, "among the caller's seats")
        return player


def one_seat(env: ToolEnv, instead: str = "") -> ToolEnv:
    """`env`, if the caller has one seat of it; raises SettingError for several.

    For what plays one chat, in which the messages of several players would be one's. `instead` says
    what is there for whole games.
    """
    if len(env.players) == 1:
        return env
    roles = " or ".join(repr(role.name) for role in env.scenario.game.roles)
    other = f", or take {instead} for whole games" if instead else ""
    raise bad_setting("players", env.players, f"one player: name a `seat` ({roles}){other}")


def _at(scenario: Scenario, split: str, index: int) -> Task:
    tasks = scenario.tasks.of_split(split)
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(tasks):
        raise bad_setting("index", index, f"0 to {len(tasks) - 1} in the split {split!r}")
    return tasks[index]
