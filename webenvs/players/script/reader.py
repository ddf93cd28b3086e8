"""The moves of a researcher on the web: search, read the best pages, read on in a long one."""

from collections.abc import Generator, Sequence
from typing import Any

from webenvs.players.script.memory import Memory
from webenvs.players.script.names import key
from webenvs.players.script.notes import meaning
from webenvs.players.script.results import Reading

Calls = Sequence[tuple[str, dict[str, Any]]]
Steps = Generator[Calls, list[Reading], None]
Asked = Generator[Calls, list[Reading], list[Reading]]

_OPENED = 4
_FOUND_PARTS = 2


class Reader:
    """Moves that repeat no call that succeeded, and make one that fails `tries` times at most."""

    def __init__(self, memory: Memory, tries: int = 2) -> None:
        self._memory = memory
        self._tries = tries
        self._asked: set[str] = set()

    def search(
        self, focus: str, queries: Sequence[str], about: frozenset[str] = frozenset()
    ) -> Steps:
        """Search for these and read the pages that are about the focus, or speak of it.

        Those whose titles say that they are `about` what is sought come before others.
        """
        hits = yield from self._ask([("search", {"query": query}) for query in queries])
        found = self._memory.learn(hits)
        found.sort(
            key=lambda hit: (
                key(hit.title) != key(focus),
                not about & meaning(hit.title),
                focus not in hit.snippet,
            )
        )
        yield from self.fetch([hit.url for hit in found])

    def open(self, names: Sequence[str]) -> Steps:
        """Read the pages of these names, as far as their addresses are known."""
        yield from self.fetch([url for url in map(self._memory.url, names) if url])

    def fetch(self, urls: Sequence[str]) -> Steps:
        """Read the first few of these pages that have not been read."""
        new = [url for url in dict.fromkeys(urls) if url not in self._asked][:_OPENED]
        read = yield from self._ask([("fetch", {"url": url}) for url in new])
        self._memory.learn(read)

    def read_on(self, focus: str, words: Sequence[str]) -> Steps:
        """Read the parts of the focus' long page in which one of the words is found."""
        url, parts = self._memory.unread_parts(focus)
        if not parts or not words:
            return
        open_again: list[tuple[str, dict[str, Any]]] = [("fetch", {"url": url})]
        found = yield from self._send([*open_again, *[("find", {"text": word}) for word in words]])
        wanted = [part for reading in found for part in reading.found if part in parts]
        chosen = list(dict.fromkeys(wanted))[:_FOUND_PARTS]
        if chosen:
            parts_read = yield from self._send([("fetch", {"url": url, "page": n}) for n in chosen])
            self._memory.learn(parts_read)

    def _ask(self, calls: Calls) -> Asked:
        """The readings of the calls that were not made before; no message if there is none."""
        new = [call for call in calls if not self._asked.issuperset(call[1].values())]
        self._asked.update(value for _, arguments in new for value in arguments.values())
        if not new:
            return []
        return (yield from self._send(new))

    def _send(self, calls: Calls) -> Asked:
        """The readings of the calls, those that failed asked again."""
        readings: list[Reading] = []
        for _ in range(self._tries):
            new = yield calls
            readings = readings + new
            calls = [call for call, one in zip(calls, new, strict=False) if one.failed]
            if not calls:
                break
        return readings
