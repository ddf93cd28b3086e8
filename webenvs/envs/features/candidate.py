"""A call that a player could make now, and what it can call at all."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Candidate(NamedTuple):
    """A call in true names, and what makes it worth making, each from 0 to 1.

    `progress` is the share of the request's steps behind it, `strength` how much it promises,
    `fit` whether it is of the type that is asked for, `rank` its reciprocal rank where it was
    found, `support` how many lines or links speak for it, `visited` whether the page of what it is
    about was read, `again` whether it was made before and failed.
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
    again: bool = False


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
