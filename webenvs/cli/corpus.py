"""`webenvs corpus`: build, look into, search and verify corpora."""

from pathlib import Path
from typing import Any

import click

from webenvs import catalog
from webenvs.cli.options import Group

_PATH = click.Path(path_type=Path)


@click.group(cls=Group)
def corpus() -> None:
    """Build, look into, search and verify corpora."""


@corpus.command()
@click.argument("source", type=_PATH)
@click.option("--out", type=_PATH, required=True, help="Directory of the new corpus.")
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
    from webenvs.search.bm25 import index_place, retriever_for
    from webenvs.search.settings import Bm25Settings

    console = Console(stderr=True, highlight=False)
    name = name or source.resolve().name.partition(".")[0]
    settings: dict[str, Any] = {"base_url": base_url} if base_url else {}
    tally = Tally()
    with counter(console, "reading pages") as seen:
        pages = sources.read(source, name, kind=kind, tally=tally, progress=seen, **settings)
        store.write(pages, out, name, tally=tally, overwrite=overwrite)
    console.print("indexing for search ...")
    settings = Bm25Settings()
    retriever_for(store.open_corpus(out), settings, index_place(out, settings))
    _print_info(out)


@corpus.command()
@click.argument("path", type=_PATH)
def info(path: Path) -> None:
    """Print what the corpus at PATH holds, and what was broken when it was built."""
    _print_info(path)


@corpus.command()
@click.argument("path")
@click.argument("query")
@click.option("-k", default=5, show_default=True, type=click.IntRange(1, 100), help="Hits.")
def search(path: str, query: str, k: int) -> None:
    """Search the corpus at PATH (or a preset) for QUERY."""
    found = catalog.corpus(path)
    hits = catalog.retriever(found, "bm25", {}).search(query, k)
    if not hits:
        click.echo(f"No page matches {query!r}.")
    for hit in hits:
        click.echo(f"{hit.rank}. {hit.title}  ({hit.score:.3f})\n   {hit.url}\n   {hit.snippet}")


@corpus.command()
@click.argument("path")
@click.argument("url")
def show(path: str, url: str) -> None:
    """Print the page URL of the corpus at PATH (or a preset), as a player would read it."""
    from webenvs.errors import unknown_name

    found = catalog.corpus(path)
    index = found.index(url)
    if index is None:
        near = [found.url(place) for place in range(min(len(found), 20_000))]
        error = unknown_name("page", url, near)
        raise type(error)(str(error).partition(" Allowed:")[0])
    page = found.page(index)
    click.echo(f"{page.title}\n{page.url}\n\n{page.text}\n")
    for number, link in enumerate(page.links):
        click.echo(f"[{number}] {link.anchor} -> {link.url}")


@corpus.command()
@click.argument("path", type=_PATH)
def verify(path: Path) -> None:
    """Check every byte of the corpus at PATH and of its search indexes.

    Status 2 and the first fault if anything is damaged.
    """
    from rich.console import Console

    from webenvs.cli.progress import counter
    from webenvs.corpora import store
    from webenvs.search.verifying import verify_all

    with counter(Console(stderr=True), "checking pages") as seen:
        found = store.verify(path, seen)
    indexes = verify_all(path, found)
    click.echo(
        f"{path} is sound: {len(found)} pages, {indexes} search "
        f"{'index' if indexes == 1 else 'indexes'}, digest {found.digest}"
    )


def _print_info(path: Path) -> None:
    import msgspec
    from rich.console import Console

    from webenvs.corpora.store import open_corpus

    found = open_corpus(path)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{'name':<12}{found.name}", markup=False)
    console.print(f"{'pages':<12}{len(found)}")
    console.print(f"{'digest':<12}{found.digest}")
    report: dict[str, Any] = msgspec.to_builtins(found.manifest.report)
    for name, value in report.items():
        if isinstance(value, int) and name != "pages":
            console.print(f"{name.replace('_', ' '):<20}{value}")
    for reason, count in report.get("broken_reasons", {}).items():
        console.print(f"  {count} x {reason}", markup=False)
    for example in report.get("broken_examples", ()):
        console.print(f"  {example['where']}: {example['reason']}", markup=False)
