"""One real update: what was said is what is trained, along the gradient that is written out here.

The model is a transformer whose embeddings hold which token follows which, so that it plays whole
episodes (it delegates, searches, reports and answers by chance) without having been trained.
"""

import math

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from msgspec.structs import replace
from transformers import Qwen3Config, Qwen3ForCausalLM

from baselines.grpo import credit
from baselines.grpo.cold.tokenizer import train_tokenizer
from baselines.grpo.policy import Sampling
from baselines.grpo.presets import config_from
from baselines.grpo.records import Query
from baselines.grpo.rewards import scored
from baselines.grpo.rollouts import Engine
from baselines.grpo.students import by_role, learn, make_students
from baselines.grpo.tokens import Tokens

WORDS = "Tarn Nowhere Mayor Veit Found"
FOLLOWS = {
    "<|assistant|>": {"<delegate>": 4, "<search>": 3, "<answer>": 3, "<report>": 2},
    "<delegate>": {" Mayor": 1}, " Mayor": {"</delegate>": 1},
    "</delegate>": {"<|end|>": 2, "<delegate>": 1},
    "<search>": {" Veit": 1}, " Veit": {"</search>": 1}, "</search>": {"<|end|>": 1},
    "<answer>": {" Tarn": 3, " Nowhere": 2}, " Tarn": {"</answer>": 1},
    " Nowhere": {"</answer>": 1}, "</answer>": {"<|end|>": 1},
    "<report>": {" Found": 1}, " Found": {"</report>": 1}, "</report>": {"<|end|>": 1},
}  # fmt: skip
PRESETS = ("grpo-solo", "matpo-paper", "mgrpo-weighted")
FORMAT = ("invalid_arguments", "unknown_tool")


class Overheard:
    """A policy that notes what it was given and what it said, by context."""

    def __init__(self, policy, heard):
        self.policy, self.heard, self.name = policy, heard, policy.name

    @property
    def version(self):
        return self.policy.version

    def generate(self, prompts, sampling):
        said = self.policy.generate(prompts, sampling)
        for prompt, message in zip(prompts, said, strict=True):
            self.heard.setdefault(prompt.context, []).append((prompt.token_ids, message))
        return said

    def release(self, contexts):
        self.policy.release(contexts)


class OneWorld:
    def __init__(self, scenario):
        self.made = scenario

    def scenario(self, world, noise):
        return self.made


@pytest.fixture(scope="module")
def tokens():
    return Tokens(train_tokenizer([WORDS] * 9, vocabulary=330, context=4096))


def speaker(tokens, seed):
    """A model that says what may follow, a little differently in every context."""
    size = len(tokens.tokenizer)
    torch.manual_seed(seed)
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=size,
            hidden_size=size,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=16,
            intermediate_size=32,
            max_position_embeddings=4096,
            initializer_range=0.1,
            tie_word_embeddings=False,
        )
    )
    logits = torch.full((size, size), -12.0)
    for token, after in FOLLOWS.items():
        (here,) = tokens.tokenizer.encode(token.strip())
        for word, weight in after.items():
            (there,) = tokens.tokenizer.encode(word.strip())
            logits[there, here] = math.log(weight)
    with torch.no_grad():
        model.model.embed_tokens.weight.copy_(40 * torch.eye(size))
        model.lm_head.weight.copy_(logits / math.sqrt(size))
    return model.eval()


@pytest.fixture
def played(tokens, scenario, small_tasks):
    """An update up to its learning: config, students, scored groups, and what was overheard."""

    def make(preset, **changes):
        fields = {
            "system": {"researcher": "", "planner": "", "worker": ""},
            "context": 3000,
            "max_new_tokens": 12,
            "group": 6,
            "warmup": 0,
            "lr": 1e-12,
            "minibatches": 1,
            "grad_clip": 1e9,
            "settings": {"turns": 4},
            "microbatch_tokens": 5000,
        }
        config = config_from(preset, {**fields, **changes})
        names = ("shared",) if config.worker_model is None else ("planner", "worker")
        models = {name: speaker(tokens, seed) for seed, name in enumerate(names)}
        students = make_students(models, tokens.pad, config)
        heard = {}
        policies = {role: Overheard(policy, heard) for role, policy in by_role(students).items()}
        if len(names) == 1:
            policies = dict.fromkeys(policies, policies["planner"])
        game = scenario(game=config.game, codec="xml", reward=config.reward, turns=4)
        engine = Engine(OneWorld(game), tokens, policies, config)
        task = small_tasks.tasks[0]
        queries = [Query(world="small", task=task.id, seed=seed) for seed in range(3)]
        groups = [
            replace(group, rollouts=tuple(scored(one, task, config) for one in group.rollouts))
            for group in engine.groups(queries, ("update", 0), Sampling())
        ]
        return config, students, groups, heard

    return make


