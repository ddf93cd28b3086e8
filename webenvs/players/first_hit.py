"""Players that look once, at the first hit or the likeliest link, and answer with its title."""

import re
from collections.abc import Mapping
from typing import Any

from webenvs.players.message import close, request, say
from webenvs.players.script.likeness import words
from webenvs.players.script.results import readings
from webenvs.records import Info, Observation

_FIRST_TITLE = re.compile(r"^(?:\[search\] )?1\. (.*)$", re.MULTILINE)


class FirstHit:
    """Searches for what it was asked, then closes with the first hit's title."""

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """One search, then the answer or report."""
        if observation["turn"] == 0 and not info["closing"]:
            return say("search", query=request(info))
        found = _FIRST_TITLE.search(observation["text"])
        return close(info, found.group(1) if found else "unknown")


class FirstHitWalker:
    """Clicks the link whose label is likest its question, then closes with that page's title."""

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """One click, then the answer or report."""
        seen = readings(observation["text"])
        sheet = seen[0].sheet if seen else None
        if sheet is None or info["closing"]:
            return close(info, "unknown")
        if observation["turn"] == 0 and sheet.links:
            asked = set(words(request(info)))
            likeness = [len(asked.intersection(words(label))) for label, _ in sheet.links]
            return say("click", link=sheet.numbers[likeness.index(max(likeness))])
        return close(info, sheet.title)


class FirstHitPlanner:
    """Delegates the whole question to one worker and answers with its report."""

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """One delegation, then the answer."""
        if observation["turn"] == 0 and not info["closing"]:
            return say("delegate", task=request(info))
        return close(info, observation["text"].removeprefix("[delegate] "))
