"""Which weights answer while a model is trained: the trained ones in turn, or a copy of them."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from baselines.grpo.policy import Policy, Prompt, Sampled, Sampling


class Trained(Policy, Protocol):
    """A policy of this process, whose weights a learner changes."""

    model: Any
    version: int


class Answering(Protocol):
    """What answers the planner's side."""

    @property
    def apart(self) -> bool:
        """Whether it can answer while the model is trained."""
        ...

    @property
    def version(self) -> int:
        """The version of the weights that answer."""
        ...

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Sampled]:
        """A message for every prompt."""
        ...

    def release(self, contexts: Sequence[str]) -> None:
        """Forget what is kept of these contexts."""
        ...

    def publish(self) -> None:
        """Answer with the trained weights from now on."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """What answers now, if it is not what is trained."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Answer with that again."""
        ...


class InTurn:
    """The trained policy itself: training and answering must take turns."""

    apart = False

    def __init__(self, policy: Trained) -> None:
        self._policy = policy

    @property
    def version(self) -> int:
        """The version of the weights."""
        return self._policy.version

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Sampled]:
        """A message for every prompt."""
        return self._policy.generate(prompts, sampling)

    def release(self, contexts: Sequence[str]) -> None:
        """Forget what is kept of these contexts."""
        self._policy.release(contexts)

    def publish(self) -> None:
        """Nothing is to be done: there is one set of weights."""

    def state_dict(self) -> dict[str, Any]:
        """Nothing: there is one set of weights."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing is to be done."""


class Apart(InTurn):
    """A copy of the trained policy, which it follows when it is told to."""

    apart = True

    def __init__(self, trained: Trained, copied: Trained) -> None:
        """`copied` is a policy on a model of its own, of the same shape as the trained one."""
        super().__init__(copied)
        self._trained = trained
        self.publish()

    def publish(self) -> None:
        """Copy the weights; the cache of the old ones is forgotten."""
        self._policy.model.load_state_dict(self._trained.model.state_dict())
        self._policy.version = self._trained.version

    def state_dict(self) -> dict[str, Any]:
        """The weights that answer, and their version."""
        weights = copy.deepcopy(self._policy.model.state_dict())
        return {"weights": weights, "version": self._policy.version}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Answer with those again."""
        self._policy.model.load_state_dict(state["weights"])
        self._policy.version = int(state["version"])
