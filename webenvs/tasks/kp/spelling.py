"""How the values of a query's variables, and its answers, are written on pages."""

from webenvs.corpora.knowledge import Knowledge, Value
from webenvs.tasks.kp.query import NAMED, Const, Query, Var

COUNTED = ("COUNT", "DIFF", "SAME")
"""Post-operations whose result, a number or yes or no, is not what a page states."""


def names_of(knowledge: Knowledge, query: Query, variable: str, value: Value) -> tuple[str, ...]:
    """How a value of the variable is written, the usual spelling first."""
    for atom in query.atoms:
        if isinstance(atom.object, Var) and atom.object.name == variable:
            if atom.relation == NAMED:
                return (str(value),)
            if knowledge.relation(atom.relation).kind != "entity":
                return knowledge.spellings(value, atom.relation)
    entity = knowledge.entities.get(str(value))
    return entity.names if entity else (str(value),)


def answer_names(knowledge: Knowledge, query: Query, value: Value) -> tuple[str, ...]:
    """How a member of the answer is written, the usual spelling first."""
    if query.post is not None and query.post.op in COUNTED:
        return (str(value),)
    return names_of(knowledge, query, query.target, value)


def is_named(query: Query, variable: str) -> bool:
    """Whether the query gives the variable's name, so that the question may say it."""
    return any(
        atom.relation == NAMED and atom.subject == Var(name=variable)
        for atom in query.atoms
        if isinstance(atom.object, Const)
    )
