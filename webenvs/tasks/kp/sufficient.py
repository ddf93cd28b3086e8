"""Which atoms of a query suffice for its answer, how far they reach, and how few pages show them.

A query is only as hard as its easiest sufficient part. Adding an atom never enlarges the target's
values (law L8), so sufficiency is monotone, and the minimal sufficient sets are the minimal hitting
sets of the atoms that lift each insufficient set (Reiter 1987, doi:10.1016/0004-3702(87)90062-2).
"""

from collections.abc import Iterator, Mapping, Sequence

from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.errors import QueryError
from webenvs.tasks.kp.cover import Clauses, fewest
from webenvs.tasks.kp.edges import edges_from
from webenvs.tasks.kp.evaluator import DEFAULT_CAP, Evaluator
from webenvs.tasks.kp.graph import atom_distances, constant_places, part_of
from webenvs.tasks.kp.join import answer_of, assignments, facts_of, values_of
from webenvs.tasks.kp.post import computed
from webenvs.tasks.kp.query import Post, Query, variables_of

Atoms = tuple[int, ...]
"""A set of atoms: their places, in order."""
MOST_TRIALS = 20_000
"""Sets of atoms tried before the search for the minimal ones is given up."""
_RANKING = ("MIN", "MAX", "ARGMIN", "ARGMAX")


def distances(query: Query) -> Mapping[int, int]:
    """By the place of an atom: the edges from the target to its far end, a constant if it has one.

    Atoms that are not connected to the target are left out.
    """
    return atom_distances(query)


def reach(query: Query, atoms: Sequence[int] | None = None) -> int:
    """The largest distance from the target to a constant in the query of these atoms (of all).

    0 if they hold no constant that is connected to the target.
    """
    part = query if atoms is None else part_of(query, atoms)
    far = atom_distances(part)
    return max((far[place] for place in constant_places(part) if place in far), default=0)


def minimal_sets(knowledge: Knowledge, query: Query, cap: int = DEFAULT_CAP) -> tuple[Atoms, ...]:
    """Every inclusion-minimal set of atoms with the same answer, the smallest first.

    Each is the sorted places of its atoms; `post.other` is kept as it is. There is none if the
    query has no answer. Exact; raises QueryError if there are too many sets to search.
    """
    return Sufficiency(knowledge, query, cap).minimal_sets()


def essential_reach(
    knowledge: Knowledge,
    query: Query,
    cap: int = DEFAULT_CAP,
    minimal: Sequence[Atoms] | None = None,
) -> int:
    """The smallest reach of a minimal sufficient set: how far a solver must go at least.

    What is computed with another query reaches as far as the farther of the two. 0 if the query has
    no answer. `minimal` are the minimal sets, if they are known already.
    """
    if minimal is None:
        minimal = minimal_sets(knowledge, query, cap)
    reaches = [reach(query, places) for places in minimal]
    other = query.post.other if query.post else None
    if other is not None and reaches:
        reaches = [max(min(reaches), essential_reach(knowledge, other, cap))]
    return min(reaches, default=0)


def min_docs(knowledge: Knowledge, query: Query, cap: int = DEFAULT_CAP) -> int:
    """The fewest pages that show the facts of a minimal sufficient set; 0 if none are shown."""
    return len(document_cover(knowledge, query, cap))


def document_cover(
    knowledge: Knowledge,
    query: Query,
    cap: int = DEFAULT_CAP,
    minimal: Sequence[Atoms] | None = None,
) -> tuple[str, ...]:
    """The urls of a smallest set of pages that proves every value of the target, sorted.

    Its pages state, for some minimal sufficient set and for each value, all facts of one of its
    assignments, besides the facts that the post-operation compares. Only pages of the corpus count.
    Empty if the query has no answer, or if some fact of every proof stands on no page. `minimal`
    are the minimal sets, if they are known already.
    """
    best: tuple[str, ...] = ()
    for needs in proofs_needed(knowledge, query, cap, minimal):
        found = fewest(needs, len(best) or None)
        if found is not None:
            best = found
    return best


def proofs_needed(
    knowledge: Knowledge,
    query: Query,
    cap: int = DEFAULT_CAP,
    minimal: Sequence[Atoms] | None = None,
) -> list[list[list[Clauses]]]:
    """What pages must show, by minimal sufficient set: for each value, its alternative proofs.

    A proof is a set of clauses, one a fact, each the pages of which one suffices.
    """
    if minimal is None:
        minimal = minimal_sets(knowledge, query, cap)
    values = values_of(knowledge, query, cap)
    ways = [
        [_proofs(knowledge, part_of(query, places), value, cap) for value in values]
        for places in minimal
    ]
    other = query.post.other if query.post else None
    if other is None:
        return ways
    compared = [
        [_compared(knowledge, query.post, value)] for value in answer_of(knowledge, other, cap)
    ]
    others = proofs_needed(knowledge, other, cap)
    return [[*way, *also, *compared] for way in ways for also in others]


