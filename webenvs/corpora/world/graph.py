"""The knowledge behind the pages: entities, facts with the urls that state them, and indexes."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TypeVar

from webenvs.corpora.corpus import digest_of, sorted_pages
from webenvs.corpora.world.relations import RELATIONS
from webenvs.records import Page, Record

ROOT = "https://world.example"
Value = str | int
"""An entity's id, or a year or number."""
_Key = TypeVar("_Key")
_Item = TypeVar("_Item")
_WORD = re.compile(r"\w+")


class Entity(Record, frozen=True, kw_only=True):
    """One thing of the world; `kind` narrows its type (novelist, shipping company)."""

    id: str
    name: str
    type: str
    kind: str = ""
    aliases: tuple[str, ...] = ()
    gender: str = ""

    @property
    def url(self) -> str:
        """Where its article lies."""
        return f"{ROOT}/wiki/{self.id}"

    @property
    def title(self) -> str:
        """Its name as a page title, with what tells it from its namesakes in parentheses."""
        return self.id.replace("_", " ")

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and its aliases."""
        return (self.name, *self.aliases)


class Fact(Record, frozen=True, kw_only=True):
    """One true statement: subject id, relation name, object, and the urls of pages that say so."""

    subject: str
    relation: str
    object: Value
    urls: tuple[str, ...] = ()


class World:
    """Entities, facts and pages, indexed; nothing of the facts is visible to players.

    Entities are in the order of their ids, facts in the order of (subject, relation, object),
    pages in the order of their urls.
    """

    def __init__(
        self, entities: Iterable[Entity], facts: Iterable[Fact], pages: Iterable[Page], name: str
    ) -> None:
        """Sort and index; raises CorpusError if there is no page, or two have one url."""
        self.name = name
        self.entities: Mapping[str, Entity] = MappingProxyType(
            {entity.id: entity for entity in sorted(entities, key=lambda entity: entity.id)}
        )
        self.facts: tuple[Fact, ...] = tuple(
            sorted(facts, key=lambda fact: (fact.subject, fact.relation, str(fact.object)))
        )
        self._pages = tuple(sorted_pages(pages))
        self._by_subject: Mapping[tuple[Value, str], tuple[Fact, ...]] = _grouped(
            ((fact.subject, fact.relation), fact) for fact in self.facts
        )
        self._by_object = _grouped(((fact.object, fact.relation), fact) for fact in self.facts)
        self._about = _grouped((fact.subject, fact) for fact in self.facts)
        self._naming: Mapping[Value, tuple[Fact, ...]] = _grouped(
            (fact.object, fact) for fact in self.facts
        )
        self._bearers = _grouped(
            (plain(name), entity.id) for entity in self.entities.values() for name in entity.names
        )

    def pages(self) -> tuple[Page, ...]:
        """All pages, in the order of their urls."""
        return self._pages

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the pages: the digest of every corpus made of them."""
        return digest_of(self._pages)

    def facts_from(self, subject: Value, relation: str) -> tuple[Fact, ...]:
        """The facts of that subject and relation."""
        return self._by_subject.get((subject, relation), ())

    def facts_to(self, value: Value, relation: str) -> tuple[Fact, ...]:
        """The facts of that relation whose object is `value`."""
        return self._by_object.get((value, relation), ())

    def facts_about(self, entity: str) -> tuple[Fact, ...]:
        """The facts whose subject is the entity."""
        return self._about.get(entity, ())

    def facts_naming(self, entity: str) -> tuple[Fact, ...]:
        """The facts whose object is the entity."""
        return self._naming.get(entity, ())

    def bearers(self, name: str) -> tuple[str, ...]:
        """The ids of all entities that go by this name, whatever its case."""
        return self._bearers.get(plain(name), ())

    def page_words(self, url: str) -> str:
        """The page's title and text as `plain` words; empty if there is no such page."""
        return self._words.get(url, "")

    def spellings(self, value: Value, relation: str) -> tuple[str, ...]:
        """How an object of the relation is written on pages, the usual spelling first."""
        if isinstance(value, str):
            return self.entities[value].names
        if RELATIONS[relation].kind == "number" and value >= 1000:
            return (f"{value:,}", str(value))
        return (str(value),)

    @cached_property
    def _words(self) -> dict[str, str]:
        return {page.url: _folded(f"{page.title}\n{page.text}") for page in self._pages}


@lru_cache(maxsize=16_384)
def plain(name: str) -> str:
    """`name` as lower-case words with one blank around each, for finding it at word ends."""
    return _folded(name)


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return f" {' '.join(_WORD.findall(folded))} "


def _grouped(pairs: Iterable[tuple[_Key, _Item]]) -> dict[_Key, tuple[_Item, ...]]:
    groups: dict[_Key, list[_Item]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return {key: tuple(items) for key, items in groups.items()}
