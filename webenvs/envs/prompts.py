"""Every sentence the rules say to a player."""

from collections.abc import Sequence

from webenvs.envs.game import Role
from webenvs.records import Budget, End, Result
from webenvs.text import clip, one_line

WAITING = "(Waiting: it is not your turn.)"
"""What a player sees that has nothing to do now."""
UNDER_WAY = "The report is still on its way; it will come with a later message."
"""What a caller reads in place of a report that is late."""
CLIPPED = "(Not shown: the answers to this message are too long.)"
"""What stands for a result, in native chat, of which the limit of an observation left nothing."""
NATIVE = (
    "Call tools by the interface for function calls. Several calls of one message are carried out "
    "in their order."
)
"""How to call tools where they are offered as functions: what a codec's rules are elsewhere."""

_LIMITS = {
    "turn_limit": "You have used all your turns.",
    "context_limit": "Your context is full.",
    "invalid_limit": "Too many of your messages could not be read.",
    "time_limit": "Your time is used up.",
}


def system_text(role: Role, instructions: str) -> str:
    """The system message of a role: purpose, how to call tools, limits, how to end."""
    return "\n\n".join(
        (role.purpose, instructions, _limits_text(role.budget) + _closing_rule(role))
    )


def request_text(
    role: Role, request: str, question: str, *, root: bool, start: str | None = None
) -> str:
    """The first user message of a frame; `start` is the page that is open for a role of a site."""
    text = f"Question: {request}" if root else f"Task: {request}"
    if role.recap and not root:
        text += f"\n\nIt serves to answer this question: {question}"
    return f"{text}\n\n[start] {start}" if role.site and start is not None else text


def result_text(result: Result, tool: str) -> str:
    """A result as its player reads it, who knows the tool by that name."""
    if result.status == "duplicate":
        return f"[{tool}] You made this call before. Its result:\n{result.content}"
    return f"[{tool}] {result.content}"


def late_text(result: Result, request: str) -> str:
    """A report that comes later than its worker ended, as the caller reads it."""
    asked = clip(one_line(request), 200)
    return f"[{result.tool}] Late report on the task {asked!r}:\n{result.content}"


def trouble_text(errors: Sequence[str], example: str) -> str:
    """What was wrong with a message, and what a right one looks like."""
    return (
        f"Your message could not be read: {'; '.join(errors)}\nA right call looks like:\n{example}"
    )


def closing_text(reason: End, role: Role, example: str) -> str:
    """The closing message: one more message is allowed, and it must close the frame."""
    name = role.closing.name
    return f"{_LIMITS[reason]} This is your last message: call {name} now, like this:\n{example}"


def over_text(end: End) -> str:
    """The observation of a finished episode."""
    return f"(The episode is over: {end}.)"


def only_closing_text(role: Role) -> str:
    """Why a call of a closing message was not executed."""
    return f"Not executed: only {role.closing.name} can be called now."


def spent_text(tool: str, limit: int) -> str:
    """Why a call beyond its budget was not executed."""
    return f"Not executed: all {limit} calls of {tool} are used."


def out_of_time_text() -> str:
    """Why a call was not executed that came after the time was used up."""
    return "Not executed: your time is used up."


def no_report_text(end: End) -> str:
    """What a caller reads of a frame that ended without a report."""
    return f"The worker ended without a report ({end})."


def _limits_text(budget: Budget) -> str:
    parts = [f"You have {budget.turns} messages"]
    parts += [f"{limit} calls of {tool}" for tool, limit in sorted(budget.calls.items())]
    if budget.workers is not None:
        parts.append(f"{budget.workers} delegations")
    if budget.seconds is not None:
        parts.append(f"{budget.seconds:g} seconds")
    return ", ".join(parts) + ". "


def _closing_rule(role: Role) -> str:
    return f"End by calling {role.closing.name}; nothing else counts as your result."
