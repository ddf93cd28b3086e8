"""What search filters by: host, date and language of every page, in arrays built once a corpus.

Hosts are numbered in the order of their reversed labels, so that a host and all below it are a
range of numbers and a site is two comparisons. The pages of one host lie side by side in the order
of urls, so that a path is a few binary searches.
"""

import functools
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from webenvs.search.frozen import Identity, damaged, load_array, obtained, opened, require
from webenvs.search.operators import Asked
from webenvs.search.pages import Pages

FORMAT = "webenvs-columns-1"

_CACHED_BYTES = 2**23
_LETTERS = 4
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]*)")

Mask = NDArray[np.bool_]


class Arrays(NamedTuple):
    """The columns of n pages of h hosts."""

    hosts: NDArray[np.int32]
    """The host of each page, by number."""
    days: NDArray[np.int32]
    """The date of each page as YYYYMMDD, 0 where there is none."""
    languages: NDArray[np.uint32]
    """The language of each page, its letters as the bytes of a number; 0 where there is none."""
    names: NDArray[np.uint8]
    """The reversed labels of the h hosts in UTF-8, one after the other."""
    ends: NDArray[np.int64]
    """Where each host's name ends there."""


class Columns:
    """The columns of one corpus, in memory or mapped from a directory."""

    def __init__(self, pages: Pages, arrays: Arrays, directory: Path | None = None) -> None:
        self.arrays = arrays
        self.directory = directory
        self._pages = pages
        kept = max(1, min(64, _CACHED_BYTES // max(1, len(pages))))
        self._cached = functools.lru_cache(kept)(self._mask)

    def mask(self, asked: Asked) -> Mask | None:
        """Which pages are of the sites, languages and times asked for; None if none are.

        The array is shared: it must not be written to.
        """
        if not asked.filtered:
            return None
        return self._cached(asked.sites, asked.languages, asked.after, asked.before)

    def _mask(
        self, sites: tuple[str, ...], languages: tuple[str, ...], after: int, before: int
    ) -> Mask:
        arrays = self.arrays
        mask = np.ones(len(arrays.hosts), dtype=np.bool_)
        if sites:
            mask &= np.logical_or.reduce([self._site(*site.partition("/")[::2]) for site in sites])
        if languages:
            codes = np.array([_code(language) for language in languages], dtype=np.uint32)
            mask &= np.isin(arrays.languages, codes)
        if after:
            mask &= arrays.days >= after
        if before <= 9999_12_31:
            mask &= (arrays.days < before) & (arrays.days > 0)
        mask.flags.writeable = False
        return mask

    def _site(self, host: str, path: str) -> Mask:
        """The pages of this host and those below it, under that path."""
        key = _reversed(host)
        hosts = range(len(self.arrays.ends))
        first = bisect_left(hosts, key, key=self._name)
        last = bisect_left(hosts, key + b"\xff", lo=first, key=self._name)
        mask: Mask = (self.arrays.hosts >= first) & (self.arrays.hosts < last)
        if not path:
            return mask
        narrowed = np.zeros_like(mask)
        for start, end in self._runs(mask):
            for low, high in self._under(f"/{path}", start, end):
                narrowed[low:high] = True
        return narrowed

    def _name(self, host: int) -> bytes:
        start = int(self.arrays.ends[host - 1]) if host else 0
        return self.arrays.names[start : int(self.arrays.ends[host])].tobytes()

    def _runs(self, mask: Mask) -> Iterator[tuple[int, int]]:
        """First page and end of every run of pages of one host and origin within `mask`."""
        places = np.flatnonzero(mask)
        hosts = self.arrays.hosts[places]
        breaks = (np.diff(places) > 1) | (np.diff(hosts) != 0)
        heads = [*(np.flatnonzero(breaks) + 1).tolist(), len(places)]
        for head, tail in pairwise([0, *heads] if len(places) else []):
            start, end = int(places[head]), int(places[tail - 1]) + 1
            while start < end:  # the same host by another scheme or port may follow at once
                beyond = _origin(self._pages.url(start)) + chr(ord("/") + 1)
                stop = bisect_left(range(end), beyond, start + 1, key=self._pages.url)
                yield start, stop
                start = stop

    def _under(self, path: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The ranges of pages from `start` to `end`, of one origin, at this path and under it."""
        whole = _origin(self._pages.url(start)) + path
        bounds = [(whole + sign, whole + chr(ord(sign) + 1)) for sign in "#/?"]
        for low, high in [(whole, f"{whole}\0"), *bounds]:
            first = bisect_left(range(end), low, start, key=self._pages.url)
            yield first, bisect_left(range(end), high, first, key=self._pages.url)


def columns_of(pages: Pages, place: Path | None = None) -> Columns:
    """The columns of `pages`, kept in the folder `place` like an index, or in memory.

    Built where they are missing, which reads every page. Raises CorpusError if what is there does
    not belong to these pages.
    """
    if place is None:
        return Columns(pages, _built(pages))
    identity = Identity(engine="columns", format=FORMAT, corpus=pages.digest, settings={})
    directory = obtained(place, identity, lambda aside: _saved(_built(pages), aside))
    if directory is None:
        return Columns(pages, _built(pages))
    manifest = opened(directory, identity)
    names = sorted(f"{name}.npy" for name in Arrays._fields)
    require(directory, "list of arrays", sorted(manifest.files), names)
    arrays = Arrays(*(load_array(directory / f"{name}.npy") for name in Arrays._fields))
    require(directory, "number of pages", [len(array) for array in arrays[:3]], [len(pages)] * 3)
    if int(arrays.ends[-1]) != len(arrays.names):
        raise damaged(directory, "the names of hosts do not end where they should")
    return Columns(pages, arrays, directory)


def host_of(url: str) -> str:
    """The host of a url in lower case; empty for what is no url."""
    match = _HOST.match(url)
    return match[1].lower() if match else ""


def _built(pages: Pages) -> Arrays:
    numbers: dict[str, int] = {}
    hosts = np.zeros(len(pages), dtype=np.int32)
    days = np.zeros(len(pages), dtype=np.int32)
    languages = np.zeros(len(pages), dtype=np.uint32)
    for number in range(len(pages)):
        page = pages.page(number)
        hosts[number] = numbers.setdefault(host_of(page.url), len(numbers))
        if page.date:
            days[number] = _day(page.date)
        if page.language:
            languages[number] = _code(page.language)
    keys = [_reversed(host) for host in numbers]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    ranks = np.zeros(len(keys), dtype=np.int32)
    ranks[order] = np.arange(len(keys), dtype=np.int32)
    names = b"".join(keys[place] for place in order)
    ends = np.cumsum([len(keys[place]) for place in order], dtype=np.int64)
    return Arrays(ranks[hosts], days, languages, np.frombuffer(names, dtype=np.uint8), ends)


def _saved(arrays: Arrays, folder: Path) -> Mapping[str, int]:
    for name, array in arrays._asdict().items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    return {"pages": len(arrays.hosts), "hosts": len(arrays.ends)}


def _reversed(host: str) -> bytes:
    """The labels of a host from the last to the first, each with an end that sorts before all."""
    return "".join(f"{label}\0" for label in reversed(host.split("."))).encode(errors="replace")


def _origin(url: str) -> str:
    """What stands before the path of a url."""
    match = re.match(r"[^/?#]*://[^/?#]*", url)
    return match[0] if match else ""


def _day(written: str) -> int:
    match = _DAY.match(written)
    return int("".join(match.groups())) if match else 0


def _code(language: str) -> int:
    return int.from_bytes(language.lower().encode(errors="replace")[:_LETTERS], "big")
