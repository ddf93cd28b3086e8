"""Rewards: the formulas by hand, and whole rollouts of episodes that the environment played."""

import msgspec
import pytest

from baselines.grpo import rewards
from baselines.grpo.checking import check
from baselines.grpo.rewards import scored
from webenvs.errors import SettingError, UnknownNameError
from webenvs.players.message import say, say_all
from webenvs.rewards.weighted import PRESETS

SITE = "https://small.example/"
SOLO = (
    say("search", query="river"),
    "not a call",
    say("fetch", url=SITE + "alba"),
    say("serch", query="x"),
    say("answer", text="Tarn"),
)
"""Three valid calls of five."""
TEAM = (
    say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"}))),
    say("fetch", url=SITE + "alba"),
    say("search", query="town"),
    say("report", text="The Alba passes Brena."),
    "no call at all",
    say("report", text="She was born in Tarn."),
    say("answer", text="Tarn"),
)
"""Planner 3 of 3 valid calls, the first worker 2 of 2, the second 2 of 3."""
CLEAN = (*TEAM[:4], TEAM[5], TEAM[6])
WRONG = (*CLEAN[:-1], say("answer", text="Brena"))


def close(values):
    return pytest.approx(values, abs=1e-6)


def rewards_of(rollout):
    return [one.reward for one in rollout.trajectories]


M1 = (
    ((1, 1, (1, 0.5)), 0.9875),
    ((0, 1, ()), 0.05),
    ((1, 0.5, (1,)), 0.975),
    ((0, 0, (1, 1, 0.4)), 0.04),
)


@pytest.mark.parametrize(("parts", "expected"), M1, ids=["r1", "r2", "r3", "r4"])
def test_m1_matpo_rewards(parts, expected):
    assert rewards.matpo(*parts, empty="zero") == close(expected)


@pytest.mark.parametrize(
    ("empty", "expected"), [("zero", 0.025), ("one", 0.075), ("planner", 0.05)]
)
def test_a_rollout_without_workers_is_paid_for_their_format_as_the_option_says(empty, expected):
    assert rewards.matpo(0, 0.5, (), empty=empty) == close(expected)


def test_m2_option_pays_the_planners_format_for_the_workers():
    assert rewards.matpo(0, 1, (), empty="planner") == close(0.1)


def test_an_unknown_option_is_refused():
    with pytest.raises(SettingError, match="empty_workers = 'two' is not allowed"):
        rewards.matpo(0, 1, (), empty="two")


def test_a_single_agent_is_paid_for_its_own_format():
    assert rewards.solo(1, 0.5) == close(0.95)
    assert rewards.solo(0, 0.5, weight=0.0) == 0.0


@pytest.mark.parametrize(
    ("parts", "expected"), [((True, 1), 1.0), ((True, 0), 0.1), ((False, 1), 0.0)]
)
def test_s1_main_rewards(parts, expected):
    assert rewards.mgrpo_planner(*parts) == close(expected)


@pytest.mark.parametrize(
    ("parts", "expected"), [((True, 1, 0.6), 0.8), ((True, 0, 1), 0.6), ((False, 1, 1), 0.0)]
)
def test_s1_worker_rewards(parts, expected):
    assert rewards.mgrpo_worker(*parts) == close(expected)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [((True, 0.0), 0.1), ((True, 0.1), 0.1), ((True, 1.0), 1.0), ((False, 1.0), 0.0)],
)
def test_s1_worker_rewards_of_the_released_code(parts, expected):
    assert rewards.mrlx_worker(*parts) == expected


def test_without_a_format_weight_neither_share_nor_gate_is_left():
    assert rewards.mgrpo_planner(False, 1, weight=0.0) == 1.0
    assert rewards.mgrpo_worker(False, 0, 0.9, weight=0.0) == close(0.5)


@pytest.mark.parametrize(
    ("length", "expected"),
    [(16_384, 0.0), (16_385, -1 / 4096), (18_432, -0.5), (20_480, -1.0), (99_999, -1.0)],
)
def test_the_soft_fine_of_dapo(length, expected):
    assert rewards.overlong(length, 20_480, 4_096) == close(expected)


