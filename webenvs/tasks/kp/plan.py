"""How a query is cut into sentences: which variables get one of their own, the deepest first."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from webenvs.records import Record
from webenvs.tasks.kp.query import Atom, Var, variables_of


class Tree(Record, frozen=True, kw_only=True):
    """The variables in order of their distance from a root, and which hangs on which.

    `loads` counts the conditions told with a variable; `apart` are those told in a sentence of
    their own, in the order of the sentences.
    """

    order: tuple[str, ...]
    parents: dict[str, str]
    loads: dict[str, int]
    apart: tuple[str, ...] = ()

    def below(self, name: str) -> frozenset[str]:
        """The variables that hang on `name`, and itself."""
        found = {name}
        for variable in self.order:
            if self.parents.get(variable) in found:
                found.add(variable)
        return frozenset(found)


def tree_of(atoms: Sequence[Atom], roots: Sequence[str], limit: int) -> Tree:
    """The tree of breadth-first search from the roots; no sentence has more than `limit` atoms.

    It has more only where conditions on one variable cannot be told apart.
    """
    neighbours = _neighbours(atoms)
    order, parents = list(roots), dict[str, str]()
    for name in order:
        for other in neighbours.get(name, ()):
            if other not in parents and other not in roots:
                parents[other] = name
                order.append(other)
    loads, apart = _loads(_owned(atoms, order, parents), order, parents, limit)
    return Tree(order=tuple(order), parents=parents, loads=loads, apart=tuple(apart))


def _neighbours(atoms: Sequence[Atom]) -> Mapping[str, tuple[str, ...]]:
    """Each variable's neighbours, each once, in the order of the atoms."""
    found: dict[str, dict[str, None]] = {}
    for atom in atoms:
        if isinstance(atom.subject, Var) and isinstance(atom.object, Var):
            found.setdefault(atom.subject.name, {})[atom.object.name] = None
            found.setdefault(atom.object.name, {})[atom.subject.name] = None
    return MappingProxyType({name: tuple(others) for name, others in found.items()})


def _owned(
    atoms: Sequence[Atom], order: Sequence[str], parents: Mapping[str, str]
) -> Mapping[str, int]:
    """How many atoms each variable has to itself; its link to its parent is not one of them."""
    places = {name: place for place, name in enumerate(order)}
    owned = dict.fromkeys(order, 0)
    for atom in atoms:
        names = [name for name in variables_of(atom) if name in places]
        if names:
            owned[max(names, key=places.__getitem__)] += 1
    return {name: count - (name in parents) for name, count in owned.items()}


def _loads(
    owned: Mapping[str, int], order: Sequence[str], parents: Mapping[str, str], limit: int
) -> tuple[dict[str, int], list[str]]:
    loads, apart = dict(owned), list[str]()
    for name in reversed(order):
        children = [child for child in order if parents.get(child) == name]
        loads[name] += sum(loads[child] + 1 for child in children)
        for child in sorted(children, key=lambda child: -loads[child]):
            if loads[name] > limit and loads[child] > 1:
                loads[name] -= loads[child]
                apart.append(child)
    return loads, apart
