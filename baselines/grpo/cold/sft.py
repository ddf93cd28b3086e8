"""The supervised cold start: likelihood of the sampled tokens alone, observations masked.

Loss of an update = mean of -log p over its sampled tokens, all roles mixed (WebDancer,
arXiv 2505.22648, Eq. 2: observations do not count).
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn
from transformers import PreTrainedModel

from baselines.grpo.config import Config
from baselines.grpo.optimiser import Optimiser
from baselines.grpo.packing import forward, packed
from baselines.grpo.records import Trajectory
from webenvs.errors import WebenvsError
from webenvs.seeding import shuffled

WARMUP = 0.05
"""The share of the updates over which the learning rate grows."""
COOLDOWN = 0.2
"""The last share of a time limit, over which the learning rate falls to nothing."""
RECENT = 10
"""Updates whose mean loss decides whether the cold start has learned enough."""
FLOOR = 0.02
"""The least share of the highest learning rate, at the end."""
PARTS = 2
"""Forward passes that an update is cut into at least, so that what is padded is of like length."""

OnStep = Callable[["Tuner", Mapping[str, float]], None]


class FineTuningError(WebenvsError):
    """There is nothing to learn from, or the loss is no number any more; says where."""


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What a fine-tuning did: its last metrics, the loss of every update, and how to go on."""

    metrics: Mapping[str, float]
    curve: tuple[float, ...]
    state: Mapping[str, Any] = field(repr=False)