@pytest.mark.parametrize("buffer", [0, 11])
def test_a_fine_that_begins_nowhere_is_refused(buffer):
    with pytest.raises(SettingError, match=r"buffer = \d+ is not allowed"):
        rewards.overlong(5, 10, buffer)


def test_a_team_is_paid_one_number(played, config):
    rollout, task = played(*TEAM, game="team", workers=2)
    found = check(scored(rollout, task, config()))
    assert found.acc == 1.0
    assert rewards_of(found) == close([0.9 + 0.1 * (0.5 + 0.5 * (1 + 2 / 3) / 2)] * 3)


def test_formats_are_those_of_the_frames(played, config):
    rollout, task = played(*TEAM, game="team", workers=2)
    found = scored(rollout, task, config())
    assert [one.components["format"] for one in found.trajectories] == close([1, 1, 2 / 3])
    assert [one.format_ok for one in found.trajectories] == [True, True, False]


@pytest.mark.parametrize(
    ("reward", "paid"), [("matpo", [0.95 + 0.05 * 0.75] * 2), ("webdancer", [0.95, 1.0])]
)
def test_two_frames_of_one_player_are_told_apart(played, config, reward, paid):
    rollout, task = played(
        say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"}))),
        "no call at all",
        say("report", text="a"),
        say("report", text="b"),
        say("answer", text="Tarn"),
        game="team",
        workers=1,
    )
    found = scored(rollout, task, config(reward=reward))
    assert [one.components["format"] for one in found.workers] == close([1 / 2, 1])
    assert rewards_of(found)[1:] == close(paid)


@pytest.mark.parametrize(
    ("game", "messages"),
    [("solo", SOLO), ("team", TEAM), ("team", CLEAN), ("team", WRONG)],
    ids=["solo", "team", "clean", "wrong"],
)
def test_matpo_pays_what_the_environments_preset_pays(played, config, game, messages):
    settings = {"game": game, "reward": "matpo", **({"workers": 2} if game == "team" else {})}
    rollout, task = played(*messages, **settings)
    found = scored(rollout, task, config(game=game))
    assert found.planner.reward == close(next(iter(rollout.episode.rewards.values())))


@pytest.mark.parametrize(
    ("game", "name"),
    [("solo", name) for name in PRESETS] + [("team", name) for name in PRESETS if name != "matpo"],
)
def test_the_root_is_paid_what_every_preset_of_the_environment_pays(played, config, game, name):
    messages = SOLO if game == "solo" else CLEAN
    settings = {"game": game, "reward": name, **({"workers": 2} if game == "team" else {})}
    rollout, task = played(*messages, **settings)
    found = scored(rollout, task, config(game=game, reward=name))
    assert found.planner.reward == close(next(iter(rollout.episode.rewards.values())))


def test_a_preset_pays_a_worker_for_its_own_frame(played, config):
    rollout, task = played(*TEAM, game="team", workers=2)
    found = scored(rollout, task, config(reward="webdancer"))
    assert rewards_of(found)[1:] == close([1.0, 0.9 + 0.1 * 2 / 3])


def test_mgrpo_pays_each_by_its_own(played, config):
    """The first worker opened one page of three and told no answer: its expert is 1/6."""
    rollout, task = played(*TEAM, game="team", workers=2)
    found = scored(rollout, task, config(reward="mgrpo"))
    assert rewards_of(found) == close([1.0, 0.1 + 0.4 + 0.5 / 6, 0.0])


def test_workers_of_a_planner_with_a_broken_format_are_not_paid_for_its_answer(played, config):
    rollout, task = played("what?", *CLEAN, game="team", workers=2)
    found = scored(rollout, task, config(reward="mgrpo"))
    assert found.acc == 1.0
    assert rewards_of(found)[:2] == close([0.0, 0.1 + 0.5 / 6])


def test_the_queue_pays_workers_as_the_released_code_does(played, config):
    setting = config(reward="mgrpo", alignment="fifo")
    paid = [
        rewards_of(scored(*played(*messages, game="team", workers=2), setting))
        for messages in (TEAM, WRONG)
    ]
    assert paid == [[1.0, 1.0, 0.0], close([0.1, 0.1, 0.1])]


