"""Pages of a source on their way into a corpus: their urls, redirects, links, languages and twins.

A source hands pages out as it finds them. On the way in, urls are brought to their normal form,
languages detected and signatures taken. When all are there it is known which addresses exist: then
each page is taken up again, its links are resolved, and twins are marked.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
import zstandard

from webenvs.corpora.corpus import Broken, Item, Redirect
from webenvs.corpora.language import language_of
from webenvs.corpora.report import Tally, kept_links
from webenvs.corpora.spool import Content, Frame, Spool, content_of, write_files
from webenvs.corpora.twins import Signatures
from webenvs.corpora.urls import forms, normal, site
from webenvs.errors import bad_setting
from webenvs.records import Link, Page, Record

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0: unknown)."""

HOPS = 10
"""Redirects that are followed one after the other."""

_TOLD = 1_024

_decode_page = msgspec.json.Decoder(Page).decode


class Marks(Record, frozen=True, kw_only=True):
    """What is found out about pages: `languages`, and `twins`, pages that resemble earlier ones.

    `twins` is the least likeness of a twin, an estimated Jaccard index of what two pages say: from
    0.5 (such are found more often than not) by 0.8 (missed once in 4,500 times) to 1; 0 marks none.
    """

    languages: bool = True
    twins: float = 0.8

    def __post_init__(self) -> None:
        if not isinstance(self.languages, bool):
            raise bad_setting("languages", self.languages, "True or False")
        number = isinstance(self.twins, int | float) and not isinstance(self.twins, bool)
        if not number or not (self.twins == 0 or 0.5 <= self.twins <= 1):
            raise bad_setting("twins", self.twins, "a likeness from 0.5 to 1, or 0 for none")


class Arrivals:
    """The first half: what is noted of pages and redirects as they come."""

    def __init__(self, marks: Marks, aside: Path) -> None:
        self.marks = marks
        self.redirects: dict[str, str] = {}
        self.signatures = Signatures(aside / "signatures")

    def taken(self, source: Iterable[Item]) -> Iterator[Page | Broken]:
        """The items of a source, its pages settled as far as one alone can be, redirects noted."""
        for item in source:
            if isinstance(item, Redirect):
                self.redirects.setdefault(normal(item.url), normal(item.target))
            elif isinstance(item, Page):
                yield self._noted(item)
            else:
                yield item

    def _noted(self, page: Page) -> Page:
        url = normal(page.url)
        language = page.language
        if self.marks.languages:
            language = language_of(page.text, language)
        if self.marks.twins:
            self.signatures.add(page.text)
        if url == page.url and language == page.language:
            return page
        return msgspec.structs.replace(page, url=url, language=language)


class Addresses:
    """The second half: every address of the finished corpus, and where a link leads."""

    def __init__(self, urls: Sequence[str], redirects: dict[str, str], tally: Tally) -> None:
        """`urls` are those of the pages in corpus order."""
        self.urls = urls
        self._places = {url: place for place, url in enumerate(urls)}
        self.aliases: list[tuple[str, int]] = []
        for alias in sorted(redirects.keys() - self._places.keys()):
            place = self._followed(redirects, alias)
            if place is None:
                tally.aliases_lost += 1
            else:
                self.aliases.append((alias, place))
        self._places.update(self.aliases)
        self._sites = {site(address) for address in self._places}
        self._tally = tally
        self._resolved = lru_cache(65_536)(self._resolve)

    def linked(self, page: Page) -> Page:
        """`page` with its links resolved; those that lead out of the corpus or to itself go."""
        if not page.links:
            return page
        kept: list[Link] = []
        for link in page.links:
            url, fate = self._resolved(link.url)
            if fate == "outside":
                self._tally.links_outside += 1
            elif url == page.url:
                self._tally.links_own += 1
            else:
                self._tally.links_broken += fate == "broken"
                kept.append(
                    Link(
                        anchor=link.anchor,
                        url=url,
                        position=min(link.position, len(page.text)),
                        broken=fate == "broken",
                    )
                )
        linked = msgspec.structs.replace(page, links=tuple(kept))
        self._tally.links_kept += kept_links(linked) - kept_links(page)
        return linked

    def _resolve(self, address: str) -> tuple[str, str]:
        """Where a link leads, and whether that is a page, broken, or outside of the corpus."""
        for form in forms(address):
            place = self._places.get(form)
            if place is not None:
                return self.urls[place], "page"
        url = normal(address)
        return url, "broken" if "://" in url and site(url) in self._sites else "outside"

    def _followed(self, redirects: dict[str, str], alias: str) -> int | None:
        address = alias
        for _ in range(HOPS):
            address = redirects.get(address, "")
            for form in forms(address):
                if form in self._places:
                    return self._places[form]
        return None


def settled(
    directory: Path, spool: Spool, arrivals: Arrivals, tally: Tally, progress: Progress
) -> Content:
    """Write the spooled pages into `directory` in corpus order, their links resolved and marked."""
    urls, order = _placed(spool, tally)
    addresses = Addresses([urls[ordinal] for ordinal in order], arrivals.redirects, tally)
    twins: dict[int, int] = {}
    if arrivals.marks.twins:
        twins = arrivals.signatures.twins(order, arrivals.marks.twins)
    tally.near_duplicates = len(twins)

    def frames() -> Iterator[Frame]:
        decompress = zstandard.ZstdDecompressor().decompress
        compress = spool.compress
        for place, ordinal in enumerate(order):
            url, frame = urls[ordinal], spool.frame(ordinal)
            page = _decode_page(decompress(frame))
            twin = addresses.urls[twins[place]] if place in twins else ""
            done = msgspec.structs.replace(addresses.linked(page), url=url, twin_of=twin)
            tally.languages[page.language] = tally.languages.get(page.language, 0) + 1
            yield url, frame if done == page else compress(content_of(done))
            if place % _TOLD == 0 or place + 1 == len(order):
                progress("writing", place + 1, len(order))

    return write_files(directory, frames(), addresses.aliases)


def _placed(spool: Spool, tally: Tally) -> tuple[list[str], list[int]]:
    """The url of every spooled page by ordinal, each once, and the ordinals of those kept by url.

    A page that has come before word for word is not kept.
    """
    urls = list(spool.urls)
    order = sorted(range(len(urls)), key=urls.__getitem__)
    used, kept = set(urls), []
    for _, same in itertools.groupby(order, key=spool.urls.__getitem__):
        frames: set[bytes] = set()
        for ordinal in same:
            frame = spool.frame(ordinal)
            if frame in frames:
                tally.drop(_decode_page(zstandard.decompress(frame)))
                continue
            if frames:
                urls[ordinal] = _numbered(urls[ordinal], used)
                tally.same_url += 1
            frames.add(frame)
            kept.append(ordinal)
    return urls, sorted(kept, key=urls.__getitem__)


def _numbered(url: str, used: set[str]) -> str:
    """The url with the first number behind it that makes it one of its own."""
    number = 2
    while f"{url}#{number}" in used:
        number += 1
    used.add(f"{url}#{number}")
    return f"{url}#{number}"
