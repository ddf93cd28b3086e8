"""A player that clicks by rules of thumb: the honest middle of the ladder of the walk game."""

from collections.abc import Mapping
from typing import Any

from webenvs.players.message import close, request, say
from webenvs.players.script.course import followed
from webenvs.players.script.exploring import Exploring
from webenvs.players.script.results import Reading, observations, readings
from webenvs.records import Info, Observation


class Clicker:
    """Follows the link whose label is likest the question, and answers from the sentences it reads.

    All it knows it reads from its transcript each time. `tries` is how often it makes a call that
    fails, the first time counted in; None is until it succeeds. `readings` says what of an
    observation is a failure.
    """

    tries: int | None = None
    readings = staticmethod(readings)

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """The next step of the walk, or what it found."""
        first = next(entry["content"] for entry in info["messages"] if entry["role"] == "user")
        start = next((reading.sheet for reading in readings(first) if reading.sheet), None)
        if start is None:
            return close(info, "unknown")
        asked, tries = request(info), self.tries
        exploring, call = followed(
            ("walk", asked, start, tries, self.readings),
            lambda: Exploring(asked, start, tries),
            observations(info["messages"]),
            lambda text: (self.readings(text) or [Reading()])[0],
        )
        if call is not None and not info["closing"]:
            tool, arguments = call
            return say(tool, **arguments)
        return close(info, exploring.answer or "unknown")
