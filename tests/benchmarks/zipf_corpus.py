"""The synthetic corpus that all benchmarks share: Zipf-distributed random words, from one seed.

10,000 documents of 120 tokens over 20,000 random words with Zipf exponent 1.1, and four-word
queries drawn from the same words with the same chances; NumPy's PCG64 with seed 0. It needs NumPy
alone, so that any interpreter can build the same texts.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

DOCUMENTS = 10_000
TOKENS = 120
WORDS = 20_000
EXPONENT = 1.1
QUERIES = 2_000
QUERY_WORDS = 4
SEED = 0

_TITLE_TOKENS = 3
_LETTERS = (4, 9)
_QUERIES_AT_ONCE = 4_096


class ZipfCorpus(NamedTuple):
    """Documents by number, and queries that never repeat.

    The title of a document is its first three tokens and the text the rest, so that an engine that
    indexes both sees exactly 120 tokens.
    """

    titles: tuple[str, ...]
    texts: tuple[str, ...]
    queries: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the documents and the first 2,000 queries: equal digests, equal corpora."""
        state = hashlib.sha256()
        for part in (self.titles, self.texts, self.queries[:QUERIES]):
            state.update("\n".join(part).encode())
            state.update(b"\0")
        return state.hexdigest()


def build(documents: int = DOCUMENTS, queries: int = QUERIES) -> ZipfCorpus:
    """The corpus with that many documents and queries.

    No two queries hold the same four words. A larger number of queries continues a smaller one: the
    first 2,000 are always the same for the same number of documents.
    """
    chance = np.random.Generator(np.random.PCG64(SEED))
    words = _words(chance)
    weights = 1.0 / np.arange(1, WORDS + 1) ** EXPONENT
    weights /= weights.sum()
    drawn = chance.choice(WORDS, size=(documents, TOKENS), p=weights)
    rows = [[words[place] for place in row] for row in drawn.tolist()]
    return ZipfCorpus(
        titles=tuple(" ".join(row[:_TITLE_TOKENS]) for row in rows),
        texts=tuple(" ".join(row[_TITLE_TOKENS:]) for row in rows),
        queries=tuple(_distinct_queries(chance, words, weights, queries)),
    )


def _words(chance: np.random.Generator) -> list[str]:
    """Distinct words of 4 to 9 random letters, the most frequent first."""
    words: dict[str, None] = {}
    while len(words) < WORDS:
        length = int(chance.integers(_LETTERS[0], _LETTERS[1] + 1))
        words["".join(chr(97 + letter) for letter in chance.integers(0, 26, length).tolist())] = (
            None
        )
    return list(words)


def _distinct_queries(
    chance: np.random.Generator, words: list[str], weights: np.ndarray, count: int
) -> Iterator[str]:
    """`count` queries of four different words each, no two of the same four."""
    seen: set[frozenset[int]] = set()
    while len(seen) < count:
        for row in chance.choice(WORDS, size=(_QUERIES_AT_ONCE, QUERY_WORDS), p=weights).tolist():
            known = frozenset(row)
            if len(known) == QUERY_WORDS and known not in seen and len(seen) < count:
                seen.add(known)
                yield " ".join(words[place] for place in row)
