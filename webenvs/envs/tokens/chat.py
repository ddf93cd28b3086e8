"""Text to tokens, once: the opening of a context, what is appended to it, and back to text.

A context only grows: what was sampled stays as it was sampled, and the template's glue around it
is added as tokens, never by tokenising the transcript again.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from webenvs.errors import WebenvsError

ChatMessage = Mapping[str, Any]

_PROBE = "\u241e"  # stands for what the assistant said when the template's glue is looked at


class TokenizerError(WebenvsError):
    """A tokenizer that lacks what a chat needs; says what and where."""


class ChatTokens:
    """A tokenizer with the glue of its chat template."""

    def __init__(self, tokenizer: Any) -> None:
        """Check the tokenizer; raises TokenizerError if it has no chat template or no end of turn.

        `tokenizer` is one of transformers.
        """
        if not getattr(tokenizer, "chat_template", None):
            raise TokenizerError(
                f"The tokenizer {tokenizer.name_or_path!r} has no chat template; take a chat "
                "model, or set tokenizer.chat_template."
            )
        self.tokenizer = tokenizer
        _ = self.end_of_turn

    def opening(self, messages: Sequence[ChatMessage]) -> tuple[int, ...]:
        """The tokens of the first messages, ending where the assistant begins to speak."""
        return self._encode(self._text(messages, header=True))

    def appended(self, messages: Sequence[ChatMessage], *, ended: bool) -> tuple[int, ...]:
        """The tokens between a sampled message and the next: glue, `messages`, the next header.

        `ended` says whether the sampled message ended with its end-of-turn token. The glue is read
        off the template: what it writes behind an assistant's words in such a conversation.
        """
        words = self._text([*_ASKED, _SAID, *_plain(messages)], header=True)
        glue = words.partition(_PROBE)[2]
        ids = self._encode(glue)
        if ended and ids[:1] == (self.end_of_turn,):
            return ids[1:]
        return ids

    def text(self, token_ids: Sequence[int]) -> str:
        """The text of a sampled message, without special tokens that end it."""
        kept = list(token_ids)
        while kept and kept[-1] in self.stops:
            kept.pop()
        return str(self.tokenizer.decode(kept, skip_special_tokens=False))

    @cached_property
    def end_of_turn(self) -> int:
        """The token that ends an assistant's turn in the template."""
        words = self._text([*_ASKED, _SAID], header=False)
        ids = self._encode(words.partition(_PROBE)[2])
        if not ids or ids[0] not in self._special:
            raise TokenizerError(
                f"The chat template of {self.tokenizer.name_or_path!r} ends an assistant's turn "
                "with no special token; a message could not be told to be over."
            )
        return ids[0]

    @cached_property
    def stops(self) -> tuple[int, ...]:
        """The tokens at which a message is over."""
        eos = self.tokenizer.eos_token_id
        return tuple(dict.fromkeys(i for i in (self.end_of_turn, eos) if i is not None))

    @cached_property
    def pad(self) -> int:
        """What fills the places of no token; it is never attended to."""
        pad = self.tokenizer.pad_token_id
        return int(self.end_of_turn if pad is None else pad)

    @cached_property
    def _special(self) -> frozenset[int]:
        return frozenset(self.tokenizer.added_tokens_decoder)

    def _text(self, messages: Sequence[ChatMessage], *, header: bool) -> str:
        return str(
            self.tokenizer.apply_chat_template(
                _plain(messages), tokenize=False, add_generation_prompt=header
            )
        )

    def _encode(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer.encode(text, add_special_tokens=False))


_ASKED = ({"role": "user", "content": "?"},)
_SAID = {"role": "assistant", "content": _PROBE}


def _plain(messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """Roles and texts alone; what a template may not know of is left out."""
    return [{"role": entry["role"], "content": entry["content"]} for entry in messages]
