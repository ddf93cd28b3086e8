"""Micro-batches hold every token once, and padding or company changes no log-prob."""

import pytest
import torch

from baselines.grpo.model import make_model
from baselines.grpo.packing import forward, packed, score, sft_loss
from baselines.grpo.records import Trajectory
from webenvs import seeding
from webenvs.errors import SettingError

LENGTHS = (5, 12, 7, 12, 3, 9)


def trajectory(name, length, mask=None):
    mask = mask or tuple(int(place > 1 and place % 3 > 0) for place in range(length))
    return Trajectory(
        id=name,
        role="planner",
        token_ids=tuple(seeding.integer(50, name, place) for place in range(length)),
        prompt_len=2,
        loss_mask=mask,
        logprobs=tuple(-1.0 if sampled else float("nan") for sampled in mask),
    )


TRAJECTORIES = [trajectory(f"t{at}", length) for at, length in enumerate(LENGTHS)]


@pytest.fixture(scope="module")
def model():
    return make_model("tiny", 50, 64, 0)


def plain(model, one):
    """Log-probs of the sampled tokens by the model's full logits, one trajectory at a time."""
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([one.token_ids])).logits[0]
    every = torch.log_softmax(logits, -1)
    places = [place for place, sampled in enumerate(one.loss_mask) if sampled]
    return torch.stack([every[place - 1, one.token_ids[place]] for place in places])


@pytest.mark.parametrize("limit", [1, 15, 24, 1000])
def test_every_trajectory_is_in_one_batch(limit):
    rows = [row for batch in packed(TRAJECTORIES, limit, 0) for row in batch.rows]
    assert sorted(rows) == list(range(len(LENGTHS)))


@pytest.mark.parametrize("limit", [15, 24, 1000])
def test_a_batch_holds_no_more_than_it_may_padding_included(limit):
    assert all(batch.ids.numel() <= limit for batch in packed(TRAJECTORIES, limit, 0))


def test_what_is_longer_than_a_batch_stands_alone():
    assert [batch.rows for batch in packed(TRAJECTORIES[:3], 6, 0)] == [(1,), (2,), (0,)]


def test_those_of_like_length_stand_together():
    assert [batch.rows for batch in packed(TRAJECTORIES, 24, 0)] == [(1, 3), (5, 2), (0, 4)]


def test_a_batch_shows_tokens_padding_and_what_was_sampled():
    (batch,) = packed([TRAJECTORIES[0], TRAJECTORIES[4]], 100, 49)
    assert batch.ids.tolist() == [
        list(TRAJECTORIES[0].token_ids),
        [*TRAJECTORIES[4].token_ids, 49, 49],
    ]
    assert batch.mask.tolist() == [[True] * 5, [True] * 3 + [False] * 2]
    assert batch.loss_mask.tolist() == [
        [False, False, True, False, True],
        [False, False, True, False, False],
    ]
    assert (batch.sampled, batch.padding, batch.sequence.tolist()) == (3, 2, [0, 0, 1])


def test_no_batch_may_be_empty():
    with pytest.raises(SettingError, match="microbatch_tokens = 0"):
        list(packed(TRAJECTORIES, 0, 0))


def test_a_first_token_cannot_have_been_sampled():
    with pytest.raises(SettingError, match="loss_mask\\[0\\] of trajectory 'odd'"):
        list(packed([trajectory("odd", 3, (1, 0, 0))], 10, 0))


@pytest.mark.parametrize("limit", [1, 24, 1000])
@pytest.mark.parametrize("pad", [0, 49])
def test_scores_are_those_of_each_trajectory_alone(model, limit, pad):
    scored = score(model, TRAJECTORIES, pad, max_tokens=limit)
    for one, logprobs in zip(TRAJECTORIES, scored, strict=True):
        torch.testing.assert_close(logprobs, plain(model, one), atol=2e-6, rtol=0)


def test_a_trajectory_without_sampled_tokens_scores_nothing(model):
    silent = trajectory("silent", 4, (0, 0, 0, 0))
    assert [len(part) for part in score(model, [silent, TRAJECTORIES[0]], 0)] == [0, 2]


def test_the_supervised_loss_is_the_sum_over_sampled_tokens(model):
    whole = sum(float(sft_loss(model, batch).detach()) for batch in packed(TRAJECTORIES, 24, 0))
    expected = -sum(float(plain(model, one).sum()) for one in TRAJECTORIES)
    assert whole == pytest.approx(expected, abs=1e-3)


def test_the_models_head_is_left_as_it_was(model):
    (batch,) = packed(TRAJECTORIES[:1], 100, 0)
    forward(model, batch)
    assert model(input_ids=batch.ids).logits.shape == (1, 5, 50)


def test_half_precision_is_close_to_single(model):
    single, half = (score(model, TRAJECTORIES, 0, autocast=kind) for kind in ("none", "bfloat16"))
    assert torch.cat(half).dtype == torch.float32
    torch.testing.assert_close(torch.cat(half), torch.cat(single), atol=0.05, rtol=0)
