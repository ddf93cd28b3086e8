"""The optimiser of a training: Muon for the matrices of a fresh model, AdamW for the rest.

Muon (Jordan et al. 2024; `torch.optim.Muon`) orthogonalises the momentum of every matrix. A model
that begins from nothing learns to copy in about two thirds of AdamW's updates with it; weights that
were trained before are tuned by AdamW alone. Vectors (norms, biases) do not decay.
"""

from typing import Any

import torch
from torch import nn

from baselines.grpo.config import Config

MATRIX_RATE = 4.0
"""How many times the learning rate of AdamW Muon's is."""


class Optimiser:
    """One optimiser or two, whose learning rates rise and fall together."""

    def __init__(self, model: nn.Module, config: Config, vectors: float = 1.0) -> None:
        """For all weights of the model that are trained, as `config.optimiser` says.

        `vectors` is how many times the learning rate of other weights that of vectors is.
        """
        named = [(name, one) for name, one in model.named_parameters() if one.requires_grad]
        matrices = [one for name, one in named if one.ndim == 2 and "embed" not in name]
        if config.optimiser == "adamw":
            matrices = []
        inner = {id(one) for one in matrices}
        rest = [one for _, one in named if id(one) not in inner]
        decay = config.weight_decay
        wide = [one for one in rest if one.ndim > 1]
        narrow = [one for one in rest if one.ndim <= 1]
        self._parts: list[tuple[float, torch.optim.Optimizer]] = []
        if matrices:
            self._parts.append((MATRIX_RATE, torch.optim.Muon(matrices, weight_decay=decay)))
        if wide:
            adamw = torch.optim.AdamW(wide, betas=config.betas, weight_decay=decay)
            self._parts.append((1.0, adamw))
        if narrow:
            adamw = torch.optim.AdamW(narrow, betas=config.betas, weight_decay=0.0)
            self._parts.append((vectors, adamw))

    def step(self, rate: float) -> None:
        """One step at the learning rate `rate`, which is AdamW's."""
        for times, part in self._parts:
            for group in part.param_groups:
                group["lr"] = times * rate
            part.step()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for _, part in self._parts:
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, Any]]:
        """All that an exact continuation needs."""
        return [part.state_dict() for _, part in self._parts]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Go on from there."""
        for (_, part), state in zip(self._parts, states, strict=True):
            part.load_state_dict(state)
