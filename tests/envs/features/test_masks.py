"""Masks are never empty, observations stay inside their box, bad input is named."""

import os
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest

import webenvs
from webenvs.catalog import NOISE_PRESETS, ROWS
from webenvs.envs.features.numbers import FEATURES, F
from webenvs.envs.features.slots import KINDS, SPANS, WAIT, K
from webenvs.errors import SettingError

every_id = pytest.mark.parametrize("name", ROWS)
SEATS = {"solo": {}, "planner": {"seat": "planner", "players": "random"}}


@every_id
@pytest.mark.parametrize("noise", NOISE_PRESETS)
def test_masked_play_never_raises_and_stays_in_the_box(name, noise, make, masked):
    env = make(name, noise=noise)
    for seed in range(3):
        for row, info, _ in masked(env, seed):
            assert row in env.observation_space
            assert info["action_mask"].any()
    assert env.session.over


@every_id
@pytest.mark.parametrize("seat", SEATS.values(), ids=SEATS)
@pytest.mark.parametrize("stage", ["S0", "S1", "S3"])
def test_every_seat_plays_on_every_stage(name, seat, stage, make, masked):
    env = make(name, stage=stage, **seat)
    rows = [row for row, *_ in masked(env, 1)]
    assert all(np.isfinite(row).all() for row in rows)


@every_id
def test_slots_that_are_masked_never_raise(name, make):
    env = make(name, noise="moderate")
    chance = np.random.default_rng(0)
    for seed in range(4):
        env.reset(seed=seed)
        over = False
        while not over:
            row, _, terminated, truncated, info = env.step(int(chance.integers(K)))
            over = terminated or truncated
            assert row in env.observation_space
            assert info["action_mask"].any()


def test_tools_that_noise_renames_are_called_by_their_new_names(make, masked):
    env = make("Lookup-v0", noise="rename_tools:1")
    seen = [env.candidates()[action] for _, _, action in masked(env, 0)]
    assert all(turn.errors == () for turn in env.episode().turns)
    assert "search" not in {call[0] for call in seen if call is not None}


@every_id
def test_a_mask_marks_the_slots_that_hold_a_call(name, make, masked):
    env = make(name)
    for row, info, _ in masked(env, 2):
        held = [call is not None for call in env.candidates()]
        legal = [row[place] for place, one in enumerate(FEATURES) if one.name.endswith(".legal")]
        assert held == info["action_mask"].tolist() == env.action_masks().tolist() == legal


@every_id
def test_a_legal_slot_is_read_and_carried_out(name, make, masked):
    env = make(name, calls={"search": 2})
    for _ in masked(env, 3):
        pass
    refused = {"invalid_arguments", "unknown_tool", "over_budget", "duplicate", "withdrawn"}
    statuses = {result.status for turn in env.episode().turns for result in turn.results}
    assert statuses & refused == set()


def test_only_closing_slots_are_legal_at_the_closing_message(make):
    env = make("MultiHop-v0", turns=1)
    env.reset(seed=0)
    info = env.step(SPANS["search_request"][0])[4]
    legal = set(np.flatnonzero(info["action_mask"]).tolist())
    assert info["closing"]
    assert legal <= {*SPANS["close"], *SPANS["give_up"]}
    assert SPANS["give_up"][0] in legal


def test_only_waiting_is_legal_after_the_end(make):
    env = make("MultiHop-v0")
    env.reset(seed=0)
    info = env.step(SPANS["give_up"][0])[4]
    assert np.flatnonzero(info["action_mask"]).tolist() == [WAIT]


def test_masks_and_rows_are_copies(make):
    env = make("MultiHop-v0")
    row, info = env.reset(seed=0)
    row[:], info["action_mask"][:] = 0, 0
    assert env.action_masks().any()
    assert env.reset(seed=0)[0].any()


@pytest.mark.parametrize("action", [-1, K, 1.5, "search", None, True, {"calls": []}, np.zeros(2)])
def test_what_is_no_slot_is_named(action, make):
    env = make("MultiHop-v0")
    env.reset(seed=0)
    with pytest.raises(SettingError, match=f"0 to {K - 1}"):
        env.step(action)


@pytest.mark.parametrize("action", [0, np.int64(0), np.array(0), np.array([0], dtype=np.int32)])
def test_whole_numbers_of_every_make_are_slots(action, make):
    env = make("MultiHop-v0")
    env.reset(seed=0)
    assert env.step(action)[4]["statuses"]


def test_an_unknown_view_is_named_with_the_right_one():
    with pytest.raises(SettingError, match="did you mean 'features'"):
        gym.make("webenvs:webenvs/MultiHop-v0", view="feature")


@pytest.mark.parametrize("make_game", [webenvs.aec, webenvs.parallel])
def test_the_text_view_has_no_mask(make_game):
    with pytest.raises(SettingError, match="only view='features' has a mask"):
        make_game("MultiHop-v0", mask="info")


def test_an_unknown_place_of_the_mask_is_named(games):
    with pytest.raises(SettingError, match="'observation' or 'info'"):
        games("aec", mask="obs")


def test_every_feature_has_a_name_of_its_own_and_says_what_it_is():
    assert len({one.name for one in FEATURES}) == len(FEATURES) == F
    assert all(one.meaning and one.low < one.high for one in FEATURES)


def test_the_slots_of_the_kinds_are_all_the_slots():
    assert [slot for kind in KINDS for slot in SPANS[kind.name]] == list(range(K))


@pytest.mark.parametrize("game", ["solo", "walk"])
def test_processes_see_the_same_whatever_their_hashes(game):
    name = {"solo": "MultiHop-v0", "walk": "WebWalk-v0"}[game]
    code = f"""
import gymnasium as gym, hashlib, numpy as np
env = gym.make("webenvs:webenvs/{name}", view="features", noise="moderate").unwrapped
said, chance = hashlib.sha256(), np.random.default_rng(0)
for seed in range(3):
    row, info = env.reset(seed=seed)
    over = False
    while not over:
        said.update(row.tobytes() + repr(env.candidates()).encode())
        action = int(chance.choice(np.flatnonzero(info["action_mask"])))
        row, _, terminated, truncated, info = env.step(action)
        over = terminated or truncated
print(said.hexdigest())
"""
    told = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
