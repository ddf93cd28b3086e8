"""Who plays demonstrations: players by name, or models through the rollout engine."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from baselines.grpo.cold.encoding import Played, chats
from baselines.grpo.config import Config
from baselines.grpo.places import MODELS
from baselines.grpo.policy import Sampling
from baselines.grpo.records import PLANNER, SHARED, WORKER, Query
from baselines.grpo.rollouts import Engine, Worlds, without_summary
from baselines.grpo.tokens import Tokens
from webenvs import catalog
from webenvs.envs.scenario import Scenario
from webenvs.envs.session import Session
from webenvs.envs.toolsets import kit_of
from webenvs.episodes import finish
from webenvs.errors import UnknownNameError, bad_setting, nearest, unknown_name
from webenvs.players.lineup import Lineup
from webenvs.players.player import Player
from webenvs.records import Info, Observation

GUIDED = "guided"
_GUIDE = "baselines.grpo.cold.guide:Guide"

_log = logging.getLogger(__name__)

Plays = Sequence[tuple[Query, int]]
"""Questions with the index of the attempt at them."""


class Teacher(Protocol):
    """Who plays demonstrations."""

    def play(self, plays: Plays) -> Iterator[Played]:
        """The episodes of the plays, in their order, each when it is asked for."""
        ...


class Players:
    """Players of the catalogue or of the user's own; they take turns over the attempts.

    `names` are lineups ("scripted", "planner=oracle,worker=scripted", "package.module:Name") or
    "guided": of attempt n the n-th plays. With `summary` False the worker's last result is returned
    to the planner, as `Config.worker_summary` says.
    """

    def __init__(self, names: Sequence[str], worlds: Worlds, *, summary: bool = True) -> None:
        self._names = [_GUIDE if name == GUIDED else name for name in names]
        self._worlds, self._summary = worlds, summary
        self._lineups: dict[tuple[str, str], Lineup] = {}

    def play(self, plays: Plays) -> Iterator[Played]:
        """The episodes of the plays; raises as `catalog.lineup` and `episodes.play` do."""
        for query, index in plays:
            scenario = self._worlds.scenario(query.world, query.noise)
            session = Session(scenario, scenario.tasks.get(query.task), query.seed)
            lineup = self._lineup(self._names[index % len(self._names)], scenario)
            seats = lineup.sit(scenario.players, session.task, query.seed)
            said: dict[int, list[str]] = {}
            if not self._summary:
                seats = {
                    seat: player if seat == scenario.players[0] else _Cut(player, session, said)
                    for seat, player in seats.items()
                }
            finish(session, seats)
            if session.state.fault is not None:
                _log.warning("%s", session.state.fault)
            yield Played(
                query=query, index=index, episode=session.episode(), chats=chats(session, said)
            )

    def _lineup(self, name: str, scenario: Scenario) -> Lineup:
        key = (name, scenario.game.name)
        if key not in self._lineups:
            self._lineups[key] = catalog.lineup(name, scenario.game)
        return self._lineups[key]


def check_players(names: str, scenario: Scenario) -> None:
    """Raise UnknownNameError unless all players joined by "+" are there for a game."""
    for name in names.split("+"):
        try:
            catalog.lineup(_GUIDE if name == GUIDED else name, scenario.game)
        except UnknownNameError as error:
            near = nearest(name, (GUIDED,))
            meant = f" Did you mean {near!r}?" if near else ""
            raise UnknownNameError(
                f"teacher: {error}{meant} A teacher is {GUIDED!r} too, or the folder of a model "
                "or of a run."
            ) from error


class _Cut:
    """A worker whose report gives way to the result it got last; what it said is kept."""

    def __init__(self, player: Player, session: Session, said: dict[int, list[str]]) -> None:
        self._player, self._session, self._said = player, session, said

    def __call__(self, observation: Observation, info: Info) -> str | Mapping[str, Any]:
        message = self._player(observation, info)
        session = self._session
        frame = next(
            frame
            for frame in session.state.frames
            if frame.player == info["player"] and frame.end is None
        )
        tools, codec = kit_of(session.scenario, frame).tools, session.scenario.codec
        text = (
            message
            if isinstance(message, str)
            else codec.format(codec.parse(message, tools), tools)
        )
        self._said.setdefault(frame.index, []).append(text)
        return without_summary(session, frame, text)


class Models:
    """Models that play through an engine; their own tokens are what is learned from."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def play(self, plays: Plays) -> Iterator[Played]:
        """The episodes of the plays, all played at once when the first is asked for."""
        config = self._engine.config
        sampling = Sampling(temperature=config.temperature, top_p=config.top_p)
        for rollout in self._engine.rollouts(plays, sampling, "demonstrations"):
            if rollout.episode is None:
                raise ValueError(f"The engine kept no episode of rollout {rollout.id}.")
            yield Played(
                query=rollout.query,
                index=rollout.index,
                episode=rollout.episode,
                trajectories=rollout.trajectories,
            )


def teacher_of(config: Config, worlds: Worlds, tokens: Tokens) -> Teacher:
    """The teacher of a configuration: players joined by "+", or the folder of a checkpoint.

    Such a folder holds a model, or one in `shared`, or one in `planner` and one in `worker`, or is
    that of a run, which has these in `models`. Raises UnknownNameError for what is none of these,
    SettingError for a model with another tokenizer than `tokens`.
    """
    folder = Path(config.teacher)
    if not folder.is_dir():
        return Players(config.teacher.split("+"), worlds, summary=config.worker_summary)
    places = _models_in(folder)
    from baselines.grpo.local import LocalPolicy  # torch is loaded where a model plays, not before
    from baselines.grpo.model import check_vocabulary, load_model

    policies: dict[str, LocalPolicy] = {}
    for name, place in places.items():
        _check_alike(place, tokens)
        model = load_model(place, config)
        check_vocabulary(model, tokens.tokenizer)
        policy = LocalPolicy(model, tokens.pad, name=name)
        policies |= dict.fromkeys((PLANNER, WORKER) if name == SHARED else (name,), policy)
    return Models(Engine(worlds, tokens, policies, config))


def _check_alike(place: Path, tokens: Tokens) -> None:
    """What a model samples is learned as it is, so its tokenizer must be that of the student."""
    if not (place / "tokenizer.json").is_file():
        return
    own, other = tokens.tokenizer, Tokens.load(place).tokenizer
    if own.get_vocab() != other.get_vocab() or own.chat_template != other.chat_template:
        raise bad_setting("teacher", str(place), "a model with the tokenizer that is to learn")


def _models_in(folder: Path) -> dict[str, Path]:
    """Where the models of a folder lie, by the name of their policy."""
    if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")):
        return {SHARED: folder}
    for place in (folder / MODELS, folder):
        found = {
            name: place / name
            for name in (SHARED, PLANNER, WORKER)
            if (place / name / "config.json").is_file()
        }
        if found:
            return found
    inside = [place.name for place in sorted(folder.iterdir())]
    raise unknown_name("model", SHARED, inside, f"in the folder {str(folder)!r}")
