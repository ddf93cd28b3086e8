"""The concrete calls of every slot, best first inside a kind, from what a player knows."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from heapq import nlargest
from typing import Any, NamedTuple

from webenvs.envs.features.answers import answers
from webenvs.envs.features.asked import Step, Tie, content_words
from webenvs.envs.features.delegating import tasks
from webenvs.envs.features.knowledge import Address, Knowledge
from webenvs.envs.features.reading import plain
from webenvs.envs.features.slots import COUNTS, SPANS, K
from webenvs.envs.features.solving import Solver
from webenvs.players.script.concepts import KINDS, related
from webenvs.players.script.names import key
from webenvs.players.script.notes import meaning


class Candidate(NamedTuple):
    """A call in true names, and what makes it worth making, each from 0 to 1.

    `progress` is the share of the request's steps behind it, `strength` how much it promises,
    `fit` whether it is of the type that is asked for, `rank` its reciprocal rank where it was
    found, `support` how many statements speak for it.
    """

    tool: str
    arguments: dict[str, Any]
    text: str
    progress: float = 0.0
    strength: float = 0.0
    fit: float = 0.0
    rank: float = 0.0
    support: int = 0
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


def candidates(solver: Solver, tools: Tools) -> Slots:
    """The call of every slot; None where there is none that could be made."""
    slots: Slots = [None] * K
    known = solver.known
    solver.update()
    if tools.can("search"):
        _searches(slots, solver)
    if tools.can("fetch") and known.addresses:
        _place(slots, "fetch", _fetches(solver))
    if known.sheet is not None:
        _on_page(slots, solver, tools)
    if tools.can("delegate"):
        _delegations(slots, solver)
    found = [
        Candidate(
            "close",
            {"text": one.text},
            one.text,
            one.progress,
            one.strength,
            one.fit,
            support=one.count,
            visited=known.is_read(one.key),
        )
        for one in answers(solver, COUNTS["close"])
    ]
    _place(slots, "close", found)
    slots[SPANS["give_up"][0]] = _GIVE_UP
    return slots


_GIVE_UP = Candidate("close", {"text": ""}, "")


def _place(slots: Slots, kind: str, found: Iterable[Candidate]) -> None:
    for slot, candidate in zip(SPANS[kind], found, strict=False):
        slots[slot] = candidate


def _searches(slots: Slots, solver: Solver) -> None:
    known = solver.known
    made = known.done

    def _new(queries: Iterable[tuple[str, float]], progress: float) -> list[Candidate]:
        return [
            Candidate("search", {"query": query}, query, progress, strength)
            for query, strength in dict(queries).items()
            if ("search", query) not in made
        ]

    progress = solver.open_step / len(solver.steps)
    entities, joined = _queries(solver)
    _place(slots, "search_request", _new([(known.asked.text, 0.5)], 0.0))
    _place(slots, "search_part", _new([(part, 0.3) for part in known.asked.parts], 0.0))
    _place(slots, "search_entity", _new(entities, progress))
    _place(slots, "search_joined", _new(joined, progress))


def _queries(solver: Solver) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """Names that the open step starts from or may lead to; and such names with its words."""
    number = solver.open_step
    step = solver.steps[number]
    found = solver.found[number]
    entities: list[tuple[str, float]] = []
    joined: list[tuple[str, float]] = []
    for tie in step.ties:
        others = [solver.sources(one)[:1] for one in step.ties if one is not tie]
        rest = " ".join(one[0][1] for one in others if one)
        near = near_words(step, tie)
        for place, (_, name) in enumerate(solver.sources(tie)[:2]):
            strength = 1.0 - 0.4 * place
            entities.append((name, strength))
            joined.append((_worded(name, step.noun, tie.hop.text), strength))
            if rest:
                joined.append((f"{name} {rest} {step.noun}".strip(), strength))
            joined.append((f"{name} {near}".strip(), strength - 0.3))
    if step.type == "name":
        entities += [(one.text, 0.6 * one.strength) for one in found[:4]]
    joined.sort(key=lambda one: -one[1])
    return entities, joined


def _worded(name: str, *words: str) -> str:
    """A name with these words, each once."""
    said = dict.fromkeys(word for one in words for word in one.split())
    return " ".join([name, *said])


@lru_cache(maxsize=4096)
def near_words(step: Step, tie: Tie) -> str:
    """Other words for what a tie says and for the kinds that a step seeks."""
    meant = sorted({label for one in tie.hop.about for label in one})
    said = [word for label in meant for word in related(label)][:6]
    kinds = [word for kind in sorted(step.kinds) for word in KINDS.get(kind, "").split()[:4]]
    return " ".join(dict.fromkeys([*said, *kinds]))


def _wanted(solver: Solver) -> dict[str, float]:
    """The keys of the pages worth reading for the open step, and how much."""
    number = solver.open_step
    step = solver.steps[number]
    wanted: dict[str, float] = {}
    for tie in step.ties:
        for place, (source, _) in enumerate(solver.sources(tie)):
            for one in solver.known.keys(source):
                wanted[one] = max(wanted.get(one, 0.0), 1.0 - 0.25 * place)
    if step.type == "name":
        for place, one in enumerate(solver.found[number][:4]):
            worth = 0.9 * one.strength - 0.05 * place
            for spelled in solver.known.keys(one.key):
                wanted[spelled] = max(wanted.get(spelled, 0.0), worth)
    return wanted


def _speaking(solver: Solver) -> tuple[list[str], frozenset[str]]:
    """The names that the open step starts from, and what it is about."""
    step = solver.steps[solver.open_step]
    names = [name for tie in step.ties for _, name in solver.sources(tie)]
    about = frozenset(label for tie in step.ties for meant in tie.hop.about for label in meant)
    return names, about | {one for one in step.about if not one.startswith("kind:")}


def _fetches(solver: Solver) -> list[Candidate]:
    known = solver.known
    wanted = _wanted(solver)
    names, about = _speaking(solver)
    done = known.done
    scored = []
    for place, one in enumerate(known.addresses.values()):
        if one.url in known.read or ("fetch", one.url) in done:
            continue
        worth = wanted.get(one.key, 0.0)
        if worth <= 0.0:
            worth = _promise(one, names, about, solver)
        else:
            worth += 0.1 * _share(one.title, known) - 0.1
        scored.append((worth + (0.1 / one.rank if one.rank else 0.0), -place, one))
    best = nlargest(COUNTS["fetch"], scored)
    progress = solver.open_step / len(solver.steps)
    return [
        _opened(known, "fetch", {"url": one.url}, one.title, worth, one.rank, progress)
        for worth, _, one in best
    ]


def _promise(one: Address, names: list[str], about: frozenset[str], solver: Solver) -> float:
    """What a page promises that is not of a thing that is sought, by its title and snippet."""
    known = solver.known
    titled = meaning(one.title) & about
    worth = 0.2 * _share(one.title, known) + (0.25 if titled else 0.0)
    if one.snippet and any(name in one.snippet for name in names):
        worth += 0.2
    if known.kinds.get(one.key, _NONE) & solver.steps[solver.open_step].kinds:
        worth += 0.2
    if "disambiguation" in one.title:
        worth -= 0.2
    return worth


def _share(title: str, known: Knowledge) -> float:
    """The share of a title's words that the request has."""
    words = content_words(title)
    return len(words & known.asked.words) / len(words) if words else 0.0


