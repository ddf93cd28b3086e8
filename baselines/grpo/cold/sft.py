"""The supervised cold start: likelihood of the sampled tokens alone, observations masked.

Loss of an update = mean of -log p over its sampled tokens, all roles mixed (WebDancer,
arXiv 2505.22648, Eq. 2: observations do not count).
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from baselines.grpo.config import Config
from baselines.grpo.records import Trajectory
from webenvs.seeding import shuffled

WARMUP = 0.05
"""The share of the updates over which the learning rate grows."""
COOLDOWN = 0.2
"""The last share of a time limit, over which the learning rate falls to nothing."""
FLOOR = 0.02
"""The least share of the highest learning rate, at the end."""
STEP = 16
"""Lengths are sorted in steps of so many tokens, so that roles of like length mix."""

OnStep = Callable[["Tuner", Mapping[str, float]], None]


class FineTuningError(Exception):
    """The loss is no number any more; says at which update, and of which trajectories."""


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What a fine-tuning did: its last metrics, the loss of every update, and how to go on."""

    metrics: Mapping[str, float]
    curve: tuple[float, ...]
    state: Mapping[str, Any] = field(repr=False)


class Tuner:
    """A fine-tuning under way: one update at a time, which can be saved and gone on with."""

    def __init__(
        self, model: nn.Module, trajectories: Sequence[Trajectory], config: Config
    ) -> None:
        """Raises FineTuningError where there is nothing to learn from."""
        self.kept = [entry for entry in trajectories if entry.sampled]
        if not self.kept:
            raise FineTuningError("There is no demonstration with a sampled token to learn from.")
        self.model, self.config = model, config
        self.step = 0
        self.tokens = 0
        self.curve: list[float] = []
        self.seconds = 0.0
        self._epoch, self._place = 0, 0
        self._batches = self._ordered()
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        self._weights = weights
        self._plain = has_plain_head(model)
        self._optimiser = torch.optim.AdamW(
            weights, lr=config.sft_lr, betas=config.betas, weight_decay=config.weight_decay
        )

    def update(self, left: float = 1.0) -> dict[str, float]:
        """One optimiser step; `left` is the share of the time limit that is left.

        Returns loss (nats a token), accuracy (share of sampled tokens that were the likeliest),
        lr, grad_norm and tokens_per_second (padding left out). Raises FineTuningError.
        """
        begun = time.perf_counter()
        batch = self._next()
        rate = self.config.sft_lr * scale(self.step, self.config.sft_steps, left)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self.model.train()
        packed = _packed([self.kept[place] for place in batch], self._device)
        loss, right = self._loss(packed)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        norm = nn.utils.clip_grad_norm_(self._weights, self.config.grad_clip)
        value = float(loss.detach())
        if not (math.isfinite(value) and math.isfinite(float(norm))):
            names = ", ".join(self.kept[place].id for place in batch[:3])
            raise FineTuningError(
                f"The cold start broke at update {self.step}: loss = {value}, gradient norm = "
                f"{float(norm)}, on {len(batch)} trajectories ({names}, ...). The weights are "
                f"those of the update before; a smaller sft_lr than {self.config.sft_lr} helps."
            )
        self._optimiser.step()
        self.step += 1
        self.curve.append(value)
        real = int(packed.length.sum())
        self.tokens += real
        self.seconds += time.perf_counter() - begun
        return {
            "sft/loss": value,
            "sft/accuracy": float(right),
            "sft/lr": rate,
            "sft/grad_norm": float(norm),
            "sft/tokens_per_second": self.tokens / self.seconds,
            "sft/epoch": float(self._epoch),
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

    @property
    def _device(self) -> torch.device:
        return self._weights[0].device

    def _ordered(self) -> list[list[int]]:
        lengths = [len(entry.token_ids) for entry in self.kept]
        key = (self.config.seed, "sft", self._epoch)
        return batches(lengths, self.config.sft_batch_tokens, *key)

    def _next(self) -> list[int]:
        if self._place == len(self._batches):
            self._epoch, self._place = self._epoch + 1, 0
            self._batches = self._ordered()
        self._place += 1
        return self._batches[self._place - 1]

    def _loss(self, packed: "Packed") -> tuple[Tensor, Tensor]:
        bfloat = self.config.autocast == "bfloat16"
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=bfloat):
            logits = picked_logits(self.model, packed, plain=self._plain)
        loss = nn.functional.cross_entropy(logits.float(), packed.targets)
        return loss, (logits.detach().argmax(-1) == packed.targets).float().mean()


def fine_tune(
    model: nn.Module,
    trajectories: Sequence[Trajectory],
    config: Config,
    on_step: OnStep | None = None,
    until: float | None = None,
    state: Mapping[str, Any] | None = None,
) -> Tuned:
    """Train `model` in place for `config.sft_steps` updates, or for `until` seconds.

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
    while tuner.step < config.sft_steps:
        left = 1.0 if until is None else 1 - (time.perf_counter() - begun) / max(until, 1e-9)
        if left <= 0:
            break
        metrics = tuner.update(left)
        if on_step is not None:
            on_step(tuner, metrics)
    return Tuned(metrics=metrics, curve=tuple(tuner.curve), state=tuner.state_dict())


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
    """All places of `lengths` once, in batches that hold at most `room` tokens when padded.

    What is of like length stands together, in an order that depends on the key; a length beyond
    `room` is a batch alone.
    """
    order = sorted(
        shuffled(range(len(lengths)), *key, "order"), key=lambda place: -(lengths[place] // STEP)
    )
    made = list(_cut(order, lengths, room))
    return list(shuffled(made, *key, "batches"))


def _cut(order: Sequence[int], lengths: Sequence[int], room: int) -> Iterator[list[int]]:
    batch: list[int] = []
    longest = 0
    for place in order:
        longest = max(longest, lengths[place])
        if batch and longest * (len(batch) + 1) > room:
            yield batch
            batch, longest = [], lengths[place]
        batch.append(place)
    if batch:
        yield batch


@dataclass(frozen=True, kw_only=True)
class Packed:
    """Trajectories of a batch, padded on the right: ids (rows, longest) and length (rows).

    `rows` and `columns` are the places whose next token was sampled, `targets` those tokens.
    """

    ids: Tensor
    length: Tensor
    rows: Tensor
    columns: Tensor
    targets: Tensor


def _packed(trajectories: Sequence[Trajectory], device: torch.device) -> Packed:
    longest = max(len(entry.token_ids) for entry in trajectories)
    ids = torch.zeros(len(trajectories), longest, dtype=torch.long)
    mask = torch.zeros(len(trajectories), longest, dtype=torch.bool)
    for row, entry in enumerate(trajectories):
        ids[row, : len(entry.token_ids)] = torch.tensor(entry.token_ids)
        mask[row, : len(entry.loss_mask)] = torch.tensor(entry.loss_mask, dtype=torch.bool)
    rows, columns = mask[:, 1:].nonzero(as_tuple=True)
    targets = ids[rows, columns + 1]
    length = torch.tensor([len(entry.token_ids) for entry in trajectories])
    return Packed(
        ids=ids.to(device),
        length=length,
        rows=rows.to(device),
        columns=columns.to(device),
        targets=targets.to(device),
    )


def picked_logits(model: Any, packed: Packed, *, plain: bool) -> Tensor:
    """The logits of the next token at the sampled places alone: (places, vocabulary).

    Padding stands on the right, where causal attention never looks, so no attention mask is needed.
    With a `plain` head it is applied to the picked places only.
    """
    if not plain:
        logits: Tensor = model(input_ids=packed.ids, use_cache=False).logits
        return logits[packed.rows, packed.columns]
    body, head = _parts(model)
    hidden: Tensor = body(input_ids=packed.ids, use_cache=False).last_hidden_state
    picked: Tensor = head(hidden[packed.rows, packed.columns])
    return picked


def has_plain_head(model: Any) -> bool:
    """Whether the logits are the output layer on the last hidden states and nothing else.

    Some models scale or cap them after that; it is tried out on two tokens.
    """
    body, head = _parts(model)
    if body is None or head is None:
        return False
    model.eval()
    ids = torch.zeros(1, 2, dtype=torch.long, device=next(model.parameters()).device)
    with torch.no_grad():
        whole: Tensor = model(input_ids=ids, use_cache=False).logits
        parts: Tensor = head(body(input_ids=ids, use_cache=False).last_hidden_state)
    return torch.equal(whole, parts)


def _parts(model: Any) -> tuple[Any, Any]:
    """The body of a model and its output layer; adapters of peft stand inside the body."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return getattr(inner, inner.base_model_prefix, None), inner.get_output_embeddings()
