"""Presets are rows of changes; what is unknown, out of range or does not fit is refused."""

import pytest

from baselines.grpo.config import Config
from baselines.grpo.presets import PRESETS, as_data, config_from, config_of, differing
from webenvs.errors import SettingError, UnknownNameError


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_a_config_that_names_it(name):
    assert config_from(name).preset == name


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_told_in_one_sentence(name):
    assert PRESETS[name].meaning.endswith(".")


def test_no_two_presets_are_the_same_recipe():
    recipes = [{**as_data(config_from(name)), "preset": ""} for name in PRESETS]
    assert all(recipe not in recipes[:place] for place, recipe in enumerate(recipes))


def test_the_paper_of_matpo_is_followed():
    config = config_from("matpo-paper")
    assert (config.game, config.credit, config.aggregation, config.clip_low, config.clip_high) == (
        "team", "broadcast", "rollout-token-mean", 0.2, 0.2,
    )  # fmt: skip


def test_the_released_matpo_is_followed():
    config = config_from("matpo-repo")
    assert (config.aggregation, config.deviation, config.dual_clip, config.empty_workers) == (
        "token-mean", "sample", 3.0, "zero",
    )  # fmt: skip


def test_the_paper_of_m_grpo_is_followed():
    config = config_from("mgrpo-paper")
    assert (config.alignment, config.align_to, config.credit, config.reward, config.group) == (
        "random", 8, "own", "mgrpo", 8,
    )  # fmt: skip


def test_a_second_model_is_of_the_kind_of_the_first():
    assert config_from("mgrpo-paper", {"model": "small"}).worker_model == "small"


def test_a_second_model_may_be_another():
    config = config_from("mgrpo-paper", {"model": "small", "worker_model": "tiny"})
    assert (config.model, config.worker_model) == ("small", "tiny")


def test_a_variant_of_the_solo_recipe_plays_a_team_if_asked():
    assert config_from("dapo", {"game": "team"}).game == "team"


def test_lists_and_whole_numbers_stand_for_what_a_field_is():
    config = config_from("dapo", {"hops": [2, 4], "lr": 1, "noise": "none,mild", "minutes": "none"})
    assert (config.hops, config.lr, config.noise, config.minutes) == (
        (2, 4), 1.0, ("none", "mild"), None,
    )  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_a_config_comes_back_from_its_data(name):
    config = config_from(name, {"system": {"worker": "Be brief."}})
    assert config_of(as_data(config)) == config


def test_what_differs_is_named():
    assert differing(Config(), Config(lr=1.0, seed=3)) == ("seed", "lr")


def test_an_unknown_preset_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"There is no preset 'mgrpo-papre'. Did you mean"):
        config_from("mgrpo-papre")


def test_an_unknown_field_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"'clip_hig'. Did you mean 'clip_high'"):
        config_from("dapo", {"clip_hig": 0.3})


@pytest.mark.parametrize(
    ("preset", "field", "value", "allowed"),
    [
        ("dapo", "lr", 0, "above 0"),
        ("dapo", "lr", "fast", "a finite number"),
        ("dapo", "lr", float("nan"), "a finite number"),
        ("dapo", "group", 1, "at least 2"),
        ("dapo", "queries", 0, "at least 1"),
        ("dapo", "queries", 1.5, "a whole number"),
        ("dapo", "queries", True, "a whole number"),
        ("dapo", "top_p", 1.1, "above 0 and at most 1"),
        ("dapo", "minutes", -1, "above 0, or none"),
        ("dapo", "dual_clip", 0.5, "above 1, or none"),
        ("dapo", "hops", [3, 2], "the least first"),
        ("dapo", "hops", [3], "a list of 2"),
        ("dapo", "loss", "gpo", r"one of ppo, gspo, cispo \(did you mean 'gspo'\?\)"),
        ("dapo", "cold_games", ["solo", "teams"], "a list, each one of solo, team"),
        ("dapo", "max_new_tokens", 512, "below context, 512"),
        ("dapo", "settings", "turns", "a mapping"),
        ("dapo", "noise", [], "at least one"),
        ("dapo", "worker_model", "tiny", "none with game='solo', which has no workers"),
        ("dapo", "credit", "own", "broadcast with game='solo', which has no workers"),
        ("dapo", "alignment", "random", "weighted with game='solo', which has no workers"),
        ("mgrpo-paper", "game", "solo", "team: mgrpo-paper has workers"),
        ("matpo-paper", "game", "solo", "team: matpo-paper has workers"),
        ("matpo-paper", "freeze", ["worker"], "among shared without a worker_model"),
        ("mgrpo-paper", "freeze", ["planner", "worker"], "some of the policies"),
        ("matpo-paper", "sync", "delay-1", "sync without a worker_model"),
        ("matpo-paper", "preset", "dapo", "matpo-paper"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(preset, field, value, allowed):
    with pytest.raises(SettingError, match=rf"{field} = .* is not allowed: .*{allowed}"):
        config_from(preset, {field: value})


@pytest.mark.parametrize(
    ("field", "value", "wrong"),
    [
        ("system", {"plannr": ""}, "role 'plannr' in system. Did you mean 'planner'"),
        ("freeze", ["workers"], "policy 'workers' in freeze. Did you mean 'worker'"),
    ],
)
def test_a_wrong_name_inside_a_field_is_answered_with_the_nearest(field, value, wrong):
    with pytest.raises(UnknownNameError, match=wrong):
        config_from("mgrpo-paper", {field: value})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"role_context": {"wrker": 100}}, "There is no role 'wrker' .*Did you mean 'worker'"),
        (
            {"role_context": {"worker": 1024}},
            r"role_context\.worker = 1024 .* from 32 to context, 512",
        ),
        (
            {"role_message": {"worker": 600}},
            r"role_message\.worker = 600 .* below the context .* 512",
        ),
        ({"role_context": {"worker": 40}}, r"role_message\.worker = 48 .* 40"),
        ({"episode_tokens": 0}, "episode_tokens = 0 .* at least 1, or none"),
    ],
    ids=["role", "context", "message", "both", "episode"],
)
def test_limits_of_roles_fit_into_those_of_all(changes, message):
    with pytest.raises((SettingError, UnknownNameError), match=message):
        config_from("matpo-paper", {"context": 512, "max_new_tokens": 48, **changes})


def test_a_model_that_was_trained_before_takes_small_steps_and_its_own_instructions():
    config = config_from("grpo-solo", {"model": "some/model"})
    assert (config.optimiser, config.vector_rate, config.lr) == ("adamw", 1.0, 1e-6)
    assert config.system == {}


def test_another_corpus_is_demonstrated_by_the_scripted_player_unless_one_is_named():
    assert config_from("grpo-solo", {"worlds": "small"}).teacher == "scripted"
    assert config_from("grpo-solo", {"worlds": "small", "teacher": "oracle"}).teacher == "oracle"
    assert config_from("grpo-solo").teacher == "guided"
