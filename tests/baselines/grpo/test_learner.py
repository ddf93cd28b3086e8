"""An update follows the gradient of all rows together, and stops before it spoils the weights."""

import math

import pytest
import torch
from msgspec.structs import replace

from baselines.grpo import losses
from baselines.grpo.config import Config
from baselines.grpo.learner import Learner, NanError
from baselines.grpo.model import load_model, make_model, save_model
from baselines.grpo.packing import forward, packed, score
from baselines.grpo.records import Row, Trajectory
from webenvs import seeding
from webenvs.errors import SettingError

LENGTHS = (9, 14, 7, 11)
ADVANTAGES = (1.0, -0.5, 0.8, -1.3)


@pytest.fixture
def model():
    return make_model("tiny", 50, 64, 0)


def config(**settings):
    return Config(
        **(
            {"grad_clip": 1e9, "warmup": 0, "lr": 1e-3, "minibatches": 1, "vector_rate": 1.0}
            | settings
        )
    )


def trajectory(name, length, advantage, role="planner"):
    mask = tuple(int(place > 1 and place % 4 > 0) for place in range(length))
    return Trajectory(
        id=name,
        role=role,
        token_ids=tuple(seeding.integer(50, name, place) for place in range(length)),
        prompt_len=2,
        loss_mask=mask,
        logprobs=tuple(math.nan for _ in mask),
        advantage=advantage,
    )


def sampled_by(model, one, shift=0.0):
    """The trajectory with the log-probs of the model, lowered by `shift`."""
    (scored,) = score(model, [one], 0)
    left = iter((scored - shift).tolist())
    return replace(one, logprobs=tuple(next(left) if s else math.nan for s in one.loss_mask))


def rows_of(model, shift=0.0, advantages=ADVANTAGES):
    """Four rows of a planner and its workers; their log-probs are off by up to `shift`."""
    roles = ("planner", "worker", "worker", "planner")
    rows = []
    for at, (length, role) in enumerate(zip(LENGTHS, roles, strict=True)):
        one = trajectory(f"t{at}", length, advantages[at], role)
        one = sampled_by(model, one, shift * (at - 1.5) / 1.5)
        rows.append(Row(trajectory=one, coef=0.02 * (at + 1), group="g"))
    return rows


def gradient(model):
    return torch.cat([weight.grad.flatten() for weight in model.parameters()]).clone()


def weights(model):
    return torch.cat([weight.detach().flatten() for weight in model.parameters()]).clone()


def updated(model, rows, name="shared", **settings):
    """Metrics of one update, and the gradient that it followed."""
    metrics = Learner(model, config(**settings), name).update(rows)
    return metrics, gradient(model)


def written_out(model, rows, settings):
    """The gradient of PPO's loss, a trajectory and a token at a time, from full logits."""
    loss = torch.zeros(())
    for row in rows:
        one = row.trajectory
        every = torch.log_softmax(model(input_ids=torch.tensor([one.token_ids])).logits[0], -1)
        for place in [place for place, sampled in enumerate(one.loss_mask) if sampled]:
            new = every[place - 1, one.token_ids[place]]
            ratio = torch.exp(new - one.logprobs[place])
            held = torch.clamp(ratio, 1 - settings.clip_low, 1 + settings.clip_high)
            loss = loss - row.coef * torch.minimum(ratio * one.advantage, held * one.advantage)
    model.zero_grad()
    loss.backward()
    return gradient(model)


