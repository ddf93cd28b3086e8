"""The kinds of source that pages come from: how each is recognised, and what reads it.

A new kind is a module with a reader and a row here.
"""

import gzip
import importlib
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from webenvs.corpora.corpus import Broken, Redirect, Source
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.hub import PREFIX, SAVED
from webenvs.errors import CorpusError, bad_setting, nearest, unknown_name
from webenvs.records import Page, Record

Progress = Callable[[int], None]


class Kind(Record, frozen=True, kw_only=True):
    """A kind of source: what it is, its reader as "module:function", and the reader's settings.

    It is recognised by what the names of its files end in, or by `magic`, what such a file begins
    with (inside a gzip, if it is one). With `tree`, the source is a directory of such files, read
    as one; else it is one of them, or a directory whose files of that kind are read in turn.
    """

    meaning: str
    reader: str
    settings: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    magic: tuple[bytes, ...] = ()
    tree: bool = False


_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_HTML = tuple(f"{suffix}{gz}" for suffix in (".html", ".htm", ".xhtml") for gz in ("", ".gz"))
_PLACE = "webenvs.corpora.sources."

TABLE: Mapping[str, Kind] = MappingProxyType(
    {
        "html": Kind(
            meaning="a directory tree of HTML files, plain or .gz",
            reader="htmltree:read_tree",
            settings=("base_url", "limit", "workers"),
            suffixes=_HTML,
            tree=True,
        ),
        "jsonl": Kind(
            meaning="JSON lines of pages: our own, Search-R1, FlashRAG, BrowseComp-Plus, BEIR",
            reader="jsonl:read_jsonl",
            settings=("columns", "line_limit"),
            suffixes=_LINES,
        ),
        "paragraphs": Kind(
            meaning="corpus and question files of HotpotQA, 2WikiMultihopQA, MuSiQue, HippoRAG",
            reader="paragraphs:read_paragraphs",
            suffixes=(".json",),
        ),
        "parquet": Kind(
            meaning="Parquet files of rows, with the columns that JSON lines have fields",
            reader="parquet:read_parquet",
            settings=("columns",),
            suffixes=(".parquet", ".pq"),
            magic=(b"PAR1",),
        ),
        "warc": Kind(
            meaning="web archives: WARC and ARC files, compressed or not",
            reader="warc:read_warc",
            settings=("limit", "workers"),
            suffixes=(".warc", ".warc.gz", ".warc.zst", ".wet", ".wet.gz", ".arc", ".arc.gz"),
            magic=(b"WARC/", b"filedesc://"),
        ),
        "wacz": Kind(
            meaning="web archives packed into a zip, as browsers' archiving tools write them",
            reader="wacz:read_wacz",
            settings=("limit", "workers"),
            suffixes=(".wacz",),
            magic=(b"PK\x03\x04",),
        ),
        "zim": Kind(
            meaning="ZIM files: Wikipedia and other sites whole, as Kiwix hands them out",
            reader="zim:read_zim",
            settings=("base_url", "limit", "workers", "verify"),
            suffixes=(".zim",),
            magic=(b"ZIM\x04",),
        ),
        "markup": Kind(
            meaning="a directory tree of Markdown and reStructuredText files",
            reader="htmltree:read_markup",
            settings=("base_url", "limit", "workers"),
            suffixes=(".md", ".markdown", ".rst"),
            tree=True,
        ),
        "hub": Kind(
            meaning="a Hugging Face data set: hf:owner/name, or a directory that holds one",
            reader="hub:read_hub",
            settings=("config", "split", "revision", "columns"),
            tree=True,
        ),
    }
)
"""Every kind of source by name. Of files of several kinds in one directory the most decide."""

