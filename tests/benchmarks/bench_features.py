"""Prints what the features view costs beside the text view, and what its slots are worth."""

import argparse
import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from stopwatch import Row, Sample, Stopwatch, measure

from baselines.ppo.by_hand import greedy
from webenvs.envs.features.slots import SPANS
from webenvs.text import one_line

GUIDE = """\
what is measured
  Speed     environment steps per CPU-second, resets included, on the tiny web. The features view
            plays legal slots drawn at random on 150 tasks; the text view plays the same messages
            again. Tasks are made before the clock runs. The rows take turns; figures are medians of
            the rounds. On a shared machine trust the ratio.
  Strength  episodes played by a policy written by hand over a dozen of the
            numbers (baselines/ppo/by_hand.py): how many it solves, and in how many the answer was
            the first, among the first five, or any of the answer slots when it closed; how many had
            opened all pages of the evidence, and in how many of those the answer was in a slot.
"""
TASKS = 150
SPEED = ("Lookup-v0", "MultiHop-v0")
STRENGTH = (
    ("Lookup-v0", "easy"),
    ("MultiHop-v0", "easy"),
    ("MultiHop-v0", "medium"),
    ("SetQuery-v0", "easy"),
    ("WebWalk-v0", "easy"),
)


class Worth(NamedTuple):
    """Shares of episodes: solved, and those whose answer stood in the first, five, all slots.

    `opened` had read the evidence; `of_opened` is the share of these whose answer was in a slot.
    """

    solved: float
    first: float
    five: float
    any: float
    opened: float
    of_opened: float
    steps: float


class Played(NamedTuple):
    """An episode: solved, the place of the answer when it closed, evidence read, steps."""

    solved: bool
    rank: int | None
    opened: bool
    steps: int


def made(name: str, **settings: Any) -> Any:
    """A seat of an id."""
    return gym.make(f"webenvs:webenvs/{name}", disable_env_checker=True, **settings).unwrapped


def speed_rows(name: str) -> list[Row]:
    """The features view under random legal slots, and the text view with the same messages."""
    numbers, text = made(name, view="features"), made(name)
    for seed in range(TASKS):
        text.reset(seed=seed)
    recorded = [_messages(numbers, seed) for seed in range(TASKS)]
    return [
        Row(f"{name} features", name, _repeated(lambda seed: _random(numbers, seed))),
        Row(f"{name} text", name, _repeated(lambda seed: _again(text, seed, recorded[seed]))),
    ]


def _repeated(play: Callable[[int], int]) -> Callable[[float], Sample]:
    seeds = iter(range(10**9))

    def episode(_: Stopwatch) -> int:
        return play(next(seeds) % TASKS)

    return lambda seconds: measure(episode, seconds)


def _random(env: Any, seed: int) -> int:
    chance = np.random.default_rng(seed)
    info = env.reset(seed=seed)[1]
    steps, over = 0, False
    while not over:
        *_, terminated, truncated, info = env.step(_drawn(chance, info))
        steps, over = steps + 1, terminated or truncated
    return steps


def _drawn(chance: np.random.Generator, info: dict[str, Any]) -> int:
    return int(chance.choice(np.flatnonzero(info["action_mask"])))


def _messages(env: Any, seed: int) -> list[str]:
    _random(env, seed)
    return [turn.message for turn in env.episode().turns]


def _again(env: Any, seed: int, messages: Sequence[str]) -> int:
    env.reset(seed=seed)
    for message in messages:
        env.step(message)
    return len(messages)


def worth(name: str, level: str, episodes: int, split: str) -> Worth:
    """What the policy written by hand reaches."""
    env = made(name, view="features", level=level, split=split)
    played = [_greedy(env, seed) for seed in range(episodes)]
    opened = [one for one in played if one.opened]
    ranks = [one.rank for one in played if one.rank is not None]
    held = sum([one.rank is not None for one in opened])
    return Worth(
        sum([one.solved for one in played]) / episodes,
        *[sum([rank < most for rank in ranks]) / episodes for most in (1, 5, 99)],
        opened=len(opened) / episodes,
        of_opened=held / max(1, len(opened)),
        steps=sum([one.steps for one in played]) / episodes,
    )


def _greedy(env: Any, seed: int) -> Played:
    row, info = env.reset(seed=seed)
    golds = {one_line(answer).casefold() for answer in env.session.task.answers}
    earned, steps, over, rank = 0.0, 0, False, None
    while not over:
        calls = env.candidates()
        texts = [calls[one][1]["text"].casefold() if calls[one] else "" for one in SPANS["close"]]
        rank = next((place for place, text in enumerate(texts) if text in golds), None)
        row, reward, terminated, truncated, info = env.step(greedy(row, info["action_mask"]))
        earned, steps, over = earned + reward, steps + 1, terminated or truncated
    said = "\n".join([entry["content"] for entry in info["messages"]])
    evidence = env.session.task.evidence
    opened = any(all(f"\n{url} (page " in said for url in urls) for urls in evidence)
    return Played(earned >= 1.0, rank, opened, steps)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=GUIDE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="of a row and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--episodes", type=int, default=100, help="of a row of the strength table")
    parser.add_argument("--split", default="train", help="that its tasks are drawn from")
    given = parser.parse_args(argv)
    print("| id | features, steps per CPU-s | text | ratio |\n|---|---:|---:|---:|")
    for name in SPEED:
        rows = speed_rows(name)
        samples: list[list[float]] = [[] for _ in rows]
        for _ in range(given.rounds):
            for place, row in enumerate(rows):
                sample = row.measure(given.seconds)
                samples[place].append(sample.steps / sample.cpu_s)
        numbers, text = [statistics.median(one) for one in samples]
        print(f"| {name} | {numbers:,.0f} | {text:,.0f} | {numbers / text:.2f} |")
    head = "solved | first slot | first five | any slot | evidence read | of those any slot | steps"
    print(f"\n| id | level | {head} |\n|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, level in STRENGTH:
        found = worth(name, level, given.episodes, given.split)
        shares = " | ".join([f"{100 * share:.0f} %" for share in found[:6]])
        print(f"| {name} | {level} | {shares} | {found.steps:.1f} |")


if __name__ == "__main__":
    main()
