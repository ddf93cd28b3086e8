"""A tokenizer of bytes, a tiny model, and a policy that says what a function tells it to."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import tokenizers
import torch
from tokenizers import decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from baselines.grpo.config import Config
from baselines.grpo.policy import PolicyError, Sampled
from baselines.grpo.records import Query
from baselines.grpo.rollouts import Engine
from baselines.grpo.tokens import Tokens

MARKS = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>")
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@pytest.fixture(scope="session")
def byte_tokenizer():
    """Make a tokenizer with a token a byte and one for each mark of the chat."""

    def make(template=TEMPLATE, **settings):
        letters = sorted(pre_tokenizers.ByteLevel.alphabet())
        inner = tokenizers.Tokenizer(
            models.BPE({letter: n for n, letter in enumerate(letters)}, [])
        )
        inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        inner.decoder = decoders.ByteLevel()
        inner.add_special_tokens(list(MARKS))
        kinds = {"eos_token": "<|end|>", "pad_token": "<|pad|>", "chat_template": template}
        return PreTrainedTokenizerFast(
            tokenizer_object=inner, clean_up_tokenization_spaces=False, **{**kinds, **settings}
        )

    return make


@pytest.fixture(scope="session")
def tokens(byte_tokenizer):
    return Tokens(byte_tokenizer())


@pytest.fixture
def tiny():
    """Make a model of two layers with random weights; the same seed makes the same weights."""

    def make(seed=0, vocabulary=262, kind=(Qwen3Config, Qwen3ForCausalLM), **settings):
        torch.manual_seed(seed)
        sizes = {
            "vocab_size": vocabulary,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 8,
            "intermediate_size": 48,
            "max_position_embeddings": 2048,
            "initializer_range": 0.3,
            "tie_word_embeddings": False,
        }
        config, model = kind
        return model(config(**{**sizes, **settings})).eval()

    return make


class Scripted:
    """A policy that says `says(text of the prompt)`; `fails` of its calls raise PolicyError."""

    def __init__(self, tokens, says, name="shared", fails=()):
        self.tokens, self.says, self.name, self.version = tokens, says, name, 3
        self.fails, self.calls, self.released = set(fails), [], []

    def generate(self, prompts, sampling):
        self.calls.append(list(prompts))
        if len(self.calls) - 1 in self.fails:
            raise PolicyError("the server is down")
        return [self._message(prompt) for prompt in prompts]

    def release(self, contexts):
        self.released += contexts

    def _message(self, prompt):
        text = self.says(self.tokens.tokenizer.decode(prompt.token_ids))
        ids = (*self.tokens.tokenizer.encode(text), self.tokens.end_of_turn)[: prompt.limit]
        return Sampled(
            token_ids=tuple(ids),
            logprobs=tuple(-0.5 - 0.001 * place for place in range(len(ids))),
            finish="stop" if ids[-1] in prompt.stops else "length",
        )


@pytest.fixture
def scripted(tokens):
    """Make a policy of a function from a prompt's text to a message."""
    return lambda says, **settings: Scripted(tokens, says, **settings)


class FakeWorlds:
    """One scenario in every world."""

    def __init__(self, scenario):
        self.made = scenario

    def scenario(self, world, noise):
        return self.made


@pytest.fixture
def play(scenario, tokens):
    """Make an engine on the small web; policies are one for all roles, or a mapping."""

    def make(policy, *, settings=None, limits=None, at_once=256, **config):
        game = config.get("game", "team")
        made = scenario(**{"game": game, "codec": "xml", "reward": "matpo", **(settings or {})})
        roles = policy if isinstance(policy, dict) else {"planner": policy, "worker": policy}
        base = {
            "system": {"planner": "", "worker": ""},
            "context": 2000,
            "max_new_tokens": 60,
            "group": 2,
        }
        return Engine(
            FakeWorlds(made), tokens, roles, Config(**{**base, **config}),
            limits=limits, at_once=at_once,
        )  # fmt: skip

    return make


@pytest.fixture
def query(small_tasks):
    """Make a query on a task of the small web."""
    return lambda task=0, seed=0: Query(world="small", task=small_tasks.tasks[task].id, seed=seed)