_TYPES: Mapping[str, tuple[type, str]] = {
    "base_url": (str, "a url with a scheme and a host"),
    "limit": (int, "a number of bytes, at least 1"),
    "line_limit": (int, "a number of bytes, at least 1"),
    "workers": (int, "a whole number of at least 1"),
    "columns": (Mapping, "a mapping of fields to columns"),
    "verify": (bool, "true or false"),
    "config": (str, "the name of a configuration"),
    "split": (str, "the name of a split"),
    "revision": (str, "a branch, a tag or a commit"),
}
_OPTIONAL = ("workers", "columns", "config", "revision")
_NO_HOST = re.compile(r"[^a-z0-9.-]+")
_MAGIC_LENGTH = 16
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")  # what is counted on its own


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

    `kind` forces one of `TABLE`; else it is seen from the names of files and what they begin with.
    `settings` are the kind's own; `base_url` is `https://name/` by default. What only the source
    can count goes into `tally`; hand the same one to `store.write`. `progress` is called with the
    number of files, lines, rows or records read. Raises CorpusError for a path that cannot be a
    source, at once or when nothing in it turned out to be readable; UnknownNameError for an unknown
    kind or setting. What a directory holds beside sources of its kind is counted as passed over.
    """
    chosen = _chosen(path, kind)
    row = TABLE[chosen]
    for setting in settings:
        if setting not in row.settings:
            raise unknown_name("setting", setting, row.settings, f"of {chosen!r} sources")
    _check(settings)
    if "base_url" in row.settings:
        settings = {"base_url": f"https://{_host(name)}/", **settings}
    module, _, function = row.reader.partition(":")
    reader = getattr(importlib.import_module(_PLACE + module), function)
    counts = tally or Tally()
    given = {"tally": counts, **settings}
    if row.suffixes and Path(path).is_dir():
        _count_others(Path(path), chosen, counts)
    if _on_hub(path) or row.tree or Path(path).is_file():
        source = reader(path if _on_hub(path) else Path(path), progress=progress, **given)
    else:
        source = _joined(partial(reader, **given), _parts(Path(path), chosen), progress)
    return _readable(source, path)


def _check(settings: Mapping[str, Any]) -> None:
    """Raise SettingError for a setting of the wrong type; what it may be is its reader's to say."""
    for field, value in settings.items():
        wanted, allowed = _TYPES[field]
        fits = isinstance(value, wanted) and not (isinstance(value, bool) and wanted is not bool)
        if not (fits or (value is None and field in _OPTIONAL)):
            raise bad_setting(field, value, allowed)


def _host(name: str) -> str:
    """`name` as a host: what no host may hold becomes a hyphen."""
    return _NO_HOST.sub("-", name.lower()).strip("-.")[:63] or "corpus"


def _joined(reader: Callable[..., Source], parts: list[Path], progress: Progress | None) -> Source:
    """The pages of several files, opened one after another; one that is no source is Broken."""
    done = 0
    for part in parts:
        seen = [0]

        def count(number: int, before: int = done, seen: list[int] = seen) -> None:
            seen[0] = number
            if progress:
                progress(before + number)

        try:
            yield from reader(part, progress=count)
        except CorpusError as error:
            yield Broken(where=str(part), reason=f"no source: {error}")
        done += seen[0]


def _readable(source: Source, path: str | Path) -> Source:
    """`source`, with an error at its end if it held no page."""
    pages = broken = 0
    first: Broken | None = None
    for item in source:
        if isinstance(item, Page):
            pages += 1
        elif not isinstance(item, Redirect):
            broken += 1
            first = first or item
        yield item
    if not pages:
        said = f" Broken: {broken}, the first at {first.where}: {first.reason}." if first else ""
        raise CorpusError(f"{path} holds no page that can be read.{said}")


def _on_hub(path: str | Path) -> bool:
    return str(path).startswith(PREFIX)


def _chosen(path: str | Path, kind: str | None) -> str:
    """The kind to read `path` as; raises CorpusError or UnknownNameError if there is none."""
    if kind is not None and kind not in TABLE:
        raise unknown_name("kind of source", kind, TABLE)
    if _on_hub(path):
        if not str(path).removeprefix(PREFIX).strip("/ "):
            raise CorpusError(f"{path} names no data set: write hf:OWNER/NAME.")
        if kind not in (None, "hub"):
            raise CorpusError(f"{path} is a data set of the hub and cannot be read as {kind!r}.")
        return "hub"
    place = Path(path)
    if not place.exists():
        raise CorpusError(_missing(place))
    if not (place.is_file() or place.is_dir()):
        raise CorpusError(f"{place} is neither a regular file nor a directory.")
    _check_new(place)
    chosen = kind or (_kind_of_directory(place) if place.is_dir() else _kind_of_file(place))
    if TABLE[chosen].tree and not place.is_dir():
        raise CorpusError(f"{place} cannot be read as {chosen!r}: that needs a directory.")
    return chosen


