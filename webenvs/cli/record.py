"""`webenvs record`: fetch live pages once, look after what was recorded, freeze it."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webenvs.cli.options import Group
from webenvs.cli.targets import ANY, FILE, FOLDER
from webenvs.text import printable

if TYPE_CHECKING:
    from webenvs.corpora.crawling import Outcome

SOME_FAILED = 3
"""The exit status when some urls were fetched and some were not."""
NOTHING = 2
"""The exit status when no url was fetched."""
_INTERRUPTED = 130
_SHOWN = 20
_MODES = click.Choice(("record", "replay", "refresh"))


@click.group(cls=Group)
def record() -> None:
    """Fetch live pages once into a recording, replay it for ever, freeze it into a corpus.

    \b
      webenvs record fetch https://example.org/ --depth 1 --out pages
      webenvs record list pages
      webenvs record freeze pages --out my-web
    """


@record.command()
@click.argument("urls", nargs=-1)
@click.option("--from", "listed", type=FILE, help="A file of urls, one a line; # begins a remark.")
@click.option("--out", type=FOLDER, required=True, help="Directory of the recording.")
@click.option("--mode", type=_MODES, default="record", show_default=True, help="See above.")
@click.option("--depth", default=0, show_default=True, help="Links to follow in a row.")
@click.option("--prefix", multiple=True, metavar="URL", help="Follow links that begin so, only.")
@click.option("--anywhere", is_flag=True, help="Follow links to other hosts too.")
@click.option("--limit", default=1000, show_default=True, help="Urls at most.")
@click.option("--concurrency", default=8, show_default=True, help="Requests at once.")
@click.option("--per-host", default=2, show_default=True, help="Requests at once to one host.")
@click.option("--delay", default=0.5, show_default=True, help="Seconds between two to one host.")
@click.option("--timeout", default=15.0, show_default=True, help="Seconds of silence to bear.")
@click.option("--total-time", default=60.0, show_default=True, help="Seconds for one page.")
@click.option("--size-limit", default=10_000_000, show_default=True, help="Bytes of one page.")
@click.option("--retries", default=3, show_default=True, help="Attempts after the first.")
@click.option("--redirects", default=10, show_default=True, help="Redirects in a row.")
@click.option("--allow", multiple=True, metavar="HOST[:PORT]", help="A host off the public net.")
@click.option("--ignore-robots", is_flag=True, help="Ask what robots.txt asks to leave alone.")
@click.option("--user-agent", help="The name that hosts and their robots.txt see.")
@click.option(
    "--header",
    "headers",
    nargs=3,
    multiple=True,
    metavar="ORIGIN NAME VARIABLE",
    help="Send NAME with the value of an environment variable, to ORIGIN alone; never recorded.",
)
@click.pass_context
def fetch(
    ctx: click.Context,
    /,
    urls: tuple[str, ...],
    listed: Path | None,
    out: Path,
    mode: str,
    **options: Any,
) -> None:
    """Fetch URLS, and with --depth what they link to, into the recording at --out.

    record asks only what is not recorded yet, refresh asks everything again, replay asks nothing
    and says what is missing. Only http and https are spoken, to hosts on the public internet and
    to those named by --allow; robots.txt is obeyed, cookies are dropped, credentials never stored.
    Each page is on disk as soon as it is complete: after a stop of any kind, give the same command
    again and only the rest is fetched.

    Exit status: 0 all fetched, 3 some failed, 2 none fetched, 130 interrupted.

    \b
      webenvs record fetch https://docs.example/ --depth 2 --limit 500 --out docs
      webenvs record fetch --from urls.txt --out pages --per-host 1 --delay 2
      webenvs record fetch http://intranet.example/ --allow intranet.example --out intranet
      webenvs record fetch https://api.example/a --out api \
        --header https://api.example Authorization TOKEN_VARIABLE
    """
    from webenvs.recording.recording import Recording

    wanted = [*urls, *_listed(listed)]
    if not wanted:
        raise click.UsageError("Give urls, or a file of them with --from.")
    settings, reach = _settings(options)
    with Recording(out, mode) as recording:  # type: ignore[arg-type]  # click has checked the mode
        try:
            outcomes = _crawled(wanted, recording, settings, reach)
        except KeyboardInterrupt:
            click.echo(
                f"Interrupted. {len(recording)} answers are recorded in {out}; give the same "
                "command again to fetch the rest.",
                err=True,
            )
            ctx.exit(_INTERRUPTED)
    ctx.exit(_told(outcomes, out))


@record.command()
@click.argument("queries", nargs=-1, required=True)
@click.option("--engine", required=True, metavar="MODULE:NAME", help="The function that searches.")
@click.option("--out", type=FOLDER, required=True, help="Directory of the recording.")
@click.option("--mode", type=_MODES, default="record", show_default=True, help="As for fetch.")
@click.option("-k", default=10, show_default=True, type=click.IntRange(1, 100), help="Results.")
def search(queries: tuple[str, ...], engine: str, out: Path, mode: str, k: int) -> None:
    """Ask a search API of your own, once, and keep its results in the recording at --out.

    The engine is a Python function (query, k) that returns a list of {"url", "title", "snippet"};
    it holds whatever key the service wants, which is therefore never recorded. Urls are printed
    one a line, ready for `fetch --from`.

    \b
      webenvs record search "rivers of Ruritania" --engine my_search:search --out pages > urls.txt
      webenvs record fetch --from urls.txt --out pages
    """
    from webenvs.recording.recording import Recording
    from webenvs.recording.searching import search as ask

    with Recording(out, mode) as recording:  # type: ignore[arg-type]  # click has checked the mode
        for query in queries:
            for found in ask(recording, engine, query, k):
                click.echo(printable(found.url))


@record.command("list")
@click.argument("directory", type=FOLDER)
@click.option("--host", help="Pages of this host and of those below it, only.")
def list_entries(directory: Path, host: str | None) -> None:
    """List what the recording at DIRECTORY holds: when, status, bytes, and url or request.

    \b
      webenvs record list pages --host example.org
    """
    from webenvs.recording.recording import Recording
    from webenvs.recording.upkeep import entries, of_host

    with Recording(directory) as recording:
        count = 0
        for entry in entries(recording):
            if of_host(entry, host):
                count += 1
                status = entry.status or entry.kind
                said = f"{entry.recorded}  {status:>6}  {entry.size:>9}  {entry.what}"
                click.echo(printable(said))
        click.echo(f"{count} of {len(recording)} answers", err=True)


@record.command()
@click.argument("directory", type=FOLDER)
@click.argument("url")
@click.option("--raw", is_flag=True, help="The bytes of the body, and nothing else.")
def show(directory: Path, url: str, raw: bool) -> None:
    """Show what was recorded for URL: status, headers, and the page as a corpus would have it.

    \b
      webenvs record show pages https://example.org/
      webenvs record show pages https://example.org/ --raw > page.html
    """
    from webenvs.corpora.recorded import page_of
    from webenvs.errors import bad_setting
    from webenvs.recording.recording import Recording
    from webenvs.recording.response import page_request, response_of
    from webenvs.records import Page

    with Recording(directory) as recording:
        try:
            request = page_request(url)
        except ValueError as error:
            raise bad_setting("url", url, "a url") from error
        found = recording.find(request)
        assert found is not None  # a replayed recording raises where it has nothing
        response = response_of(request, found.answer)
    if raw:
        click.echo(response.body, nl=False)
        return
    click.echo(printable(f"{response.url}\n{response.version} {response.status}  {found.recorded}"))
    for name, value in response.headers:
        click.echo(printable(f"{name}: {value}"))
    if response.status == 200:
        try:
            item = page_of(response).item
        except ValueError as error:
            click.echo(f"\n({error})")
            return
        if isinstance(item, Page):
            click.echo(printable(f"\n{item.title}\n\n{item.text}"))


@record.command()
@click.argument("directory", type=FOLDER)
@click.option("--host", help="Pages of this host and of those below it.")
@click.option("--before", help="What was recorded before, as 2026-11-30 or 2026-11-30T09:00:00Z.")
@click.option("--status", type=int, help="Pages answered with this status.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def prune(
    directory: Path, host: str | None, before: str | None, status: int | None, dry_run: bool
) -> None:
    """Forget what fits all the given options, at least one.

    \b
      webenvs record prune pages --status 404
      webenvs record prune pages --host ads.example.org --before 2026-06-01 --dry-run
    """
    from webenvs.recording import upkeep

    with _existing(directory) as recording:
        gone = upkeep.prune(recording, host=host, before=before, status=status, dry_run=dry_run)
        for entry in gone:
            click.echo(printable(entry.what))
        verb = "would go" if dry_run else "are gone"
        click.echo(f"{len(gone)} answers {verb}, {len(recording)} are there", err=True)


@record.command()
@click.argument("target", type=FOLDER)
@click.argument("sources", nargs=-1, required=True, type=FOLDER)
@click.option(
    "--keep",
    type=click.Choice(("newer", "first", "second")),
    default="newer",
    show_default=True,
    help="Which answer stays where two differ: the newer, TARGET's, or the other's.",
)
def merge(target: Path, sources: tuple[Path, ...], keep: str) -> None:
    """Bring the answers of the recordings SOURCES into the recording TARGET.

    \b
      webenvs record merge pages pages-of-monday pages-of-tuesday
    """
    from webenvs.recording import upkeep
    from webenvs.recording.recording import Recording

    with Recording(target, "record") as into:
        for source in sources:
            with Recording(source) as other:
                done = upkeep.merge(into, other, keep)  # type: ignore[arg-type]  # checked by click
            click.echo(
                f"{source}: {done.added} added, {done.replaced} replaced, {done.same} the same, "
                f"{done.left} left out"
            )


@record.command()
@click.argument("directory", type=FOLDER)
def verify(directory: Path) -> None:
    """Read every answer at DIRECTORY and check every digest; status 2 at the first fault.

    \b
      webenvs record verify pages
    """
    from rich.console import Console

    from webenvs.cli.progress import counter
    from webenvs.recording import upkeep
    from webenvs.recording.recording import Recording

    console = Console(stderr=True)
    with Recording(directory) as recording, counter(console, "checking answers") as seen:
        count = upkeep.verify(recording, seen)
    click.echo(f"{directory} is sound: {count} answers")


@record.command()
@click.argument("directory", type=FOLDER)
@click.option("--warc", type=FILE, required=True, help="The file; .warc.gz is compressed.")
def export(directory: Path, warc: Path) -> None:
    """Write the pages of the recording at DIRECTORY into a WARC file.

    Requests and responses with their headers, bodies unpacked. The same recording gives the same
    bytes.

    \b
      webenvs record export pages --warc pages.warc.gz
    """
    from rich.console import Console

    from webenvs.cli.progress import counter
    from webenvs.recording.archiving import export_warc
    from webenvs.recording.recording import Recording

    with Recording(directory) as recording, counter(Console(stderr=True), "writing") as seen:
        count = export_warc(recording, warc, seen)
    click.echo(f"{count} pages in {warc}")


@record.command()
@click.argument("directory", type=FOLDER)
@click.option("--out", type=ANY, required=True, help="Directory of the new corpus.")
@click.option("--name", help="Name of the corpus; that of DIRECTORY by default.")
@click.option("--overwrite", is_flag=True, help="Replace a corpus that is there already.")
def freeze(directory: Path, out: Path, name: str | None, overwrite: bool) -> None:
    """Freeze the pages of the recording at DIRECTORY into a corpus at --out, and index it.

    The same recording gives the same corpus, to the byte. Redirects become aliases; answers that
    are no pages are counted in the report.

    \b
      webenvs record freeze pages --out my-web
      webenvs corpus search my-web "rivers of Ruritania"
    """
    from rich.console import Console

    from webenvs.cli import corpus
    from webenvs.cli.progress import counter
    from webenvs.corpora import recorded, store
    from webenvs.corpora.report import Tally
    from webenvs.recording.recording import Recording

    console = Console(stderr=True, highlight=False)
    tally = Tally()
    with Recording(directory) as recording, counter(console, "reading pages") as seen:
        pages = recorded.freeze(recording, tally, seen)
        store.write(pages, out, name or directory.resolve().name, tally=tally, overwrite=overwrite)
    corpus._index(console, out)
    corpus._print_info(store.open_corpus(out))


def _listed(path: Path | None) -> list[str]:
    if path is None:
        return []
    lines = path.read_text("utf-8-sig", errors="replace").splitlines()
    return [text for line in lines if (text := line.strip()) and not text.startswith("#")]


def _settings(options: dict[str, Any]) -> tuple[Any, Any]:
    """The settings of fetching and of crawling that the options of `fetch` say."""
    from webenvs.corpora.crawling import CrawlSettings
    from webenvs.recording.client import FetchSettings

    reach = CrawlSettings(
        depth=options.pop("depth"),
        same_host=not options.pop("anywhere"),
        prefixes=options.pop("prefix"),
        limit=options.pop("limit"),
    )
    agent = options.pop("user_agent")
    return FetchSettings(
        robots=not options.pop("ignore_robots"),
        headers=_headers(options.pop("headers")),
        **({"user_agent": agent} if agent else {}),
        **options,
    ), reach


def _headers(given: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    headers: dict[str, dict[str, str]] = {}
    for origin, name, variable in given:
        if variable not in os.environ:
            said = f"There is no environment variable {variable!r} to take the value from."
            raise click.BadParameter(said, param_hint="--header")
        headers.setdefault(origin.rstrip("/"), {})[name] = os.environ[variable]
    return headers


def _existing(directory: Path) -> Any:
    """The recording at `directory`, open for changes; CorpusError if there is none."""
    from webenvs.recording.recording import Recording

    Recording(directory).close()
    return Recording(directory, "record")


def _crawled(urls: list[str], recording: Any, settings: Any, reach: Any) -> tuple["Outcome", ...]:
    from rich.console import Console

    from webenvs.cli.progress import bar, counter
    from webenvs.corpora.crawling import crawl

    console = Console(stderr=True, highlight=False)
    done = 0
    total = min(len(dict.fromkeys(urls)), reach.limit)
    shown = counter(console, "fetching") if reach.depth else bar(console, "fetching", total)
    with shown as advance:

        def step(outcome: "Outcome") -> None:
            nonlocal done
            done += 1
            advance(done if reach.depth else 1)

        return crawl(urls, recording, settings, reach, progress=step)


def _told(outcomes: tuple["Outcome", ...], out: Path) -> int:
    """Say what was fetched and what was not; the exit status."""
    failed = [outcome for outcome in outcomes if outcome.fault]
    good = len(outcomes) - len(failed)
    for outcome in failed[:_SHOWN]:
        click.echo(printable(f"{outcome.fault}: {outcome.reason}"), err=True)
    if len(failed) > _SHOWN:
        click.echo(f"... and {len(failed) - _SHOWN} more", err=True)
    click.echo(f"{good} pages in {out}" + (f", {len(failed)} failed" if failed else ""))
    if not failed:
        return 0
    return SOME_FAILED if good else NOTHING
