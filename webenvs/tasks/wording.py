"""Questions in words: nested noun phrases built from the relations' phrasings, in a frame."""

from collections.abc import Sequence

from webenvs import seeding
from webenvs.corpora.knowledge import Entity, Knowledge, Value
from webenvs.tasks.proof import Step

_FRAMES = (
    "Take {phrase}. {ask}",
    "Consider {phrase}. {ask}",
    "This is about {phrase}. {ask}",
    "Think of {phrase}. {ask}",
)
_UNBROKEN = {2: 1.0, 3: 0.5, 4: 0.2}
"""By the number of hops: how many questions are asked in one sentence."""


def question_of(world: Knowledge, steps: Sequence[Step], *key: object) -> str:
    """The question that a walk asks.

    The steps that need nothing open it (one, or two that meet in one thing); each later step wraps
    the phrase so far; the last one asks. A long walk is cut in two: its first part is introduced,
    its second part asks about "that person".
    """
    opening = sum(not step.needs for step in steps)
    if len(steps) == opening and opening > 1:
        return _sentence(_opening_ask(world, steps))
    cut = _cut(len(steps), opening, *key)
    phrase = ""
    for place in range(opening - 1, len(steps) - 1):
        phrase = _wrapped(world, steps, place, opening, phrase, *key)
        if place + 1 == cut:
            introduced, phrase = phrase, f"that {_noun(world, steps[place])}"
    known = phrase or mention(world, steps[0].known, steps[0].fact.relation)
    ask = _sentence(_ask(world, steps[-1], known, *key))
    if not cut:
        return ask
    return seeding.choice(_FRAMES, *key, "frame").format(phrase=introduced, ask=ask)


def fact_of(world: Knowledge, step: Step) -> str:
    """The fact of a step as a plain sentence."""
    fact = step.fact
    predicate = world.relations[fact.relation].predicates[0]
    subject = mention(world, fact.subject, fact.relation)
    return _sentence(f"{subject} {predicate.format(x=mention(world, fact.object, fact.relation))}.")


def mention(world: Knowledge, value: Value, relation: str) -> str:
    """How a question names a value: with its article, and its kind where the name is shared."""
    if not isinstance(value, str):
        return world.spellings(value, relation)[0]
    entity = world.entities[value]
    if len(world.bearers(entity.name)) > 1:
        return f"the {entity.kind} {entity.name}"
    return world.types[entity.type].article + entity.name


def is_clear(world: Knowledge, entity: Entity) -> bool:
    """Whether `mention` names this entity and no other, by its name or by name and kind."""
    bearers = [world.entities[one] for one in world.bearers(entity.name)]
    return sum(one.kind == entity.kind for one in bearers) == 1


def _cut(hops: int, opening: int, *key: object) -> int:
    """After which step the question is cut in two; 0 if it is not."""
    if seeding.uniform(*key, "unbroken") < _UNBROKEN.get(hops, 0.0) or opening >= hops:
        return 0
    return opening + seeding.integer(hops - opening, *key, "cut")


def _wrapped(
    world: Knowledge, steps: Sequence[Step], place: int, opening: int, phrase: str, *key: object
) -> str:
    """The noun phrase of what step `place` finds."""
    step = steps[place]
    if place < opening and opening > 1:
        return f"the {_noun(world, step)} {_who(world, step)} {_both(world, steps[:opening])}"
    known = phrase or mention(world, step.known, step.fact.relation)
    if step.forward:
        nouns = world.relations[step.fact.relation].nouns
        return seeding.choice(nouns, *key, place, "noun").format(x=known)
    predicate = seeding.choice(
        world.relations[step.fact.relation].predicates, *key, place, "predicate"
    )
    return f"the {_noun(world, step)} {_who(world, step)} {predicate.format(x=known)}"


def _ask(world: Knowledge, step: Step, known: str, *key: object) -> str:
    """The question for what the last step finds."""
    relation = world.relations[step.fact.relation]
    if step.forward:
        return seeding.choice(relation.asks, *key, "ask").format(x=known)
    predicate = seeding.choice(relation.predicates, *key, "ask")
    return f"{_which(world, step)} {predicate.format(x=known)}?"


def _opening_ask(world: Knowledge, steps: Sequence[Step]) -> str:
    return f"{_which(world, steps[0])} {_both(world, steps)}?"


def _both(world: Knowledge, steps: Sequence[Step]) -> str:
    """Two descriptions of one thing: was born in Kelm and studied at Halvern University."""
    return " and ".join(
        world.relations[step.fact.relation]
        .predicates[0]
        .format(x=mention(world, step.known, step.fact.relation))
        for step in steps
    )


def _which(world: Knowledge, step: Step) -> str:
    noun = _noun(world, step)
    return "Who" if noun == "person" else f"Which {noun}"


def _noun(world: Knowledge, step: Step) -> str:
    """The type of what a step finds."""
    return world.entities[str(step.found)].type


def _who(world: Knowledge, step: Step) -> str:
    return world.types[_noun(world, step)].who


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
