"""Questions that clicks through one site answer: a fact deep in it, or facts on two of its pages.

After WebWalkerQA (arXiv 2501.07572): single-source and multi-source questions with golden paths,
levels by depth with half-open bounds. What a question needs stands on no shallower page, and no
other page of the site can take the place of one that it names.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from webenvs import seeding
from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.errors import bad_setting
from webenvs.records import Record
from webenvs.tasks.crawl import Click
from webenvs.tasks.kp.join import answer_of
from webenvs.tasks.kp.query import Atom, Post, Query, Term, Var, const, variables_of
from webenvs.tasks.sites import Site, site_of

Kind = Literal["single_source", "multi_source"]
Level = Literal["easy", "medium", "hard"]
STEPS = 15
"""The messages of a walker (WebWalker's K), its answer included: what every question fits into."""

_SINGLE: Mapping[int, Level] = MappingProxyType({2: "easy", 3: "medium", 4: "hard"})
_MOST_DEPTH = 4
_HALF_PART = 1500  # parts of the usual 3,000 characters are cut after at least half of them
_DESCRIBING = 3
_PARTNERS = 60
_TARGET = Var("T")
_BETWEEN = Var("X")


class ClickQuestion(Record, frozen=True, kw_only=True):
    """A question about a site: its query, where to begin, and the clicks to each page it needs.

    `paths` and `depths` have an entry for each page in the order in which they are to be visited;
    `steps` is the messages of a walker who knows the way, its answer included.
    """

    query: Query
    root: str
    prefix: str
    paths: tuple[tuple[Click, ...], ...]
    depths: tuple[int, ...]
    kind: Kind
    level: Level
    steps: int

    @property
    def pages(self) -> tuple[str, ...]:
        """The pages that hold what is asked, in the order of the paths."""
        return tuple(path[-1].url for path in self.paths)

    @property
    def meta(self) -> dict[str, Any]:
        """What a task of the walk game carries in its meta; names as in WebWalkerQA's own files."""
        told = msgspec.json.decode(msgspec.json.encode(self), type=dict[str, Any])
        del told["query"]
        told["route"] = [click and click.link for click in route(self.paths)]
        names = {"kind": "type", "level": "difficulty_level"}
        return {names.get(name, name): value for name, value in told.items()}


def askable(
    knowledge: Knowledge, root: str, depth: int, prefix: str | None = None
) -> tuple[Fact, ...]:
    """The facts of a site that stand exactly so many clicks from its root, and on no nearer page.

    In the order of facts, with the places of the site only.
    """
    site = site_of(knowledge, root, prefix)
    return tuple(fact for fact in site.knowledge.facts if site.depth(fact) == depth)


def single_source(
    knowledge: Knowledge,
    root: str,
    depth: int,
    *key: object,
    described: bool = False,
    fact: Fact | None = None,
    prefix: str | None = None,
) -> ClickQuestion | None:
    """A question for one fact that stands 2 to 4 clicks from the root, and on no nearer page.

    The key chooses the fact, or it is `fact`. The question names what the fact is about, or if
    `described` tells it by up to three other facts of the same page. The answer is unique in all
    the knowledge and in the site alone. None if there is no such question; raises SettingError for
    another depth.
    """
    if depth not in _SINGLE:
        raise bad_setting("depth", depth, "2, 3 or 4")
    site = site_of(knowledge, root, prefix)
    options = askable(knowledge, root, depth, prefix)
    if fact is not None:
        options = tuple(one for one in options if one.key == fact.key)
    for one in seeding.shuffled(options, *key, "fact"):
        page = site.page(one)
        for atom, given in _asked_ends(knowledge, one, *key):
            named = Query(atoms=(atom,))
            if not _unique(knowledge, site, named):
                continue
            query = _described(knowledge, site, one, given, key) if described else named
            if query is None:
                continue
            question = _question(site, query, ((one, page),), "single_source")
            if question is not None:
                return question
    return None


def multi_source(
    knowledge: Knowledge,
    root: str,
    depths: tuple[int, int],
    *key: object,
    fact: Fact | None = None,
    prefix: str | None = None,
) -> ClickQuestion | None:
    """A question that needs two pages, the first and the second so many clicks from the root.

    It leads from a fact on the first page to one on the second, joins two conditions, or asks how
    far two values lie apart; the key chooses. Without the facts that only one of the pages states,
    and without any one of its conditions, the site gives another answer. `fact` is the one to stand
    on the second page. None if there is no such question; raises SettingError for depths that are
    not 1 to 4.
    """
    if len(depths) != 2 or any(depth not in range(1, _MOST_DEPTH + 1) for depth in depths):
        raise bad_setting("depths", depths, "two numbers from 1 to 4")
    site = site_of(knowledge, root, prefix)
    firsts = askable(knowledge, root, depths[0], prefix)
    seconds = askable(knowledge, root, depths[1], prefix)
    if fact is not None:
        seconds = tuple(one for one in seconds if one.key == fact.key)
    for form in seeding.shuffled(_FORMS, *key, "form"):
        for one, two, query in _pairs(knowledge, firsts, seconds, form, key):
            pages = (site.page(one), site.page(two))
            if _needs_both(knowledge, site, query, pages):
                parts = ((one, pages[0]), (two, pages[1]))
                question = _question(site, query, parts, "multi_source")
                if question is not None:
                    return question
    return None


def level_of(depths: Sequence[int]) -> Level:
    """The level of a question by the depths of its pages.

    One page: 2 clicks easy, 3 medium, 4 hard. Two pages: up to 4 clicks together easy, 5 and 6
    medium, more hard.
    """
    total = sum(depths)
    if len(depths) == 1:
        return _SINGLE[total]
    return "easy" if total <= 4 else "medium" if total <= 6 else "hard"


Form = Callable[[Knowledge, Fact, Fact], Query | None]


def _led(knowledge: Knowledge, one: Fact, two: Fact) -> Query | None:
    """From what the first fact is about over what both share to the other end of the second."""
    if one.key == two.key:
        return None
    for shared in _things(knowledge, one):
        if shared in _things(knowledge, two):
            start, end = _other_end(one, shared), _other_end(two, shared)
            if start != end and end != shared != start and _is_thing(knowledge, one, start):
                return Query(
                    atoms=(
                        _atom(one, {start: const(start), shared: _BETWEEN}),
                        _atom(two, {shared: _BETWEEN, end: _TARGET}),
                    )
                )
    return None


def _joined(knowledge: Knowledge, one: Fact, two: Fact) -> Query | None:
    """Two conditions on the subject that both facts share."""
    if one.subject != two.subject or (one.relation, one.object) == (two.relation, two.object):
        return None
    atoms = (one.relation, one.object), (two.relation, two.object)
    return Query(atoms=tuple(Atom(_TARGET, name, const(value)) for name, value in atoms))


def _apart(knowledge: Knowledge, one: Fact, two: Fact) -> Query | None:
    """How far two values of one relation lie apart."""
    if not _comparable(knowledge, one, two):
        return None
    first, second = (
        Query(atoms=(Atom(const(fact.subject), fact.relation, _TARGET),)) for fact in (one, two)
    )
    return msgspec.structs.replace(first, post=Post(op="DIFF", other=second))


_FORMS: tuple[Form, ...] = (_led, _joined, _apart)


def _pairs(
    knowledge: Knowledge,
    firsts: Sequence[Fact],
    seconds: Sequence[Fact],
    form: Form,
    key: tuple[object, ...],
) -> Iterator[tuple[Fact, Fact, Query]]:
    """Pairs of facts from which a form makes a query with one answer, in keyed order."""
    for two in seeding.shuffled(seconds, *key, form.__name__, "second"):
        tried = 0
        for one in seeding.shuffled(firsts, *key, form.__name__, "first"):
            query = form(knowledge, one, two)
            if query is not None:
                yield one, two, query
                tried += 1
                if tried == _PARTNERS:
                    break


def _needs_both(knowledge: Knowledge, site: Site, query: Query, pages: tuple[str, str]) -> bool:
    """Whether the site gives the answer, but not without either page or without any condition."""
    if pages[0] == pages[1]:
        return False
    if not _unique(knowledge, site, query):
        return False
    answer = answer_of(knowledge, query)
    if any(answer_of(site.without(page), query) == answer for page in pages):
        return False
    return all(answer_of(site.knowledge, part) != answer for part in _shortened(query))


def _shortened(query: Query) -> Iterator[Query]:
    """The query without one of its atoms, for each that leaves the target bound."""
    for place in range(len(query.atoms)):
        rest = query.atoms[:place] + query.atoms[place + 1 :]
        if any(query.target in variables_of(atom) for atom in rest):
            yield msgspec.structs.replace(query, atoms=rest)


def _asked_ends(knowledge: Knowledge, fact: Fact, *key: object) -> tuple[tuple[Atom, Value], ...]:
    """The two ways to ask for an end of a fact: for its object, or who has it; with what is given.

    A value cannot be what a question is about.
    """
    ways = [(Atom(const(fact.subject), fact.relation, _TARGET), fact.subject)]
    if knowledge.relation(fact.relation).kind == "entity":
        ways.append((Atom(_TARGET, fact.relation, const(fact.object)), str(fact.object)))
    return seeding.shuffled(ways, *key, fact.key, "end")


def _described(
    knowledge: Knowledge, site: Site, fact: Fact, given: Value, key: tuple[object, ...]
) -> Query | None:
    """The question for the fact with what is given told by other facts of the page, as few as do.

    None if they do not tell it from all others.
    """
    asked = _atom(fact, {given: _BETWEEN, _other_end(fact, given): _TARGET})
    told = [
        _atom(one, {given: _BETWEEN, _other_end(one, given): const(_other_end(one, given))})
        for one in seeding.shuffled(knowledge.facts_on(site.page(fact)), *key, "description")
        if one.key != fact.key
        and given in _things(knowledge, one)
        and _other_end(one, given) not in (given, _other_end(fact, given))
    ]
    for count in range(1, _DESCRIBING + 1):
        for chosen in combinations(told[: 2 * _DESCRIBING], count):
            query = Query(atoms=(*chosen, asked))
            alone = Query(atoms=chosen, target=_BETWEEN.name)
            if answer_of(knowledge, alone) == (given,) and _unique(knowledge, site, query):
                return query
    return None


def _unique(knowledge: Knowledge, site: Site, query: Query) -> bool:
    """Whether the query has one answer, which is not the site's owner, and the site gives it."""
    answer = answer_of(knowledge, query)
    if len(answer) != 1 or (site.owner is not None and answer[0] == site.owner.id):
        return False
    return answer_of(site.knowledge, query) == answer


def _question(
    site: Site, query: Query, parts: Sequence[tuple[Fact, str]], kind: Kind
) -> ClickQuestion | None:
    """The question with its golden paths; None if a walker who knows the way runs out of steps."""
    paths = tuple(site.crawl.path(page) for _, page in parts)
    depths = tuple(len(path) for path in paths)
    steps = len(route(paths)) + sum(_further_parts(fact, page) for fact, page in parts) + 1
    if steps > STEPS:
        return None
    return ClickQuestion(
        query=query,
        root=site.crawl.root,
        prefix=site.crawl.prefix,
        paths=paths,
        depths=depths,
        kind=kind,
        level=level_of(depths),
        steps=steps,
    )


def route(paths: Sequence[Sequence[Click]]) -> tuple[Click | None, ...]:
    """The moves from the root to the end of each path in turn; None is a step back.

    Between two paths it goes back as far as they have the same beginning.
    """
    moves: list[Click | None] = []
    before: Sequence[Click] = ()
    for path in paths:
        shared = 0
        while shared < min(len(before), len(path)) and before[shared] == path[shared]:
            shared += 1
        moves += [None] * (len(before) - shared)
        moves += path[shared:]
        before = path
    return tuple(moves)


def _further_parts(fact: Fact, page: str) -> int:
    """How often a walker at most reads on in the page until it sees the fact."""
    return min(place.start // _HALF_PART for place in fact.places if place.url == page)


def _comparable(knowledge: Knowledge, one: Fact, two: Fact) -> bool:
    """Whether two facts give different values of one relation to two subjects."""
    return (
        one.relation == two.relation
        and knowledge.relation(one.relation).functional
        and one.subject != two.subject
        and one.object != two.object
        and knowledge.relation(one.relation).kind != "entity"
    )


def _things(knowledge: Knowledge, fact: Fact) -> tuple[Value, ...]:
    """The ends of a fact that are entities."""
    if knowledge.relation(fact.relation).kind == "entity":
        return (fact.subject, fact.object)
    return (fact.subject,)


def _is_thing(knowledge: Knowledge, fact: Fact, end: Value) -> bool:
    return end in _things(knowledge, fact)


def _other_end(fact: Fact, end: Value) -> Value:
    return fact.object if fact.subject == end else fact.subject


def _atom(fact: Fact, terms: Mapping[Value, Term]) -> Atom:
    """The fact as a condition, its ends put in terms."""
    return Atom(terms[fact.subject], fact.relation, terms[fact.object])
