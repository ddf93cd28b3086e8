"""Task records from queries: answers, evidence, hops and proof; and the proof checked again."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

import msgspec

from webenvs.corpora.knowledge import Fact, Knowledge, Value, plain
from webenvs.errors import TaskFileError, WebenvsError
from webenvs.records import AnswerType, Hop, Record, Split, Task
from webenvs.search.retriever import Retriever
from webenvs.tasks.kp.difficulty import difficulty
from webenvs.tasks.kp.join import answer_of, assignments, facts_of
from webenvs.tasks.kp.query import NAMED, Atom, Post, Query, Term, Var, variables_of
from webenvs.tasks.kp.rules import RuleSettings, check
from webenvs.tasks.kp.shape import shape, topology
from webenvs.tasks.kp.spelling import answer_names, names_of
from webenvs.tasks.kp.sufficient import minimal_sets
from webenvs.tasks.kp.wording import fact_sentence
from webenvs.tasks.sites import site_of

_ALTERNATIVES = 8
"""The most sets of pages that a task names as evidence."""
_COMBINATIONS = 512
_TYPES: Mapping[str, AnswerType] = {
    "entity": "text",
    "year": "date",
    "date": "date",
    "number": "number",
}


class Flaw(Record, frozen=True, kw_only=True):
    """A rule that a task breaks, by its id, and in what."""

    rule: str
    message: str


def task_of(
    knowledge: Knowledge,
    query: Query,
    question: str,
    *,
    family: str,
    split: Split,
    meta: Mapping[str, Any],
) -> Task:
    """The task of a query that keeps its rules, worded by `question`; everything else follows."""
    answers = answer_of(knowledge, query)
    spelled = [answer_names(knowledge, query, value) for value in answers]
    proofs = _proofs(knowledge, query)
    evidence = _evidence(knowledge, query, proofs)
    measured = difficulty(knowledge, query, question)
    return Task(
        question=question,
        answers=tuple(names[0] for names in spelled),
        answer_type=_answer_type(knowledge, query, len(answers)),
        aliases={names[0]: names[1:] for names in spelled if names[1:]},
        evidence=evidence,
        hops=_hops(knowledge, query, proofs),
        family=family,
        difficulty={**measured, "fetches": float(min(map(len, evidence)))},
        split=split,
        meta=_as_json(
            {
                **meta,
                "corpus": knowledge.corpus.digest,
                "query": query,
                "asked": _asked(query),
                "gold": dict(proofs[0]) if proofs else {},
                "shape": shape(query),
                "topology": topology(query),
            }
        ),
    )


def _as_json(data: object) -> dict[str, Any]:
    """The data as a file would give it back, so that a task read is the task that was made."""
    plain_data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(data))
    return plain_data


def flaws(knowledge: Knowledge, task: Task, retriever: Retriever | None = None) -> Iterator[Flaw]:
    """Every rule that the task breaks, proved again from the corpus alone.

    The query in `meta` is evaluated anew over all facts; every field must follow from it, and every
    passage must state its fact.
    """
    if task.meta.get("corpus") != knowledge.corpus.digest:
        told = str(task.meta.get("corpus", "none"))[:16]
        where = f"{knowledge.name!r} with digest {knowledge.corpus.digest[:16]}"
        yield Flaw(
            rule="V3", message=f"the task is about the corpus {told}, not {where}: name its own"
        )
        return
    missing = [field for field in _needed(task) if field not in task.meta]
    if missing or "id" in task.meta:
        wrong = f"meta lacks {', '.join(missing)}" if missing else "the id is not that of the task"
        yield Flaw(rule="record", message=f"{wrong}: the record was changed after it was made")
        return
    try:
        knowledge = scope_of(knowledge, task.meta)
        query = query_in(task)
        broken = tuple(_broken(knowledge, task, query, _rules_in(task), retriever))
        yield from broken
        if "V1" not in {flaw.rule for flaw in broken}:
            yield from _stray(knowledge, task, query)
            yield from unsolvable(knowledge, task)
    except (WebenvsError, msgspec.ValidationError) as error:
        yield Flaw(rule="V1", message=str(error))
    except (TypeError, KeyError, ValueError) as error:
        yield Flaw(rule="record", message=f"a field of meta cannot be read: {error!r}")


def _needed(task: Task) -> tuple[str, ...]:
    """The fields of meta that a task of its family cannot lack."""
    return (*_PROVED, "rules", *(_WALKED if task.family == "WebWalk" else ()))


def _rules_in(task: Task) -> RuleSettings:
    """How strict the task says it is; rules that every question must keep cannot be skipped."""
    told = msgspec.convert(task.meta.get("rules", {}), RuleSettings)
    allowed = tuple(rule for rule in told.skipped if rule in _SKIPPABLE)
    return msgspec.structs.replace(told, skipped=allowed)


def unsolvable(knowledge: Knowledge, task: Task) -> Iterator[Flaw]:
    """Why a player that knows the way could not solve it within the usual turns (V13)."""
    walk = "root" in task.meta
    steps = int(task.meta.get("steps", 0)) if walk else min(map(len, task.evidence)) + 1
    most = WALK_STEPS if walk else SEARCH_STEPS
    if steps > most:
        yield Flaw(rule="V13", message=f"who knows the way needs {steps} messages, of {most}")
    for path in task.meta.get("paths", ()) if walk else ():
        url = str(task.meta["root"])
        for click in path:
            index = knowledge.corpus.index(url)
            links = () if index is None else knowledge.corpus.page(index).links
            if not 0 <= click["link"] < len(links) or links[click["link"]].url != click["url"]:
                yield Flaw(rule="V13", message=f"{url} has no link {click['link']} to follow")
                return
            url = click["url"]


def scope_of(knowledge: Knowledge, meta: Mapping[str, Any]) -> Knowledge:
    """What a task's proof may use: the site at the `root` of its meta, or all there is."""
    root = meta.get("root")
    return knowledge if root is None else site_of(knowledge, str(root)).knowledge


