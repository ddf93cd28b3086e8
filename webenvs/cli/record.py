"""`webenvs record`: fetch live pages and the results of searches once, and keep them."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webenvs.cli import recordings
from webenvs.cli.options import Group
from webenvs.cli.targets import FILE, FOLDER
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


for _command in recordings.COMMANDS:
    record.add_command(_command)


@record.command()
@click.argument("urls", nargs=-1)
@click.option("--from", "listed", type=FILE, help="A file of urls, one a line; # begins a remark.")
@click.option("--out", type=FOLDER, required=True, help="Directory of the recording.")
@click.option("--mode", type=_MODES, default="record", show_default=True, help="See above.")
@click.option("--depth", default=0, show_default=True, help="Links to follow in a row.")
@click.option("--prefix", multiple=True, metavar="URL", help="Follow links that begin so, only.")
@click.option("--anywhere", is_flag=True, help="Follow links to other hosts too.")
@click.option(
    "--limit", default=1000, show_default=True, help="Urls after which no link is followed."
)
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
@click.option("--certificates", type=FILE, help="PEM file of authorities to trust besides.")
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
    to those named by --allow; robots.txt is obeyed, cookies are dropped, and no credential in a
    header or a parameter of a url is stored. Each page is on disk as soon as it is complete: after
    a stop of any kind, give the same command again and only the rest is fetched.

    Exit status: 0 all fetched, 3 some failed, 2 none fetched, 130 interrupted.

    \b
      webenvs record fetch https://docs.example/ --depth 2 --limit 500 --out docs
      webenvs record fetch --from urls.txt --out pages --per-host 1 --delay 2
      webenvs record fetch http://intranet.example/ --allow intranet.example --out intranet
      webenvs record fetch https://api.example/a --out api \\
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
    agent, certificates = options.pop("user_agent"), options.pop("certificates")
    return FetchSettings(
        robots=not options.pop("ignore_robots"),
        headers=_headers(options.pop("headers")),
        certificates=str(certificates or ""),
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


def _crawled(urls: list[str], recording: Any, settings: Any, reach: Any) -> tuple["Outcome", ...]:
    from rich.console import Console

    from webenvs.cli.progress import bar, counter
    from webenvs.corpora.crawling import crawl

    console = Console(stderr=True, highlight=False)
    done = 0
    total = len(dict.fromkeys(urls))
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
