"""The noise contract: pure functions of (key, input), where strength 0 is exactly the clean web."""

from typing import Protocol

from webenvs.records import Hit, Status

Key = tuple[object, ...]
"""(seed, tool, canonical arguments, occurrence): the same call misbehaves in the same way."""


class NoiseModel(Protocol):
    """One way to misbehave; a model leaves alone what is not its business."""

    @property
    def name(self) -> str:
        """The name written into `Result.noise` where the model changed something."""
        ...

    def fail(self, key: Key) -> Status | None:
        """The status of a simulated failure that replaces the call, or None."""
        ...

    def hits(self, key: Key, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        """The hits as they are shown."""
        ...

    def page(self, key: Key, text: str) -> str:
        """The page text as it is shown."""
        ...
