"""What is known of a corpus beyond its pages: which values a page states, and where it spells them.

For noise that makes pages wrong or old. It is read off the knowledge behind the corpus, page by
page, when a page is asked for. Nothing of it is visible to players.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from webenvs.corpora.history import History, Term
from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.corpora.spans import spans
from webenvs.corpora.wrong import WrongValues
from webenvs.records import Claim, Page

_CACHED = 4096


class Mention(NamedTuple):
    """A fact, and where the page spells its object: in which of its spellings, counted from 0."""

    fact: Fact
    start: int
    end: int
    spelling: int


class Lore:
    """The values that the pages of a corpus state, by page."""

    def __init__(self, knowledge: Knowledge) -> None:
        """Nothing is read before it is asked for."""
        self.knowledge = knowledge
        self.history = History(knowledge)
        self._wrong = WrongValues(knowledge)
        self.claims = lru_cache(maxsize=_CACHED)(self._claims)
        self.namesakes = lru_cache(maxsize=_CACHED)(self._namesakes)

    def mentions(self, page: Page) -> tuple[Mention, ...]:
        """Where the page spells the objects of what it states, in order and without overlaps.

        What is its own subject is left out: to write another name for it would be no claim about
        it. So is a value that the passage does not spell, because the page is about it.
        """
        found = [
            mention
            for fact in self.knowledge.facts_on(page.url)
            if not self._is_own(fact, page)
            for place in fact.places
            if place.url == page.url
            for mention in self._spelled(fact, page, place.start, place.end)
        ]
        found.sort(key=lambda mention: (mention.start, -mention.end, mention.fact.key))
        kept: list[Mention] = []
        for mention in found:
            if not kept or mention.start >= kept[-1].end:
                kept.append(mention)
        return tuple(kept)

    def tacit(self, page: Page, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
        """Passages that state what has not always been so, without its name, in order.

        They stand on pages about the object ("She heads the town hall of Tarn"). A passage with one
        of the page's `mentions` in it is none. A blank behind it counts as a part of it. Of several
        facts in one passage it is with the one that has changed last.
        """
        found: dict[tuple[int, int], Fact] = {}
        for fact in self.knowledge.facts_on(page.url):
            for place in fact.places if self.history.terms(fact) else ():
                if place.url == page.url:
                    span = (place.start, place.end)
                    found[span] = max(found.get(span, fact), fact, key=self._changed)
        kept: list[Mention] = []
        for (start, end), fact in sorted(found.items(), key=lambda item: item[0]):
            named = any(one.start < end and start < one.end for one in mentions)
            if not named and start < end and not (kept and start < kept[-1].end):
                blank = page.text[end : end + 1] == " "
                kept.append(Mention(fact, start, end + blank, 0))
        return tuple(kept)

    def spelled(self, term: Term, relation: str, spelling: int) -> str:
        """A value that held before, in the spelling of that number or the nearest it has."""
        if term.name:
            return term.name
        return self._spelling(term.value, relation, spelling)

    def _claims(self, url: str) -> tuple[Claim, ...]:
        """The values that the page states, in the order of their places; none of no page."""
        index = self.knowledge.corpus.index(url)
        if index is None:
            return ()
        page = self.knowledge.corpus.page(index)
        mentions = self.mentions(page)
        claims = [self._claim(mention, page) for mention in mentions]
        claims += [self._tacit_claim(passage, page) for passage in self.tacit(page, mentions)]
        return tuple(sorted(claims, key=lambda claim: claim.start))

    def _namesakes(self, url: str) -> tuple[str, ...]:
        """The pages about other things that go by a name of what this page is about, ascending."""
        entities = self.knowledge.entities
        found = {
            entities[other].url
            for one in self._at.get(url, ())
            for name in entities[one].names
            for other in self.knowledge.bearers(name)
        }
        return tuple(sorted(found - {"", url}))

    def _claim(self, mention: Mention, page: Page) -> Claim:
        fact = mention.fact
        terms = self.history.terms(fact)
        return Claim(
            start=mention.start,
            end=mention.end,
            text=page.text[mention.start : mention.end],
            fact=" | ".join(fact.key),
            others=tuple(
                [
                    self._spelling(other, fact.relation, mention.spelling)
                    for other in self._wrong.others(fact)
                ]
            ),
            older=tuple([self.spelled(term, fact.relation, mention.spelling) for term in terms]),
            until=tuple([term.until for term in terms]),
        )

    def _tacit_claim(self, passage: Mention, page: Page) -> Claim:
        """A passage that was not there before, as a claim that was empty."""
        terms = self.history.terms(passage.fact)
        return Claim(
            start=passage.start,
            end=passage.end,
            text=page.text[passage.start : passage.end],
            fact=" | ".join(passage.fact.key),
            older=("",) * len(terms),
            until=tuple([term.until for term in terms]),
        )

    def _changed(self, fact: Fact) -> int:
        """The last year in which a fact that has changed was otherwise."""
        return self.history.terms(fact)[0].until

    def _is_own(self, fact: Fact, page: Page) -> bool:
        """Whether the page is about the fact's object."""
        entity = self.knowledge.entities.get(str(fact.object))
        return entity is not None and entity.url == page.url and self._kind(fact) == "entity"

    def _kind(self, fact: Fact) -> str:
        return self.knowledge.relations[fact.relation].kind

    def _spelling(self, value: Value, relation: str, number: int) -> str:
        spellings = self.knowledge.spellings(value, relation)
        return spellings[min(number, len(spellings) - 1)]

    def _spelled(self, fact: Fact, page: Page, start: int, end: int) -> list[Mention]:
        """Where a passage spells the object: by a link to it if there is one, else everywhere."""
        knowledge, passage = self.knowledge, page.text[start:end]
        names = knowledge.spellings(fact.object, fact.relation)
        found = [
            Mention(fact, start + one, start + other, number)
            for number, name in enumerate(names)
            for one, other in spans(passage, name)
        ]
        if not found:
            return found
        subject = [
            (start + one, start + other)
            for name in knowledge.entities[fact.subject].names
            for one, other in spans(passage, name)
        ]
        longer = [*subject, *((mention.start, mention.end) for mention in found)]
        found = [mention for mention in found if not any(_inside(mention, span) for span in longer)]
        if self._kind(fact) != "entity":
            return found
        url = knowledge.entities[str(fact.object)].url
        linked = {link.position for link in page.links if url and link.url == url}
        return [mention for mention in found if mention.start in linked] or found

    @cached_property
    def _at(self) -> dict[str, tuple[str, ...]]:
        """The entities whose own page it is, by url."""
        found: dict[str, tuple[str, ...]] = {}
        for entity in self.knowledge.entities.values():
            if entity.url:
                found[entity.url] = (*found.get(entity.url, ()), entity.id)
        return found


def _inside(mention: Mention, span: tuple[int, int]) -> bool:
    """Whether a mention is a part of a longer name."""
    start, end = span
    return (
        start <= mention.start and mention.end <= end and end - start > mention.end - mention.start
    )
