"""Playing models behind an endpoint: many episodes at once, each asked for itself.

Threads share one client, and nothing else: an episode hangs on its task, its seed and what the
server answers, so that neither the number of threads nor their order changes a result.
"""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msgspec.structs import replace

from webenvs import catalog
from webenvs.bench.rows import Row, Run
from webenvs.bench.run import Progress, Trial, row_of, run, run_of, trials
from webenvs.envs.scenario import Scenario
from webenvs.episodes import play
from webenvs.errors import PlayerError, SettingError, bad_setting
from webenvs.players.chat_model import ChatModel
from webenvs.players.endpoint import Endpoint, EndpointError
from webenvs.players.ledger import Ledger
from webenvs.players.lineup import SERVED, Lineup, players_by_role, plays_served
from webenvs.players.player import Player
from webenvs.players.usage import Price, cost, total
from webenvs.records import Episode, Info, Observation

_GONE = 3
"""So many episodes in a row without an answer mean that the server is gone."""
_GRACE = 2.0
"""Seconds that requests under way have to end when a run is stopped."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A model behind an endpoint, and how it is asked; see `ChatModel`.

    `concurrency` episodes are played at once. With a `price` its tokens are put into money.
    """

    endpoint: Endpoint
    text: bool = False
    sampling: Mapping[str, Any] = field(default_factory=dict)
    ledger: Ledger | None = None
    price: Price | None = None
    concurrency: int = 8

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise bad_setting("concurrency", self.concurrency, "at least 1")

    def label(self, player: str) -> str:
        """The name of a player in tables: the model's in place of `SERVED`."""
        if player == SERVED:
            return self.endpoint.model
        pairs = players_by_role(player)
        if SERVED not in pairs.values() or "*" in pairs:
            return player
        shown = {role: self.endpoint.model if one == SERVED else one for role, one in pairs.items()}
        return ",".join(f"{role}={one}" for role, one in shown.items())


class ServedRun(NamedTuple):
    """A run and its episodes as `run` returns them, and what of it the server is to blame for.

    `faults` counts the episodes without an answer by kind, and `last` is the last one's message.
    `calls` says whether any answer held a native call.
    """

    run: Run
    episodes: list[Episode]
    faults: Mapping[str, int]
    last: str
    calls: bool


class _Played(NamedTuple):
    episode: Episode
    model: ChatModel


def run_served(
    scenario: Scenario,
    players: Sequence[str],
    served: Served,
    *,
    episodes: int = 100,
    seed: int = 0,
    workers: int = 1,
    progress: Progress | None = None,
) -> ServedRun:
    """As `run`, where `SERVED` stands for the model; `workers` play the players without it.

    An episode in which the server fails for good is aborted and does not count. Raises PlayerError
    where the server refuses what would be asked again and again, and where it is gone; what a
    ledger holds by then is not asked again by the next run.
    """
    if episodes < 1:
        raise bad_setting("episodes", episodes, "at least 1")
    mine = [player for player in players if plays_served(player)]
    _check(scenario, players, mine, served)
    todo = [trial for player in mine for trial in trials(scenario, player, episodes, seed)]
    played = _all_played(scenario, todo, served, progress)
    rows: dict[str, list[Row]] = {player: [] for player in players}
    kept: dict[str, list[Episode]] = {player: [] for player in players}
    for trial, one in zip(todo, played, strict=True):
        rows[trial.player].append(_row(scenario, trial, one, served))
        kept[trial.player].append(one.episode)
    others = [player for player in players if player not in mine]
    if others:
        result, found = run(
            scenario, others, episodes=episodes, seed=seed, workers=workers, progress=progress
        )
        for row, episode in zip(result.rows, found, strict=True):
            rows[row.player].append(row)
            kept[row.player].append(episode)
    return _result(scenario, (episodes, seed), served, rows, kept, played)


def _result(
    scenario: Scenario,
    asked: tuple[int, int],
    served: Served,
    rows: Mapping[str, list[Row]],
    kept: Mapping[str, list[Episode]],
    played: Sequence[_Played],
) -> ServedRun:
    labels = {player: served.label(player) for player in rows}
    named = [
        replace(row, player=labels[player]) for player, listed in rows.items() for row in listed
    ]
    faults = [one.model.fault for one in played if one.model.fault is not None]
    return ServedRun(
        run=run_of(scenario, tuple(labels.values()), named, *asked),
        episodes=[episode for listed in kept.values() for episode in listed],
        faults=Counter(fault.fault for fault in faults),
        last=str(faults[-1]) if faults else "",
        calls=any(one.model.called for one in played),
    )


