"""The cold start: what its loss counts, how it batches, and that it goes on exactly."""

import math

import pytest
import torch

from baselines.grpo.cold import sft
from baselines.grpo.config import Config
from baselines.grpo.records import Trajectory
from webenvs.seeding import generator


@pytest.fixture
def demonstration():
    """Make a trajectory of `length` tokens whose sampled ones come in runs of five."""

    def make(number=0, length=40, prompt=8):
        draws = generator("tokens", number)
        mask = [0] * prompt + [1 - (place // 5) % 2 for place in range(length - prompt)]
        return Trajectory(
            id=f"q/{number}",
            role="planner" if number % 2 else "worker",
            token_ids=tuple(int(token) for token in draws.integers(3, 300, length)),
            prompt_len=prompt,
            loss_mask=tuple(mask),
            logprobs=(math.nan,) * length,
        )

    return make


@pytest.fixture
def many(demonstration):
    return [demonstration(number, 30 + 7 * (number % 5)) for number in range(12)]


def config(**settings):
    return Config(**{"sft_steps": 12, "sft_batch_tokens": 128, "sft_lr": 1e-2, **settings})


def weights(model):
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


def reference_loss(model, trajectories):
    """The mean over sampled tokens of -log p, a trajectory at a time on its whole logits."""
    losses = []
    for one in trajectories:
        ids = torch.tensor([one.token_ids])
        logprobs = model(input_ids=ids).logits[0].log_softmax(-1)
        for place, mask in enumerate(one.loss_mask):
            if mask:
                losses.append(-logprobs[place - 1, one.token_ids[place]])
    return torch.stack(losses).mean()


def test_the_loss_is_the_mean_over_sampled_tokens_of_all_trajectories(tiny, demonstration):
    few = [demonstration(0, 40), demonstration(1, 23)]
    model = tiny()
    wanted = float(reference_loss(model, few).detach())
    metrics = sft.Tuner(model, few, config()).update()
    assert metrics["sft/loss"] == pytest.approx(wanted, abs=1e-6)


def test_padding_and_batching_leave_the_gradient_as_it_is(tiny, demonstration):
    few = [demonstration(0, 40), demonstration(1, 23)]
    model, other = tiny(), tiny()
    reference_loss(other, few).backward()
    sft.Tuner(model, few, config(grad_clip=1e9)).update()
    for weight, same in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(weight.grad, same.grad, atol=1e-6, rtol=1e-4)


def test_tokens_of_observations_do_not_change_the_loss(tiny, demonstration, changed):
    one = demonstration(0, 12, prompt=6)
    last = [*one.token_ids, 7, 8]
    tail = changed(one, token_ids=tuple(last), loss_mask=(*one.loss_mask, 0, 0))
    loss = sft.Tuner(tiny(), [one], config()).update()["sft/loss"]
    assert sft.Tuner(tiny(), [tail], config()).update()["sft/loss"] == pytest.approx(loss, abs=1e-6)


def test_the_share_of_certain_tokens_is_told(tiny, demonstration):
    one = demonstration(0, 12)
    tuner = sft.Tuner(tiny(), [one], config(sft_steps=60, sft_lr=0.03))
    told = [tuner.update()["sft/certain"] for _ in range(60)]
    assert (told[0], told[-1]) == (0.0, 1.0)


def test_the_loss_falls(tiny, many):
    tuned = sft.fine_tune(tiny(), many, config(sft_steps=40))
    assert sum(tuned.curve[-5:]) / 5 < 0.8 * tuned.curve[0]


def test_the_same_seed_gives_the_same_weights(tiny, many):
    one, other = tiny(), tiny()
    sft.fine_tune(one, many, config())
    sft.fine_tune(other, many, config())
    assert torch.equal(weights(one), weights(other))


def test_another_seed_takes_the_demonstrations_in_another_order(many):
    lengths = [len(one.token_ids) for one in many]
    assert sft.batches(lengths, 128, 0) != sft.batches(lengths, 128, 1)


@pytest.mark.parametrize("cut", [3, 7])
def test_a_cut_run_goes_on_as_if_it_had_not_been_cut(tiny, many, cut):
    whole = tiny()
    curve = sft.fine_tune(whole, many, config()).curve
    model, again = tiny(), tiny(seed=1)
    tuner = sft.Tuner(model, many, config())
    for _ in range(cut):
        tuner.update()
    again.load_state_dict(model.state_dict())
    tuned = sft.fine_tune(again, many, config(), state=tuner.state_dict())
    assert tuned.curve == curve
    assert torch.equal(weights(again), weights(whole))


def test_every_update_is_told(tiny, many):
    told = []
    sft.fine_tune(tiny(), many, config(), lambda tuner, metrics: told.append(tuner.step))
    assert told == list(range(1, 13))


def test_a_time_limit_that_is_over_leaves_the_model_alone(tiny, many):
    model, same = tiny(), tiny()
    tuned = sft.fine_tune(model, many, config(), until=0.0)
    assert tuned.curve == ()
    assert torch.equal(weights(model), weights(same))


def test_the_weights_before_a_broken_update_are_kept(tiny, many):
    model = tiny()
    with torch.no_grad():
        model.model.norm.weight.fill_(math.inf)
    before = weights(model)
    with pytest.raises(sft.FineTuningError, match=r"broke at update 0: loss = nan.*sft_lr"):
        sft.fine_tune(model, many, config())
    assert torch.equal(weights(model), before)


def test_no_demonstration_is_an_error(tiny):
    with pytest.raises(sft.FineTuningError, match="no demonstration"):
        sft.fine_tune(tiny(), [], config())


def test_frozen_weights_stay(tiny, many):
    model = tiny()
    model.model.embed_tokens.weight.requires_grad_(False)
    before = model.model.embed_tokens.weight.clone()
    sft.fine_tune(model, many, config())
    assert torch.equal(model.model.embed_tokens.weight, before)


def test_autocast_trains_nearly_the_same(tiny, many):
    plain = sft.fine_tune(tiny(), many, config()).curve
    cast = sft.fine_tune(tiny(), many, config(autocast="bfloat16")).curve
    assert cast != plain
    assert cast == pytest.approx(plain, rel=0.05)


@pytest.mark.parametrize(
    ("step", "wanted"),
    [(0, 0.2), (4, 1.0), (5, 1.0), (53, 0.51), (100, 0.020262)],
    ids=["first", "warm", "peak", "middle", "last"],
)
def test_the_learning_rate_warms_up_and_falls_on_a_cosine(step, wanted):
    assert sft.scale(step, 101) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(("left", "wanted"), [(0.5, 1.0), (0.1, 0.5), (0.001, 0.02)])
def test_the_learning_rate_falls_as_time_runs_out(left, wanted):
    assert sft.scale(5, 100, left) == pytest.approx(wanted)


def test_updates_hold_every_place_once():
    lengths = [int(length) for length in generator("lengths").integers(5, 200, 300)]
    made = sft.batches(lengths, 512, 0)
    assert sorted(place for batch in made for place in batch) == list(range(300))


def test_no_update_is_larger_than_its_room():
    lengths = [int(length) for length in generator("lengths").integers(5, 200, 300)]
    for batch in sft.batches(lengths, 512, 0):
        assert sum(lengths[place] for place in batch) <= 512


def test_every_update_mixes_lengths():
    lengths = [10] * 100 + [100] * 100
    *full, _ = sft.batches(lengths, 1000, 0)
    for batch in full:
        assert {lengths[place] for place in batch} == {10, 100}


def test_what_is_longer_than_the_room_is_an_update_alone():
    made = sft.batches([10, 900, 10], 100, 0)
    assert [1] in made
    assert len(made) in (2, 3)


def test_what_is_longest_first_is_an_update_alone_too():
    assert sft.batches([900], 100, 0) == [[0]]
