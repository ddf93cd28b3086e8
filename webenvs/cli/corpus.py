"""`webenvs corpus`: build, look into, search and verify corpora."""

import os
from pathlib import Path

import click

from webenvs import catalog, library
from webenvs.cli.freezing import frozen, indexed, print_info
from webenvs.cli.options import Group, engine_options, settings_of
from webenvs.cli.targets import ANY, FOLDER, NAMED
from webenvs.corpora.sources import hub, kinds
from webenvs.search import engines
from webenvs.text import printable


def _kinds() -> str:
    """The kinds of source, as the help of `build` shows them."""
    rows = [f"  {name:<12}{kind.meaning}" for name, kind in kinds.TABLE.items()]
    return "\n".join(["\b", "Kinds of source:", *rows])


@click.group(cls=Group)
def corpus() -> None:
    """Build, look into, search and verify corpora."""


@corpus.command(epilog=_kinds())
@click.argument("source", type=NAMED)
@click.option("--out", type=ANY, required=True, help="Directory of the new corpus.")
@click.option("--name", help="Name of the corpus; the source's by default.")
@click.option("--kind", help="One of those below; seen from the source by default.")
@click.option("--base-url", help="Url of a tree's root (https://NAME/ by default).")
@click.option(
    "-s",
    "--set",
    "extra",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting of the kind, as JSON or plain text.",
)
@click.option(
    "--twins",
    type=float,
    default=0.8,
    show_default=True,
    help="Likeness from which a page is marked as the twin of an earlier one; 0: mark none.",
)
@click.option("--no-languages", is_flag=True, help="Believe what pages declare; detect nothing.")
@click.option("--overwrite", is_flag=True, help="Replace a corpus that is there already.")
def build(
    source: str,
    out: Path,
    name: str | None,
    kind: str | None,
    base_url: str | None,
    extra: tuple[str, ...],
    twins: float,
    no_languages: bool,
    overwrite: bool,
) -> None:
    """Freeze the pages of SOURCE into a corpus at --out, and index it for search.

    SOURCE is a file or a directory of any of the kinds below, or hf:OWNER/NAME. Links are resolved
    (broken ones are kept and marked), redirects become aliases, languages and near-duplicates are
    marked; all that was met is counted and kept with the corpus. Status 3 says that the corpus was
    built but some of the source was lost.

    \b
      webenvs corpus build /usr/share/doc/python3.11/html --out docs --base-url https://python-docs.example/
      webenvs corpus build crawl.warc.gz --out crawl
      webenvs corpus build hf:owner/name --out set -s split=train
    """
    from rich.console import Console

    from webenvs.corpora.report import Tally
    from webenvs.corpora.settling import Marks

    console = Console(stderr=True, highlight=False)
    name = name or _named(source)
    marks = Marks(languages=not no_languages, twins=twins)
    tally = Tally()
    pages = kinds.read(
        source, name, kind=kind, tally=tally, **settings_of(extra, base_url=base_url)
    )
    frozen(console, pages, out, name, tally, overwrite, marks)


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
    indexed(console, out)
    if html is not None:
        mirrored(console, built, html)
    print_info(built)


@corpus.command("as-of")
@click.argument("path", type=NAMED)
@click.argument("year", type=int)
@click.option("--out", type=FOLDER, required=True, help="Directory of the new corpus.")
@click.option("--overwrite", is_flag=True, help="Replace a corpus that is there already.")
def as_of(path: str, year: int, out: Path, overwrite: bool) -> None:
    """Write the world at PATH (or a preset) as it was at the end of YEAR to --out, and index it.

    Who held an office, who owned what, capitals and counts are those of the year; urls are the
    same in all years, so two snapshots can be compared page by page. Tasks made of a snapshot ask
    for what was true then.

    \b
      webenvs corpus as-of tiny 2009 --out tiny-2009
    """
    from rich.console import Console

    from webenvs.corpora import store
    from webenvs.corpora.snapshot import snapshot

    console = Console(stderr=True, highlight=False)
    then = snapshot(library.knowledge(library.corpus(path)), year)
    pages = (then.corpus.page(index) for index in range(len(then.corpus)))
    store.write(pages, out, then.name, overwrite=overwrite)
    store.attach_knowledge(out, then)
    indexed(console, out)
    print_info(library.corpus(str(out)))


