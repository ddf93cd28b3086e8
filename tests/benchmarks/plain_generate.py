"""A policy that calls `transformers.generate` as a first loop would; bench_grpo measures by it."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from baselines.grpo.policy import Prompt, Sampled, Sampling


class Plain:
    """Reads every context anew for each of its messages; with `padded` all prompts at once.

    Log-probs are 0: what such a loop would spend on them is not counted against it.
    """

    name, version = "shared", 0

    def __init__(self, model: Any, pad: int, *, padded: bool) -> None:
        self.model, self.pad, self.padded = model, pad, padded

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Sampled]:
        """A message for every prompt, one call for each or one for all."""
        if self.padded:
            return self._together(prompts, sampling)
        return [said for prompt in prompts for said in self._together([prompt], sampling)]

    def release(self, contexts: Sequence[str]) -> None:
        """Nothing is kept."""

    @torch.inference_mode()
    def _together(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Sampled]:
        longest = max(len(prompt.token_ids) for prompt in prompts)
        ids = torch.full((len(prompts), longest), self.pad)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):
            ids[row, longest - len(prompt.token_ids) :] = torch.tensor(prompt.token_ids)
            mask[row, longest - len(prompt.token_ids) :] = 1
        found: Tensor = self.model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=max(prompt.limit for prompt in prompts),
            do_sample=True,
            temperature=sampling.temperature,
            top_k=0,
            top_p=sampling.top_p,
            eos_token_id=list(prompts[0].stops),
            pad_token_id=self.pad,
        )
        return [
            _said(row[longest:].tolist(), prompt)
            for row, prompt in zip(found, prompts, strict=True)
        ]


def _said(ids: Sequence[int], prompt: Prompt) -> Sampled:
    """The message in a row of tokens: up to its stop, or to its limit."""
    ends = [place for place, token in enumerate(ids) if token in prompt.stops]
    kept = tuple(ids[: ends[0] + 1] if ends else ids)[: prompt.limit]
    finish = "stop" if kept[-1] in prompt.stops else "length"
    return Sampled(token_ids=kept, logprobs=(0.0,) * len(kept), finish=finish)
