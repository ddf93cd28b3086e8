"""Rollouts in fixed chunks, in this process or on Ray actors: who plays a chunk changes nothing.

What stands in a batch decides the last bits of its log-probs. So plays are cut into chunks by
`config.chunk` alone, an engine plays a chunk by itself, and one process and any number of actors
leave the same bytes.
"""

import logging
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import msgspec
import torch

from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.config import Config
from baselines.grpo.local import LocalPolicy
from baselines.grpo.policy import PolicyError, Sampling
from baselines.grpo.records import Group, Query, Rollout
from baselines.grpo.rollouts import Engine, Key, groups_of
from baselines.grpo.tokens import Tokens
from webenvs.errors import SettingError, bad_setting

_log = logging.getLogger(__name__)

Play = tuple[Query, int]
Build = Callable[[], "Player"]

_PLAYS = msgspec.msgpack.Decoder(list[Play])
_ROLLOUTS = msgspec.msgpack.Decoder(list[Rollout])
OBJECT_STORE = 150_000_000
"""Bytes of shared memory of a Ray of our own, where the weights do not need more."""


class Player(Protocol):
    """What plays a chunk: `rollouts.Engine`."""

    policies: Mapping[str, Any]

    def rollouts(
        self, plays: Sequence[Play], sampling: Sampling, key: Key | str | int
    ) -> list[Rollout]:
        """A rollout of every (question, index), in their order."""
        ...

    def measured(self) -> dict[str, float]:
        """Seconds and counts since the last time."""
        ...


def chunks(plays: Sequence[Play], size: int) -> list[tuple[Play, ...]]:
    """The plays in their order, `size` at a time, the last ones fewer; raises SettingError."""
    if size < 1:
        raise bad_setting("chunk", size, "at least 1 rollout")
    return [tuple(plays[start : start + size]) for start in range(0, len(plays), size)]


class LocalEngine:
    """An engine of this process, asked for a chunk at a time."""

    def __init__(self, engine: Player, config: Config) -> None:
        """Raises SettingError for a chunk of less than one rollout."""
        chunks((), config.chunk)
        self.engine, self.config = engine, config

    def groups(
        self, queries: Sequence[Query], key: Key | str | int, sampling: Sampling | None = None
    ) -> list[Group]:
        """`config.group` rollouts of every question, in the order of the questions."""
        return groups_of(self.rollouts, queries, key, self.config, sampling)

    def rollouts(
        self, plays: Sequence[Play], sampling: Sampling, key: Key | str | int
    ) -> list[Rollout]:
        """A rollout of every (question, index), in their order; raises what the engine raises."""
        return [
            rollout
            for part in chunks(plays, self.config.chunk)
            for rollout in self.engine.rollouts(part, sampling, key)
        ]

    def measured(self) -> dict[str, float]:
        """Seconds and counts since the last time."""
        return self.engine.measured()

    def close(self) -> None:
        """Nothing to let go of."""


class Weights(NamedTuple):
    """What a policy's weights are now: a stamp that tells them from others, and where they lie."""

    stamp: tuple[int, int]
    version: int
    place: Any


