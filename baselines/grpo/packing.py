"""Trajectories to tensors and through a model: micro-batches, log-probs of what was sampled.

Every trajectory is padded on the right. A causal model never looks there from a token, so that it
needs no attention mask, and the positions count from 0: attention takes its fastest path.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import torch
from torch import Tensor
from transformers import PreTrainedModel

from baselines.grpo import losses
from baselines.grpo.records import Trajectory
from webenvs.errors import bad_setting

Autocast = Literal["none", "bfloat16"]

_SCORED = 16_384  # tokens that are scored at a time, padding included


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some trajectories side by side: all tensors are [trajectories, tokens of the longest]."""

    rows: tuple[int, ...]
    """Which trajectories: their places in what was packed."""
    ids: Tensor
    """Token ids (int64)."""
    mask: Tensor
    """True where there is a token, False where padding."""
    loss_mask: Tensor
    """True where the policy sampled the token."""

    @property
    def sampled(self) -> int:
        """How many tokens the policy sampled."""
        return int(self.loss_mask.sum())

    @property
    def padding(self) -> int:
        """How many places hold no token."""
        return self.mask.numel() - int(self.mask.sum())

    @property
    def sequence(self) -> Tensor:
        """For each sampled token, in reading order, its trajectory's place in this batch."""
        return self.loss_mask.nonzero()[:, 0]

    def to(self, device: torch.device | str) -> "Batch":
        """The same on another device."""
        ids, mask, loss_mask = (t.to(device) for t in (self.ids, self.mask, self.loss_mask))
        return Batch(rows=self.rows, ids=ids, mask=mask, loss_mask=loss_mask)


def packed(trajectories: Sequence[Trajectory], max_tokens: int, pad: int) -> Iterator[Batch]:
    """All trajectories in batches of at most `max_tokens`, padding included, the longest first.

    Those of like length go together. One that is longer than `max_tokens` is a batch of its own.
    """
    if max_tokens < 1:
        raise bad_setting("microbatch_tokens", max_tokens, "at least 1")
    lengths = [len(trajectory.token_ids) for trajectory in trajectories]
    order = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    while order:
        many = max(1, max_tokens // max(1, lengths[order[0]]))
        rows, order = order[:many], order[many:]
        yield _batch(tuple(rows), [trajectories[row] for row in rows], pad)


def forward(
    model: PreTrainedModel, batch: Batch, autocast: Autocast = "none"
) -> tuple[Tensor, Tensor]:
    """Log-prob and entropy of each sampled token of the batch, in reading order, `[tokens]`.

    The head is run at those places alone. The batch is moved to the model's device.
    """
    batch = batch.to(model.device)
    rows, columns = batch.loss_mask.nonzero(as_tuple=True)
    half = torch.autocast(model.device.type, torch.bfloat16, enabled=autocast == "bfloat16")
    with half, _head_at(model, rows, columns - 1):
        logits = model(input_ids=batch.ids[:, :-1], use_cache=False).logits[0]
    return losses.token_logprobs(logits, batch.ids[rows, columns])


def score(
    model: PreTrainedModel,
    trajectories: Sequence[Trajectory],
    pad: int,
    *,
    max_tokens: int = _SCORED,
    autocast: Autocast = "none",
) -> list[Tensor]:
    """For each trajectory the log-probs of its sampled tokens under the model, on the CPU."""
    scored = [torch.empty(0)] * len(trajectories)
    with torch.no_grad():
        for batch in packed(trajectories, max_tokens, pad):
            logprobs, _ = forward(model, batch, autocast)
            counts = batch.loss_mask.sum(1).tolist()
            for row, part in zip(batch.rows, torch.split(logprobs.cpu(), counts), strict=True):
                scored[row] = part
    return scored


def sft_loss(model: PreTrainedModel, batch: Batch, autocast: Autocast = "none") -> Tensor:
    """Minus the log-likelihood of all sampled tokens of the batch: a sum, in nats.

    Divide it by the sampled tokens of all batches of an update for their mean.
    """
    return -forward(model, batch, autocast)[0].sum()


def _batch(rows: tuple[int, ...], trajectories: Sequence[Trajectory], pad: int) -> Batch:
    for trajectory in trajectories:
        if trajectory.loss_mask[:1] == (1,):
            raise bad_setting(
                f"loss_mask[0] of trajectory {trajectory.id!r}", 1, "0: it follows on nothing"
            )
    width = max(len(trajectory.token_ids) for trajectory in trajectories)
    missing = [width - len(trajectory.token_ids) for trajectory in trajectories]
    pairs = list(zip(trajectories, missing, strict=True))
    ids = _tensor([(*t.token_ids, *[pad] * less) for t, less in pairs], torch.int64)
    loss_mask = _tensor([(*t.loss_mask, *[0] * less) for t, less in pairs], torch.bool)
    lengths = torch.tensor([[width - less] for less in missing])
    mask = torch.arange(width)[None] < lengths
    return Batch(rows=rows, ids=ids, mask=mask, loss_mask=loss_mask)


def _tensor(lines: Sequence[Sequence[int]], dtype: torch.dtype) -> Tensor:
    flat = torch.tensor(list(chain.from_iterable(lines)), dtype=torch.int64)
    return flat.view(len(lines), -1).to(dtype)


@contextmanager
def _head_at(model: PreTrainedModel, rows: Tensor, columns: Tensor) -> Iterator[None]:
    """Let the model's head see these places alone: its logits are [1, places, vocabulary].

    Whatever a model does to its logits afterwards (scaling, soft caps) stays its own doing.
    """

    def gathered(_: torch.nn.Module, hidden: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (hidden[0][rows, columns][None],)

    head: torch.nn.Module = model.get_output_embeddings()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    hook = head.register_forward_pre_hook(gathered)
    try:
        yield
    finally:
        hook.remove()
