"""`python -m baselines.ppo.train`: a policy of the features view, trained and judged."""

import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from baselines import origin
from baselines.ppo import algorithms, results, worlds
from baselines.ppo.evaluate import rows
from baselines.ppo.results import Judged, Result
from baselines.ppo.seats import seats
from webenvs.bench import spelling
from webenvs.bench.statistics import mean_interval
from webenvs.cli.options import settings_of
from webenvs.cli.progress import bar
from webenvs.errors import WebenvsError, bad_setting, unknown_name

COMMAND = "python -m baselines.ppo.train"
MODEL = "policy"
GAMES = {"solo": "one researcher", "team": "a planner with workers, all played by one policy"}


@dataclass(frozen=True, kw_only=True)
class Config:
    """A run; the algorithms' own numbers stand in `ppo.Config` and `sb3.py`."""

    algorithm: str = "torch-ppo"
    """What learns; see `algorithms.ALGORITHMS`."""
    env: str = "MultiHop-v0"
    """Id of the environment."""
    game: str = "solo"
    """solo: one researcher; team: a planner with workers that share the policy."""
    steps: int = 100_000
    """Steps of rows, a row a seat; those of seats that wait are counted too."""
    seed: int = 0
    """What weights, actions and training questions hang on."""
    games: int = 16
    """Games that are played side by side in training."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Further settings of the environment, such as level and noise."""
    places: tuple[str, ...] = ("held-out", "unseen", "noisy")
    """What the policy is judged on at the end; see `worlds.PLACES`."""
    episodes: int = 200
    """Questions of each place."""
    out: str = "runs/ppo"
    """Folder of the run."""

    def __post_init__(self) -> None:
        """Raise UnknownNameError or SettingError for a field that is not allowed, naming it."""
        algorithms.checked(self.algorithm)
        if self.game not in GAMES:
            raise unknown_name("game", self.game, GAMES)
        for name in ("steps", "games", "episodes"):
            if getattr(self, name) < 1:
                raise bad_setting(name, getattr(self, name), "a whole number of at least 1")
        if self.seed < 0:
            raise bad_setting("seed", self.seed, "a whole number of at least 0")
        for name in self.places:
            worlds.place(name)

    @property
    def chosen(self) -> dict[str, Any]:
        """The settings of the environment, the game among them."""
        return {"game": self.game, **self.settings}


def run(config: Config, *, command: str = "", console: Console | None = None) -> Result:
    """Train and judge as `config` says; the policy and the result lie in the folder `config.out`.

    Raises SettingError for a folder that holds another run.
    """
    folder = Path(config.out)
    if (folder / results.FILE).exists():
        raise bad_setting("out", config.out, "a folder without a finished run in it")
    shown = console or Console(stderr=True)
    rows_of_seats = seats(
        config.env, games=config.games, seed=config.seed, **{**config.chosen, "split": "train"}
    )
    began = time.process_time()
    with _telling(shown, config) as tell:
        policy = algorithms.train(
            config.algorithm, rows_of_seats, steps=config.steps, seed=config.seed, tell=tell
        )
    minutes = (time.process_time() - began) / 60
    policy.save(folder / MODEL)
    judged: dict[str, Judged] = {}
    for name in config.places:
        where = worlds.place(name)
        judged[name] = results.judged(
            rows(
                config.algorithm,
                policy,
                config.env,
                where,
                config.chosen,
                episodes=config.episodes,
            )
        )
        shown.print(
            f"{name} ({where.meaning}): {said(judged[name])}", highlight=False, soft_wrap=True
        )
    result = Result(
        algorithm=config.algorithm,
        env=config.env,
        settings=config.chosen,
        seed=config.seed,
        steps=config.steps,
        curve=results.curve(rows_of_seats.outcomes, config.steps),
        judged=judged,
        minutes=round(minutes, 3),
        commit=origin.commit(),
        command=command,
        hardware=origin.hardware("cpu"),
    )
    results.save(result, folder)
    return result


def said(found: Judged) -> str:
    """The success of a player in words, with its interval."""
    interval = mean_interval(found.success, found.tasks, ("ppo", "score"))
    share = spelling.percent(found.mean)
    return f"{share} % right {spelling.share_interval(interval)}, {found.calls:.1f} calls"


@contextmanager
def _telling(console: Console, config: Config) -> Iterator[Callable[[int], None]]:
    """A progress bar towards the steps of a run."""
    with bar(console, f"{config.algorithm} on {config.env}", config.steps) as advance:
        done = 0

        def tell(steps: int) -> None:
            nonlocal done
            if steps - done >= config.steps // 200 or steps >= config.steps:
                advance(min(steps, config.steps) - done)
                done = steps

        yield tell


class _Refusal(click.ClickException):
    exit_code = 2


class _Command(click.Command):
    """A command that ends with one message and status 2 at an error that a user can mend."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run; turn errors into messages."""
        try:
            return super().invoke(ctx)
        except WebenvsError as error:
            raise _Refusal(str(error)) from error
        except OSError as error:
            place = "" if error.filename is None else f" {error.filename}"
            raise _Refusal(f"Cannot read or write{place}: {error.strerror or error}.") from error


@click.command(cls=_Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--algorithm", help="What learns; --list tells them. By default torch-ppo.")
@click.option("--env", help="Id of the environment. By default MultiHop-v0.")
@click.option("--game", help="solo or team. By default solo.")
@click.option("--steps", type=int, help="Steps of rows, a row a seat. By default 100000.")
@click.option("--seed", type=int, help="What weights, actions and training questions hang on.")
@click.option("--games", type=int, help="Games side by side in training. By default 16.")
@click.option("--episodes", type=int, help="Questions of each place to be judged on.")
@click.option("--places", help="What to be judged on, with commas; --list tells them.")
@click.option("--out", type=click.Path(), help="Folder of the run. By default runs/ppo.")
@click.option("--set", "-s", "extra", multiple=True, metavar="NAME=VALUE", help="A setting.")
@click.option("--list", "listed", is_flag=True, help="Tell the algorithms and places, and leave.")
def main(extra: tuple[str, ...], places: str | None, listed: bool, **named: Any) -> None:
    """Train a policy on the features view, and judge it on questions that it never saw.

    Every turn the view offers a fixed number of calls that make sense now, each with a few
    features; the policy chooses one. After training it plays held-out questions of the same world
    and of another one, clean and under noise. The folder --out holds the policy and result.json.

    \b
      python -m baselines.ppo.train --env Lookup-v0 --set level=easy --steps 40000
      python -m baselines.ppo.train --algorithm maskable-ppo --env MultiHop-v0 --seed 1 --out runs/m
      python -m baselines.ppo.train --game team --set workers=2 --steps 200000
      python -m baselines.ppo.train --set noise=moderate --places held-out,noisy
    """  # noqa: D301 - click's mark
    if listed:
        for name, meaning in algorithms.ALGORITHMS.items():
            click.echo(f"{name:<14}{meaning}")
        for one in worlds.PLACES.values():
            click.echo(f"{one.name:<14}{one.meaning}")
        return
    given = {name: value for name, value in named.items() if value is not None}
    if places is not None:
        given["places"] = tuple(part.strip() for part in places.split(",") if part.strip())
    config = Config(**given, settings=settings_of(extra))
    run(config, command=shlex.join([*COMMAND.split(), *sys.argv[1:]]))
    click.echo(f"The policy and its result lie in {config.out}.")


if __name__ == "__main__":
    main()