class RayEngine:
    """The same as LocalEngine, on Ray actors; close it, or use it in a `with` statement.

    Every actor builds its own engine once. Before it plays a chunk, it fetches the weights that
    have changed since it last played. An actor that dies is replaced and its chunk played again.
    """

    def __init__(
        self,
        config: Config,
        tokens: Tokens,
        policies: Mapping[str, LocalPolicy],
        *,
        actors: int = 2,
        restarts: int = 3,
        build: Build | None = None,
    ) -> None:
        """Start the actors, and a Ray on this machine where none is connected.

        `policies` are those that the trainer trains, by role. `build` makes an engine in an actor;
        without it, one for the config's worlds on copies of the policies' models. At most
        `restarts` actors are replaced a call. Raises SettingError for wrong numbers, or no Ray.
        """
        if actors < 1:
            raise bad_setting("ray", actors, "at least 1 actor")
        if restarts < 0:
            raise bad_setting("restarts", restarts, "0 or more")
        for policy in policies.values():
            if not isinstance(policy, LocalPolicy):
                raise bad_setting("policy", policy, "local: actors ask a server through `build`")
        chunks((), config.chunk)
        self.config, self.policies = config, policies
        self._ray = _ray()
        self._own = _connected(self._ray, actors, _bytes(policies))
        self._restarts = restarts
        made = build or partial(make_engine, config, tokens, copies(policies))
        self._recipe = self._ray.put(made)
        self._weights: dict[str, Weights] = {}
        self._count = actors
        self._actors = [self._actor() for _ in range(actors)]
        self._sums: dict[str, float] = {}

    def __enter__(self) -> "RayEngine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the actors, and Ray if it was started here; closing again does nothing."""
        for actor in self._actors:
            self._ray.kill(actor)
        self._actors, self._weights, self._recipe = [], {}, None
        if self._own:
            self._ray.shutdown()
        self._own = False

    def groups(
        self, queries: Sequence[Query], key: Key | str | int, sampling: Sampling | None = None
    ) -> list[Group]:
        """`config.group` rollouts of every question, in the order of the questions."""
        return groups_of(self.rollouts, queries, key, self.config, sampling)

    def rollouts(
        self, plays: Sequence[Play], sampling: Sampling, key: Key | str | int
    ) -> list[Rollout]:
        """A rollout of every (question, index), in their order.

        Raises what an engine raises, and PolicyError once too many actors were lost.
        """
        parts = [_written(part) for part in chunks(plays, self.config.chunk)]
        weights = self._current()
        waiting = deque(range(len(parts)))
        idle, running = deque(self._actors), dict[Any, tuple[Any, int]]()
        done: dict[int, list[Rollout]] = {}
        lost = 0
        while waiting or running:
            while waiting and idle:
                actor, number = idle.popleft(), waiting.popleft()
                running[actor.play.remote(parts[number], sampling, key, weights)] = actor, number
            ready = self._ray.wait(list(running), num_returns=1)[0][0]
            actor, number = running.pop(ready)
            found = self._played(ready)
            if found is None:
                waiting.appendleft(number)
                lost += 1
                actor = self._replaced(actor, lost)
            else:
                done[number] = found
            idle.append(actor)
        return [rollout for number in range(len(parts)) for rollout in done[number]]

    def measured(self) -> dict[str, float]:
        """Seconds and counts since the last time, summed over the actors."""
        found, self._sums = self._sums, {}
        return found

    def _played(self, ready: Any) -> list[Rollout] | None:
        """What an actor played; None if the actor is lost."""
        errors = self._ray.exceptions
        try:
            written, measured = self._ray.get(ready)
        except (errors.RayActorError, errors.WorkerCrashedError, errors.OutOfMemoryError) as error:
            _log.warning("an actor was lost: %s", error)
            return None
        except errors.RayTaskError as error:
            raise error.cause from error
        for name, value in measured.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        return _ROLLOUTS.decode(written)

    def _replaced(self, dead: Any, lost: int) -> Any:
        """A new actor in the place of a dead one; raises PolicyError if too many were lost."""
        self._actors[self._actors.index(dead)] = actor = self._actor()
        if lost > self._restarts:
            raise PolicyError(
                f"{lost} of the actors that play were lost in one call, which is more than "
                f"restarts = {self._restarts} allows: see Ray's logs, or play with fewer actors."
            )
        return actor

    def _actor(self) -> Any:
        on_gpu = not self.config.device.startswith("cpu")
        needs = {"num_cpus": 1, "num_gpus": 1 / self._count if on_gpu else 0}
        return self._ray.remote(_Actor).options(**needs).remote(self._recipe, self.config.threads)

    def _current(self) -> dict[str, Weights]:
        """Where every policy's weights lie in the object store, put there if they have changed."""
        for policy in _by_name(self.policies).values():
            stamp = _stamp(policy)
            known = self._weights.get(policy.name)
            if known is None or known.stamp != stamp:
                place = self._ray.put(trained(policy.model))
                self._weights[policy.name] = Weights(stamp, policy.version, place)
        return dict(self._weights)


