"""Episodes of a real environment, played through a server as they are played in this process."""

import threading

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from baselines.grpo.cold.tokenizer import train_tokenizer
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.config import Config
from baselines.grpo.dialects import DIALECTS, seed_of
from baselines.grpo.local import LocalPolicy
from baselines.grpo.policy import Prompt, Sampling
from baselines.grpo.rollouts import Engine
from baselines.grpo.served import Limits, ServedPolicy
from baselines.grpo.tokens import Tokens

CONFIG = Config(
    train_worlds=1, heldout_worlds=1, tasks_per_world=3, context=512, max_new_tokens=10,
    retries=0, system={"planner": "", "worker": ""},
)  # fmt: skip
LIMITS = Limits(concurrency=4, retries=0, timeout=60.0)


class Keyed:
    """A served policy that notes which key is behind a seed."""

    def __init__(self, policy):
        self.policy, self.keys = policy, {}
        self.name, self.version = policy.name, policy.version

    def generate(self, prompts, sampling):
        self.keys |= {seed_of(prompt.key): prompt.key for prompt in prompts}
        return self.policy.generate(prompts, sampling)

    def release(self, contexts):
        self.policy.release(contexts)


@pytest.fixture(scope="module")
def worlds():
    return Worlds(CONFIG)


@pytest.fixture(scope="module")
def tokens(worlds):
    asked = [worlds.task(query).question for query in worlds.queries("train")]
    return Tokens(train_tokenizer(asked, vocabulary=400))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    shape = Qwen3Config(
        vocab_size=400, max_position_embeddings=1024, hidden_size=32, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16, intermediate_size=64,
        tie_word_embeddings=True,
    )  # fmt: skip
    return Qwen3ForCausalLM(shape)


@pytest.fixture
def played(worlds, tokens):
    """The rollouts of the questions with one policy in both roles."""

    def rollouts(policy):
        engine = Engine(worlds, tokens, {"planner": policy, "worker": policy}, CONFIG)
        return engine.rollouts([(query, 0) for query in worlds.queries("train")], Sampling(), "k")

    return rollouts


def drawn_by(policy, keys):
    """A server's rule: the draws of `policy`, under the key that is behind a seed."""
    alone = threading.Lock()

    def rule(wish):
        prompt = Prompt(
            context="",
            token_ids=wish.token_ids,
            key=keys[wish.seed],
            limit=wish.limit,
            stops=tuple(stop for stop in wish.stops if stop is not None),
        )
        with alone:
            said = policy.generate([prompt], Sampling(temperature=wish.temperature))[0]
            policy.release([""])
        return list(said.token_ids), list(said.logprobs)

    return rule


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_an_episode_through_a_server_is_the_episode_of_this_process(
    serve, played, tokens, model, dialect
):
    keys = {}
    here = played(LocalPolicy(model, tokens.pad))
    rule = drawn_by(LocalPolicy(model, tokens.pad), keys)
    with (
        serve(rule=rule) as server,
        ServedPolicy(server.url, "tiny", dialect=dialect, limits=LIMITS) as policy,
    ):
        keyed = Keyed(policy)
        keyed.keys = keys
        there = played(keyed)
    assert [r.episode for r in there] == [r.episode for r in here]
    for mine, yours in zip(there, here, strict=True):
        for one, other in zip(mine.trajectories, yours.trajectories, strict=True):
            assert one.token_ids == other.token_ids
            assert one.loss_mask == other.loss_mask
            assert one.logprobs == pytest.approx(other.logprobs, abs=1e-4, nan_ok=True)


def test_a_server_that_fails_breaks_the_episode_and_not_the_run(serve, played):
    with serve(*[500] * 99) as server, ServedPolicy(server.url, "tiny", limits=LIMITS) as policy:
        found = played(policy)
    assert [rollout.status for rollout in found] == ["infra_error"] * 3