class Tuner:
    """A fine-tuning under way: one update at a time, which can be saved and gone on with."""

    def __init__(
        self, model: PreTrainedModel, trajectories: Sequence[Trajectory], config: Config
    ) -> None:
        """Raises FineTuningError where there is nothing to learn from."""
        self.kept = [entry for entry in trajectories if entry.sampled]
        if not self.kept:
            raise FineTuningError("There is no demonstration with a sampled token to learn from.")
        self.model, self.config = model, config
        self.step = self.tokens = 0
        self.curve: list[float] = []
        self.seconds = 0.0
        self._epoch = self._place = 0
        self._batches = self._ordered()
        self._weights = [weight for weight in model.parameters() if weight.requires_grad]
        self._optimiser = Optimiser(model, config)

    def update(self, left: float = 1.0) -> dict[str, float]:
        """One optimiser step; `left` is the share of the time limit that is left.

        Returns loss (nats a sampled token), certain (share of sampled tokens with more than half of
        the probability), lr, grad_norm, epoch, and tokens_per_second (without padding, since the
        beginning). Raises FineTuningError.
        """
        begun = time.perf_counter()
        batch = self._next()
        rate = self.config.sft_lr * scale(self.step, self.config.sft_steps, left)
        self._optimiser.zero_grad()
        loss, certain = self._backward(batch)
        norm = float(nn.utils.clip_grad_norm_(self._weights, self.config.grad_clip))
        self._check(loss, norm, batch)
        self._optimiser.step(rate)
        self.step += 1
        self.curve.append(loss)
        self.tokens += sum(len(one.token_ids) for one in batch)
        self.seconds += time.perf_counter() - begun
        return {
            "sft/loss": loss,
            "sft/certain": certain,
            "sft/lr": rate,
            "sft/grad_norm": norm,
            "sft/epoch": float(self._epoch),
            "sft/tokens_per_second": self.tokens / self.seconds,
        }

    def state_dict(self) -> dict[str, Any]:
        """All but the model's weights that an exact continuation needs."""
        return {
            "step": self.step,
            "epoch": self._epoch,
            "place": self._place,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "curve": list(self.curve),
            "optimiser": self._optimiser.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there; the model's weights and the demonstrations must be those of then."""
        self.step, self._epoch, self._place = state["step"], state["epoch"], state["place"]
        self.tokens, self.seconds = state["tokens"], state["seconds"]
        self.curve = list(state["curve"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._batches = self._ordered()

    def _ordered(self) -> list[list[int]]:
        lengths = [len(entry.token_ids) for entry in self.kept]
        key = (self.config.seed, "sft", self._epoch)
        return batches(lengths, self.config.sft_batch_tokens, *key)

    def _next(self) -> list[Trajectory]:
        if self._place == len(self._batches):
            self._epoch, self._place = self._epoch + 1, 0
            self._batches = self._ordered()
        self._place += 1
        return [self.kept[place] for place in self._batches[self._place - 1]]

    def _backward(self, batch: Sequence[Trajectory]) -> tuple[float, float]:
        """Add up the gradient of the mean loss; returns that loss and the share of certain tokens.

        The parts are passed through the model one by one, trajectories of like length together.
        """
        config = self.config
        room = max(1, min(config.microbatch_tokens, config.sft_batch_tokens // PARTS))
        total = sum(one.sampled for one in batch)
        loss = certain = 0.0
        for part in packed(batch, room, pad=0):
            logprobs, _ = forward(self.model, part, config.autocast)
            (-logprobs.sum() / total).backward()  # type: ignore[no-untyped-call]  # torch's own
            found = logprobs.detach()
            loss -= float(found.sum()) / total
            certain += float((found > math.log(0.5)).sum()) / total
        return loss, certain

    def _check(self, loss: float, norm: float, batch: Sequence[Trajectory]) -> None:
        if math.isfinite(loss) and math.isfinite(norm):
            return
        names = ", ".join(one.id for one in batch[:3])
        raise FineTuningError(
            f"The cold start broke at update {self.step}: loss = {loss}, gradient norm = {norm}, "
            f"on {len(batch)} trajectories ({names}, ...). The weights are those of the update "
            f"before; a smaller sft_lr than {self.config.sft_lr} may help."
        )


def fine_tune(
    model: PreTrainedModel,
    trajectories: Sequence[Trajectory],
    config: Config,
    on_step: OnStep | None = None,
    until: float | None = None,
    state: Mapping[str, Any] | None = None,
) -> Tuned:
    """Train `model` in place until its loss is as low as `config.sft_loss`.

    It takes `config.sft_steps` updates and `until` seconds at most.

    `on_step` is called after every update with the tuner and its metrics. `state` is that of an
    earlier call that was cut. Near the end of a time limit the learning rate falls to nothing, so
    that a run whose limit binds ends as cool as one that ends by itself; where it does not bind,
    runs of one seed are the same. Raises FineTuningError if the loss is no number.
    """
    tuner = Tuner(model, trajectories, config)
    if state is not None:
        tuner.load_state_dict(state)
    begun = time.perf_counter()
    metrics: dict[str, float] = {}
    while tuner.step < config.sft_steps and not _learned(tuner.curve, config.sft_loss):
        left = 1.0 if until is None else 1 - (time.perf_counter() - begun) / max(until, 1e-9)
        if left <= 0:
            break
        metrics = tuner.update(left)
        if on_step is not None:
            on_step(tuner, metrics)
    return Tuned(metrics=metrics, curve=tuple(tuner.curve), state=tuner.state_dict())


def _learned(curve: Sequence[float], bound: float | None) -> bool:
    """Whether the mean loss of the last updates has come down to the bound."""
    last = curve[-RECENT:]
    return bound is not None and len(last) == RECENT and sum(last) / RECENT <= bound


def scale(step: int, steps: int, left: float = 1.0) -> float:
    """The share of the highest learning rate at update `step` of `steps`, counted from 0.

    A linear warm-up over `WARMUP` of the updates, then half a cosine down to `FLOOR`; never more
    than what is `left` of the time limit, over `COOLDOWN`.
    """
    warm = max(1, round(WARMUP * steps))
    if step < warm:
        share = (step + 1) / warm
    else:
        way = (step - warm) / max(1, steps - warm)
        share = FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * min(1.0, way))) / 2
    return min(share, max(FLOOR, left / COOLDOWN))


def batches(lengths: Sequence[int], room: int, *key: object) -> list[list[int]]:
    """All places of `lengths` once, in an order that the key decides, cut into updates.

    An update holds at most `room` tokens; what is longer than that is an update alone. Lengths do
    not matter for who is together, so that every update mixes roles as the whole does.
    """
    made: list[list[int]] = []
    size = room + 1
    for place in shuffled(range(len(lengths)), *key):
        if size + lengths[place] > room:
            made.append([])
            size = 0
        made[-1].append(place)
        size += lengths[place]
    return made
