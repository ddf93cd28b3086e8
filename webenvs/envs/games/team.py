"""The team game: a planner delegates to workers, who search and report; the planner answers."""

from webenvs.envs.game import ANSWER, DELEGATE, REPORT, Game, MessageRole, Role
from webenvs.records import Budget


def team(
    planner: Budget,
    worker: Budget,
    *,
    workers: int,
    recap: bool,
    report_role: MessageRole,
    report_characters: int,
    planner_web: tuple[str, ...] = (),
) -> Game:
    """A planner with `workers` seats for workers; several delegations run at once.

    `planner_web` names web tools the planner may call itself (none by default).
    """
    roles = (
        Role(
            name="planner",
            purpose=(
                "You answer a question with the help of workers who search a frozen web for you. "
                "Split the question into parts, delegate them, and combine the reports."
            ),
            web=planner_web,
            closing=ANSWER,
            delegates={"delegate": "worker"},
            delegate_tools=(DELEGATE,),
            budget=planner,
        ),
        Role(
            name="worker",
            purpose="You carry out one task by searching and reading a frozen web, then report.",
            web=("search", "fetch", "click", "find"),
            closing=REPORT,
            budget=worker,
            recap=recap,
            report_characters=report_characters,
            report_role=report_role,
        ),
    )
    return Game(name="team", roles=roles, seats={"planner": 1, "worker": workers})
