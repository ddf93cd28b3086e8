"""Rules on the answer and the wording: that neither gives itself away.

V9 nothing sought stands in the question, V10 one search does not find the answer, V12 the answer is
no safe guess, V15 it is short and of a known kind.
"""

from collections import Counter
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from webenvs.corpora.knowledge import Knowledge, Value, plain
from webenvs.tasks.kp.case import Case, Finding
from webenvs.tasks.kp.query import NAMED, Var
from webenvs.tasks.kp.spelling import COUNTED, is_named

_usual: WeakKeyDictionary[Knowledge, dict[str, Value | None]] = WeakKeyDictionary()


def nothing_leaks(case: Case) -> Iterator[Finding]:
    """V9: no spelling of the answer, nor of any value of a variable, stands in the question.

    Case is folded, and spellings count at word ends (Unicode NFKC). Names that the query itself
    gives may stand there, and so may the two things of a comparison.
    """
    if case.question is None:
        return
    words = plain(case.question)
    sought = dict(case.sought())
    if case.query.post is not None and case.query.post.op in ("COUNT", "DIFF"):
        sought["the answer"] = tuple(name for names in case.answer_names.values() for name in names)
    for variable, names in sought.items():
        leaked = next(
            (name for name in names if plain(name).strip() and plain(name) in words), None
        )
        if leaked is not None:
            yield Finding(
                rule="V9",
                message=f"{leaked!r}, to be found for {variable!r}, stands in the question "
                f"{case.question!r}: describe it otherwise.",
            )


def no_first_hit(case: Case) -> Iterator[Finding]:
    """V10: the question as a query brings no page with the answer into the first hits.

    Counts and differences, whose digits stand everywhere, are not looked for.
    """
    most, retriever = case.settings.one_shot, case.retriever
    counted = case.query.post is not None and case.query.post.op in COUNTED
    if case.question is None or retriever is None or most < 1 or counted:
        return
    names = [plain(name) for spelled in case.answer_names.values() for name in spelled]
    for hit in retriever.search(case.question, most):
        words = case.knowledge.page_words(hit.url)
        if any(name in words for name in names):
            yield Finding(
                rule="V10",
                message=f"The question as a query finds a page with the answer, {hit.url!r}, at "
                f"rank {hit.rank}, one_shot = {most}: make its constants vaguer.",
            )
            return


def no_safe_guess(case: Case) -> Iterator[Finding]:
    """V12: the answer is not the most common object of the relation that asks for it."""
    counted = case.query.post is not None and case.query.post.op in COUNTED
    if counted or is_named(case.query, case.query.target):
        return
    for atom in case.query.atoms:
        if atom.object != Var(name=case.query.target) or atom.relation == NAMED:
            continue
        usual = usual_object(case.knowledge, atom.relation)
        if usual is not None and case.answer == (usual,):
            yield Finding(
                rule="V12",
                message=f"The answer {usual!r} is the most common object of {atom.relation!r}, "
                "so a guess finds it: ask for a rarer one.",
            )


def short_and_typed(case: Case) -> Iterator[Finding]:
    """V15: every member of the answer is short, and is an entity of a type or a value of a kind."""
    most = case.settings.longest_answer
    for value, names in case.answer_names.items():
        if len(names[0]) > most:
            yield Finding(
                rule="V15",
                message=f"The answer {names[0]!r} has {len(names[0])} characters, "
                f"longest_answer = {most}: ask for something with a shorter name.",
            )
        entity = case.knowledge.entities.get(str(value))
        if entity is not None and not entity.type:
            yield Finding(
                rule="V15",
                message=f"The answer {value!r} is an entity without a type: give it a type, or ask "
                "for another.",
            )


def usual_object(knowledge: Knowledge, relation: str) -> Value | None:
    """The object that most facts of the relation have; None if several have as many."""
    known = _usual.setdefault(knowledge, {})
    if relation not in known:
        counts = Counter(fact.object for fact in knowledge.facts_of(relation)).most_common(2)
        tied = len(counts) == 2 and counts[0][1] == counts[1][1]
        known[relation] = counts[0][0] if counts and not tied else None
    return known[relation]
