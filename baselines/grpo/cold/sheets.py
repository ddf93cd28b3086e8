"""Worlds of fact sheets: the facts of a generated world, a short page a thing, plain questions.

A tiny model has to learn to read from nothing. So the pages say each fact in one way ("founder:
Ostwen Brunelbekk."), few relations are kept, and questions name them ("What is the birthplace of
the founder of Kemamoru Lines?"). All worlds of sheets share the names of a few generated worlds: in
each the names change places among the things of a type. What is true in one is false in the next,
so that nothing is won by learning facts by heart, and a name is a token or two that are known.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from webenvs import seeding
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, Fact, Knowledge, Place, Relation
from webenvs.corpora.world.generate import world_of
from webenvs.corpora.world.graph import World
from webenvs.corpora.world.settings import WorldSettings
from webenvs.records import Page, Task
from webenvs.tasks.kp.case import Case, RuleSettings
from webenvs.tasks.kp.phrasing import is_clear
from webenvs.tasks.kp.query import Atom, Query, Var, const
from webenvs.tasks.kp.rules import findings
from webenvs.tasks.kp.task import task_of
from webenvs.tasks.taskset import TaskSet

LABELS: Mapping[str, str] = {
    "birth_place": "birthplace",
    "spouse": "spouse",
    "mentor": "mentor",
    "studied_at": "university",
    "employer": "employer",
    "city_river": "river",
    "city_country": "country",
    "mayor": "mayor",
    "headquarters": "headquarters",
    "company_founder": "founder",
    "university_city": "city",
    "university_founder": "founder",
    "club_city": "city",
    "club_sponsor": "sponsor",
    "publisher": "publisher",
    "set_in": "setting",
    "dedicated_to": "dedicatee",
}
"""The relations that sheets tell, by the word that tells them."""

PAGES = 600
"""Pages of the generated world behind a world of sheets."""

ORIGINS = 2
"""Generated worlds whose things and names all worlds of sheets are made of."""

_TRIES = 60


@lru_cache(maxsize=512)
def sheet_world(seed: int) -> World:
    """The world of sheets of that seed; the same seed gives the same bytes everywhere."""
    whole = _generated(seed % ORIGINS)
    kept = [fact for fact in whole.facts if fact.relation in LABELS]
    ids = sorted({end for fact in kept for end in (fact.subject, str(fact.object))})
    places = {one: f"w:{number}" for number, one in enumerate(ids)}
    called = _called([whole.entities[one] for one in ids], seed)
    entities = [
        msgspec.structs.replace(whole.entities[one], url=places[one], name=called[one], aliases=())
        for one in ids
    ]
    pages, facts = [], []
    for entity in entities:
        own = [fact for fact in kept if fact.subject == entity.id]
        text, stated = _sheet(entity, own, called)
        pages.append(Page(url=entity.url, title=entity.name, text=text))
        facts += stated
    corpus = MemoryCorpus(pages, f"sheets-{seed}")
    relations = [_plain(whole.relations[name]) for name in LABELS]
    types = whole.types.values()
    return World(corpus, Knowledge(entities, relations, types, facts, corpus, f"sheets-{seed}"))


def chain_tasks(world: World, hops: tuple[int, int], count: int) -> TaskSet:
    """`count` proved questions about the world, in equal parts of every length from least to most.

    Each is a chain of facts that leads forward from a named thing, no thing twice. Fewer come back
    where the world has no more.
    """
    lengths = range(hops[0], hops[1] + 1)
    quota = -(-count // len(lengths))
    tasks: dict[str, Task] = {}
    for length in lengths:
        found = 0
        for turn in range(quota * _TRIES):
            if found == quota:
                break
            task = _task(world.knowledge, length, turn)
            if task is not None and task.question not in tasks:
                tasks[task.question] = task
                found += 1
    return TaskSet(list(tasks.values())[:count], f"{world.knowledge.name}-{hops[0]}-{hops[1]}")


@lru_cache(maxsize=64)
def _generated(seed: int) -> Knowledge:
    """What is known in the generated world of that seed."""
    settings = WorldSettings(
        seed=seed, pages=PAGES, density=2.0, ambiguity=0.0, distractors=0.0, length=0.5
    )
    return world_of(settings).knowledge


def _called(entities: Sequence[Entity], seed: int) -> dict[str, str]:
    """Every thing's name in the world of that seed: one of a thing of its type."""
    called: dict[str, str] = {}
    for kind in sorted({entity.type for entity in entities}):
        own = [entity for entity in entities if entity.type == kind]
        names = seeding.shuffled([entity.name for entity in own], "sheets", seed, kind)
        called |= {entity.id: name for entity, name in zip(own, names, strict=True)}
    return called


def _sheet(
    entity: Entity, facts: Sequence[Fact], called: Mapping[str, str]
) -> tuple[str, list[Fact]]:
    """The text of a thing's page, and its facts with the places where the text states them."""
    text, stated = f"{entity.type}.", []
    for fact in facts:
        start = len(text) + 1
        text += f" {LABELS[fact.relation]}: {called[str(fact.object)]}."
        place = Place(entity.url, start, len(text))
        stated.append(msgspec.structs.replace(fact, places=(place,)))
    return text, stated


def _plain(relation: Relation) -> Relation:
    """The relation with its label for words."""
    label = LABELS[relation.name]
    return msgspec.structs.replace(
        relation,
        nouns=(f"the {label} of {{x}}",),
        asks=(f"What is the {label} of {{x}}?",),
        predicates=(f"has the {label} {{x}}",),
    )


def _task(knowledge: Knowledge, length: int, turn: int) -> Task | None:
    """The proved question of that draw; None where the walk ends early or breaks a rule."""
    chain = list(_walk(knowledge, length, turn))
    if len(chain) < length or not is_clear(knowledge, knowledge.entities[chain[0].subject]):
        return None
    atoms, words = [], knowledge.entities[chain[0].subject].name
    for place, fact in enumerate(chain):
        known = const(fact.subject) if place == 0 else Var(f"V{place}")
        found = Var("T" if place + 1 == length else f"V{place + 1}")
        atoms.append(Atom(known, fact.relation, found))
        words = f"the {LABELS[fact.relation]} of {words}"
    query, question = Query(atoms=tuple(atoms)), f"What is {words}?"
    rules = RuleSettings(reach=1, documents=length)
    case = Case(knowledge, query, rules, question=question)
    if any(not finding.warning for finding in findings(case)):
        return None
    names = {end: knowledge.entities[end].name for fact in chain for end in _ends(fact)}
    told = [(names[fact.subject], LABELS[fact.relation], names[str(fact.object)]) for fact in chain]
    meta = {"hops": length, "rules": rules, "chain": told}
    return task_of(knowledge, query, question, family="Sheets", split="train", meta=meta)


def _ends(fact: Fact) -> tuple[str, str]:
    return fact.subject, str(fact.object)


def _walk(knowledge: Knowledge, length: int, turn: int) -> Iterator[Fact]:
    """Facts that lead on from a drawn thing, to no thing twice."""
    key = ("chain", length, turn)
    starts = [one for one in knowledge.entities if knowledge.facts_about(one)]
    here = seeding.choice(starts, *key, "start")
    visited = {here}
    for step in range(length):
        able = [
            fact
            for fact in knowledge.facts_about(here)
            if str(fact.object) not in visited
            and len(knowledge.facts_from(fact.subject, fact.relation)) == 1
            and (step + 1 == length or knowledge.facts_about(str(fact.object)))
        ]
        if not able:
            return
        fact = seeding.choice(able, *key, step)
        yield fact
        here = str(fact.object)
        visited.add(here)
