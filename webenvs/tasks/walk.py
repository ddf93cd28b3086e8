"""Multi-hop questions over a generated world: seeded walks along its facts, each answer proved."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from webenvs import seeding
from webenvs.corpora.knowledge import Fact, Knowledge, plain
from webenvs.errors import TaskFileError, bad_setting
from webenvs.records import AnswerType, Hop, Split, Task
from webenvs.tasks.proof import (
    Query,
    Step,
    alternatives,
    assignments,
    flaw,
    leak,
    query_of,
    spellings,
    steps_of,
)
from webenvs.tasks.taskset import TaskSet
from webenvs.tasks.wording import fact_of, is_clear, mention, question_of

FAMILY = "MultiHop"
LONGEST_WALK = 6
_TRIES = 120
"""Walks tried for each task wanted, before a number of hops is given up."""
_MEETING_SHARE, _VALUE_SHARE = 0.2, 0.45
_SAME_ANSWER, _SAME_SHAPE = 0.02, 0.04
"""The largest share of the tasks of one length with one answer, or with one path of relations."""
_SPLITS: tuple[Split, ...] = (*("train",) * 8, "validation", "test")
_TYPES: dict[str, AnswerType] = {"entity": "text", "year": "date", "number": "number"}


def multi_hop_tasks(
    world: Knowledge, seed: int = 0, hops: tuple[int, int] = (2, 4), limit: int = 200
) -> TaskSet:
    """Questions of every length from hops[0] to hops[1], at most `limit` of each length.

    A question leads from something it names, or from two such things that meet in a third, along
    single-valued facts to an entity, a year or a number. Its answer is the only one that the
    world's facts allow, no page holds two of its facts, and nothing to be found stands in it. The
    tasks of one length do not depend on the other lengths asked for; the split depends on the walk
    alone. Raises SettingError for lengths outside 2..6, or that this world has no question of.
    """
    first, last = hops
    if not 2 <= first <= last <= LONGEST_WALK:
        raise bad_setting("hops", hops, f"two numbers in ascending order from 2 to {LONGEST_WALK}")
    if limit < 1:
        raise bad_setting("limit", limit, "at least 1")
    walker = _Walker(world, seed)
    tasks = []
    for length in range(first, last + 1):
        found = walker.tasks(length, limit)
        if not found:
            raise bad_setting("hops", hops, f"lengths that {world.name!r} has walks of")
        tasks += found
    return TaskSet(tasks, f"multihop-{world.name}-{seed}")


def task_of(world: Knowledge, steps: Sequence[Step], *key: object) -> Task:
    """The task that a walk makes, worded by the key; raises TaskFileError naming a broken rule."""
    broken = flaw(world, steps)
    if broken:
        raise TaskFileError(f"{broken}.")
    return _worded(world, steps, question_of(world, steps, *key))


def verify_task(world: Knowledge, task: Task) -> None:
    """Prove the task again from the world alone; raises TaskFileError naming rule or field.

    The facts are found anew by the query in `meta`, over all facts of the world; then every field
    of the task must follow from them and from its question.
    """
    steps = _proved(world, task)
    broken = flaw(world, steps)
    if broken:
        raise TaskFileError(f"{broken} ({task.question!r}).")
    unnamed = _unnamed(world, task.question, steps)
    if unnamed:
        raise TaskFileError(f"{task.question!r} does not say that it starts from {unnamed!r}.")
    proved = _worded(world, steps, task.question)
    for field in Task.__struct_fields__:
        said, right = getattr(task, field), getattr(proved, field)
        if said != right and field != "id":
            raise TaskFileError(f"{field} of {task.question!r} is {said!r}; proved is {right!r}.")


def _worded(world: Knowledge, steps: Sequence[Step], question: str) -> Task:
    """The task of a flawless walk under that question; raises TaskFileError if a name leaks."""
    leaked = leak(world, question, steps)
    if leaked:
        raise TaskFileError(f"V9: {leaked!r} stands in the question {question!r}.")
    query = query_of(steps)
    answer, *aliases = spellings(world, steps[-1])
    return Task(
        question=question,
        answers=(answer,),
        answer_type=_answer_type(world, steps[-1]),
        aliases={answer: tuple(aliases)} if aliases else {},
        evidence=alternatives(steps),
        hops=_hops(world, steps),
        family=FAMILY,
        difficulty=_difficulty(steps, question),
        split=_split(query),
        meta={
            "world": world.corpus.digest,
            "query": msgspec.json.decode(msgspec.json.encode(query)),
        },
    )


def _proved(world: Knowledge, task: Task) -> list[Step]:
    """The one walk that the task's query has; raises TaskFileError if it has none or several."""
    query = _query_in(task)
    try:
        found = list(assignments(world, query))
    except ValueError as problem:
        raise TaskFileError(f"V1: {problem}") from None
    if len(found) != 1:
        raise TaskFileError(f"V2: the query of {task.question!r} has {len(found)} readings.")
    return steps_of(world, query, found[0])


def _query_in(task: Task) -> Query:
    """The query that a task carries; raises TaskFileError if there is none."""
    try:
        return msgspec.convert(task.meta.get("query"), Query)
    except msgspec.ValidationError as problem:
        raise TaskFileError(f"meta.query of {task.question!r} is no query: {problem}.") from None


def _unnamed(world: Knowledge, question: str, steps: Sequence[Step]) -> str | None:
    """The first start that the question does not name, or not clearly; None if there is none."""
    for step in steps:
        if step.needs:
            continue
        name = mention(world, step.known, step.fact.relation)
        entity = world.entities.get(str(step.known))
        if plain(name) not in plain(question) or (entity and not is_clear(world, entity)):
            return name
    return None


