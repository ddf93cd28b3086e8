"""Rows of verl's data sets: read back by verl, one a seat, nothing of the gold in them."""

import json

import pytest

import webenvs
from tests.wrappers import recorded, tiny
from webenvs.envs.tooling.rows import write_rows
from webenvs.errors import SettingError
from wrappers import to_verl_rows

REAL = pytest.mark.trainer("verl")


def test_a_row_says_which_episode_and_nothing_of_the_gold():
    row = next(to_verl_rows.rows("MultiHop-v0", "train", 1))
    told = row["extra_info"]
    assert {"task_id", "split", "index", "seed"} <= set(told)
    assert row["reward_model"]["ground_truth"] == ""
    assert not recorded.tells_gold(row) and not recorded.tells_gold(told)


def test_every_seat_has_a_row_of_every_task():
    listed = list(to_verl_rows.rows("MultiHop-v0", "train", 2, seats=("planner", "worker")))
    told = [(row["extra_info"]["seat"], row["extra_info"]["index"]) for row in listed]
    assert told == [("planner", 0), ("planner", 1), ("worker", 0), ("worker", 1)]
    assert all(json.loads(row["extra_info"]["settings"])["game"] == "team" for row in listed)


def test_named_players_sit_at_the_other_seats():
    players = {"planner": "oracle", "worker": "scripted"}
    listed = to_verl_rows.rows("MultiHop-v0", "train", 1, seats=("worker",), players=players)
    settings = json.loads(next(listed)["extra_info"]["settings"])
    assert settings == {"seat": "worker", "players": {"planner": "oracle"}}
    assert webenvs.tool_env("MultiHop-v0", **settings).players == ("worker_0",)


def test_rows_for_tools_speak_of_function_calls_and_name_every_tool():
    row = next(to_verl_rows.tool_rows("MultiHop-v0", "train", 1))
    assert "<tool_call>" not in row["prompt"][0]["content"]
    named = row["extra_info"]["tools_kwargs"]
    assert named["answer"] == {
        "create_kwargs": {"task_id": row["extra_info"]["task_id"], "seed": 0}
    }


@REAL
@pytest.mark.parametrize("kind", ["rows", "tool_rows"])
@pytest.mark.parametrize("ending", [".parquet", ".jsonl"])
def test_verls_data_set_reads_what_we_write(tmp_path, kind, ending):
    from omegaconf import OmegaConf
    from verl.utils.dataset.rl_dataset import RLHFDataset

    listed = list(getattr(to_verl_rows, kind)("MultiHop-v0", "train", 3))
    path = tmp_path / f"train{ending}"
    assert write_rows(path, listed) == 3
    config = {"prompt_key": "prompt", "max_prompt_length": 4096, "cache_dir": str(tmp_path)}
    data = RLHFDataset(str(path), tiny.tokenizer(), OmegaConf.create(config))
    read = data[1]
    assert read["raw_prompt"] == listed[1]["prompt"]
    assert read["extra_info"]["task_id"] == listed[1]["extra_info"]["task_id"]
    assert read["tools_kwargs"] == listed[1]["extra_info"].get("tools_kwargs", {})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"players": {"worker": "scripted"}}, "players = .* beside the `seats`"),
        ({"seats": ("planner", "workr")}, r"seats = 'workr' .*Did you mean 'worker'\?"),
        ({"seat": "planner"}, r"seat = 'planner' .* in `seats`"),
    ],
    ids=["players-alone", "unknown-seat", "seat-as-setting"],
)
def test_seats_that_are_none_are_refused_before_the_first_row(given, told):
    with pytest.raises(SettingError, match=told):
        next(to_verl_rows.rows("MultiHop-v0", "train", 1, **given))


def test_rows_for_tools_are_of_one_seat():
    with pytest.raises(SettingError, match="name a `seat`"):
        next(to_verl_rows.tool_rows("MultiHop-v0", "train", 1, game="team"))


@pytest.mark.parametrize("kind", [to_verl_rows.rows, to_verl_rows.tool_rows])
def test_rows_begin_where_and_with_the_seed_that_is_asked_for(kind):
    (row,) = kind("MultiHop-v0", "train", 1, start=2, seed=7)
    assert (row["extra_info"]["index"], row["extra_info"]["seed"]) == (2, 7)
