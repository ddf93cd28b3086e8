"""PPO in one file, to be read from top to bottom: configuration, mathematics, policy, training.

Proximal policy optimisation (Schulman et al. 2017) with masks (Huang and Ontanon 2022, "A closer
look at invalid action masking"), for any number of rows that share one policy: one researcher a
game, or all seats of a team.

    rows = seats("MultiHop-v0", games=16, seed=0, level="easy")
    policy = train(rows, LAYOUT, Config(seed=0, steps=100_000))
"""

import math
import pickle
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from webenvs.errors import SettingError, bad_setting
from webenvs.text import told
from webenvs.writing import written_aside

# Configuration ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Config:
    """How a policy is trained; the defaults are those of the study."""

    seed: int = 0
    """What the first weights and every draw of an action hang on."""
    steps: int = 100_000
    """Steps of rows in all: a step of 16 games of 3 seats is 48."""
    horizon: int = 32
    """Steps of every row that are played before an update."""
    epochs: int = 4
    """Times that an update goes through what was played."""
    minibatch: int = 256
    """Rows' steps behind one gradient."""
    rate: float = 1e-3
    """Learning rate of Adam at the start; it falls to zero in a straight line."""
    gamma: float = 0.99
    """Discount of a reward a step later."""
    trace: float = 0.95
    """Lambda of the generalised advantage: 0 trusts the value alone, 1 the return alone."""
    clip: float = 0.2
    """How far the probability of an action may move, as a share, before its gain counts no more."""
    entropy: float = 0.01
    """Weight of the entropy bonus, which keeps a policy from settling too early."""
    value: float = 0.5
    """Weight of the value's error."""
    norm: float = 0.5
    """The largest norm of a gradient; longer ones are cut to it."""
    width: int = 48
    """Units of each layer of the policy."""

    def __post_init__(self) -> None:
        """Raise SettingError for a field that is not allowed, naming it."""
        for name in ("steps", "horizon", "epochs", "minibatch", "width"):
            if getattr(self, name) < 1:
                raise bad_setting(name, getattr(self, name), "a whole number of at least 1")
        for name in ("gamma", "trace"):
            if not 0 <= getattr(self, name) <= 1:
                raise bad_setting(name, getattr(self, name), "between 0 and 1")
        for name in ("rate", "clip", "norm"):
            if not 0 < getattr(self, name) < math.inf:
                raise bad_setting(name, getattr(self, name), "a number above 0")


# Mathematics --------------------------------------------------------------------------------------


def advantages(
    rewards: Tensor, values: Tensor, dones: Tensor, last: Tensor, gamma: float, trace: float
) -> Tensor:
    """Generalised advantages [T, n] (Schulman et al. 2016, eq. 16).

    `values` [T, n] are those of the states acted in, `last` [n] of the state after them; `dones`
    [T, n] say that an episode ended with the step, behind which nothing counts: a limit that cuts
    an episode is a real end too, and the observation tells how far off it is. Only behind a real
    fault the policy's own estimate stands, which is in `rewards` then.
    """
    found = torch.zeros_like(rewards)
    ahead, after = torch.zeros_like(last), last
    for step in reversed(range(len(rewards))):
        goes_on = 1.0 - dones[step]
        surprise = rewards[step] + gamma * after * goes_on - values[step]
        ahead = surprise + gamma * trace * goes_on * ahead
        found[step], after = ahead, values[step]
    return found


def masked_log_probabilities(scores: Tensor, masks: Tensor) -> Tensor:
    """Log softmax of scores [n, K] over the legal actions; masked ones have minus infinity."""
    return torch.log_softmax(scores.masked_fill(~masks, -torch.inf), dim=-1)


def entropies(log_probabilities: Tensor) -> Tensor:
    """The entropy [n] of distributions [n, K] in nats; what is impossible adds nothing."""
    possible = log_probabilities > -torch.inf
    known = log_probabilities.masked_fill(~possible, 0.0)
    return -(known.exp() * known * possible).sum(dim=-1)


def clipped_loss(ratios: Tensor, gains: Tensor, clip: float) -> Tensor:
    """PPO's loss [n] of actions (Schulman et al. 2017, eq. 7): the worse of ratio and cut ratio.

    `ratios` are new over old probabilities, `gains` advantages.
    """
    cut = ratios.clamp(1.0 - clip, 1.0 + clip)
    return -torch.minimum(ratios * gains, cut * gains)


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """The mean of values [n] by weights [n]; 0 if all weights are 0."""
    return (values * weights).sum() / weights.sum().clamp(min=1e-8)


