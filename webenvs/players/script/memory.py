"""What a researcher remembers: the notes of all pages it saw, and where each name leads."""

import re
from collections.abc import Iterable, Sequence

from webenvs.players.script.names import key
from webenvs.players.script.notes import Note, glimpse, note_of
from webenvs.players.script.results import Reading, Seen

_SNIPPET = 0
_ASIDE = re.compile(r" \(| – ")


class Memory:
    """Notes by url and part (part 0 is a search result's snippet), and the addresses of names."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, int], Note] = {}
        self._urls: dict[str, str] = {}
        self._spellings: dict[str, list[str]] = {}
        self._parts: dict[str, int] = {}

    @property
    def notes(self) -> Iterable[Note]:
        """Every note, oldest first."""
        return self._notes.values()

    def learn(self, readings: Sequence[Reading]) -> list[Seen]:
        """Keep what the readings show; returns their hits, in order."""
        hits = [hit for reading in readings for hit in reading.hits]
        for hit in hits:
            self._lead(key(hit.title), hit.url)
            if (hit.url, 1) not in self._notes:
                self._notes[hit.url, _SNIPPET] = glimpse(hit)
        for sheet in [reading.sheet for reading in readings if reading.sheet]:
            note = note_of(sheet)
            self._notes[note.url, sheet.part] = note
            self._notes.pop((note.url, _SNIPPET), None)
            self._parts[note.url] = sheet.parts
            self._lead(key(note.title), note.url)
            for name, url in note.links.items():
                self._lead(name, url)
        return hits

    def url(self, name: str) -> str | None:
        """Where a name leads, as far as a link or a search result has shown it."""
        return self._urls.get(key(name))

    def kind(self, name: str) -> frozenset[str]:
        """What kinds of thing a name is; empty if its page is unread or does not say."""
        note = self._page(name)
        return note.kinds if note else frozenset()

    def is_read(self, name: str) -> bool:
        """Whether the page that a name leads to has been read."""
        return self._page(name) is not None

    def title(self, name: str) -> str:
        """The title of the page that a name leads to, without an aside; the name if unread."""
        note = self._page(name)
        return _ASIDE.split(note.title)[0] if note else name

    def keys(self, name: str) -> frozenset[str]:
        """The keys of all spellings of a name that are known to lead to one page."""
        url, note = self.url(name), self._page(name)
        own = (key(note.title), *note.aliases) if note else ()
        return frozenset((key(name), *own, *self._spellings.get(url or "", ())))

    def unread_parts(self, name: str) -> tuple[str, list[int]]:
        """The url of a name's page, and its parts that have not been read."""
        url = self.url(name) or ""
        count = self._parts.get(url, 0)
        return url, [part for part in range(2, count + 1) if (url, part) not in self._notes]

    def _page(self, name: str) -> Note | None:
        return self._notes.get((self._urls.get(key(name), ""), 1))

    def _lead(self, name: str, url: str) -> None:
        """Remember where a name leads; the first address stays."""
        if self._urls.setdefault(name, url) == url:
            self._spellings.setdefault(url, []).append(name)
