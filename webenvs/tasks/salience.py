"""Salience: how directly a clue of a question leads a searcher to what it describes.

A clue is an atom with a constant. Its salience is the largest inverse document frequency of its
constant's words, in bits, plus the bits by which the clue alone narrows the type of the thing that
it describes (the salience of WebExplorer's clues, arXiv 2509.06501, section 2.3, as a number).
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from webenvs.corpora.corpus import Corpus
from webenvs.corpora.knowledge import Knowledge, Value, plain
from webenvs.records import Record
from webenvs.tasks.kp.edges import edges_from, edges_to
from webenvs.tasks.kp.query import NAMED, Atom, Const, Query, Var

MOST_READ = 20_000
"""Of a larger corpus so many pages, evenly spaced, are read to count words."""

_MOST_KEPT = 200_000
_find_words = re.compile(r"\w+").findall
Gold = Mapping[str, Value]
"""What each variable of a query stands for."""


class WordCounts(Record, frozen=True, kw_only=True):
    """On how many of `read` pages each word stands, title included; `pages` are all there are."""

    pages: int
    read: int
    counts: dict[str, int]

    def pages_with(self, word: str) -> float:
        """How many pages hold a folded word, scaled up from those that were read."""
        return self.counts.get(word, 0) * self.pages / self.read

    def bits(self, pages: float) -> float:
        """log2(all pages / `pages`), at most that of one page."""
        return math.log2(self.pages / max(1.0, min(pages, self.pages)))


_COUNTED: WeakKeyDictionary[Knowledge, WordCounts] = WeakKeyDictionary()
_NARROWED: WeakKeyDictionary[Knowledge, dict[object, float]] = WeakKeyDictionary()


def word_counts(knowledge: Knowledge) -> WordCounts:
    """The word counts of the pages behind the knowledge; counted once and kept."""
    if knowledge not in _COUNTED:
        _COUNTED[knowledge] = _count(knowledge.corpus)
    return _COUNTED[knowledge]


def _count(corpus: Corpus) -> WordCounts:
    counts: Counter[str] = Counter()
    step = max(1, -(-len(corpus) // MOST_READ))
    places = range(0, len(corpus), step)
    for place in places:
        page = corpus.page(place)
        text = f"{page.title}\n{page.text}"
        folded = text.lower() if text.isascii() else _folded(text)
        counts.update(set(_find_words(folded)))
    return WordCounts(pages=len(corpus), read=len(places), counts=counts)


def rarest(knowledge: Knowledge, text: str) -> float:
    """On how many pages the rarest word of a name or value stands: no more pages hold the whole."""
    counted = word_counts(knowledge)
    return min((counted.pages_with(word) for word in plain(text).split()), default=0.0)


def salience(knowledge: Knowledge, atom: Atom, gold: Gold) -> float:
    """The salience of an atom in bits, 0 without a constant.

    `gold` tells what the variable stands for, and with that the type that is narrowed.
    """
    return sum(
        _rarity(knowledge, atom.relation, end) + _narrowing(knowledge, atom, end, gold)
        for end in (atom.subject, atom.object)
        if isinstance(end, Const)
    )


def total_salience(knowledge: Knowledge, query: Query, gold: Gold) -> float:
    """The salience of all clues together, rounded so that sums of equal clues are equal."""
    return round(math.fsum(salience(knowledge, atom, gold) for atom in query.atoms), 9)


def by_salience(knowledge: Knowledge, query: Query, gold: Gold) -> tuple[int, ...]:
    """The places of the atoms with a constant, the most salient first, ties by place."""
    bits = {
        place: round(salience(knowledge, atom, gold), 9)
        for place, atom in enumerate(query.atoms)
        if is_clue(atom)
    }
    return tuple(sorted(bits, key=lambda place: (-bits[place], place)))


def is_clue(atom: Atom) -> bool:
    """Whether the atom holds a constant."""
    return isinstance(atom.subject, Const) or isinstance(atom.object, Const)


def words_of(knowledge: Knowledge, relation: str, term: Const) -> tuple[str, ...]:
    """How a question may write a constant: its label, or the usual spelling of each member."""
    if term.label:
        return (term.label,)
    return tuple(spelling(knowledge, relation, value) for value in term.members)


def spelling(knowledge: Knowledge, relation: str, value: Value) -> str:
    """The usual spelling of a value at either end of the relation; names stand for themselves."""
    if relation == NAMED:
        return str(value)
    entity = knowledge.entities.get(str(value)) if isinstance(value, str) else None
    return entity.name if entity else knowledge.spellings(value, relation)[0]


def _rarity(knowledge: Knowledge, relation: str, term: Const) -> float:
    """The bits of the rarest word of a constant.

    A word that no page holds leads nowhere: of a label it counts nothing. A value is taken to stand
    on one page at least, for not all pages may have been read.
    """
    counted = word_counts(knowledge)
    least = 0.0 if term.label else 1.0
    found = (
        max(least, counted.pages_with(word))
        for text in words_of(knowledge, relation, term)
        for word in plain(text).split()
    )
    return max((counted.bits(pages) for pages in found if pages), default=0.0)


def _narrowing(knowledge: Knowledge, atom: Atom, term: Const, gold: Gold) -> float:
    """The bits by which the clue alone narrows the population of its other end."""
    other = atom.object if term is atom.subject else atom.subject
    if not isinstance(other, Var):
        return 0.0
    value = gold.get(other.name)
    entity = knowledge.entities.get(value) if isinstance(value, str) else None
    is_entity = other is atom.subject or _leads_to_entities(knowledge, atom.relation)
    type_name = entity.type if entity and is_entity else ""
    memo = _NARROWED.setdefault(knowledge, {})
    key = (atom.relation, term.members, term is atom.subject, atom.mode, type_name)
    if key not in memo:
        if len(memo) >= _MOST_KEPT:
            memo.clear()
        memo[key] = _narrowed(knowledge, atom, term, type_name)
    return memo[key]


def _narrowed(knowledge: Knowledge, atom: Atom, term: Const, type_name: str) -> float:
    found = _candidates(knowledge, atom, term)
    if type_name:
        population = len(knowledge.of_type(type_name))
        found = {one for one in found if knowledge.entities[str(one)].type == type_name}
    else:
        population = len({fact.object for fact in knowledge.facts_of(atom.relation)})
    return math.log2(max(population, 1) / max(len(found), 1))


def _candidates(knowledge: Knowledge, atom: Atom, term: Const) -> set[Value]:
    """What the other end of the atom may be, by this atom alone."""
    found: set[Value] = set()
    for value in term.members:
        if term is atom.object or atom.mode == "sym":
            found |= {fact.subject for fact in edges_to(knowledge, value, atom.relation)}
        if term is atom.subject or atom.mode == "sym":
            found |= {fact.object for fact in edges_from(knowledge, value, atom.relation)}
    return found


def _leads_to_entities(knowledge: Knowledge, relation: str) -> bool:
    return relation != NAMED and knowledge.relation(relation).kind == "entity"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
