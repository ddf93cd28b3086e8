"""The features view plays the episodes of the text view, and sees nothing of the gold."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_match import check_environments_match
from msgspec.structs import replace

import webenvs
from webenvs import catalog
from webenvs.catalog import ROWS
from webenvs.envs.features.slots import SPANS
from webenvs.tasks.taskset import TaskSet

every_id = pytest.mark.parametrize("name", ROWS)
SETTINGS = {
    "plain": {},
    "noisy": {"noise": "severe", "dense": True, "reward": "webexplorer"},
    "xml": {"codec": "xml"},
    "react": {"codec": "react"},
    "struct": {"codec": "struct"},
}
every_setting = pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)


def call(env, action):
    """The message of a slot as its player would send it."""
    made = env.candidates()[action]
    return "" if made is None else {"calls": [{"name": made[0], "arguments": made[1]}]}


@every_id
@every_setting
def test_the_same_calls_in_the_text_view_earn_the_same(name, settings, make, masked):
    numbers = make(name, **settings)
    text = gym.make(f"webenvs:webenvs/{name}", **settings).unwrapped
    text.reset(seed=3)
    told = []
    for _, _, action in masked(numbers, 3):
        told.append(text.step(call(numbers, action))[1:4])
    assert text.episode() == numbers.episode()
    assert numbers.episode().fingerprint
    assert told[-1][1] or told[-1][2]


@every_id
def test_what_a_step_returns_is_what_the_text_view_returns(name, make, masked):
    numbers = make(name, noise="moderate", dense=True)
    text = gym.make(f"webenvs:webenvs/{name}", noise="moderate", dense=True).unwrapped
    info = text.reset(seed=5)[1]
    for _, seen, action in masked(numbers, 5):
        assert {key: value for key, value in seen.items() if key != "action_mask"} == info
        *_, info = text.step(call(numbers, action))


@every_id
def test_teams_play_the_same_episodes_as_in_text(name, games, masked_game):
    numbers = games("aec", name, workers=2, noise="mild")
    text = webenvs.aec(name, workers=2, noise="mild")
    paid = masked_game(numbers, 4)
    text.reset(seed=4)
    earned = dict.fromkeys(text.possible_agents, 0.0)
    turns = iter(numbers.episode().turns)
    for agent in text.agent_iter():
        _, reward, terminated, truncated, _ = text.last()
        earned[agent] += reward
        text.step(None if terminated or truncated else next(turns).message)
    assert text.episode().fingerprint == numbers.episode().fingerprint
    assert earned == paid


def swapped(task, corpus):
    """The task with another gold: all that a player asks is as it was."""
    return replace(
        task,
        id="",
        answers=("something else",),
        answer_type="text",
        aliases={},
        evidence=((corpus.url(0),),),
        hops=(),
        difficulty={},
    )


@pytest.mark.parametrize("seed", range(4))
@every_id
def test_nothing_that_is_seen_depends_on_the_gold(name, seed, make, masked):
    known = catalog.scenario(name)
    task = known.tasks.draw(seed, known.split)
    both = []
    for one in (task, swapped(task, known.web.corpus)):
        env = make(name, tasks=TaskSet([one], "one"), corpus=known.web.corpus, split=task.split)
        seen = list(masked(env, seed))
        both.append([(row.tolist(), info["action_mask"].tolist(), a) for row, info, a in seen])
    assert both[0] == both[1]


@pytest.mark.parametrize("seed", range(2))
@every_id
def test_teams_see_nothing_of_the_gold(name, seed, games, masked_game):
    known = catalog.scenario(name)
    task = known.tasks.draw(seed, known.split)
    both = []
    for one in (task, swapped(task, known.web.corpus)):
        parts = {"tasks": TaskSet([one], "one"), "corpus": known.web.corpus, "split": task.split}
        game = games("aec", name, workers=2, mask="info", **parts)
        seen = []
        masked_game(game, seed, seen)
        both.append(
            [(who, row.tolist(), info["action_mask"].tolist(), a) for who, row, info, a in seen]
        )
    assert both[0] == both[1]


@pytest.mark.parametrize(
    ("seat", "others"),
    [("planner", "worker=first-hit"), ("worker_0", "planner=scripted,worker=first-hit")],
    ids=["planner", "worker"],
)
@every_id
def test_a_seat_among_others_sees_nothing_of_the_gold(name, seat, others, make, masked):
    known = catalog.scenario(name)
    task = known.tasks.draw(0, known.split)
    both = []
    for one in (task, swapped(task, known.web.corpus)):
        parts = {"tasks": TaskSet([one], "one"), "corpus": known.web.corpus, "split": task.split}
        env = make(name, game="team", workers=2, seat=seat, players=others, **parts)
        seen = list(masked(env, 0))
        both.append([(row.tolist(), info["action_mask"].tolist(), a) for row, info, a in seen])
    assert both[0] == both[1]
    assert len(both[0]) > 0


@every_id
def test_both_views_match_but_for_what_is_seen(name, make):
    """Gymnasium's own check, with messages for the slots of one and the texts of the other."""

    class Slots(gym.Wrapper):
        """The features view under the spaces of the text view: always gives up."""

        def __init__(self, env):
            super().__init__(env)
            self.action_space = text.action_space
            self.observation_space = text.observation_space

        def step(self, action):
            return self.env.step(SPANS["give_up"][0])

    class Texts(gym.Wrapper):
        """The text view, in which every message gives up."""

        def step(self, action):
            closing = {"calls": [{"name": self.closing, "arguments": {"text": ""}}]}
            return self.env.step(closing)

        @property
        def closing(self):
            return self.env.unwrapped.scenario.game.roles[0].closing.name

    text = gym.make(f"webenvs:webenvs/{name}").unwrapped
    check_environments_match(
        Slots(make(name)),
        Texts(text),
        num_steps=12,
        seed=0,
        skip_obs=True,
        info_comparison="skip",
    )


def test_a_masked_slot_counts_as_a_message_without_a_call(make):
    env = make("MultiHop-v0", invalid=2)
    _, info = env.reset(seed=0)
    slot = int(np.flatnonzero(info["action_mask"] == 0)[0])
    info = env.step(slot)[4]
    assert info["budget"]["invalid"] == 1
    assert env.episode().turns[0].calls == ()
