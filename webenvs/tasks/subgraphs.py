"""Questions with coupled unknowns: sub-graphs of a random walk, asked for one of their nodes.

A walk spreads over the facts from a rare entity; connected parts of it are drawn, one of each
graph shape, and the target goes round the classes of nodes that look alike (WebSailor, arXiv
2507.02592, section 3.1; Tongyi DeepResearch, arXiv 2510.24701, section 3.4). Entities are unknown;
only as many are named as the answer needs to be unique.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from webenvs import seeding
from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.errors import CorpusError, QueryError, bad_setting
from webenvs.records import Record
from webenvs.seeding import canonical_json
from webenvs.tasks.kp.edges import sort_key
from webenvs.tasks.kp.evaluator import Evaluator
from webenvs.tasks.kp.graph import atom_distances, connected, constant_places, variable_distances
from webenvs.tasks.kp.necessity import is_needed
from webenvs.tasks.kp.query import Atom, Query, Term, Var, const

TARGET = "T"
_RARE = 0.5
"""The share of entities, those with the fewest facts, that walks start from."""


class Sampling(Record, frozen=True, kw_only=True):
    """How to draw: `edges` facts of a walk, which goes `onward` with that probability.

    A part has `size` facts; a question tells at least `least` of them, those that decide something.
    There are `graphs` walks in all, and `parts` parts tried a walk. `cap`: the most
    intermediate assignments of a query that is tried.
    """

    edges: int = 24
    onward: float = 0.5
    size: int = 7
    least: int = 4
    graphs: int = 50
    parts: int = 6
    cap: int = 20_000

    def __post_init__(self) -> None:
        """Raise SettingError for what cannot be drawn."""
        for name, least in (("size", 1), ("graphs", 1), ("parts", 1), ("cap", 1)):
            if getattr(self, name) < least:
                raise bad_setting(name, getattr(self, name), f"at least {least}")
        if not 1 <= self.least <= self.size:
            raise bad_setting("least", self.least, f"between 1 and size = {self.size}")
        if self.edges < self.size:
            raise bad_setting("edges", self.edges, f"at least size = {self.size}")
        if not 0 <= self.onward <= 1:
            raise bad_setting("onward", self.onward, "between 0 and 1")


class Subgraph(Record, frozen=True, kw_only=True):
    """A drawn question: its query, its one answer, the facts it was made of, their graph's hash."""

    query: Query
    answer: Value
    facts: tuple[Fact, ...]
    graph: str


def subgraph_queries(
    knowledge: Knowledge, *key: object, settings: Sampling | None = None
) -> Iterator[Subgraph]:
    """Queries with one answer each, no two of the same graph shape, in the order of their drawing.

    The target of the n-th is a node of the n-th class of alike nodes, going round; a class whose
    nodes cannot be singled out is passed over. Raises CorpusError if no entity has a stated fact.
    """
    settings = settings or Sampling()
    starts = _rare(knowledge)
    seen, told = set[str](), set[str]()
    drawn = 0
    for turn in range(settings.graphs):
        start = seeding.choice(starts, *key, turn, "start")
        graph = walk(knowledge, start, settings, *key, turn)
        for part in range(settings.parts):
            facts = connected_part(graph, settings.size, *key, turn, part)
            shape = graph_hash(facts)
            if len(facts) < settings.size or shape in seen:
                continue
            seen.add(shape)
            found = _asked(knowledge, facts, drawn, settings, *key, turn, part)
            if found is not None and (found.graph not in told):
                told.add(found.graph)
                drawn += 1
                yield found


def walk(knowledge: Knowledge, start: str, settings: Sampling, *key: object) -> tuple[Fact, ...]:
    """The facts that a walk from an entity gathers, in the order of their finding.

    Each step goes on from the entity found last with probability `onward`, else from one found
    before, so that the walk spreads; it ends with `edges` facts, or when nothing is left to go to.
    """
    ends, facts = [start], dict[Fact, None]()
    while ends and len(facts) < settings.edges:
        now = (*key, len(facts), len(ends))
        onward = seeding.uniform(*now, "onward") < settings.onward
        place = len(ends) - 1 if onward else seeding.integer(len(ends), *now, "earlier")
        moves = [fact for fact in stated_facts(knowledge, ends[place]) if fact not in facts]
        if not moves:
            ends.pop(place)
            continue
        fact = seeding.choice(moves, *now, "fact")
        known = {end for one in facts for end in ends_of(one)} | {start}
        facts[fact] = None
        ends += [
            str(end) for end in ends_of(fact) if end not in known and end in knowledge.entities
        ]
    return tuple(facts)


