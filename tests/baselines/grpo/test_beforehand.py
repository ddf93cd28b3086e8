"""Before a run begins, a wrong folder, device, model, teacher or world is told at once."""

import sys

import pytest
import torch

from baselines.grpo.beforehand import check_beforehand, held, holds_run
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.presets import config_from
from webenvs.errors import SettingError, WebenvsError
from webenvs.locking import lock


def looked_at(small, **changes):
    config = config_from("grpo-solo", {**small, **changes})
    check_beforehand(config, Worlds(config))


def test_what_is_right_is_let_through(small):
    looked_at(small)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("device", "cudda", r"device = 'cudda' .*did you mean 'cuda'"),
        ("device", "meta:x", "device = 'meta:x' is not allowed"),
        ("model", "tinny", r"model = 'tinny' .*did you mean 'tiny'"),
        ("model", "./nowhere", r"model = './nowhere' .* a folder that is there"),
        ("teacher", "gided", r"teacher: .* 'gided'.* Did you mean 'guided'\?"),
        ("teacher", "guided+nobody", r"no player 'nobody'.* the folder of a model"),
        ("hops", (30, 32), r"hops = \(30, 32\) .*no train world has such a chain"),
        ("worlds", "shets", r"worlds: .* 'shets'.* Did you mean 'sheets'\?"),
    ],
)
def test_a_wrong_name_is_told_with_the_right_one(small, field, value, said):
    with pytest.raises(WebenvsError, match=said):
        looked_at(small, **{field: value})


def test_a_run_whose_cold_start_is_made_needs_no_teacher_any_more(small, tmp_path):
    (tmp_path / "cold" / "shared").mkdir(parents=True)
    looked_at(small, out=str(tmp_path), teacher="runs/gone", model="./gone")


def test_a_worker_model_that_is_not_there_is_told_by_its_field(small):
    config = config_from("mgrpo-paper", {**small, "worker_model": "smal"})
    with pytest.raises(SettingError, match="worker_model = 'smal'"):
        check_beforehand(config, Worlds(config))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_told(small):
    with pytest.raises(SettingError, match=r"device = 'cuda' .*it sees no GPU"):
        looked_at(small, device="cuda")


def test_a_ray_that_is_not_installed_is_told(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SettingError, match=r"ray = 2 .*pip install 'webenvs\[ray\]'"):
        looked_at(small, ray=2)


def test_a_file_is_no_folder_of_a_run(tmp_path):
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(SettingError, match=r"out = .* a folder, which this is not"),
        held(tmp_path / "file"),
    ):
        pass
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_somebody_trains_in_is_refused(tmp_path):
    with lock(tmp_path), pytest.raises(SettingError, match="Another process is"), held(tmp_path):
        pass


def test_a_folder_is_free_again_when_its_holder_has_ended(tmp_path):
    with held(tmp_path):
        pass
    with lock(tmp_path, patience=0) as got:
        assert got


def test_what_a_killed_process_had_half_written_is_removed(tmp_path):
    for name in (".last.pt.77", ".best.pt.77", ".config.json.77", "last.pt"):
        (tmp_path / name).write_bytes(b"half")
    with held(tmp_path):
        assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), False),
        (("config.json",), False),
        (("cold/.tokenizer.fresh/tokenizer.json",), False),
        (("cold/tokenizer/tokenizer.json",), True),
        (("last.pt",), True),
    ],
    ids=["nothing", "config", "half-a-tokenizer", "tokenizer", "checkpoint"],
)
def test_a_folder_holds_a_run_once_something_was_made(tmp_path, names, expected):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    assert holds_run(tmp_path) is expected