def test_the_gradient_is_that_of_the_loss_written_out(model):
    rows = rows_of(model, shift=0.3)
    expected = written_out(model, rows, config())
    _, got = updated(model, rows, lr=0.0)
    torch.testing.assert_close(got, expected, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("loss", ["ppo", "gspo", "cispo"])
def test_micro_batches_and_padding_do_not_change_the_gradient(model, loss):
    rows = rows_of(model, shift=0.3)
    extras = {"lr": 0.0, "loss": loss, "kl": 0.1, "entropy": 0.01, "importance_cap": 2.0}
    together, alone, reverse = (
        updated(model, some, microbatch_tokens=limit, **extras)[1]
        for some, limit in ((rows, 10_000), (rows, 1), (rows[::-1], 30))
    )
    torch.testing.assert_close(alone, together, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(reverse, together, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("loss", ["ppo", "gspo"])
def test_the_gradient_of_the_weights_agrees_with_finite_differences(loss):
    model = make_model("tiny", 50, 64, 0).double()
    settings = Config(loss=loss, kl=0.1, entropy=0.01)
    trajectories = [row.trajectory for row in rows_of(model)]
    (batch,) = packed(trajectories, 1000, 0)
    sequence = batch.sequence
    old = forward(model, batch)[0].detach() + 0.3 * torch.sin(torch.arange(len(sequence)))
    advantage = torch.tensor([trajectories[row].advantage for row in batch.rows])[sequence]
    known = losses.Known(
        old=old, reference=old - 0.1, weight=torch.ones_like(old), advantage=advantage,
        coef=torch.full_like(old, 0.05), sequence=sequence,
    )  # fmt: skip

    def loss_now():
        return losses.policy_loss(*forward(model, batch), known, settings)[0].sum()

    loss_now().backward()
    generator = torch.Generator().manual_seed(5)
    ways = [torch.randn(w.shape, generator=generator).double() for w in model.parameters()]
    slope = sum(
        float((w.grad * way).sum()) for w, way in zip(model.parameters(), ways, strict=True)
    )
    ends = []
    with torch.no_grad():
        for step in (1e-5, -2e-5):
            for weight, way in zip(model.parameters(), ways, strict=True):
                weight.add_(step * way)
            ends.append(float(loss_now()))
    assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(slope, rel=1e-3)


@pytest.mark.parametrize("loss", ["ppo", "gspo", "cispo"])
def test_an_update_makes_good_tokens_likelier_and_bad_ones_rarer(model, loss):
    rows = rows_of(model)
    Learner(model, config(loss=loss), "shared").update(rows)
    for row, now in zip(rows, score(model, [row.trajectory for row in rows], 0), strict=True):
        then = sum(value for value in row.trajectory.logprobs if value == value)
        assert (float(now.sum()) - then) * row.trajectory.advantage > 0


def test_what_the_model_did_not_sample_is_not_learnt(model):
    """The last tokens are an observation: other ones in their place change no weight."""
    one = sampled_by(model, trajectory("t", 9, 1.0))
    one = replace(one, token_ids=(*one.token_ids, 1, 2), loss_mask=(*one.loss_mask, 0, 0),
                  logprobs=(*one.logprobs, math.nan, math.nan))  # fmt: skip
    other = replace(one, token_ids=(*one.token_ids[:-2], 7, 7))
    _, first = updated(model, [Row(trajectory=one, coef=0.1, group="g")], lr=0.0)
    _, second = updated(model, [Row(trajectory=other, coef=0.1, group="g")], lr=0.0)
    assert torch.equal(first, second)


def test_a_fresh_policy_has_ratio_one_and_no_divergence(model):
    metrics, _ = updated(model, rows_of(model), lr=0.0)
    for name in ("ratio/mean", "ratio/min", "ratio/max", "planner/ratio", "worker/ratio_max"):
        assert metrics[name] == pytest.approx(1.0, abs=1e-5)
    assert metrics["worker/kl"] == pytest.approx(0.0, abs=1e-9)


def test_metrics_count_the_tokens_of_each_role(model):
    rows = rows_of(model)
    metrics, _ = updated(model, rows, epochs=2)
    by_role = {
        role: 2.0 * sum(row.trajectory.sampled for row in rows if row.trajectory.role == role)
        for role in ("planner", "worker")
    }
    assert {role: metrics[f"{role}/tokens_trained"] for role in by_role} == by_role
    assert metrics["tokens/trained"] == sum(by_role.values())
    assert metrics["tokens/padded"] == 2.0 * sum(14 - length for length in LENGTHS)
    assert metrics["steps"] == 2.0


def test_the_loss_is_minus_the_weighted_advantages_at_first(model):
    rows = rows_of(model)
    metrics, _ = updated(model, rows, lr=0.0)
    parts = {"planner": 0.0, "worker": 0.0}
    for row in rows:
        one = row.trajectory
        parts[one.role] -= row.coef * one.sampled * one.advantage
    assert metrics["planner/loss"] == pytest.approx(parts["planner"], abs=1e-5)
    assert metrics["worker/loss"] == pytest.approx(parts["worker"], abs=1e-5)
    assert metrics["loss"] == pytest.approx(sum(parts.values()), abs=1e-5)


def test_a_policy_of_its_own_puts_its_name_before_what_it_shares_with_none(model):
    rows = [row for row in rows_of(model) if row.trajectory.role == "worker"]
    metrics, _ = updated(model, rows, name="worker")
    assert {"worker/grad_norm", "worker/ratio/max", "worker/entropy", "worker/lr"} <= set(metrics)
    assert all(name.startswith("worker/") for name in metrics)


def test_entropy_is_that_of_the_distributions_sampled_from(model):
    rows = rows_of(model)[:1]
    metrics, _ = updated(model, rows, lr=0.0)
    (batch,) = packed([rows[0].trajectory], 100, 0)
    entropy = forward(model, batch)[1].detach().mean()
    assert metrics["planner/entropy"] == pytest.approx(float(entropy))


def test_a_token_outside_the_clip_has_no_gradient(model):
    one = sampled_by(model, trajectory("t", 9, 1.0), shift=math.log(2))
    metrics, got = updated(model, [Row(trajectory=one, coef=0.1, group="g")])
    assert metrics["planner/clipped"] == 1.0
    assert metrics["planner/ratio"] == pytest.approx(2.0, abs=1e-4)
    assert not got.any()


def test_the_capped_weight_multiplies_the_gradient_of_a_lagging_sampler(model):
    one = trajectory("t", 9, 1.0)
    fresh, lagging = (
        Row(trajectory=sampled_by(model, one, shift), coef=0.1, group="g")
        for shift in (0.0, math.log(4))
    )
    _, plain = updated(model, [fresh], lr=0.0)
    metrics, corrected = updated(model, [lagging], lr=0.0, importance_cap=2.0)
    torch.testing.assert_close(corrected, 2 * plain, atol=1e-7, rtol=1e-4)
    assert metrics["planner/ratio"] == pytest.approx(1.0, abs=1e-5)


def test_rows_without_any_gradient_are_left_out(model):
    rows = rows_of(model, advantages=(0.0, 0.0, 1.0, 1.0))
    rows[3] = replace(rows[3], coef=0.0)
    metrics, _ = updated(model, rows)
    assert metrics["tokens/trained"] == rows[2].trajectory.sampled


@pytest.mark.parametrize("rows", [[], [0]], ids=["none", "advantage 0"])
def test_without_a_signal_the_weights_stay(model, rows):
    before = weights(model)
    some = [rows_of(model, advantages=(0.0,) * 4)[at] for at in rows]
    metrics = Learner(model, config(weight_decay=0.1), "shared").update(some)
    assert torch.equal(weights(model), before)
    assert (metrics["tokens/trained"], metrics["steps"]) == (0.0, 0.0)


def test_a_row_without_an_advantage_is_refused(model):
    row = Row(trajectory=trajectory("bare", 9, None), coef=1.0, group="g")
    with pytest.raises(SettingError, match="advantage of trajectory 'bare'"):
        Learner(model, config(), "shared").update([row])


def test_the_divergence_pulls_back_to_the_cold_start(model):
    rows = rows_of(model)
    learner = Learner(model, config(kl=1.0), "shared")
    for _ in range(3):
        learner.update(rows)
    still = [replace(row, trajectory=replace(row.trajectory, advantage=0.0)) for row in rows]
    away = learner.update(still)
    for _ in range(5):
        back = learner.update(still)
    assert 0 < back["planner/reference_kl"] < away["planner/reference_kl"] / 2


def test_the_cold_start_itself_is_not_pulled_anywhere(model):
    metrics, _ = updated(model, rows_of(model, advantages=(0.0,) * 4), kl=1.0)
    assert metrics["grad_norm"] == pytest.approx(0.0, abs=1e-5)


def test_an_entropy_bonus_flattens_the_policy(model):
    rows = rows_of(model, advantages=(0.0,) * 4)
    learner = Learner(model, config(entropy=1.0), "shared")
    first = learner.update(rows)["planner/entropy"]
    assert learner.update(rows)["planner/entropy"] > first


def test_the_gradient_is_clipped_to_its_largest_norm(model):
    metrics, got = updated(model, rows_of(model), grad_clip=0.01)
    assert metrics["grad_norm"] > 0.01
    assert float(got.norm()) == pytest.approx(0.01, rel=1e-3)


def test_the_learning_rate_grows_over_the_warm_up(model):
    learner = Learner(model, config(warmup=4, lr=1e-3), "shared")
    rates = [learner.update(rows_of(model))["lr"] for _ in range(5)]
    assert rates == pytest.approx([0.25e-3, 0.5e-3, 0.75e-3, 1e-3, 1e-3])


def test_minibatches_share_out_the_rows_and_stand_for_all_of_them(model):
    """Without a step, the norms of four minibatches are those of each row times four."""
    rows = rows_of(model)
    metrics, _ = updated(model, rows, lr=0.0, minibatches=4)
    alone = [4 * updated(model, [row], lr=0.0)[0]["grad_norm"] for row in rows]
    assert metrics["steps"] == 4.0
    assert metrics["grad_norm"] == pytest.approx(sum(alone) / 4, rel=1e-4)


def test_the_same_seed_gives_the_same_weights():
    def trained(seed):
        model = make_model("tiny", 50, 64, 0)
        learner = Learner(model, config(minibatches=3, epochs=2, seed=seed), "shared")
        learner.update(rows_of(model))
        return weights(model)

    assert torch.equal(trained(0), trained(0))
    assert not torch.equal(trained(0), trained(1))


@pytest.mark.parametrize("kl", [0.0, 0.1], ids=["free", "held"])
def test_a_resumed_run_goes_on_bit_for_bit(kl, tmp_path):
    model = make_model("tiny", 50, 64, 0)
    rows, settings = rows_of(model), config(kl=kl, minibatches=2, warmup=3)
    learner = Learner(model, settings, "shared")
    learner.update(rows)
    torch.save([learner.state_dict(), model.state_dict()], tmp_path / "state")
    learner.update(rows)

    resumed = make_model("tiny", 50, 64, 1)
    state, its_weights = torch.load(tmp_path / "state")
    resumed.load_state_dict(its_weights)
    again = Learner(resumed, settings, "shared")
    again.load_state_dict(state)
    again.update(rows)
    assert torch.equal(weights(resumed), weights(model))


def test_a_state_with_another_reference_is_refused(model):
    state = Learner(model, config(kl=0.1), "shared").state_dict()
    with pytest.raises(SettingError, match=r"kl = 0.0 .*above 0"):
        Learner(model, config(), "shared").load_state_dict(state)


def test_a_broken_log_prob_stops_before_the_weights_are_touched(model):
    rows, before = rows_of(model), weights(model)
    broken = replace(rows[1].trajectory, logprobs=(math.nan,) * 14)
    rows[1] = replace(rows[1], trajectory=broken)
    learner = Learner(model, config(), "shared")
    with pytest.raises(NanError, match=r"loss of policy 'shared' .* role worker.* t1") as e:
        learner.update(rows)
    assert (e.value.trajectories, e.value.roles, e.value.step) == (("t1",), ("worker",), 0)
    assert torch.equal(weights(model), before)


def test_a_gradient_that_overflows_names_the_trajectory_that_made_it(model):
    rows, before = rows_of(model), weights(model)
    rows[2] = replace(rows[2], coef=1e37)
    with pytest.raises(NanError, match="gradient of policy") as error:
        Learner(model, config(microbatch_tokens=1), "shared").update(rows)
    assert error.value.trajectories == ("t2",)
    assert torch.equal(weights(model), before)


def test_half_precision_follows_nearly_the_same_gradient(model):
    rows = rows_of(model)
    _, single = updated(model, rows, lr=0.0)
    _, half = updated(model, rows, lr=0.0, autocast="bfloat16")
    assert float(torch.cosine_similarity(single, half, 0)) > 0.99


def test_adapters_alone_are_trained(model, tmp_path):
    save_model(model, None, tmp_path / "model")
    adapted = load_model(tmp_path / "model", Config(context=64, lora_rank=2))
    before = {name: weight.detach().clone() for name, weight in adapted.named_parameters()}
    learner = Learner(adapted, config(kl=0.1), "shared")
    for _ in range(2):
        learner.update(rows_of(model))
    changed = {name for name, w in adapted.named_parameters() if not torch.equal(w, before[name])}
    assert changed
    assert changed == {name for name in before if "lora_" in name}