def test_a_frame_that_a_limit_ended_has_no_right_format(played, config):
    search = say("search", query="river")
    rollout, task = played(search, search, game="solo", turns=1)
    found = scored(rollout, task, config(game="solo", reward="mgrpo"))
    assert found.planner.components["format"] == 1.0
    assert (found.planner.format_ok, found.planner.reward) == (False, 0.0)


def test_messages_that_nobody_sampled_count_nowhere(played, config):
    rollout, task = played(say("search", query="river"), "", game="solo", turns=1)
    silent = msgspec.structs.replace(
        rollout, planner=msgspec.structs.replace(rollout.planner, turns=1)
    )
    formats = [
        scored(one, task, config(game="solo")).planner.components["format"]
        for one in (rollout, silent)
    ]
    assert formats == [0.5, 1.0]


def long_worker(rollout, task):
    """The same with 11 tokens in the first worker's context."""
    long = msgspec.structs.replace(rollout.workers[0], token_ids=(0,) * 11)
    return msgspec.structs.replace(rollout, workers=(long, rollout.workers[1])), task


def test_a_soft_fine_is_taken_off_the_reward_of_the_whole_rollout(played, config):
    rollout, task = long_worker(*played(*CLEAN, game="team", workers=2))
    plain = scored(rollout, task, config(context=12))
    fined = scored(rollout, task, config(overlong="soft", context=12))
    assert rewards_of(fined) == close([reward - 0.5 for reward in rewards_of(plain)])
    assert fined.planner.components["overlong"] == -0.5


def test_a_soft_fine_is_ones_own_where_rewards_are(played, config):
    rollout, task = long_worker(*played(*CLEAN, game="team", workers=2))
    setting = {"reward": "mgrpo", "context": 12}
    plain = rewards_of(scored(rollout, task, config(**setting)))
    fined = rewards_of(scored(rollout, task, config(overlong="soft", **setting)))
    assert fined == close([plain[0], plain[1] - 0.5, plain[2]])


def test_what_the_infrastructure_broke_has_no_reward(played, config):
    rollout, task = played(*TEAM, game="team", workers=2)
    broken = msgspec.structs.replace(rollout, status="infra_error", episode=None)
    assert scored(broken, task, config()) is broken


def test_an_episode_that_is_not_valid_makes_an_infrastructure_error(played, config):
    rollout, task = played(*TEAM, game="team", workers=2)
    episode = msgspec.structs.replace(rollout.episode, valid=False, end="aborted")
    found = scored(msgspec.structs.replace(rollout, episode=episode), task, config())
    assert (found.status, *rewards_of(found)) == ("infra_error", None, None, None)


def test_a_broken_worker_is_not_paid_and_does_not_count(played, config):
    rollout, task = played(*TEAM, game="team", workers=2)
    broken = msgspec.structs.replace(rollout.workers[1], finish="infra_error")
    found = scored(
        msgspec.structs.replace(rollout, workers=(rollout.workers[0], broken)), task, config()
    )
    assert rewards_of(found) == [close(1.0), close(1.0), None]


def test_a_rollout_without_its_episode_is_refused(rollout, config):
    with pytest.raises(SettingError, match=r"rollout\.episode = None is not allowed"):
        scored(rollout(1.0), None, config())


def test_a_frame_that_was_not_played_is_refused(played, config):
    rollout, task = played(*SOLO, game="solo")
    lost = msgspec.structs.replace(rollout.planner, frame=7)
    with pytest.raises(SettingError, match=r"frame of trajectory .* = 7 is not allowed"):
        scored(msgspec.structs.replace(rollout, planner=lost), task, config(game="solo"))


def test_an_unknown_reward_is_refused_with_the_nearest(played, config):
    rollout, task = played(*SOLO, game="solo")
    with pytest.raises(UnknownNameError, match="Did you mean 'webdancer'"):
        scored(rollout, task, config(reward="webdancr"))
