"""One update of a policy: rows of trajectories in, better weights and what to watch out."""

import copy
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from baselines.grpo import losses
from baselines.grpo.config import Config
from baselines.grpo.learner_metrics import Seen, Tally
from baselines.grpo.losses import Known
from baselines.grpo.optimiser import Optimiser
from baselines.grpo.packing import Batch, forward, packed, score, sft_loss
from baselines.grpo.records import Row
from webenvs import seeding
from webenvs.errors import bad_setting

__all__ = ["Batch", "Learner", "NanError", "forward", "packed", "score", "sft_loss"]

_PAD = 0  # any token: none looks at what stands behind its end


class NanError(ArithmeticError):
    """A loss or a gradient is not finite; the weights are still those before the step.

    `trajectories` are the ids of those that brought it about, `roles` who played them, `step` the
    update (from 0) and `policy` the learner's name.
    """

    def __init__(self, what: str, policy: str, step: int, rows: Sequence[Row]) -> None:
        self.trajectories = tuple(row.trajectory.id for row in rows)
        self.roles = tuple(dict.fromkeys(row.trajectory.role for row in rows))
        self.policy, self.step = policy, step
        super().__init__(
            f"The {what} of policy {policy!r} is not finite in update {step}: role "
            f"{', '.join(self.roles)}, trajectories {', '.join(self.trajectories)}. "
            "The weights were not touched by it."
        )


@dataclass(frozen=True, kw_only=True)
class _Sample:
    """A row with what is known of its sampled tokens before the update, `[sampled]` each."""

    row: Row
    old: Tensor
    weight: Tensor
    reference: Tensor


class Learner:
    """Trains one model by the policy gradient that a config describes.

    The gradient is that of all rows together, however they are cut into micro-batches. Tokens come
    with the log-probs that they were sampled with (at temperature 1): those are the old ones.
    """

    def __init__(self, model: PreTrainedModel, config: Config, name: str) -> None:
        """A learner of `model`, which it changes in place; as the reference for KL it is kept now.

        `name` is the policy's: shared, planner or worker.
        """
        self.model = model
        self.config = config
        self.name = name
        self.step = 0
        self.optimiser = Optimiser(model, config, config.vector_rate)
        self._weights = [weight for weight in model.parameters() if weight.requires_grad]
        self.reference = _frozen_copy(model) if config.kl > 0 else None

    def update(self, rows: Sequence[Row]) -> dict[str, float]:
        """Train on the rows and return metrics (see `learner_metrics`).

        Rows without a gradient (a coefficient of 0; an advantage of 0 where neither KL nor entropy
        weighs) are left out; without any row the weights stay. Raises NanError before a step that
        would spoil the weights, and SettingError where a row has no advantage.
        """
        began = time.perf_counter()
        samples = self._known([row for row in rows if self._moves(row)])
        rate = self.config.lr * min(1.0, (self.step + 1) / max(1, self.config.warmup))
        tally = Tally(self.name, self.config)
        for epoch in range(self.config.epochs):
            parts = self._minibatches(samples, epoch)
            for part in parts:
                tally.norms.append(self._step(part, len(parts), rate, tally))
        self.step += 1
        return tally.metrics(rate, time.perf_counter() - began)

    def state_dict(self) -> dict[str, Any]:
        """All that an exact continuation needs but the weights: optimiser, count, reference."""
        learns = {name for name, weight in self.model.named_parameters() if weight.requires_grad}
        kept = None if self.reference is None else self.reference.named_parameters()
        return {
            "step": self.step,
            "optimiser": self.optimiser.state_dict(),
            "reference": None if kept is None else {n: w for n, w in kept if n in learns},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken; the model's weights are loaded apart.

        Raises SettingError where the state is of a config with a reference and this has none, or
        the other way round.
        """
        if (self.reference is None) != (state["reference"] is None):
            was = "0" if state["reference"] is None else "above 0"
            raise bad_setting("kl", self.config.kl, f"{was}, as in the run that is resumed")
        self.step = state["step"]
        self.optimiser.load_state_dict(state["optimiser"])
        if self.reference is not None:
            self.reference.load_state_dict(state["reference"], strict=False)

    def _moves(self, row: Row) -> bool:
        """Whether the row has a gradient at all."""
        advantage = row.trajectory.advantage
        if advantage is None:
            raise bad_setting(f"advantage of trajectory {row.trajectory.id!r}", None, "a number")
        regularised = self.config.kl > 0 or self.config.entropy != 0
        moves = row.coef != 0 and (advantage != 0 or regularised)
        return moves and row.trajectory.sampled > 0

    def _known(self, rows: Sequence[Row]) -> list[_Sample]:
        """The rows with old log-probs, weights of the sampler's lag and the reference's view."""
        rollout = [_sampled_logprobs(row) for row in rows]
        old, weight = rollout, [torch.ones_like(part) for part in rollout]
        if self.config.importance_cap is not None:
            cap = self.config.importance_cap
            old = self._scored(self.model, rows)
            weight = [
                losses.importance_weights(now, then, cap)
                for now, then in zip(old, rollout, strict=True)
            ]
        reference = old if self.reference is None else self._scored(self.reference, rows)
        return [
            _Sample(row=row, old=old[at], weight=weight[at], reference=reference[at])
            for at, row in enumerate(rows)
        ]

    def _scored(self, model: PreTrainedModel, rows: Sequence[Row]) -> list[Tensor]:
        limit, half = self.config.microbatch_tokens, self.config.autocast
        trajectories = [row.trajectory for row in rows]
        return score(model, trajectories, _PAD, max_tokens=limit, autocast=half)

    def _minibatches(self, samples: Sequence[_Sample], epoch: int) -> list[list[_Sample]]:
        """The rows of each step of a pass, in an order drawn anew for every pass."""
        count = min(self.config.minibatches, len(samples))
        if count <= 1:
            return [list(samples)] if samples else []
        key = (self.config.seed, "minibatches", self.name, self.step, epoch)
        mixed = seeding.shuffled(samples, *key)
        return [list(mixed[start::count]) for start in range(count)]

    def _step(self, samples: Sequence[_Sample], scale: int, rate: float, tally: Tally) -> float:
        """One step of the optimiser on these rows; returns the gradient's norm before the clip.

        `scale` is how many such steps share the loss: each stands for the whole batch. `rate` is
        the learning rate.
        """
        self.optimiser.zero_grad()
        for batch, members in self._batches(samples):
            torch.autograd.backward(self._loss(batch, members, tally) * scale)
        norm = torch.nn.utils.clip_grad_norm_(self._weights, self.config.grad_clip)
        if not torch.isfinite(norm):
            raise self._gradient_error(samples)
        self.optimiser.step(rate)
        return float(norm)

    def _batches(self, samples: Sequence[_Sample]) -> Iterator[tuple[Batch, list[_Sample]]]:
        trajectories = [sample.row.trajectory for sample in samples]
        for batch in packed(trajectories, self.config.microbatch_tokens, _PAD):
            yield batch.to(self.model.device), [samples[row] for row in batch.rows]

    def _loss(self, batch: Batch, samples: Sequence[_Sample], tally: Tally) -> Tensor:
        """The loss of some rows; raises NanError, naming those whose loss is not finite."""
        new, entropy = forward(self.model, batch, self.config.autocast)
        known = _together(samples, batch.sequence)
        terms, ratio = losses.policy_loss(new, entropy, known, self.config)
        odd = torch.unique(known.sequence[~torch.isfinite(terms)]).tolist()
        if odd:
            raise NanError("loss", self.name, self.step, [samples[at].row for at in odd])
        roles = [sample.row.trajectory.role for sample in samples]
        tally.saw(roles, known, Seen(new, entropy, ratio, terms))
        tally.padded += batch.padding
        return terms.sum()

    def _gradient_error(self, samples: Sequence[_Sample]) -> NanError:
        """The error for a gradient that is not finite: looks for the micro-batches that make it."""
        odd: list[Row] = []
        for batch, members in self._batches(samples):
            self.optimiser.zero_grad()
            torch.autograd.backward(self._loss(batch, members, Tally(self.name, self.config)))
            gradients = [weight.grad for weight in self._weights if weight.grad is not None]
            if not all(torch.isfinite(gradient).all() for gradient in gradients):
                odd += [member.row for member in members]
        self.optimiser.zero_grad()
        return NanError("gradient", self.name, self.step, odd or [s.row for s in samples])


def _frozen_copy(model: PreTrainedModel) -> PreTrainedModel:
    """The model as it is now; weights that never change are shared with it."""
    shared = {id(weight): weight for weight in model.parameters() if not weight.requires_grad}
    reference = copy.deepcopy(model, shared)
    return reference.requires_grad_(False)


def _sampled_logprobs(row: Row) -> Tensor:
    """The log-probs that the row's tokens were sampled with, `[sampled]`."""
    trajectory = row.trajectory
    pairs = zip(trajectory.logprobs, trajectory.loss_mask, strict=True)
    return torch.tensor([logprob for logprob, sampled in pairs if sampled])


def _together(samples: Sequence[_Sample], sequence: Tensor) -> Known:
    """What is known of the tokens of all these rows, in reading order, on the batch's device."""
    device = sequence.device
    old, reference, weight = (
        torch.cat(parts).to(device)
        for parts in zip(*((s.old, s.reference, s.weight) for s in samples), strict=True)
    )
    advantage, coef = (
        torch.tensor(numbers, device=device)[sequence]
        for numbers in zip(
            *((s.row.trajectory.advantage, s.row.coef) for s in samples), strict=True
        )
    )
    return Known(
        old=old, reference=reference, weight=weight, advantage=advantage, coef=coef,
        sequence=sequence,
    )  # fmt: skip
