"""Which played episodes are fit to be learned from: named rules, each a pure function.

A rule returns why it objects, or "" if it does not. After WebDancer (arXiv 2505.22648, section
2.2), WebSailor (2507.02592) and WebShaper (2507.15061, section 3.3): form, correctness, faults,
number of calls, length, repetition, invention. Rules that need a language model are left out.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from baselines.grpo.records import Query, Trajectory
from webenvs.records import MALFORMED, AnswerType, Episode, Record, Result, Task, Turn
from webenvs.rewards.answer import score
from webenvs.rewards.normal import extended

GRAM = 10
"""Words of the runs that are counted for repetition."""


class Attempt(Record, frozen=True, kw_only=True):
    """One played episode of a question; `exact` says that the tokenizer lost no word of it."""

    query: Query
    index: int
    task: Task
    episode: Episode
    trajectories: tuple[Trajectory, ...]
    exact: bool = True


class Limits(Record, frozen=True, kw_only=True):
    """What the rules allow.

    `calls` are the least and most web calls of an episode, `context` and `message` the tokens of a
    trajectory and of one message, `faults` results that failed by the environment's fault, `grams`
    the times that a run of `GRAM` words may occur in a trajectory's messages. Answers of the types
    in `computed` stand in no observation (yes or no).
    """

    correct: float = 1.0
    calls: tuple[int, int] = (1, 64)
    context: int = 512
    message: int = 48
    faults: int = 0
    grams: int = 4
    computed: tuple[AnswerType, ...] = ("yesno",)


class Objection(Record, frozen=True, kw_only=True):
    """The rule that an attempt breaks, by its name, and how."""

    rule: str
    reason: str


Rule = Callable[[Attempt, Limits], str]


def whole(attempt: Attempt, limits: Limits) -> str:
    """The episode was played to its end and is valid: nothing outside the game broke it."""
    del limits
    if attempt.episode.end is None:
        return "the episode was cut"
    return "" if attempt.episode.valid else "the infrastructure broke the episode"


def in_form(attempt: Attempt, limits: Limits) -> str:
    """Every message could be read, every call was well formed, every frame was closed by a tool."""
    del limits
    for turn in attempt.episode.turns:
        if not turn.valid:
            return f"message {turn.index}: {'; '.join(turn.errors) or 'no call'}"
        bad = next((result for result in turn.results if result.status in MALFORMED), None)
        if bad is not None:
            return f"message {turn.index}: {bad.tool}: {bad.status}"
    for frame in attempt.episode.frames:
        if frame.end != "answered":
            return f"frame {frame.index} ({frame.role}) ended by {frame.end}"
    return ""


def correct(attempt: Attempt, limits: Limits) -> str:
    """The answer is right, compared as the task asks for."""
    said = attempt.episode.answer
    right = 0.0 if said is None else score(attempt.task, said)
    return "" if right >= limits.correct else f"the answer {said!r} scores {right:g}"


def without_faults(attempt: Attempt, limits: Limits) -> str:
    """The environment failed at most `faults` times."""
    failed = [result.status for result in _results(attempt) if result.error == "env_error"]
    return "" if len(failed) <= limits.faults else f"{len(failed)} results failed: {failed[0]}"


def calls_within(attempt: Attempt, limits: Limits) -> str:
    """The number of web calls is one that such a question needs."""
    least, most = limits.calls
    calls = sum(1 for _ in _results(attempt))
    return "" if least <= calls <= most else f"{calls} calls, not {least} to {most}"


def short_enough(attempt: Attempt, limits: Limits) -> str:
    """Every message fits, and whatever was read left room for a whole message, as it must.

    The engine cuts an observation that would not leave that room.
    """
    for one in attempt.trajectories:
        if one.finish == "length":
            return f"{one.id} did not fit in its context"
        for start, length in runs(one.loss_mask):
            if start + limits.message > limits.context:
                return f"{one.id} has read {start} tokens, which leaves no room in {limits.context}"
            if length > limits.message:
                return f"{one.id} has a message of {length} tokens, more than {limits.message}"
    return ""


def spelled(attempt: Attempt, limits: Limits) -> str:
    """The tokenizer can write every message as it was said."""
    del limits
    return "" if attempt.exact else "the tokenizer does not give a message back as it was said"


def unrepetitive(attempt: Attempt, limits: Limits) -> str:
    """No run of ten words occurs more than `grams` times in what one frame's player said."""
    for frame in attempt.episode.frames:
        said = " ".join(turn.message for turn in _turns(attempt, frame.index))
        times, words = commonest(said.split(), GRAM)
        if times > limits.grams:
            return f"frame {frame.index} says {words!r} {times} times"
    return ""


