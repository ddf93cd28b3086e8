"""A bounded memory of answers around any engine: rollouts of one question ask the same things."""

import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from webenvs.records import Hit
from webenvs.search.retriever import Retriever

ANSWERS = 4_096
"""The answers that are remembered at most."""

BYTES = 8_000_000
"""What they take at most, as `size_of` counts."""

_Key = tuple[str, int]


class Cached:
    """A retriever that remembers answers; the same results as the engine's own, error for error.

    The answers that were asked for longest ago go first. Safe under threads: a question that
    several ask at once may be answered by the engine more than once.
    """

    def __init__(self, engine: Retriever, answers: int = ANSWERS, size: int = BYTES) -> None:
        self.engine = engine
        self._limits = answers, size
        self._lock = threading.Lock()
        self._known: OrderedDict[_Key, tuple[tuple[Hit, ...], int]] = OrderedDict()
        self._bytes = 0

    @property
    def settings(self) -> Mapping[str, Any]:
        """The engine's settings: remembering changes no ranking."""
        return self.engine.settings

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """The engine's answer."""
        key = query, k
        known = self._recalled(key)
        if known is not None:
            return known
        hits = self.engine.search(query, k)
        self._remember(key, hits)
        return hits

    def _recalled(self, key: _Key) -> tuple[Hit, ...] | None:
        if type(key[1]) is not int:  # True and 1.0 are keys like 1, but no numbers of hits
            return None
        with self._lock:
            found = self._known.get(key)
            if found is None:
                return None
            self._known.move_to_end(key)
            return found[0]

    def _remember(self, key: _Key, hits: tuple[Hit, ...]) -> None:
        size = size_of(key[0], hits)
        answers, most = self._limits
        if size > most // 8:  # one answer must not drive out all others
            return
        with self._lock:
            if key in self._known:
                return
            self._known[key] = hits, size
            self._bytes += size
            while self._bytes > most or len(self._known) > answers:
                self._bytes -= self._known.popitem(last=False)[1][1]

    def __reduce__(self) -> tuple[Any, ...]:
        return Cached, (self.engine, *self._limits)


def size_of(query: str, hits: tuple[Hit, ...]) -> int:
    """About the bytes that an answer takes in memory, with its place in the cache."""
    texts = sum(
        sys.getsizeof(hit.url) + sys.getsizeof(hit.title) + sys.getsizeof(hit.snippet) + 120
        for hit in hits
    )
    return texts + sys.getsizeof(query) + sys.getsizeof(hits) + 300
