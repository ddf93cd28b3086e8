"""What a player knows in its frame: everything it has read, and where that leads."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from webenvs.envs.features.asked import Asked, asked, content_words
from webenvs.envs.features.reading import (
    Leaf,
    Span,
    fails,
    glimpse_of,
    hits_in,
    late_task,
    leaf_of,
    plain,
    report_of,
    sheet_in,
    value_of,
)
from webenvs.players.script.names import key
from webenvs.players.script.notes import meaning
from webenvs.players.script.results import Seen, Sheet
from webenvs.text import clip, one_line

TRIES = 3
"""How often a call that fails is offered."""


_NONE: frozenset[str] = frozenset()
_CLICKED = {"click": "open"}


class Address(NamedTuple):
    """A page that can be opened: its title or label, its url, its best rank, the first snippet.

    `shared` is the share of the title's words that the request has, `about` what it speaks of.
    """

    title: str
    key: str
    url: str
    rank: int
    snippet: str
    shared: float
    about: frozenset[str]


class Loose:
    """Something that was read anywhere: how many words of the request stood by it, how often."""

    __slots__ = ("count", "shared", "span")

    def __init__(self, span: Span) -> None:
        """Nothing stood beside it yet."""
        self.span, self.shared, self.count = span, 0.0, 0


class Knowledge:
    """What was read in a frame, built up result by result.

    `revision` grows with everything that is learned; `leaves` are what was read, oldest first;
    `leading` counts the pages that link to a url; `site` is where a walker began, "" for others.
    """

    def __init__(self, request: str) -> None:
        """Nothing is known but the request."""
        self.request = request
        self.asked: Asked = asked(request)
        self.revision = 0
        self.addresses: dict[str, Address] = {}
        self.urls: dict[str, str] = {}
        self.read: dict[str, int] = {}
        self.parts_read: set[tuple[str, int]] = set()
        self.site = ""
        self.sheet: Sheet | None = None
        self.sheets: dict[str, Sheet] = {}
        self.trail: list[str] = []
        self.reports: dict[str, str] = {}
        self.done: set[tuple[str, str]] = set()
        self.counts: Counter[str] = Counter()
        self.leading: Counter[str] = Counter()
        self.anchors = frozenset(one.key for one in self.asked.anchors)
        self.leaves: list[Leaf] = []
        self.kinds: dict[str, frozenset[str]] = {}
        self.tries: Counter[tuple[str, str]] = Counter()
        self._spelled: dict[str, list[str]] = {}
        self._titles: set[str] = set()
        self._places: set[tuple[str, int]] = set()
        self._loose: dict[str, dict[str, Loose]] = {}
        self._sifted: dict[str, int] = {}

    def learn(self, tool: str, value: str, content: str) -> None:
        """Take in the result of a call, or a report that comes late, after another call."""
        late = late_task(content)
        if late is not None:
            self.revision += 1
            self._learn_report(self._task(late), content)
            return
        call = (_CLICKED.get(tool, tool), value)
        self.counts[tool] += 1
        self.tries[call] += 1
        if not fails(content) or self.tries[call] >= TRIES:
            self.done.add(call)
        self.revision += 1
        if tool == "search":
            self._learn_hits(hits_in(content))
        elif tool == "delegate":
            self._learn_report(value, content)
        elif tool != "find":
            self._learn_sheet(tool, content)

    def keys(self, one: str) -> tuple[str, ...]:
        """The keys of all spellings of a key that are known to lead to one page, itself first."""
        others = self._spelled.get(self.urls.get(one, ""), ())
        return (one,) if len(others) < 2 else (one, *(other for other in others if other != one))

    def loose(self, type_: str) -> Mapping[str, Loose]:
        """Whatever of a type was read anywhere, by key."""
        found = self._loose.setdefault(type_, {})
        sifted, labels = self._sifted.get(type_, 0), self.asked.labels
        if sifted < len(self.leaves):
            self._sifted[type_] = len(self.leaves)
            for leaf in self.leaves[sifted:]:
                around = 0.5 * len(labels & leaf.title)
                for span, line in leaf.given.get(type_, ()):
                    shared = len(labels & line.statement.about) + around
                    known = found.get(span.key)
                    if known is None:
                        known = found[span.key] = Loose(span)
                    known.count += 1
                    if shared > known.shared:
                        known.shared = shared
        return found

    def is_read(self, one: str) -> bool:
        """Whether the page that a key leads to was read."""
        return any(spelled in self._titles for spelled in self.keys(one))

    def kinds_of(self, one: str) -> frozenset[str]:
        """The kinds of thing that a key is; empty if nothing says."""
        for spelled in self.keys(one):
            found = self.kinds.get(spelled)
            if found:
                return found
        return _NONE

    def link(self, number: object) -> str:
        """Where a link of the page that is open leads; "" for no link of it."""
        if self.sheet is not None and number in self.sheet.numbers:
            return self.sheet.links[self.sheet.numbers.index(int(str(number)))][1]
        return ""

    def _learn_hits(self, hits: Iterable[Seen]) -> None:
        for rank, hit in enumerate(hits, start=1):
            self._lead(hit.title, hit.url, rank, hit.snippet)
            if hit.url not in self.read:
                self._learn_leaf((hit.url, 0), glimpse_of(hit))

    def _task(self, told: str) -> str:
        """The task that was delegated and is told again; "" for none."""
        tasks = [value for tool, value in self.tries if tool == "delegate"]
        return next((task for task in tasks if repr(clip(one_line(task), 200)) == told), "")

    def _learn_report(self, task: str, content: str) -> None:
        said = value_of(content)
        if said:
            self.reports[task] = said
        self._learn_leaf(("", -self.revision), report_of(content))

    def _learn_sheet(self, tool: str, content: str) -> None:
        sheet = sheet_in(content)
        if sheet is None:
            return
        if self.sheet is not None and self.sheet.url != sheet.url:
            if tool == "back" and self.trail:
                self.trail.pop()
            else:
                self.trail.append(self.sheet.url)
        if tool == "start":
            self.site = "/".join(sheet.url.split("/")[:3])
        self.sheet = sheet
        if sheet.url not in self.read:
            self.leading.update({url for _, url in sheet.links})
        self.sheets.setdefault(sheet.url, sheet)
        self.read.setdefault(sheet.url, len(self.read))
        self.parts_read.add((sheet.url, sheet.part))
        self._lead(sheet.title, sheet.url, 0, "")
        for label, url in sheet.links:
            self._lead(label, url, 0, "")
        leaf = leaf_of(content)
        if leaf is not None:
            self._learn_leaf((sheet.url, sheet.part), leaf)

    def _lead(self, name: str, url: str, rank: int, snippet: str) -> None:
        one = key(plain(name))
        if self.urls.setdefault(one, url) == url:
            spelled = self._spelled.setdefault(url, [])
            if one not in spelled:
                spelled.append(one)
        known = self.addresses.get(url)
        if known is None:
            words = content_words(name)
            shared = len(words & self.asked.words) / len(words) if words else 0.0
            self.addresses[url] = Address(name, one, url, rank, snippet, shared, meaning(name))
        elif rank and not 0 < known.rank <= rank:
            self.addresses[url] = known._replace(rank=rank, snippet=known.snippet or snippet)

    def _learn_leaf(self, place: tuple[str, int], leaf: Leaf) -> None:
        if place in self._places:
            return
        self._places.add(place)
        self.leaves.append(leaf)
        if place[1] > 0:
            self._titles.add(leaf.key)
        if place[1] == 1 or leaf.key not in self.kinds:
            self.kinds[leaf.key] = leaf.kinds
