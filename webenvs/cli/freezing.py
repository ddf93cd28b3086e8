"""What ends every command that makes a corpus: the pages frozen, indexed, and told of."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from webenvs.corpora.presets import PRESETS
from webenvs.text import printable

if TYPE_CHECKING:
    from rich.console import Console

    from webenvs.corpora.corpus import Corpus, Item
    from webenvs.corpora.report import BuildReport, Tally
    from webenvs.corpora.settling import Marks

LOST = 3
"""The exit status when a corpus was made, but some of its source could not be read."""


def frozen(
    console: "Console",
    source: "Iterable[Item]",
    out: Path,
    name: str,
    tally: "Tally",
    overwrite: bool,
    marks: "Marks | None" = None,
) -> None:
    """Freeze `source` into a corpus at `out`, index it, print what is in it.

    Ends the command with status 3 if some of the source was lost.
    """
    from webenvs.cli.progress import stages
    from webenvs.corpora import store

    with stages(console) as progress:
        report = store.freeze(
            source, out, name, tally=tally, overwrite=overwrite, marks=marks, progress=progress
        )
    indexed(console, out)
    print_info(store.open_corpus(out))
    if str(out) in PRESETS:
        console.print(f"{out} alone names a generated web: call this corpus ./{out}.")
    if report.broken:
        console.print(
            f"The corpus is built, but {report.broken:,} of its source could not be read (above).",
            soft_wrap=True,
        )
        raise click.exceptions.Exit(LOST)


def indexed(console: "Console", path: Path) -> None:
    """Index the corpus at `path` for the default search and its filters."""
    from webenvs.corpora.store import open_corpus
    from webenvs.search.columns import columns_of
    from webenvs.search.lexical.bm25 import retriever_for

    console.print("indexing for search ...")
    found = open_corpus(path)
    retriever_for(found, place=path / "index")
    columns_of(found, path / "index")


def print_info(found: "Corpus") -> None:
    """Print what a corpus holds, and what its build met."""
    from rich.console import Console

    from webenvs.corpora.store import StoredCorpus

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{'name':<20}{printable(found.name)}", markup=False)
    console.print(f"{'pages':<20}{len(found)}")
    console.print(f"{'digest':<20}{found.digest}")
    if isinstance(found, StoredCorpus):
        _print_report(console, found.report)


def _print_report(console: "Console", report: "BuildReport") -> None:
    for name, value in msgspec.to_builtins(report).items():
        if isinstance(value, int) and name != "pages":
            console.print(f"{name.replace('_', ' '):<20}{value}")
    most = sorted(report.languages.items(), key=lambda item: (-item[1], item[0]))
    if most:
        told = ", ".join(f"{name or 'unknown'} {count}" for name, count in most)
        console.print(f"{'languages':<20}{printable(told)}", markup=False)
    for reason, count in report.passed_over.items():
        console.print(f"  {count} x {printable(reason)}: passed over", markup=False)
    for reason, count in report.broken_reasons.items():
        console.print(f"  {count} x {printable(reason)}", markup=False)
    for example in report.broken_examples:
        console.print(printable(f"  {example.where}: {example.reason}"), markup=False)
