"""The walk game: one walker clicks through a web site; as a team, a planner sends walkers into it.

After WebWalkerQA (arXiv 2501.07572): no search and no address bar, only the links of the open page.
"""

import msgspec

from webenvs.envs.game import ANSWER, DELEGATE, Game, Role
from webenvs.records import Budget, Tool

WALKER_WEB = ("click", "back", "read")
"""What a walker may do besides closing: follow a link, go back, read on in a long page."""

_SEND = Tool(
    name=DELEGATE.name,
    description="Give a walker a task. It clicks through the site for you and reports back to you.",
    parameters=DELEGATE.parameters,
    primary=DELEGATE.primary,
)


def walk(budget: Budget) -> Game:
    """A table of one role, `walker`, which begins on the task's start page."""
    walker = Role(
        name="walker",
        purpose="You answer a question by clicking through a web site, from its start page on.",
        web=WALKER_WEB,
        closing=ANSWER,
        budget=_stepwise(budget),
        site=True,
    )
    return Game(name="walk", roles=(walker,), seats={"walker": 1})


def walk_team(team: Game) -> Game:
    """The table of a team whose workers are walkers; each delegation begins on the start page.

    WebWalker's explorer and critic in terms of roles: walkers explore, the planner keeps what they
    report and decides when it is enough. Only the planner answers.
    """
    planner, worker = team.roles
    planner = msgspec.structs.replace(
        planner,
        purpose=(
            "You answer a question about a web site with the help of walkers who click through it "
            "for you. Split the question into parts, delegate them, and combine the reports."
        ),
        delegates={_SEND.name: "walker"},
        delegate_tools=(_SEND,),
    )
    walker = msgspec.structs.replace(
        worker,
        name="walker",
        purpose=(
            "You carry out one task by clicking through a web site, from its start page on, "
            "then report."
        ),
        web=WALKER_WEB,
        budget=_stepwise(worker.budget),
        site=True,
    )
    seats = {"planner": team.seats["planner"], "walker": team.seats["worker"]}
    return Game(name="walk-team", roles=(planner, walker), seats=seats)


def _stepwise(budget: Budget) -> Budget:
    """The budget with as many clicks as messages, unless it limits clicks itself.

    A message may hold several calls; so the cap on steps cannot be evaded by packing them.
    """
    return msgspec.structs.replace(budget, calls={"click": budget.turns, **budget.calls})
