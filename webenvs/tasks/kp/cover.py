"""Exact set cover on small inputs: the fewest pages that together show what is needed."""

from collections.abc import Iterator, Sequence

from webenvs.errors import QueryError

Clauses = frozenset[frozenset[str]]
"""One proof: of each clause, the pages that show one fact, one page is needed."""
MOST_BRANCHES = 200_000
"""Branches searched before a cover is given up."""


def fewest(
    needs: Sequence[Sequence[Clauses]], fewer_than: int | None = None
) -> tuple[str, ...] | None:
    """A smallest set of pages that shows, of each need, one of its alternative proofs; sorted.

    None if a need cannot be shown at all, or not with fewer pages than `fewer_than`. Raises
    QueryError if the search takes too many branches.
    """
    shown = [[proof for proof in proofs if frozenset() not in proof] for proofs in needs]
    if not all(shown):
        return None
    search = _Search(fewer_than)
    search.extend([sorted(proofs, key=_proof_key) for proofs in shown], frozenset())
    return search.best


class _Search:
    """Branch and bound over the pages."""

    def __init__(self, fewer_than: int | None) -> None:
        self.best: tuple[str, ...] | None = None
        self._bound = fewer_than
        self._branches = 0

    def extend(self, needs: Sequence[Sequence[Clauses]], chosen: frozenset[str]) -> None:
        """Cover what is still needed, beginning with needs that leave no choice of proof."""
        self._branches += 1
        if self._branches > MOST_BRANCHES:
            raise QueryError(
                f"The fewest pages for a query's {len(needs)} open proofs take more than "
                f"{MOST_BRANCHES:,} branches: ask for fewer values, or give it fewer atoms."
            )
        left = list(_left(needs, chosen))
        if self._bound is not None and len(chosen) + _least(left) >= self._bound:
            return
        if not left:
            self.best, self._bound = tuple(sorted(chosen)), len(chosen)
            return
        need = min(left, key=len)
        rest = [other for other in left if other is not need]
        for proof in need:
            clause = min(proof, key=lambda clause: (len(clause), sorted(clause)))
            for page in sorted(clause, key=lambda page: (-_uses(left, page), page)):
                self.extend([[proof], *rest], chosen | {page})


def _left(needs: Sequence[Sequence[Clauses]], chosen: frozenset[str]) -> Iterator[list[Clauses]]:
    """The needs that the chosen pages do not meet, without the clauses that they do."""
    for proofs in needs:
        open_proofs = [
            frozenset(clause for clause in proof if clause.isdisjoint(chosen)) for proof in proofs
        ]
        if all(open_proofs):
            yield list(dict.fromkeys(open_proofs))


def _least(needs: Sequence[Sequence[Clauses]]) -> int:
    """How many pages are needed at least: the needs without choice, by clauses that share none."""
    taken: set[str] = set()
    count = 0
    forced = (clause for proofs in needs if len(proofs) == 1 for clause in proofs[0])
    for clause in sorted(forced, key=lambda clause: (len(clause), sorted(clause))):
        if taken.isdisjoint(clause):
            taken |= clause
            count += 1
    return count or (1 if needs else 0)


def _uses(needs: Sequence[Sequence[Clauses]], page: str) -> int:
    """In how many open clauses the page stands."""
    return sum(page in clause for proofs in needs for proof in proofs for clause in proof)


def _proof_key(proof: Clauses) -> tuple[int, list[list[str]]]:
    return (len(proof), sorted(sorted(clause) for clause in proof))
