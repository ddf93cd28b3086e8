"""The noise sweep: the same episodes without noise and under every kind of it at every strength."""

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

import webenvs.rewards.answer as answers
from webenvs import catalog
from webenvs.bench.run import Trial, trials
from webenvs.bench.swept import STRENGTHS, Swept, kinds_from, refused, strengths_from, under
from webenvs.envs.scenario import Scenario
from webenvs.episodes import play
from webenvs.errors import SettingError, bad_setting
from webenvs.players.lineup import Lineup
from webenvs.processes import spread
from webenvs.records import Episode, Record
from webenvs.rewards.evidence import evidence

CLEAN = ""
_CHUNK = 4
_DECIMALS = 6

Key = tuple[str, str, float]
"""A player, the label of a kind (CLEAN for none), a strength."""


class Cell(Record, frozen=True, kw_only=True):
    """The episodes of a player under a kind of noise at a strength, in the order of the trials.

    `success` are answer scores, `calls` executed calls with delegations, `evidence` the recall of
    evidence pages. `broken` are the places of episodes that broke for a reason that is not the
    player's. A cell that is shorter than others is unfinished.
    """

    player: str
    kind: str = CLEAN
    strength: float = 0.0
    success: tuple[float, ...] = ()
    calls: tuple[int, ...] = ()
    evidence: tuple[float, ...] = ()
    broken: tuple[int, ...] = ()

    @property
    def key(self) -> Key:
        """What tells it from the others."""
        return self.player, self.kind, self.strength


class Sweep(Record, frozen=True, kw_only=True):
    """All episodes of a sweep, and what was played.

    `tasks` names the task of every trial. `left_out` are the kinds that the environment cannot
    have, with the reason. The first cell of each player is that of the clean web.
    """

    env: str
    game: str
    settings: dict[str, Any]
    corpus: str
    version: str
    seed: int
    episodes: int
    command: str
    players: tuple[str, ...]
    kinds: tuple[Swept, ...]
    strengths: tuple[float, ...]
    tasks: tuple[str, ...]
    cells: tuple[Cell, ...]
    left_out: dict[str, str] = msgspec.field(default_factory=dict)

    def cell(self, player: str, kind: str = CLEAN, strength: float = 0.0) -> Cell:
        """A cell by its key; raises KeyError."""
        for cell in self.cells:
            if cell.key == (player, kind, strength):
                return cell
        raise KeyError((player, kind, strength))


class Plan(NamedTuple):
    """What is to be played; `planned` makes and checks it."""

    env: str
    settings: Mapping[str, Any]
    sweep: Sweep
    trials: tuple[Trial, ...]


class _Job(NamedTuple):
    """Some trials in a row and the cells that they are played for."""

    trials: tuple[Trial, ...]
    cells: tuple[Key, ...]


class _Measured(NamedTuple):
    success: float
    calls: int
    evidence: float
    valid: bool


class Asked(Record, frozen=True, kw_only=True):
    """What is asked of a sweep; no kinds are all that concern the game and that it can have."""

    players: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    strengths: tuple[float, ...] = STRENGTHS
    episodes: int = 100
    seed: int = 0
    command: str = ""


