"""What a player knows in its frame: everything it has read, and where that leads."""

from collections.abc import Iterable
from typing import NamedTuple

from webenvs.envs.features.asked import Asked, asked
from webenvs.envs.features.reading import (
    Leaf,
    Told,
    glimpse_of,
    hits_in,
    leaf_of,
    report_of,
    sheet_in,
)
from webenvs.players.script.names import key
from webenvs.players.script.results import Seen, Sheet

_LOOSE = 0.4
_ROUNDS = 400


class Thing:
    """Something that was read: how far along the request's hops it lies, and how surely."""

    __slots__ = ("depth", "hops", "key", "name", "strength", "support", "type")

    def __init__(self, kind: str, key: str, name: str) -> None:
        """A name, date, year or number that nothing is known of yet."""
        self.type, self.key, self.name = kind, key, name
        self.hops, self.strength, self.support, self.depth = 0, -1.0, 0, 0


class Address(NamedTuple):
    """A page that can be opened: its title or label, its url, its best rank, the first snippet."""

    title: str
    url: str
    rank: int
    snippet: str


class Knowledge:
    """What was read in a frame, built up result by result."""

    def __init__(self, request: str) -> None:
        """Nothing is known but the request."""
        self.request = request
        self.asked: Asked = asked(request)
        self.things: dict[str, Thing] = {}
        self.addresses: dict[str, Address] = {}
        self.urls: dict[str, str] = {}
        self.read: dict[str, int] = {}
        self.parts_read: set[tuple[str, int]] = set()
        self.sheet: Sheet | None = None
        self.trail: list[str] = []
        self.reports: list[str] = []
        self.calls: set[tuple[str, str]] = set()
        self.counts: dict[str, int] = {}
        self.anchors = frozenset(one.key for one in self.asked.anchors)
        self._leaves: dict[tuple[str, int], Leaf] = {}
        self._mentioned: dict[str, list[tuple[Told, bool]]] = {}
        for anchor in self.asked.anchors:
            thing = self._thing(("number" if anchor.value else "name", anchor.key, anchor.text))
            thing.strength = 0.0

    def called(self, tool: str, value: str) -> None:
        """A call was made."""
        self.calls.add((tool, value))
        self.counts[tool] = self.counts.get(tool, 0) + 1

    def learn(self, tool: str, value: str, content: str) -> None:
        """Take in the result of a call."""
        if tool == "search":
            self._learn_hits(hits_in(content))
        elif tool == "delegate":
            self.reports.append(content)
            self._learn_leaf(("", -len(self.reports)), report_of(value, content, self.request))
        elif tool != "find":
            self._learn_sheet(tool, content)

    def url(self, name: str) -> str | None:
        """Where a name leads, as far as a link or a hit has shown it."""
        return self.urls.get(key(name))

    def _learn_hits(self, hits: Iterable[Seen]) -> None:
        for rank, hit in enumerate(hits, start=1):
            self._lead(hit.title, hit.url, rank, hit.snippet)
            if hit.url not in self.read:
                self._learn_leaf((hit.url, 0), glimpse_of(hit, self.request))

    def _learn_sheet(self, tool: str, content: str) -> None:
        sheet = sheet_in(content)
        if sheet is None:
            return
        if self.sheet is not None and self.sheet.url != sheet.url:
            if tool == "back" and self.trail:
                self.trail.pop()
            else:
                self.trail.append(self.sheet.url)
        self.sheet = sheet
        self.read.setdefault(sheet.url, len(self.read))
        self.parts_read.add((sheet.url, sheet.part))
        self._lead(sheet.title, sheet.url, 0, "")
        for label, url in sheet.links:
            self._lead(label, url, 0, "")
        leaf = leaf_of(content, self.request)
        if leaf is not None:
            self._learn_leaf((sheet.url, sheet.part), leaf)

    def _lead(self, name: str, url: str, rank: int, snippet: str) -> None:
        self.urls.setdefault(key(name), url)
        known = self.addresses.get(url)
        if known is None or (rank and not 0 < known.rank <= rank):
            self.addresses[url] = Address(known.title if known else name, url, rank, snippet)

    def _learn_leaf(self, place: tuple[str, int], leaf: Leaf) -> None:
        if place in self._leaves:
            return
        self._leaves[place] = leaf
        todo: dict[str, None] = {}
        for told in leaf.told:
            keys = told.mentions if leaf.is_list else told.mentions | leaf.titled
            for one in sorted(keys):
                own = one in leaf.titled or not leaf.url
                self._mentioned.setdefault(one, []).append((told, own))
                if one in self.things:
                    self._follow(self.things[one], told, todo, own=own)
        self._spread(todo)

    def _spread(self, todo: dict[str, None]) -> None:
        """Follow what was learned of things to what is said of them elsewhere."""
        for _ in range(_ROUNDS):
            if not todo:
                return
            one = next(iter(todo))
            del todo[one]
            for told, own in self._mentioned.get(one, ()):
                self._follow(self.things[one], told, todo, own=own)

    def _follow(self, base: Thing, told: Told, todo: dict[str, None], *, own: bool) -> None:
        """What a statement gives of a thing lies one hop on if it speaks of that hop."""
        hops = base.hops
        fits = told.own if own else told.other
        fit = fits[hops] if hops < len(fits) else 0.0
        strength = base.strength + fit if fit else base.strength - _LOOSE
        reached = hops + 1 if fit else hops
        if strength < -_LOOSE * 2 or base.strength < -_LOOSE:
            return
        for span in told.spans:
            if span[1] == base.key or span[1] in self.anchors:
                continue
            thing = self._thing(span)
            thing.support += 1
            if strength > thing.strength:
                thing.strength, thing.hops, thing.depth = strength, reached, base.depth + 1
                todo[span[1]] = None

    def _thing(self, span: tuple[str, str, str]) -> Thing:
        thing = self.things.get(span[1])
        if thing is None:
            thing = self.things[span[1]] = Thing(*span)
        return thing
