"""The mathematics of the loss, as pure functions of tensors; each names the source of its formula.

Tokens of all trajectories stand in one row: `[tokens]` is how many of them the policy sampled, and
`sequence` numbers the trajectory that each belongs to, from 0.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from baselines.grpo.config import Config

_WIDENED = 1 << 20  # numbers of logits that are widened to float32 at a time
_BOUND = 20.0  # of a log-ratio: e^20 is far outside every clip, and its products stay finite


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of sampled tokens before a pass over them, `[tokens]` each."""

    old: Tensor
    """Log-probs that ratios start from."""
    reference: Tensor
    """Log-probs under the reference; unused where KL weighs nothing."""
    weight: Tensor
    """Correction of the sampler's lag (`importance_weights`), or 1."""
    advantage: Tensor
    """The trajectory's advantage."""
    coef: Tensor
    """How much the token counts."""
    sequence: Tensor
    """The trajectory's number in the batch (int64)."""


def policy_loss(
    new: Tensor, entropy: Tensor, known: Known, config: Config
) -> tuple[Tensor, Tensor]:
    """The loss of each token, whose sum is to be lowered, and its ratio, `[tokens]` both.

    coef * (-weight * objective + kl * k3 - entropy coefficient * entropy); `new` and `entropy` are
    of the present weights.
    """
    objective, ratio = objectives(new, known.old, known.advantage, known.sequence, config)
    terms = -known.weight * objective
    if config.kl > 0:
        terms = terms + config.kl * k3(new, known.reference)
    if config.entropy != 0:
        terms = terms - config.entropy * entropy
    return known.coef * terms, ratio


def token_logprobs(logits: Tensor, token_ids: Tensor) -> tuple[Tensor, Tensor]:
    """The log-prob of each token `[tokens]`, and the entropy of what it was drawn from, in nats.

    `logits` is `[tokens, vocabulary]` of any float type; both results are float32 at least, and
    both can be differentiated. Only one copy of the logits is ever made: their gradient.
    """
    logprobs, entropy = _TokenLogprobs.apply(logits, token_ids)  # type: ignore[no-untyped-call]  # torch leaves Function.apply untyped
    return logprobs, entropy


def ratios(new: Tensor, old: Tensor) -> Tensor:
    """How much likelier each token has become: exp(log-prob now - log-prob when sampled)."""
    return torch.exp((new - old).clamp(-_BOUND, _BOUND))


def sequence_ratios(new: Tensor, old: Tensor, sequence: Tensor) -> Tensor:
    """GSPO's ratio: exp of the mean log-ratio of a token's whole trajectory, `[tokens]`.

    Source: GSPO, s_i = exp(1/|o_i| * sum log ratio); every token of a trajectory has the same.
    """
    count = int(sequence.max()) + 1 if len(sequence) else 0
    zeros = torch.zeros(count, dtype=new.dtype, device=new.device)
    total = zeros.index_add(0, sequence, new - old)
    length = zeros.index_add(0, sequence, torch.ones_like(new))
    mean = total / length.clamp(min=1)
    return torch.exp(mean.clamp(-_BOUND, _BOUND))[sequence]


def clipped(
    ratio: Tensor, advantage: Tensor, low: float, high: float, dual: float | None = None
) -> Tensor:
    """PPO's objective a token: min(ratio * A, clip(ratio, 1 - low, 1 + high) * A), to be raised.

    Sources: PPO; `high` above `low` is DAPO's clip-higher. `dual` bounds the objective of a
    negative advantage from below by dual * A (dual clip).
    """
    objective = torch.minimum(ratio * advantage, ratio.clamp(1 - low, 1 + high) * advantage)
    if dual is None:
        return objective
    return torch.where(advantage < 0, torch.maximum(objective, dual * advantage), objective)


def clipped_weight(new: Tensor, old: Tensor, advantage: Tensor, high: float) -> Tensor:
    """CISPO's objective a token: min(ratio, 1 + high), held constant, times A times log-prob.

    Source: MiniMax-M1, CISPO, without a lower bound. Every token keeps a gradient.
    """
    weight = ratios(new, old).clamp(max=1 + high).detach()
    return weight * advantage * new


def outside(ratio: Tensor, advantage: Tensor, low: float, high: float) -> Tensor:
    """Which tokens the clip holds back: too likely where A > 0, too unlikely where A < 0."""
    over = (advantage > 0) & (ratio > 1 + high)
    return over | ((advantage < 0) & (ratio < 1 - low))


def k3(logprobs: Tensor, other: Tensor) -> Tensor:
    """The k3 estimate of KL(policy || other) a token: e^x - x - 1 with x = other - policy.

    Source: DeepSeekMath, eq. 4; the tokens must come from the policy. Never negative.
    """
    difference = (other - logprobs).clamp(-_BOUND, _BOUND)
    return torch.exp(difference) - difference - 1


def importance_weights(old: Tensor, rollout: Tensor, cap: float) -> Tensor:
    """Truncated weights min(pi_old / pi_rollout, cap) of what another version has sampled.

    `old` are log-probs under the trainer's weights before the update. No gradient flows.
    """
    return torch.exp(old - rollout).clamp(max=cap).detach()


def objectives(
    new: Tensor, old: Tensor, advantage: Tensor, sequence: Tensor, config: Config
) -> tuple[Tensor, Tensor]:
    """The objective of each token under `config.loss`, and the ratio that it clips, `[tokens]`."""
    ratio = sequence_ratios(new, old, sequence) if config.loss == "gspo" else ratios(new, old)
    if config.loss == "cispo":
        return clipped_weight(new, old, advantage, config.clip_high), ratio
    bounds = (config.clip_low, config.clip_high, config.dual_clip)
    return clipped(ratio, advantage, *bounds), ratio


class _TokenLogprobs(torch.autograd.Function):
    """Log-prob and entropy of tokens, some rows of logits at a time, with their joint gradient."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, token_ids: Tensor) -> tuple[Tensor, Tensor]:
        wide = torch.promote_types(logits.dtype, torch.float32)
        total = torch.empty(len(logits), dtype=wide, device=logits.device)
        entropy = torch.empty_like(total)
        for rows in _slices(logits):
            part = logits[rows].to(wide)
            total[rows] = torch.logsumexp(part, -1)
            entropy[rows] = total[rows] - (torch.softmax(part, -1) * part).sum(-1)
        ctx.save_for_backward(logits, token_ids, total, entropy)
        ctx.set_materialize_grads(False)
        chosen = logits.gather(-1, token_ids[:, None])[:, 0].to(wide)
        return chosen - total, entropy

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor, None]:
        """With p the softmax: (one-hot - p) for the log-prob, -p * (log p + H) for the entropy."""
        logits, token_ids, total, entropy = ctx.saved_tensors
        by_logprob, by_entropy = (torch.zeros_like(total) if g is None else g for g in grads)
        gradient = torch.empty_like(logits)
        for rows in _slices(logits):
            logp = logits[rows].to(total.dtype) - total[rows, None]
            slope = by_logprob[rows, None]
            if grads[1] is not None:
                slope = slope + by_entropy[rows, None] * (logp + entropy[rows, None])
            gradient[rows] = logp.exp_().mul_(-slope).to(gradient.dtype)
        gradient.scatter_add_(-1, token_ids[:, None], by_logprob[:, None].to(gradient.dtype))
        return gradient, None


def _slices(logits: Tensor) -> list[slice]:
    step = max(1, _WIDENED // max(1, logits.shape[-1]))
    return [slice(start, start + step) for start in range(0, len(logits), step)]
