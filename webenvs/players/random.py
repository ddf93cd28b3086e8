"""A player that calls its tools at random, with words it has seen: the floor of every ladder."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from webenvs import seeding
from webenvs.players.message import close, request, say, tool_names
from webenvs.records import Info, Observation, Seat

_WORD = re.compile(r"\w+")
_URL = re.compile(r"\S+://\S+")
_LINK = re.compile(r"^\[(\d+)\] .* -> ", re.MULTILINE)
_CLOSING_RATE = 0.2
_BACK_RATE = 0.2


class _Memory(msgspec.Struct, forbid_unknown_fields=True):
    key: list[str | int]
    draws: int


class _Drawing:
    """What the players of chance share: a key for their draws, and how many they have made."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = (0, "random")
        self._draws = 0

    def reset(self, seat: Seat) -> None:
        """Start the draws of this seat's episode."""
        self._key = (seat.seed, seat.player, "random")
        self._draws = 0

    def snapshot(self) -> dict[str, Any]:
        """Key and number of its draws."""
        return {"key": list(self._key), "draws": self._draws}

    def restore(self, data: Any) -> None:
        """Go on drawing from there; raises ValueError for what is no such data."""
        memory = msgspec.convert(data, _Memory)
        self._key, self._draws = tuple(memory.key), memory.draws


class RandomPlayer(_Drawing):
    """Draws a tool and its arguments anew at every turn, keyed by seed, seat and draw."""

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """A random call; one in five closes the frame, and so does the closing message."""
        self._draws += 1
        key = (*self._key, self._draws)
        text = observation["text"]
        words = _WORD.findall(text) or ["nothing"]
        asked = _WORD.findall(request(info)) or words
        if info["closing"] or seeding.uniform(*key, "close") < _CLOSING_RATE:
            return close(info, " ".join(self._some(words, key, "answer")))
        tool = seeding.choice(tool_names(info)[:-1], *key, "tool")
        if tool == "fetch":
            urls = _URL.findall(text) or ["nowhere"]
            return say(tool, url=seeding.choice(urls, *key, "url"))
        if tool == "click":
            return say(tool, link=seeding.integer(10, *key, "link"))
        if tool == "find":
            return say(tool, text=seeding.choice(asked, *key, "find"))
        some = " ".join(self._some(asked, key, "query"))
        return say(tool, task=some) if tool == "delegate" else say(tool, query=some)

    def _some(self, words: list[str], key: tuple[object, ...], purpose: str) -> list[str]:
        count = 1 + seeding.integer(3, *key, purpose, "count")
        return [seeding.choice(words, *key, purpose, place) for place in range(count)]


class RandomWalker(_Drawing):
    """Clicks any link that it sees, goes back one time in five, and closes as seldom."""

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """A random step; where no link is in sight it goes back."""
        self._draws += 1
        key = (*self._key, self._draws)
        text = observation["text"]
        if info["closing"] or seeding.uniform(*key, "close") < _CLOSING_RATE:
            return close(info, seeding.choice(_WORD.findall(text) or ["nothing"], *key, "answer"))
        links = _LINK.findall(text)
        if not links or seeding.uniform(*key, "back") < _BACK_RATE:
            return say("back")
        return say("click", link=int(seeding.choice(links, *key, "link")))
