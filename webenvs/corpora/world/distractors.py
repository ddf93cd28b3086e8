"""Pages that answer nothing: near-namesakes, side issues of what is asked about, and oddities."""

from collections.abc import Sequence

from webenvs.corpora.knowledge import Entity
from webenvs.corpora.world.addresses import wiki_url
from webenvs.corpora.world.colour import theme_of
from webenvs.corpora.world.dice import Dice
from webenvs.corpora.world.names import near_duplicate
from webenvs.corpora.world.oddities import CRAFTS, KINDS, MANNERS, SIDES
from webenvs.corpora.world.plan import Distractor

_NEAR, _SIDE = 0.4, 0.45
"""Shares of near-namesakes and of side issues; the rest are oddities."""


def distractors_of(
    seed: int, entities: Sequence[Entity], taken: set[str], count: int
) -> tuple[Distractor, ...]:
    """`count` pages, no two of one title and none with a title in `taken` (case folded)."""
    made: list[Distractor] = []
    names = {name.casefold() for entity in entities for name in (entity.title, *entity.names)}
    names |= taken
    turn = 0
    while len(made) < count:
        dice = Dice(seed, "distractor", turn)
        turn += 1
        found = _distractor(seed, entities, dice)
        if found.title.casefold() not in names:
            names.add(found.title.casefold())
            made.append(found)
    return tuple(made)


def _distractor(seed: int, entities: Sequence[Entity], dice: Dice) -> Distractor:
    """One page, whose title may be taken."""
    draw = dice.below(1000) / 1000
    near = dice.below(len(entities))
    entity = entities[near]
    if draw < _NEAR and entity.type in KINDS:
        title, sort = _near_name(seed, entity), "near"
    elif draw < _NEAR + _SIDE:
        sides = SIDES[theme_of(entity.type)]
        place = dice.below(len(sides))
        title, sort = sides[place].format(name=entity.title), "side"
    else:
        title = f"{dice.pick(CRAFTS)} {dice.pick(MANNERS)}"
        near, sort = -1, "oddity"
    return Distractor(url=wiki_url(title), title=title, sort=sort, near=near)


def _near_name(seed: int, entity: Entity) -> str:
    """The entity's name with one word spelled a little differently."""
    words = entity.name.split(" ")
    place = len(words) - 1 if entity.type == "person" else 0
    words[place] = near_duplicate(words[place], seed, entity.id)
    return " ".join(words)
