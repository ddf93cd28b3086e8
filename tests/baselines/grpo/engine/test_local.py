"""The local policy: what it samples, what it keeps, and what it says when it cannot."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config

from baselines.grpo.local import LocalPolicy
from baselines.grpo.lockstep import drawn
from baselines.grpo.policy import PolicyError, Prompt, Sampling
from webenvs.errors import SettingError
from webenvs.seeding import generator

PAD, STOP = 256, 257


def ids(length, *key):
    return tuple(int(n) for n in generator(*key).integers(0, 250, length))


def prompt(name, token_ids, limit=12, stops=(), key=None):
    return Prompt(
        context=name, token_ids=token_ids, key=key or (name, len(token_ids)), limit=limit,
        stops=stops,
    )  # fmt: skip


def prompts(count=5, **settings):
    return [prompt(f"c{n}", ids(5 + 7 * n, n), limit=6 + 3 * n, **settings) for n in range(count)]


def reference(model, given, said):
    """The log-probs of a message by one plain forward pass over all of its context."""
    whole = torch.tensor([[*given.token_ids, *said.token_ids]])
    with torch.no_grad():
        logprobs = model(whole).logits[0].double().log_softmax(-1)
    first = len(given.token_ids) - 1
    return [float(logprobs[first + n, token]) for n, token in enumerate(said.token_ids)]


def texts(messages):
    return [said.token_ids for said in messages]


def counting(model):
    """Count the tokens that a model is fed, padding included."""
    fed = []

    def note(_, __, given):
        fed.append(given["input_ids"].numel())

    model.register_forward_pre_hook(note, with_kwargs=True)
    return fed


def test_log_probs_are_those_of_a_plain_forward_pass(tiny):
    model = tiny()
    for given, said in zip(
        prompts(), LocalPolicy(model, PAD).generate(prompts(), Sampling()), strict=True
    ):
        assert said.logprobs == pytest.approx(reference(model, given, said), abs=2e-4)


def test_llama_is_sampled_like_any_other(tiny):
    model = tiny(kind=(LlamaConfig, LlamaForCausalLM))
    given = prompts()
    for one, said in zip(given, LocalPolicy(model, PAD).generate(given, Sampling()), strict=True):
        assert said.logprobs == pytest.approx(reference(model, one, said), abs=2e-4)


def test_log_probs_are_at_temperature_1_of_the_whole_distribution(tiny):
    model = tiny()
    found = LocalPolicy(model, PAD).generate(prompts(), Sampling(temperature=0.7, top_p=0.8))
    for given, said in zip(prompts(), found, strict=True):
        assert said.logprobs == pytest.approx(reference(model, given, said), abs=2e-4)


def test_what_else_is_in_the_batch_changes_no_message(tiny):
    policy = LocalPolicy(tiny(), PAD)
    together = policy.generate(prompts(), Sampling())
    policy.release([given.context for given in prompts()])
    alone = [policy.generate([given], Sampling())[0] for given in reversed(prompts())]
    assert texts(together) == texts(reversed(alone))


def test_the_size_of_batches_changes_no_message(tiny):
    model = tiny()
    one = LocalPolicy(model, PAD, batch=2).generate(prompts(), Sampling())
    assert texts(one) == texts(LocalPolicy(model, PAD, batch=64).generate(prompts(), Sampling()))


def test_a_kept_context_goes_on_as_one_read_anew(tiny):
    model = tiny()
    keeping, forgetful = LocalPolicy(model, PAD), LocalPolicy(model, PAD, cached=0)
    given = prompts()
    for turn in range(3):
        said = keeping.generate(given, Sampling())
        again = forgetful.generate(given, Sampling())
        assert texts(said) == texts(again)
        for one, other in zip(said, again, strict=True):
            assert one.logprobs == pytest.approx(other.logprobs, abs=2e-4)
        given = [
            prompt(old.context, old.token_ids + new.token_ids + ids(3 + n, "next", turn, n))
            for n, (old, new) in enumerate(zip(given, said, strict=True))
        ]


def test_only_what_is_new_is_read(tiny):
    model = tiny()
    policy = LocalPolicy(model, PAD)
    first = prompt("a", ids(50, "a"), limit=4)
    said = policy.generate([first], Sampling())[0]
    fed = counting(model)
    policy.generate(
        [prompt("a", first.token_ids + said.token_ids + ids(7, "b"), limit=2)], Sampling()
    )
    assert fed == [8, 1]  # the last sampled token had not been fed yet


def test_openings_that_are_alike_are_read_once(tiny):
    model = tiny()
    fed = counting(model)
    policy = LocalPolicy(model, PAD)
    del fed[:]
    same = ids(40, "same")
    found = policy.generate([prompt(f"c{n}", same, limit=1) for n in range(4)], Sampling())
    assert fed == [39, 4]
    assert len(set(texts(found))) > 1  # each draws for itself


def test_a_released_context_is_read_again(tiny):
    model = tiny()
    policy = LocalPolicy(model, PAD)
    first = prompt("a", ids(30, "a"), limit=1)
    policy.generate([first], Sampling())
    policy.release(["a", "unknown"])
    fed = counting(model)
    policy.generate([first], Sampling())
    assert fed == [30]


def test_beyond_the_bound_the_oldest_context_is_forgotten(tiny):
    model = tiny()
    policy = LocalPolicy(model, PAD, cached=70)
    given = [prompt(name, ids(30, name), limit=1) for name in "abc"]
    for one in given:
        policy.generate([one], Sampling())
    fed = counting(model)
    for one in reversed(given):
        policy.generate([one], Sampling())
    assert fed == [1, 1, 30]


def test_a_context_that_was_rewritten_is_read_anew(tiny):
    model = tiny()
    policy = LocalPolicy(model, PAD)
    policy.generate([prompt("a", ids(30, "a"))], Sampling())
    other = prompt("a", ids(40, "other"))
    said = policy.generate([other], Sampling())[0]
    assert said.logprobs == pytest.approx(reference(model, other, said), abs=2e-4)


def test_a_new_version_forgets_what_the_old_weights_computed(tiny):
    model = tiny()
    policy = LocalPolicy(model, PAD)
    given = prompt("a", ids(30, "a"), limit=4)
    said = policy.generate([given], Sampling())[0]
    with torch.no_grad():
        model.model.layers[0].mlp.up_proj.weight.add_(0.5)
    policy.version += 1
    longer = prompt("a", given.token_ids + said.token_ids + ids(5, "b"))
    again = policy.generate([longer], Sampling())[0]
    assert policy.version == 1
    assert again.logprobs == pytest.approx(reference(model, longer, again), abs=2e-4)


def test_a_message_ends_with_its_stop(tiny):
    stops = tuple(range(0, 262, 3))
    for said in LocalPolicy(tiny(), PAD).generate(prompts(stops=stops), Sampling()):
        assert [token in stops for token in said.token_ids[:-1]].count(True) == 0
        assert (said.finish == "stop") == (said.token_ids[-1] in stops)


def test_a_message_ends_at_its_limit(tiny):
    found = LocalPolicy(tiny(), PAD).generate(prompts(), Sampling())
    assert [(len(said.token_ids), said.finish) for said in found] == [
        (6 + 3 * n, "length") for n in range(5)
    ]


def test_the_key_decides_the_message(tiny):
    policy = LocalPolicy(tiny(), PAD)
    given = [prompt(f"c{n}", ids(20, "a"), key=("k", n % 2)) for n in range(4)]
    found = texts(policy.generate(given, Sampling()))
    assert found[0] == found[2] != found[1] == found[3]


def test_temperature_0_takes_the_likeliest(tiny):
    model = tiny()
    given = prompt("a", ids(20, "a"))
    said = LocalPolicy(model, PAD).generate([given], Sampling(temperature=0.0))[0]
    with torch.no_grad():
        logits = model(torch.tensor([[*given.token_ids, *said.token_ids]])).logits[0]
    assert said.token_ids == tuple(logits.argmax(-1)[19:-1].tolist())


def test_a_model_in_training_is_left_in_training(tiny):
    model = tiny(attention_dropout=0.5).train()
    policy = LocalPolicy(model, PAD)
    one, other = (policy.generate(prompts(), Sampling()) for _ in range(2))
    assert model.training
    assert one == other  # no dropout while sampling


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # peft asks for it
def test_adapters_of_peft_are_sampled_with(tiny):
    peft = pytest.importorskip("peft")
    model = peft.get_peft_model(
        tiny(), peft.LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False)
    )
    given = prompts()
    for one, said in zip(given, LocalPolicy(model, PAD).generate(given, Sampling()), strict=True):
        assert said.logprobs == pytest.approx(reference(model, one, said), abs=2e-4)


def test_weights_that_are_not_numbers_are_named(tiny):
    model = tiny()
    with torch.no_grad():
        model.model.norm.weight.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="logits are not finite"):
        LocalPolicy(model, PAD).generate(prompts(), Sampling())


def short_of_memory(model, rows):
    """Have a model run out of memory on more rows than these."""

    def check(_, __, given):
        if len(given["input_ids"]) > rows:
            raise torch.OutOfMemoryError("out of memory")

    model.register_forward_pre_hook(check, with_kwargs=True)


def test_where_memory_is_full_batches_are_halved(tiny):
    model = tiny()
    expected = LocalPolicy(model, PAD).generate(prompts(), Sampling())
    policy = LocalPolicy(model, PAD)
    short_of_memory(model, 2)
    assert texts(policy.generate(prompts(), Sampling())) == texts(expected)


def test_a_single_message_beyond_memory_is_a_policy_error(tiny):
    model = tiny()
    policy = LocalPolicy(model, PAD)
    short_of_memory(model, 0)
    with pytest.raises(PolicyError, match="Memory is full"):
        policy.generate(prompts(), Sampling())


def test_a_model_with_a_sliding_window_is_refused(tiny):
    layers = ["full_attention", "sliding_attention"]
    model = tiny(layer_types=layers, sliding_window=8, use_sliding_window=True)
    assert isinstance(model.config, Qwen3Config)
    with pytest.raises(SettingError, match="attend to the whole context"):
        LocalPolicy(model, PAD)


def test_a_batch_of_none_is_refused(tiny):
    with pytest.raises(SettingError, match="batch = 0"):
        LocalPolicy(tiny(), PAD, batch=0)


def test_a_prompt_without_tokens_is_refused(tiny):
    with pytest.raises(ValueError, match="prompt of a is empty"):
        LocalPolicy(tiny(), PAD).generate([prompt("a", ())], Sampling())


LOGITS = torch.tensor([0.1, 0.2, 0.4, 0.3]).log()


def draw(uniforms, **sampling):
    found, logprobs = drawn(LOGITS.expand(len(uniforms), 4), uniforms, Sampling(**sampling))
    return found.tolist(), logprobs.tolist()


def test_tokens_are_drawn_by_inverse_cdf():
    found, logprobs = draw([0.0, 0.05, 0.11, 0.29, 0.31, 0.69, 0.71, 0.999999])
    assert found == [0, 0, 1, 1, 2, 2, 3, 3]
    assert logprobs == pytest.approx([float(LOGITS[token]) for token in found], abs=1e-6)


def test_a_nucleus_keeps_the_likeliest_until_top_p_is_reached():
    found, logprobs = draw([0.0, 0.56, 0.58, 0.99], top_p=0.6)  # 0.4 and 0.3 are left of 1
    assert found == [2, 2, 3, 3]
    assert logprobs == pytest.approx([float(LOGITS[token]) for token in found], abs=1e-6)


def test_a_temperature_sharpens_what_is_drawn_from():
    squares = [0.01, 0.04, 0.16, 0.09]  # over 0.30
    found, _ = draw([0.009 / 0.3, 0.011 / 0.3, 0.049 / 0.3, 0.051 / 0.3], temperature=0.5)
    assert sum(squares) == pytest.approx(0.3)
    assert found == [0, 1, 1, 2]


def test_a_token_without_a_share_is_never_drawn():
    logits = torch.tensor([[-float("inf"), 0.0, -float("inf"), 0.0, -float("inf")]])
    found, _ = drawn(logits.expand(4, 5), [0.0, 0.4999, 0.5, 1 - 2**-53], Sampling())
    assert found.tolist() == [1, 1, 3, 3]
