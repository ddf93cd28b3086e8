"""Queries of the KP algebra: terms, atoms, inequalities, and what is computed on top.

Knowledge projections after WebShaper (arXiv 2507.15061, section 2), read as directed triples and
evaluated as a join. Records only; `join` evaluates them.
"""

from typing import Literal, Union

from webenvs.corpora.knowledge import Value
from webenvs.records import Record

PostOp = Literal["COUNT", "MIN", "MAX", "ARGMIN", "ARGMAX", "DIFF", "COMPARE", "SAME"]
Mode = Literal["dir", "sym"]
NAMED = "named"
"""The pseudo-relation from an entity to each of its names; its objects are names, not ids."""


class Var(Record, frozen=True, tag="var"):
    """An entity or value to be found."""

    name: str


class Const(Record, frozen=True, tag="const"):
    """Given values, an R-union of their projections if there are several; never empty in a query.

    `members` are distinct and sorted by their text; `label` is how the question speaks of them
    together ("the 1990s"), empty for a single value.
    """

    members: tuple[Value, ...]
    label: str = ""


Term = Union[Var, Const]  # noqa: UP007  msgspec reads the union from here at run time


class Atom(Record, frozen=True, array_like=True):
    """One condition: `relation` holds from `subject` to `object`; in mode "sym" either way."""

    subject: Term
    relation: str
    object: Term
    mode: Mode = "dir"


class Post(Record, frozen=True, kw_only=True):
    """What is computed from the set of the target's values.

    COUNT: how many. MIN, MAX: the least or greatest of values. ARGMIN, ARGMAX: the member whose
    object under `relation` is least or greatest (none if tied), or the second, third, ... such by
    `rank`. DIFF: the distance of the value from that of `other`. COMPARE: of the one member and
    that of `other`, the one whose object under `relation` is less. SAME: "yes" if the value is that
    of `other`, else "no".
    """

    op: PostOp
    relation: str = ""
    other: "Query | None" = None
    rank: int = 1


class Query(Record, frozen=True, kw_only=True):
    """Every atom must hold and every pair of `neqs` differ; the `target`'s values are asked for."""

    atoms: tuple[Atom, ...]
    target: str = "T"
    neqs: tuple[tuple[str, str], ...] = ()
    post: Post | None = None


def const(*values: Value, label: str = "") -> Const:
    """A constant of these values."""
    return Const(members=tuple(sorted(set(values), key=str)), label=label)


def variables(query: Query) -> tuple[str, ...]:
    """The names of all variables, the target first, then in the order of the atoms."""
    found = [query.target]
    for atom in query.atoms:
        found += [term.name for term in (atom.subject, atom.object) if isinstance(term, Var)]
    return tuple(dict.fromkeys(found))


def variables_of(atom: Atom) -> tuple[str, ...]:
    """The names of the variables of an atom, subject first."""
    ends = (atom.subject, atom.object)
    return tuple(dict.fromkeys(term.name for term in ends if isinstance(term, Var)))
