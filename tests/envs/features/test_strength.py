"""What a policy written by hand reaches over the features: enough for a learner to find."""

import pytest

from baselines.ppo.by_hand import greedy


def solved(env, episodes):
    total = 0
    for seed in range(episodes):
        row, info = env.reset(seed=seed, options={"split": "train"})
        earned, over = 0.0, False
        while not over:
            action = greedy(row, info["action_mask"])
            row, reward, terminated, truncated, info = env.step(action)
            earned, over = earned + reward, terminated or truncated
        total += earned >= 1.0
    return total / episodes


@pytest.mark.parametrize(
    ("name", "level", "least"),
    [
        ("Lookup-v0", "easy", 0.8),
        ("MultiHop-v0", "easy", 0.4),
        ("SetQuery-v0", "easy", 0.4),
        ("WebWalk-v0", "easy", 0.4),
    ],
)
def test_the_first_slots_solve_much_of_an_id(name, level, least, make):
    assert solved(make(name, level=level), 40) >= least


def test_a_team_of_one_policy_solves_lookups(games):
    game = games("aec", "Lookup-v0", level="easy", mask="info")
    total = 0
    for seed in range(20):
        game.reset(seed=seed, options={"split": "train"})
        for _ in game.agent_iter():
            row, reward, terminated, truncated, info = game.last()
            done = terminated or truncated
            game.step(None if done else greedy(row, info["action_mask"]))
            total += reward >= 1.0
    assert total >= 16


def test_retries_and_other_slots_keep_noise_from_ruling(make):
    assert solved(make("Lookup-v0", level="easy", noise="moderate"), 40) >= 0.6
