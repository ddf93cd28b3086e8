"""A player that clicks by rules of thumb: the honest middle of the ladder of the walk game."""

from collections.abc import Mapping
from typing import Any

from webenvs.players.message import close, request, say
from webenvs.players.script.exploring import Exploring
from webenvs.players.script.results import Reading, observations, readings
from webenvs.records import Info, Observation


class Clicker:
    """Follows the link whose label is likest the question, and answers from the sentences it reads.

    All it knows it reads from its transcript each time.
    """

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """The next step of the walk, or what it found."""
        first = next(entry["content"] for entry in info["messages"] if entry["role"] == "user")
        start = next((reading.sheet for reading in readings(first) if reading.sheet), None)
        if start is None:
            return close(info, "unknown")
        exploring = Exploring(request(info), start)
        steps = exploring.run()
        try:
            call = next(steps)
            for text in observations(info["messages"]):
                call = steps.send((readings(text) or [Reading()])[0])
        except StopIteration:
            call = None
        if call is not None and not info["closing"]:
            tool, arguments = call
            return say(tool, **arguments)
        return close(info, exploring.answer or "unknown")
