"""What edits of a query are made of: its leaf constants, fresh variables, refusals and limits."""

from collections.abc import Iterable, Sequence
from itertools import count
from typing import NamedTuple, TypeVar

import msgspec

from webenvs import seeding
from webenvs.corpora.knowledge import Knowledge, Value, plain, spelled_date
from webenvs.errors import QueryError
from webenvs.records import Record
from webenvs.tasks.kp.join import assignments, values_of
from webenvs.tasks.kp.ladders import Side
from webenvs.tasks.kp.query import NAMED, Atom, Const, Query, Term, Var, variables

Item = TypeVar("Item")


class Rejection(Record, frozen=True):
    """Why an edit is refused: the id of the rule that it breaks, and in what."""

    rule: str
    message: str


class Leaf(NamedTuple):
    """One occurrence of a constant: the place of its atom, and on which side of it."""

    place: int
    side: Side


class Standing(Record, frozen=True, kw_only=True):
    """What a growing query must keep: the values of its target, and a gold value a variable."""

    answer: tuple[Value, ...]
    gold: dict[str, Value]


class Limits(Record, frozen=True, kw_only=True):
    """How far an edit may go.

    `facts`: the most facts of one sub-question. `several`: the share of sub-questions that try
    two facts or more first, none of which suffices alone. `weave`: the share of sub-questions that
    look first at what links the constant to other constants, so that branches can be joined.
    `lax`: the most values a lax sub-question may have. `candidates`: how many facts that name a
    value are looked at. `tries`: how many sub-questions or wider sets are tried before a lax edit
    is given up. `cap`: the most intermediate assignments that the proof of an edit may take.
    """

    facts: int = 3
    several: float = 0.6
    weave: float = 1.0
    lax: int = 20
    candidates: int = 24
    tries: int = 3
    cap: int = 20_000


DEFAULT_LIMITS = Limits()


def standing_of(knowledge: Knowledge, query: Query) -> Standing:
    """What a query stands for, its gold being its first assignment; raises QueryError if none."""
    gold = next(assignments(knowledge, query), None)
    if gold is None:
        raise QueryError(
            f"No assignment makes the query for {query.target!r} true, so that it has no answer to "
            "keep: start from a query that holds."
        )
    return Standing(answer=values_of(knowledge, query), gold=dict(gold))


def leaves(query: Query) -> tuple[Leaf, ...]:
    """Every occurrence of a constant beside a variable, sorted by its values and words."""
    found = [
        leaf
        for place, atom in enumerate(query.atoms)
        for leaf in (Leaf(place, "subject"), Leaf(place, "object"))
        if isinstance(term_at(query, leaf), Const) and variable_beside(query, leaf)
    ]
    return tuple(sorted(found, key=lambda leaf: (_order(constant_at(query, leaf)), leaf)))


def term_at(query: Query, leaf: Leaf) -> Term:
    """The term of one side of an atom."""
    atom = query.atoms[leaf.place]
    return atom.subject if leaf.side == "subject" else atom.object


def constant_at(query: Query, leaf: Leaf) -> Const:
    """The constant at a leaf; raises QueryError if there is a variable."""
    term = term_at(query, leaf)
    if isinstance(term, Var):
        raise QueryError(f"The {leaf.side} of atom {leaf.place} is the variable {term.name!r}.")
    return term


def is_single(query: Query, leaf: Leaf) -> bool:
    """Whether a leaf is one value, neither widened nor the name of something."""
    constant = constant_at(query, leaf)
    named = query.atoms[leaf.place].relation == NAMED
    return len(constant.members) == 1 and not constant.label and not named


def variable_beside(query: Query, leaf: Leaf) -> str:
    """The name of the variable at the other side of a leaf's atom; empty if there is none."""
    other: Side = "object" if leaf.side == "subject" else "subject"
    term = term_at(query, Leaf(leaf.place, other))
    return term.name if isinstance(term, Var) else ""


def with_term(query: Query, leaf: Leaf, term: Term) -> Query:
    """The query with another term at the leaf."""
    old = query.atoms[leaf.place]
    ends = (term, old.object) if leaf.side == "subject" else (old.subject, term)
    changed = Atom(ends[0], old.relation, ends[1], old.mode)
    atoms = (*query.atoms[: leaf.place], changed, *query.atoms[leaf.place + 1 :])
    return msgspec.structs.replace(query, atoms=atoms)


def with_atoms(query: Query, atoms: Iterable[Atom]) -> Query:
    """The query with further atoms at its end."""
    return msgspec.structs.replace(query, atoms=(*query.atoms, *atoms))


def fresh_variable(query: Query) -> Var:
    """The first of X1, X2, ... that the query does not use."""
    used = {*variables(query)}
    return Var(next(name for name in (f"X{number}" for number in count(1)) if name not in used))


def leaked(knowledge: Knowledge, constant: Const, secrets: Iterable[Value]) -> Value | None:
    """The first of the secret values that the words of a constant name (rule V9), or None."""
    shown = [constant.label] if constant.label else _spelled(knowledge, constant.members)
    words = "".join(plain(name) for name in shown)
    named = (one for one in secrets for name in _spelled(knowledge, (one,)) if plain(name) in words)
    return next(named, None)


def sampled(items: Sequence[Item], most: int, *key: object) -> tuple[Item, ...]:
    """At most `most` of the items in keyed order; of a long list, without shuffling all of it."""
    if len(items) <= 4 * most:
        return seeding.shuffled(items, *key)[:most]
    drawn = (seeding.integer(len(items), *key, turn) for turn in range(most))
    return tuple(items[place] for place in dict.fromkeys(drawn))


def _order(constant: Const) -> tuple[str, ...]:
    return (*map(str, constant.members), constant.label)


def _spelled(knowledge: Knowledge, values: Iterable[Value]) -> list[str]:
    """Every way in which a question may write the values."""
    found: list[str] = []
    for value in values:
        if isinstance(value, int):
            found += [str(value), f"{value:,}"]
        elif value in knowledge.entities:
            found += knowledge.entities[value].names
        else:
            found += spelled_date(value) if value[:4].isdigit() else [value]
    return found
