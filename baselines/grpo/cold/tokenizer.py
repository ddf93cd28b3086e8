"""A tokenizer trained on our own text: byte-level pairs, chat marks and tool tags as one token."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

END = "<|end|>"
PAD = "<|pad|>"
ROLES = ("system", "user", "assistant", "tool")
TOOLS = ("search", "fetch", "click", "find", "back", "read", "answer", "report", "delegate")
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""The chat template: one token opens a message, one ends it."""


def train_tokenizer(
    texts: Iterable[str], vocabulary: int = 2048, context: int = 512
) -> "PreTrainedTokenizerFast":
    """A tokenizer of at most `vocabulary` tokens that knows the syllables of `texts`.

    Every word carries its blank, also behind a tag, so that a name has the same tokens wherever it
    stands: what a tiny model has to copy looks the same on both sides.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tags = [tag for tool in TOOLS for tag in (f"<{tool}>", f"</{tool}>")]
    marks = [PAD, END, *(f"<|{role}|>" for role in ROLES), *tags]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=marks,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers has no types here
        tokenizer_object=tokenizer,
        chat_template=TEMPLATE,
        eos_token=END,
        pad_token=PAD,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )
