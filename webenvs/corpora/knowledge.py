"""The knowledge behind a corpus: entities, relations, and facts with the passages that state them.

A generated world has it, and so has a file of triples over real pages; tasks are made and proved
from it. Nothing of it is visible to players.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Literal, TypeVar

from webenvs.corpora.corpus import Corpus
from webenvs.errors import CorpusError, unknown_name
from webenvs.records import Record
from webenvs.seeding import digest

ValueKind = Literal["entity", "year", "date", "number"]
VALUE_KINDS: tuple[ValueKind, ...] = ("year", "date", "number")
Value = str | int
"""An entity's id, a year or number, or a date as YYYY-MM-DD; the relation tells which."""
_Key = TypeVar("_Key")
_Item = TypeVar("_Item")
_WORD = re.compile(r"\w+")


class EntityWords(Record, frozen=True, kw_only=True):
    """How questions speak of one type of entity: "which football club", "the clubs that ...".

    `article` stands before a name in running text ("the "); `who` is the relative pronoun;
    `broader` names a wider type ("organisation"), for vague questions.
    """

    name: str
    noun: str
    plural: str
    article: str = ""
    who: str = "that"
    broader: str = ""


class Relation(Record, frozen=True, kw_only=True):
    """One relation from the entity type `domain` to `range`: a type, or year, date or number.

    An empty type stands for any. `functional`: a subject has at most one object;
    `inverse_functional`: an object has at most one subject; `symmetric`: it holds both ways. Words
    of questions: `nouns` lead from the subject {x} to the object ("the birthplace of {x}"), `asks`
    ask for the object, `predicates` describe the subject by its object {x} ("was born in {x}"). A
    date fills {x} with its preposition ("on 4 May 1931", "in May 1931"), years and numbers do not.
    `unit` follows a number.
    """

    name: str
    domain: str
    range: str
    nouns: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    predicates: tuple[str, ...] = ()
    functional: bool = True
    inverse_functional: bool = False
    symmetric: bool = False
    unit: str = ""

    @property
    def kind(self) -> ValueKind:
        """What its objects are: entities, years, dates or numbers."""
        return next((kind for kind in VALUE_KINDS if kind == self.range), "entity")


