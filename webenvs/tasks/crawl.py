"""The link graph of a site as clicks see it: what is reached from a root, in how many, by which."""

from collections.abc import Iterator, Sequence

import msgspec

from webenvs.corpora.corpus import Corpus
from webenvs.errors import bad_setting
from webenvs.records import Link, Record
from webenvs.web.backend import resolved


class Click(Record, frozen=True, kw_only=True):
    """One click of a path: the number of the link on its page, its label, and where it leads."""

    link: int
    label: str
    url: str


class Reached(Record, frozen=True, kw_only=True):
    """A page that was reached: in how many clicks, from which page, by which link of it."""

    url: str
    depth: int = 0
    parent: str = ""
    click: Click | None = None


class Crawl(Record, frozen=True, kw_only=True, gc=True):
    """The pages reached from `root` under `prefix`, in the order in which they were found."""

    root: str
    prefix: str
    pages: dict[str, Reached] = msgspec.field(default_factory=dict)

    def depth(self, url: str) -> int:
        """The fewest clicks from the root to the page; raises KeyError if it was not reached."""
        return self.pages[url].depth

    def path(self, url: str) -> tuple[Click, ...]:
        """The clicks from the root to the page; raises KeyError if it was not reached.

        Of several shortest paths it is the one whose links come first on their pages.
        """
        clicks: list[Click] = []
        reached = self.pages[url]
        while reached.click is not None:
            clicks.append(reached.click)
            reached = self.pages[reached.parent]
        return tuple(reversed(clicks))


def crawl(
    corpus: Corpus,
    root: str,
    max_depth: int = 4,
    max_pages: int = 1000,
    prefix: str | None = None,
) -> Crawl:
    """What clicks reach from a root, breadth first, links in the order of (position, url).

    Only pages whose url begins with `prefix` (by default the root itself) are reached, at most
    `max_depth` clicks away and at most `max_pages` of them, the root included. Raises SettingError
    for a root that is no page of the corpus or lies outside of the prefix, and for limits below 0
    clicks or 1 page.
    """
    within = root if prefix is None else prefix
    if corpus.index(root) is None:
        raise bad_setting("root", root, f"the url of a page of {corpus.name!r}")
    if not root.startswith(within):
        raise bad_setting("prefix", within, f"the beginning of the root {root!r}")
    if max_depth < 0:
        raise bad_setting("max_depth", max_depth, "at least 0")
    if max_pages < 1:
        raise bad_setting("max_pages", max_pages, "at least 1")
    found = {root: Reached(url=root)}
    level = [root]
    for depth in range(1, max_depth + 1):
        level = _next_level(corpus, found, level, depth, (within, max_pages))
    return Crawl(root=root, prefix=within, pages=found)


def _next_level(
    corpus: Corpus,
    found: dict[str, Reached],
    level: Sequence[str],
    depth: int,
    limits: tuple[str, int],
) -> list[str]:
    """The pages found from those of a level, which are added to `found` as far as there is room."""
    within, most = limits
    new: list[str] = []
    for parent in level:
        for click in _clicks(corpus, parent, within):
            if click.url in found:
                continue
            if len(found) == most:
                return new
            found[click.url] = Reached(url=click.url, depth=depth, parent=parent, click=click)
            new.append(click.url)
    return new


def _clicks(corpus: Corpus, url: str, within: str) -> Iterator[Click]:
    """The links of a page that lead to a page under the prefix, in the order of (position, url)."""
    index = corpus.index(url)
    links = corpus.page(index).links if index is not None else ()
    for place, link in sorted(enumerate(links), key=_order):
        target = resolved(corpus, link.url)
        if target is not None and target.startswith(within):
            yield Click(link=place, label=link.anchor, url=target)


def _order(numbered: tuple[int, Link]) -> tuple[int, str, int]:
    place, link = numbered
    return (link.position, link.url, place)
