"""A query as a graph: variables and constants joined by atoms, and how far each is from the target.

Distances count edges; ways lead through variables only, for two atoms that name the same constant
do not depend on each other.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from webenvs.errors import unknown_name
from webenvs.tasks.kp.query import Query, Var, variables, variables_of


def variable_distances(query: Query) -> Mapping[str, int]:
    """The edges from the target to each variable that is connected to it, nearest first."""
    near = {query.target: 0}
    edge = [query.target]
    while edge:
        reached: list[str] = []
        for atom in query.atoms:
            ends = variables_of(atom)
            if any(end in edge for end in ends):
                reached += [end for end in ends if end not in near]
        distance = near[edge[0]] + 1
        edge = list(dict.fromkeys(reached))
        near.update(dict.fromkeys(edge, distance))
    return near


def atom_distances(query: Query) -> Mapping[int, int]:
    """By the place of an atom: the edges from the target to its far end.

    Of an atom with a constant that is the constant's distance. Atoms that are not connected to the
    target are left out.
    """
    near = variable_distances(query)
    distances = {}
    for place, atom in enumerate(query.atoms):
        ends = [near[name] for name in variables_of(atom) if name in near]
        if ends:
            distances[place] = min(ends) + 1
    return distances


def hanging(query: Query, variable: str) -> tuple[int, ...]:
    """The places of the atoms below a variable, away from the target, in order.

    They are reached from it by way of variables farther from the target than itself. On a tree
    that is its sub-tree; of a cycle the atoms that lead across or back are no part of it. All atoms
    connected to the target hang below the target.
    """
    near = variable_distances(query)
    if variable not in near:
        raise unknown_name("variable", variable, near, "connected to the target of the query")
    inside = {variable}
    while True:
        places = tuple(
            place
            for place, atom in enumerate(query.atoms)
            if _is_below(variables_of(atom), inside, near, near[variable])
        )
        reached = {name for place in places for name in variables_of(query.atoms[place])}
        if reached <= inside:
            return places
        inside |= reached


def part_of(query: Query, places: Iterable[int], target: str = "") -> Query:
    """The query of these atoms alone, and of the inequalities between their variables.

    It asks for `target`; by default for that of the query, with what is computed on top.
    """
    atoms = tuple(query.atoms[place] for place in sorted(set(places)))
    asked = target or query.target
    held = {asked, *(name for atom in atoms for name in variables_of(atom))}
    neqs = tuple(pair for pair in query.neqs if held.issuperset(pair))
    post = query.post if asked == query.target else None
    return msgspec.structs.replace(query, atoms=atoms, target=asked, neqs=neqs, post=post)


def connected(query: Query) -> tuple[int, ...]:
    """The places of the atoms that are connected to the target, in order."""
    return tuple(atom_distances(query))


def loose_variables(query: Query) -> tuple[str, ...]:
    """The variables of the target and of inequalities that occur in no atom."""
    held = {name for atom in query.atoms for name in variables_of(atom)}
    named = (*variables(query), *(name for pair in query.neqs for name in pair))
    return tuple(dict.fromkeys(name for name in named if name not in held))


def constant_places(query: Query) -> tuple[int, ...]:
    """The places of the atoms that hold a constant and a variable, in order."""
    return tuple(
        place
        for place, atom in enumerate(query.atoms)
        if isinstance(atom.subject, Var) != isinstance(atom.object, Var)
    )


def parted(
    atoms: Mapping[int, Collection[int]], pairs: Iterable[tuple[int, int]]
) -> list[list[int]]:
    """Atoms by place, with the variables of each, in groups that share no variable and no pair."""
    held = {number for numbers in atoms.values() for number in numbers}
    links: list[tuple[set[int], list[int]]] = [
        ({*pair}, []) for pair in pairs if held.issuperset(pair)
    ]
    links += [({*numbers}, [place]) for place, numbers in atoms.items()]
    groups: list[tuple[set[int], list[int]]] = []
    for numbers, places in links:
        met = [group for group in groups if not numbers.isdisjoint(group[0])]
        groups = [group for group in groups if numbers.isdisjoint(group[0])]
        groups.append(
            (
                numbers.union(*(others for others, _ in met)),
                [*places, *(place for _, others in met for place in others)],
            )
        )
    return [places for _, places in groups]


def _is_below(
    ends: tuple[str, ...], inside: set[str], near: Mapping[str, int], distance: int
) -> bool:
    """Whether an atom of these variables hangs on those inside and leads only farther away."""
    if inside.isdisjoint(ends):
        return False
    return all(end in inside or near[end] > distance for end in ends)
