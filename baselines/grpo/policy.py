"""What a rollout engine asks of a policy: the next tokens of many contexts at once."""

from collections.abc import Sequence
from typing import Literal, Protocol

from webenvs.records import Record


class Sampling(Record, frozen=True, kw_only=True):
    """How tokens are drawn: temperature 0 takes the likeliest."""

    temperature: float = 1.0
    top_p: float = 1.0


class Prompt(Record, frozen=True, kw_only=True):
    """A context that wants a message.

    `context` names it for the policy's cache: a later prompt of the same name begins with all that
    the earlier one held and was answered. `key` decides every draw of the message, whatever else is
    in the batch. At most `limit` tokens are sampled; a token of `stops` ends the message and is its
    last.
    """

    context: str
    token_ids: tuple[int, ...]
    key: tuple[str | int, ...]
    limit: int
    stops: tuple[int, ...]


class Sampled(Record, frozen=True, kw_only=True):
    """The tokens of a message with the log-probs they were drawn with (at temperature 1)."""

    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    finish: Literal["stop", "length"]


class Policy(Protocol):
    """A model as the engine sees it."""

    @property
    def name(self) -> str:
        """A short name: shared, planner, worker."""
        ...

    @property
    def version(self) -> int:
        """How many updates its weights have had."""
        ...

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Sampled]:
        """A message for every prompt, in their order; raises PolicyError where it cannot serve."""
        ...

    def release(self, contexts: Sequence[str]) -> None:
        """Forget what is kept of these contexts; unknown ones are ignored."""
        ...


class PolicyError(Exception):
    """The policy cannot answer (a server is down, memory is full): the infrastructure's fault."""
