"""A policy that is trained here and played by a server, which loads every version of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from baselines.grpo.model import save_model
from baselines.grpo.policy import Policy, Prompt, Sampled, Sampling


class Server(Policy, Protocol):
    """What plays and can load weights: `served.ServedPolicy`."""

    def sync(self, folder: str | Path, version: int) -> None:
        """Load the weights in `folder`, and call them `version` from now on."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class PublishedPolicy:
    """A `policy.Policy` whose `model` is trained in this process; setting `version` publishes it.

    The server must see `folder` under the same path, and serve a model of the same architecture.
    """

    def __init__(self, server: Server, model: Any, tokenizer: Any, folder: Path) -> None:
        """Publish the weights as version 0; raises PolicyError where the server takes none."""
        self.name, self.model = server.name, model
        self._server, self._tokenizer, self._folder = server, tokenizer, folder
        self.version = 0

    @property
    def version(self) -> int:
        """How many updates the weights have had that the server plays."""
        return self._server.version

    @version.setter
    def version(self, version: int) -> None:
        save_model(self.model, self._tokenizer, self._folder / self.name)
        self._server.sync(self._folder / self.name, version)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Sampled]:
        """A message of the server for every prompt, in their order."""
        return list(self._server.generate(prompts, sampling))

    def release(self, contexts: Sequence[str]) -> None:
        """Tell the server that these contexts are over."""
        self._server.release(contexts)

    def close(self) -> None:
        """Let go of the connections."""
        self._server.close()


def published(
    servers: Mapping[str, Server], models: Mapping[str, Any], tokenizer: Any, folder: Path
) -> dict[str, PublishedPolicy]:
    """The policies that servers play, by name, with their weights under `folder`."""
    return {
        name: PublishedPolicy(server, models[name], tokenizer, folder)
        for name, server in servers.items()
    }