def _opened(
    known: Knowledge,
    tool: str,
    arguments: dict[str, Any],
    title: str,
    worth: float,
    rank: int,
    progress: float,
) -> Candidate:
    one = key(plain(title))
    return Candidate(
        tool,
        arguments,
        title,
        progress,
        min(1.0, worth),
        float(bool(known.kinds.get(one, _NONE) & known.asked.steps[-1].kinds)),
        1.0 / rank if rank else 0.0,
        len(known.statements.get(one, ())),
    )


_NONE: frozenset[str] = frozenset()


def _on_page(slots: Slots, solver: Solver, tools: Tools) -> None:
    known = solver.known
    sheet = known.sheet
    if sheet is None:
        return
    progress = solver.open_step / len(solver.steps)
    wanted = _wanted(solver)
    names, about = _speaking(solver)
    if tools.can("click"):
        _place(slots, "click", _clicks(solver, sheet.url, wanted, progress))
    ahead = sheet.part + 1
    if ahead <= sheet.parts and (sheet.url, ahead) not in known.parts_read:
        strength = wanted.get(key(plain(sheet.title)), 0.2)
        if tools.can("fetch"):
            arguments: dict[str, Any] = {"url": sheet.url, "page": ahead}
            slots[SPANS["read_on"][0]] = Candidate(
                "fetch", arguments, sheet.title, progress, strength
            )
        elif tools.can("read"):
            slots[SPANS["read_on"][0]] = Candidate(
                "read", {"part": ahead}, sheet.title, progress, strength
            )
    if sheet.parts > 1 and tools.can("find"):
        texts = [*names[:1], *sorted(about)]
        new = [one for one in texts if one and ("find", f"{one} {sheet.url}") not in known.done]
        _place(slots, "find", [Candidate("find", {"text": one}, one, progress) for one in new])
    if known.trail and tools.can("back"):
        behind = [
            links[0].strength
            for url in known.trail
            if (links := _clicks(solver, url, wanted, progress, 1))
        ]
        title = known.sheets[known.trail[-1]].title
        slots[SPANS["back"][0]] = Candidate("back", {}, title, progress, max(behind, default=0.0))


def _clicks(
    solver: Solver,
    url: str,
    wanted: Mapping[str, float],
    progress: float,
    count: int = COUNTS["click"],
) -> list[Candidate]:
    """The links of a page that were not followed, the most promising first.

    Words of the request count, and that few pages lead there: a menu leads everywhere always.
    """
    known = solver.known
    sheet = known.sheets[url] if known.sheet is None or known.sheet.url != url else known.sheet
    scored = []
    for place, (number, (label, to)) in enumerate(zip(sheet.numbers, sheet.links, strict=True)):
        if to in known.read or ("open", to) in known.done:
            continue
        worth = max(
            wanted.get(key(plain(label)), 0.0),
            0.2 * len(meaning(label) & known.asked.labels) + 0.25 / (1 + known.leading[to]),
        )
        scored.append((worth, -place, number, label))
    return [
        _opened(known, "click", {"link": number}, label, worth, 1 - place, progress)
        for worth, place, number, label in nlargest(count, scored)
    ]


def _delegations(slots: Slots, solver: Solver) -> None:
    known = solver.known
    whole, parts, joined = tasks(solver)

    def _new(texts: Iterable[str], strength: float) -> list[Candidate]:
        return [
            Candidate("delegate", {"task": text}, text, solver.progress, strength)
            for text in dict.fromkeys(texts)
            if ("delegate", text) not in known.done
        ]

    _place(slots, "delegate_request", _new([whole], 0.5))
    _place(slots, "delegate_part", _new(parts, 0.6))
    _place(slots, "delegate_joined", _new(joined, 0.8))
