"""Edits of a question that make it shorter or vaguer, and the order in which to try them.

Source: the three ways in which WebExplorer evolves a question (arXiv 2509.06501, section 2.3).
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Literal

import msgspec

from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.errors import QueryError
from webenvs.records import Record
from webenvs.tasks.kp.edits import Leaf, constant_at, leaves, with_term
from webenvs.tasks.kp.join import assignments, facts_of
from webenvs.tasks.kp.ladders import rungs
from webenvs.tasks.kp.query import NAMED, Atom, Const, Query, variables_of
from webenvs.tasks.kp.sufficient import minimal_sets, reach
from webenvs.tasks.rewrite import bits_of, described, descriptions, named_thing
from webenvs.tasks.salience import Gold, by_salience, is_clue, salience

EditKind = Literal["remove", "vague", "replace"]
KINDS: tuple[EditKind, ...] = ("remove", "vague", "replace")
"""The kinds of edit in the order in which they are tried."""


class Edit(Record, frozen=True, kw_only=True):
    """A change of a question: the atom at `place` goes, the atoms of `by` come in its stead."""

    kind: EditKind
    place: int
    atom: Atom
    by: tuple[Atom, ...] = ()


def edited(query: Query, edit: Edit) -> Query:
    """The query after an edit, untested.

    Where a clue is removed, conditions that then only lead to something nothing is said of go too.
    Raises QueryError for an edit of another query.
    """
    if not (0 <= edit.place < len(query.atoms) and query.atoms[edit.place] == edit.atom):
        raise QueryError(f"The query has no atom {edit.atom} at place {edit.place} to edit.")
    atoms = (*query.atoms[: edit.place], *edit.by, *query.atoms[edit.place + 1 :])
    if edit.kind == "remove":
        atoms = _without_loose_ends(atoms, query.target)
    held = {name for atom in atoms for name in variables_of(atom)}
    neqs = tuple(pair for pair in query.neqs if held.issuperset(pair))
    return msgspec.structs.replace(query, atoms=atoms, neqs=neqs)


def candidates(
    knowledge: Knowledge,
    query: Query,
    kind: EditKind,
    tries: int = 3,
    lax: int = 20,
    minimal: Sequence[Sequence[int]] = (),
) -> Iterator[Edit]:
    """The edits of one kind, in the order in which they are tried.

    Removals: clues that the answer does not need go first; of these, those that every shortest way
    to the answer takes, then those that some shortest way takes; then names, then the most salient.
    Vaguer clues and replacements: the most salient first. Ties fall by place. Of each thing `tries`
    descriptions less salient than its name are tried, which fit it alone, or up to `lax` things.
    `minimal` are the minimal sufficient sets of the query if they are known.
    """
    gold = next(iter(assignments(knowledge, query)))
    if kind == "remove":
        yield from _removals(knowledge, query, gold, minimal or minimal_sets(knowledge, query))
    elif kind == "vague":
        yield from _vaguer(knowledge, query, gold)
    else:
        yield from _replacements(knowledge, query, gold, tries, lax)


def _removals(
    knowledge: Knowledge, query: Query, gold: Gold, minimal: Sequence[Sequence[int]]
) -> Iterator[Edit]:
    reaches = [reach(query, places) for places in minimal]
    ways = list(zip(minimal, reaches, strict=True))
    nearest = [places for places, far in ways if far == min(reaches)]

    def order(place: int) -> tuple[bool, bool, bool, bool, float, int]:
        needed = all(place in places for places in minimal)
        shortens = all(place in places for places in nearest)
        near = any(place in places for places in nearest)
        bits = round(salience(knowledge, query.atoms[place], gold), 9)
        is_name = query.atoms[place].relation == NAMED
        return (needed, not shortens, not near, not is_name, -bits, place)

    places = [place for place, atom in enumerate(query.atoms) if is_clue(atom)]
    for place in sorted(places, key=order):
        yield Edit(kind="remove", place=place, atom=query.atoms[place])


def _vaguer(knowledge: Knowledge, query: Query, gold: Gold) -> Iterator[Edit]:
    for leaf in _leaves(knowledge, query, gold):
        wider = next_rung(knowledge, query, leaf, gold)
        if wider is not None:
            by = with_term(query, leaf, wider).atoms[leaf.place]
            atom = query.atoms[leaf.place]
            yield Edit(kind="vague", place=leaf.place, atom=atom, by=(by,))


def next_rung(knowledge: Knowledge, query: Query, leaf: Leaf, gold: Gold) -> Const | None:
    """The next vaguer constant for the one at a leaf, or None at the end of its ladder."""
    atom, given = query.atoms[leaf.place], constant_at(query, leaf)
    if atom.relation == NAMED:
        return None
    fact = facts_of(knowledge, atom, gold)[0]
    meant = fact.subject if leaf.side == "subject" else fact.object
    ladder = rungs(knowledge, atom.relation, meant, leaf.side)
    place = next((place for place, rung in enumerate(ladder) if rung.label == given.label), -1)
    wider = (rung for rung in ladder[place + 1 :] if set(given.members) <= set(rung.members))
    return next(wider, None)


def _replacements(
    knowledge: Knowledge, query: Query, gold: Gold, tries: int, most: int
) -> Iterator[Edit]:
    given = {value for leaf in leaves(query) for value in constant_at(query, leaf).members}
    taken = {*gold.values(), *given}
    for leaf in _leaves(knowledge, query, gold):
        entity = named_thing(knowledge, query, leaf, gold)
        if entity is None:
            continue
        atom = query.atoms[leaf.place]
        bits = salience(knowledge, atom, gold)
        for facts in _vague_descriptions(knowledge, entity, taken, most, bits)[:tries]:
            changed = described(query, leaf, entity, facts).atoms
            more = len(changed) - len(query.atoms) + 1
            by = changed[leaf.place : leaf.place + more]
            yield Edit(kind="replace", place=leaf.place, atom=atom, by=by)


def _vague_descriptions(
    knowledge: Knowledge, entity: str, taken: Collection[Value], most: int, bits: float
) -> list[tuple[Fact, ...]]:
    """Descriptions of one or two facts with fewer bits than that, the least salient first."""
    strict = descriptions(knowledge, entity, taken, longest=2)
    lax = descriptions(knowledge, entity, taken, most=most, longest=1)
    told = {
        facts: sum(bits_of(knowledge, fact, entity) for fact in facts) for facts in (*strict, *lax)
    }
    less = [facts for facts, sum_of in told.items() if sum_of < bits]
    return sorted(less, key=lambda facts: (round(told[facts], 9), [fact.key for fact in facts]))


def _leaves(knowledge: Knowledge, query: Query, gold: Gold) -> list[Leaf]:
    """The constants beside variables, the most salient first."""
    order = {place: rank for rank, place in enumerate(by_salience(knowledge, query, gold))}
    return sorted(leaves(query), key=lambda leaf: order[leaf.place])


def _without_loose_ends(atoms: tuple[Atom, ...], target: str) -> tuple[Atom, ...]:
    """`atoms` without those that lead to a variable of which nothing else is said."""
    while True:
        names = [name for atom in atoms for name in variables_of(atom)]
        loose = {name for name in names if names.count(name) == 1 and name != target}
        kept = tuple(a for a in atoms if is_clue(a) or loose.isdisjoint(variables_of(a)))
        if kept == atoms:
            return atoms
        atoms = kept