def planned(env: str, asked: Asked, settings: Mapping[str, Any] | None = None) -> Plan:
    """The plan of a sweep over an id with these settings; their own noise stays in every episode.

    Raises what `catalog.scenario`, `catalog.lineup` and `kinds_from` raise, and SettingError for
    fewer episodes than one and for a kind that was named and that the environment cannot have.
    """
    settings = settings or {}
    if asked.episodes < 1:
        raise bad_setting("episodes", asked.episodes, "at least 1")
    if len(set(asked.players)) < len(asked.players) or not asked.players:
        raise bad_setting("players", list(asked.players), "one or more names, none of them twice")
    scenario = catalog.scenario(env, **settings)
    for player in asked.players:
        catalog.lineup(player, scenario.game)
    kinds = kinds_from(asked.kinds, scenario.game)
    reasons = refused(kinds, env, settings)
    named = next((reasons[text] for text in asked.kinds if text in reasons), None)
    if named is not None:
        raise named
    todo = trials(scenario, asked.players[0], asked.episodes, asked.seed)
    kept = tuple(kind for kind in kinds if kind.label not in reasons)
    if not kept:
        told = "; ".join(map(str, reasons.values())) or f"the {scenario.game.name} game has none"
        raise SettingError(
            f"No kind of noise of {', '.join(asked.kinds) or 'all'} is left: {told}."
        )
    sweep = Sweep(
        env=scenario.env,
        game=scenario.game.name,
        settings=scenario.settings,
        corpus=scenario.web.corpus.digest,
        version=importlib.metadata.version("webenvs"),
        seed=asked.seed,
        episodes=asked.episodes,
        command=asked.command,
        players=asked.players,
        kinds=kept,
        strengths=strengths_from(asked.strengths),
        tasks=tuple(trial.task for trial in todo),
        cells=(),
        left_out={label: str(reason) for label, reason in reasons.items()},
    )
    return Plan(env, settings, sweep, tuple(todo))


def sweep(
    plan: Plan,
    *,
    before: Sweep | None = None,
    workers: int = 1,
    progress: Callable[[int], None] | None = None,
    save: Callable[[Sweep], object] | None = None,
) -> Sweep:
    """The sweep played, the same whatever the number of processes.

    What `before` holds is taken from it (`check_same` says when it can be). `progress` is told how
    many episodes were just played; `save` is given the sweep so far each time.
    """
    cells = _begun(plan, before)
    jobs = list(_jobs(plan, cells))
    done = spread((_Desk, (plan.env, plan.settings, plan.sweep)), _play, jobs, workers)
    for job, played in zip(jobs, done, strict=True):
        for key in job.cells:
            cells[key] = _longer(cells[key], played[key])
        if progress is not None:
            progress(len(job.cells) * len(job.trials))
        if save is not None:
            save(_with_cells(plan.sweep, cells))
    return _with_cells(plan.sweep, cells)


def missing(plan: Plan, before: Sweep | None = None) -> int:
    """How many episodes there are to play."""
    return sum(len(job.cells) * len(job.trials) for job in _jobs(plan, _begun(plan, before)))


def check_same(plan: Plan, before: Sweep) -> None:
    """Raise SettingError if the episodes of `before` are not those of the plan."""
    for name in ("env", "settings", "corpus", "version", "seed"):
        was, is_now = getattr(before, name), getattr(plan.sweep, name)
        if was != is_now:
            raise SettingError(
                f"The sweep that was begun has {name} = {was!r}, not {is_now!r}: "
                f"write this one into another folder."
            )


def check_kept(plan: Plan, before: Sweep) -> None:
    """Raise SettingError if `before` holds episodes that a file of the plan would not hold."""
    asked, length = set(_keys(plan.sweep)), len(plan.trials)
    names = ("player", "kind", "strength")
    wanted = [set(values) for values in zip(*asked, strict=True)]
    gone = {
        f"{name} {value}": None
        for cell in before.cells
        for name, value, known in zip(names, cell.key, wanted, strict=True)
        if value not in known and cell.success
    }
    most = max([len(cell.success) for cell in before.cells], default=0)
    lost = [*gone, *([f"{most:,} episodes"] if most > length else [])]
    if lost:
        raise SettingError(
            f"The sweep that lies there has {', '.join(lost)}, which would be lost: "
            f"ask for it too, or write this one into another folder."
        )


def _begun(plan: Plan, before: Sweep | None) -> dict[Key, Cell]:
    """Every cell of the plan, with as much of it as `before` holds."""
    if before is not None:
        check_same(plan, before)
    known = {} if before is None else {cell.key: cell for cell in before.cells}
    length = len(plan.trials)
    return {key: _cut(known.get(key, _empty(key)), length) for key in _keys(plan.sweep)}


