"""Rules on the query itself: that it is whole, has one answer, and offers no shortcut.

V1 well-formed, V2 one answer, V3 stated on pages, V4 no atom of two constants, V5 no constant near
the target, V6 no shallow part that suffices, V7 no idle atom, V8 no page that shows it all, V11
types agree, V14 the answer stays.
"""

from collections.abc import Iterator

from webenvs.corpora.knowledge import VALUE_KINDS, Fact, plain
from webenvs.errors import QueryError, UnknownNameError
from webenvs.tasks.kp.case import Case, Finding, listed
from webenvs.tasks.kp.edges import atom_text, check_relation
from webenvs.tasks.kp.evaluator import check_query
from webenvs.tasks.kp.graph import (
    atom_distances,
    constant_places,
    variable_distances,
)
from webenvs.tasks.kp.join import answer_of
from webenvs.tasks.kp.necessity import is_needed_below
from webenvs.tasks.kp.query import NAMED, Atom, Query, Var, variables, variables_of
from webenvs.tasks.kp.spelling import COUNTED
from webenvs.tasks.kp.sufficient import document_cover, essential_reach, reach

_COMPARING = ("DIFF", "COMPARE", "SAME")
_RANKING = ("ARGMIN", "ARGMAX", "COMPARE")
_NAME = "a name"
_VALUES = {*VALUE_KINDS, _NAME}


def well_formed(case: Case) -> Iterator[Finding]:
    """V1: every variable is in an atom, every atom hangs together with the target."""
    query: Query | None = case.query
    while query is not None:
        yield from _shape_flaws(case, query)
        query = query.post.other if query.post else None


def one_answer(case: Case) -> Iterator[Finding]:
    """V2: the query has the stored answer, and a single one unless sets are allowed."""
    found, settings = case.answer, case.settings
    if case.stored is not None and sorted(map(str, case.stored)) != sorted(map(str, found)):
        yield _broken(
            "V2",
            f"The stored answer is {listed(case.stored)}, the query's is {listed(found)}: "
            "store what the query finds, or mend the query.",
        )
    if not found:
        yield _broken("V2", "The query has no answer: take away a condition, or mend its post.")
    most = settings.largest_set if settings.set_answers else 1
    if len(found) > most:
        way = "raise largest_set" if settings.set_answers else "allow set_answers"
        yield _broken(
            "V2",
            f"The query has {len(found)} answers ({listed(found)}), allowed are {most}: "
            f"add a condition, or {way}.",
        )
    yield from _namesakes(case)


def stated(case: Case) -> Iterator[Finding]:
    """V3: for each value of the target, pages of the corpus state every fact of its proof."""
    for found in case.gold.values():
        for place, atom in enumerate(case.query.atoms):
            facts = case.facts(place, found)
            if not any(_pages(case, fact) for fact in facts):
                yield _broken(
                    "V3",
                    f"No page of the corpus states {facts[0].key} for the atom {atom_text(atom)}: "
                    "use a fact that a page states.",
                )


def no_constant_atoms(case: Case) -> Iterator[Finding]:
    """V4: no atom joins two constants; it lengthens the question and asks nothing."""
    for atom in case.query.atoms:
        if not variables_of(atom):
            yield _broken("V4", f"The atom {atom_text(atom)} joins two constants: leave it out.")


def no_near_constant(case: Case) -> Iterator[Finding]:
    """V5: once a query has more than its target, no constant is near the target."""
    if len(variables(case.query)) == 1:
        return
    distances = atom_distances(case.query)
    for place in constant_places(case.query):
        if place in distances and distances[place] < case.settings.near:
            yield _broken(
                "V5",
                f"The constant of {atom_text(case.query.atoms[place])} is at distance "
                f"{distances[place]} from the target, near = {case.settings.near}: describe it by "
                "other facts.",
                warning=not case.settings.strict_shortcut,
            )


def no_shallow_part(case: Case) -> Iterator[Finding]:
    """V6: every part of the query that suffices reaches far enough."""
    if not case.minimal:
        return
    found = essential_reach(case.knowledge, case.query, case.cap, case.minimal)
    if found < case.settings.reach:
        part = min(case.minimal, key=lambda places: reach(case.query, places))
        atoms = ", ".join(atom_text(case.query.atoms[place]) for place in part)
        yield _broken(
            "V6",
            f"Constants at a distance of at most {found} suffice, reach = "
            f"{case.settings.reach}: describe those of {atoms} by other facts.",
        )


def no_idle_atom(case: Case) -> Iterator[Finding]:
    """V7: every atom is needed for the answer, or for what hangs below its own variable.

    An atom's own variable is the one nearer to the target; an atom between two that are equally
    near is needed for the answer or not at all.
    """
    if not case.answer:
        return
    near = variable_distances(case.query)
    for place, atom in enumerate(case.query.atoms):
        ends = variables_of(atom)
        idle = ends and case.sufficiency.without(place)
        if idle and not is_needed_below(case.knowledge, case.query, place, case.cap):
            yield _broken(
                "V7",
                f"The atom {atom_text(atom)} decides nothing, neither for the answer nor for "
                f"{min(ends, key=lambda end: near[end])!r}: leave it out.",
            )


