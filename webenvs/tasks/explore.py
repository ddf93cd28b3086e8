"""Exploration without a language model: a seeded walk through the web gathers facts for a question.

From a seed entity the walk follows facts that stand on the page it is on, or on a page that this
one links to (else it searches for the entity). At each step it goes on from what it found last with
a probability, else from something found before (WebSailor, arXiv 2507.02592, section 3.1). The
first question tells all the facts on the way from the seed to the answer, names included: it is
long and easy on purpose (WebExplorer, arXiv 2509.06501, section 2.2).
"""

from collections.abc import Callable, Iterator, Sequence
from weakref import WeakKeyDictionary

import msgspec

from webenvs import seeding
from webenvs.corpora.knowledge import Fact, Knowledge, Value, plain
from webenvs.errors import CorpusError, bad_setting
from webenvs.records import Record
from webenvs.tasks.kp.answer_rules import usual_object
from webenvs.tasks.kp.join import answer_of
from webenvs.tasks.kp.query import NAMED, Atom, Const, Query, Term, Var, const
from webenvs.tasks.salience import rarest, spelling, word_counts, words_of

TARGET = "T"
_MOST_NAMING = 24
"""Of the facts that name a hub so many are looked at."""
_LONGEST_ANSWER = 60
_SEEDS: WeakKeyDictionary[Knowledge, tuple[str, ...]] = WeakKeyDictionary()


class Exploring(Record, frozen=True, kw_only=True):
    """How to walk: `facts` to gather at most, `depth` in edges from the seed, `onward` probability.

    And what may be an answer: at least `distance` edges from the seed, the rarest of its words on
    at most the share `rarity` of all pages. `clues` is the most facts that may hang off one thing
    on the way. `tries` walks are begun before giving up.
    """

    facts: int = 12
    depth: int = 8
    onward: float = 0.85
    distance: int = 4
    rarity: float = 0.2
    clues: int = 2
    tries: int = 200

    def __post_init__(self) -> None:
        """Raise SettingError for a walk that can find nothing."""
        for name, least in (
            ("facts", 1),
            ("depth", 1),
            ("distance", 1),
            ("clues", 0),
            ("tries", 1),
        ):
            if getattr(self, name) < least:
                raise bad_setting(name, getattr(self, name), f"at least {least}")
        for name in ("onward", "rarity"):
            if not 0 <= getattr(self, name) <= 1:
                raise bad_setting(name, getattr(self, name), "between 0 and 1")
        if self.distance > min(self.depth, self.facts):
            raise bad_setting("distance", self.distance, "at most `depth` and at most `facts`")


class Explored(Record, frozen=True, kw_only=True):
    """A walk: its seed, the facts in the order of their finding, and the one with the answer.

    The object of `answer` is the answer. `pages` are those that were open.
    """

    seed: str
    facts: tuple[Fact, ...]
    answer: Fact
    pages: tuple[str, ...] = ()


def explore(
    knowledge: Knowledge,
    *key: object,
    settings: Exploring | None = None,
    fits: Callable[[Fact], bool] | None = None,
) -> Explored:
    """The first walk under the key that leads to an answer: by its clues alone, names aside.

    `fits` says of a fact whether it may state the answer; without it every fact may.
    Raises CorpusError if there is no entity to start from, SettingError if no walk finds an answer.
    """
    settings = settings or Exploring()
    seeds = _seeds(knowledge)
    for turn in range(settings.tries):
        seed = seeding.choice(seeds, *key, turn, "seed")
        facts, pages = _walk(knowledge, seed, settings, *key, turn)
        for fact in _answers(knowledge, seed, facts, settings, *key, turn):
            if fits is not None and not fits(fact):
                continue
            found = Explored(seed=seed, facts=facts, answer=fact, pages=pages)
            if _leads_to(knowledge, first_question(knowledge, found, settings), fact):
                return found
    allowed = f"a walk that finds an answer in {knowledge.name!r}; try a smaller `distance`"
    raise bad_setting("settings", settings, allowed)


