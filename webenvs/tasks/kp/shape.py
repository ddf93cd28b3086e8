"""The shape of a query: hashes that know duplicates by structure, and counts of cycles and bridges.

The graph of a query has a node for each variable and for each occurrence of a constant, and an edge
for each atom.
"""

from collections.abc import Callable, Sequence

import msgspec

from webenvs.seeding import canonical_json, digest
from webenvs.tasks.kp.query import Atom, Const, Query, Term, Var, variables

_Colours = dict[object, str]


def shape(query: Query) -> str:
    """A hash of graph, relations and constants: the same for queries that differ in names only.

    Variables may be renamed and atoms reordered. Source: the Weisfeiler-Leman refinement
    (Shervashidze et al. 2011, JMLR 12), run until the colours no longer split; rule V16.
    """
    other = shape(query.post.other) if query.post and query.post.other else ""
    post = query.post and msgspec.structs.replace(query.post, other=None)
    return digest([_refined(query, _term, _relation), post, other])


def topology(query: Query) -> str:
    """The same for the graph alone: the target, variables and constants, joined by bare edges."""
    return digest(_refined(query, _role, _bare))


def cycles(query: Query) -> int:
    """How many independent cycles the graph has: edges between variables that a tree would lack."""
    links = _links(query)
    names = variables(query)
    return len(links) - len(names) + _components(names, links)


def bridges(query: Query) -> int:
    """How many atoms between two variables are the only way across.

    A solver must find the value at one end of a bridge before the other can be reached.
    """
    links, names = _links(query), variables(query)
    whole = _components(names, links)
    return sum(
        _components(names, [*links[:place], *links[place + 1 :]]) > whole
        for place in range(len(links))
    )


def _refined(
    query: Query, node_of: Callable[[Query, Term], object], edge_of: Callable[[Atom, bool], object]
) -> list[object]:
    """The sorted colours of nodes and of edges once the refinement has settled."""
    ends = _ends(query)
    terms: dict[object, Term] = {
        node: term
        for atom, (subject, object_) in zip(query.atoms, ends, strict=True)
        for node, term in ((subject, atom.subject), (object_, atom.object))
    }
    for name in (query.target, *(name for pair in query.neqs for name in pair)):
        terms.setdefault(name, Var(name))
    colours: _Colours = {node: digest(node_of(query, term)) for node, term in terms.items()}
    neighbours: dict[object, list[tuple[object, object]]] = {node: [] for node in terms}
    for atom, (subject, object_) in zip(query.atoms, ends, strict=True):
        neighbours[subject].append((edge_of(atom, True), object_))
        neighbours[object_].append((edge_of(atom, False), subject))
    for one, other in query.neqs:
        neighbours[one].append(("differs", other))
        neighbours[other].append(("differs", one))
    classes = 0
    while len(set(colours.values())) > classes:
        classes = len(set(colours.values()))
        colours = {node: digest(_seen(node, colours, neighbours)) for node in terms}
    edges = [
        [edge_of(atom, True), *_pair(atom, edge_of, colours[subject], colours[object_])]
        for atom, (subject, object_) in zip(query.atoms, ends, strict=True)
    ]
    return [sorted(colours.values()), sorted(edges, key=canonical_json)]


def _pair(
    atom: Atom, edge_of: Callable[[Atom, bool], object], subject: str, object_: str
) -> list[str]:
    """The colours of both ends; in ascending order if the edge looks the same from both."""
    alike = edge_of(atom, True) == edge_of(atom, False)
    return sorted([subject, object_]) if alike else [subject, object_]


def _seen(
    node: object, colours: _Colours, neighbours: dict[object, list[tuple[object, object]]]
) -> list[object]:
    around = [[edge, colours[other]] for edge, other in neighbours[node]]
    return [colours[node], sorted(around, key=canonical_json)]


def _ends(query: Query) -> list[tuple[object, object]]:
    """The nodes of each atom: a variable's name, or (atom, side) for a constant's occurrence."""
    return [
        (_node(atom.subject, (place, 0)), _node(atom.object, (place, 1)))
        for place, atom in enumerate(query.atoms)
    ]


def _node(term: Term, occurrence: tuple[int, int]) -> object:
    return term.name if isinstance(term, Var) else occurrence


def _role(query: Query, term: Term) -> object:
    if isinstance(term, Const):
        return "constant"
    return "target" if term.name == query.target else "variable"


def _term(query: Query, term: Term) -> object:
    """What the hash sees of a node: its role, and of a constant its members and words."""
    given = [term.members, term.label] if isinstance(term, Const) else []
    return [_role(query, term), given]


def _relation(atom: Atom, outward: bool) -> object:
    """What the hash sees of an edge from its subject (outward) or from its object."""
    return [atom.relation, atom.mode, outward and atom.mode == "dir"]


def _bare(atom: Atom, outward: bool) -> object:
    return 0


def _links(query: Query) -> list[tuple[str, str]]:
    """The edges between variables."""
    return [
        (atom.subject.name, atom.object.name)
        for atom in query.atoms
        if isinstance(atom.subject, Var) and isinstance(atom.object, Var)
    ]


def _components(names: Sequence[str], links: Sequence[tuple[str, str]]) -> int:
    """How many connected parts the variables form."""
    leader = {name: name for name in names}
    for one, other in links:
        low, high = sorted((_root(leader, one), _root(leader, other)))
        leader[high] = low
    return sum(leader[name] == name for name in names)


def _root(leader: dict[str, str], name: str) -> str:
    while leader[name] != name:
        name = leader[name]
    return name