class Sufficiency:
    """Whether sets of atoms suffice for the answer of one query; remembers what it was asked.

    `values` and `answer` are those of the whole query. A set of atoms is an integer with a bit for
    each.
    """

    def __init__(self, knowledge: Knowledge, query: Query, cap: int = DEFAULT_CAP) -> None:
        """Evaluate the query once."""
        self._knowledge = knowledge
        self._query = query
        self._whole = Evaluator(knowledge, query, cap)
        self.values = self._whole.targets()
        self.answer = answer_of(knowledge, query, cap) if self.values else ()
        self._others = Evaluator(knowledge, query, cap, excluded=self.values)
        self._at_target = sum(
            1 << place
            for place, atom in enumerate(query.atoms)
            if query.target in variables_of(atom)
        )
        self._known: dict[int, bool] = {}

    def __call__(self, atoms: int) -> bool:
        """Whether the query of these atoms has the answer of all."""
        known = self._known.get(atoms)
        if known is None:
            if len(self._known) == MOST_TRIALS:
                raise QueryError(
                    f"The minimal sufficient sets of the query's {len(self._query.atoms)} atoms "
                    f"need more than {MOST_TRIALS:,} trials: give the query fewer atoms."
                )
            known = self._known[atoms] = self._suffices(atoms)
        return known

    def without(self, place: int) -> bool:
        """Whether all atoms but one suffice."""
        return self(self._whole.whole & ~(1 << place))

    def minimal_sets(self) -> tuple[Atoms, ...]:
        """All minimal sufficient sets, the smallest first."""
        sets = (tuple(_places(mask)) for mask in self._minimal())
        return tuple(sorted(sets, key=lambda places: (len(places), places)))

    def _minimal(self) -> list[int]:
        if not self.answer or not self.values:
            return []
        hitting, proven = [0], set[int]()
        while True:
            atoms = next((atoms for atoms in hitting if atoms not in proven), None)
            if atoms is None:
                return hitting
            if self(atoms):
                proven.add(atoms)
            else:
                hitting = _hit(hitting, self._whole.whole & ~self._grown(atoms))

    def _grown(self, atoms: int) -> int:
        """An insufficient set that holds `atoms` and that any further atom makes sufficient."""
        for place in range(len(self._query.atoms)):
            if not self(atoms | 1 << place):
                atoms |= 1 << place
        return atoms

    def _suffices(self, atoms: int) -> bool:
        if not atoms & self._at_target:
            return False
        post = self._query.post
        if post is None or post.op not in _RANKING:
            return not self._others.any_target(atoms)
        return computed(self._knowledge, post, self._whole.targets(atoms)) == self.answer


def _proofs(knowledge: Knowledge, part: Query, value: Value, cap: int) -> list[Clauses]:
    """The clauses of each assignment under which the target has that value, each once."""
    compared = _compared(knowledge, part.post, value)
    found = (
        compared.union(_pages(knowledge, facts_of(knowledge, atom, found)) for atom in part.atoms)
        for found in assignments(knowledge, part, cap, {part.target: value})
    )
    return list(dict.fromkeys(found))


def _compared(knowledge: Knowledge, post: Post | None, value: Value) -> Clauses:
    """The clauses of what the post-operation reads of a value."""
    if post is None or not post.relation:
        return frozenset()
    facts = edges_from(knowledge, value, post.relation)
    return frozenset(_pages(knowledge, [fact]) for fact in facts)


def _pages(knowledge: Knowledge, facts: Sequence[Fact]) -> frozenset[str]:
    """The pages of the corpus that state one of the facts."""
    urls = {url for fact in facts for url in fact.urls}
    return frozenset(url for url in urls if knowledge.corpus.index(url) is not None)


def _places(mask: int) -> Iterator[int]:
    """The bits that are set, lowest first."""
    return (place for place in range(mask.bit_length()) if mask >> place & 1)


def _hit(sets: list[int], atoms: int) -> list[int]:
    """The minimal sets that hold one of `sets` and one of `atoms` (Berge's step)."""
    kept = [one for one in sets if one & atoms]
    for one in sets:
        if one & atoms:
            continue
        grown = (one | 1 << place for place in _places(atoms))
        kept += [new for new in grown if not any(old & new == old for old in kept)]
    return kept
