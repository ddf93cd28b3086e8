"""`webenvs corpus`: build, look into, search and verify corpora."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webenvs import catalog, library
from webenvs.cli.options import Group
from webenvs.cli.targets import ANY, FOLDER
from webenvs.search import engines
from webenvs.text import printable

if TYPE_CHECKING:
    from rich.console import Console

    from webenvs.corpora.corpus import Corpus


@click.group(cls=Group)
def corpus() -> None:
    """Build, look into, search and verify corpora."""


@corpus.command()
@click.argument("source", type=ANY)
@click.option("--out", type=ANY, required=True, help="Directory of the new corpus.")
@click.option("--name", help="Name of the corpus; the source's by default.")
@click.option("--kind", help="html, jsonl or paragraphs; seen from the source by default.")
@click.option("--base-url", help="Url of the tree's root, for html (https://NAME/ by default).")
@click.option("--overwrite", is_flag=True, help="Replace a corpus that is there already.")
def build(
    source: Path,
    out: Path,
    name: str | None,
    kind: str | None,
    base_url: str | None,
    overwrite: bool,
) -> None:
    """Freeze the pages of SOURCE into a corpus at --out, and index it for search.

    SOURCE is a directory of HTML, a JSONL file ({url, title, text, links} or {id, contents}), or a
    HotpotQA or MuSiQue paragraph file. Links are urls or {anchor, url, position}. Broken pages are
    counted and reported.

    \b
      webenvs corpus build /usr/share/doc/python3.11/html --out docs --base-url https://python-docs.example/
    """
    from rich.console import Console

    from webenvs.cli.progress import counter
    from webenvs.corpora import sources, store
    from webenvs.corpora.report import Tally

    console = Console(stderr=True, highlight=False)
    name = name or source.resolve().name.partition(".")[0]
    settings: dict[str, Any] = {"base_url": base_url} if base_url else {}
    tally = Tally()
    with counter(console, "reading pages") as seen:
        pages = sources.read(source, name, kind=kind, tally=tally, progress=seen, **settings)
        store.write(pages, out, name, tally=tally, overwrite=overwrite)
    _index(console, out)
    _print_info(store.open_corpus(out))


@corpus.command()
@click.argument("preset", required=False)
@click.option("--out", type=FOLDER, required=True, help="Directory of the new corpus.")
@click.option("--pages", type=int, help="How many pages, 100 to 1,000,000.")
@click.option("--seed", type=int, help="Which of the endless worlds; any whole number from 0.")
@click.option("--density", type=float, help="How much is known of each thing, 0.5 to 2.")
@click.option("--ambiguity", type=float, help="How many names are shared or alike, 0 to 1.")
@click.option("--distractors", type=float, help="How many pages tell nothing new, 0 to 1.")
@click.option("--length", type=float, help="How long articles are, 0.5 to 4.")
@click.option("--workers", type=int, help="Processes; by default one a core.")
@click.option("--html", type=FOLDER, help="Write every page as an HTML file into this folder too.")
@click.option("--overwrite", is_flag=True, help="Replace a corpus that is there already.")
def generate(
    preset: str | None,
    out: Path,
    workers: int | None,
    html: Path | None,
    overwrite: bool,
    **chosen: float | None,
) -> None:
    """Generate a world of invented people, places and works as a corpus at --out, and index it.

    PRESET is tiny (300 pages, the default), small (2,000), medium (10,000) or large (100,000);
    options replace its settings one by one. The same settings give the same bytes, on any machine
    and with any number of workers. What every page states is kept beside the pages, unseen by
    players, for tasks to be made and proved from. A build that was stopped goes on when the same
    command is given again.

    \b
      webenvs corpus generate medium --out world
      webenvs corpus generate --pages 50000 --seed 7 --ambiguity 0.9 --out foggy
      webenvs corpus generate tiny --out tiny --html tiny-html    HTML, to try extraction on
    """
    from rich.console import Console

    from webenvs.cli.generating import generated, mirrored
    from webenvs.corpora import presets
    from webenvs.corpora.world.mirror import check_mirror

    console = Console(stderr=True, highlight=False)
    settings = presets.adjusted(preset or "tiny", chosen)
    if html is not None:
        check_mirror(html)
    built = generated(console, settings, out, workers, overwrite)
    _index(console, out)
    if html is not None:
        mirrored(console, built, html)
    _print_info(built)


@corpus.command()
@click.argument("path", type=ANY)
def info(path: Path) -> None:
    """Print what the corpus at PATH (or a preset) holds, and what was broken when it was built."""
    _print_info(library.corpus(str(path)))


@corpus.command()
@click.argument("path")
@click.argument("query")
@click.option("-k", default=5, show_default=True, type=click.IntRange(1, 100), help="Hits.")
def search(path: str, query: str, k: int) -> None:
    """Search the corpus at PATH (or a preset) for QUERY."""
    found = library.corpus(path)
    hits = engines.retriever(found, "bm25", {}).search(query, k)
    if not hits:
        click.echo(f"No page matches {query!r}.")
    for hit in hits:
        said = f"{hit.rank}. {hit.title}  ({hit.score:.3f})\n   {hit.url}\n   {hit.snippet}"
        click.echo(printable(said))


@corpus.command()
@click.argument("path")
@click.argument("url")
def show(path: str, url: str) -> None:
    """Print the page URL of the corpus at PATH (or a preset), as a player would read it."""
    from webenvs.errors import unknown_name

    found = library.corpus(path)
    index = found.index(url)
    if index is None:
        near = [found.url(place) for place in range(min(len(found), 20_000))]
        error = unknown_name("page", url, near)
        raise type(error)(str(error).partition(" Allowed:")[0])
    page = found.page(index)
    click.echo(printable(f"{page.title}\n{page.url}\n\n{page.text}\n"))
    for number, link in enumerate(page.links):
        click.echo(printable(f"[{number}] {link.anchor} -> {link.url}"))


@corpus.command()
@click.argument("path", type=ANY)
def verify(path: Path) -> None:
    """Check every byte of the corpus at PATH and of its search indexes.

    Status 2 and the first fault if anything is damaged. A preset is generated, and has no files.
    """
    from rich.console import Console

    from webenvs.cli.progress import counter
    from webenvs.corpora import verifying
    from webenvs.corpora.corpus import digest_of
    from webenvs.search.verifying import verify_all

    if str(path) in catalog.CORPORA:
        found = library.corpus(str(path))
        digest = digest_of(found.page(index) for index in range(len(found)))
        click.echo(f"{path} is generated and has no files: {len(found)} pages, digest {digest}")
        return
    with counter(Console(stderr=True), "checking pages") as seen:
        stored = verifying.verify(path, seen)
    indexes = verify_all(path / "index", stored)
    click.echo(
        f"{path} is sound: {len(stored)} pages, {indexes} search "
        f"{'index' if indexes == 1 else 'indexes'}, digest {stored.digest}"
    )


def _index(console: "Console", path: Path) -> None:
    """Index the corpus at `path` for the default search and its filters."""
    from webenvs.corpora.store import open_corpus
    from webenvs.search.bm25 import retriever_for
    from webenvs.search.columns import columns_of

    console.print("indexing for search ...")
    found = open_corpus(path)
    retriever_for(found, place=path / "index")
    columns_of(found, path / "index")


def _print_info(found: "Corpus") -> None:
    import msgspec
    from rich.console import Console

    from webenvs.corpora.store import StoredCorpus

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{'name':<12}{found.name}", markup=False)
    console.print(f"{'pages':<12}{len(found)}")
    console.print(f"{'digest':<12}{found.digest}")
    if not isinstance(found, StoredCorpus):
        return
    report: dict[str, Any] = msgspec.to_builtins(found.report)
    for name, value in report.items():
        if isinstance(value, int) and name != "pages":
            console.print(f"{name.replace('_', ' '):<20}{value}")
    for reason, count in report.get("broken_reasons", {}).items():
        console.print(f"  {count} x {reason}", markup=False)
    for example in report.get("broken_examples", ()):
        console.print(f"  {example['where']}: {example['reason']}", markup=False)
