"""What is watched while a policy is trained: numbers of tokens, gathered to metrics of an update.

Of each role: `role/ratio`, `role/ratio_max`, `role/ratio_min` (probability now over then),
`role/clipped` (share of tokens that the clip holds back), `role/kl` (k3 of the sampler's policy
from the present one, nats a token), `role/entropy` (nats a token), `role/loss` (the role's part of
the loss, a pass), `role/tokens_trained`, and with a reference `role/reference_kl`. Of the policy:
`loss`, `grad_norm` (mean before the clip), `lr`, `ratio/mean`, `ratio/max`, `ratio/min`,
`tokens/trained`, `tokens/padded` (places without a token), `steps` and `time/train` (seconds). A
policy that is not the only one puts its name before these: `worker/grad_norm`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from baselines.grpo import losses
from baselines.grpo.config import Config
from baselines.grpo.losses import Known
from baselines.grpo.records import SHARED

_COLUMNS = ("ratio", "clipped", "kl", "entropy", "reference_kl", "loss")


class Seen(NamedTuple):
    """What a pass showed of a micro-batch's sampled tokens, `[tokens]` each."""

    logprobs: Tensor
    entropy: Tensor
    ratio: Tensor
    loss: Tensor


class Tally:
    """Gathers what was seen of tokens over all passes of an update."""

    def __init__(self, policy: str, config: Config) -> None:
        self.policy = policy
        self.config = config
        self.norms: list[float] = []
        self.padded = 0
        self.tokens: dict[str, list[Tensor]] = {}

    def saw(self, roles: Sequence[str], known: Known, seen: Seen) -> None:
        """Keep the numbers of a micro-batch; `roles` are those of its trajectories."""
        with torch.no_grad():
            table = _table(known, seen, self.config).cpu()
        for role in dict.fromkeys(roles):
            theirs = torch.tensor([other == role for other in roles])
            self.tokens.setdefault(role, []).append(table[theirs[known.sequence.cpu()]])

    def metrics(self, rate: float, seconds: float) -> dict[str, float]:
        """All of an update, by the names that this module lists."""
        prefix = "" if self.policy == SHARED else f"{self.policy}/"
        whole = {"lr": rate, "time/train": seconds} | self._whole()
        metrics = {f"{prefix}{name}": value for name, value in whole.items()}
        for role, parts in self.tokens.items():
            metrics |= {f"{role}/{name}": value for name, value in self._of(parts).items()}
        return metrics

    def _whole(self) -> dict[str, float]:
        tables = [part for parts in self.tokens.values() for part in parts]
        passes = max(1, self.config.epochs)
        metrics = {
            "steps": float(len(self.norms)),
            "tokens/trained": float(sum(map(len, tables))),
            "tokens/padded": float(self.padded),
        }
        if not tables:
            return metrics
        table = torch.cat(tables)
        ratio = table[:, _COLUMNS.index("ratio")]
        return metrics | {
            "loss": float(table[:, _COLUMNS.index("loss")].sum()) / passes,
            "grad_norm": sum(self.norms) / len(self.norms),
            "ratio/mean": float(ratio.mean()),
            "ratio/max": float(ratio.max()),
            "ratio/min": float(ratio.min()),
        }

    def _of(self, parts: Sequence[Tensor]) -> dict[str, float]:
        table = torch.cat(list(parts))
        means = dict(zip(_COLUMNS, table.mean(0).tolist(), strict=True))
        means["loss"] *= len(table) / max(1, self.config.epochs)
        if self.config.kl == 0:
            del means["reference_kl"]
        ratio = table[:, _COLUMNS.index("ratio")]
        extremes = {"ratio_max": float(ratio.max()), "ratio_min": float(ratio.min())}
        return means | extremes | {"tokens_trained": float(len(table))}


def _table(known: Known, seen: Seen, config: Config) -> Tensor:
    """A row for each token with the numbers of `_COLUMNS`, in double precision."""
    low = 1.0 if config.loss == "cispo" else config.clip_low  # CISPO clips above alone
    columns = (
        seen.ratio,
        losses.outside(seen.ratio, known.advantage, low, config.clip_high),
        losses.k3(known.old, seen.logprobs),
        seen.entropy,
        losses.k3(seen.logprobs, known.reference),
        seen.loss,
    )
    return torch.stack([column.double() for column in columns], dim=1)
