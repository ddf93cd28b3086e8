"""One batch of messages, sampled in lockstep: a left-padded buffer of keys and values for all rows.

Every row ends in the same column, so that a step writes one column. Rows that are over leave the
batch when enough of them are. Draws are by inverse CDF from uniforms that belong to a row alone.
"""

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from transformers.cache_utils import Cache

from baselines.grpo.policy import Prompt, Sampled, Sampling
from webenvs.seeding import generator

CROWDED = 0.75
"""The share of live rows below which the others are taken out of the batch."""


class Buffer(Cache):
    """Keys and values of a batch, each of shape [layers, rows, heads, columns, size].

    A model that is given it writes the columns behind `used` and attends to all up to them.
    """

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        """Take tensors that are zero wherever nothing is known."""
        super().__init__(layers=[])
        self.keys, self.values, self.used = keys, values, 0

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor]:
        """Write a layer's new columns; returns all of its columns so far."""
        start, end = self.used, self.used + key_states.shape[-2]
        keys, values = self.keys[layer_idx], self.values[layer_idx]
        keys[:, :, start:end] = key_states
        values[:, :, start:end] = value_states
        return keys[:, :, :end], values[:, :, :end]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """How many columns are in use."""
        return self.used

    def kept(self, rows: Tensor, left: int) -> "Buffer":
        """These rows alone, without the first `left` columns."""
        found = Buffer(
            self.keys[..., left:, :].index_select(1, rows),
            self.values[..., left:, :].index_select(1, rows),
        )
        found.used = self.used - left
        return found


Kept = tuple[Tensor, Tensor]
"""Keys and values of one context, each of shape [layers, heads, tokens, size]."""


class Row:
    """A message while it is sampled; `start` is the column of its context's first token."""

    def __init__(self, prompt: Prompt, cached: Kept | None, columns: int) -> None:
        """`cached` is what is known of the beginning of the prompt."""
        self.prompt = prompt
        self.cached = cached
        self.start = columns - len(prompt.token_ids)
        self.token_ids: list[int] = []
        self.logprobs: list[float] = []
        self.finish: Literal["stop", "length"] | None = None
        self.kept: Kept | None = None
        self.uniforms: list[float] = generator(*prompt.key).random(prompt.limit).tolist()

    def take(self, token: int, logprob: float) -> None:
        """Add a token to the message, which may end it."""
        self.token_ids.append(token)
        self.logprobs.append(logprob)
        if token in self.prompt.stops:
            self.finish = "stop"
        elif len(self.token_ids) >= self.prompt.limit:
            self.finish = "length"

    @property
    def sampled(self) -> Sampled:
        """The message as it was sampled."""
        return Sampled(
            token_ids=tuple(self.token_ids),
            logprobs=tuple(self.logprobs),
            finish=self.finish or "length",
        )


Step = Callable[[Tensor, Tensor, Tensor, Buffer], Tensor]
"""A forward pass: the logits behind the last column, from ids, mask, positions and buffer."""