@corpus.command()
@click.argument("path", type=NAMED)
def info(path: str) -> None:
    """Print what the corpus at PATH (or a preset) holds, and what was broken when it was built."""
    print_info(library.corpus(path))


@corpus.command()
@click.argument("path", type=NAMED)
@click.argument("query")
@click.option("-k", default=5, show_default=True, type=click.IntRange(1, 100), help="Hits.")
@engine_options
def search(path: str, query: str, k: int, engine: str, extra: tuple[str, ...]) -> None:
    """Search the corpus at PATH (or a preset) for QUERY.

    A query may hold "an exact phrase", -word, site:example.org, intitle:word, lang:de, after:2020
    and before:2021-06-30. Put -- before one that begins with a minus.

    \b
      webenvs corpus search my-web '"north river" site:news.example after:2019'
      webenvs corpus search my-web "who dammed the river" --engine hybrid
    """
    found = library.corpus(path)
    hits = engines.retriever(found, engine, settings_of(extra)).search(query, k)
    if not hits:
        click.echo(f"No page matches {query!r}.")
    for hit in hits:
        said = f"{hit.rank}. {hit.title}  ({hit.score:.3f})\n   {hit.url}\n   {hit.snippet}"
        click.echo(printable(said))


@corpus.command()
@click.argument("path", type=NAMED)
@engine_options
def index(path: str, engine: str, extra: tuple[str, ...]) -> None:
    """Build the index of an engine for the corpus at PATH now, rather than at the first query.

    Indexes of pages that the corpus no longer has are removed.

    \b
      webenvs corpus index my-web --engine dense -s dims=128
    """
    from webenvs.search.frozen import prune_stale

    found = library.corpus(path)
    engines.retriever(found, engine, settings_of(extra))
    place = Path(path) / "index"
    removed = prune_stale(place, found.digest)
    more = f"; {len(removed)} of other pages removed" if removed else ""
    kept = any(place.glob(f"*-{found.digest[:16]}")) and os.access(place, os.W_OK)
    if not kept or path in catalog.CORPORA or engine == "rank-bm25":
        click.echo(f"{path}: {engine} keeps no index here, it works in memory{more}")
        return
    click.echo(f"{path} is indexed for {engine}{more}")


@corpus.command()
@click.argument("path", type=NAMED)
@click.argument("url")
def show(path: str, url: str) -> None:
    """Print the page URL of the corpus at PATH (or a preset), as a player would read it."""
    from webenvs.errors import unknown_name
    from webenvs.web.backend import resolved

    found = library.corpus(path)
    index = found.index(resolved(found, url) or url)
    if index is None:
        near = [found.url(place) for place in range(min(len(found), 20_000))]
        error = unknown_name("page", url, near)
        raise type(error)(str(error).partition(" Allowed:")[0])
    page = found.page(index)
    click.echo(printable(f"{page.title}\n{page.url}\n\n{page.text}\n"))
    for number, link in enumerate(page.links):
        click.echo(printable(f"[{number}] {link.anchor} -> {link.url}"))


@corpus.command()
@click.argument("path", type=NAMED)
def verify(path: str) -> None:
    """Check every byte of the corpus at PATH and of its search indexes.

    Status 2 and the first fault if anything is damaged. A preset is generated, and has no files.
    """
    from rich.console import Console

    from webenvs.cli.progress import counter
    from webenvs.corpora import verifying
    from webenvs.corpora.corpus import digest_of
    from webenvs.search.verifying import verify_all

    if path in catalog.CORPORA:
        found = library.corpus(path)
        digest = digest_of(found.page(index) for index in range(len(found)))
        click.echo(f"{path} is generated and has no files: {len(found)} pages, digest {digest}")
        return
    with counter(Console(stderr=True), "checking pages") as seen:
        stored = verifying.verify(path, seen)
    indexes = verify_all(stored.path / "index", stored)
    click.echo(
        f"{path} is sound: {len(stored)} pages, {indexes} search "
        f"{'index' if indexes == 1 else 'indexes'}, digest {stored.digest}"
    )


def _named(source: str) -> str:
    """The name of a corpus that was given none."""
    if source.startswith(hub.PREFIX):
        return source.rpartition("/")[2]
    return Path(source).resolve().name.partition(".")[0]