# The policy ---------------------------------------------------------------------------------------


class Shape(Protocol):
    """How an observation is laid out: `player` numbers, then `width` numbers of each of `slots`."""

    @property
    def player(self) -> int: ...  # noqa: D102
    @property
    def slots(self) -> int: ...  # noqa: D102
    @property
    def width(self) -> int: ...  # noqa: D102


class SlotPolicy(nn.Module):
    """Scores every slot by the same weights, and values the whole.

    A slot is read beside the player's numbers and with a learned vector of its own, so what is
    learned of one slot holds for its neighbours. The value reads the mean and the best of them.
    """

    def __init__(self, shape: Shape, width: int) -> None:
        super().__init__()
        self.split = (shape.player, shape.slots, shape.width)
        self.of_player = nn.Linear(shape.player, width)
        self.of_slot = nn.Linear(shape.width, width, bias=False)
        self.place = nn.Parameter(torch.zeros(shape.slots, width))
        self.deep = nn.Linear(width, width)
        self.score = nn.Linear(width, 1)
        worth = nn.Linear(width, 1)
        self.value = nn.Sequential(nn.Linear(3 * width, width), nn.Tanh(), worth)
        for layer, gain in ((self.score, 0.01), (worth, 1.0)):
            nn.init.orthogonal_(layer.weight, gain)
            nn.init.zeros_(layer.bias)

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Scores [n, K] and values [n] of observations [n, F]."""
        player, slots, width = self.split
        own = self.of_player(observations[:, :player])
        held = observations[:, player:].reshape(-1, slots, width)
        first = torch.tanh(own[:, None] + self.of_slot(held) + self.place)
        hidden = torch.tanh(self.deep(first))
        legal = held[..., :1]  # the first number of a slot says whether it holds a call
        mean = (hidden * legal).sum(dim=1) / legal.sum(dim=1).clamp(min=1.0)
        best = (hidden * legal).amax(dim=1)
        values = self.value(torch.cat([torch.tanh(own), mean, best], dim=-1)).squeeze(-1)
        return self.score(hidden).squeeze(-1), values


# Training -----------------------------------------------------------------------------------------

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


class Stepped(Protocol):
    """What a step of rows brings, each [n, ...].

    `broken` are rows whose episode a real fault ended, `last` what the rows saw at their ends.
    """

    @property
    def observations(self) -> Floats: ...  # noqa: D102
    @property
    def masks(self) -> Bools: ...  # noqa: D102
    @property
    def rewards(self) -> Floats: ...  # noqa: D102
    @property
    def dones(self) -> Bools: ...  # noqa: D102
    @property
    def broken(self) -> Bools: ...  # noqa: D102
    @property
    def last(self) -> Floats: ...  # noqa: D102


class Rows(Protocol):
    """Environments side by side; one that ends begins anew by itself."""

    rows: int

    def reset(self) -> tuple[Floats, Bools]:
        """Observations [n, F] and masks [n, K]."""
        ...

    def step(self, actions: NDArray[np.int64]) -> Stepped:
        """Play one action a row."""
        ...


class Batch(NamedTuple):
    """What was played, [T * n, ...]: what an update learns from."""

    observations: Tensor
    masks: Tensor
    actions: Tensor
    log_probabilities: Tensor
    advantages: Tensor
    returns: Tensor


def train(
    rows: Rows, shape: Shape, config: Config, tell: Callable[[int], None] | None = None
) -> SlotPolicy:
    """A policy trained on `rows`; the same rows and configuration give the same weights.

    `tell` is called with the steps made so far after every update.
    """
    chance = torch.Generator().manual_seed(config.seed)
    policy = fresh(shape, config)
    optimiser = torch.optim.Adam(policy.parameters(), lr=config.rate, eps=1e-5)
    updates = max(1, config.steps // (config.horizon * rows.rows))
    observations, masks = rows.reset()
    for update in range(updates):
        for group in optimiser.param_groups:
            group["lr"] = config.rate * (1.0 - update / updates)
        batch, observations, masks = _played(rows, policy, (observations, masks), config, chance)
        _learn(policy, optimiser, batch, config, chance)
        if tell is not None:
            tell((update + 1) * config.horizon * rows.rows)
    return policy


def fresh(shape: Shape, config: Config) -> SlotPolicy:
    """An untrained policy; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return SlotPolicy(shape, config.width)