def stated_facts(knowledge: Knowledge, entity: str) -> list[Fact]:
    """The facts with the entity at either end that pages state, in order."""
    naming = (
        fact
        for fact in knowledge.facts_naming(entity)
        if knowledge.relation(fact.relation).kind == "entity"
    )
    facts = dict.fromkeys((*knowledge.facts_about(entity), *naming))
    return [fact for fact in facts if fact.places]


def connected_part(facts: Sequence[Fact], size: int, *key: object) -> tuple[Fact, ...]:
    """Facts that hang together, drawn one by one from those next to the ones before.

    At most `size`; sorted by their keys.
    """
    chosen: list[Fact] = []
    held: set[Value] = set()
    while len(chosen) < size:
        near = [
            fact
            for fact in facts
            if fact not in chosen and (not chosen or held.intersection(ends_of(fact)))
        ]
        if not near:
            break
        fact = seeding.choice(near, *key, len(chosen), "part")
        chosen.append(fact)
        held.update(ends_of(fact))
    return tuple(sorted(chosen, key=lambda fact: fact.key))


def graph_hash(facts: Sequence[Fact]) -> str:
    """A hash of the graph that facts form, whatever their ends are called.

    Source: Weisfeiler-Leman refinement (Shervashidze et al. 2011, JMLR 12) of nodes without a label
    along directed edges labelled with relations.
    """
    colours = _colours(facts)
    edges = [[colours[fact.subject], fact.relation, colours[fact.object]] for fact in facts]
    return seeding.digest([sorted(colours.values()), sorted(edges, key=canonical_json)])


def classes(facts: Sequence[Fact]) -> tuple[tuple[Value, ...], ...]:
    """The nodes that the refinement cannot tell apart, class by class, in the order of colours.

    Nodes that a symmetry of the graph exchanges are always in one class.
    """
    colours = _colours(facts)
    groups: dict[str, list[Value]] = {}
    for node in sorted(colours, key=sort_key):
        groups.setdefault(colours[node], []).append(node)
    return tuple(tuple(groups[colour]) for colour in sorted(groups))


def ends_of(fact: Fact) -> tuple[Value, Value]:
    """The subject and the object."""
    return (fact.subject, fact.object)


def _rare(knowledge: Knowledge) -> tuple[str, ...]:
    """The entities with the fewest stated facts, at least one, in the order of their ids."""
    counts = {entity: len(stated_facts(knowledge, entity)) for entity in knowledge.entities}
    able = sorted((entity for entity in counts if counts[entity]), key=lambda one: counts[one])
    if not able:
        raise CorpusError(f"{knowledge.name!r} has no entity with a stated fact to start from.")
    return tuple(sorted(able[: max(1, round(_RARE * len(able)))]))


def _colours(facts: Sequence[Fact]) -> dict[Value, str]:
    """The settled colour of each node."""
    colours: dict[Value, str] = {end: "" for fact in facts for end in ends_of(fact)}
    around: dict[Value, list[tuple[str, bool, Value]]] = {node: [] for node in colours}
    for fact in facts:
        around[fact.subject].append((fact.relation, True, fact.object))
        around[fact.object].append((fact.relation, False, fact.subject))
    count = 0
    while len(set(colours.values())) > count:
        count = len(set(colours.values()))
        colours = {
            node: seeding.digest(
                [colours[node], sorted([name, way, colours[end]] for name, way, end in near)]
            )
            for node, near in around.items()
        }
    return colours