def first_question(
    knowledge: Knowledge, explored: Explored, settings: Exploring | None = None
) -> Query:
    """The long question of a walk: the facts on the way from seed to answer, or hanging off it.

    What lies on the way is a variable with its name as a clue; the far ends of other facts are
    constants. Atoms are in the order of their distance from the answer: the fact that leads on,
    then the name and the other clues of what it leads to.
    """
    most = (settings or Exploring()).clues
    answer = explored.answer
    way = _way(knowledge, explored)
    terms: dict[Value, Term] = {entity: Var(f"X{place}") for place, (entity, _) in enumerate(way)}
    if _leads_to_entities(knowledge, answer.relation):
        terms[answer.object] = Var(TARGET)
    atoms = [Atom(terms[answer.subject], answer.relation, Var(TARGET))]
    told = {answer, *(fact for _, fact in way if fact)}
    for entity, fact in way:
        atoms.append(Atom(terms[entity], NAMED, const(knowledge.entities[entity].name)))
        hanging = [one for one in explored.facts if entity in _ends(one) and one not in told]
        fit = [one for one in hanging if _is_fit(knowledge, one, terms, answer)][:most]
        atoms += [_atom(one, terms) for one in sorted(fit, key=lambda one: one.key)]
        told |= {*fit}
        if fact:
            atoms.append(_atom(fact, terms))
    return Query(atoms=tuple(atoms), target=TARGET)


def _walk(
    knowledge: Knowledge, seed: str, settings: Exploring, *key: object
) -> tuple[tuple[Fact, ...], tuple[str, ...]]:
    """The facts that a walk from the seed gathers, and the pages it opens for them."""
    depths = {seed: 0}
    ends = [seed]
    facts: dict[Fact, None] = {}
    pages: dict[str, None] = {}
    while ends and len(facts) < settings.facts:
        now = (*key, len(facts), len(ends))
        newest = seeding.uniform(*now, "onward") < settings.onward
        place = len(ends) - 1 if newest else seeding.integer(len(ends), *now, "earlier")
        here = ends[place]
        pages[knowledge.entities[here].url] = None
        moves = [fact for fact in _moves(knowledge, here, *now) if fact not in facts]
        if not moves:
            ends.pop(place)
            continue
        fact = seeding.choice(moves, *now, "fact")
        facts[fact] = None
        for new in _entities_of(knowledge, fact):
            if new not in depths:
                depths[new] = depths[here] + 1
                ends += [new] if depths[new] < settings.depth else []
    return tuple(facts), tuple(page for page in pages if page)


def _moves(knowledge: Knowledge, entity: str, *key: object) -> list[Fact]:
    """Facts that lead on from an entity: on its page and those it links to, else anywhere."""
    naming = knowledge.facts_naming(entity)
    if len(naming) > _MOST_NAMING:
        start = seeding.integer(len(naming) - _MOST_NAMING + 1, *key, "naming")
        naming = naming[start : start + _MOST_NAMING]
    about = knowledge.facts_about(entity)
    backward = (fact for fact in naming if _leads_to_entities(knowledge, fact.relation))
    facts = [fact for fact in (*about, *backward) if fact.places]
    near = _near(knowledge, knowledge.entities[entity].url)
    return [fact for fact in facts if near.intersection(fact.urls)] or facts


def _near(knowledge: Knowledge, url: str) -> frozenset[str]:
    """A page and those it links to."""
    index = knowledge.corpus.index(url)
    if index is None:
        return frozenset()
    return frozenset({url, *(link.url for link in knowledge.corpus.page(index).links)})


def _answers(
    knowledge: Knowledge, seed: str, facts: Sequence[Fact], settings: Exploring, *key: object
) -> Iterator[Fact]:
    """The facts whose object may be the answer, the farthest from the seed first."""
    steps = _steps(knowledge, seed, facts)
    order = seeding.shuffled(facts, *key, "answers")
    for fact in sorted(order, key=lambda fact: -steps[fact.subject][0]):
        distance = steps[fact.subject][0] + 1
        is_entity = _leads_to_entities(knowledge, fact.relation)
        nearer = is_entity and steps[str(fact.object)][0] < distance
        if distance >= settings.distance and not nearer and _is_answer(knowledge, fact, settings):
            yield fact


def _is_answer(knowledge: Knowledge, fact: Fact, settings: Exploring) -> bool:
    """Whether the object is the only one under its relation, rare, and has names of its own.

    It is short, too (V15), and not the usual object of the relation (V12).
    """
    if len(knowledge.facts_from(fact.subject, fact.relation)) > 1:
        return False
    if usual_object(knowledge, fact.relation) == fact.object:
        return False
    if _leads_to_entities(knowledge, fact.relation) and not _is_clear(knowledge, str(fact.object)):
        return False
    said = spelling(knowledge, fact.relation, fact.object)
    most = settings.rarity * word_counts(knowledge).pages
    return len(said) <= _LONGEST_ANSWER and rarest(knowledge, said) <= most


