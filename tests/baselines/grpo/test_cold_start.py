"""A cold start is made once, goes on where it was interrupted, and is taken over by other runs."""

import shutil

import pytest
import torch

from baselines.grpo.budget import Budget
from baselines.grpo.checkpoint import CheckpointError, write_config
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.cold_start import Stage, cold_started
from baselines.grpo.interrupts import Interrupts
from baselines.grpo.presets import config_from
from baselines.grpo.show.console import Console
from webenvs.errors import SettingError


class Asked(Interrupts):
    """Interrupts that ask for the end once they were looked at so many times."""

    def __init__(self, looks):
        self.looks = looks
        super().__init__()

    @property
    def asked(self):
        self.looks -= 1
        return self.looks < 0

    @asked.setter
    def asked(self, value):
        pass


@pytest.fixture
def begun(small, tmp_path):
    """Begins, or goes on with, the cold start of a folder under a preset."""

    def of(name, preset="matpo-paper", looks=None, **changes):
        fields = {**small, "sft_steps": 6, "demonstrations": 20, **changes}
        config = config_from(preset, {**fields, "out": str(tmp_path / name)})
        stage = Stage(
            folder=tmp_path / name,
            worlds=Worlds(config),
            budget=Budget(None),
            interrupts=Interrupts() if looks is None else Asked(looks),
            console=Console(0, quiet=True),
        )
        return cold_started(config, stage).models

    return of


def same(one, other):
    ours, theirs = one.state_dict(), other.state_dict()
    return all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_cold_start_that_was_interrupted_ends_as_one_that_was_not(begun, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        begun("parts", looks=4)
    assert (tmp_path / "parts" / "cold" / "shared.part.pt").exists()
    again = begun("parts")["shared"]
    assert same(begun("whole")["shared"], again)
    assert not (tmp_path / "parts" / "cold" / "shared.part.pt").exists()


def test_two_models_begin_with_weights_of_their_own(begun):
    models = begun("two", "mgrpo-paper", sft_steps=0)
    assert not same(models["planner"], models["worker"])


def test_a_worker_model_may_be_of_another_size(begun):
    models = begun("two", "mgrpo-paper", sft_steps=0, worker_model="small")
    sizes = [model.config.hidden_size for model in (models["planner"], models["worker"])]
    assert sizes == [128, 192]


def test_a_cold_start_that_was_taken_over_needs_its_source_no_more(begun, small, tmp_path):
    source = tmp_path / "one"
    begun("one", sft_steps=0)
    write_config(source, config_from("matpo-paper", small))
    first = begun("two", sft_steps=0, init=str(source))["shared"]
    shutil.rmtree(source)
    assert same(first, begun("two", sft_steps=0, init=str(source))["shared"])


def test_a_cold_start_that_cannot_be_copied_is_told_and_leaves_nothing(begun, small, tmp_path):
    source = tmp_path / "one"
    (source / "cold" / "shared").mkdir(parents=True)
    (source / "cold" / "shared" / "weights").symlink_to(tmp_path / "nowhere")
    write_config(source, config_from("matpo-paper", small))
    with pytest.raises(CheckpointError, match=r"could not be copied to .*No such file"):
        begun("two", init=str(source))
    assert list((tmp_path / "two" / "cold").iterdir()) == []


def test_a_teacher_that_is_a_run_lends_its_tokenizer(begun, tmp_path):
    begun("one", sft_steps=0)
    cold = tmp_path / "one" / "cold"
    (tmp_path / "run" / "models").mkdir(parents=True)
    (cold / "shared").rename(tmp_path / "run" / "models" / "shared")
    begun("two", sft_steps=0, seed=4, teacher=str(tmp_path / "run"))
    two = tmp_path / "two" / "cold" / "tokenizer" / "tokenizer.json"
    assert two.read_bytes() == (cold / "tokenizer" / "tokenizer.json").read_bytes()


def test_two_runs_of_one_seed_begin_alike(begun):
    assert same(begun("one", sft_steps=0)["shared"], begun("other", sft_steps=0)["shared"])


def test_another_seed_begins_with_other_weights(begun):
    one = begun("one", sft_steps=0)["shared"]
    assert not same(one, begun("other", sft_steps=0, seed=4)["shared"])


def test_weights_lie_where_torch_lays_them_so_that_any_process_draws_alike(begun):
    model = begun("one", sft_steps=0)["shared"]
    assert {weight.data_ptr() % 64 for weight in model.parameters()} == {0}


def test_a_cold_start_that_speaks_another_codec_is_refused(begun, small, tmp_path):
    begun("one", sft_steps=0)
    write_config(tmp_path / "one", config_from("matpo-paper", small))
    with pytest.raises(SettingError, match=r"codec must be xml, which the cold start"):
        begun("two", init=str(tmp_path / "one"), codec="hermes")
