"""A generated web as it was in an earlier year: the same pages, with the values of that year."""

import re
from collections.abc import Iterator, Mapping
from functools import partial

from msgspec.structs import replace

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.history import Term
from webenvs.corpora.knowledge import Entity, Fact, Knowledge, Place
from webenvs.corpora.lore import Lore
from webenvs.corpora.world.past.chronicle import NOW
from webenvs.editing import Edit, edited, moved_span
from webenvs.errors import bad_setting
from webenvs.records import Link, Page


def snapshot(knowledge: Knowledge, year: int) -> Knowledge:
    """A world as it was at the end of `year`, all of it in memory: its pages, and what they state.

    Facts that have changed since (`history.RULES`) are as they were: names and numbers give way to
    earlier ones, links to them lead to the earlier one or are hidden, and a page does not say yet
    what its own subject came to later. Urls and the numbers of links are the same in every year.
    What has happened once (births, works, news) stays, whenever it was; so does knowledge that is
    not of a generated world. Tasks made of a snapshot ask for what was true then.

    Raises SettingError for a year after that in which worlds are written, and for a world that is
    a snapshot already, whose own past is not that of its world.
    """
    if year > NOW:
        raise bad_setting("year", year, f"at most {NOW}, the year in which worlds are written")
    if re.search(r"-as-of--?\d+$", knowledge.name):
        allowed = "one that is no snapshot: take each year from the world itself"
        raise bad_setting("the world", knowledge.name, allowed)
    lore, corpus = Lore(knowledge), knowledge.corpus
    changes: dict[str, list[Edit]] = {}
    pages: list[Page] = []
    for index in range(len(corpus)):
        page = corpus.page(index)
        edits, led = _changes(lore, page, year)
        if edits:
            changes[page.url] = edits
            links = tuple(map(partial(_relinked, led), page.links))
            page = edited(replace(page, links=links), edits)
        pages.append(page)
    name = f"{knowledge.name}-as-of-{year}"
    then = MemoryCorpus(pages, name, dict(corpus.aliases()))
    terms = {fact.key: term for fact in knowledge.facts if (term := lore.history.at(fact, year))}
    entities = {**knowledge.entities, **_without_pages(knowledge, terms)}
    facts = _facts(knowledge, terms, changes)
    relations, types = knowledge.relations.values(), knowledge.types.values()
    return Knowledge(entities.values(), relations, types, facts, then, name)


def _changes(lore: Lore, page: Page, year: int) -> tuple[list[Edit], Mapping[int, tuple[str, str]]]:
    """How the page changes, and the name and page of each earlier value that has one, by place."""
    edits: list[Edit] = []
    led: dict[int, tuple[str, str]] = {}
    mentions = lore.mentions(page)
    for mention in mentions:
        term = lore.history.at(mention.fact, year)
        if term is not None:
            text = lore.spelled(term, mention.fact.relation, mention.spelling)
            earlier = lore.knowledge.entities.get(str(term.value))
            edits.append(Edit(mention.start, mention.end, text, keeps=earlier is not None))
            if earlier is not None:
                led[mention.start] = (text, earlier.url)
    edits += [
        Edit(passage.start, passage.end)
        for passage in lore.tacit(page, mentions)
        if lore.history.at(passage.fact, year)
    ]
    return edits, led


def _relinked(led: Mapping[int, tuple[str, str]], link: Link) -> Link:
    """The link with the earlier value's name and page, if it stands where one is written."""
    anchor, url = led.get(link.position, ("", ""))
    return replace(link, anchor=anchor, url=url) if url else link


def _without_pages(
    knowledge: Knowledge, terms: Mapping[tuple[str, str, str], Term]
) -> dict[str, Entity]:
    """Those who held something then and have no page, by id."""
    found: dict[str, Entity] = {}
    for (_, _, holder), term in terms.items():
        if term.name:
            kind = knowledge.entities[holder].kind
            found[_id(term)] = Entity(id=_id(term), name=term.name, type="person", kind=kind)
    return found


def _id(term: Term) -> str:
    return term.name.replace(" ", "_")


def _facts(
    knowledge: Knowledge,
    terms: Mapping[tuple[str, str, str], Term],
    changes: Mapping[str, list[Edit]],
) -> Iterator[Fact]:
    """The facts of the year with the places that state them; those that no page states are left."""
    for fact in knowledge.facts:
        places = [
            Place(place.url, *span)
            for place in fact.places
            if (span := moved_span(changes.get(place.url, ()), place.start, place.end))
        ]
        term = terms.get(fact.key)
        if places or not fact.places:
            value = fact.object if term is None else (_id(term) if term.name else term.value)
            yield replace(fact, object=value, places=tuple(places))
