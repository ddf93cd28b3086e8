"""Which pages a player could open: addresses that it has seen, links of the page that is open."""

from collections.abc import Mapping
from heapq import nlargest

from webenvs.envs.features.candidate import Candidate, Tools
from webenvs.envs.features.knowledge import Address
from webenvs.envs.features.reading import plain
from webenvs.envs.features.slots import COUNTS
from webenvs.envs.features.solving import Solver
from webenvs.players.script.names import key
from webenvs.players.script.notes import meaning
from webenvs.players.script.results import Sheet


class Sought:
    """What the open step needs: keys of pages worth reading, names and words that lead there."""

    __slots__ = ("about", "kinds", "names", "progress", "solver", "wanted")

    def __init__(self, solver: Solver) -> None:
        """What the open step of `solver` needs now."""
        number = solver.open_step
        step = solver.steps[number]
        starts = [one for tie in step.ties for one in enumerate(solver.sources[tie.place])]
        self.solver = solver
        self.progress = number / len(solver.steps)
        self.kinds = step.kinds
        self.names = [name for _, (_, name) in starts]
        self.about = step.labels
        self.wanted: dict[str, float] = {}
        for place, (source, _) in starts:
            self._want(source, 1.0 - 0.25 * place)
        if step.type == "name":
            for place, one in enumerate(solver.found[number][:4]):
                self._want(one.key, 0.9 * one.strength - 0.05 * place)

    def _want(self, source: str, worth: float) -> None:
        for one in self.solver.known.keys(source):
            if worth > self.wanted.get(one, 0.0):
                self.wanted[one] = worth

    def worth(self, one: Address) -> float:
        """How much a page promises, by its title, its snippet and its rank."""
        worth = 0.2 * one.shared
        if not self.about.isdisjoint(one.about):
            worth += 0.25
        if one.snippet and any(map(one.snippet.__contains__, self.names)):
            worth += 0.2
        kinds = self.solver.known.kinds.get(one.key)
        if kinds and not kinds.isdisjoint(self.kinds):
            worth += 0.2
        if "disambiguation" in one.title:
            worth -= 0.2
        worth = max(worth, self.wanted.get(one.key, 0.0) + 0.1 * one.shared - 0.1)
        return worth + (0.1 / one.rank if one.rank else 0.0)


def fetches(sought: Sought) -> list[Candidate]:
    """Pages to open by their addresses, the most promising first."""
    known = sought.solver.known
    scored = [
        (sought.worth(one), -place, one)
        for place, one in enumerate(known.addresses.values())
        if one.url not in known.read and ("fetch", one.url) not in known.done
    ]
    return [
        _opened(sought, "fetch", {"url": one.url}, one, worth)
        for worth, _, one in nlargest(COUNTS["fetch"], scored)
    ]


def clicks(sought: Sought, sheet: Sheet, count: int = COUNTS["click"]) -> list[Candidate]:
    """The links of a page that were not followed, the most promising first.

    Words of the request count, and that few pages lead there: a menu leads everywhere always.
    """
    known = sought.solver.known
    labels, leading, wanted = known.asked.labels, known.leading, sought.wanted
    scored = []
    for place, (number, (label, url)) in enumerate(zip(sheet.numbers, sheet.links, strict=True)):
        new = url not in known.read and ("open", url) not in known.done
        if new and url.startswith(known.site):
            worth = 0.2 * len(meaning(label) & labels) + 0.25 / (1 + leading[url])
            worth = max(worth, wanted.get(key(plain(label)), 0.0))
            scored.append((worth, -place, number, url))
    return [
        _opened(sought, "click", {"link": number}, known.addresses[url], worth)
        for worth, _, number, url in nlargest(count, scored)
    ]


def _opened(
    sought: Sought, tool: str, arguments: Mapping[str, object], one: Address, worth: float
) -> Candidate:
    known = sought.solver.known
    kinds = known.kinds.get(one.key)
    return Candidate(
        tool,
        dict(arguments),
        one.title,
        sought.progress,
        max(0.0, min(1.0, worth)),
        1.0 if kinds and not kinds.isdisjoint(sought.kinds) else 0.0,
        1.0 / one.rank if one.rank else 0.0,
        known.leading[one.url],
        False,
        ("open" if tool == "click" else tool, one.url) in known.tries,
    )


def on_page(sought: Sought, sheet: Sheet, tools: Tools) -> dict[str, list[Candidate]]:
    """Calls that the open page invites, by the kind of their slots."""
    found: dict[str, list[Candidate]] = {}
    if tools.can("click"):
        found["click"] = clicks(sought, sheet)
    found["read_on"] = _ahead(sought, sheet, tools)
    if sheet.parts > 1 and tools.can("find"):
        found["find"] = _finds(sought, sheet)
    if sought.solver.known.trail and tools.can("back"):
        found["back"] = [_back(sought)]
    return found


def _ahead(sought: Sought, sheet: Sheet, tools: Tools) -> list[Candidate]:
    """The next part of the page, if there is one that was not read."""
    part = sheet.part + 1
    if part > sheet.parts or (sheet.url, part) in sought.solver.known.parts_read:
        return []
    strength = sought.wanted.get(key(plain(sheet.title)), 0.2)
    if tools.can("fetch"):
        arguments: dict[str, object] = {"url": sheet.url, "page": part}
        return [Candidate("fetch", arguments, sheet.title, sought.progress, strength)]
    if tools.can("read"):
        return [Candidate("read", {"part": part}, sheet.title, sought.progress, strength)]
    return []


def _finds(sought: Sought, sheet: Sheet) -> list[Candidate]:
    """Words of the open step to find in a long page."""
    known = sought.solver.known
    texts = [*sought.names, *sorted(sought.about)]
    new = [one for one in texts if one and ("find", one) not in known.done]
    return [Candidate("find", {"text": one}, one, sought.progress) for one in new[:1]]


def _back(sought: Sought) -> Candidate:
    """The way back, worth what the best link behind is."""
    known = sought.solver.known
    behind = [one.strength for url in known.trail for one in clicks(sought, known.sheets[url], 1)]
    title = known.sheets[known.trail[-1]].title
    return Candidate("back", {}, title, sought.progress, max(behind, default=0.0))
