"""What the rules look at: one query with everything that follows from it, worked out once."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.records import Record
from webenvs.search.retriever import Retriever
from webenvs.tasks.kp.evaluator import DEFAULT_CAP, Assignment
from webenvs.tasks.kp.graph import part_of
from webenvs.tasks.kp.join import assignments, facts_of, values_of
from webenvs.tasks.kp.query import Query, variables
from webenvs.tasks.kp.spelling import answer_names, is_named, names_of
from webenvs.tasks.kp.sufficient import Sufficiency


class Finding(Record, frozen=True, kw_only=True):
    """A rule that a query breaks, by its id, and what to do; a warning rejects nothing."""

    rule: str
    message: str
    warning: bool = False


class RuleSettings(Record, frozen=True, kw_only=True):
    """How strict the rules are.

    `reach`: the least distance from the target to the farthest constant of any sufficient part
    (V6). `documents`: the fewest pages that may answer the query (V8). `near`: constants closer to
    the target than this are a structural shortcut (V5), which rejects only if `strict_shortcut`.
    `set_answers`: several answers are allowed, at most `largest_set` (V2). `one_shot`: the question
    as a search query must not find the answer among so many hits; 0 does not search (V10).
    `longest_answer` in characters (V15). `skipped`: the ids of rules that are not checked. `cap`:
    the most intermediate assignments of an evaluation.
    """

    reach: int = 2
    documents: int = 2
    near: int = 2
    strict_shortcut: bool = False
    set_answers: bool = False
    largest_set: int = 10
    one_shot: int = 0
    longest_answer: int = 60
    skipped: tuple[str, ...] = ()
    cap: int = DEFAULT_CAP


class Case:
    """One query under examination; what is costly is worked out when first asked for."""

    def __init__(
        self,
        knowledge: Knowledge,
        query: Query,
        settings: RuleSettings,
        *,
        answer: Sequence[Value] | None = None,
        question: str | None = None,
        retriever: Retriever | None = None,
        before: Query | None = None,
    ) -> None:
        """Hold what is given; nothing is evaluated yet."""
        self.knowledge = knowledge
        self.query = query
        self.settings = settings
        self.stored = answer
        self.question = question
        self.retriever = retriever
        self.before = before
        self.cap = settings.cap

    @cached_property
    def sufficiency(self) -> Sufficiency:
        """The query evaluated, and the test of its parts."""
        return Sufficiency(self.knowledge, self.query, self.cap)

    @property
    def values(self) -> tuple[Value, ...]:
        """The target's values."""
        return self.sufficiency.values

    @property
    def answer(self) -> tuple[Value, ...]:
        """The values of the answer."""
        return self.sufficiency.answer

    @cached_property
    def minimal(self) -> tuple[tuple[int, ...], ...]:
        """The minimal sufficient sets of atoms."""
        return self.sufficiency.minimal_sets()

    @cached_property
    def gold(self) -> Mapping[Value, Assignment]:
        """The first assignment of each of the target's values."""
        target = self.query.target
        return {
            value: next(assignments(self.knowledge, self.query, self.cap, {target: value}))
            for value in self.values
        }

    @cached_property
    def answer_names(self) -> Mapping[Value, tuple[str, ...]]:
        """How each member of the answer is written."""
        return {value: answer_names(self.knowledge, self.query, value) for value in self.answer}

    def facts(self, place: int, found: Assignment) -> tuple[Fact, ...]:
        """The facts that make an atom true."""
        return facts_of(self.knowledge, self.query.atoms[place], found)

    def sought(self) -> Mapping[str, tuple[str, ...]]:
        """By variable: every spelling of every value that a question must not give away.

        Variables whose name a query itself gives are left out; those of a query that is compared
        with this one come with a prime each.
        """
        names: dict[str, tuple[str, ...]] = {}
        query: Query | None = self.query
        mark = ""
        while query is not None:
            for name in variables(query):
                if not is_named(query, name):
                    names[name + mark] = self._spelled(query, name)
            query, mark = query.post.other if query.post else None, mark + "'"
        return names

    def _spelled(self, query: Query, name: str) -> tuple[str, ...]:
        """The spellings of every value of one variable."""
        found = values_of(self.knowledge, part_of(query, range(len(query.atoms)), name), self.cap)
        spelled = (names_of(self.knowledge, query, name, value) for value in found)
        return tuple(one for names in spelled for one in names)


def listed(items: Sequence[object], most: int = 3) -> str:
    """The first of the items for a message, and how many more there are."""
    shown = ", ".join(repr(item) for item in items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most} more"