class _Walker:
    """Draws walks in a world: who can be named, and where one can go from each entity."""

    def __init__(self, world: Knowledge, seed: int) -> None:
        self._world = world
        self._seed = seed
        self._starts = tuple(
            entity.id for entity in world.entities.values() if is_clear(world, entity)
        )
        self._clear = frozenset(self._starts)
        moves = {entity: _moves(world, entity) for entity in world.entities}
        self._moves = {
            entity: tuple(step for step in steps if isinstance(step.found, str))
            for entity, steps in moves.items()
        }
        self._values = {
            entity: tuple(step for step in steps if not isinstance(step.found, str))
            for entity, steps in moves.items()
        }

    def tasks(self, length: int, limit: int) -> list[Task]:
        """At most `limit` tasks of that length, in the order of their drawing."""
        tasks: list[Task] = []
        answers: Counter[object] = Counter()
        shapes: Counter[object] = Counter()
        seen: set[object] = set()
        most_answers, most_shapes = 2 + _SAME_ANSWER * limit, 1 + _SAME_SHAPE * limit
        for turn in range(_TRIES * limit):
            key = (self._seed, FAMILY, length, turn)
            steps = self._walk(length, *key)
            if not steps:
                continue
            path = tuple((step.fact.subject, step.fact.relation, step.forward) for step in steps)
            shape = tuple((step.fact.relation, step.forward) for step in steps)
            answer = steps[-1].found
            often = answers[answer] >= most_answers or shapes[shape] >= most_shapes
            task = None if often or path in seen else self._task(steps, *key)
            if task is not None:
                seen.add(path)
                answers[answer] += 1
                shapes[shape] += 1
                tasks.append(task)
            if len(tasks) == limit:
                break
        return tasks

    def _task(self, steps: Sequence[Step], *key: object) -> Task | None:
        """The task of the walk, or None if it breaks a rule."""
        try:
            return task_of(self._world, steps, *key)
        except TaskFileError:
            return None

    def _walk(self, length: int, *key: object) -> list[Step]:
        """A walk of that length; empty if it ran into a dead end."""
        if seeding.uniform(*key, "meeting") < _MEETING_SHARE:
            steps = self._meeting(*key)
        else:
            steps = self._move((), seeding.choice(self._starts, *key, "start"), False, *key)
        while steps and len(steps) < length:
            here = steps[-1].found
            needs = tuple(place for place, step in enumerate(steps) if step.found == here)
            move = self._move(needs, str(here), len(steps) + 1 == length, *key, len(steps))
            visited = {end for step in steps for end in (step.known, step.found)}
            if not move or move[0].found in visited:
                return []
            steps = [*steps, *move]
        return steps

    def _meeting(self, *key: object) -> list[Step]:
        """Two facts that share their subject and name their objects, or nothing."""
        entity = seeding.choice(self._starts, *key, "met")
        facts = [fact for fact in self._world.facts_about(entity) if self._can_name(fact)]
        chosen = seeding.shuffled(facts, *key, "facts")[:2]
        if len(chosen) < 2:
            return []
        ordered = sorted(chosen, key=lambda fact: fact.relation)
        return [Step(fact=fact, forward=False) for fact in ordered]

    def _move(self, needs: tuple[int, ...], entity: str, last: bool, *key: object) -> list[Step]:
        """One step on from the entity, to a value only if it is the last; or nothing."""
        wants_value = last and seeding.uniform(*key, "value") < _VALUE_SHARE
        able = self._values[entity] if wants_value else self._moves[entity]
        if not able:
            return []
        move = seeding.choice(able, *key, "move")
        return [Step(fact=move.fact, forward=move.forward, needs=needs)]

    def _can_name(self, fact: Fact) -> bool:
        """Whether a question can name the object, and the object leaves more than one subject."""
        if isinstance(fact.object, str) and fact.object not in self._clear:
            return False
        return len(self._world.facts_to(fact.object, fact.relation)) > 1


def _moves(world: Knowledge, entity: str) -> tuple[Step, ...]:
    """The steps from an entity along facts that single out their other end."""
    ahead = [
        Step(fact=fact, forward=True)
        for fact in world.facts_about(entity)
        if len(world.facts_from(entity, fact.relation)) == 1
    ]
    back = [
        Step(fact=fact, forward=False)
        for fact in world.facts_naming(entity)
        if len(world.facts_to(entity, fact.relation)) == 1
    ]
    return (*ahead, *back)


def _hops(world: Knowledge, steps: Sequence[Step]) -> tuple[Hop, ...]:
    """The steps as the task's DAG of hops, h1 first."""
    return tuple(
        Hop(
            id=f"h{place + 1}",
            fact=fact_of(world, step),
            value=spellings(world, step)[0],
            needs=tuple(f"h{need + 1}" for need in step.needs),
            urls=step.fact.urls,
        )
        for place, step in enumerate(steps)
    )


def _difficulty(steps: Sequence[Step], question: str) -> dict[str, float]:
    """Counts: hops, named starts, hops against the direction of their fact, page sets, words."""
    return {
        "hops": float(len(steps)),
        "starts": float(sum(not step.needs for step in steps)),
        "backward": float(sum(not step.forward for step in steps)),
        "page_sets": float(len(alternatives(steps))),
        "words": float(len(question.split())),
    }


def _answer_type(world: Knowledge, step: Step) -> AnswerType:
    if not step.forward:
        return "text"
    return _TYPES[world.relations[step.fact.relation].kind]


def _split(query: Query) -> Split:
    """The split by the walk alone: 80 % train, 10 % validation, 10 % test."""
    return seeding.choice(_SPLITS, "split", query)
