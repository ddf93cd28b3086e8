"""Models are made from a seed, loaded with what a run needs, and never lost while being saved."""

import json

import pytest
import torch
from transformers.utils import logging

from baselines.grpo.config import Config
from baselines.grpo.model import (
    SIZES,
    check_vocabulary,
    count_parameters,
    load_model,
    make_model,
    save_model,
)
from webenvs.errors import SettingError, UnknownNameError

IDS = torch.tensor([[5, 3, 8, 1, 9]])


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable_progress_bar()
    yield
    logging.enable_progress_bar()


@pytest.fixture(scope="module")
def model():
    return make_model("tiny", 50, 64, 0)


@pytest.fixture
def saved(model, tmp_path):
    save_model(model, None, tmp_path / "model")
    return tmp_path / "model"


def weights(model):
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def logits(model):
    with torch.no_grad():
        return model(input_ids=IDS).logits


class FullDisk:
    """A tokenizer that cannot be written."""

    def save_pretrained(self, folder):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("size", "least", "most"), [("tiny", 0.5, 1.1), ("small", 2.5, 3.5)])
def test_sizes_have_the_parameters_they_promise(size, least, most):
    assert least < count_parameters(make_model(size, 2000, 512, 0)) / 1e6 < most


def test_the_seed_decides_every_weight(model):
    again, other = weights(make_model("tiny", 50, 64, 0)), weights(make_model("tiny", 50, 64, 1))
    assert all(torch.equal(weight, again[name]) for name, weight in weights(model).items())
    assert not all(torch.equal(weight, again[name]) for name, weight in other.items())


def test_making_a_model_leaves_torchs_own_chance_alone():
    torch.manual_seed(4)
    expected = torch.rand(1)
    torch.manual_seed(4)
    make_model("tiny", 50, 64, 0)
    assert torch.equal(torch.rand(1), expected)


def test_a_misspelt_size_names_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'tiny'"):
        make_model("tinny", 50, 64, 0)


@pytest.mark.parametrize(("vocab", "context"), [(0, 64), (50, 0)])
def test_nothing_is_made_for_no_tokens(vocab, context):
    with pytest.raises(SettingError, match="must be at least 1"):
        make_model("tiny", vocab, context, 0)


def test_a_saved_model_comes_back_bit_for_bit(model, saved):
    loaded = weights(load_model(saved, Config(context=64)))
    assert all(torch.equal(weight, loaded[name]) for name, weight in weights(model).items())


def test_saving_again_replaces_the_model_and_leaves_nothing_beside_it(model, saved):
    other = make_model("tiny", 50, 64, 1)
    save_model(other, None, saved)
    assert torch.equal(logits(load_model(saved, Config(context=64))), logits(other))
    assert [entry.name for entry in saved.parent.iterdir()] == ["model"]


def test_a_full_disk_leaves_the_old_model(model, saved):
    with pytest.raises(OSError, match="No space left"):
        save_model(make_model("tiny", 50, 64, 1), FullDisk(), saved)
    assert torch.equal(logits(load_model(saved, Config(context=64))), logits(model))
    assert [entry.name for entry in saved.parent.iterdir()] == ["model"]


class FullDiskByRust:
    """A tokenizer whose library tells of a full disk in its own way."""

    def save_pretrained(self, folder):
        raise Exception("No space left on device (os error 28)")


def test_a_full_disk_is_an_error_of_the_system_whoever_tells_of_it(model, tmp_path):
    with pytest.raises(OSError, match="No space left") as caught:
        save_model(model, FullDiskByRust(), tmp_path / "model")
    assert caught.value.errno == 28
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [0, 100, 5000])
def test_torn_weights_are_told(saved, kept):
    file = saved / "model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(UnknownNameError, match="There is no model"):
        load_model(saved, Config(context=64))


def test_weights_saved_in_half_precision_are_trained_in_single(model, saved):
    save_model(make_model("tiny", 50, 64, 0).to(torch.bfloat16), None, saved)
    assert load_model(saved, Config(context=64)).dtype == torch.float32


def test_a_loaded_model_has_no_dropout(saved):
    shape = json.loads((saved / "config.json").read_text())
    (saved / "config.json").write_text(json.dumps(shape | {"attention_dropout": 0.5}))
    loaded = load_model(saved, Config(context=64))
    assert torch.equal(logits(loaded), logits(loaded))


@pytest.mark.parametrize("missing", ["./nothing", "empty"])
def test_a_folder_without_a_model_is_refused(missing, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        UnknownNameError, match=f"There is no model '.*{missing[-5:]}'.*tiny, small"
    ):
        load_model(missing, Config())


def test_a_context_longer_than_the_model_is_refused(saved):
    with pytest.raises(SettingError, match=r"context = 65 .*at most 64"):
        load_model(saved, Config(context=65))


def test_a_tokenizer_of_more_tokens_than_the_model_is_refused(model):
    check_vocabulary(model, [0] * 50)
    with pytest.raises(SettingError, match=r"'51 tokens'.*at most 50 tokens"):
        check_vocabulary(model, [0] * 51)


def test_adapters_start_as_nothing_and_are_all_that_learns(model, saved):
    adapted = load_model(saved, Config(context=64, lora_rank=2))
    torch.testing.assert_close(logits(adapted), logits(model))
    assert 0 < count_parameters(adapted, trained=True) < count_parameters(model) / 10
    learns = [name for name, weight in adapted.named_parameters() if weight.requires_grad]
    assert all("lora_" in name for name in learns)


def test_the_seed_decides_adapters(saved):
    first, again, other = (
        weights(load_model(saved, Config(context=64, lora_rank=2, seed=seed))) for seed in (0, 0, 1)
    )
    assert all(torch.equal(weight, again[name]) for name, weight in first.items())
    assert not all(torch.equal(weight, other[name]) for name, weight in first.items())


def test_saved_adapters_come_back_and_learn_on(saved):
    adapted = load_model(saved, Config(context=64, lora_rank=2))
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.add_(0.1)
    save_model(adapted, None, saved.parent / "adapters")
    loaded = load_model(saved.parent / "adapters", Config(context=64))
    assert torch.equal(logits(loaded), logits(adapted))
    assert count_parameters(loaded, trained=True) == count_parameters(adapted, trained=True)


def test_every_size_has_heads_that_divide():
    assert all(size.heads % size.kv_heads == 0 for size in SIZES.values())