def trajectories(groups):
    return [one for group in groups for run in group.rollouts for one in run.trajectories]


def logprobs(model, one):
    """The log-prob of every token after the first, from one pass over the whole trajectory."""
    every = model(input_ids=torch.tensor([one.token_ids])).logits[0].log_softmax(-1)
    return [every[at - 1, token] for at, token in enumerate(one.token_ids)][1:]


@pytest.mark.parametrize("preset", PRESETS)
def test_log_probs_of_sampling_are_those_of_one_pass_over_the_trajectory(preset, played):
    _, students, groups, _ = played(preset)
    messages = 0
    for one in trajectories(groups):
        with torch.no_grad():
            found = logprobs(students[one.policy].policy.model, one)
        for mask, then, now in zip(one.loss_mask[1:], one.logprobs[1:], found, strict=True):
            assert then == pytest.approx(float(now), abs=1e-4) if mask else math.isnan(then)
        messages = max(messages, one.turns)
    assert messages > 2


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_trained_is_what_the_policy_was_given_and_said(preset, played):
    _, _, groups, heard = played(preset)
    contexts = list(heard.values())
    assert len(contexts) == len(trajectories(groups))
    for one in trajectories(groups):
        mine = [
            asked for asked in contexts if one.token_ids == (*asked[-1][0], *asked[-1][1].token_ids)
        ]
        assert mine
        for given, said in mine[0]:
            end = len(given) + len(said.token_ids)
            assert one.token_ids[: len(given)] == given
            assert one.token_ids[len(given) : end] == said.token_ids
            assert set(one.loss_mask[len(given) : end]) == {1}
        assert one.sampled == sum(len(said.token_ids) for _, said in mine[0])


def rate(run, one):
    """Valid calls over all calls of a trajectory, counted in its episode."""
    valid = total = 0
    for turn in run.episode.turns:
        if turn.frame == one.frame:
            bad = {result.call for result in turn.results if result.status in FORMAT}
            valid += sum(call.id not in bad for call in turn.calls)
            total += len(turn.calls) + len(turn.errors)
    return valid / total if total else 1.0


def right(run):
    return float((run.episode.answer or "").strip() == "Tarn")


def normal(values, weights):
    mean = sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)
    square = sum(w * (v - mean) ** 2 for v, w in zip(values, weights, strict=True)) / sum(weights)
    return [0.0 if square < 1e-18 else (v - mean) / (math.sqrt(square) + 1e-6) for v in values]


def by_matpo(runs, share, preset):
    """(trajectory, advantage, coefficient) of a group, paid as the paper of MATPO says."""
    rewards = []
    for run in runs:
        rates = [rate(run, one) for one in run.trajectories]
        form = rates[0]
        if preset == "matpo-paper":
            form = (rates[0] + (sum(rates[1:]) / len(rates[1:]) if rates[1:] else 1.0)) / 2
        rewards.append(0.9 * right(run) + 0.1 * form)
    for run, advantage in zip(runs, normal(rewards, [1] * len(runs)), strict=True):
        tokens = sum(sum(one.loss_mask) for one in run.trajectories)
        for one in run.trajectories:
            yield one, advantage, share / (len(runs) * tokens)