def step_of(model: Any) -> Step:
    """The forward pass of a causal model of transformers, with or without adapters of peft."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    names = inspect.signature(inner.base_model.forward).parameters
    cache = "cache" if "cache" in names else "past_key_values"  # its name before transformers 5.2x

    def step(ids: Tensor, mask: Tensor, positions: Tensor, buffer: Buffer) -> Tensor:
        given = {cache: buffer, "use_cache": True, "logits_to_keep": 1}
        out = model(input_ids=ids, attention_mask=mask, position_ids=positions, **given)
        logits: Tensor = out.logits[:, -1].float()
        return logits

    return step


class Lockstep:
    """Samples the messages of one batch."""

    def __init__(
        self, step: Step, rows: Sequence[Row], shapes: tuple[Tensor, Tensor], pad: int
    ) -> None:
        """`shapes` are keys and values of one token, [layers, 1, heads, 1, size], to make more."""
        self.step, self.pad = step, pad
        self.live = list(rows)
        self.columns = max(len(row.prompt.token_ids) for row in rows)
        self.room = self.columns + max(row.prompt.limit for row in rows) - 1
        self.device, self.dtype = shapes[0].device, shapes[0].dtype
        self.buffer = Buffer(*(self._zeros(shape) for shape in shapes))
        self.floor = torch.finfo(self.dtype).min

    def read(self) -> None:
        """Fill what is kept of the rows with keys and values of their whole prompts."""
        self._prefill()
        for place, row in enumerate(self.live):
            row.kept = self._slice(place, row)

    def run(self, sampling: Sampling) -> None:
        """Fill the rows: their tokens, log-probs, and keys and values of all but the last token."""
        logits = self._prefill()
        while True:
            ids = self._draw(logits, sampling)
            if self._settle():
                return
            alive = torch.tensor([row.token_ids[-1] for row in self.live], device=self.device)
            logits = self._forward(alive[:, None] if len(alive) != len(ids) else ids[:, None])

    def _zeros(self, shape: Tensor) -> Tensor:
        layers, _, heads, _, size = shape.shape
        return shape.new_zeros((layers, len(self.live), heads, self.room, size))

    def _prefill(self) -> Tensor:
        """The logits behind every prompt; its tokens that are not cached are fed.

        All rows feed as many columns as the one with most to feed: what stands there already is
        computed once more, and what is before a row's start is padding.
        """
        fed = max(len(row.prompt.token_ids) - _length(row.cached) for row in self.live)
        first = self.columns - fed
        for place, row in enumerate(self.live):
            self._load(place, row, first)
        ids = torch.full((len(self.live), fed), self.pad, dtype=torch.long)
        for place, row in enumerate(self.live):
            last = row.prompt.token_ids[-fed:]
            ids[place, fed - len(last) :] = torch.tensor(last)
        starts = self._starts()
        columns = torch.arange(self.columns, device=self.device)
        queries = columns[first:]
        seen = (columns >= starts[:, None])[:, None, :] & (columns <= queries[:, None])
        mask = self._masked(seen)[:, None]
        positions = (queries - starts[:, None]).clamp(min=0)
        self.buffer.used = first
        logits = self.step(ids.to(self.device), mask, positions, self.buffer)
        self.buffer.used = self.columns
        self._aim()
        return logits

    def _load(self, place: int, row: Row, first: int) -> None:
        """Put what is cached of a row in its columns before `first`."""
        known = min(_length(row.cached), max(0, first - row.start))
        if row.cached is not None and known:
            keys, values = row.cached
            end = row.start + known
            self.buffer.keys[:, place, :, row.start : end] = keys[:, :, :known]
            self.buffer.values[:, place, :, row.start : end] = values[:, :, :known]

    def _starts(self) -> Tensor:
        return torch.tensor([row.start for row in self.live], device=self.device)

    def _masked(self, seen: Tensor) -> Tensor:
        """0 where a token may be attended to, the least number where not."""
        mask = torch.zeros(seen.shape, dtype=self.dtype, device=self.device)
        return mask.masked_fill_(~seen, self.floor)

    def _aim(self) -> None:
        """Note where rows begin, once for all steps until rows leave."""
        starts = self._starts()
        columns = torch.arange(self.buffer.keys.shape[-2], device=self.device)
        self.mask = self._masked(columns >= starts[:, None])[:, None, None]
        self.shift = starts[:, None]

    def _forward(self, ids: Tensor) -> Tensor:
        """The logits behind one more token of every live row."""
        end = self.buffer.used + 1
        positions = self.buffer.used - self.shift
        logits = self.step(ids, self.mask[..., :end], positions, self.buffer)
        self.buffer.used = end
        return logits

    def _draw(self, logits: Tensor, sampling: Sampling) -> Tensor:
        """One more token for every live row; rows that are over get one that nobody sees."""
        uniforms = [
            row.uniforms[min(len(row.token_ids), row.prompt.limit - 1)] for row in self.live
        ]
        ids, logprobs = drawn(logits, uniforms, sampling)
        for row, token, logprob in zip(self.live, ids.tolist(), logprobs.tolist(), strict=True):
            if row.finish is None:
                row.take(token, logprob)
        return ids

    def _settle(self) -> bool:
        """Keep what is known of rows that just ended, and leave them when they are many."""
        for place, row in enumerate(self.live):
            if row.finish is not None and row.kept is None:
                row.kept = self._slice(place, row)
        alive = [place for place, row in enumerate(self.live) if row.finish is None]
        if not alive:
            return True
        if len(alive) <= CROWDED * len(self.live):
            self._leave(alive)
        return False

    def _slice(self, place: int, row: Row) -> Kept:
        """What is known of a row by now."""
        keys, values = self.buffer.keys[:, place], self.buffer.values[:, place]
        span = slice(row.start, self.buffer.used)
        return keys[:, :, span].clone(), values[:, :, span].clone()

    def _leave(self, alive: Sequence[int]) -> None:
        self.live = [self.live[place] for place in alive]
        left = min(row.start for row in self.live)
        for row in self.live:
            row.start -= left
        self.buffer = self.buffer.kept(torch.tensor(alive, device=self.device), left)
        self._aim()


def drawn(logits: Tensor, uniforms: Sequence[float], sampling: Sampling) -> tuple[Tensor, Tensor]:
    """Tokens [rows] by inverse CDF, and their log-probs at temperature 1 without truncation.

    `logits` are [rows, vocabulary]; raises FloatingPointError where they are not finite.
    """
    logprobs = logits.log_softmax(-1)
    if sampling.temperature == 0:
        ids = logits.argmax(-1)
    else:
        shares = _shares(logprobs, sampling)
        cdf = shares.cumsum(-1, dtype=torch.float64)
        places = torch.tensor(uniforms, dtype=torch.float64, device=logits.device)[:, None]
        ids = torch.searchsorted(cdf, places * cdf[:, -1:], right=True)[:, 0]
        ids = ids.clamp(max=logits.shape[-1] - 1)
    found = logprobs.gather(-1, ids[:, None])[:, 0]
    if not math.isfinite(float(found.sum())):
        raise FloatingPointError(
            "The model's logits are not finite; its weights hold a NaN or an infinity."
        )
    return ids, found


def _shares(logprobs: Tensor, sampling: Sampling) -> Tensor:
    """What is drawn from, up to a factor: tempered, and cut to the nucleus."""
    shares = logprobs.exp()
    if sampling.temperature != 1:
        shares = (logprobs / sampling.temperature).softmax(-1)
    if sampling.top_p < 1:
        ranked, order = shares.sort(dim=-1, descending=True, stable=True)
        beyond = ranked.cumsum(-1) - ranked >= sampling.top_p
        shares = shares.masked_fill(beyond.scatter(-1, order, beyond), 0.0)
    return shares


def _length(cached: Kept | None) -> int:
    return 0 if cached is None else int(cached[0].shape[-2])
