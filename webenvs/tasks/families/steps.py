"""Steps along facts: which fact an anchor names, and which facts single out one of their ends."""

from collections.abc import Sequence

from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.errors import UnknownNameError
from webenvs.records import Record


class Step(Record, frozen=True, kw_only=True):
    """A fact read forward (from its subject to its object) or back."""

    fact: Fact
    forward: bool

    @property
    def known(self) -> Value:
        """The end it starts from."""
        return self.fact.subject if self.forward else self.fact.object

    @property
    def found(self) -> Value:
        """The end it leads to."""
        return self.fact.object if self.forward else self.fact.subject


def fact_at(knowledge: Knowledge, key: Sequence[str]) -> Fact:
    """The fact of that key; raises UnknownNameError."""
    subject, relation, value = key
    for fact in knowledge.facts_from(subject, relation):
        if str(fact.object) == value:
            return fact
    raise UnknownNameError(f"{knowledge.name!r} has no fact {key}.")


def singles_out(knowledge: Knowledge, fact: Fact, *, forward: bool) -> bool:
    """Whether the end that the fact leads to is the only one from where it starts."""
    if forward:
        return len(knowledge.facts_from(fact.subject, fact.relation)) == 1
    return len(knowledge.facts_to(fact.object, fact.relation)) == 1


def steps_to(knowledge: Knowledge, end: Value) -> tuple[Step, ...]:
    """Every step that leads to `end` and to nothing else, in the order of the facts."""
    ahead = [Step(fact=fact, forward=True) for fact in knowledge.facts_naming(end)]
    back = [Step(fact=fact, forward=False) for fact in knowledge.facts_about(end)]
    return tuple(
        step
        for step in (*ahead, *back)
        if step.fact.places and singles_out(knowledge, step.fact, forward=step.forward)
    )
