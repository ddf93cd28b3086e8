"""The solo game: one researcher searches, reads and answers."""

from webenvs.envs.game import ANSWER, Game, Role
from webenvs.records import Budget


def solo(budget: Budget) -> Game:
    """A table of one role, `researcher`, with all web tools."""
    researcher = Role(
        name="researcher",
        purpose="You answer a question by searching and reading a frozen web.",
        web=("search", "fetch", "click", "find"),
        closing=ANSWER,
        budget=budget,
    )
    return Game(name="solo", roles=(researcher,), seats={"researcher": 1})
