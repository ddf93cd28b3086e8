"""Picks the source that reads a path: a tree of HTML, JSON lines, or a paragraph file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from webenvs.corpora.corpus import Source
from webenvs.corpora.report import Tally
from webenvs.errors import CorpusError, nearest, unknown_name

Progress = Callable[[int], None]

SETTINGS: Mapping[str, frozenset[str]] = MappingProxyType(
    {"html": frozenset({"base_url", "limit"}), "jsonl": frozenset(), "paragraphs": frozenset()}
)
"""The kinds of source, and the settings each takes."""

_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


def read(
    path: str | Path,
    name: str,
    *,
    kind: str | None = None,
    tally: Tally | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Source:
    """The pages at `path` for a corpus called `name`, as they are read.

    `kind` forces the source; else it is "html" for a directory, "jsonl" for JSON lines (plain or
    .gz), "paragraphs" for .json files and for lines of questions. `settings` of "html": `base_url`,
    by default `https://name/`, and `limit`, the bytes read of one page. What only the source can
    count goes into `tally`; hand the same one to `store.write`. `progress` is called with the
    number of files, lines or passages read. Raises CorpusError for a path that cannot be a source,
    UnknownNameError for an unknown kind or setting.
    """
    place = Path(path)
    if not place.exists():
        raise CorpusError(_missing(place))
    if not (place.is_file() or place.is_dir()):
        raise CorpusError(f"{place} is neither a regular file nor a directory.")
    chosen = kind or _kind(place)
    if chosen not in SETTINGS:
        raise unknown_name("kind of source", chosen, SETTINGS)
    for setting in settings:
        if setting not in SETTINGS[chosen]:
            raise unknown_name("setting", setting, SETTINGS[chosen], f"of {chosen!r} sources")
    if (chosen == "html") != place.is_dir():
        wanted = "a directory" if chosen == "html" else "a file"
        raise CorpusError(f"{place} cannot be read as {chosen!r}: that needs {wanted}.")
    return _read(chosen, place, name, tally or Tally(), progress, settings)


def _read(
    kind: str,
    place: Path,
    name: str,
    tally: Tally,
    progress: Progress | None,
    settings: Mapping[str, Any],
) -> Source:
    if kind == "html":
        from webenvs.corpora.htmltree import read_tree

        tree_settings = {"base_url": f"https://{name}/", **settings}
        return read_tree(place, tally=tally, progress=progress, **tree_settings)
    if kind == "jsonl":
        from webenvs.corpora.jsonl import read_jsonl

        return read_jsonl(place, tally, progress)
    from webenvs.corpora.paragraphs import read_paragraphs

    return read_paragraphs(place, tally, progress)


def _missing(place: Path) -> str:
    siblings = [entry.name for entry in place.parent.iterdir()] if place.parent.is_dir() else []
    hint = nearest(place.name, siblings)
    meant = f" Did you mean {str(place.parent / hint)!r}?" if hint else ""
    return f"There is nothing at {place}.{meant}"


def _kind(place: Path) -> str:
    if place.is_dir():
        return "html"
    name = place.name.lower()
    if name.endswith(_LINES):
        return "paragraphs" if _asks_questions(place) else "jsonl"
    if name.endswith(".json"):
        return "paragraphs"
    raise CorpusError(
        f"{place} is no source of pages: give a directory of HTML files, a file that ends in "
        f"{', '.join(_LINES)} or .json, or say its kind ({', '.join(sorted(SETTINGS))})."
    )


def _asks_questions(place: Path) -> bool:
    """Whether the first line is a question that carries its paragraphs."""
    if place.suffix == ".gz":
        return False
    with place.open("rb") as file:
        first = file.readline()
    try:
        keys = msgspec.json.decode(first, type=dict[str, Any]).keys()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return not {"context", "paragraphs"}.isdisjoint(keys)
