"""The corpus contract: an immutable, ordered set of pages addressed by a digest.

A page is identified by its url; pages are numbered in the order of their sorted urls, and that
number is the page's index everywhere. The digest is taken of the pages' content alone, so the same
pages have the same digest in memory, on disk and on every machine.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
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
        """The index of the page with exactly this url, or to which this alias leads, or None."""
        ...

    def aliases(self) -> Iterator[tuple[str, str]]:
        """Every other address of a page, ascending, each with the page's url."""
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

    def __init__(
        self,
        pages: Iterable[Page],
        name: str = "memory",
        aliases: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Sort `pages` by url; `aliases` gives further addresses of them, by url.

        Raises CorpusError if there is no page, if two have one url, or if an alias is the url of a
        page or leads to none.
        """
        self._pages = sorted_pages(pages)
        self._places = {page.url: place for place, page in enumerate(self._pages)}
        self._aliases = dict(sorted(aliases.items()))
        for alias, url in self._aliases.items():
            if alias in self._places or url not in self._places:
                raise CorpusError(
                    f"The alias {alias!r} of {url!r} is no alias: it must be the url of no page "
                    "and lead to the url of one."
                )
        self._digest = digest_of(self._pages, self.aliases())
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
        """The index of the page with this url, or to which this alias leads, or None."""
        return self._places.get(self._aliases.get(url, url))

    def aliases(self) -> Iterator[tuple[str, str]]:
        """Every other address of a page, ascending, each with the page's url."""
        yield from self._aliases.items()

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


def digest_of(pages: Iterable[Page], aliases: Iterable[tuple[str, str]] = ()) -> str:
    """SHA-256 over the canonical JSON of each page in corpus order, then of each alias.

    An alias is a list of it and the url it leads to; a line feed ends each piece.
    """
    state = hashlib.sha256()
    for page in pages:
        state.update(canonical_json(page))
        state.update(b"\n")
    for alias, url in aliases:
        state.update(line_of(alias, url))
    return state.hexdigest()


def line_of(alias: str, url: str) -> bytes:
    """What an alias adds to the content that a digest is taken of."""
    return canonical_json([alias, url]) + b"\n"
