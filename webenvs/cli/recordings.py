"""The commands of `webenvs record` that look after recordings and make something of them."""

from pathlib import Path
from typing import Any

import click

from webenvs.cli.targets import ANY, FILE, FOLDER
from webenvs.text import printable


@click.command("list")
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
        for entry in sorted(entries(recording), key=lambda entry: entry.what):
            if of_host(entry, host):
                count += 1
                status = entry.status or entry.kind
                said = f"{entry.recorded}  {status:>6}  {entry.size:>9}  {entry.what}"
                click.echo(printable(said))
        click.echo(f"{count} of {len(recording)} answers", err=True)


@click.command()
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


@click.command()
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


@click.command()
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


@click.command()
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


@click.command()
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


@click.command()
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

    from webenvs.cli.freezing import frozen
    from webenvs.corpora import recorded
    from webenvs.corpora.report import Tally
    from webenvs.recording.recording import Recording

    console = Console(stderr=True, highlight=False)
    tally = Tally()
    with Recording(directory) as recording:
        pages = recorded.freeze(recording, tally)
        frozen(console, pages, out, name or directory.resolve().name, tally, overwrite)


def _existing(directory: Path) -> Any:
    """The recording at `directory`, open for changes; CorpusError if there is none."""
    from webenvs.recording.recording import Recording

    Recording(directory).close()
    return Recording(directory, "record")


COMMANDS = (list_entries, show, prune, merge, verify, export, freeze)
"""The commands, as `webenvs record` shows them."""
