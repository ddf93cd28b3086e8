"""A policy on a transformers model in this process: batched, cached, and drawn by key."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from msgspec.structs import replace

from baselines.grpo.lockstep import Kept, Lockstep, Row, step_of
from baselines.grpo.policy import PolicyError, Prompt, Sampled, Sampling
from webenvs.errors import bad_setting

_log = logging.getLogger(__name__)

CACHED = 262_144
"""Tokens whose keys and values are kept at most; a tiny model takes 2 KB for each."""


class LocalPolicy:
    """A causal language model of transformers, on CPU or GPU.

    Keys and values of a context are kept between its messages, so that only what is new is read.
    They belong to one version of the weights: setting `version` forgets them all.
    """

    def __init__(
        self,
        model: Any,
        pad: int,
        *,
        name: str = "shared",
        version: int = 0,
        batch: int = 64,
        cached: int = CACHED,
    ) -> None:
        """`pad` fills empty places; `batch` is the most messages sampled at a time.

        Raises SettingError for a model that does not attend to the whole context in every layer.
        """
        if batch < 1:
            raise bad_setting("batch", batch, "at least 1")
        self.model, self.name, self.batch = model, name, batch
        self._pad, self._room, self._version = pad, cached, version
        self._step = step_of(model)
        with self._reading():
            self._shapes = _shapes(model, pad)
        self._kept: dict[str, tuple[tuple[int, ...], Kept]] = {}
        self._tokens = 0

    @property
    def version(self) -> int:
        """How many updates the weights have had."""
        return self._version

    @version.setter
    def version(self, version: int) -> None:
        self._version = version
        self._kept.clear()
        self._tokens = 0

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Sampled]:
        """A message for every prompt, in their order.

        Prompts with as much to read are batched together. Raises PolicyError where memory is full
        even for one message, FloatingPointError for logits that are not finite, ValueError for a
        prompt without tokens or without room for one.
        """
        for prompt in prompts:
            if not prompt.token_ids or prompt.limit < 1:
                raise ValueError(f"The prompt of {prompt.context} is empty, or its limit is 0.")
        sample = partial(Lockstep.run, sampling=sampling)
        found: list[Sampled | None] = [None] * len(prompts)
        with self._reading():
            self._share(prompts)
            for places in self._batches(prompts):
                rows = self._filled([prompts[place] for place in places], sample)
                for place, row in zip(places, rows, strict=True):
                    found[place] = row.sampled
                    token_ids = (*row.prompt.token_ids, *row.token_ids[:-1])
                    self._keep(row.prompt.context, token_ids, row.kept)
        return [message for message in found if message is not None]

    def _share(self, prompts: Sequence[Prompt]) -> None:
        """Read once what several new contexts hold alike: the openings of a group's rollouts."""
        alike: dict[tuple[int, ...], list[Prompt]] = {}
        for prompt in prompts:
            if prompt.context not in self._kept and len(prompt.token_ids) > 1:
                alike.setdefault(prompt.token_ids[:-1], []).append(prompt)
        openings = [
            replace(same[0], token_ids=shared, limit=1)
            for shared, same in alike.items()
            if len(same) > 1
        ]
        for places in self._batches(openings):
            for row in self._filled([openings[place] for place in places], Lockstep.read):
                for prompt in alike[row.prompt.token_ids]:
                    self._keep(prompt.context, row.prompt.token_ids, row.kept)

    def release(self, contexts: Sequence[str]) -> None:
        """Forget what is kept of these contexts; unknown ones are ignored."""
        for context in contexts:
            self._forget(context)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """No gradients and no dropout; the model is left as it was."""
        training = self.model.training
        self.model.eval()
        try:
            with torch.inference_mode():
                yield
        finally:
            self.model.train(training)

    def _batches(self, prompts: Sequence[Prompt]) -> Iterator[list[int]]:
        """The places of the prompts in batches of nearly equal size, alike ones together."""
        new = [len(prompt.token_ids) - self._known(prompt) for prompt in prompts]
        order = sorted(
            range(len(prompts)), key=lambda place: (new[place], len(prompts[place].token_ids))
        )
        count = -(-len(order) // self.batch)
        for number in range(count):
            yield order[number * len(order) // count : (number + 1) * len(order) // count]

    def _known(self, prompt: Prompt) -> int:
        """How many tokens of a prompt need not be read again; always one less than all."""
        token_ids, _ = self._kept.get(prompt.context, ((), None))
        fits = prompt.token_ids[: len(token_ids)] == token_ids
        return min(len(token_ids), len(prompt.token_ids) - 1) if fits else 0

    def _filled(self, prompts: Sequence[Prompt], work: Callable[[Lockstep], None]) -> list[Row]:
        """The rows of a batch after the work on them; where memory is full, by halves."""
        columns = max(len(prompt.token_ids) for prompt in prompts)
        rows = [Row(prompt, self._cached(prompt), columns) for prompt in prompts]
        try:
            work(Lockstep(self._step, rows, self._shapes, self._pad))
        except torch.OutOfMemoryError as error:
            if len(prompts) == 1:
                raise PolicyError(f"Memory is full, for one message already: {error}") from error
            full = True
        else:
            full = False
        if not full:
            return rows
        _log.warning("memory is full: a batch of %d messages is halved", len(prompts))
        half, rows = len(prompts) // 2, []
        return [*self._filled(prompts[:half], work), *self._filled(prompts[half:], work)]

    def _cached(self, prompt: Prompt) -> Kept | None:
        known = self._known(prompt)
        if not known:
            return None
        keys, values = self._kept[prompt.context][1]
        return keys[:, :, :known], values[:, :, :known]

    def _keep(self, context: str, token_ids: tuple[int, ...], kept: Kept | None) -> None:
        """Keep what is known of a context, and forget the oldest ones beyond the room."""
        self._forget(context)
        if kept is None:
            return
        self._kept[context] = token_ids, kept
        self._tokens += len(token_ids)
        while self._tokens > self._room:
            self._forget(next(iter(self._kept)))

    def _forget(self, context: str) -> None:
        token_ids, _ = self._kept.pop(context, ((), None))
        self._tokens -= len(token_ids)


def _shapes(model: Any, pad: int) -> Kept:
    """Keys and values of one token, [layers, 1, heads, 1, size]; says how the model caches."""
    out = model(input_ids=torch.tensor([[pad]], device=model.device), use_cache=True)
    cache = out.cache if hasattr(out, "cache") else out.past_key_values
    layers = list(getattr(cache, "layers", ()))
    whole = layers and all(type(layer).__name__ == "DynamicLayer" for layer in layers)
    if not whole or len({(layer.keys.shape, layer.values.shape) for layer in layers}) > 1:
        raise bad_setting(
            "model", type(model).__name__, "a model whose layers all attend to the whole context"
        )
    keys = torch.stack([layer.keys for layer in layers])
    values = torch.stack([layer.values for layer in layers])
    return keys, values