class Entity(Record, frozen=True, kw_only=True):
    """One thing; `kind` narrows its type (novelist, shipping company); `url` is its own page."""

    id: str
    name: str
    type: str
    kind: str = ""
    aliases: tuple[str, ...] = ()
    gender: str = ""
    url: str = ""
    popularity: float = 0.0

    @property
    def title(self) -> str:
        """Its id as a page title: its name, with what tells it from its namesakes in brackets."""
        return self.id.replace("_", " ")

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and its aliases."""
        return (self.name, *self.aliases)


class Place(Record, frozen=True, array_like=True):
    """The passage of a page that states a fact: characters `start` to `end` of its text."""

    url: str
    start: int = 0
    end: int = 0


class Fact(Record, frozen=True, kw_only=True):
    """One true statement: subject id, relation name, object, and the passages that say so."""

    subject: str
    relation: str
    object: Value
    places: tuple[Place, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        """The pages that state it, each once, in ascending order."""
        return tuple(sorted({place.url for place in self.places}))

    @property
    def key(self) -> tuple[str, str, str]:
        """Its place in the order of all facts."""
        return (self.subject, self.relation, str(self.object))


class Knowledge:
    """Entities, relations and facts over one corpus, indexed.

    Entities are in the order of their ids, facts in the order of (subject, relation, object).
    """

    def __init__(
        self,
        entities: Iterable[Entity],
        relations: Iterable[Relation],
        types: Iterable[EntityWords],
        facts: Iterable[Fact],
        corpus: Corpus,
        name: str,
    ) -> None:
        """Sort and index; raises CorpusError for a fact whose ends or relation are not declared."""
        self.name = name
        self.corpus = corpus
        self.relations = MappingProxyType({relation.name: relation for relation in relations})
        self.types = MappingProxyType({words.name: words for words in types})
        self.entities: Mapping[str, Entity] = MappingProxyType(
            {entity.id: entity for entity in sorted(entities, key=lambda entity: entity.id)}
        )
        self.facts: tuple[Fact, ...] = tuple(sorted(facts, key=lambda fact: fact.key))
        self._check()

    def relation(self, name: str) -> Relation:
        """The relation of that name; raises UnknownNameError."""
        if name not in self.relations:
            raise unknown_name("relation", name, self.relations, f"in {self.name!r}")
        return self.relations[name]

    def facts_from(self, subject: Value, relation: str) -> tuple[Fact, ...]:
        """The facts of that subject and relation, in order."""
        return self._by_subject.get((subject, relation), ())

    def facts_to(self, value: Value, relation: str) -> tuple[Fact, ...]:
        """The facts of that relation whose object is `value`, in order."""
        return self._by_object.get((value, relation), ())

    def facts_about(self, entity: Value) -> tuple[Fact, ...]:
        """The facts whose subject is the entity, in order."""
        return self._about.get(entity, ())

    def facts_naming(self, value: Value) -> tuple[Fact, ...]:
        """The facts whose object is the entity or value, in order."""
        return self._naming.get(value, ())

    def facts_of(self, relation: str) -> tuple[Fact, ...]:
        """All facts of that relation, in order."""
        return self._by_relation.get(relation, ())

    def facts_on(self, url: str) -> tuple[Fact, ...]:
        """The facts that the page states, in order."""
        return self._by_page.get(url, ())

    def of_type(self, name: str) -> tuple[Entity, ...]:
        """All entities of that type, in the order of their ids."""
        return self._by_type.get(name, ())

    def bearers(self, name: str) -> tuple[str, ...]:
        """The ids of all entities that go by this name, whatever its case."""
        return self._bearers.get(plain(name), ())

    def page_words(self, url: str) -> str:
        """The page's title and text as `plain` words; empty if there is no such page."""
        return self._page_words(url)

    def spellings(self, value: Value, relation: str) -> tuple[str, ...]:
        """How an object of the relation is written on pages, the usual spelling first."""
        kind = self.relations[relation].kind
        if kind == "entity":
            return self.entities[str(value)].names
        if kind == "date":
            return tuple(dict.fromkeys((*spelled_date(str(value)), *_short_dates(str(value)))))
        if kind == "number" and int(value) >= 1000:
            return (f"{value:,}", str(value))
        return (str(value),)

    @cached_property
    def digest(self) -> str:
        """What tells it from other knowledge: a hash of all it holds and of its corpus."""
        terms = [list(part.values()) for part in (self.entities, self.relations, self.types)]
        return digest([self.corpus.digest, self.facts, *terms])

    @cached_property
    def _by_subject(self) -> Mapping[tuple[Value, str], tuple[Fact, ...]]:
        return _grouped(((fact.subject, fact.relation), fact) for fact in self.facts)

    @cached_property
    def _by_object(self) -> Mapping[tuple[Value, str], tuple[Fact, ...]]:
        return _grouped(((fact.object, fact.relation), fact) for fact in self.facts)

    @cached_property
    def _about(self) -> Mapping[Value, tuple[Fact, ...]]:
        return _grouped((fact.subject, fact) for fact in self.facts)

    @cached_property
    def _naming(self) -> Mapping[Value, tuple[Fact, ...]]:
        return _grouped((fact.object, fact) for fact in self.facts)

    @cached_property
    def _by_relation(self) -> Mapping[str, tuple[Fact, ...]]:
        return _grouped((fact.relation, fact) for fact in self.facts)

    @cached_property
    def _by_page(self) -> Mapping[str, tuple[Fact, ...]]:
        return _grouped((url, fact) for fact in self.facts for url in fact.urls)

    @cached_property
    def _by_type(self) -> Mapping[str, tuple[Entity, ...]]:
        return _grouped((entity.type, entity) for entity in self.entities.values())

    @cached_property
    def _bearers(self) -> Mapping[str, tuple[str, ...]]:
        return _grouped(
            (plain(name), entity.id) for entity in self.entities.values() for name in entity.names
        )

    @cached_property
    def _page_words(self) -> "_PageWords":
        return _PageWords(self.corpus)

    def _check(self) -> None:
        """Raise CorpusError at the first fact whose relation or ends are not declared."""
        for fact in self.facts:
            relation = self.relations.get(fact.relation)
            if relation is None:
                raise CorpusError(f"{self.name}: the fact {fact.key} has an undeclared relation.")
            ends = (fact.subject, fact.object) if relation.kind == "entity" else (fact.subject,)
            for end in ends:
                if end not in self.entities:
                    raise CorpusError(f"{self.name}: {end!r} of the fact {fact.key} is no entity.")


class _PageWords:
    """The plain words of pages, the last 20,000 of them kept."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._read = lru_cache(maxsize=20_000)(self._folded)

    def __call__(self, url: str) -> str:
        return self._read(url)

    def _folded(self, url: str) -> str:
        index = self._corpus.index(url)
        if index is None:
            return ""
        page = self._corpus.page(index)
        return _folded(f"{page.title}\n{page.text}")


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def spelled_date(day: str) -> tuple[str, ...]:
    """A date YYYY-MM-DD as pages write it, the usual spelling first: 4 May 1931."""
    year, month, number = day.split("-")
    name = _MONTHS[int(month) - 1]
    return (f"{int(number)} {name} {year}", f"{name} {int(number)}, {year}", day)


def _short_dates(day: str) -> tuple[str, ...]:
    """A date with the month's first three letters: 4 May 1931, 04-May-1931."""
    year, month, number = day.split("-")
    name = _MONTHS[int(month) - 1][:3]
    return (
        f"{int(number)} {name} {year}",
        f"{name} {int(number)}, {year}",
        f"{number}-{name}-{year}",
    )


@lru_cache(maxsize=65_536)
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
