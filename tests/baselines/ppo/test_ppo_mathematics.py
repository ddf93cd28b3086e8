"""The mathematics of PPO as pure functions, against numbers computed by hand."""

import math

import pytest
import torch

from baselines.ppo.ppo import (
    advantages,
    clipped_loss,
    entropies,
    masked_log_probabilities,
    weighted_mean,
)


def column(*values):
    """Values of one row over time, [T, 1]."""
    return torch.tensor(values, dtype=torch.float64)[:, None]


def gains(rewards, values, dones, last, gamma, trace):
    found = advantages(
        column(*rewards),
        column(*values),
        column(*dones),
        torch.tensor([last], dtype=torch.float64),
        gamma,
        trace,
    )
    return found[:, 0].tolist()


def test_advantages_sum_discounted_surprises():
    """Surprises .5*2 - 1 = 0, .5*3 - 2 = -.5, 1 + .5*4 - 3 = 0; each adds .5*.8 of the next."""
    found = gains((0, 0, 1), (1, 2, 3), (0, 0, 0), 4, gamma=0.5, trace=0.8)
    assert found == pytest.approx([0.0 + 0.4 * -0.5, -0.5 + 0.4 * 0.0, 0.0])


def test_nothing_counts_behind_an_end():
    """The first two steps are an episode with reward 1 at its end, whatever comes after."""
    found = gains((0, 1, 5), (0.25, 0.5, 0), (0, 1, 0), 9, gamma=1.0, trace=1.0)
    assert found == pytest.approx([1 - 0.25, 1 - 0.5, 14.0])


def test_with_trace_0_an_advantage_is_one_surprise():
    found = gains((1, 0), (0.5, 2), (0, 0), 1, gamma=0.9, trace=0.0)
    assert found == pytest.approx([1 + 0.9 * 2 - 0.5, 0.9 * 1 - 2])


def test_with_trace_1_an_advantage_is_the_return_less_the_value():
    found = gains((1, 2), (0.5, 0.25), (0, 0), 4, gamma=0.5, trace=1.0)
    assert found == pytest.approx([1 + 0.5 * 2 + 0.25 * 4 - 0.5, 2 + 0.5 * 4 - 0.25])


def test_rows_do_not_mix():
    rewards = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    zeros = torch.zeros(2, 2)
    found = advantages(rewards, zeros, zeros, torch.zeros(2), 1.0, 1.0)
    assert found.tolist() == [[1.0, 2.0], [0.0, 2.0]]


def test_masked_actions_are_impossible_and_the_rest_adds_up_to_one():
    """Of scores log 1, log 3, log 6 without the last: 1/4 and 3/4."""
    scores = torch.tensor([[1.0, 3.0, 6.0]]).log()
    found = masked_log_probabilities(scores, torch.tensor([[True, True, False]]))
    assert found.exp().tolist() == [pytest.approx([0.25, 0.75, 0.0])]


def test_the_entropy_of_a_masked_distribution_is_that_of_its_legal_part():
    masks = torch.tensor([[True, True, False], [True, False, False]])
    found = entropies(masked_log_probabilities(torch.zeros(2, 3), masks))
    assert found.tolist() == pytest.approx([math.log(2), 0.0])


def test_masks_give_finite_gradients_and_none_to_masked_scores():
    scores = torch.zeros(1, 3, requires_grad=True)
    known = masked_log_probabilities(scores, torch.tensor([[True, True, False]]))
    (known[0, 0] + entropies(known).sum()).backward()
    assert scores.grad.tolist() == [pytest.approx([0.5, -0.5, 0.0])]


@pytest.mark.parametrize(
    ("ratio", "gain", "loss"),
    [
        (1.1, 2.0, -2.2),
        (1.5, 2.0, -2.4),
        (0.5, 2.0, -1.0),
        (0.5, -2.0, 1.6),
        (1.5, -2.0, 3.0),
    ],
    ids=["within", "gain cut", "loss of gain kept", "relief cut", "harm kept"],
)
def test_the_clipped_loss_is_the_worse_of_both(ratio, gain, loss):
    found = clipped_loss(torch.tensor([ratio]), torch.tensor([gain]), 0.2)
    assert found.tolist() == pytest.approx([loss])


def test_beyond_the_cut_a_gain_has_no_gradient():
    ratio = torch.tensor([1.5], requires_grad=True)
    clipped_loss(ratio, torch.tensor([1.0]), 0.2).sum().backward()
    assert ratio.grad.tolist() == [0.0]


def test_weighted_means_leave_out_what_weighs_nothing():
    found = weighted_mean(torch.tensor([1.0, 5.0, 100.0]), torch.tensor([1.0, 1.0, 0.0]))
    assert found.item() == pytest.approx(3.0)
    assert weighted_mean(torch.tensor([7.0]), torch.tensor([0.0])).item() == 0.0