class _Actor:
    """What runs in an actor: an engine, and which weights it has."""

    def __init__(self, build: Build, threads: int) -> None:
        self._build, self._threads = build, threads
        self._engine: Player | None = None
        self._stamps: dict[str, tuple[int, int]] = {}

    def play(
        self,
        plays: bytes,
        sampling: Sampling,
        key: Key | str | int,
        weights: Mapping[str, Weights],
    ) -> tuple[bytes, dict[str, float]]:
        """The rollouts of a chunk, under these weights, and what the engine measured."""
        if self._engine is None:
            torch.set_num_threads(self._threads)
            self._engine = self._build()
        for name, policy in _by_name(self._engine.policies).items():
            if name in weights and self._stamps.get(name) != weights[name].stamp:
                load(policy.model, _ray().get(weights[name].place))
                policy.version = weights[name].version
                self._stamps[name] = weights[name].stamp
        found = self._engine.rollouts(_PLAYS.decode(plays), sampling, key)
        return _written(found), self._engine.measured()


def make_engine(config: Config, tokens: Tokens, models: Mapping[str, tuple[str, Any]]) -> Engine:
    """An engine for the worlds of a config; `models` are (policy, model) by role, see `copies`."""
    made = {
        name: LocalPolicy(model.to(config.device), tokens.pad, name=name)
        for name, model in models.values()
    }
    policies = {role: made[name] for role, (name, _) in models.items()}
    return Engine(Worlds(config), tokens, policies, config)


def copies(policies: Mapping[str, LocalPolicy]) -> dict[str, tuple[str, Any]]:
    """(policy, model) by role, as they are sent to another process."""
    return {role: (policy.name, policy.model) for role, policy in policies.items()}


def trained(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The weights that training changes, on the CPU; tied ones once."""
    return {
        name: weight.detach().cpu()
        for name, weight in model.named_parameters()
        if weight.requires_grad
    }


def load(model: torch.nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Give a model these weights, in place; raises KeyError for one that it does not have."""
    own = dict(model.named_parameters())
    with torch.no_grad():
        for name, weight in weights.items():
            own[name].copy_(weight)


def _written(records: Sequence[Any]) -> bytes:
    """Records as they travel between processes.

    Unlike those of a pickle, they leave out the same defaults when they are written again, so that
    a file of episodes has the same bytes wherever they were played.
    """
    return msgspec.msgpack.encode(records)


def _stamp(policy: LocalPolicy) -> tuple[int, int]:
    """The version, and how often any weight was written to: a cold start counts no version."""
    return policy.version, sum(weight._version for weight in policy.model.parameters())


def _by_name(policies: Mapping[str, Any]) -> dict[str, Any]:
    """Each policy once."""
    return {policy.name: policy for policy in policies.values()}


def _bytes(policies: Mapping[str, LocalPolicy]) -> int:
    return sum(
        weight.numel() * weight.element_size()
        for policy in _by_name(policies).values()
        for weight in policy.model.parameters()
    )


def _connected(ray: Any, actors: int, weights: int) -> bool:
    """Start a Ray for the actors unless one is connected; whether it was started.

    It reports nothing to anybody. Its object store holds three generations of the weights.
    """
    if ray.is_initialized():
        return False
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(
        num_cpus=actors,
        include_dashboard=False,
        object_store_memory=max(OBJECT_STORE, 4 * weights),
        log_to_driver=False,
    )
    return True


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise SettingError(
            "ray is set, but Ray is not installed: pip install 'webenvs[ray]', or set ray = 0."
        ) from error
    return ray