def query_in(task: Task) -> Query:
    """The query that a task carries; raises TaskFileError if there is none."""
    try:
        return msgspec.convert(task.meta.get("query"), Query)
    except msgspec.ValidationError as problem:
        raise TaskFileError(f"meta.query of {task.question!r} is no query: {problem}.") from None


def _broken(
    knowledge: Knowledge,
    task: Task,
    query: Query,
    rules: RuleSettings,
    retriever: Retriever | None,
) -> Iterator[Flaw]:
    """The rules of the algebra that the query or its question breaks."""
    findings = check(
        knowledge,
        query,
        rules,
        question=task.question,
        retriever=retriever if rules.one_shot else None,
    )
    for finding in findings:
        if not finding.warning:
            yield Flaw(rule=finding.rule, message=finding.message)


def _stray(knowledge: Knowledge, task: Task, query: Query) -> Iterator[Flaw]:
    """Fields that do not follow from the query, and passages that do not state their fact."""
    own = {key: value for key, value in task.meta.items() if key not in _PROVED}
    proved = task_of(
        knowledge, query, task.question, family=task.family, split=task.split, meta=own
    )
    for field, rule in _FIELDS.items():
        said, right = getattr(task, field), getattr(proved, field)
        if said != right:
            yield Flaw(rule=rule, message=f"{field} is {said!r}; proved is {right!r}")
    for proof in _proofs(knowledge, query):
        for fact in _stated(knowledge, query, proof):
            if not any(_states(knowledge, fact, place) for place in range(len(fact.places))):
                yield Flaw(rule="V3", message=f"no passage states the fact {fact.key}")


_WALKED = ("root", "prefix", "paths", "depths", "route", "steps")
_PROVED = ("corpus", "query", "asked", "gold", "shape", "topology")
_FIELDS = {
    "answers": "V2",
    "answer_type": "V15",
    "aliases": "V2",
    "evidence": "V3",
    "hops": "V1",
    "difficulty": "record",
    "meta": "record",
}
"""Fields that must follow from the query, and the rule that each speaks of."""
_SKIPPABLE = ("V4", "V5", "V7")
SEARCH_STEPS, WALK_STEPS = 12, 15
"""Messages that a researcher and a walker have by default."""


def _proofs(knowledge: Knowledge, query: Query) -> list[Mapping[str, Value]]:
    """The first assignment of each of the target's values, in the order of the values."""
    first: dict[Value, Mapping[str, Value]] = {}
    for found in assignments(knowledge, query):
        first.setdefault(found[query.target], found)
    return [first[value] for value in sorted(first, key=str)]


def _stated(knowledge: Knowledge, query: Query, proof: Mapping[str, Value]) -> list[Fact]:
    """One fact for every atom, as the proof has it; naming clues are no facts."""
    return [facts_of(knowledge, atom, proof)[0] for atom in query.atoms if atom.relation != NAMED]


def _evidence(
    knowledge: Knowledge, query: Query, proofs: Sequence[Mapping[str, Value]]
) -> tuple[tuple[str, ...], ...]:
    """Sets of pages that suffice, the smallest first: a page a fact of a minimal sufficient set."""
    every = tuple(range(len(query.atoms)))
    found: set[tuple[str, ...]] = set()
    for chosen in [every] if query.post else minimal_sets(knowledge, query):
        facts = [
            facts_of(knowledge, query.atoms[place], proof)[0]
            for proof in proofs
            for place in chosen
        ]
        choices = [fact.urls for fact in (*facts, *_compared(knowledge, query))]
        pages = islice(product(*dict.fromkeys(choices)), _COMBINATIONS)
        found |= {tuple(sorted(set(urls))) for urls in pages}
    return tuple(sorted(found, key=lambda urls: (len(urls), urls))[:_ALTERNATIVES])