def no_single_page(case: Case) -> Iterator[Finding]:
    """V8: the query takes several pages, and no page of evidence alone names the whole chain."""
    if not case.minimal or case.settings.documents < 2:
        return
    pages = document_cover(case.knowledge, case.query, case.cap, case.minimal)
    if pages and len(pages) < case.settings.documents:
        yield _broken(
            "V8",
            f"Pages fewer than documents = {case.settings.documents} suffice ({listed(pages)}): "
            "add facts that stand on other pages.",
        )
        return
    page = _telling_page(case)
    if page is not None:
        yield _broken(
            "V8",
            f"The page {page!r} alone names everything that a sufficient part of the query joins: "
            "use facts whose ends do not stand on one page.",
        )


def types_agree(case: Case) -> Iterator[Finding]:
    """V11: the atoms of a variable agree on its type."""
    for name in variables(case.query):
        kinds: dict[str, Atom] = {}
        for atom in case.query.atoms:
            if name in variables_of(atom):
                for kind in _kinds(case, atom, name):
                    kinds.setdefault(kind, atom)
        types = [kind for kind in kinds if kind]
        if len(types) > 1 or ("" in kinds and set(types) & _VALUES):
            clash = [kind or "an entity" for kind in kinds][:2]
            atoms = " and ".join(atom_text(atom) for atom in list(kinds.values())[:2])
            yield _broken(
                "V11",
                f"The variable {name!r} is {clash[0]} and {clash[1]} by the atoms {atoms}: "
                "use relations of one type.",
            )


def answer_kept(case: Case) -> Iterator[Finding]:
    """V14: the query has the answer of the one that it was made from."""
    if case.before is None:
        return
    old = answer_of(case.knowledge, case.before, case.cap)
    if old != case.answer:
        yield _broken(
            "V14",
            f"The answer was {listed(old)} before the last step and is {listed(case.answer)} now: "
            "undo the step.",
        )


def _shape_flaws(case: Case, query: Query) -> Iterator[Finding]:
    """V1 of one query, what it is compared with left aside."""
    try:
        check_query(case.knowledge, query)
        if query.post is not None and query.post.op in _RANKING:
            check_relation(case.knowledge, query.post.relation)
    except (QueryError, UnknownNameError) as error:
        yield _broken("V1", str(error))
        return
    if query.post is not None and query.post.op in _COMPARING and query.post.other is None:
        yield _broken("V1", f"post.op = {query.post.op!r} needs post.other: give another query.")
    near = variable_distances(query)
    loose = [atom for atom in query.atoms if any(end not in near for end in variables_of(atom))]
    if loose:
        yield _broken(
            "V1",
            f"The atom {atom_text(loose[0])} is not connected to the target {query.target!r}: "
            "add an atom that joins them, or leave it out.",
        )


def _namesakes(case: Case) -> Iterator[Finding]:
    """Answers whose name several entities bear: who says the name has not said which."""
    if case.query.post is not None and case.query.post.op in COUNTED:
        return
    for value in case.answer:
        entity = case.knowledge.entities.get(str(value))
        for name in entity.names if entity else ():
            bearers = set(case.knowledge.bearers(name))
            if len(bearers) > 1:
                yield _broken(
                    "V2",
                    f"The answer {value!r} shares its name {name!r} with {len(bearers) - 1} "
                    "other: ask for something whose name is its own.",
                )


def _telling_page(case: Case) -> str | None:
    """A page of evidence that names both ends of every fact of a minimal sufficient set."""
    for part in case.minimal:
        facts = [case.facts(place, found)[0] for found in case.gold.values() for place in part]
        ends = {spelled for fact in facts for spelled in _ends(case, fact)}
        for page in sorted({url for fact in facts for url in _pages(case, fact)}):
            words = case.knowledge.page_words(page)
            if all(any(plain(name) in words for name in names) for names in ends):
                return page
    return None


def _ends(case: Case, fact: Fact) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How the subject and the object of a fact are written."""
    subject = case.knowledge.entities[fact.subject].names
    if fact.relation == NAMED:
        return subject, (str(fact.object),)
    return subject, case.knowledge.spellings(fact.object, fact.relation)


def _pages(case: Case, fact: Fact) -> list[str]:
    """The pages of the corpus that state a fact."""
    return [url for url in fact.urls if case.knowledge.corpus.index(url) is not None]


def _kinds(case: Case, atom: Atom, name: str) -> Iterator[str]:
    """What the atom says its variable is: a type, a kind of value, "" for any entity."""
    if atom.relation == NAMED:
        subject, value = "", _NAME
    else:
        relation = case.knowledge.relation(atom.relation)
        subject, value = relation.domain, relation.range
    if atom.mode == "sym" and subject != value:
        return  # which end it stands at is open
    if atom.subject == Var(name=name):
        yield subject
    if atom.object == Var(name=name):
        yield value


def _broken(rule: str, message: str, warning: bool = False) -> Finding:
    return Finding(rule=rule, message=message, warning=warning)
