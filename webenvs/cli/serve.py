"""`webenvs serve` puts an environment behind HTTP, in the wire forms that clients already speak."""

import importlib.util
from typing import TYPE_CHECKING

import click

from webenvs import catalog
from webenvs.cli.options import environment_options, settings_of
from webenvs.errors import SettingError

if TYPE_CHECKING:
    from socket import socket

_NEEDS = ("fastapi", "uvicorn", "websockets")
_COUNT = click.IntRange(min=1)


@click.command(short_help="Serve an environment over HTTP.")
@click.argument("env", metavar="ID")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind to.")
@click.option("--port", default=8000, show_default=True, help="0 takes any that is free.")
@click.option(
    "--token",
    envvar="WEBENVS_SERVE_TOKEN",
    help="Bearer token that every request must have; better as the variable WEBENVS_SERVE_TOKEN.",
)
@click.option(
    "--trainer-token",
    envvar="WEBENVS_SERVE_TRAINER_TOKEN",
    help="Token of the doors that tell scores; --token then opens only those of models.",
)
@click.option("--seat", help="The seat that clients play; every seat of the game if left out.")
@click.option("--players", help="Who plays the other seats: planner=scripted,worker=first-hit.")
@click.option("--sessions", default=256, show_default=True, type=_COUNT, help="Episodes at a time.")
@click.option(
    "--idle", default=900.0, show_default=True, help="Seconds after which an episode is forgotten."
)
@click.option("--max-body", default=1_048_576, show_default=True, type=_COUNT, help="Bytes.")
@click.option("--max-queries", default=256, show_default=True, type=_COUNT, help="A request.")
@click.option("--max-topk", default=100, show_default=True, type=_COUNT, help="Hits a query.")
@click.option("--threads", default=8, show_default=True, type=_COUNT, help="That do the work.")
@environment_options
def serve(
    env: str,
    host: str,
    port: int,
    token: str | None,
    trainer_token: str | None,
    seat: str | None,
    players: str | None,
    sessions: int,
    idle: float,
    max_body: int,
    max_queries: int,
    max_topk: int,
    threads: int,
    extra: tuple[str, ...],
    **named: str | None,
) -> None:
    """Serve ID to search tools (Search-R1, SkyRL, GEM, ASearcher), MCP and OpenEnv at once.

    Every door gives the same bytes as the environment in process, noise and all. Answers and
    evidence never leave the server; rewards do, through the doors of trainers alone.

    \b
      webenvs serve MultiHop-v0
      webenvs serve MultiHop-v0 --port 0 --noise moderate
      webenvs serve MultiHop-v0 --game team --seat planner --players worker=scripted
      WEBENVS_SERVE_TOKEN=... webenvs serve Tasks-v0 --corpus DIR --tasks FILE --host 0.0.0.0

    \b
    Then, with what `task_id`, `seed` and `episode` say of the noise:
      curl http://127.0.0.1:8000/retrieve -d '{"queries": ["a river"], "topk": 3, "seed": 7}'
      curl http://127.0.0.1:8000/access -d '{"urls": ["https://..."]}'
      curl http://127.0.0.1:8000/episodes -d '{"seed": 7}'
    """
    _check_installed()
    from webenvs.serve import running
    from webenvs.serve.app import application
    from webenvs.serve.guard import Keys
    from webenvs.serve.limits import Limits

    limits = Limits(
        body=max_body,
        queries=max_queries,
        topk=max_topk,
        sessions=sessions,
        idle=idle,
        threads=threads,
    )
    keys = Keys(token=_key("token", token), trainer=_key("trainer-token", trainer_token))
    local = running.is_loopback(host)
    made = running.bound(host, port)
    settings = settings_of(extra, **named)
    try:
        envs = catalog.tool_envs(env, seat=seat, players=players, **settings)
        served = application(envs, limits=limits, keys=keys, local=local)
    except BaseException:
        made.close()
        raise
    if not local and token is None:
        click.echo(
            f"Warning: {host} can be reached from other machines, and there is no --token: anybody "
            "there can use this server.",
            err=True,
        )

    def started() -> None:
        """Show the doors."""
        _show(made, env, token=token is not None, speaks_mcp=served.speaks_mcp)

    running.run(served.asgi, made, limits.body, started)
    click.echo("Stopped.")


def _check_installed() -> None:
    """Raise ImportError-like advice where the extra is not installed."""
    missing = [name for name in _NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise SettingError(
            f"webenvs serve needs {', '.join(missing)}: pip install 'webenvs[serve]'."
        )


def _key(name: str, token: str | None) -> str | None:
    """A token; raises SettingError for one that is empty or no header can carry."""
    if token is not None and (not token.isascii() or not token.isprintable() or not token.strip()):
        raise SettingError(f"--{name} must be printable ASCII characters, and not empty.")
    return token


def _show(made: "socket", env: str, *, token: bool, speaks_mcp: bool) -> None:
    """Print where the server is, and its doors."""
    from webenvs.serve.doors import lines
    from webenvs.serve.running import url_of

    base, name = url_of(made), catalog.row(env).id
    rows = [("door", "clients", "try it"), *lines(base, name, token=token, speaks_mcp=speaks_mcp)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    click.echo(f"{name} at {base}\n")
    for path, clients, tried in rows:
        click.echo(f"{path:<{widths[0]}}  {clients:<{widths[1]}}  {tried}")
    click.echo("\nCtrl-C stops it.")
