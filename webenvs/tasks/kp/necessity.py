"""Whether a query needs one of its atoms: for the atom's own variable, or for the answer (V7)."""

from webenvs.corpora.knowledge import Knowledge
from webenvs.tasks.kp.evaluator import DEFAULT_CAP
from webenvs.tasks.kp.graph import connected, hanging, part_of, variable_distances
from webenvs.tasks.kp.join import values_of
from webenvs.tasks.kp.query import Query, variables_of


def is_needed(knowledge: Knowledge, query: Query, place: int, cap: int = DEFAULT_CAP) -> bool:
    """Whether dropping an atom changes the target's values, or those below its own variable.

    Its own variable is the one nearer to the target; of two equally near, neither is.
    """
    rest = without(query, place)
    if not rest.atoms:
        return True
    if values_of(knowledge, query, cap) != values_of(knowledge, rest, cap):
        return True
    return is_needed_below(knowledge, query, place, cap)


def is_needed_below(knowledge: Knowledge, query: Query, place: int, cap: int = DEFAULT_CAP) -> bool:
    """Whether an atom narrows what its own variable can be by the atoms that hang below it."""
    near = variable_distances(query)
    ends = sorted((near[name], name) for name in variables_of(query.atoms[place]) if name in near)
    if not ends or (len(ends) == 2 and ends[0][0] == ends[1][0]):
        return False
    own = ends[0][1]
    places = hanging(query, own)
    others = part_of(query, (other for other in places if other != place), own)
    if not any(own in variables_of(atom) for atom in others.atoms):
        return True
    whole = part_of(query, places, own)
    return values_of(knowledge, whole, cap) != values_of(knowledge, others, cap)


def without(query: Query, place: int) -> Query:
    """The query without an atom, and without what only that atom connected to the target.

    If it was the only atom, or the last one at the target, no atom is left.
    """
    rest = part_of(query, (other for other in range(len(query.atoms)) if other != place))
    return part_of(rest, connected(rest))
