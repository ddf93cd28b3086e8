"""Runs and evaluations whose messages a server says, which loads the weights of every update."""

import shutil

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from click.testing import CliRunner

from baselines.grpo import reevaluate
from baselines.grpo.dialects import parts_of
from baselines.grpo.policy import PolicyError
from baselines.grpo.presets import config_from
from baselines.grpo.train import Wishes, run
from webenvs.errors import SettingError, WebenvsError


def silent(wish):
    """Say nothing but the end of the message."""
    return [wish.stops[0]], [-0.5]


@pytest.fixture
def served(cold, small, tmp_path):
    """A config of one update whose researcher a server plays."""

    def of(server, **changes):
        fields = {
            **{"init": cold("solo"), "out": str(tmp_path / "run"), "updates": 1, "eval_tasks": 1},
            **{"served": {"shared": f"vllm+{server.url}#tiny"}, **changes},
        }
        return config_from("grpo-solo", {**small, **fields})

    return of


def test_a_server_plays_a_run_and_loads_the_weights_of_every_update(serve, served, tmp_path):
    with serve(rule=silent) as server:
        result = run(served(server), Wishes(quiet=True))
        loaded = [body["kwargs"]["weights_path"] for body in server.bodies("/collective_rpc")]
    assert result.updates == 1
    assert loaded == [str(tmp_path / "run" / "served" / "shared")] * 2
    assert (tmp_path / "run" / "served" / "shared" / "model.safetensors").exists()
    assert server.bodies("/v1/completions")


def test_a_server_that_loads_no_weights_ends_the_run_before_it_plays(serve, served):
    with serve(rule=silent, development=False) as server, pytest.raises(PolicyError):
        run(served(server), Wishes(quiet=True))
    assert not server.bodies("/v1/completions")


def test_a_finished_run_is_evaluated_through_a_server(serve, cold, tmp_path):
    folder = shutil.copytree(cold("solo"), tmp_path / "run")
    with serve(rule=silent) as server:
        options = [str(folder), "--served", f"vllm+{server.url}#tiny", "-s", "eval_tasks=1"]
        done = CliRunner().invoke(reevaluate.main, options)
    assert done.exit_code == 0, done.output
    assert reevaluate.read(folder)[0].evaluation.success == (0.0,)
    assert server.bodies("/v1/completions")


def test_an_address_has_a_dialect_a_place_and_a_model():
    assert parts_of("sglang+http://h:1#org/m") == ("sglang", "http://h:1", "org/m")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"served": {"shared": "http://localhost:8000"}}, "as vllm.http"),
        ({"served": {"shared": "vlm+http://h:1#m"}}, "Did you mean 'vllm'"),
        ({"served": {"planer": "vllm+http://h:1#m"}}, "There is no policy 'planer'"),
        ({"served": {"shared": "vllm+http://h:1#m"}, "ray": 2}, "ray = 2 .* 0 with served"),
    ],
    ids=["form", "dialect", "policy", "ray"],
)
def test_servers_that_cannot_be_are_told(changes, message):
    with pytest.raises(WebenvsError, match=message):
        config_from("grpo-solo", changes)


def test_two_trainers_take_no_servers():
    from baselines.grpo.decoupled.running import check_decoupled

    config = config_from("mgrpo-paper", {"served": {"worker": "vllm+http://h:1#m"}})
    with pytest.raises(SettingError, match="served"):
        check_decoupled(config)
