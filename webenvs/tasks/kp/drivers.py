"""Drivers that grow a query from a seed: layer by layer, as a chain, or at random.

The three structures that WebShaper compares (arXiv 2507.15061, section 3.2.2). The answer is kept
at every edit (rule V14).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import msgspec

from webenvs import seeding
from webenvs.corpora.knowledge import VALUE_KINDS, Fact, Knowledge, Value
from webenvs.errors import bad_setting
from webenvs.records import Record
from webenvs.tasks.kp.answer_rules import usual_object
from webenvs.tasks.kp.edges import atom_text
from webenvs.tasks.kp.edits import (
    DEFAULT_LIMITS,
    Leaf,
    Limits,
    Rejection,
    Standing,
    constant_at,
    is_single,
    leaves,
    sampled,
    standing_of,
    term_at,
    variable_beside,
)
from webenvs.tasks.kp.graph import variable_distances
from webenvs.tasks.kp.join import values_of
from webenvs.tasks.kp.operators import attach, leaf_operator
from webenvs.tasks.kp.query import NAMED, Atom, Const, Query, Var, const, variables
from webenvs.tasks.kp.subquestions import Clue, atoms_of, clues_about, strict_clues

Strategy = Literal["layerwise", "sequential", "random"]

_DRAWS = 400
_EXPANSIONS = ("expand_strict", "expand_literal", "expand_lax")


class GrowthSettings(Record, frozen=True, kw_only=True):
    """How queries grow.

    `operators`: those of `LEAF_OPERATORS` that layer-wise growth tries, in keyed order, at each
    constant; sequential growth uses the expansions among them. The `late` ones come after the
    others until the last layer, for a widened constant can be expanded no more. A constant nearer
    to the target than `near` edges is expanded or joined, never widened. `limits` are the limits of
    each edit.
    """

    operators: tuple[str, ...] = (*_EXPANSIONS, "widen", "join")
    late: tuple[str, ...] = ("widen",)
    near: int = 2
    limits: Limits = DEFAULT_LIMITS


DEFAULT_GROWTH = GrowthSettings()


class Edit(Record, frozen=True, kw_only=True):
    """An accepted edit: the operator, the place of the atom it changed or added, and in words."""

    operator: str
    place: int
    message: str


class Growth(Record, frozen=True, kw_only=True):
    """A grown query, its accepted edits in order, and how many edits each rule refused.

    `tried` counts the edits tried, by operator.
    """

    query: Query
    edits: tuple[Edit, ...] = ()
    rejected: dict[str, int] = msgspec.field(default_factory=dict)
    tried: dict[str, int] = msgspec.field(default_factory=dict)


def seed_query(
    knowledge: Knowledge, *key: object, target: str = "", limits: Limits = DEFAULT_LIMITS
) -> Query:
    """A query of one or two atoms with one answer, each of whose constants can be expanded.

    `target` is the answer's type, or year, date or number; any type of entity if empty. The
    answer's names are its own (V2), and it is no safe guess (V12). Raises SettingError if the
    knowledge describes none alone.
    """
    if target in VALUE_KINDS:
        return _value_seed(knowledge, target, *key)
    types = [name for name in knowledge.types if knowledge.of_type(name)]
    allowed = [target] if target else types
    for draw in range(_DRAWS if set(allowed) <= set(types) else 0):
        members = knowledge.of_type(seeding.choice(allowed, *key, draw, "type"))
        entity = seeding.choice(members, *key, draw, "answer")
        seed = seed_about(knowledge, entity.id, *key, draw, limits=limits)
        if seed is not None:
            return seed
    raise bad_setting("target", target, f"a type of {knowledge.name!r} that facts describe alone")


def seed_about(
    knowledge: Knowledge, entity: str, *key: object, limits: Limits = DEFAULT_LIMITS
) -> Query | None:
    """A query as `seed_query` makes it whose answer is this entity; None if the key finds none."""
    if any(len(knowledge.bearers(name)) > 1 for name in knowledge.entities[entity].names):
        return None
    two = msgspec.structs.replace(limits, facts=2, several=1.0)
    clues = clues_about(knowledge, entity, "", (entity,), two, *key)
    fertile = [clue for clue in clues if _is_fertile(knowledge, clue, entity)]
    chosen = strict_clues(fertile, two, *key)
    return Query(atoms=atoms_of(knowledge, chosen, Var("T"))) if chosen else None


def grow(
    knowledge: Knowledge,
    query: Query,
    strategy: Strategy = "layerwise",
    *,
    layers: int | None = None,
    atoms: int | None = None,
    settings: GrowthSettings = DEFAULT_GROWTH,
    key: Sequence[object] = (),
) -> Growth:
    """The query grown until `layers` are done or it has `atoms` atoms, whichever comes first.

    Layer-wise, a layer visits each constant that stands when it begins; in the other strategies it
    is one edit. A query that can grow no further has fewer atoms than asked for. Raises
    SettingError without any limit, and QueryError for a query that has no answer.
    """
    if strategy not in get_args(Strategy):
        raise bad_setting("strategy", strategy, f"one of {', '.join(get_args(Strategy))}")
    if layers is None and atoms is None:
        raise bad_setting("layers", layers, "a number unless atoms is one")
    growing = _Growing(knowledge, query, settings, tuple(key), atoms)
    turn = 0
    while turn != layers and (growing.room or strategy == "layerwise"):
        if strategy == "layerwise":
            changed = _layer(growing, turn, last=turn + 1 == layers)
        else:
            changed = (_link if strategy == "sequential" else _attachment)(growing, turn)
        if not changed or (layers is None and not growing.room):
            break
        turn += 1
    return growing.growth()


@dataclass
class _Growing:
    """A query while it grows."""

    knowledge: Knowledge
    query: Query
    settings: GrowthSettings
    key: tuple[object, ...]
    atoms: int | None
    standing: Standing = field(init=False)
    edits: list[Edit] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    frozen: set[Leaf] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.standing = standing_of(self.knowledge, self.query)

    @property
    def room(self) -> int:
        """How many atoms may be added."""
        most = self.settings.limits.facts
        return most if self.atoms is None else max(0, self.atoms - len(self.query.atoms))

    def apply(self, operator: str, leaf: Leaf, *key: object) -> bool:
        """Whether the operator was accepted at the leaf; if so, it is done."""
        limits = self.settings.limits
        limits = msgspec.structs.replace(limits, facts=min(limits.facts, self.room))
        changed = leaf_operator(operator)(
            self.knowledge,
            self.query,
            leaf,
            standing=self.standing,
            limits=limits,
            key=(*self.key, *key, operator),
        )
        return self.take(operator, leaf.place, changed, constant_at(self.query, leaf))

    def take(
        self, operator: str, place: int, changed: Query | Rejection, constant: Const | None = None
    ) -> bool:
        """Keep what an operator returned, and the gold value of the variable that it made."""
        self.tried[operator] += 1
        if isinstance(changed, Rejection):
            self.rejected[changed.rule] += 1
            return False
        fresh = {*variables(changed)} - {*variables(self.query)}
        if constant is not None and fresh:
            gold = {**self.standing.gold, fresh.pop(): constant.members[0]}
            self.standing = msgspec.structs.replace(self.standing, gold=gold)
        self.edits.append(Edit(operator=operator, place=place, message=_told(self.query, changed)))
        self.query = changed
        return True

    def growth(self) -> Growth:
        """What came of it."""
        return Growth(
            query=self.query,
            edits=tuple(self.edits),
            rejected=dict(sorted(self.rejected.items())),
            tried=dict(sorted(self.tried.items())),
        )


def _layer(growing: _Growing, layer: int, last: bool) -> bool:
    """Visit each constant that stands now; whether anything changed."""
    done = len(growing.edits)
    for leaf in leaves(growing.query):
        if leaf in growing.frozen or not isinstance(term_at(growing.query, leaf), Const):
            continue
        operators = _allowed(growing, leaf)
        order = seeding.shuffled(operators, *growing.key, layer, leaf, "operators")
        if not last:
            order = tuple(sorted(order, key=lambda one: one in growing.settings.late))
        if not any(growing.apply(operator, leaf, layer, leaf) for operator in order):
            growing.frozen.add(leaf)
    return len(growing.edits) > done


def _link(growing: _Growing, turn: int) -> bool:
    """Expand the most recent constant that can be; whether one could."""
    standing = [leaf for leaf in leaves(growing.query) if leaf not in growing.frozen]
    first = seeding.shuffled(standing, *growing.key, "start")
    order = first if turn == 0 else sorted(standing, reverse=True)
    for leaf in order:
        operators = [one for one in _allowed(growing, leaf) if one in _EXPANSIONS]
        if any(growing.apply(operator, leaf, turn, leaf) for operator in operators):
            return True
        growing.frozen.add(leaf)
    return False


def _attachment(growing: _Growing, turn: int) -> bool:
    """Attach a fact to some node; whether one was found."""
    nodes: list[str | Leaf] = [*variables(growing.query)]
    nodes += [leaf for leaf in leaves(growing.query) if is_single(growing.query, leaf)]
    for draw in range(_DRAWS):
        key = (*growing.key, turn, draw)
        node = seeding.choice(nodes, *key, "node")
        fact = _fact_about(growing, node, *key)
        if fact is None:
            continue
        changed: Query | Rejection = attach(
            growing.knowledge, growing.query, node, fact, standing=growing.standing
        )
        if isinstance(changed, Query) and len(growing.standing.answer) > 1:
            changed = _unchanged(growing, changed)
        if growing.take("attach", len(growing.query.atoms), changed):
            return True
    return False


def _unchanged(growing: _Growing, changed: Query) -> Query | Rejection:
    """The changed query if no member of the answer is lost; a single one cannot be."""
    if values_of(growing.knowledge, changed) == growing.standing.answer:
        return changed
    return Rejection("V14", "Members of the answer would be lost.")


def _fact_about(growing: _Growing, node: str | Leaf, *key: object) -> Fact | None:
    """A fact about the value of a node, by the key."""
    if isinstance(node, str):
        value = growing.standing.gold[node]
    else:
        value = constant_at(growing.query, node).members[0]
    knowledge = growing.knowledge
    facts = knowledge.facts_about(value) + knowledge.facts_naming(value)
    return seeding.choice(facts, *key, "fact") if facts else None


def _allowed(growing: _Growing, leaf: Leaf) -> tuple[str, ...]:
    """The operators that suit a leaf: what it is, how far it is, whether its equal is there."""
    constant = constant_at(growing.query, leaf)
    name = growing.query.atoms[leaf.place].relation
    if name == NAMED:
        return ()
    relation = growing.knowledge.relation(name)
    literal = leaf.side == "object" and relation.kind != "entity"
    beside = variable_distances(growing.query)[variable_beside(growing.query, leaf)]
    equal = [one for one in leaves(growing.query) if constant_at(growing.query, one) == constant]
    single = not constant.label and growing.room > 0
    suits = {
        "expand_strict": single and not literal,
        "expand_lax": single,
        "expand_literal": single and literal,
        "widen": beside + 1 >= growing.settings.near,
        "join": not constant.label and len(equal) > 1,
    }
    return tuple(one for one in growing.settings.operators if suits[one])


def _value_seed(knowledge: Knowledge, kind: str, *key: object) -> Query:
    """One atom that asks for the year, date or number of an entity."""
    relations = [
        relation.name
        for relation in knowledge.relations.values()
        if relation.kind == kind and relation.functional and knowledge.facts_of(relation.name)
    ]
    for name in seeding.shuffled(relations, *key, "relation"):
        usual = usual_object(knowledge, name)
        for fact in sampled(knowledge.facts_of(name), _DRAWS, *key, "fact"):
            if fact.places and fact.object != usual and _grows(knowledge, fact.subject):
                return Query(atoms=(Atom(const(fact.subject), name, Var("T")),))
    raise bad_setting("target", kind, f"a kind of value that {knowledge.name!r} has facts of")


def _is_fertile(knowledge: Knowledge, clue: Clue, answer: Value) -> bool:
    """Whether the clue can be expanded, and does not ask for what anybody would guess (V12)."""
    guessed = clue.side == "object" and usual_object(knowledge, clue.fact.relation) == answer
    return not guessed and _grows(knowledge, clue.given.members[0])


def _grows(knowledge: Knowledge, value: Value) -> bool:
    """Whether there is a fact about the value besides the one that a query holds already."""
    return len(knowledge.facts_about(value)) + len(knowledge.facts_naming(value)) > 1


def _told(before: Query, after: Query) -> str:
    """What changed, in the atoms' text."""
    held = {*before.atoms}
    return ", ".join(atom_text(atom) for atom in after.atoms if atom not in held)
