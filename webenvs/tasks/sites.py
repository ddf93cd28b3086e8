"""Web sites and what their pages state: how deep a fact lies, what is left without a page."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from webenvs.corpora.corpus import Corpus
from webenvs.corpora.knowledge import Entity, Fact, Knowledge
from webenvs.tasks.crawl import Crawl, crawl

_DEPTH = 8
_PAGES = 500


class Site:
    """What clicks reach from a root, and the facts that those pages state, with those places only.

    `knowledge` is that of the site alone; `owner` is the one thing that goes by the root's title,
    if there is one.
    """

    def __init__(self, knowledge: Knowledge, crawled: Crawl) -> None:
        self.crawl = crawled
        facts = {fact.key: fact for url in crawled.pages for fact in knowledge.facts_on(url)}
        self.knowledge = _restricted(knowledge, [self._inside(fact) for fact in facts.values()])
        index = knowledge.corpus.index(crawled.root)
        self.title = crawled.root if index is None else knowledge.corpus.page(index).title
        bearers = knowledge.bearers(self.title)
        self.owner: Entity | None = knowledge.entities[bearers[0]] if len(bearers) == 1 else None
        self._without: dict[str, Knowledge] = {}

    def page(self, fact: Fact) -> str:
        """The page that states the fact and is the fewest clicks away, the first url of such."""
        return min(fact.urls, key=lambda url: (self.crawl.depth(url), url))

    def depth(self, fact: Fact) -> int:
        """The fewest clicks to a page that states the fact."""
        return self.crawl.depth(self.page(fact))

    def without(self, url: str) -> Knowledge:
        """What the site says without that page: the facts that another page of it states."""
        if url not in self._without:
            facts = [fact for fact in self.knowledge.facts if fact.urls != (url,)]
            self._without[url] = _restricted(self.knowledge, facts)
        return self._without[url]

    def _inside(self, fact: Fact) -> Fact:
        places = tuple(place for place in fact.places if place.url in self.crawl.pages)
        return msgspec.structs.replace(fact, places=places)


@lru_cache(maxsize=1024)
def site_of(knowledge: Knowledge, root: str, prefix: str | None = None) -> Site:
    """The site at a root as far as clicks reach: 8 clicks deep, 500 pages; kept for the next call.

    Raises SettingError for a root that is no page, or lies outside of the prefix.
    """
    return Site(knowledge, crawl(knowledge.corpus, root, _DEPTH, _PAGES, prefix))


def site_roots(corpus: Corpus) -> tuple[str, ...]:
    """The front pages of all hosts of the corpus (https://host/), in the order of urls."""
    known: Any = corpus
    return _roots(known)


@lru_cache(maxsize=8)
def _roots(corpus: Any) -> tuple[str, ...]:
    urls = (corpus.url(index) for index in range(len(corpus)))
    return tuple(url for url in urls if url.endswith("/") and url.count("/") == 3)


def site_name(knowledge: Knowledge, root: str) -> str:
    """What a question calls the site: its owner with article, or the title of its root."""
    site = site_of(knowledge, root)
    if site.owner is None:
        return site.title
    words = knowledge.types.get(site.owner.type)
    return (words.article if words else "") + site.owner.name


def on_site(knowledge: Knowledge, root: str, question: str) -> str:
    """The question with the site it is about: "On the website of Halvern University, who ...?"."""
    return f"On the website of {site_name(knowledge, root)}, {question[:1].lower()}{question[1:]}"


def _restricted(knowledge: Knowledge, facts: Iterable[Fact]) -> Knowledge:
    """The same knowledge with these facts alone, and the entities that they speak of."""
    kept = list(facts)
    ends = {str(end) for fact in kept for end in (fact.subject, fact.object)}
    return Knowledge(
        (knowledge.entities[end] for end in sorted(ends) if end in knowledge.entities),
        knowledge.relations.values(),
        knowledge.types.values(),
        kept,
        knowledge.corpus,
        knowledge.name,
    )
