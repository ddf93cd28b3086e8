"""What happened in the world: facts drawn so that they fit together in time and place."""

from webenvs.corpora.knowledge import Fact
from webenvs.corpora.world.cast import Cast
from webenvs.corpora.world.past import bodies, lands, lives, works
from webenvs.corpora.world.past.chronicle import NOW, Chronicle

__all__ = ["NOW", "history_of"]


def history_of(seed: int, cast: Cast, *, density: float = 1.0) -> tuple[Fact, ...]:
    """All facts about the cast, without the places that state them, none of them twice.

    `density` from 0.5 to 2 is how many of the optional facts exist: one that is missing with chance
    q at 1 is missing with chance q ** density.
    """
    chronicle = Chronicle(seed, cast, density)
    lands.settle(chronicle)
    lives.bear(chronicle)
    lives.marry(chronicle)
    bodies.teach(chronicle)
    bodies.trade(chronicle)
    bodies.inform(chronicle)
    bodies.compete(chronicle)
    bodies.celebrate(chronicle)
    bodies.govern(chronicle)
    lives.work(chronicle)
    lands.span_rivers(chronicle)
    bodies.launch(chronicle)
    works.write(chronicle)
    works.shoot(chronicle)
    works.paint(chronicle)
    works.exhibit(chronicle)
    works.research(chronicle)
    works.honour(chronicle)
    return tuple(chronicle.facts)
