"""What a query means on the facts: its assignments, its values, its answer, its evidence.

The join itself is `evaluator`; everything here is deterministic and complete, or raises.
"""

from collections.abc import Iterator

from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.errors import QueryError
from webenvs.tasks.kp.edges import atom_text, edges_between, given_values, reached, sort_key
from webenvs.tasks.kp.evaluator import DEFAULT_CAP, Assignment, Evaluator
from webenvs.tasks.kp.graph import hanging, part_of
from webenvs.tasks.kp.post import computed
from webenvs.tasks.kp.query import Atom, Const, Query, Var, variables_of


def assignments(
    knowledge: Knowledge,
    query: Query,
    cap: int = DEFAULT_CAP,
    given: Assignment | None = None,
) -> Iterator[Assignment]:
    """Every assignment of the variables under which all atoms and inequalities hold, once each.

    `given` fixes some variables beforehand. Raises QueryError for a variable that occurs in no
    atom, for a constant without members, and as soon as more than `cap` values have been tried:
    nothing is ever left out silently.
    """
    join = Evaluator(knowledge, query, cap)
    yield from join.assignments(given or {})


def values_of(knowledge: Knowledge, query: Query, cap: int = DEFAULT_CAP) -> tuple[Value, ...]:
    """The distinct values of the target before `query.post`, sorted by their text."""
    return Evaluator(knowledge, query, cap).targets()


def answer_of(knowledge: Knowledge, query: Query, cap: int = DEFAULT_CAP) -> tuple[Value, ...]:
    """The answer: the target's values, or what `query.post` makes of them.

    It is empty if nothing fits, and if the result is undefined or tied.
    """
    found = values_of(knowledge, query, cap)
    if query.post is None:
        return found
    other = query.post.other
    return computed(knowledge, query.post, found, answer_of(knowledge, other, cap) if other else ())


def below(
    knowledge: Knowledge, query: Query, variable: str, cap: int = DEFAULT_CAP
) -> tuple[Value, ...]:
    """The values of a variable by the atoms that hang below it alone, sorted by their text.

    Which those are on a cycle, see `graph.hanging`. A variable with nothing below it takes every
    value that the relations of its atoms have at its end.
    """
    places = hanging(query, variable)
    if places:
        return values_of(knowledge, part_of(query, places, variable), cap)
    atoms = [atom for atom in query.atoms if variable in variables_of(atom)]
    ends = (_ends_of(knowledge, atom, variable) for atom in atoms)
    return tuple(sorted(set.intersection(*ends), key=sort_key)) if atoms else ()


def facts_of(knowledge: Knowledge, atom: Atom, assignment: Assignment) -> tuple[Fact, ...]:
    """The facts that make an atom true under an assignment, in the order of facts.

    Raises QueryError for a variable that the assignment lacks.
    """
    ends = []
    for term in (atom.subject, atom.object):
        if isinstance(term, Const):
            ends.append(given_values(knowledge, atom, term))
        elif term.name in assignment:
            ends.append((assignment[term.name],))
        else:
            raise QueryError(
                f"The variable {term.name!r} of the atom {atom_text(atom)} has no value: "
                "give an assignment of the whole query."
            )
    pairs = [(subject, value) for subject in ends[0] for value in ends[1]]
    if atom.mode == "sym":
        pairs += [(value, subject) for subject, value in pairs]
    facts = {
        fact.key: fact
        for subject, value in pairs
        for fact in edges_between(knowledge, subject, atom.relation, value)
    }
    return tuple(facts[key] for key in sorted(facts))


def _ends_of(knowledge: Knowledge, atom: Atom, variable: str) -> set[Value]:
    """Every value at the variable's end of the atom's relation."""
    end = 0 if isinstance(atom.subject, Var) and atom.subject.name == variable else 1
    return reached(knowledge, atom, end, None)