def _played(
    rows: Rows,
    policy: SlotPolicy,
    now: tuple[Floats, Bools],
    config: Config,
    chance: torch.Generator,
) -> tuple[Batch, Floats, Bools]:
    """Play `horizon` steps of every row; the batch, and what the rows see then."""
    seen, legal = now
    kept: list[tuple[Tensor, ...]] = []
    for _ in range(config.horizon):
        observed, masks = torch.from_numpy(seen), torch.from_numpy(legal)
        with torch.no_grad():
            scores, values = policy(observed)
        known = masked_log_probabilities(scores, masks)
        actions = torch.multinomial(known.exp(), 1, generator=chance).squeeze(-1)
        step = rows.step(actions.numpy())
        chosen = known.gather(1, actions[:, None]).squeeze(-1)
        paid, over = _paid(step, policy, config.gamma), torch.from_numpy(step.dones).float()
        kept.append((observed, masks, actions, chosen, values, paid, over))
        seen, legal = step.observations, step.masks
    with torch.no_grad():
        last = policy(torch.from_numpy(seen))[1]
    observed, masks, actions, chosen, values, paid, over = map(torch.stack, zip(*kept, strict=True))
    gains = advantages(paid, values, over, last, config.gamma, config.trace)
    parts = (observed, masks, actions, chosen, gains, gains + values)
    return Batch(*(part.flatten(0, 1) for part in parts)), seen, legal


def _paid(step: Stepped, policy: SlotPolicy, gamma: float) -> Tensor:
    """Rewards [n]; where a real fault ended an episode, with the policy's estimate of the rest."""
    paid, broken = torch.from_numpy(step.rewards), torch.from_numpy(step.broken)
    if not broken.any():
        return paid
    with torch.no_grad():
        rest: Tensor = policy(torch.from_numpy(step.last))[1]
    return paid + gamma * rest * broken


def _learn(
    policy: SlotPolicy,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    config: Config,
    chance: torch.Generator,
) -> None:
    """Go `epochs` times through a batch."""
    for part in _minibatches(batch, config, chance):
        scores, values = policy(part.observations)
        known = masked_log_probabilities(scores, part.masks)
        chosen = known.gather(1, part.actions[:, None]).squeeze(-1)
        # A row that waits has one legal action: there is nothing to learn of the policy in it.
        choice = (part.masks.sum(dim=-1) > 1).float()
        mean = weighted_mean(part.advantages, choice)
        spread = weighted_mean((part.advantages - mean) ** 2, choice).sqrt()
        gains = (part.advantages - mean) / (spread + 1e-8)
        ratios = (chosen - part.log_probabilities).exp()
        loss = weighted_mean(clipped_loss(ratios, gains, config.clip), choice)
        loss = loss - config.entropy * weighted_mean(entropies(known), choice)
        loss = loss + config.value * ((values - part.returns) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(policy.parameters(), config.norm)
        optimiser.step()


def _minibatches(batch: Batch, config: Config, chance: torch.Generator) -> Iterator[Batch]:
    count = len(batch.actions)
    for _ in range(config.epochs):
        order = torch.randperm(count, generator=chance)
        for start in range(0, count, config.minibatch):
            places = order[start : start + config.minibatch]
            yield Batch(*(part[places] for part in batch))


# Saving -------------------------------------------------------------------------------------------


def save(policy: SlotPolicy, config: Config, path: Path) -> None:
    """Write a policy with its configuration, aside first and then renamed."""
    kept = {"config": asdict(config), "shape": policy.split, "weights": policy.state_dict()}
    with written_aside(path) as aside:
        torch.save(kept, aside)


_UNREADABLE = (OSError, EOFError, RuntimeError, pickle.UnpicklingError)


def load(path: Path, shape: Shape) -> SlotPolicy:
    """The policy of a file; raises SettingError for what is none, or of other observations."""
    try:
        kept: dict[str, Any] = torch.load(path, weights_only=True)
        config, split = Config(**kept["config"]), tuple(kept["shape"])
    except (*_UNREADABLE, LookupError, TypeError, ValueError) as error:
        raise SettingError(f"{path} holds no policy of this program ({told(error)}).") from error
    here = (shape.player, shape.slots, shape.width)
    if split != here:
        raise SettingError(
            f"{path} was trained on observations of {split} (player, slots, width); here they are "
            f"{here}: train it anew."
        )
    policy = fresh(shape, config)
    policy.load_state_dict(kept["weights"])
    return policy
