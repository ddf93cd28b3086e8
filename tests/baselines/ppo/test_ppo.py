"""PPO in one file: it solves a small task, repeats itself exactly, and saves what it learned."""

from typing import NamedTuple

import numpy as np
import pytest
import torch

from baselines.ppo.ppo import Config, SlotPolicy, fresh, load, save, train
from webenvs.errors import SettingError

torch.set_num_threads(1)


class Shape(NamedTuple):
    player: int = 2
    slots: int = 6
    width: int = 3


SHAPE = Shape()


class Seen(NamedTuple):
    observations: np.ndarray
    masks: np.ndarray
    rewards: np.ndarray
    dones: np.ndarray
    broken: np.ndarray
    last: np.ndarray


class Marked:
    """Episodes of one step: the legal slot whose second number is 1 pays, others do not."""

    def __init__(self, rows=8, seed=0, breaks=False):
        self.breaks = breaks
        self.rows, self.chance, self.paid = rows, np.random.default_rng(seed), []

    def reset(self):
        self._draw()
        return self.seen, self.masks

    def step(self, actions):
        assert self.masks[np.arange(self.rows), actions].all()
        rewards = (actions == self.right).astype(np.float32)
        self.paid += rewards.tolist()
        last = self.seen
        self._draw()
        over = np.ones(self.rows, dtype=np.bool_)
        broken = np.full(self.rows, self.breaks)
        return Seen(self.seen, self.masks, rewards, over, broken, last)

    def _draw(self):
        self.masks = self.chance.random((self.rows, SHAPE.slots)) < 0.6
        self.right = self.chance.integers(SHAPE.slots, size=self.rows)
        self.masks[np.arange(self.rows), self.right] = True
        held = np.zeros((self.rows, SHAPE.slots, SHAPE.width), dtype=np.float32)
        held[..., 0] = self.masks
        held[np.arange(self.rows), self.right, 1] = 1.0
        player = np.ones((self.rows, SHAPE.player), dtype=np.float32)
        self.seen = np.concatenate([player, held.reshape(self.rows, -1)], axis=1)


CONFIG = Config(seed=3, steps=3_000, horizon=16, minibatch=64, width=16, rate=5e-3)


def weights(policy):
    return [part.detach().clone() for part in policy.parameters()]


def test_it_learns_which_slot_pays():
    rows = Marked()
    train(rows, SHAPE, CONFIG)
    assert np.mean(rows.paid[:500]) < 0.5
    assert np.mean(rows.paid[-500:]) > 0.9


def test_the_same_seed_gives_the_same_weights():
    short = Config(seed=3, steps=512, horizon=16, minibatch=64, width=16)
    one, same = (train(Marked(), SHAPE, short) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(weights(one), weights(same), strict=True))


def test_another_seed_gives_other_weights():
    one, other = (fresh(SHAPE, Config(seed=seed)) for seed in (0, 1))
    assert not torch.equal(one.of_player.weight, other.of_player.weight)


def test_global_chance_is_neither_read_nor_written():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    fresh(SHAPE, CONFIG)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_fresh_policy_is_nearly_indifferent():
    seen, _ = Marked().reset()
    scores = fresh(SHAPE, CONFIG)(torch.from_numpy(seen))[0]
    assert scores.std().item() < 0.05


def test_slots_that_look_alike_are_scored_alike():
    """Weights are shared and a fresh policy has no vectors of places yet."""
    seen = torch.rand(1, SHAPE.player).repeat(1, 1)
    slot = torch.rand(1, 1, SHAPE.width).repeat(1, SHAPE.slots, 1)
    scores, _ = fresh(SHAPE, CONFIG)(torch.cat([seen, slot.flatten(1)], dim=1))
    assert scores[0].tolist() == pytest.approx([scores[0, 0].item()] * SHAPE.slots)


def test_what_is_told_are_the_steps_so_far():
    told = []
    train(Marked(), SHAPE, Config(steps=256, horizon=16, minibatch=64, width=16), told.append)
    assert told == [128, 256]


def test_a_saved_policy_scores_as_before(tmp_path):
    policy = train(Marked(), SHAPE, Config(steps=256, horizon=16, minibatch=64, width=16))
    save(policy, CONFIG, tmp_path / "policy")
    again = load(tmp_path / "policy", SHAPE)
    seen = torch.from_numpy(Marked().reset()[0])
    assert torch.equal(policy(seen)[0], again(seen)[0])
    assert [path.name for path in tmp_path.iterdir()] == ["policy"]


def test_a_policy_of_other_observations_is_refused(tmp_path):
    save(SlotPolicy(SHAPE, 16), CONFIG, tmp_path / "policy")
    with pytest.raises(SettingError, match=r"trained on observations of \(2, 6, 3\)"):
        load(tmp_path / "policy", Shape(slots=7))


def test_a_file_that_holds_no_policy_is_named(tmp_path):
    (tmp_path / "policy").write_bytes(b"no policy")
    with pytest.raises(SettingError, match="policy holds no policy of this program"):
        load(tmp_path / "policy", SHAPE)


@pytest.mark.parametrize(
    ("field", "value"), [("steps", 0), ("gamma", 1.5), ("rate", 0.0), ("clip", -1.0)]
)
def test_wrong_fields_are_named(field, value):
    with pytest.raises(SettingError, match=f"{field} = "):
        Config(**{field: value})


def test_behind_a_fault_the_policys_own_estimate_stands():
    """All rewards are ones; if faults were ends, returns would be ones too."""

    class Paid(Marked):
        def step(self, actions):
            return super().step(actions)._replace(rewards=np.ones(self.rows, dtype=np.float32))

    worth = []
    for breaks in (False, True):
        rows = Paid(breaks=breaks)
        policy = train(rows, SHAPE, CONFIG)
        with torch.no_grad():
            worth.append(float(policy(torch.from_numpy(rows.seen))[1].mean()))
    assert worth[0] == pytest.approx(1.0, abs=0.2)
    assert worth[1] > 1.5
