"""A tokenizer of bytes with a chat template, a model of a few weights, and played episodes."""

import msgspec
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from baselines.grpo.records import Query
from baselines.grpo.tokens import Tokens

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ("<|pad|>", "<|im_start|>", "<|im_end|>")


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    torch.set_num_threads(1)


def byte_tokenizer():
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {word: place for place, word in enumerate((*SPECIAL, *alphabet))}
    bare = Tokenizer(models.BPE(vocab=words, merges=[]))
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    bare.add_special_tokens(list(SPECIAL))
    return PreTrainedTokenizerFast(
        tokenizer_object=bare,
        pad_token="<|pad|>",
        eos_token="<|im_end|>",
        chat_template=TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


@pytest.fixture(scope="session")
def tokenizer():
    return byte_tokenizer()


@pytest.fixture(scope="session")
def tokens(tokenizer):
    return Tokens(tokenizer)


@pytest.fixture(scope="session")
def lossy_tokens():
    """Tokens of a tokenizer that cannot write capital letters."""
    made = byte_tokenizer()
    made.backend_tokenizer.normalizer = normalizers.Lowercase()
    return Tokens(made)


@pytest.fixture
def tiny(tokenizer):
    """Make a model; the same seed gives the same weights."""

    def make(seed=0, **settings):
        torch.manual_seed(seed)
        parts = {
            "vocab_size": 300,
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "max_position_embeddings": 4096,
            "tie_word_embeddings": True,
            **settings,
        }
        return LlamaForCausalLM(LlamaConfig(**parts))

    return make


class SmallWorlds:
    """The small web as worlds: one world, its training questions, any noise."""

    def __init__(self, make, settings):
        self._make = make
        self._settings = settings

    def queries(self, split):
        found = self.scenario("small", "none").tasks.of_split(split)
        return [Query(world="small", task=task.id, seed=0) for task in found]

    def scenario(self, world, noise):
        extra = {} if noise == "none" else {"noise": noise}
        return self._make(**self._settings, **extra)

    def task(self, query):
        return self.scenario(query.world, query.noise).tasks.get(query.task)


@pytest.fixture
def worlds(scenario):
    """Make worlds on the small web."""

    def make(**settings):
        return SmallWorlds(scenario, {"codec": "xml", **settings})

    return make


@pytest.fixture
def changed():
    """A record with some of its fields changed."""
    return msgspec.structs.replace
