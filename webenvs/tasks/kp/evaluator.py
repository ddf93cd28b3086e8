"""The join behind queries: exact on trees and cycles, deterministic in its order.

The next atom is always the one with the fewest facts by now, so constants come first and bound
variables narrow the rest (an index nested loop). As soon as the bound variables part the open atoms
into independent pieces, each piece is solved once for the values that it hangs on and remembered
(recursive conditioning), so that a tree takes time linear in the facts it touches.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from webenvs.corpora.knowledge import Knowledge, Value
from webenvs.errors import QueryError
from webenvs.tasks.kp.edges import (
    atom_text,
    check_relation,
    count_of,
    edges_from,
    edges_to,
    given_values,
    reached,
    sort_key,
)
from webenvs.tasks.kp.graph import loose_variables, parted
from webenvs.tasks.kp.query import Const, Query, Term, Var, variables

DEFAULT_CAP = 100_000
Assignment = Mapping[str, Value]
"""The variables of a query and their values."""

_Values = tuple[Value | None, ...]
"""The value of each variable in the order of `variables`, None while it is open."""


class Evaluator:
    """The evaluation of one query and of its parts; pieces that recur are remembered.

    Atoms and variables are numbered, the target is variable 0; a set of either is an integer with
    a bit for each member. A target value in `excluded` counts as no value.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        query: Query,
        cap: int = DEFAULT_CAP,
        excluded: Collection[Value] = (),
    ) -> None:
        """Check and number the query; raises QueryError or UnknownNameError if it is no query."""
        check_query(knowledge, query)
        self._knowledge = knowledge
        self._query = query
        self._cap = cap
        self._excluded = frozenset(excluded)
        self._names = variables(query)
        numbers = {name: number for number, name in enumerate(self._names)}
        ends = [(atom, (atom.subject, atom.object)) for atom in query.atoms]
        self._ends = tuple(tuple(_number(term, numbers) for term in terms) for _, terms in ends)
        self._given = tuple(
            tuple(
                given_values(knowledge, atom, term) if isinstance(term, Const) else ()
                for term in terms
            )
            for atom, terms in ends
        )
        self._neqs = tuple((numbers[one], numbers[other]) for one, other in query.neqs)
        self._tried = 0
        self._held: dict[tuple[int, _Values], bool] = {}
        self._found: dict[tuple[int, _Values], frozenset[Value]] = {}
        self._pieces_of: dict[tuple[int, int], tuple[int, ...]] = {}
        self._around: dict[int, tuple[int, ...]] = {}
        self._options: dict[tuple[int, int, Value | None], Mapping[Value, None]] = {}
        self._sizes: dict[tuple[int, int, Value | None], int] = {}
        self._nothing: _Values = (None,) * len(self._names)
        self._at_target = sum(1 << place for place, pair in enumerate(self._ends) if 0 in pair)
        self.whole = (1 << len(self._ends)) - 1

    def assignments(self, given: Assignment) -> Iterator[Assignment]:
        """Every assignment that agrees with `given`."""
        self._tried = 0
        values, bound = self._nothing, 0
        for number, name in enumerate(self._names):
            if name in given:
                if not self._may_be(number, given[name], values):
                    return
                values, bound = _with(values, number, given[name]), bound | 1 << number
        for row in self._rows(self.whole, values, bound):
            yield {
                name: value
                for name, value in zip(self._names, row, strict=True)
                if value is not None
            }

    def targets(self, atoms: int | None = None) -> tuple[Value, ...]:
        """The target's values by these atoms (by all), sorted by their text; () if by none."""
        self._tried = 0
        pieces = self._pieces(self.whole if atoms is None else atoms, 0)
        main = self._main(pieces)
        if not main or not self._all_hold(pieces, self._nothing, 0, main):
            return ()
        return tuple(sorted(self._targets(main, self._nothing, 0), key=sort_key))

    def any_target(self, atoms: int) -> bool:
        """Whether the target has a value by these atoms; it has if none of them holds it."""
        self._tried = 0
        return self._all_hold(self._pieces(atoms, 0), self._nothing, 0)

    def _rows(self, atoms: int, values: _Values, bound: int) -> Iterator[_Values]:
        """Every way to bind the open variables of the atoms."""
        if not atoms:
            yield values
            return
        for rest, inner, now in self._steps(atoms, values, bound):
            if self._all_hold(self._pieces(rest, now), inner, now):
                yield from self._rows(rest, inner, now)

    def _targets(self, atoms: int, values: _Values, bound: int) -> frozenset[Value]:
        """The values of the open target by a connected piece that holds it."""
        key = (atoms, tuple(values[number] for number in self._variables(atoms)))
        known = self._found.get(key)
        if known is not None:
            return known
        found: set[Value] = set()
        for rest, inner, now in self._steps(atoms, values, bound):
            target = inner[0]
            if target in found:
                continue
            pieces = self._pieces(rest, now)
            main = self._main(pieces) if target is None else 0
            if self._all_hold(pieces, inner, now, main):
                found |= self._targets(main, inner, now) if target is None else {target}
        self._found[key] = frozenset(found)
        return self._found[key]

    def _all_hold(self, pieces: tuple[int, ...], values: _Values, bound: int, but: int = 0) -> bool:
        """Whether the open variables of all pieces but one can be bound."""
        return all(self._holds(piece, values, bound) for piece in pieces if piece != but)

    def _holds(self, atoms: int, values: _Values, bound: int) -> bool:
        """Whether the open variables of a connected piece can be bound."""
        key = (atoms, tuple(values[number] for number in self._variables(atoms)))
        known = self._held.get(key)
        if known is None:
            known = self._held[key] = any(
                self._all_hold(self._pieces(rest, now), inner, now)
                for rest, inner, now in self._steps(atoms, values, bound)
            )
        return known

    def _steps(self, atoms: int, values: _Values, bound: int) -> Iterator[tuple[int, _Values, int]]:
        """Take the cheapest atom: what is then open, and the values, in each way it can hold."""
        place = self._next(atoms, values)
        opens = [number for number in self._ends[place] if number >= 0 and values[number] is None]
        rest = atoms & ~(1 << place)
        if not opens:
            if self._is_true(place, values):
                yield rest, values, bound
            return
        if len(opens) == 2:  # bind its subject; the atom then has a known end
            rest = atoms
        number = opens[0]
        end = self._ends[place].index(number)
        for option in self._candidates(place, end, self._bound_end(place, values)):
            self._spend(place)
            if self._may_be(number, option, values):
                yield rest, _with(values, number, option), bound | 1 << number

    def _next(self, atoms: int, values: _Values) -> int:
        """The open atom whose ends are known, else the one with the fewest facts by now."""
        best, least = -1, 0
        for place in _members(atoms):
            opens = [
                end
                for end, number in enumerate(self._ends[place])
                if number >= 0 and values[number] is None
            ]
            if not opens:
                return place
            key = (place, opens[0] if len(opens) == 1 else 2, self._bound_end(place, values))
            size = self._sizes.get(key)
            if size is None:
                size = self._sizes[key] = self._size(*key)
            if best < 0 or size < least:
                best, least = place, size
        return best

    def _size(self, place: int, end: int, known: Value | None) -> int:
        """How many facts the atom has whose other end than `end` is known; 2 stands for both."""
        atom = self._query.atoms[place]
        if end == 2:
            return count_of(self._knowledge, atom.relation)
        given = (known,) if known is not None else self._given[place][1 - end]
        ways = (edges_to, edges_from) if end == 0 else (edges_from, edges_to)
        return sum(
            len(edges(self._knowledge, one, atom.relation))
            for edges in (ways if atom.mode == "sym" else ways[:1])
            for one in given
        )

    def _bound_end(self, place: int, values: _Values) -> Value | None:
        """The value of the atom's first bound variable; None if it has none."""
        bound = (values[number] for number in self._ends[place] if number >= 0)
        return next((value for value in bound if value is not None), None)

    def _candidates(self, place: int, end: int, known: Value | None) -> Mapping[Value, None]:
        """The values that an atom allows at one end, in order.

        At its other end stands `known`; if that is None, its constant, or if it has none, anything.
        """
        key = (place, end, known)
        options = self._options.get(key)
        if options is None:
            given: Sequence[Value] | None = None
            if known is not None:
                given = (known,)
            elif self._ends[place][1 - end] < 0:
                given = self._given[place][1 - end]
            found = reached(self._knowledge, self._query.atoms[place], end, given)
            options = self._options[key] = dict.fromkeys(sorted(found, key=sort_key))
        return options

    def _is_true(self, place: int, values: _Values) -> bool:
        """Whether an atom holds, both of whose ends are known."""
        known = [values[number] if number >= 0 else None for number in self._ends[place]]
        start = 0 if known[0] is not None else 1
        options = self._candidates(place, 1 - start, known[start])
        other = known[1 - start]
        wanted = self._given[place][1 - start] if other is None else (other,)
        return any(one in options for one in wanted)

    def _may_be(self, number: int, value: Value, values: _Values) -> bool:
        """Whether a variable may take the value: not excluded, and no inequality is broken."""
        if number == 0 and value in self._excluded:
            return False
        for pair in self._neqs:
            if number in pair:
                partner = pair[1 - pair.index(number)]
                if partner == number or values[partner] == value:
                    return False
        return True

    def _spend(self, place: int) -> None:
        self._tried += 1
        if self._tried > self._cap:
            raise QueryError(
                f"The query needs more than cap = {self._cap:,} intermediate assignments, reached "
                f"at the atom {atom_text(self._query.atoms[place])}: "
                "give it a constant nearer to that atom, or raise the cap."
            )

    def _main(self, pieces: tuple[int, ...]) -> int:
        """The piece that holds the open target; 0 if none does."""
        return next((piece for piece in pieces if piece & self._at_target), 0)

    def _pieces(self, atoms: int, bound: int) -> tuple[int, ...]:
        """The atoms in pieces that share no open variable and no inequality, smallest first."""
        pieces = self._pieces_of.get((atoms, bound))
        if pieces is None:
            opens = {
                place: {n for n in self._ends[place] if n >= 0 and not bound >> n & 1}
                for place in _members(atoms)
            }
            groups = [sum(1 << place for place in group) for group in parted(opens, self._neqs)]
            pieces = tuple(sorted(groups, key=lambda mask: (mask.bit_count(), mask)))
            self._pieces_of[atoms, bound] = pieces
        return pieces

    def _variables(self, atoms: int) -> tuple[int, ...]:
        """The variables that a piece depends on, those of its inequalities included."""
        numbers = self._around.get(atoms)
        if numbers is None:
            held = {n for place in _members(atoms) for n in self._ends[place] if n >= 0}
            near = {n for pair in self._neqs if not held.isdisjoint(pair) for n in pair}
            numbers = self._around[atoms] = tuple(sorted(held | near))
        return numbers


def check_query(knowledge: Knowledge, query: Query) -> None:
    """Raise QueryError or UnknownNameError unless the query can be evaluated.

    Every variable must occur in an atom, every constant have members, every relation exist.
    """
    for atom in query.atoms:
        check_relation(knowledge, atom.relation)
        for term in (atom.subject, atom.object):
            if isinstance(term, Const) and not term.members:
                raise QueryError(
                    f"A constant of the atom {atom_text(atom)} has no members: give at least one."
                )
    loose = loose_variables(query)
    if loose:
        raise QueryError(
            f"The variable {loose[0]!r} of the query is unbound: it occurs in no atom; "
            "add an atom that holds it, or leave it out."
        )


def _number(term: Term, numbers: Mapping[str, int]) -> int:
    """The number of a variable; -1 for a constant."""
    return numbers[term.name] if isinstance(term, Var) else -1


def _with(values: _Values, number: int, value: Value) -> _Values:
    return (*values[:number], value, *values[number + 1 :])


def _members(mask: int) -> Iterator[int]:
    """The bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
