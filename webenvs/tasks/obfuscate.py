"""The obfuscation ladder: five levels at which the same question says less, its answer unchanged.

O0 names given. O1 no names of things on the way. O2 dates by decade, numbers by range. O3 places by
region, types by a wider type, one thing by a description. O4 names by initials, quantities in
words, and one remark that is true of another thing of the same type. After the kinds of uncertainty
of WebSailor (arXiv 2507.02592, section 3.1), which defines no levels.
"""

import re
from collections.abc import Callable, Iterator

from webenvs import seeding
from webenvs.corpora.knowledge import Entity, Fact, Knowledge, Value, plain
from webenvs.errors import QueryError, bad_setting
from webenvs.records import Record
from webenvs.tasks.kp import english
from webenvs.tasks.kp.edits import Leaf, constant_at, leaked, leaves, with_term
from webenvs.tasks.kp.graph import variable_distances
from webenvs.tasks.kp.join import answer_of, assignments, facts_of
from webenvs.tasks.kp.ladders import MOST_MEMBERS, rungs
from webenvs.tasks.kp.phrasing import mention, phrases, words_of
from webenvs.tasks.kp.query import NAMED, Atom, Const, Query, Var, const, variables_of
from webenvs.tasks.question_edits import Edit, edited
from webenvs.tasks.rewrite import described, descriptions, named_thing
from webenvs.tasks.salience import Gold, by_salience

LEVELS = range(5)
_DESCRIPTIONS = 5
_DISTRACTORS = 40
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_AMOUNTS = ("relatively few", "a middling number of", "a great many")


class Applied(Record, frozen=True, kw_only=True):
    """One step of obfuscation: at which level, and the condition as it was."""

    level: int
    atom: Atom


class Obfuscated(Record, frozen=True, kw_only=True):
    """A question made vaguer, and what was done to it.

    `hints` are sentences that belong behind the question; `distractor` is the fact of another thing
    that one of them tells, a flag that the question holds a remark which proves nothing. `kept` are
    steps that would have changed the answer, or told what is asked for, and were left out.
    """

    query: Query
    level: int
    hints: tuple[str, ...] = ()
    distractor: Fact | None = None
    applied: tuple[Applied, ...] = ()
    kept: tuple[Applied, ...] = ()


def obfuscate(knowledge: Knowledge, query: Query, level: int) -> Obfuscated:
    """`query` at a level, all lower levels applied before; its one answer stays as it is.

    A step that would change the answer is left out, so that `level_of` may say less. Raises
    SettingError for another level than 0 to 4, QueryError for a query without exactly one answer.
    """
    if level not in LEVELS:
        raise bad_setting("level", level, f"from {LEVELS[0]} to {LEVELS[-1]}")
    answer = answer_of(knowledge, query)
    if len(answer) != 1:
        raise QueryError(f"A query to obfuscate must have one answer; this one has {len(answer)}.")
    worker = _Obfuscator(knowledge, query, answer)
    for steps in (worker.unname, worker.blur, worker.widen, worker.shorten)[:level]:
        steps()
    fact = worker.distractor() if level == LEVELS[-1] else None
    return Obfuscated(
        query=worker.query,
        level=level,
        hints=(_remark(knowledge, fact),) if fact else (),
        distractor=fact,
        applied=tuple(worker.applied),
        kept=tuple(worker.kept),
    )


def level_of(query: Query) -> int:
    """The level of a query by what it tells, without the remarks behind it.

    0 if it names a thing on the way, else 1 if it gives an exact date, year or number, else 4 if it
    gives no exact thing either, else 3 if some thing is told by region, type or initials, else 2. A
    description cannot be told from other conditions, so it does not count; nor does the name of the
    one thing that a branch starts from count as one on the way.
    """
    given = [(query.atoms[leaf.place], constant_at(query, leaf)) for leaf in leaves(query)]
    exact = [(atom, term) for atom, term in given if not term.label]
    if any(_names_on_the_way(query, atom) for atom, _ in exact):
        return 0
    if any(_is_literal(atom, term) for atom, term in exact):
        return 1
    if not exact:
        return 4
    return 3 if any(term.label and not _is_literal(atom, term) for atom, term in given) else 2


class _Obfuscator:
    """A query on its way up the ladder: what it may not lose, and what was done."""

    def __init__(self, knowledge: Knowledge, query: Query, answer: tuple[Value, ...]) -> None:
        self.query = query
        self.applied: list[Applied] = []
        self.kept: list[Applied] = []
        self._knowledge = knowledge
        self._answer = answer
        self._gold: Gold = next(iter(assignments(knowledge, query)))

    def unname(self) -> None:
        """O1: take away the names of variables, the nearest to the target first."""
        near = variable_distances(self.query)
        named = [atom for atom in self.query.atoms if _names_on_the_way(self.query, atom)]
        for atom in sorted(named, key=lambda atom: near[variables_of(atom)[0]]):
            if atom in self.query.atoms and _names_on_the_way(self.query, atom):
                place = self.query.atoms.index(atom)
                edit = Edit(kind="remove", place=place, atom=atom)
                self._take(1, atom, [edited(self.query, edit)])

    def blur(self) -> None:
        """O2: give dates and years by decade and numbers by range, or as vaguely as can be."""
        self._each(2, self._is_literal_leaf, self._periods)

    def widen(self) -> None:
        """O3: give places by region and types by a wider type, and describe one other thing."""
        self._each(3, self._is_thing, lambda leaf: self._ladder(leaf)[:1])
        for leaf in self._leaves(self._is_whole):
            entity = named_thing(self._knowledge, self.query, leaf, self._gold)
            if entity and self._describe(leaf, entity):
                return

    def shorten(self) -> None:
        """O4: give names by their initials, and quantities in words."""
        self._each(4, self._is_whole, self._initials)
        self._each(4, self._is_amount, self._amount)

    def distractor(self) -> Fact | None:
        """A fact of another thing, of the type of one that the question describes.

        It is not true of that one, and tells neither the answer nor anything hidden.
        """
        for name, value in self._gold.items():
            entity = self._knowledge.entities.get(str(value))
            if entity is None or (name == self.query.target and len(self._gold) > 1):
                continue
            others = self._knowledge.of_type(entity.type)
            start = seeding.integer(len(others), "distractor", self.query)
            for other in (*others[start:], *others[:start])[:_DISTRACTORS]:
                for fact in self._knowledge.facts_about(other.id):
                    if other.id != entity.id and self._misleads(fact, entity):
                        return fact
        return None

    def _each(
        self,
        level: int,
        fits: Callable[[Leaf], bool],
        wider: Callable[[Leaf], list[Const]],
    ) -> None:
        """Replace each fitting constant by the first of its wider ones that keeps the answer."""
        for leaf in self._leaves(fits):
            options = [with_term(self.query, leaf, term) for term in wider(leaf)]
            if options:
                self._take(level, self.query.atoms[leaf.place], options)

    def _take(self, level: int, atom: Atom, options: list[Query]) -> bool:
        """Go on with the first option that keeps the answer and tells nothing hidden."""
        step = Applied(level=level, atom=atom)
        for option in options:
            if answer_of(self._knowledge, option) == self._answer and self._is_silent(option):
                self.query = option
                self._gold = next(iter(assignments(self._knowledge, option)))
                self.applied.append(step)
                return True
        self.kept.append(step)
        return False

    def _describe(self, leaf: Leaf, entity: str) -> bool:
        """Replace the thing at a leaf by a description of its own."""
        taken = {*self._gold.values(), *self._given()}
        found = descriptions(self._knowledge, entity, taken)
        ways = [facts for _, facts in zip(range(_DESCRIPTIONS), found, strict=False)]
        options = [described(self.query, leaf, entity, facts) for facts in ways]
        return bool(options) and self._take(3, self.query.atoms[leaf.place], options)

    def _is_silent(self, query: Query) -> bool:
        """Whether no constant tells the answer, or the name of a thing that is not named."""
        named = {name for atom in query.atoms if _is_naming(atom) for name in variables_of(atom)}
        gold = next(iter(assignments(self._knowledge, query)))
        hidden = [value for name, value in gold.items() if name not in named]
        hidden += self._answer
        told = (constant_at(query, leaf) for leaf in leaves(query))
        return all(leaked(self._knowledge, term, hidden) is None for term in told)

    def _leaves(self, fits: Callable[[Leaf], bool]) -> list[Leaf]:
        """The fitting constants, the most salient first; places stay as they are."""
        order = by_salience(self._knowledge, self.query, self._gold)
        rank = {place: number for number, place in enumerate(order)}
        found = [leaf for leaf in leaves(self.query) if fits(leaf)]
        return sorted(found, key=lambda leaf: rank[leaf.place])

    def _given(self) -> Iterator[Value]:
        for leaf in leaves(self.query):
            yield from constant_at(self.query, leaf).members

    def _is_whole(self, leaf: Leaf) -> bool:
        """Whether the constant is a name or a single thing, not yet made vaguer."""
        given = constant_at(self.query, leaf)
        is_name = self.query.atoms[leaf.place].relation == NAMED
        return len(given.members) == 1 and not given.label and (is_name or self._is_thing(leaf))

    def _is_thing(self, leaf: Leaf) -> bool:
        given, atom = constant_at(self.query, leaf), self.query.atoms[leaf.place]
        exact = len(given.members) == 1 and not given.label and atom.relation != NAMED
        return (
            exact and given.members[0] in self._knowledge.entities and self._kind(leaf) == "entity"
        )

    def _is_literal_leaf(self, leaf: Leaf) -> bool:
        return self._kind(leaf) != "entity" and len(constant_at(self.query, leaf).members) == 1

    def _is_amount(self, leaf: Leaf) -> bool:
        return self._kind(leaf) == "number"

    def _kind(self, leaf: Leaf) -> str:
        """What stands at a leaf: an entity, year, date, number, or a name."""
        relation = self.query.atoms[leaf.place].relation
        if relation == NAMED:
            return "entity"
        kind = self._knowledge.relation(relation).kind
        return kind if leaf.side == "object" else "entity"

    def _meant(self, leaf: Leaf) -> Value:
        """The member of the constant that the proof is about."""
        fact = facts_of(self._knowledge, self.query.atoms[leaf.place], self._gold)[0]
        return fact.subject if leaf.side == "subject" else fact.object

    def _ladder(self, leaf: Leaf) -> list[Const]:
        relation = self.query.atoms[leaf.place].relation
        return list(rungs(self._knowledge, relation, self._meant(leaf), leaf.side))

    def _periods(self, leaf: Leaf) -> list[Const]:
        """The decade of a date or year and what is more exact, the vaguest first; or a range."""
        ladder = self._ladder(leaf)
        if self._kind(leaf) == "number":
            return ladder[:1]
        decade = next((n for n, rung in enumerate(ladder) if rung.label.endswith("0s")), 0)
        return ladder[decade::-1] if ladder else []

    def _initials(self, leaf: Leaf) -> list[Const]:
        """All names, or things at this end of the relation, of the same initials and type."""
        entity_id = named_thing(self._knowledge, self.query, leaf, self._gold)
        entity = self._knowledge.entities[str(entity_id)]
        atom = self.query.atoms[leaf.place]
        letters = initials(entity.name)
        alike = [
            one for one in self._knowledge.of_type(entity.type) if initials(one.name) == letters
        ]
        if atom.relation == NAMED:
            members: list[str] = [one.name for one in alike]
            label = " ".join(f"{letter}…" for letter in letters)
            return [const(*members, label=label)] if len(members) <= MOST_MEMBERS else []
        members = [one.id for one in alike if self._stands_at(leaf, atom, one)]
        noun = words_of(self._knowledge, entity.type).noun
        told = f"initial{'s' if letters[1:] else ''} {english.listed(letters, 'and')}"
        label = f"{english.article(noun)} {noun} with the {told}"
        return [const(*members, label=label)] if len(members) <= MOST_MEMBERS else []

    def _stands_at(self, leaf: Leaf, atom: Atom, entity: Entity) -> bool:
        if leaf.side == "subject":
            return bool(self._knowledge.facts_from(entity.id, atom.relation))
        return bool(self._knowledge.facts_to(entity.id, atom.relation))

    def _amount(self, leaf: Leaf) -> list[Const]:
        """The values in the same third of all that the relation has."""
        relation, value = self.query.atoms[leaf.place].relation, self._meant(leaf)
        values = sorted({int(fact.object) for fact in self._knowledge.facts_of(relation)})
        third = 3 * values.index(int(value)) // len(values)
        members = [one for place, one in enumerate(values) if 3 * place // len(values) == third]
        if len(members) > MOST_MEMBERS:
            return []
        return [const(*members, label=_AMOUNTS[third])]

    def _misleads(self, fact: Fact, entity: Entity) -> bool:
        """Whether a fact of another thing can be told: it is false of this one, and no answer."""
        asked = {a.relation for a in self.query.atoms if self.query.target in variables_of(a)}
        if fact.relation in asked:
            return False
        alike = self._knowledge.facts_from(entity.id, fact.relation)
        if not alike or any(one.object == fact.object for one in alike):
            return False
        words = plain(_remark(self._knowledge, fact))
        hidden = (*self._gold.values(), *self._answer)
        names = (name for value in hidden for name in _spelled(self._knowledge, value))
        return all(plain(name) not in words for name in names)


def initials(name: str) -> tuple[str, ...]:
    """The first letters of the words of a name, in capitals."""
    return tuple(word[0].upper() for word in plain(name).split())


def _remark(knowledge: Knowledge, fact: Fact) -> str:
    """A sentence that sets another thing apart: it proves nothing."""
    words = words_of(knowledge, knowledge.entities[fact.subject].type)
    value = mention(knowledge, fact.object, fact.relation)
    relation = phrases(knowledge, fact.relation)
    said = english.fill(relation.predicates[0], f"on {value}" if relation.kind == "date" else value)
    return f"There is also {english.article(words.noun)} {words.noun} {words.who} {said}."


def _names_on_the_way(query: Query, atom: Atom) -> bool:
    """Whether the atom names a variable of which more is told than the one thing it leads to."""
    if not _is_naming(atom) or (isinstance(atom.object, Const) and atom.object.label):
        return False
    others = [
        one for one in query.atoms if one != atom and atom.subject in (one.subject, one.object)
    ]
    return len(others) > 1


def _is_naming(atom: Atom) -> bool:
    return atom.relation == NAMED and isinstance(atom.subject, Var)


def _is_literal(atom: Atom, term: Const) -> bool:
    """Whether a constant is made of years, numbers or dates."""
    value = term.members[0]
    if atom.relation == NAMED or isinstance(value, int):
        return isinstance(value, int)
    return _DATE.fullmatch(value) is not None


def _spelled(knowledge: Knowledge, value: Value) -> tuple[str, ...]:
    entity = knowledge.entities.get(str(value))
    return entity.names if entity else (str(value),)