def by_mgrpo(runs, share, preset):
    """The same by M-GRPO: planners by their rewards, workers by their own, each 1 over d."""

    def valid(run, one):
        return rate(run, one) == 1.0 and run.episode.frames[one.frame].end == "answered"

    main = [0.1 + 0.9 * right(run) if valid(run, run.planner) else 0.0 for run in runs]
    for run, advantage in zip(runs, normal(main, [1] * len(runs)), strict=True):
        yield run.planner, advantage, share / (len(runs) * sum(run.planner.loss_mask))
    own, weights, workers = [], [], []
    for run in runs:
        acc = right(run) if valid(run, run.planner) else 0.0
        for one in run.workers:
            paid = 0.1 + 0.4 * acc + 0.5 * one.components["expert"]
            own.append(paid if valid(run, one) else 0.0)
            weights.append(1 / len(run.workers))
            workers.append(one)
    if workers:
        for one, weight, value in zip(workers, weights, normal(own, weights), strict=True):
            yield one, value, share * weight / (sum(weights) * sum(one.loss_mask))


def written_out(groups, students, preset):
    """The gradient of every policy, from plain loops over groups, trajectories and tokens."""
    used = [group.rollouts for group in groups if len({right(run) for run in group.rollouts}) > 1]
    assert used
    if preset.startswith("mgrpo"):
        assert all(any(run.workers for run in runs) for runs in used)  # one share for both roles
    of_group = by_mgrpo if preset.startswith("mgrpo") else by_matpo
    losses = {name: torch.zeros(()) for name in students}
    for runs in used:
        for one, advantage, coef in of_group(runs, 1 / len(used), preset):
            new = logprobs(students[one.policy].policy.model, one)
            for at, value in enumerate(new, start=1):
                if one.loss_mask[at]:
                    ratio = torch.exp(value - one.logprobs[at])
                    held = ratio.clamp(0.8, 1.2)
                    objective = torch.minimum(ratio * advantage, held * advantage)
                    losses[one.policy] = losses[one.policy] - coef * objective
    gradients = {}
    for name, student in students.items():
        student.policy.model.zero_grad()
        losses[name].backward()
        gradients[name] = gradient(student)
    return gradients


def gradient(student):
    return {
        name: weight.grad.clone()
        for name, weight in student.policy.model.named_parameters()
        if weight.grad is not None
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_an_update_follows_the_gradient_written_out(preset, played):
    config, students, groups, _ = played(preset)
    expected = written_out(groups, students, preset)
    rows, _ = credit.rows(groups, config, ("credit", 0))
    metrics = learn(students, rows)
    for name, student in students.items():
        got = gradient(student)
        assert got.keys() == expected[name].keys()
        assert max(float(part.abs().max()) for part in got.values()) > 1e-3
        for weight, part in got.items():
            torch.testing.assert_close(part, expected[name][weight], atol=1e-5, rtol=1e-3)
    assert [value for name, value in metrics.items() if name.endswith("ratio_max")] == (
        pytest.approx([1.0] * len({one.role for one in (row.trajectory for row in rows)}), abs=1e-4)
    )


def test_a_frozen_policy_has_no_rows_and_no_gradient(played):
    config, students, groups, _ = played("frozen-worker", lr=1e-2)
    before = {name: weight.clone() for name, weight in weights_of(students["worker"])}
    rows, _ = credit.rows(groups, config, ("credit", 0))
    learn(students, rows)
    assert {row.trajectory.policy for row in rows} == {"planner"}
    for name, weight in weights_of(students["worker"]):
        assert torch.equal(weight, before[name])
        assert weight.grad is None


def weights_of(student):
    return student.policy.model.named_parameters()


@pytest.mark.parametrize("preset", PRESETS)
def test_rollouts_that_the_infrastructure_broke_are_nowhere(preset, played):
    config, _, groups, _ = played(preset)
    without = [replace(group, rollouts=group.rollouts[1:]) for group in groups]
    broken = [
        replace(group, rollouts=(replace(group.rollouts[0], status="infra_error"), *rest.rollouts))
        for group, rest in zip(groups, without, strict=True)
    ]
    numbers = [
        [(row.trajectory.id, row.trajectory.advantage, row.coef) for row in rows]
        for rows, _ in (credit.rows(some, config, ("credit", 0)) for some in (broken, without))
    ]
    assert numbers[0] == numbers[1] != []
