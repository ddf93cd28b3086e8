"""Which weights answer while a model is trained."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from baselines.grpo.decoupled.answering import Apart, InTurn
from baselines.grpo.local import LocalPolicy
from baselines.grpo.policy import Prompt, Sampling

PROMPT = Prompt(context="c", token_ids=(1, 2, 3), key=("k", 0), limit=6, stops=(31,))


def policy(seed):
    torch.manual_seed(seed)
    shape = LlamaConfig(
        vocab_size=32,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=64,
        tie_word_embeddings=True,
    )
    return LocalPolicy(LlamaForCausalLM(shape), 0, name="worker")


@pytest.fixture
def trained():
    return policy(0)


@pytest.fixture
def apart(trained):
    return Apart(trained, policy(1))


def move(trained):
    with torch.no_grad():
        for weight in trained.model.parameters():
            weight.add_(torch.randn(weight.shape, generator=torch.manual_seed(9)))
    trained.version += 1


def said(answering):
    return answering.generate([PROMPT], Sampling())


def test_a_copy_begins_as_what_is_trained(trained, apart):
    assert said(apart) == said(trained)


def test_a_copy_stays_while_the_model_is_trained(trained, apart):
    before = said(apart)
    move(trained)
    assert (said(apart), apart.version) == (before, 0)


def test_a_copy_follows_when_it_is_told(trained, apart):
    said(apart)
    move(trained)
    apart.publish()
    assert (said(apart), apart.version) == (said(trained), 1)


def test_a_copy_comes_back_as_it_was_kept(trained, apart):
    before, kept = said(apart), apart.state_dict()
    move(trained)
    apart.publish()
    apart.load_state_dict(kept)
    assert (said(apart), apart.version) == (before, 0)


def test_what_was_kept_does_not_follow(trained, apart):
    kept = apart.state_dict()
    first = {name: weight.clone() for name, weight in kept["weights"].items()}
    move(trained)
    apart.publish()
    assert all(weight.equal(first[name]) for name, weight in kept["weights"].items())


def test_in_turn_the_trained_weights_answer_at_once(trained):
    answering = InTurn(trained)
    move(trained)
    assert (said(answering), answering.version) == (said(trained), 1)
