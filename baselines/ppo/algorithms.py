"""The algorithms by name: how each is trained, saved, loaded, and how it plays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from baselines.ppo import ppo
from baselines.ppo.seats import LAYOUT
from webenvs import seeding
from webenvs.envs.features.side_by_side import Bools, Floats, SideBySide
from webenvs.errors import SettingError, unknown_name
from webenvs.writing import written_aside

ALGORITHMS = {
    "torch-ppo": "PPO in one file of plain torch, with masks (ppo.py)",
    "maskable-ppo": "MaskablePPO of sb3-contrib",
    "ppo": "PPO of Stable-Baselines3, without masks: masked slots become legal ones by a draw",
    "dqn": "DQN of Stable-Baselines3, likewise",
}
"""What can be trained. On a team all seats share one policy."""

Tell = Callable[[int], None]


class Policy(Protocol):
    """What plays: one legal action [n] for observations [n, F] and masks [n, K]."""

    def __call__(self, observations: Floats, masks: Bools) -> NDArray[np.int64]:
        """The actions."""
        ...


class Trained:
    """A trained policy, which plays the legal slot that it scores highest."""

    def __init__(
        self,
        scores: Callable[[Floats, Bools], NDArray[np.float32]],
        write: Callable[[Path], None] | None = None,
    ) -> None:
        self._scores, self._write = scores, write

    def __call__(self, observations: Floats, masks: Bools) -> NDArray[np.int64]:
        """The best legal slots, [n]."""
        found = np.where(masks, self._scores(observations, masks), -np.inf)
        return np.asarray(found.argmax(axis=1), dtype=np.int64)

    def save(self, path: Path) -> None:
        """Write the policy, aside first and then renamed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if self._write is not None:
            self._write(path)


class RandomSlots:
    """Plays a legal slot drawn by a key: what the view gives to a policy that knows nothing."""

    def __init__(self, seed: int = 0) -> None:
        self.seed, self._calls = seed, 0

    def __call__(self, observations: Floats, masks: Bools) -> NDArray[np.int64]:
        """Legal slots, [n], all alike likely."""
        self._calls += 1
        draws = seeding.generator(self.seed, "random-slots", self._calls).random(masks.shape)
        return np.asarray(np.where(masks, draws, -1.0).argmax(axis=1), dtype=np.int64)


def checked(name: str) -> str:
    """`name` if it is an algorithm; raises UnknownNameError."""
    if name not in ALGORITHMS:
        raise unknown_name("algorithm", name, ALGORITHMS)
    return name


def train(
    name: str, seats: SideBySide, *, steps: int, seed: int, tell: Tell | None = None
) -> Trained:
    """The policy that an algorithm learns on these seats in about `steps` steps of rows.

    `tell` is called with the steps made so far. Stable-Baselines3 seeds the global generators,
    plain torch leaves them as they were. Raises UnknownNameError for the name, SettingError where
    Stable-Baselines3 is missing.
    """
    torch.set_num_threads(1)
    if checked(name) == "torch-ppo":
        config = ppo.Config(seed=seed, steps=steps)
        policy = ppo.train(seats, LAYOUT, config, tell)
        return Trained(_slot_scores(policy), lambda path: ppo.save(policy, config, path))
    sb3 = _sb3(name)
    model = sb3.make(name, seats, seed, steps)
    sb3.learn(model, steps, tell)

    def write(path: Path) -> None:
        with written_aside(path) as aside:
            model.save(aside)

    return Trained(lambda seen, masks: sb3.scores(model, seen, masks), write)


def load(name: str, path: Path) -> Trained:
    """The policy that a run of an algorithm saved; raises SettingError for what is none."""
    torch.set_num_threads(1)
    if checked(name) == "torch-ppo":
        return Trained(_slot_scores(ppo.load(path, LAYOUT)))
    sb3 = _sb3(name)
    model = sb3.load(name, path)
    return Trained(lambda seen, masks: sb3.scores(model, seen, masks))


def _sb3(name: str) -> Any:
    """The module that stands on Stable-Baselines3; raises SettingError where that is missing."""
    try:
        from baselines.ppo import sb3
    except ImportError as error:
        raise SettingError(
            f"algorithm = {name!r} needs Stable-Baselines3 ({error}): pip install 'webenvs[sb3]'; "
            "torch-ppo does without."
        ) from error
    return sb3


def _slot_scores(policy: ppo.SlotPolicy) -> Callable[[Floats, Bools], NDArray[np.float32]]:
    def scores(observations: Floats, masks: Bools) -> NDArray[np.float32]:
        with torch.no_grad():
            found: NDArray[np.float32] = policy(torch.from_numpy(observations))[0].numpy()
        return found

    return scores
