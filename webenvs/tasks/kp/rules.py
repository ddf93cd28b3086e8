"""The rules that a query and its question must keep, V1 to V16, in one table.

V13 (an oracle solves it within the budget) and V16 (no duplicate by shape) need more than one
query: whoever can judge them hands them to `findings` as hooks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from webenvs.corpora.knowledge import Knowledge, Value
from webenvs.errors import bad_setting
from webenvs.search.retriever import Retriever
from webenvs.tasks.kp import answer_rules, structure_rules
from webenvs.tasks.kp.case import Case, Finding, RuleSettings
from webenvs.tasks.kp.query import Query

__all__ = ["HOOKS", "RULES", "Case", "Finding", "Rule", "RuleSettings", "check", "findings"]

Rule = Callable[[Case], Iterable[Finding]]
"""What a rule finds wrong with a case, in order; nothing if it is kept."""
RULES: Mapping[str, Rule] = {
    "V1": structure_rules.well_formed,
    "V2": structure_rules.one_answer,
    "V3": structure_rules.stated,
    "V4": structure_rules.no_constant_atoms,
    "V5": structure_rules.no_near_constant,
    "V6": structure_rules.no_shallow_part,
    "V7": structure_rules.no_idle_atom,
    "V8": structure_rules.no_single_page,
    "V9": answer_rules.nothing_leaks,
    "V10": answer_rules.no_first_hit,
    "V11": structure_rules.types_agree,
    "V12": answer_rules.no_safe_guess,
    "V14": structure_rules.answer_kept,
    "V15": answer_rules.short_and_typed,
}
HOOKS = ("V13", "V16")
"""The ids of rules that callers bring."""


def check(
    knowledge: Knowledge,
    query: Query,
    settings: RuleSettings = RuleSettings(),  # noqa: B008  frozen
    *,
    answer: Sequence[Value] | None = None,
    question: str | None = None,
    retriever: Retriever | None = None,
    before: Query | None = None,
) -> tuple[Finding, ...]:
    """Everything that breaks a rule, in the order of the rules; empty if the query keeps them all.

    `answer` is the stored answer (V2), `question` the wording (V9, V10), `retriever` the search
    engine (V10), `before` the query that this one was made from (V14); rules on what is not given
    find nothing. A query that breaks V1 cannot be evaluated and is not examined further. Raises
    QueryError if the evaluation passes the cap.
    """
    case = Case(
        knowledge,
        query,
        settings,
        answer=answer,
        question=question,
        retriever=retriever,
        before=before,
    )
    return tuple(findings(case))


def findings(case: Case, hooks: Mapping[str, Rule] = MappingProxyType({})) -> Iterator[Finding]:
    """The findings of a case one by one, so that a caller can stop at the first.

    `hooks` are the caller's rules V13 and V16; they take their place in the order.
    """
    table = {**RULES, **hooks}
    allowed = (*RULES, *HOOKS)
    for field, rules in (("hooks", hooks), ("skipped", case.settings.skipped)):
        for rule in rules:
            if rule not in (HOOKS if field == "hooks" else allowed):
                raise bad_setting(field, rule, "ids among " + ", ".join(allowed))
    for rule in sorted(table, key=_number):
        if rule in case.settings.skipped:
            continue
        broken = tuple(table[rule](case))
        yield from broken
        if broken and rule == "V1":
            return


def _number(rule: str) -> int:
    return int(rule.removeprefix("V"))