def unrepeated(attempt: Attempt, limits: Limits) -> str:
    """No call was made twice in a frame, delegations included."""
    del limits
    for frame in attempt.episode.frames:
        asked: set[str] = set()
        for turn in _turns(attempt, frame.index):
            if any(result.status == "duplicate" for result in turn.results):
                return f"message {turn.index} repeats a call"
            delegated = {call.id for call in turn.calls} - {r.call for r in turn.results}
            tasks = [repr(call.arguments) for call in turn.calls if call.id in delegated]
            if len(set(tasks)) < len(tasks) or asked & set(tasks):
                return f"message {turn.index} repeats a delegation"
            asked |= set(tasks)
    return ""


def grounded(attempt: Attempt, limits: Limits) -> str:
    """The answer stood in something that who gave it had read, and so in a report that has it."""
    answer = attempt.episode.answer
    if answer is None or attempt.task.answer_type in limits.computed:
        return ""
    members = attempt.task.answers if attempt.task.answer_type == "set" else (answer,)
    for frame in attempt.episode.frames:
        read = [extended(turn.observation) for turn in _turns(attempt, frame.index)]
        said = extended(answer if frame.parent is None else frame.report or "")
        for member in members:
            form = extended(member)
            if _within(form, said) and not any(_within(form, text) for text in read):
                return f"frame {frame.index} says {member!r}, which it never read"
    return ""


RULES: Mapping[str, Rule] = {
    "whole": whole,
    "in_form": in_form,
    "correct": correct,
    "without_faults": without_faults,
    "calls_within": calls_within,
    "short_enough": short_enough,
    "spelled": spelled,
    "unrepeated": unrepeated,
    "unrepetitive": unrepetitive,
    "grounded": grounded,
}
"""All rules, in the order in which they are asked."""


def objection(
    attempt: Attempt, limits: Limits, rules: Mapping[str, Rule] = RULES
) -> Objection | None:
    """What the first rule that objects says; None for an attempt to be learned from."""
    for name, rule in rules.items():
        reason = rule(attempt, limits)
        if reason:
            return Objection(rule=name, reason=reason)
    return None


def commonest(words: Sequence[str], size: int) -> tuple[int, str]:
    """How often the commonest run of `size` words occurs, and that run; 0 and "" for too few."""
    runs_of = zip(*(islice(words, start, None) for start in range(size)), strict=False)
    found = Counter(runs_of).most_common(1)
    return (found[0][1], " ".join(found[0][0])) if found else (0, "")


def runs(mask: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Start and length of every run of 1 in a loss mask: the messages."""
    start = None
    for place, entry in enumerate((*mask, 0)):
        if entry and start is None:
            start = place
        elif not entry and start is not None:
            yield start, place - start
            start = None


def _results(attempt: Attempt) -> Iterator[Result]:
    return (result for turn in attempt.episode.turns for result in turn.results)


def _turns(attempt: Attempt, frame: int) -> Iterator[Turn]:
    return (turn for turn in attempt.episode.turns if turn.frame == frame)


def _within(part: str, text: str) -> bool:
    """Whether words stand in a text one after another."""
    return f" {part} " in f" {text} "
