"""What a family of generated questions is, and how its endless items are numbered.

A family draws a question around an anchor: the fact that states the answer, or a place to start
from. Each anchor belongs to one split, whatever the seed, so that splits share neither a question
nor a chain of facts; item i of a split takes the split's i-th anchor in a keyed order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from webenvs import seeding
from webenvs.corpora.knowledge import Knowledge
from webenvs.errors import SettingError, bad_setting, nearest
from webenvs.records import Record, Split, Task
from webenvs.search.retriever import Retriever
from webenvs.tasks.generated import Generated
from webenvs.tasks.kp.case import Case, RuleSettings
from webenvs.tasks.kp.query import Query
from webenvs.tasks.kp.rules import findings
from webenvs.tasks.kp.task import scope_of, task_of, unsolvable

LEVELS = ("easy", "medium", "hard", "extreme")
_SPLITS: tuple[Split, ...] = (*("train",) * 8, "validation", "test")
_TRIES = 400
"""Anchors tried for one item before the world counts as too small."""


class Draft(Record, frozen=True, kw_only=True):
    """A question that a family proposes; the rules decide on it.

    `meta` is what the family wants kept with the task; `rules` what it must keep.
    """

    query: Query
    question: str
    rules: RuleSettings = RuleSettings()
    meta: dict[str, Any] = msgspec.field(default_factory=dict)


Anchor = tuple[str, ...]
"""What names an anchor: the key of a fact, or a root url; its JSON decides the split."""


class Desk(Record, frozen=True, kw_only=True, gc=True):
    """What a family works with: knowledge, search engine, its knobs."""

    knowledge: Any
    retriever: Any
    knobs: Any


@dataclass(frozen=True)
class Family:
    """One family: its knobs with their meanings and presets, and how it drafts questions.

    `anchors(desk)` are all its anchors in a fixed order; `draft(desk, anchor, *key)` proposes a
    question around one, or None.
    """

    name: str
    summary: str
    knobs: type[Record]
    levels: Mapping[str, Record]
    meanings: Mapping[str, str]
    anchors: Callable[[Desk], Sequence[Anchor]]
    draft: Callable[..., Draft | None]


def knobs_of(family: Family, level: str, given: Mapping[str, Any]) -> Record:
    """The knobs of a level, with those that were `given` over them.

    Raises SettingError for an unknown level or knob, or a value that is not allowed.
    """
    if level not in family.levels:
        raise bad_setting("level", level, f"one of {', '.join(family.levels)}")
    names = [field.name for field in msgspec.structs.fields(family.knobs)]
    for name in given:
        if name not in names:
            near = nearest(name, names)
            meant = f" Did you mean {near!r}?" if near else ""
            allowed = ", ".join(names) or "none"
            raise SettingError(f"{family.name} has no knob {name!r}.{meant} Knobs: {allowed}.")
    values = {name: getattr(family.levels[level], name) for name in names} | dict(given)
    try:
        return msgspec.convert(values, family.knobs)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, SettingError):
            raise error.__cause__ from None
        fault, _, place = str(error).partition(" - at ")
        name = place.strip("`$.").partition("[")[0]
        told = (
            fault.removeprefix("Expected ") if fault.startswith("Expected ") else f"right ({fault})"
        )
        allowed = f"{told}: {family.meanings.get(name, '')}"
        raise bad_setting(name, values.get(name), allowed) from None


def generated(
    family: Family,
    knowledge: Knowledge,
    retriever: Retriever,
    *,
    level: str = "medium",
    knobs: Mapping[str, Any] | None = None,
    items: int = 1000,
) -> Generated:
    """The endless tasks of a family over this knowledge; raises SettingError for bad knobs."""
    chosen = knobs_of(family, level, knobs or {})
    desk = Desk(knowledge=knowledge, retriever=retriever, knobs=chosen)
    maker = _Maker(family, desk, level)
    key = (family.name, level, chosen, knowledge.digest, dict(retriever.settings))
    name = f"{family.name.lower()}-{level}-{knowledge.name}"
    return Generated(maker.make, name, key, items)


def split_of(anchor: Anchor) -> Split:
    """The split that an anchor belongs to: 80 % train, 10 % validation, 10 % test."""
    return seeding.choice(_SPLITS, "split", *anchor)


class _Maker:
    """Makes items: finds an anchor that gives a question which keeps all rules."""

    def __init__(self, family: Family, desk: Desk, level: str) -> None:
        self._family = family
        self._desk = desk
        self._level = level
        self._pools: dict[str, tuple[Anchor, ...]] = {}

    def make(self, split: Split, index: int) -> Task:
        """Item `index`; raises SettingError if this world gives none."""
        pool = self._pool(split)
        for turn in range(_TRIES):
            key = (self._family.name, split, index, turn)
            place = index if turn == 0 else seeding.integer(2**62, *key, "anchor")
            anchor = pool[place % len(pool)]
            draft = self._family.draft(self._desk, anchor, *anchor, index // len(pool), turn)
            task = None if draft is None else self._task(draft, split)
            if task is not None:
                return task
        raise self._too_small(split)

    def _task(self, draft: Draft, split: Split) -> Task | None:
        """The task of a draft, or None if it breaks a rule."""
        knowledge, query = scope_of(self._desk.knowledge, draft.meta), draft.query
        case = Case(
            knowledge,
            query,
            draft.rules,
            question=draft.question,
            retriever=self._desk.retriever if draft.rules.one_shot else None,
        )
        if any(not finding.warning for finding in findings(case)):
            return None
        meta = {"level": self._level, "rules": draft.rules, **draft.meta}
        task = task_of(
            knowledge, query, draft.question, family=self._family.name, split=split, meta=meta
        )
        return None if any(unsolvable(knowledge, task)) else task

    def _pool(self, split: Split) -> tuple[Anchor, ...]:
        """The anchors of a split in keyed order; raises SettingError if there is none."""
        if not self._pools:
            anchors = self._family.anchors(self._desk)
            for name in get_args(Split):
                own = [anchor for anchor in anchors if split_of(anchor) == name]
                self._pools[name] = seeding.shuffled(own, self._family.name, "order")
        if not self._pools[split]:
            raise self._too_small(split)
        return self._pools[split]

    def _too_small(self, split: str) -> SettingError:
        knowledge = self._desk.knowledge
        knobs = msgspec.to_builtins(self._desk.knobs)
        return SettingError(
            f"{knowledge.name!r} ({len(knowledge.corpus)} pages) has no {self._family.name} "
            f"question of level {self._level!r} in split {split!r} with the knobs {knobs}: "
            f"take a larger corpus (small, medium, large) or gentler knobs."
        )
