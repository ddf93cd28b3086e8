"""A checkpoint comes back as it was, is whole or refused, and belongs to one run."""

import errno
from dataclasses import replace

import pytest
import torch

from baselines.grpo import checkpoint
from baselines.grpo.checkpoint import Checkpoint, CheckpointError
from baselines.grpo.presets import config_from


@pytest.fixture
def point():
    weights = {"weights": {"a": torch.arange(6.0).reshape(2, 3)}, "step": 7}
    return Checkpoint(
        config=config_from("matpo-paper"),
        learners={"shared": weights},
        standing={"update": 7, "tokens": 100, "best": 0.5},
        curriculum={"stage": 1, "means": [0.5]},
        seconds=12.5,
    )


def test_everything_comes_back(tmp_path, point):
    checkpoint.save(tmp_path, point)
    got = checkpoint.load(tmp_path)
    assert torch.equal(
        got.learners["shared"]["weights"]["a"], point.learners["shared"]["weights"]["a"]
    )
    assert replace(got, learners={}) == replace(point, learners={})


def test_the_best_one_stays_when_the_last_one_goes_on(tmp_path, point):
    checkpoint.save(tmp_path, point, best=True)
    checkpoint.save(tmp_path, replace(point, standing={"update": 8}))
    kept = [checkpoint.load(tmp_path / name).update for name in (checkpoint.BEST, checkpoint.LAST)]
    assert kept == [7, 8]


def test_nothing_is_left_aside(tmp_path, point):
    checkpoint.save(tmp_path, point, best=True)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["best.pt", "last.pt"]


def test_a_folder_without_a_checkpoint_is_told(tmp_path):
    with pytest.raises(CheckpointError, match=r"There is no checkpoint .*last\.pt"):
        checkpoint.load(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_torn_file_is_told_with_the_way_out(tmp_path, point, share):
    file = checkpoint.save(tmp_path, point, best=True)
    whole = file.read_bytes()
    file.unlink()
    file.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(CheckpointError, match=r"last\.pt is damaged .* Copy .*best\.pt"):
        checkpoint.load(tmp_path)


def test_a_torn_file_without_another_is_told_with_the_way_out(tmp_path):
    (tmp_path / checkpoint.LAST).write_bytes(b"garbage")
    with pytest.raises(CheckpointError, match=r"no other: remove it, and the run resumes from its"):
        checkpoint.load(tmp_path)


@pytest.mark.parametrize("state", [[1, 2], {"format": 1}, {"format": 1, "config": "{"}])
def test_a_file_of_something_else_is_told(tmp_path, state):
    torch.save(state, tmp_path / checkpoint.LAST)
    with pytest.raises(CheckpointError, match="is damaged"):
        checkpoint.load(tmp_path)


def test_a_changed_byte_is_told(tmp_path, point):
    file = checkpoint.save(tmp_path, point)
    whole = bytearray(file.read_bytes())
    place = whole.find(torch.arange(6.0).numpy().tobytes())
    whole[place + 4] ^= 1
    file.write_bytes(whole)
    with pytest.raises(CheckpointError, match="is damaged"):
        checkpoint.load(tmp_path)


class Unwritable:
    """Stands for weights that cannot be written: pickling them fills the disk."""

    def __reduce__(self):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_and_leaves_the_one_before(tmp_path, point):
    checkpoint.save(tmp_path, point)
    too_large = replace(
        point, standing={"update": 8}, learners={"shared": {"weights": Unwritable()}}
    )
    with pytest.raises(CheckpointError, match=r"The disk is full: .* the one before it is as it"):
        checkpoint.save(tmp_path, too_large)
    assert checkpoint.load(tmp_path).update == 7
    assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]


class CutShort:
    """Stands for weights on a full disk, as torch tells of it."""

    def __reduce__(self):
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0")


def test_a_full_disk_is_told_in_torchs_words_too(tmp_path, point):
    with pytest.raises(CheckpointError, match=r"The disk is full: .* there was none before it"):
        checkpoint.save(tmp_path, replace(point, learners={"shared": {"weights": CutShort()}}))


def test_another_config_is_refused_naming_all_fields_that_differ(point):
    other = replace(point.config, lr=0.5, group=4)
    with pytest.raises(CheckpointError, match=r"group was 8 and is now 4; lr was .* is now 0\.5"):
        checkpoint.check_same(point.config, other)


def test_a_run_may_be_made_longer(point):
    checkpoint.check_same(
        point.config, replace(point.config, updates=1000, minutes=30.0, out="there")
    )


def test_a_config_comes_back_from_its_folder(tmp_path, point):
    checkpoint.write_config(tmp_path / "new", point.config)
    assert checkpoint.read_config(tmp_path / "new") == point.config


def test_a_folder_that_holds_no_run_is_told(tmp_path):
    with pytest.raises(CheckpointError, match="holds no run"):
        checkpoint.read_config(tmp_path)


def test_a_damaged_config_is_told(tmp_path):
    (tmp_path / checkpoint.CONFIG).write_text('{"lr": ')
    with pytest.raises(CheckpointError, match=r"config\.json is damaged"):
        checkpoint.read_config(tmp_path)
