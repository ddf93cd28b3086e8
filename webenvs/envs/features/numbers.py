"""The numbers of the features view: what each one is, its bounds, and how they are filled in."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from webenvs.envs.features.asked import content_words
from webenvs.envs.features.candidate import Candidate
from webenvs.envs.features.candidates import Slots
from webenvs.envs.features.slots import KINDS, SPANS, K
from webenvs.envs.features.solving import Solver
from webenvs.records import FAILURES, MALFORMED, Record

Numbers = NDArray[np.float32]


class Feature(Record, frozen=True, kw_only=True):
    """One number of the observation: its name, its bounds, and a sentence."""

    name: str
    low: float = 0.0
    high: float = 1.0
    meaning: str


def _feature(name: str, meaning: str) -> Feature:
    return Feature(name=name, meaning=meaning)


PLAYER: tuple[Feature, ...] = (
    _feature("live", "1 if the player has something to do"),
    _feature("closing", "1 if the message must close the frame"),
    _feature("is_root", "1 if its closing call answers, 0 if it reports to another"),
    _feature("can_search", "1 if it can search now"),
    _feature("can_fetch", "1 if it can open pages by address now"),
    _feature("can_click", "1 if it can follow links now"),
    _feature("can_delegate", "1 if it can delegate now"),
    _feature("turns_used", "its messages in this frame, of the turn budget"),
    _feature("turns_left", "1 / (1 + messages left before the closing one)"),
    _feature("invalid_left", "malformed messages left, of 3"),
    _feature("characters_left", "characters left to read and write, of 100,000; 1 without a limit"),
    _feature("seconds_left", "virtual seconds left, of 600; 1 without a limit"),
    _feature("searches", "searches made, of 10"),
    _feature("pages", "pages read, of 10"),
    _feature("delegations", "delegations made, of 10"),
    _feature("reports", "reports received, of 10"),
    _feature("last_ok", "1 if the last call brought something new"),
    _feature("last_empty", "1 if the last call found nothing"),
    _feature("last_failed", "1 if the last call failed and can be made again"),
    _feature("last_refused", "1 if the last call was refused: a duplicate, or over a budget"),
    _feature("last_malformed", "1 if the last message held no call, or a wrong one"),
    _feature("asks_date", "1 if the request asks for a date"),
    _feature("asks_year", "1 if the request asks for a year"),
    _feature("asks_number", "1 if the request asks for a number"),
    _feature("asks_name", "1 if the request asks for a name"),
    _feature("asks_other", "1 if the request asks for yes or no, or for several things"),
    _feature("steps", "steps that the request seems to have, of 8"),
    _feature("anchors", "names and values in the request, of 8"),
    _feature("best_progress", "share of the steps that what was read solves"),
    _feature("best_answer", "strength of the first candidate answer"),
    _feature("best_unread", "strength of the first page that could be opened"),
)
"""The features of the player, in order."""

SLOT: tuple[Feature, ...] = (
    _feature("legal", "1 if the slot holds a call"),
    _feature("progress", "share of the request's steps that are behind the call"),
    _feature("strength", "how much the call promises, by what was read"),
    _feature("fit", "1 if it is of the type that the request asks for"),
    _feature("shared", "share of its words that the request has"),
    _feature("rank", "its reciprocal rank where it was found; 0 if it has none"),
    _feature("support", "lines or links that speak for it, of 8"),
    _feature("visited", "1 if the page of what it is about was read"),
    _feature("again", "1 if the call was made before and failed"),
    _feature("lead", "how far its strength is ahead of the next slot of its kind"),
)
"""The features of every slot, in order."""

FEATURES: tuple[Feature, ...] = (
    *PLAYER,
    *(
        Feature(
            name=f"{kind.name}_{number}.{one.name}",
            low=one.low,
            high=one.high,
            meaning=f"{one.meaning} (slot {SPANS[kind.name][number]})",
        )
        for kind in KINDS
        for number in range(kind.count)
        for one in SLOT
    ),
)
"""Every number of an observation, in order."""

F = len(FEATURES)
"""The number of features."""

_WIDTH = len(SLOT)
_FIRST = len(PLAYER)
_PLACE: Mapping[str, int] = {feature.name: place for place, feature in enumerate(PLAYER)}
_REFUSED = frozenset({"duplicate", "over_budget", "blocked", "withdrawn"})


def observation_space() -> Box:
    """One flat box of float32, the same for every player, game and id."""
    low = np.array([one.low for one in FEATURES], dtype=np.float32)
    high = np.array([one.high for one in FEATURES], dtype=np.float32)
    return Box(low, high, dtype=np.float32)


def action_space() -> Discrete:
    """The number of a slot, the same for every player, game and id."""
    return Discrete(K)


def nothing(*, live: bool = False) -> Numbers:
    """The numbers of a player that has nothing to do."""
    numbers = np.zeros(F, dtype=np.float32)
    numbers[_PLACE["live"]] = live
    return numbers


def numbers(
    solver: Solver, slots: Slots, info: Mapping[str, Any], facts: Mapping[str, float]
) -> Numbers:
    """The observation of a live player."""
    row = [0.0] * F
    _player(row, solver, slots, info, facts)
    words = solver.known.asked.words
    after: Candidate | None = None
    for slot in range(K - 1, -1, -1):
        one = slots[slot]
        if one is not None:
            first = _FIRST + slot * _WIDTH
            row[first : first + _WIDTH] = _slot(one, words, after)
        after = one
    return np.array(row, dtype=np.float32)


def _slot(one: Candidate, asked: frozenset[str], after: Candidate | None) -> Sequence[float]:
    """The numbers of a slot's candidate; `after` is that of the next slot."""
    words = content_words(one.text)
    ahead = one.strength - after.strength if after is not None and after.tool == one.tool else 0.0
    return (
        1.0,
        one.progress,
        one.strength,
        one.fit,
        len(words & asked) / len(words) if words else 0.0,
        one.rank,
        one.support / 8 if one.support < 8 else 1.0,
        one.visited,
        one.again,
        ahead if ahead > 0.0 else 0.0,
    )