def _leads_to(knowledge: Knowledge, query: Query, answer: Fact) -> bool:
    """Whether the seed's name and the other clues lead to that answer alone, and none tells it.

    Without the names in between: else what the question asks of could only ever be named.
    """
    names = knowledge.spellings(answer.object, answer.relation)
    if any(_tells(knowledge, atom, names) for atom in query.atoms):
        return False
    named = [place for place, atom in enumerate(query.atoms) if atom.relation == NAMED]
    bare = tuple(atom for place, atom in enumerate(query.atoms) if place not in named[:-1])
    asked = msgspec.structs.replace(query, atoms=bare)
    return answer_of(knowledge, asked) == (answer.object,) and _needs_clues(knowledge, answer)


def _needs_clues(knowledge: Knowledge, answer: Fact) -> bool:
    """Whether the relation asked for has other objects, so that something must be known."""
    return any(fact.object != answer.object for fact in knowledge.facts_of(answer.relation))


def _steps(
    knowledge: Knowledge, seed: str, facts: Sequence[Fact]
) -> dict[str, tuple[int, Fact | None]]:
    """For each entity that the facts join to the seed: its distance, and the last fact there."""
    found: dict[str, tuple[int, Fact | None]] = {seed: (0, None)}
    reached = [seed]
    while reached:
        ahead: list[str] = []
        for fact in facts:
            ends = _entities_of(knowledge, fact)
            near = next((end for end in ends if end in reached), None)
            for end in ends if near else ():
                if near is not None and end not in found:
                    found[end] = (found[near][0] + 1, fact)
                    ahead.append(end)
        reached = ahead
    return found


def _way(knowledge: Knowledge, explored: Explored) -> list[tuple[str, Fact | None]]:
    """The entities from the one with the answer to the seed, each with the fact that leads on."""
    steps = _steps(knowledge, explored.seed, explored.facts)
    here = explored.answer.subject
    way: list[tuple[str, Fact | None]] = []
    while True:
        fact = steps[here][1]
        way.append((here, fact))
        if fact is None:
            return way
        here = next(end for end in _entities_of(knowledge, fact) if end != here)


def _is_fit(knowledge: Knowledge, fact: Fact, terms: dict[Value, Term], answer: Fact) -> bool:
    """Whether a fact that hangs off the way can be told: clear ends, and the answer not in them."""
    names = knowledge.spellings(answer.object, answer.relation)
    if fact.object == answer.object and fact.object not in terms:
        return False
    if _tells(knowledge, _atom(fact, terms), names):
        return False
    ends = [end for end in _entities_of(knowledge, fact) if end not in terms]
    return all(_is_clear(knowledge, end) for end in ends)


def _tells(knowledge: Knowledge, atom: Atom, names: Sequence[str]) -> bool:
    """Whether a constant of the atom is written with one of the names in it."""
    said = [
        plain(words)
        for term in (atom.subject, atom.object)
        if isinstance(term, Const)
        for words in words_of(knowledge, atom.relation, term)
    ]
    return any(plain(name) in words for name in names for words in said)


def _atom(fact: Fact, terms: dict[Value, Term]) -> Atom:
    subject = terms.get(fact.subject) or const(fact.subject)
    return Atom(subject, fact.relation, terms.get(fact.object) or const(fact.object))


def _ends(fact: Fact) -> tuple[Value, Value]:
    return (fact.subject, fact.object)


def _entities_of(knowledge: Knowledge, fact: Fact) -> tuple[str, ...]:
    """The ends of a fact that are entities."""
    if _leads_to_entities(knowledge, fact.relation):
        return (fact.subject, str(fact.object))
    return (fact.subject,)


def _leads_to_entities(knowledge: Knowledge, relation: str) -> bool:
    return knowledge.relation(relation).kind == "entity"


def _is_clear(knowledge: Knowledge, entity: str) -> bool:
    """Whether its names mean this entity and no other."""
    return all(set(knowledge.bearers(n)) == {entity} for n in knowledge.entities[entity].names)


def _seeds(knowledge: Knowledge) -> tuple[str, ...]:
    """The entities with a page and facts of their own, in the order of their ids."""
    if knowledge not in _SEEDS:
        _SEEDS[knowledge] = tuple(
            entity.id
            for entity in knowledge.entities.values()
            if entity.url and knowledge.facts_about(entity.id)
        )
    if not _SEEDS[knowledge]:
        raise CorpusError(f"{knowledge.name!r} has no entity with a page and facts to start from.")
    return _SEEDS[knowledge]