def _compared(knowledge: Knowledge, query: Query) -> list[Fact]:
    """The facts that the query's post-operator reads besides those of its atoms."""
    post = query.post
    if post is None:
        return []
    facts = [
        fact
        for proof in _proofs(knowledge, query)
        for fact in (knowledge.facts_from(proof[query.target], post.relation)[:1])
        if post.relation
    ]
    if post.other is not None:
        other = msgspec.structs.replace(post.other, post=Post(op=post.op, relation=post.relation))
        for proof in _proofs(knowledge, other):
            facts += [facts_of(knowledge, atom, proof)[0] for atom in other.atoms]
        facts += _compared(knowledge, other)
    return facts


def _hops(
    knowledge: Knowledge, query: Query, proofs: Sequence[Mapping[str, Value]]
) -> tuple[Hop, ...]:
    """The atoms as steps towards the target, those farthest from it first."""
    depths = _depths(query)
    ends = [_ends(atom, depths) for atom in query.atoms]
    order = sorted(range(len(ends)), key=lambda place: (-depths[ends[place][1].name], place))
    finders: dict[str, list[str]] = {}
    hops = []
    for number, place in enumerate(order, start=1):
        known, found = ends[place]
        facts = [facts_of(knowledge, query.atoms[place], proof)[0] for proof in proofs]
        values = [_value(knowledge, query, found.name, proof) for proof in proofs]
        hops.append(
            Hop(
                id=f"h{number}",
                fact=" ".join(dict.fromkeys(fact_sentence(knowledge, fact) for fact in facts)),
                value="; ".join(dict.fromkeys(values)),
                needs=tuple(finders.get(known.name, ())) if isinstance(known, Var) else (),
                urls=tuple(dict.fromkeys(url for fact in facts for url in fact.urls)),
            )
        )
        finders.setdefault(found.name, []).append(f"h{number}")
    return tuple(hops)


def _depths(query: Query) -> dict[str, int]:
    """How many atoms lie between each variable and the target."""
    depths = {query.target: 0}
    reached = [query.target]
    while reached:
        name = reached.pop(0)
        for atom in query.atoms:
            if name in variables_of(atom):
                for other in variables_of(atom):
                    if other not in depths:
                        depths[other] = depths[name] + 1
                        reached.append(other)
    return depths


def _ends(atom: Atom, depths: Mapping[str, int]) -> tuple[Term, Var]:
    """The end that an atom starts from and the one it finds, which is nearer to the target."""
    ends = [term for term in (atom.subject, atom.object) if isinstance(term, Var)]
    if not ends:
        raise TaskFileError(f"V4: the atom {atom.relation!r} joins two constants.")
    found = min(ends, key=lambda term: depths[term.name])
    return (atom.object if found is atom.subject else atom.subject), found


def _value(knowledge: Knowledge, query: Query, name: str, proof: Mapping[str, Value]) -> str:
    """How the value of a variable is written."""
    return names_of(knowledge, query, name, proof[name])[0]


def _asked(query: Query) -> str:
    """The relation that the answer is found by, ">" towards its object; "COUNT >" and so on."""
    post = f"{query.post.op} " if query.post else ""
    for atom in query.atoms:
        if isinstance(atom.object, Var) and atom.object.name == query.target:
            return f"{post}{atom.relation} >"
    relations = sorted(atom.relation for atom in query.atoms if query.target in variables_of(atom))
    return f"{post}< {relations[0]}"


def _answer_type(knowledge: Knowledge, query: Query, count: int) -> AnswerType:
    """What kind of answer a query has."""
    if query.post is not None and query.post.op in ("COUNT", "DIFF"):
        return "number"
    if query.post is not None and query.post.op == "SAME":
        return "yesno"
    if count > 1:
        return "set"
    for atom in query.atoms:
        if isinstance(atom.object, Var) and atom.object.name == query.target:
            return _TYPES[knowledge.relations[atom.relation].kind]
    return "text"


def _states(knowledge: Knowledge, fact: Fact, place: int) -> bool:
    """Whether a passage of the fact holds a spelling of its object or of its subject."""
    url, start, end = fact.places[place].url, fact.places[place].start, fact.places[place].end
    index = knowledge.corpus.index(url)
    if index is None:
        return False
    passage = plain(knowledge.corpus.page(index).text[start:end])
    names = knowledge.entities[fact.subject].names
    spelled = (*knowledge.spellings(fact.object, fact.relation), *names)
    return any(plain(name) in passage for name in spelled)
