"""The `webenvs` command and the commands that only look: list, show, doctor, docs."""

import importlib.metadata
import importlib.util
import io
import os
import platform
import sys
from pathlib import Path

import click
import msgspec

from webenvs import catalog
from webenvs.cli import bench, corpus, play, preferences, record, replay, serve, stages, tasks
from webenvs.cli.docs import settings_rows, write_docs
from webenvs.cli.options import Group
from webenvs.text import printable

_CORE = ("numpy", "gymnasium", "pettingzoo", "msgspec", "faiss-cpu", "rank-bm25", "selectolax")
_OPTIONAL = ("torch", "stable_baselines3", "ray", "trl", "verifiers")


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(importlib.metadata.version("webenvs"))
def cli() -> None:
    """Deterministic, offline environments for training web-research agents.

    \b
    Try:
      webenvs play MultiHop-v0 --player oracle          watch an episode
      webenvs play MultiHop-v0 --game team              watch a planner and its workers
      webenvs bench random first-hit scripted oracle --env MultiHop-v0 --episodes 100
      webenvs corpus build PAGES --out DIR              freeze pages of your own
    """
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))


@cli.command("list", short_help="List environments, corpora, noise and players.")
def list_command() -> None:
    """List the environments, corpora, tasks, engines, noise models and players."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("environment", "what it asks", "tags"):
        table.add_column(heading, overflow="fold")
    for row in catalog.ROWS.values():
        table.add_row(row.id, row.summary, " ".join(row.tags))
    console.print(table)
    for heading, names in (
        ("corpora", catalog.CORPORA),
        ("tasks", catalog.TASKS),
        ("retrievers", catalog.RETRIEVERS),
        ("noise", catalog.NOISE),
    ):
        console.print(f"\n[bold]{heading}[/]")
        for name, meaning in names.items():
            console.print(f"  {name:<16} {meaning}", highlight=False, soft_wrap=True)
    console.print(f"  presets of noise: {', '.join(catalog.NOISE_PRESETS)}", highlight=False)
    console.print("\n[bold]players[/]")
    console.print(f"  {', '.join(catalog.PLAYERS)}, or package.module:Name", highlight=False)


@cli.command(short_help="Show an environment and its settings.")
@click.argument("env", metavar="ID")
def show(env: str) -> None:
    """Show one environment: its settings, and a task of it."""
    from rich.console import Console
    from rich.table import Table

    row = catalog.row(env)
    built = catalog.scenario(env)
    console = Console(highlight=False)
    console.print(f"[bold]{catalog.NAMESPACE}/{row.id}[/]  {row.summary}\n")
    console.print(
        f"corpus  {built.web.corpus.name}, {len(built.web.corpus)} pages, digest ", end=""
    )
    console.print(built.web.corpus.digest[:16])
    console.print(f"tasks   {built.tasks.name}, {built.tasks.size}, for example:", markup=False)
    question = printable(built.tasks.draw(0, built.split).question)
    console.print(f"        {question}\n", markup=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("setting", "default", "meaning"):
        table.add_column(heading, overflow="fold")
    for name, default, meaning in settings_rows(row):
        table.add_row(name, default, meaning)
    console.print(table)
    console.print(f'\nimport gymnasium as gym; env = gym.make("webenvs:webenvs/{row.id}")')


@cli.command(short_help="Check the installation.")
def doctor() -> None:
    """Print versions, check determinism, and say what is installed."""
    from webenvs.episodes import play as play_episode
    from webenvs.episodes import replay

    click.echo(f"webenvs {importlib.metadata.version('webenvs')}")
    click.echo(f"python {platform.python_version()} on {platform.system()} {platform.machine()}")
    for name in _CORE:
        click.echo(f"{name} {importlib.metadata.version(name)}")
    built = catalog.scenario("MultiHop-v0", game="team")
    corpus_digest = built.web.corpus.digest
    click.echo(f"embedded web: {len(built.web.corpus)} pages, digest {corpus_digest[:16]}")
    episode = play_episode(built, catalog.lineup("oracle"), seed=0)
    difference = replay(episode, built)
    click.echo(f"replay of an episode: {'same bytes' if difference is None else difference}")
    click.echo(f"fingerprint: {episode.fingerprint[:16]} (the same on every machine)")
    found = [name for name in _OPTIONAL if importlib.util.find_spec(name) is not None]
    click.echo(f"optional packages: {', '.join(found) or 'none'}")
    if difference is not None:
        sys.exit(1)


@cli.command(short_help="Write the documentation pages.")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def docs(directory: Path) -> None:
    """Write a Markdown page for every environment into DIRECTORY."""
    for path in write_docs(directory):
        click.echo(path)


@cli.command(short_help="Print task ids, or one task as JSON.")
@click.argument("env", metavar="ID")
@click.argument("task_id", required=False)
@click.option("--split", help="Split whose ids are listed; the environment's own by default.")
@click.option("--n", default=20, show_default=True, help="Ids to list.")
def task(env: str, task_id: str | None, split: str | None, n: int) -> None:
    """Print a task of an environment as JSON, answers included; the first N ids without TASK_ID."""
    built = catalog.scenario(env)
    source = built.tasks
    if task_id is None:
        listed = source.of_split(split or built.split)[:n]
        rows = (f"{entry.id} {entry.split} {entry.question}" for entry in listed)
        click.echo(printable("\n".join(rows)))
        return
    click.echo(msgspec.json.format(msgspec.json.encode(source.get(task_id))).decode())


cli.add_command(play.play)
cli.add_command(replay.replay)
cli.add_command(bench.bench)
cli.add_command(corpus.corpus)
cli.add_command(preferences.preferences)
cli.add_command(record.record)
cli.add_command(serve.serve)
cli.add_command(stages.stages)
cli.add_command(tasks.tasks)


def main() -> None:
    """Run the command line; a closed pipe ends it quietly, and any terminal can show any text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        cli.main(prog_name="webenvs")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
