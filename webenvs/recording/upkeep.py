"""Looking after recordings: what is in one, whether it is sound, throwing out, putting together."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from webenvs.errors import bad_setting
from webenvs.recording.recording import Exchange, Recording
from webenvs.recording.response import PAGE, response_of
from webenvs.records import Record
from webenvs.seeding import canonical_json
from webenvs.text import clip

Keep = Literal["newer", "first", "second"]
"""Which of two answers to one request stays when recordings are merged."""
Progress = Callable[[int], None]


_STAMP = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")


class Entry(Record, frozen=True, kw_only=True):
    """One line of a recording: `what` is the url of a page, else the request in short."""

    key: str
    kind: str
    what: str
    recorded: str
    status: int = 0
    size: int = 0

    @property
    def host(self) -> str:
        """The host of a page, in lower case; "" for another request."""
        try:
            return (urlsplit(self.what).hostname or "") if self.kind == PAGE else ""
        except ValueError:
            return ""


class Merged(Record, frozen=True, kw_only=True):
    """What a merge did: exchanges `added`, `replaced`, those that were the `same`, and `left`."""

    added: int = 0
    replaced: int = 0
    same: int = 0
    left: int = 0


def entries(recording: Recording) -> Iterator[Entry]:
    """What the recording holds, in the order of the keys."""
    for exchange in recording.exchanges():
        yield entry_of(exchange)


def entry_of(exchange: Exchange) -> Entry:
    """One exchange in short."""
    kind = str(exchange.request.get("kind", "other"))
    answer: Any = exchange.answer if isinstance(exchange.answer, dict) else {}
    if kind == PAGE:
        what = str(exchange.request.get("url", ""))
        size = answer.get("size", 0)
    else:
        what = clip(canonical_json(exchange.request).decode(), 200)
        size = len(canonical_json(exchange.answer))
    return Entry(
        key=exchange.key,
        kind=kind,
        what=what,
        recorded=exchange.recorded,
        status=answer.get("status", 0) if kind == PAGE else 0,
        size=size,
    )


def verify(recording: Recording, progress: Progress | None = None) -> int:
    """Read every exchange and check every digest; the number of exchanges.

    Raises CorpusError at the first that is not what was written.
    """
    count = 0
    for count, exchange in enumerate(recording.exchanges(), start=1):
        if exchange.request.get("kind") == PAGE:
            response_of(exchange.request, exchange.answer)
        if progress:
            progress(count)
    return count


def prune(
    recording: Recording,
    *,
    host: str | None = None,
    before: str | None = None,
    status: int | None = None,
    dry_run: bool = False,
) -> tuple[Entry, ...]:
    """Forget what fits all that is given, and return it; with `dry_run` nothing is forgotten.

    `host` fits pages of that host and of those below it, `before` exchanges recorded before a stamp
    such as 2026-11-30 or 2026-11-30T09:00:00Z, `status` pages answered with it.
    Raises SettingError if nothing is given or `before` is no stamp, CorpusError for a recording
    that is open for replay.
    """
    if host is None and before is None and status is None:
        raise bad_setting("host, before, status", None, "given, at least one of them")
    if before is not None and not _STAMP.fullmatch(before):
        raise bad_setting("before", before, "a stamp such as 2026-11-30 or 2026-11-30T09:00:00Z")
    gone = tuple(
        entry
        for entry in entries(recording)
        if of_host(entry, host)
        and (before is None or entry.recorded < before)
        and (status is None or entry.status == status)
    )
    for entry in () if dry_run else gone:
        recording.remove(entry.key)
    return gone


def merge(target: Recording, source: Recording, keep: Keep = "newer") -> Merged:
    """Bring the exchanges of `source` into `target`.

    Where both answer one request in different ways, the one recorded later stays, or with `keep`
    the target's ("first") or the source's ("second"); of two from one second, the target's.
    """
    if keep not in get_args(Keep):
        raise bad_setting("keep", keep, " or ".join(map(repr, get_args(Keep))))
    counts = dict.fromkeys(("added", "replaced", "same", "left"), 0)
    for exchange in source.exchanges():
        mine = target.get(exchange.key)
        fate = _fate(mine, exchange, keep)
        counts[fate] += 1
        if fate in ("added", "replaced"):
            target.put(exchange)
    return Merged(**counts)


def of_host(entry: Entry, host: str | None) -> bool:
    """Whether an entry is a page of `host` or of one below it; without a host all are."""
    if host is None:
        return True
    wanted = host.lower().strip(".")
    return entry.host == wanted or entry.host.endswith(f".{wanted}")


def _fate(mine: Exchange | None, other: Exchange, keep: Keep) -> str:
    if mine is None:
        return "added"
    if mine.digest == other.digest:
        return "same"
    replaces = other.recorded > mine.recorded if keep == "newer" else keep == "second"
    return "replaced" if replaces else "left"