def _player(
    row: list[float],
    solver: Solver,
    slots: Slots,
    info: Mapping[str, Any],
    facts: Mapping[str, float],
) -> None:
    known = solver.known
    budget = info["budget"]
    wants = known.asked.wants
    statuses = info["statuses"]
    told = {
        **facts,
        "live": 1.0,
        "closing": float(info["closing"]),
        "invalid_left": min(1.0, budget.get("invalid", 0) / 3),
        "characters_left": min(1.0, budget.get("characters", 100_000) / 100_000),
        "seconds_left": min(1.0, budget.get("seconds", 600) / 600),
        "searches": min(1.0, known.counts.get("search", 0) / 10),
        "pages": min(1.0, len(known.read) / 10),
        "delegations": min(1.0, known.counts.get("delegate", 0) / 10),
        "reports": min(1.0, len(known.reports) / 10),
        "last_ok": float("ok" in statuses),
        "last_empty": float("empty" in statuses or "not_found" in statuses),
        "last_failed": float(any(status in FAILURES for status in statuses)),
        "last_refused": float(any(status in _REFUSED for status in statuses)),
        "last_malformed": float(any(status in MALFORMED for status in statuses)),
        f"asks_{wants if wants in ('date', 'year', 'number', 'name') else 'other'}": 1.0,
        "steps": min(1.0, len(solver.steps) / 8),
        "anchors": min(1.0, len(known.asked.anchors) / 8),
        "best_progress": solver.progress,
        "best_answer": _first(slots, "close"),
        "best_unread": _first(slots, "fetch"),
    }
    for name, value in told.items():
        row[_PLACE[name]] = value


def _first(slots: Slots, kind: str) -> float:
    one = slots[SPANS[kind][0]]
    return one.strength if one is not None else 0.0
