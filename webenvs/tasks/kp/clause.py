"""Conditions on a thing as clauses, and several of them in a row."""

import re
from collections.abc import Sequence

from webenvs.records import Record
from webenvs.tasks.kp import english

_IDENTITY = re.compile(r"is (?:the|an?) ")


class Clause(Record, frozen=True, kw_only=True):
    """One condition on a thing as a predicate: "was founded in 1966".

    `participle` is its short form ("founded in 1966"), empty if it has none; `deep` says that
    another thing is described inside; `whose` that it speaks of something of the thing.
    """

    text: str
    participle: str = ""
    deep: bool = False
    whose: bool = False


def joined(clauses: Sequence[Clause], pronoun: str) -> str:
    """Clauses in a row, each with its pronoun where the sense needs it; none at the top.

    Where all say what the thing is, "is" is said once.
    """
    apart = any(clause.deep for clause in clauses[:-1])
    if len(clauses) > 1 and all(_IDENTITY.match(clause.text) for clause in clauses):
        told = [clause.text.removeprefix("is ") for clause in clauses]
        both = "both " if len(told) == 2 else ""
        return f"{pronoun} is {both}{english.listed(told, 'and', apart)}".strip()
    texts: list[str] = []
    for place, clause in enumerate(clauses):
        before = clauses[place - 1] if place else None
        repeat = before is None or before.whose or apart
        if clause.whose:
            texts.append(f"whose {clause.text}")
        else:
            texts.append(f"{pronoun} {clause.text}" if pronoun and repeat else clause.text)
    return english.listed(texts, "and", apart)