def _check_new(place: Path) -> None:
    """Raise CorpusError for what is no source but what sources are made into."""
    if (place / "corpus.json").is_file() and any(place.glob("pages.*.zst")):
        raise CorpusError(f"{place} is a corpus already.")
    if (place / "cache.db").is_file():
        raise CorpusError(
            f"{place} is a recording: `webenvs record freeze {place} --out DIR` makes it a corpus."
        )


def _missing(place: Path) -> str:
    siblings = [entry.name for entry in place.parent.iterdir()] if place.parent.is_dir() else []
    hint = nearest(place.name, siblings)
    meant = f" Did you mean {str(place.parent / hint)!r}?" if hint else ""
    return f"There is nothing at {place}.{meant}"


def _parts(place: Path, kind: str) -> list[Path]:
    """The files of the kind below a directory, in order."""
    found = sorted(
        path for path in _files(place) if path.name.lower().endswith(TABLE[kind].suffixes)
    )
    if not found:
        wanted = ", ".join(TABLE[kind].suffixes)
        raise CorpusError(f"{place} cannot be read as {kind!r}: no file in it ends in {wanted}.")
    return found


def _files(place: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(place):
        for name in names:
            path = Path(folder) / name
            if path.is_file():
                yield path


def _count_others(place: Path, chosen: str, tally: Tally) -> None:
    """Count the files below a directory that are not of the kind it is read as."""
    for path in _files(place):
        kind = _kind_by_name(path.name)
        if kind is not None and kind != chosen:
            tally.passed_over[f"another kind of source: {kind}"] += 1
        elif kind is None:
            known = _ENDING.fullmatch(path.suffix)
            tally.passed_over[f"no page: {path.suffix.lower() if known else 'other files'}"] += 1


def _kind_of_directory(place: Path) -> str:
    """The kind of most of the files below a directory, the earlier of `TABLE` where two are even.

    A directory without any is a tree of HTML, whose reader says what is missing.
    """
    if any((place / name).is_file() for name in SAVED):
        return "hub"
    counts = Counter(_kind_by_name(path.name) for path in _files(place))
    return max(TABLE, key=lambda kind: counts[kind])


def _kind_by_name(name: str) -> str | None:
    lowered = name.lower()
    for kind, row in TABLE.items():
        if row.suffixes and lowered.endswith(row.suffixes):
            return kind
    return None


def _kind_of_file(place: Path) -> str:
    kind = _kind_by_name(place.name)
    if kind is None or TABLE[kind].tree:
        kind = _kind_by_magic(place)
    if kind is None:
        raise CorpusError(_no_source(place))
    return "paragraphs" if kind == "jsonl" and _asks_questions(place) else kind


def _kind_by_magic(place: Path) -> str | None:
    head = _head(place)
    for kind, row in TABLE.items():
        if row.magic and head.startswith(row.magic):
            return kind
    return None


def _head(place: Path) -> bytes:
    """What a file begins with, unpacked if it is gzipped."""
    with place.open("rb") as file:
        head = file.read(_MAGIC_LENGTH)
    if not head.startswith(b"\x1f\x8b"):
        return head
    try:
        with gzip.open(place) as unpacked:
            return unpacked.read(_MAGIC_LENGTH)
    except (OSError, EOFError, zlib.error):
        return b""


def _no_source(place: Path) -> str:
    endings = sorted({suffix for row in TABLE.values() if not row.tree for suffix in row.suffixes})
    return (
        f"{place} is no source of pages: give a directory of HTML or Markdown files, a file that "
        f"ends in {', '.join(endings)}, or say its kind ({', '.join(sorted(TABLE))})."
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