def _keys(sweep: Sweep) -> Iterator[Key]:
    for player in sweep.players:
        yield player, CLEAN, 0.0
        for kind in sweep.kinds:
            for strength in sweep.strengths:
                yield player, kind.label, strength


def _jobs(plan: Plan, cells: Mapping[Key, Cell]) -> Iterator[_Job]:
    """What is missing, a few trials at a time: all that is played on one task in one process."""

    def wanted(place: int) -> tuple[Key, ...]:
        return tuple(key for key, cell in cells.items() if len(cell.success) <= place)

    for keys, places in groupby(range(len(plan.trials)), key=wanted):
        todo = [plan.trials[place] for place in places]
        for start in range(0, len(todo) if keys else 0, _CHUNK):
            yield _Job(tuple(todo[start : start + _CHUNK]), keys)


class _Desk:
    """What a process needs: the plan, and the line-ups that have played."""

    def __init__(self, env: str, settings: Mapping[str, Any], sweep: Sweep) -> None:
        self.env, self.settings = env, settings
        self.kinds = {kind.label: kind for kind in sweep.kinds}
        self.lineups: dict[str, Lineup] = {}

    def scenario(self, kind: str, strength: float) -> Scenario:
        """The scenario under a kind of noise."""
        noise = self.kinds[kind].noise(strength) if kind != CLEAN else ()
        return catalog.scenario(self.env, **under(self.settings, noise))

    def lineup(self, player: str, scenario: Scenario) -> Lineup:
        """The line-up of a player."""
        if player not in self.lineups:
            self.lineups[player] = catalog.lineup(player, scenario.game)
        return self.lineups[player]


def _play(desk: _Desk, job: _Job) -> dict[Key, list[_Measured]]:
    """The measurements of a job; players of one noise follow each other, as they read the same."""
    played: dict[Key, list[_Measured]] = {}
    by_noise: dict[tuple[str, float], list[str]] = {}
    for player, kind, strength in job.cells:
        by_noise.setdefault((kind, strength), []).append(player)
    for (kind, strength), players in by_noise.items():
        scenario = desk.scenario(kind, strength)
        for player in players:
            lineup = desk.lineup(player, scenario)
            played[player, kind, strength] = [
                _measured(scenario, play(scenario, lineup, trial.seed, trial.task))
                for trial in job.trials
            ]
    return played


def _measured(scenario: Scenario, episode: Episode) -> _Measured:
    task, root = scenario.tasks.get(episode.task), scenario.players[0]
    executed = sum(result.executed for turn in episode.turns for result in turn.results)
    return _Measured(
        success=round(answers.answer(task, episode, root, scenario.reward.metric), _DECIMALS),
        calls=executed + len(episode.frames) - 1,
        evidence=round(evidence(task, episode, root), _DECIMALS),
        valid=episode.valid,
    )


def _empty(key: Key) -> Cell:
    return Cell(player=key[0], kind=key[1], strength=key[2])


def _cut(cell: Cell, length: int) -> Cell:
    """The first episodes of a cell, as many as the plan has."""
    if len(cell.success) <= length:
        return cell
    return msgspec.structs.replace(
        cell,
        success=cell.success[:length],
        calls=cell.calls[:length],
        evidence=cell.evidence[:length],
        broken=tuple(place for place in cell.broken if place < length),
    )


def _longer(cell: Cell, played: Sequence[_Measured]) -> Cell:
    start = len(cell.success)
    return msgspec.structs.replace(
        cell,
        success=(*cell.success, *(one.success for one in played)),
        calls=(*cell.calls, *(one.calls for one in played)),
        evidence=(*cell.evidence, *(one.evidence for one in played)),
        broken=(
            *cell.broken,
            *(start + place for place, one in enumerate(played) if not one.valid),
        ),
    )


def _with_cells(sweep: Sweep, cells: Mapping[Key, Cell]) -> Sweep:
    return msgspec.structs.replace(sweep, cells=tuple(cells.values()))
