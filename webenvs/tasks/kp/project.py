"""Knowledge projections as sets (WebShaper, section 2.2): R(S), unions, compositions, unfolding.

The join is what queries mean; the set formula agrees with it on trees and over-approximates it on
cycles, so it serves to state the laws and to test the join.
"""

from collections.abc import Collection, Iterable

from webenvs.corpora.knowledge import Knowledge, Value
from webenvs.tasks.kp.edges import all_edges, check_relation, given_values, reached
from webenvs.tasks.kp.evaluator import check_query
from webenvs.tasks.kp.query import Atom, Const, Mode, Query, Term, Var, variables_of

Pairs = frozenset[tuple[Value, Value]]
"""A relation as the set of its pairs."""


def project(
    knowledge: Knowledge,
    relation: str,
    members: Iterable[Value],
    *,
    inverse: bool = False,
    mode: Mode = "dir",
) -> frozenset[Value]:
    """R(S): the objects of the members under the relation; inverse, the subjects that have them.

    In mode "sym" both, which is the paper's undirected projection.
    """
    check_relation(knowledge, relation)
    ends: tuple[Term, Term] = (Var(name="1"), Var(name="2"))
    atom = Atom(ends[0], relation, ends[1], mode)
    return frozenset(reached(knowledge, atom, 0 if inverse else 1, tuple(members)))


def pairs_of(knowledge: Knowledge, relation: str, mode: Mode = "dir") -> Pairs:
    """The pairs (subject, object) of a relation; in mode "sym" both ways."""
    check_relation(knowledge, relation)
    pairs = {(fact.subject, fact.object) for fact in all_edges(knowledge, relation)}
    turned = {(value, subject) for subject, value in pairs} if mode == "sym" else set()
    return frozenset({*pairs, *turned})


def image(pairs: Pairs, members: Collection[Value]) -> frozenset[Value]:
    """What a relation leads to from the members."""
    return frozenset(value for subject, value in pairs if subject in members)


def inverted(pairs: Pairs) -> Pairs:
    """The relation read from object to subject."""
    return frozenset((value, subject) for subject, value in pairs)


def union(one: Pairs, other: Pairs) -> Pairs:
    """The relation that holds where either does."""
    return one | other


def compose(outer: Pairs, inner: Pairs) -> Pairs:
    """The relation outer after inner: its image of S is outer's image of inner's image of S."""
    ways: dict[Value, set[Value]] = {}
    for middle, value in outer:
        ways.setdefault(middle, set()).add(value)
    return frozenset(
        (subject, value) for subject, middle in inner for value in ways.get(middle, ())
    )


def unfold(knowledge: Knowledge, query: Query) -> frozenset[Value]:
    """The target's values by the recursive set formula, each variable unfolded per occurrence.

    An occurrence is the intersection of its atoms' projections; atoms that lead back to a variable
    on the way from the target are left out, and so are inequalities. So it equals the join on trees
    without inequalities and holds it otherwise. Exponential on dense queries.
    """
    check_query(knowledge, query)
    found = _occurrence(knowledge, query, query.target, (query.target,), None)
    return frozenset() if found is None else found


def _occurrence(
    knowledge: Knowledge, query: Query, name: str, way: tuple[str, ...], through: int | None
) -> frozenset[Value] | None:
    """The values of a variable reached by that way through that atom; None stands for anything."""
    found: frozenset[Value] | None = None
    for place, atom in enumerate(query.atoms):
        others = [end for end in variables_of(atom) if end != name]
        if name not in variables_of(atom) or place == through or set(others) & set(way):
            continue
        ends = _ends(knowledge, query, atom, name, way, place)
        found = ends if found is None else found & ends
    return found


def _ends(
    knowledge: Knowledge, query: Query, atom: Atom, name: str, way: tuple[str, ...], place: int
) -> frozenset[Value]:
    """The values that one atom allows its variable."""
    end = 0 if isinstance(atom.subject, Var) and atom.subject.name == name else 1
    other = atom.object if end == 0 else atom.subject
    if isinstance(other, Const):
        return frozenset(reached(knowledge, atom, end, given_values(knowledge, atom, other)))
    inner = None
    if other.name != name:
        inner = _occurrence(knowledge, query, other.name, (*way, other.name), place)
    given = None if inner is None else tuple(inner)
    return frozenset(reached(knowledge, atom, end, given))
