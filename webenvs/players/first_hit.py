"""Players that search once and answer with the title of the first hit."""

import re
from collections.abc import Mapping
from typing import Any

from webenvs.players.message import close, request, say
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


class FirstHitPlanner:
    """Delegates the whole question to one worker and answers with its report."""

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """One delegation, then the answer."""
        if observation["turn"] == 0 and not info["closing"]:
            return say("delegate", task=request(info))
        return close(info, observation["text"].removeprefix("[delegate] "))
