"""`webenvs tasks`: make, verify, show and describe sets of generated questions."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from webenvs import catalog, library
from webenvs.cli.options import Group, settings_of
from webenvs.cli.targets import FILE, FOLDER, check_writable
from webenvs.errors import SettingError
from webenvs.search import engines
from webenvs.text import printable

if TYPE_CHECKING:
    from webenvs.corpora.knowledge import Knowledge
    from webenvs.records import Task
    from webenvs.search.retriever import Retriever
    from webenvs.tasks.generated import Generated

_WORKERS = click.option(
    "--workers",
    default=os.cpu_count() or 1,
    type=click.IntRange(min=1),
    help="Processes; all cores by default.",
)
_CORPUS = click.option(
    "--corpus", default="tiny", show_default=True, help="Corpus preset, or the path of one."
)


@click.group(cls=Group)
def tasks() -> None:
    """Make questions whose answers are proved, prove them again, and look at them."""


@tasks.command()
@click.option("--family", required=True, metavar="ID", help="Environment id, such as SetQuery-v0.")
@click.option("--n", default=1000, show_default=True, help="Tasks, all with different questions.")
@click.option("--out", type=FILE, required=True, help="Task file (JSONL).")
@click.option("--split", default="train", show_default=True, help="train, validation or test.")
@click.option("--level", default="medium", show_default=True, help="easy, medium, hard, extreme.")
@_CORPUS
@_WORKERS
@click.option(
    "-s",
    "--set",
    "extra",
    multiple=True,
    metavar="NAME=VALUE",
    help="A knob of the family, such as hops=[2,3]; `webenvs show ID` lists them.",
)
def make(
    family: str,
    n: int,
    out: Path,
    split: str,
    level: str,
    corpus: str,
    workers: int,
    extra: tuple[str, ...],
) -> None:
    """Make the first N tasks of a family over a corpus and write them to --out.

    The same command gives the same bytes, whatever the number of workers. A stopped run goes on
    where it was when the same command is given again; other settings start clean.

    \b
      webenvs tasks make --family SetQuery-v0 --n 1000 --out tasks.jsonl
      webenvs tasks make --family MultiHop-v0 --corpus medium --level hard --out hard.jsonl
      webenvs bench scripted oracle --env Tasks-v0 --corpus medium --tasks hard.jsonl
    """
    from rich.console import Console

    from webenvs.cli.progress import bar
    from webenvs.tasks.making import make_tasks

    settings = settings_of(extra, level=level, corpus=corpus)
    source_of(family, settings)
    check_writable(out)
    with bar(Console(stderr=True), "making tasks", n) as done:
        made = make_tasks(
            (source_of, (family, settings)),
            out,
            split=split,
            n=n,
            workers=workers,
            progress=done,
        )
    click.echo(f"{made.tasks} tasks in {out} ({made.twins} twins dropped)")


@tasks.command()
@click.argument("file", type=FILE)
@_CORPUS
@_WORKERS
def verify(file: Path, corpus: str, workers: int) -> None:
    """Prove every task of FILE again from the corpus alone, and say which rule fails.

    The query each task carries is evaluated over all facts of the corpus; answers, evidence,
    passages, difficulty and question must follow. Status 1 if any task fails.
    """
    from rich.console import Console

    from webenvs.cli.progress import bar
    from webenvs.tasks.files import read_tasks
    from webenvs.tasks.making import verify_tasks

    held = read_tasks(file).tasks
    desk_of(corpus)
    with bar(Console(stderr=True), "verifying", len(held)) as done:
        found = verify_tasks((desk_of, (corpus,)), held, workers=workers, progress=done)
    wrong = [(task, flaw) for task, flaw in zip(held, found, strict=True) if flaw is not None]
    for task, flaw in wrong:
        click.echo(printable(f"{task.id} breaks {flaw.rule}: {flaw.message}"))
    click.echo(f"{len(held) - len(wrong)} of {len(held)} tasks are proved on {corpus}")
    if wrong:
        raise SystemExit(1)


@tasks.command()
@click.argument("file", type=FILE)
@click.argument("task_id", required=False)
@click.option("--n", default=10, show_default=True, help="Tasks to show without TASK_ID.")
def show(file: Path, task_id: str | None, n: int) -> None:
    """Print questions, answers and proofs of FILE: the first N tasks, or the one of TASK_ID."""
    from webenvs.tasks.files import read_tasks

    held = read_tasks(file)
    if task_id is not None:
        click.echo(msgspec.json.format(msgspec.json.encode(held.get(task_id))).decode())
        return
    for task in held.tasks[:n]:
        click.echo(printable(_lines(task)) + "\n")
    if len(held) > n:
        click.echo(f"... and {len(held) - n} more")


@tasks.command()
@click.argument("file", type=FILE)
@_CORPUS
@click.option("--out", type=FOLDER, help="Folder of the card (FILE.card by default).")
def card(file: Path, corpus: str, out: Path | None) -> None:
    """Describe FILE: counts, difficulty, shortcuts, duplicates, and what players without skill get.

    Writes README.md with pictures (SVG) and prints where. The rates are of players that do not
    research: one that knows only the commonest answers, one that reads snippets of one search, one
    that answers the first title.
    """
    from rich.console import Console

    from webenvs.bench.card import measure, write
    from webenvs.cli.progress import bar
    from webenvs.tasks.files import read_tasks

    held = read_tasks(file).tasks
    folder = out or file.with_name(f"{file.name}.card")
    check_writable(folder)
    knowledge, retriever = desk_of(corpus)
    with bar(Console(stderr=True), "searching", len(held)) as done:
        measured = measure(held, knowledge.corpus, retriever, done)
    click.echo(f"Card: {write(measured, folder, file.name)}")


@tasks.command()
@click.argument("files", type=FILE, nargs=-1, required=True)
def overlap(files: tuple[Path, ...]) -> None:
    """Count what task files share, pair by pair: questions, chains of facts, sets of pages.

    \b
      webenvs tasks overlap train.jsonl validation.jsonl test.jsonl
    """
    from rich.console import Console
    from rich.table import Table

    from webenvs.bench.overlap import overlaps
    from webenvs.tasks.files import read_tasks

    if len(files) < 2:
        raise click.UsageError("Name at least two files.")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("file", "other file", "questions", "chains of facts", "sets of pages"):
        justify: Any = "left" if "file" in heading else "right"
        table.add_column(heading, justify=justify, overflow="fold")
    for row in overlaps({path.name: read_tasks(path).tasks for path in files}):
        counts = (row.questions, row.chains, row.evidence)
        table.add_row(row.one, row.other, *(str(count) for count in counts))
    Console().print(table)


def source_of(family: str, settings: dict[str, Any]) -> "Generated":
    """The endless tasks of an id with these settings; raises SettingError if it has a fixed set."""
    from webenvs.tasks.generated import Generated

    source = catalog.scenario(family, **settings).tasks
    if not isinstance(source, Generated):
        raise SettingError(f"{family} has no generated tasks; families: {', '.join(_families())}.")
    return source


def desk_of(corpus: str) -> "tuple[Knowledge, Retriever]":
    """The knowledge of a corpus, and the default search engine over it."""
    pages = library.corpus(corpus)
    return library.knowledge(pages), engines.retriever(pages, "bm25", {})


def _families() -> list[str]:
    return [row.id for row in catalog.ROWS.values() if "generated" in row.tags]


def _lines(task: "Task") -> str:
    """A task for reading: question, answer, and the facts that prove it."""
    lines = [f"{task.id}  {task.family}, {task.split}", task.question]
    lines.append(f"  answer: {'; '.join(task.answers)}")
    lines += [f"  {hop.id}: {hop.fact}" for hop in task.hops]
    return "\n".join(lines)
