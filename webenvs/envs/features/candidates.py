"""The concrete calls of every slot, best first inside a kind, from what a player knows."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from webenvs.envs.features.asked import content_words
from webenvs.envs.features.knowledge import Knowledge, Thing
from webenvs.envs.features.slots import SPANS, K
from webenvs.players.script.names import key


class Candidate(NamedTuple):
    """A call in true names, and what makes it worth making.

    `progress` is the share of the request's hops that lie behind it, `strength` how surely, `fit`
    whether it is of the type asked for, `rank` its reciprocal rank where it was found, `support`
    how many statements speak for it, `depth` how many steps led to it.
    """

    tool: str
    arguments: dict[str, Any]
    text: str
    progress: float = 0.0
    strength: float = 0.0
    fit: float = 0.0
    rank: float = 0.0
    support: int = 0
    depth: int = 0
    visited: bool = False


Slots = list[Candidate | None]


class Tools(NamedTuple):
    """What a player can call now, by true names, and how it closes; `left` what limits leave."""

    web: frozenset[str]
    delegate: str
    closing: str
    left: Mapping[str, float]
    only_closing: bool = False

    def can(self, tool: str) -> bool:
        """Whether a call of a tool would be carried out."""
        if self.only_closing or self.left.get(tool, 1) <= 0:
            return False
        if tool == "delegate":
            return bool(self.delegate) and self.left.get("delegations", 1) > 0
        return tool in self.web


def candidates(known: Knowledge, tools: Tools) -> Slots:
    """The call of every slot; None where there is none that could be made."""
    slots: Slots = [None] * K
    led = _led(known)
    if tools.can("search"):
        _place(slots, "search_request", _searches(known, [known.asked.text], 0.0))
        _place(slots, "search_part", _parts(known, "search"))
        _place(slots, "search_entity", _entities(known, led))
        _place(slots, "search_joined", _joined(known, led, "search"))
    if tools.can("fetch"):
        _place(slots, "fetch", _fetches(known))
    if known.sheet is not None:
        _open_page(slots, known, tools)
    if tools.can("delegate"):
        _place(slots, "delegate_request", _delegations(known, [known.asked.text]))
        _place(slots, "delegate_part", _parts(known, "delegate"))
        _place(slots, "delegate_joined", _joined(known, led, "delegate"))
    _place(slots, "close", _answers(known, tools.closing))
    _place(slots, "give_up", [Candidate("close", {"text": ""}, "")])
    return slots


def _place(slots: Slots, kind: str, found: list[Candidate]) -> None:
    for slot, candidate in zip(SPANS[kind], found, strict=False):
        slots[slot] = candidate


def _searches(known: Knowledge, queries: list[str], progress: float) -> list[Candidate]:
    return [
        Candidate("search", {"query": query}, query, progress=progress)
        for query in queries
        if ("search", query) not in known.calls
    ]


def _delegations(known: Knowledge, tasks: list[str]) -> list[Candidate]:
    return [
        Candidate("delegate", {"task": task}, task)
        for task in tasks
        if ("delegate", task) not in known.calls
    ]


def _parts(known: Knowledge, tool: str) -> list[Candidate]:
    parts = list(known.asked.parts)
    return _searches(known, parts, 0.0) if tool == "search" else _delegations(known, parts)


def _led(known: Knowledge) -> list[Thing]:
    """Names and years that a hop leads on from, the farthest and surest first."""
    hops = len(known.asked.hops)
    found = [
        thing
        for thing in known.things.values()
        if 0 < thing.hops < max(hops, 2) and thing.type in ("name", "year")
    ]
    found.sort(key=lambda thing: (-thing.strength, thing.depth))
    return found


def _entities(known: Knowledge, led: list[Thing]) -> list[Candidate]:
    return [
        _of(known, thing, "search", {"query": thing.name}, thing.name)
        for thing in led[:12]
        if ("search", thing.name) not in known.calls
    ]


def _joined(known: Knowledge, led: list[Thing], tool: str) -> list[Candidate]:
    found = []
    hops = known.asked.hops
    for thing in led[:8]:
        if thing.hops >= len(hops):
            continue
        words = hops[thing.hops].text
        if tool == "search":
            text, arguments = f"{thing.name} {words}", {"query": f"{thing.name} {words}"}
        else:
            rest = " of the ".join(hop.text for hop in reversed(hops[thing.hops :]))
            text = f"{rest} of {thing.name}"
            arguments = {"task": text}
        if (tool, text) not in known.calls:
            found.append(_of(known, thing, tool, arguments, text))
    return found


def _of(
    known: Knowledge, thing: Thing, tool: str, arguments: dict[str, Any], text: str
) -> Candidate:
    hops = max(1, len(known.asked.hops))
    return Candidate(
        tool,
        arguments,
        text,
        progress=thing.hops / hops,
        strength=thing.strength / hops,
        fit=_fit(known, thing),
        support=thing.support,
        depth=thing.depth,
        visited=known.urls.get(thing.key, "") in known.read,
    )


def _worth(known: Knowledge, title: str, snippet: str, rank: int) -> tuple[float, Thing | None]:
    """How much a page promises: by the thing it is of, by what its label and snippet speak of."""
    thing = known.things.get(key(title))
    worth = 1.0 / rank if rank else 0.0
    words = content_words(title)
    asked = content_words(known.asked.text)
    worth += len(words & asked) / max(1, len(words))
    if thing is not None:
        worth += 1.5 + thing.strength
    return worth, thing


def _fetches(known: Knowledge) -> list[Candidate]:
    scored = []
    for address in known.addresses.values():
        if address.url in known.read or ("fetch", address.url) in known.calls:
            continue
        worth, thing = _worth(known, address.title, address.snippet, address.rank)
        scored.append((-worth, address.rank or 99, address.url, address, thing))
    scored.sort(key=lambda entry: entry[:3])
    return [
        _opened(known, "fetch", {"url": entry[3].url}, entry[3].title, entry[4], entry[3].rank)
        for entry in scored[:10]
    ]


def _opened(
    known: Knowledge,
    tool: str,
    arguments: dict[str, Any],
    title: str,
    thing: Thing | None,
    rank: int,
) -> Candidate:
    hops = max(1, len(known.asked.hops))
    return Candidate(
        tool,
        arguments,
        title,
        progress=thing.hops / hops if thing else 0.0,
        strength=thing.strength / hops if thing else -0.5,
        fit=_fit(known, thing) if thing else 0.5,
        rank=1.0 / rank if rank else 0.0,
        support=thing.support if thing else 0,
        depth=thing.depth if thing else 0,
    )


def _open_page(slots: Slots, known: Knowledge, tools: Tools) -> None:
    sheet = known.sheet
    if sheet is None:
        return
    if tools.can("click"):
        _place(slots, "click", _clicks(known))
    if sheet.part < sheet.parts and (sheet.url, sheet.part + 1) not in known.parts_read:
        if tools.can("fetch"):
            arguments: dict[str, Any] = {"url": sheet.url, "page": sheet.part + 1}
            _place(slots, "read_on", [Candidate("fetch", arguments, sheet.title)])
        elif tools.can("read"):
            arguments = {"part": sheet.part + 1}
            _place(slots, "read_on", [Candidate("read", arguments, sheet.title)])
    if sheet.parts > 1 and tools.can("find") and known.asked.anchors:
        text = known.asked.anchors[0].text
        if ("find", f"{text} {sheet.url}") not in known.calls:
            _place(slots, "find", [Candidate("find", {"text": text}, text)])
    if known.trail and tools.can("back"):
        _place(slots, "back", [Candidate("back", {}, known.trail[-1])])


def _clicks(known: Knowledge) -> list[Candidate]:
    sheet = known.sheet
    if sheet is None:
        return []
    scored = []
    for place, (number, (label, url)) in enumerate(zip(sheet.numbers, sheet.links, strict=True)):
        if url in known.read:
            continue
        worth, thing = _worth(known, label, "", 0)
        scored.append((-worth, place, number, label, thing))
    scored.sort(key=lambda entry: entry[:2])
    return [
        _opened(known, "click", {"link": entry[2]}, entry[3], entry[4], entry[1] + 1)
        for entry in scored[:8]
    ]


def _fit(known: Knowledge, thing: Thing) -> float:
    """Whether a thing is of the type that is asked for."""
    wants = known.asked.wants
    if wants == "date":
        return 1.0 if thing.type == "date" else 0.5 if thing.type == "year" else 0.0
    if wants in ("year", "number"):
        return 1.0 if thing.type == wants else 0.0
    return 1.0 if thing.type == "name" else 0.0


def _answers(known: Knowledge, closing: str) -> list[Candidate]:
    scored = []
    for thing in known.things.values():
        if thing.key in known.anchors:
            continue
        worth = thing.strength + 2.0 * _fit(known, thing) + 0.01 * min(thing.support, 20)
        scored.append((-worth, thing.depth, thing.key, thing))
    scored.sort(key=lambda entry: entry[:3])
    return [
        _of(known, entry[3], "close", {"text": entry[3].name}, entry[3].name)
        for entry in scored[:12]
    ]
