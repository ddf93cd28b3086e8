"""Every formula of the loss against numbers computed by hand, and its slope against differences."""

import math

import pytest
import torch

from baselines.grpo import losses
from baselines.grpo.config import Config
from baselines.grpo.losses import Known


def tensor(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def near(*numbers):
    return pytest.approx(numbers, abs=1e-6)


def known(old, advantage, coef, sequence, reference=None, weight=None):
    return Known(
        old=old,
        reference=old if reference is None else reference,
        weight=torch.ones_like(old) if weight is None else weight,
        advantage=advantage,
        coef=coef,
        sequence=torch.tensor(sequence),
    )


def total(ratio, advantage, coef, **settings):
    """The sum of coef * objective over tokens of these ratios."""
    old = torch.full_like(ratio, -1.0)
    before = known(old, advantage, coef, list(range(len(ratio))))
    config = Config(**settings)
    loss, _ = losses.policy_loss(old + ratio.log(), torch.zeros_like(old), before, config)
    return -float(loss.sum())


@pytest.mark.parametrize(
    ("ratio", "advantage", "high", "objective"),
    [(1.25, 1.0, 0.2, 1.2), (1.25, 1.0, 0.28, 1.25), (0.7, -1.0, 0.28, -0.8)],
)
def test_the_clip_bounds_what_a_token_gains(ratio, advantage, high, objective):
    got = losses.clipped(tensor(ratio), tensor(advantage), 0.2, high)
    assert got.tolist() == near(objective)


def test_the_clip_lets_a_wrong_step_be_undone():
    got = losses.clipped(tensor(0.5, 1.5), tensor(1.0, -1.0), 0.2, 0.28)
    assert got.tolist() == near(0.5, -1.5)


def test_the_dual_clip_bounds_the_loss_of_a_negative_advantage():
    got = losses.clipped(tensor(4.0, 2.0), tensor(-1.0, -1.0), 0.2, 0.2, 3.0)
    assert got.tolist() == near(-3.0, -2.0)


def test_the_dual_clip_leaves_positive_advantages_alone():
    got = losses.clipped(tensor(0.1, 4.0), tensor(1.0, 1.0), 0.2, 0.2, 3.0)
    assert got.tolist() == near(0.1, 1.2)


@pytest.mark.parametrize(("high", "objective"), [(0.2, 0.01), (0.28, 0.014)])
def test_one_workers_token_is_clipped_in_the_mean_of_its_rollout(high, objective):
    """M6: rollout a has 4 + 6 tokens and A = 1, rollout b 5 and A = -1; one ratio is 1.5."""
    ratio = torch.ones(15, dtype=torch.float64)
    ratio[7] = 1.5
    advantage = tensor(*[1.0] * 10, *[-1.0] * 5)
    coef = tensor(*[1 / 20] * 10, *[1 / 10] * 5)
    assert total(ratio, advantage, coef, clip_high=high) == pytest.approx(objective, abs=1e-6)


@pytest.mark.parametrize(
    ("advantage", "coef", "objective"),
    [
        ((1.0, 1.0, -1.0, -1.0), (1 / 4,) * 4, 0.05),
        ((0.894427, -1.788854, -0.447214, -0.447214), (1 / 2, 1 / 6, 1 / 6, 1 / 6), 0.044721),
    ],
    ids=["random", "weighted"],
)
def test_aligned_workers_give_the_objective_of_the_paper(advantage, coef, objective):
    """S3: the ratio is 1.1 on the trajectory with reward 0.9, duplicated in the random form."""
    ratio = tensor(*[1.1 if a > 0 else 1.0 for a in advantage])
    got = total(ratio, tensor(*advantage), tensor(*coef))
    assert got == pytest.approx(objective, abs=1e-6)


def test_gspo_takes_the_mean_log_ratio_of_a_trajectory():
    new, old = tensor(-0.9, -1.1, -0.7, -2.0), tensor(-1.0, -1.0, -1.0, -2.0)
    got = losses.sequence_ratios(new, old, torch.tensor([0, 0, 0, 1]))
    assert got.tolist() == near(1.105171, 1.105171, 1.105171, 1.0)


def test_gspo_clips_the_trajectory_as_one():
    new, old = tensor(-0.9, -1.1, -0.7), tensor(-1.0, -1.0, -1.0)
    config = Config(loss="gspo", clip_low=3e-4, clip_high=4e-4)
    objective, _ = losses.objectives(new, old, tensor(1, 1, 1), torch.zeros(3).long(), config)
    assert objective.tolist() == near(1.0004, 1.0004, 1.0004)


def test_cispo_clips_a_weight_and_keeps_the_slope():
    new = tensor(-1.0, -1.0).requires_grad_()
    old = tensor(-1.0 - math.log(2), -1.0 - math.log(0.5))
    losses.clipped_weight(new, old, tensor(1.0, -1.0), 0.28).sum().backward()
    assert new.grad.tolist() == near(1.28, -0.5)


def test_k3_is_the_number_of_the_specification():
    got = losses.k3(tensor(math.log(0.5)), tensor(math.log(0.4)))
    assert got.tolist() == near(0.023144)


def test_k3_averages_to_the_divergence():
    policy, other = tensor(0.5, 0.3, 0.2), tensor(0.2, 0.5, 0.3)
    exact = float((policy * (policy / other).log()).sum())
    got = float((policy * losses.k3(policy.log(), other.log())).sum())
    assert got == pytest.approx(exact, abs=1e-9)


def test_importance_weights_are_capped():
    got = losses.importance_weights(tensor(-1.0, -1.0), tensor(-1.5, -4.0), 2.0)
    assert got.tolist() == near(math.exp(0.5), 2.0)


def test_importance_weights_carry_no_gradient():
    old = tensor(-1.0).requires_grad_()
    assert not losses.importance_weights(old, tensor(-1.5), 2.0).requires_grad


def test_the_share_of_clipped_tokens_counts_both_sides():
    ratio, advantage = tensor(1.3, 1.3, 0.7, 0.7), tensor(1.0, -1.0, 1.0, -1.0)
    assert losses.outside(ratio, advantage, 0.2, 0.28).tolist() == [True, False, False, True]


def test_a_ratio_out_of_all_bounds_stays_finite_and_so_does_its_slope():
    new = tensor(0.0, -2000.0).requires_grad_()
    ratio = losses.ratios(new, tensor(-2000.0, 0.0))
    losses.clipped(ratio, tensor(1.0, -1.0), 0.2, 0.2).sum().backward()
    assert torch.isfinite(new.grad).all()


def test_divergence_and_entropy_weigh_like_the_objective():
    old, ones = tensor(math.log(0.5)), tensor(1.0)
    before = known(old, ones, 3 * ones, [0], reference=tensor(math.log(0.4)))
    config = Config(kl=0.1, entropy=0.01)
    loss, _ = losses.policy_loss(old, tensor(2.0), before, config)
    assert float(loss[0]) == pytest.approx(3 * (-1 + 0.1 * 0.0231435513 - 0.01 * 2), abs=1e-9)


def test_the_correction_of_lag_weighs_the_objective_alone():
    old, ones = tensor(math.log(0.5)), tensor(1.0)
    before = known(old, ones, ones, [0], reference=tensor(math.log(0.4)), weight=tensor(2.0))
    loss, _ = losses.policy_loss(old, tensor(0.0), before, Config(kl=1.0))
    assert float(loss[0]) == pytest.approx(-2 + 0.0231435513, abs=1e-9)


def test_log_probs_and_entropies_are_those_of_a_softmax():
    logits = torch.randn(5, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    ids = torch.tensor([0, 6, 3, 3, 1])
    logprobs, entropy = losses.token_logprobs(logits, ids)
    full = torch.log_softmax(logits, -1)
    torch.testing.assert_close(logprobs, full[torch.arange(5), ids])
    torch.testing.assert_close(entropy, -(full.exp() * full).sum(-1))


def test_a_large_vocabulary_is_worked_off_in_slices():
    logits = torch.randn(9, 300_000, generator=torch.Generator().manual_seed(1))
    ids = torch.arange(9)
    logprobs, _ = losses.token_logprobs(logits, ids)
    torch.testing.assert_close(logprobs, torch.log_softmax(logits, -1)[torch.arange(9), ids])


def test_half_precision_logits_give_log_probs_in_single():
    logprobs, _ = losses.token_logprobs(torch.zeros(1, 3, dtype=torch.bfloat16), torch.tensor([1]))
    assert logprobs.dtype == torch.float32
    assert float(logprobs[0]) == pytest.approx(-math.log(3), abs=1e-6)


@pytest.mark.parametrize("which", [0, 1], ids=["log-prob", "entropy"])
def test_their_slope_agrees_with_finite_differences(which):
    logits = torch.randn(4, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    ids = torch.tensor([0, 5, 2, 2])
    assert torch.autograd.gradcheck(
        lambda values: losses.token_logprobs(values, ids)[which], logits.requires_grad_()
    )


@pytest.mark.parametrize("loss", ["ppo", "gspo"])
@pytest.mark.parametrize("dual", [None, 3.0], ids=["single", "dual"])
def test_the_slope_of_the_loss_agrees_with_finite_differences(loss, dual):
    generator = torch.Generator().manual_seed(3)
    old = -torch.rand(12, generator=generator, dtype=torch.float64) - 0.5
    shift = torch.randn(12, generator=generator, dtype=torch.float64)
    advantage = torch.randn(12, generator=generator, dtype=torch.float64)
    sequence = [0] * 5 + [1] * 4 + [2] * 3
    before = known(old, advantage, torch.full_like(old, 0.1), sequence, reference=old - 0.2)
    config = Config(loss=loss, dual_clip=dual, kl=0.1, entropy=0.05)
    assert torch.autograd.gradcheck(
        lambda new, entropy: losses.policy_loss(new, entropy, before, config)[0],
        ((old + shift).requires_grad_(), (-old).clone().requires_grad_()),
    )


def test_without_a_step_every_loss_has_the_slope_of_reinforce():
    for loss in ("ppo", "gspo", "cispo"):
        old, advantage = tensor(-1.0, -2.0), tensor(0.5, 0.5)
        new = old.clone().requires_grad_()
        before = known(old, advantage, tensor(0.5, 0.5), [0, 0])
        terms, _ = losses.policy_loss(new, torch.zeros_like(old), before, Config(loss=loss))
        terms.sum().backward()
        assert new.grad.tolist() == near(-0.25, -0.25), loss