def _row(scenario: Scenario, trial: Trial, played: _Played, served: Served) -> Row:
    usage = played.model.usage
    spent = None if served.price is None else cost(total(usage.values()), served.price)
    return replace(row_of(scenario, trial, played.episode), usage=dict(usage), cost=spent)


def _check(scenario: Scenario, players: Sequence[str], mine: Sequence[str], served: Served) -> None:
    """Raise for players that cannot sit down, and for a model that has a player's name."""
    for player in mine:
        _lineup(scenario, player, _nobody)
    labels = [served.label(player) for player in players]
    if len(set(labels)) < len(labels):
        raise bad_setting("players", labels, "each named once, none of them as the model is")


def _nobody(observation: Observation, info: Info) -> str:
    return ""


def _lineup(scenario: Scenario, player: str, model: Player) -> Lineup:
    """The lineup of an episode, with `model` at the seats of `SERVED`."""
    seats = players_by_role(player).items()
    return catalog.lineup(
        {role: model if one == SERVED else one for role, one in seats}, scenario.game
    )


def _all_played(
    scenario: Scenario, todo: Sequence[Trial], served: Served, progress: Progress | None
) -> list[_Played]:
    """Every trial played, in order; raises PlayerError where going on makes no sense."""

    def one(trial: Trial) -> _Played:
        model = ChatModel(
            served.endpoint,
            text=served.text,
            sampling=served.sampling,
            ledger=served.ledger,
            name=served.label(trial.player),
        )
        lineup = _lineup(scenario, trial.player, model)
        try:
            return _Played(play(scenario, lineup, trial.seed, trial.task), model)
        except PlayerError as error:
            if isinstance(error.__cause__, SettingError):
                raise error.__cause__ from None  # a ledger of another run
            raise

    found: dict[int, _Played] = {}
    silent = 0
    with closing(_threaded(one, todo, served.concurrency, served.endpoint.stop)) as coming:
        for place, done in coming:
            found[place] = done
            silent = silent + 1 if done.model.fault is not None else 0
            _check_alive(done.model.fault, silent, len(found), len(todo))
            if progress is not None:
                progress(1)
    return [found[place] for place in range(len(todo))]


def _check_alive(fault: EndpointError | None, silent: int, done: int, count: int) -> None:
    """Raise PlayerError if the server refuses for good, or has been silent for too long."""
    if fault is None:
        return
    if not fault.passing:
        raise PlayerError(f"The server refuses to play: {fault}")
    if silent >= min(_GONE, count):
        raise PlayerError(
            f"The server is gone: {silent} episodes in a row had no answer ({fault}). "
            f"{done - silent:,} of {count:,} episodes were played."
        )


def _threaded(
    work: Callable[[Trial], _Played],
    jobs: Sequence[Trial],
    threads: int,
    give_up: Callable[[], None],
) -> Generator[tuple[int, _Played]]:
    """What `work` returns for each job, as it comes; raises what it raises.

    Where the caller has enough before the end, `give_up` is to end the work under way; it is not
    waited for for long, and its threads are daemons, so that a run that is stopped ends soon.
    """
    waiting: queue.SimpleQueue[tuple[int, Trial]] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, _Played | BaseException]] = queue.SimpleQueue()
    for item in enumerate(jobs):
        waiting.put(item)
    stopped = threading.Event()

    def toil() -> None:
        with suppress(queue.Empty):
            while not stopped.is_set():
                place, job = waiting.get_nowait()
                try:
                    done.put((place, work(job)))
                except BaseException as error:
                    done.put((place, error))

    toilers = [threading.Thread(target=toil, daemon=True) for _ in range(min(threads, len(jobs)))]
    for toiler in toilers:
        toiler.start()
    try:
        for _ in jobs:
            place, result = done.get()
            if isinstance(result, BaseException):
                raise result
            yield place, result
    except BaseException:
        give_up()
        raise
    finally:
        stopped.set()
        end = time.monotonic() + _GRACE
        for toiler in toilers:
            toiler.join(max(0.0, end - time.monotonic()))
