"""Playing players against tasks: the same episodes for every player, in one process or several."""

import importlib.metadata
from collections.abc import Callable, Iterator, Sequence

import msgspec

import webenvs.rewards.answer as answers
from webenvs import catalog, seeding, text
from webenvs.bench.rows import Row, Run
from webenvs.envs.scenario import Scenario
from webenvs.episodes import play
from webenvs.errors import bad_setting
from webenvs.players.lineup import Lineup
from webenvs.processes import spread
from webenvs.records import Episode, Record, Task

Progress = Callable[[int], None]

_CHUNK = 8


class Trial(Record, frozen=True, kw_only=True):
    """One episode to be played: who, on which task, with which seed, for the how-manieth time."""

    player: str
    task: str
    seed: int
    repeat: int


def trials(scenario: Scenario, player: str, episodes: int, seed: int) -> list[Trial]:
    """The episodes of one player; every player of a run gets the same tasks and seeds.

    Tasks come in an order keyed by the seed, each once before any comes again.
    """
    tasks = scenario.tasks.of_split(scenario.split)
    order = seeding.shuffled(range(len(tasks)), seed, "bench")
    return [
        Trial(
            player=player,
            task=tasks[order[number % len(order)]].id,
            seed=seeding.integer(2**32, seed, "bench", number),
            repeat=number // len(order),
        )
        for number in range(episodes)
    ]


def run(
    scenario: Scenario,
    players: Sequence[str],
    *,
    episodes: int = 100,
    seed: int = 0,
    workers: int = 1,
    command: str = "",
    progress: Progress | None = None,
) -> tuple[Run, list[Episode]]:
    """Every player's rows, and the episodes themselves, in an order that workers do not change.

    Raises UnknownNameError for a player that does not exist, SettingError for counts below 1,
    PlayerError for a player that cannot be made or fails.
    """
    for name, count in (("episodes", episodes), ("workers", workers)):
        if count < 1:
            raise bad_setting(name, count, "at least 1")
    workers = processes(scenario, players, workers)
    todo = [trial for player in players for trial in trials(scenario, player, episodes, seed)]
    played: list[Episode] = []
    for chunk in _played(scenario, todo, workers):
        played += chunk
        if progress is not None:
            progress(len(chunk))
    rows = [row_of(scenario, trial, ep) for trial, ep in zip(todo, played, strict=True)]
    result = run_of(scenario, players, rows, episodes, seed)
    return msgspec.structs.replace(result, command=command), played


def run_of(
    scenario: Scenario, players: Sequence[str], rows: Sequence[Row], episodes: int, seed: int
) -> Run:
    """The run that these rows are of."""
    return Run(
        env=scenario.env,
        settings=scenario.settings,
        corpus=scenario.web.corpus.digest,
        version=importlib.metadata.version("webenvs"),
        episodes=episodes,
        seed=seed,
        command="",
        players=tuple(players),
        rows=tuple(rows),
    )


def processes(scenario: Scenario, players: Sequence[str], workers: int) -> int:
    """The processes a run of these players takes: one if any needs the terminal, else `workers`.

    Raises as `catalog.lineup` does.
    """
    lineups = [catalog.lineup(player, scenario.game) for player in players]
    alone = any(lineup.at_terminal(seat) for lineup in lineups for seat in scenario.players)
    return 1 if alone else workers


def row_of(scenario: Scenario, trial: Trial, episode: Episode) -> Row:
    """The measurements of a played episode."""
    task = scenario.tasks.get(episode.task)
    root = scenario.players[0]
    said = sum(text.tokens(turn.observation) + text.tokens(turn.message) for turn in episode.turns)
    return Row(
        env=scenario.env,
        player=trial.player,
        task=task.id,
        seed=trial.seed,
        repeat=trial.repeat,
        hops=_hops(task),
        correct=answers.answer(task, episode, root, name=scenario.reward.metric),
        reward=episode.rewards.get(root, 0.0),
        terms=episode.terms.get(root, {}),
        calls=_calls(episode),
        tokens=said,
        turns=len(episode.turns),
        end=episode.end or "aborted",
        valid=episode.valid,
    )


def _hops(task: Task) -> int:
    return int(task.difficulty.get("hops", len(task.hops)))


def _calls(episode: Episode) -> dict[str, int]:
    """Executed calls by tool; a delegation counts when its frame opened."""
    calls: dict[str, int] = {}
    for turn in episode.turns:
        for result in turn.results:
            if result.executed:
                calls[result.tool] = calls.get(result.tool, 0) + 1
    delegations = len(episode.frames) - 1
    return calls | ({"delegate": delegations} if delegations else {})


def _played(scenario: Scenario, todo: Sequence[Trial], workers: int) -> Iterator[list[Episode]]:
    chunks = [todo[start : start + _CHUNK] for start in range(0, len(todo), _CHUNK)]
    return spread((_Table, (scenario,)), _play, chunks, workers)


class _Table:
    """A scenario with the line-ups that have played on it, made once a process."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.lineups: dict[str, Lineup] = {}


def _play(table: _Table, chunk: Sequence[Trial]) -> list[Episode]:
    scenario, lineups = table.scenario, table.lineups
    for trial in chunk:
        if trial.player not in lineups:
            lineups[trial.player] = catalog.lineup(trial.player, scenario.game)
    return [play(scenario, lineups[trial.player], trial.seed, trial.task) for trial in chunk]
