"""What every face of a game shares: the running episode, what players earned, saved states."""

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np

from webenvs.envs.render import RENDER_MODES, show_session
from webenvs.envs.saving import Chance, chance_of, generator_at
from webenvs.envs.scenario import Scenario
from webenvs.envs.session import Session
from webenvs.envs.state import State
from webenvs.errors import SettingError, bad_setting, nearest
from webenvs.records import Episode, Task
from webenvs.seeding import digest

MESSAGE_CHARACTERS = 65_536
"""The longest message the action space declares; longer ones are read as malformed."""


OPTIONS = ("task_id", "split", "episode")
"""What `reset(options=...)` understands."""


class Saved(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a face saves besides its session.

    `due` and `terms` are what players have earned and were not paid yet; `memories` those of other
    players; `agents` to `paid` what PettingZoo keeps of the agents that are still to be stepped.
    """

    face: str
    due: dict[str, float]
    terms: dict[str, dict[str, float]]
    chance: Chance
    memories: dict[str, Any] = {}
    agents: list[str] = []
    selection: str = ""
    skipped: str | None = None
    rewards: dict[str, float] = {}
    paid: dict[str, float] = {}


class Opened(NamedTuple):
    """A snapshot that was read and checked, and not yet taken."""

    session: Session
    state: State
    task: Task
    saved: Saved
    generator: np.random.Generator | None


class Face:
    """An episode of a scenario as an environment holds it.

    Rewards and reward terms add up for each player until the face pays them out.
    """

    scenario: Scenario
    render_mode: str | None
    _session: Session | None = None
    _due: dict[str, float]
    _terms: dict[str, dict[str, float]]
    _generator: np.random.Generator | None = None

    @property
    def session(self) -> Session:
        """The running episode; raises SettingError before reset."""
        if self._session is None:
            raise SettingError("There is no episode yet: call reset first.")
        return self._session

    @property
    def started(self) -> bool:
        """Whether there is an episode: after the first reset or restore."""
        return self._session is not None

    def render(self) -> str | None:
        """The episode so far as text ("ansi"), or printed ("human")."""
        return show_session(self.session, self.render_mode)

    def close(self) -> None:
        """Release nothing: corpora are shared by all environments of the process."""

    def episode(self) -> Episode:
        """The episode so far as a record."""
        return self.session.episode()

    def snapshot(self) -> dict[str, Any]:
        """The whole state of the environment as JSON-able data, each text written once.

        With it goes what is still to be paid, the chance of resets without a seed, and the memory
        of other players that have `snapshot` and `restore` (`players.player.Remembering`).
        """
        session = self.session.snapshot()
        rest = msgspec.to_builtins(self._saved())
        return {"session": session, **rest, "check": _check(session, rest)}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Return to a snapshot, also before the first reset.

        Raises SettingError for one of another face, format, id, version, corpus or settings, naming
        which, and for one that is damaged; the environment is then as it was.
        """
        self._take(self._opened(data))

    def fork(self) -> Self:
        """An independent copy that goes on from here and meets the same noise."""
        twin = copy.copy(self)
        twin._session = self.session.fork()
        twin._due = dict(self._due)
        twin._terms = {player: dict(terms) for player, terms in self._terms.items()}
        twin._generator = copy.deepcopy(self._generator)
        return twin

    def _saved(self) -> Saved:
        """What a snapshot holds besides the session."""
        chance = chance_of(self._generator)
        return Saved(face=self._kind(), due=self._due, terms=self._terms, chance=chance)

    def _kind(self) -> str:
        """What tells the snapshots of this face from those of others."""
        return type(self).__name__

    def _opened(self, data: object) -> Opened:
        """What a snapshot holds, checked; raises as `restore` does."""
        if not isinstance(data, Mapping) or not {"session", "face", "check"} <= set(data):
            raise SettingError("This is no snapshot: a snapshot is what `snapshot()` returned.")
        rest = {name: data[name] for name in data if name not in ("session", "check")}
        if rest["face"] != self._kind():
            raise SettingError(
                f"This snapshot was taken in another environment: it is of {rest['face']}, "
                f"this one is {self._kind()}."
            )
        session = self._session or Session.blank(self.scenario)
        state, task = session.opened(data["session"])
        if data["check"] != _check(data["session"], rest):
            raise SettingError("This snapshot is damaged: it was changed after it was taken.")
        try:
            saved = msgspec.convert(rest, Saved)
            generator = generator_at(saved.chance)
        except (msgspec.ValidationError, TypeError, ValueError, OverflowError) as error:
            raise SettingError(f"This snapshot is damaged: {error}.") from error
        return Opened(session, state, task, saved, generator)

    def _take(self, opened: Opened) -> None:
        """Go on from what a snapshot holds."""
        opened.session.take(opened.state, opened.task)
        self._session = opened.session
        self._due, self._terms = opened.saved.due, opened.saved.terms
        self._generator = opened.generator

    def _sit(self, scenario: Scenario, render_mode: str | None) -> None:
        """Take the scenario; raises SettingError for an unknown render mode."""
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise bad_setting("render_mode", render_mode, "None, " + " or ".join(RENDER_MODES))
        self.scenario = scenario
        self.render_mode = render_mode
        self._forget()

    def _begin(
        self, seed: int, options: Mapping[str, Any] | None, *, drawn: bool = False
    ) -> Session:
        """Start an episode on the task that seed and options name; `drawn` says who chose the seed.

        Where noise is scheduled over episodes, an episode whose seed was drawn is the one after the
        last, unless options give its number: so resets without a seed go through a curriculum.
        """
        task = task_for(self.scenario, seed, options)
        number = number_in(options)
        counts = drawn and self.scenario.web.mixture.curricular
        if counts and self._session is not None and (options or {}).get("episode") is None:
            number = self._session.state.number + 1
        self._session = Session(self.scenario, task, seed, number)
        self._forget()
        return self._session

    def _forget(self) -> None:
        """Nobody has earned anything."""
        self._due = dict.fromkeys(self.scenario.players, 0.0)
        self._terms = {}

    def _act(self, message: str | Mapping[str, Any], pay: str | None = None) -> None:
        """Play a message of the player whose turn it is, and note what everybody earned by it.

        `pay` is paid what it had earned before, unless the message is none.
        """
        session = self.session
        session.act(message)
        if pay is not None:
            self._pay(pay)
        for player, reward in session.state.paid.items():
            self._due[player] += reward
            terms = self._terms.setdefault(player, {})
            for name, value in session.state.gained[player].items():
                terms[name] = terms.get(name, 0.0) + value

    def _pay(self, player: str) -> float:
        """What `player` has earned; its account is empty then."""
        reward, self._due[player] = self._due[player], 0.0
        self._terms.pop(player, None)
        return reward

    def _info(self, player: str) -> dict[str, Any]:
        """The info of a player as trainers get it: with noise, and the terms it has earned."""
        info = self.session.info(player)
        info["noise"] = self.session.noise(player)
        info["reward_terms"] = dict(self._terms.get(player, {}))
        return info


def _check(session: Mapping[str, Any], rest: Mapping[str, Any]) -> str:
    """What a change of any part of a snapshot changes."""
    return digest((session["check"], rest))[:16]


def checked_seed(seed: Any) -> int:
    """`seed` if it is a whole number of at least 0, else SettingError."""
    if not isinstance(seed, int) or seed < 0:
        raise bad_setting("seed", seed, "a whole number of at least 0")
    return seed


def task_for(scenario: Scenario, seed: int, options: Mapping[str, Any] | None) -> Task:
    """The task of an episode: the one named in `options`, or a draw keyed by seed and split.

    Options of other names are left alone, as PettingZoo's tests ask, but a misspelt one raises
    SettingError.
    """
    options = {} if options is None else options
    if not isinstance(options, Mapping):
        raise bad_setting("options", options, "a mapping, such as {'task_id': ...}")
    for name in options:
        near = None if name in OPTIONS else nearest(str(name), OPTIONS)
        if near is not None:
            raise SettingError(f"There is no option {name!r} of reset. Did you mean {near!r}?")
    if options.get("task_id") is not None:
        return scenario.tasks.get(options["task_id"])
    return scenario.tasks.draw(seed, options.get("split") or scenario.split)


def number_in(options: Mapping[str, Any] | None) -> int:
    """The number of the episode in a training run that `options` name, 0 if none."""
    number = (options or {}).get("episode")
    if number is None:
        return 0
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise bad_setting("options['episode']", number, "a whole number of at least 0")
    return number


def ending(session: Session) -> tuple[bool, bool]:
    """(terminated, truncated): answered and gave_up terminate, limits and faults truncate."""
    end = session.state.end
    terminated = end in ("answered", "gave_up")
    return terminated, end is not None and not terminated
