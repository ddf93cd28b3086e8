"""The corpus contract: an immutable, ordered set of pages addressed by a digest.

A page is identified by its url; pages are numbered in the order of their sorted urls, and that
number is the page's index everywhere. The digest is taken of the pages' content alone, so the same
pages have the same digest in memory, on disk and on every machine.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from typing import Protocol, runtime_checkable

from webenvs.errors import CorpusError
from webenvs.records import Page, Record
from webenvs.seeding import canonical_json


@runtime_checkable
class Corpus(Protocol):
    """What every corpus offers; implementations are cheap to open and never change."""

    @property
    def name(self) -> str:
        """A short name for people."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of the content, by `digest_of`."""
        ...

    def __len__(self) -> int:
        """The number of pages."""
        ...

    def url(self, index: int) -> str:
        """The url of page `index`; urls are in ascending order of code points."""
        ...

    def index(self, url: str) -> int | None:
        """The index of the page with exactly this url, or None."""
        ...

    def page(self, index: int) -> Page:
        """Page `index`; raises IndexError outside 0 <= index < len(self)."""
        ...


class Broken(Record, frozen=True, kw_only=True):
    """A page that a source could not read: where it lies and why; counted, never fatal."""

    where: str
    reason: str


class Redirect(Record, frozen=True, kw_only=True):
    """An address that leads to a page under another one: it becomes an alias of that page."""

    url: str
    target: str


Item = Page | Broken | Redirect
Source = Iterator[Item]
"""What a source hands out, in any order; urls and links are absolute, as the source has them.

The writer of a corpus brings urls to their normal form, resolves links, follows redirects, sets
aside urls that come twice, and marks languages and near-duplicates: no source does.
"""


class MemoryCorpus:
    """A corpus held in memory: for small webs and for tests."""

    def __init__(self, pages: Iterable[Page], name: str = "memory") -> None:
        """Sort `pages` by url; raises CorpusError if there is none, or two have one url."""
        self._pages = sorted_pages(pages)
        self._places = {page.url: place for place, page in enumerate(self._pages)}
        self._digest = digest_of(self._pages)
        self.name = name

    @property
    def digest(self) -> str:
        """SHA-256 of the content, by `digest_of`."""
        return self._digest

    def __len__(self) -> int:
        return len(self._pages)

    def url(self, index: int) -> str:
        """The url of page `index`."""
        return self._pages[index].url

    def index(self, url: str) -> int | None:
        """The index of the page with this url, or None."""
        return self._places.get(url)

    def page(self, index: int) -> Page:
        """Page `index`."""
        if not 0 <= index < len(self._pages):
            raise IndexError(index)
        return self._pages[index]


def sorted_pages(pages: Iterable[Page]) -> list[Page]:
    """`pages` in corpus order; raises CorpusError if there is none, or two have one url."""
    ordered = sorted(pages, key=lambda page: page.url)
    if not ordered:
        raise CorpusError("The corpus is empty: a corpus needs at least one page.")
    for one, other in itertools.pairwise(ordered):
        if one.url == other.url:
            raise CorpusError(f"Two pages have the url {one.url!r}; a url identifies one page.")
    return ordered


def digest_of(pages: Iterable[Page]) -> str:
    """SHA-256 over the canonical JSON of each page in corpus order, a line feed after each."""
    state = hashlib.sha256()
    for page in pages:
        state.update(canonical_json(page))
        state.update(b"\n")
    return state.hexdigest()
