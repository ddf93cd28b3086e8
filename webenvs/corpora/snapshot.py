"""A generated web as it was in an earlier year: the same pages, with the values of that year."""

from collections.abc import Iterator, Mapping
from functools import partial

from msgspec.structs import replace

from webenvs.corpora.knowledge import Fact, Knowledge
from webenvs.corpora.lore import Lore
from webenvs.editing import Edit, edited
from webenvs.records import Link, Page


def pages_as_of(knowledge: Knowledge, year: int) -> Iterator[Page]:
    """The pages of a world as they were at the end of `year`, in corpus order.

    Facts that have changed since (`history.RULES`) are as they were: names and numbers give way to
    earlier ones, links to them lead to the earlier one or are hidden, and a page does not say yet
    what its own subject came to later. Urls and the numbers of links are the same in every year.
    What has happened once (births, works, news) stays, whenever it was; so do pages of knowledge
    that has no history.
    """
    lore, corpus = Lore(knowledge), knowledge.corpus
    for index in range(len(corpus)):
        yield _as_of(lore, corpus.page(index), year)


def _as_of(lore: Lore, page: Page, year: int) -> Page:
    edits: list[Edit] = []
    led: dict[int, tuple[str, str]] = {}
    for mention in lore.mentions(page):
        term = lore.history.at(mention.fact, year)
        if term is not None:
            text = lore.spelled(term, mention.fact.relation, mention.spelling)
            earlier = lore.knowledge.entities.get(str(term.value))
            edits.append(Edit(mention.start, mention.end, text, keeps=earlier is not None))
            if earlier is not None:
                led[mention.start] = (text, earlier.url)
    edits += _unsaid(lore, page, year, edits)
    if led:
        page = replace(page, links=tuple(map(partial(_relinked, led), page.links)))
    return edited(page, edits)


def _relinked(led: Mapping[int, tuple[str, str]], link: Link) -> Link:
    """The link with the earlier value's name and page, if it stands where one is written."""
    anchor, url = led.get(link.position, ("", ""))
    return replace(link, anchor=anchor, url=url) if url else link


def _unsaid(lore: Lore, page: Page, year: int, edits: list[Edit]) -> list[Edit]:
    """What takes out passages by which the object's page states what was not so yet."""
    own = [fact for fact in lore.knowledge.facts_on(page.url) if _names(lore, fact, page)]
    spans = {
        (place.start, place.end)
        for fact in own
        if lore.history.at(fact, year) is not None
        for place in fact.places
        if place.url == page.url
    }
    kept: list[Edit] = []
    last = 0
    for start, end in sorted(spans):
        inside = any(edit.start < end and start < edit.end for edit in edits)
        if start >= last and not inside:
            kept.append(Edit(start, end))
            last = end
    return kept


def _names(lore: Lore, fact: Fact, page: Page) -> bool:
    """Whether the page is about the fact's object."""
    entity = lore.knowledge.entities.get(str(fact.object))
    return entity is not None and bool(entity.url) and entity.url == page.url