def _asked(
    knowledge: Knowledge, facts: Sequence[Fact], turn: int, settings: Sampling, *key: object
) -> Subgraph | None:
    """The facts as a query for a node of the class whose turn it is, or of one after it."""
    groups = classes(facts)
    for place in range(len(groups)):
        group = groups[(turn + place) % len(groups)]
        target = seeding.choice(group, *key, "target")
        terms = _terms(knowledge, facts, target, settings.cap)
        told = _needed(knowledge, facts, terms, settings.cap) if terms else ()
        query = _query(told, terms or {})
        if terms and len(told) >= settings.least and constant_places(query):
            return Subgraph(query=query, answer=target, facts=told, graph=graph_hash(told))
    return None


def _terms(
    knowledge: Knowledge, facts: Sequence[Fact], target: Value, cap: int
) -> dict[Value, Term] | None:
    """Variables and constants for the nodes, so that the target is the only answer; None if not.

    Nodes are given as constants, at least one, from the farthest inwards, values before entities.
    """
    if not _names_one(knowledge, target):
        return None
    nodes = sorted({end for fact in facts for end in ends_of(fact)} - {target}, key=sort_key)
    names = {node: f"X{place}" for place, node in enumerate(nodes, start=1)} | {target: TARGET}
    terms: dict[Value, Term] = {node: Var(name=names[node]) for node in names}
    near = variable_distances(_query(facts, terms))
    able = [node for node in nodes if _names_one(knowledge, node)]
    for node in sorted(able, key=lambda node: (-near[names[node]], node in knowledge.entities)):
        terms[node] = const(node)
        if _is_only(knowledge, _query(facts, terms), target, cap):
            return terms
    return None


def _needed(
    knowledge: Knowledge, facts: Sequence[Fact], terms: Mapping[Value, Term], cap: int
) -> tuple[Fact, ...]:
    """The facts without those that decide nothing (V7), the nearest to the target tried first."""
    near = atom_distances(_query(facts, terms))
    told = [fact for fact in facts if _is_told(fact, terms)]
    order = sorted(range(len(told)), key=lambda place: near[place])
    for fact in [told[place] for place in order]:
        if fact not in told:
            continue  # cut off together with another one
        try:
            needed = is_needed(knowledge, _query(told, terms), told.index(fact), cap)
        except QueryError:
            needed = True
        if not needed:
            rest = [one for one in told if one is not fact]
            told = [rest[place] for place in connected(_query(rest, terms))]
    return tuple(told)


def _query(facts: Sequence[Fact], terms: Mapping[Value, Term]) -> Query:
    """The facts as atoms between terms; those between two constants are left out.

    An inequality keeps any two unknowns apart that stand alike beside a third node: else both could
    take one value, and one of the two facts would say nothing.
    """
    told = [fact for fact in facts if _is_told(fact, terms)]
    sides: dict[tuple[Value, str, bool], list[str]] = {}
    for fact in told:
        ends = ends_of(fact)
        for end, beside, ahead in ((*ends, True), (*ends[::-1], False)):
            term = terms[end]
            if isinstance(term, Var):
                sides.setdefault((beside, fact.relation, ahead), []).append(term.name)
    pairs = (
        (min(pair), max(pair))
        for alike in sides.values()
        for pair in combinations(dict.fromkeys(alike), 2)
    )
    atoms = (Atom(terms[fact.subject], fact.relation, terms[fact.object]) for fact in told)
    return Query(atoms=tuple(atoms), target=TARGET, neqs=tuple(dict.fromkeys(pairs)))


def _is_told(fact: Fact, terms: Mapping[Value, Term]) -> bool:
    """Whether an end of the fact is unknown."""
    return any(isinstance(terms[end], Var) for end in ends_of(fact))


def _is_only(knowledge: Knowledge, query: Query, target: Value, cap: int) -> bool:
    """Whether the query hangs together and has no other answer; it is made of true facts."""
    if len(connected(query)) < len(query.atoms):
        return False
    try:
        others = Evaluator(knowledge, query, cap, excluded=(target,))
        return not others.any_target(others.whole)
    except QueryError:
        return False


def _names_one(knowledge: Knowledge, node: Value) -> bool:
    """Whether the names of a node mean it and nothing else."""
    entity = knowledge.entities.get(str(node))
    names = entity.names if entity else ()
    return all(set(knowledge.bearers(name)) <= {node} for name in names)
