"""The plan term: how well what is searched for, or delegated, names the things a question is about.

After the filter of AgentFounder (Tongyi DeepResearch), which keeps a plan whose queries meet the
entities that its question was built of. It needs no observation, so it works in a world that gives
none. Nothing is asked of answers: a plan leads to them and need not know them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from webenvs.records import Episode, Task, Turn
from webenvs.rewards import turns
from webenvs.rewards.normal import extended

MOST_A_QUERY = 2
"""Things that one query can be credited with: a step of a plan, not the whole of it."""

_ASKING = {"search": "query", "delegate": "task"}

Words = tuple[str, ...]
Thing = tuple[Words, ...]


def plan(task: Task, episode: Episode, player: str) -> float:
    """The harmonic mean of recall and precision of the planned queries, in [0, 1].

    Queries are the distinct queries and delegated tasks of the turns that `player` is answerable
    for, whether they were executed or not. Recall: the share of `things` of the task that some
    query names, each query the first `MOST_A_QUERY` that it does. Precision: the share of the words
    of all queries that stand in the question, in the facts of its hops or in the name of a thing.
    A task without things gives 0.0, as no query does.
    """
    wanted = things(task)
    queries = planned(episode, player)
    if not wanted or not queries:
        return 0.0
    named = {place for query in queries for place in _named(query, wanted)}
    known = _known(task, wanted)
    words = [word for query in queries for word in query]
    recall = len(named) / len(wanted)
    precision = sum(word in known for word in words) / len(words)
    return 2 * recall * precision / (recall + precision) if named else 0.0


def things(task: Task) -> tuple[Thing, ...]:
    """What a question is built of: its given things and those between them and the answer.

    Each is all its spellings in normal words. Given things are the constants of the query in
    `meta`, of which any member stands for all; those between are the values of hops. Answers are
    none of them, and neither are bare numbers. A task that says nothing of all this is judged by
    its answers.
    """
    answers = {_words(text) for text in _answers(task)}
    found = [*_constants(task.meta.get("query")), *((hop.value,) for hop in task.hops)]
    between = _distinct(found, answers)
    return between or _distinct([(text,) for text in task.answers], set())


def planned(episode: Episode, player: str) -> list[Words]:
    """The distinct queries and delegated tasks, in normal words, in order."""
    asked = (text for turn in turns.answerable(episode, player) for text in _asked(episode, turn))
    queries = (_words(text) for text in asked if isinstance(text, str))
    return list(dict.fromkeys(query for query in queries if query))


def _asked(episode: Episode, turn: Turn) -> Iterator[Any]:
    """What the calls of a turn search for or delegate, under whatever names their tools go.

    The results say the true names of tools, the frame says how noise has renamed arguments.
    """
    true = {result.call: result.tool for result in turn.results}
    details = episode.frames[turn.frame].details if turn.frame < len(episode.frames) else {}
    renamed = details.get("rename_arguments", {}).get("arguments", {})
    for call in turn.calls:
        tool = true.get(call.id, call.tool)
        if tool in _ASKING:
            argument = _ASKING[tool]
            yield call.arguments.get(renamed.get(tool, {}).get(argument, argument))


def _named(query: Words, wanted: Sequence[Thing]) -> list[int]:
    """The places of the first things that a query names, in the order in which it does."""
    first: list[tuple[int, int]] = []
    for place, thing in enumerate(wanted):
        starts = [start for spelling in thing if (start := _start(spelling, query)) >= 0]
        if starts:
            first.append((min(starts), place))
    return [place for _, place in sorted(first)[:MOST_A_QUERY]]


def _start(spelling: Words, query: Words) -> int:
    """Where a spelling stands in a query as a run of words; -1 if it does not."""
    length = len(spelling)
    starts = range(len(query) - length + 1)
    return next((at for at in starts if query[at : at + length] == spelling), -1)


def _known(task: Task, wanted: Iterable[Thing]) -> set[str]:
    """The words that belong to a task."""
    texts = (task.question, *(hop.fact for hop in task.hops))
    said = {word for text in texts for word in _words(text)}
    return said | {word for thing in wanted for spelling in thing for word in spelling}


def _distinct(found: Iterable[Sequence[str]], left_out: set[Words]) -> tuple[Thing, ...]:
    """The things of these spellings, each once: by the first spelling that is a name."""
    kept: dict[Words, Thing] = {}
    for spellings in found:
        thing = tuple(dict.fromkeys(words for text in spellings if _is_name(words := _words(text))))
        if thing and not left_out.intersection(thing):
            kept.setdefault(thing[0], thing)
    return tuple(kept.values())


def _constants(query: Any) -> list[Sequence[str]]:
    """The spellings of each constant of a query in canonical JSON: its members, and its label."""
    atoms = query.get("atoms", ()) if isinstance(query, dict) else ()
    terms = [term for atom in atoms for term in atom if isinstance(term, dict)]
    return [
        [*(str(member).replace("_", " ") for member in term.get("members", ())), _label(term)]
        for term in terms
        if term.get("type") == "const"
    ]


def _label(term: dict[str, Any]) -> str:
    return str(term.get("label") or "")


def _answers(task: Task) -> Iterable[str]:
    for answer in task.answers:
        yield answer
        yield from task.aliases.get(answer, ())


def _words(text: str) -> Words:
    return tuple(extended(text).split())


def _is_name(words: Words) -> bool:
    """Whether there is a letter in it: a year or a number is no thing."""
    return any(character.isalpha() for word in words for character in word)
