"""The check of a Gymnasium environment whose actions are messages."""

import contextlib
import io
import pickle
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium as gym
from gymnasium.utils.env_checker import check_env, data_equivalence

from webenvs.testing.promises import (
    HARD_TEXTS,
    promise,
    promise_json,
    quietly,
    untouched_chance,
)

Make = Callable[[], "gym.Env[Any, Any]"]
Step = tuple[Any, ...]

_STEPS = 30
_LONG_BEFORE = 3


def check_environment(make: Make, *, seeds: Sequence[int] = (0, 1, 2)) -> None:
    """Check a Gymnasium environment of text, made anew by every call of `make`.

    Gymnasium's own `check_env` passes with warnings as errors. Observations are in their space,
    rewards are floats, ends are bools, infos write to JSON. Two instances given the same seed and
    messages agree to the last character, also when they take turns, and after other episodes.
    An instance that is pickled between two messages goes on alike. No text raises. The global
    random state stays as it was.
    """
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        quietly(lambda: _check_env(make().unwrapped), "gymnasium's check_env must pass")
    with untouched_chance("Making, resetting or stepping an environment"):
        one, other = make(), make()
        for seed in seeds:
            first = rollout(one, seed)
            _check_types(one, first)
            _same(first, rollout(make(), seed), "Seed and messages alone must fix an episode")
        _same(rollout(one, seeds[0]), rollout(other, seeds[0]), "reset must forget old episodes")
        _check_turns(make, seeds[0])
        _check_pickling(make, seeds[0])
        _check_hard_texts(make(), seeds[0])


def rollout(env: "gym.Env[Any, Any]", seed: int, steps: int = _STEPS) -> list[Step]:
    """What reset and at most `steps` steps with sampled messages returned."""
    env.action_space.seed(seed)
    taken: list[Step] = [env.reset(seed=seed)]
    while len(taken) <= steps and not _over(taken[-1]):
        taken.append(env.step(env.action_space.sample()))
    return taken


def _check_env(env: "gym.Env[Any, Any]") -> None:
    # Without a spec there is nothing to make the environment again in its other render modes.
    check_env(env, skip_render_check=env.spec is None)


def _over(step: Step) -> bool:
    return len(step) == 5 and bool(step[2] or step[3])


def _same(one: Sequence[Step], other: Sequence[Step], what: str) -> None:
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        equal = data_equivalence(left, right, exact=True)
        promise(equal, f"{what}: step {place} returned {left!r:.300} and {right!r:.300}")
    promise(len(one) == len(other), f"{what}: {len(one) - 1} and {len(other) - 1} steps")


def _check_types(env: "gym.Env[Any, Any]", taken: Sequence[Step]) -> None:
    for place, step in enumerate(taken):
        observation, info = step[0], step[-1]
        inside = env.observation_space.contains(observation)
        promise(
            inside, f"The observation of step {place} is not in its space: {observation!r:.300}"
        )
        promise_json(info, f"The info of step {place}")
        if place:
            promise(type(step[1]) is float, f"The reward of step {place} must be a float")
            bools = type(step[2]) is bool and type(step[3]) is bool
            promise(bools, f"terminated and truncated of step {place} must be bools")
            promise(not (step[2] and step[3]), f"Step {place} both terminates and truncates")


def _check_turns(make: Make, seed: int) -> None:
    """Two environments that step in turns do as they do alone."""
    one, other = make(), make()
    alone = [rollout(one, seed), rollout(other, seed + 1)]
    streams = [_stream(one, seed), _stream(other, seed + 1)]
    together: list[list[Step]] = [[], []]
    while streams[0] or streams[1]:
        for place, stream in enumerate(streams):
            if stream:
                together[place].append(stream.pop(0)())
                if _over(together[place][-1]):
                    stream.clear()
    for one_alone, mixed in zip(alone, together, strict=True):
        _same(one_alone, mixed, "Environments that take turns must not disturb each other")


def _stream(env: "gym.Env[Any, Any]", seed: int) -> list[Callable[[], Step]]:
    """The calls of a rollout, one by one."""

    def start() -> Step:
        env.action_space.seed(seed)
        return env.reset(seed=seed)

    return [start, *[lambda: env.step(env.action_space.sample())] * _STEPS]


def _check_pickling(make: Make, seed: int) -> None:
    env = make()
    for steps in range(_LONG_BEFORE):
        taken = rollout(env, seed, steps)
        if _over(taken[-1]):
            return
        copy = quietly(lambda: pickle.loads(pickle.dumps(env)), "An environment must pickle")
        for _ in range(_STEPS):
            message = env.action_space.sample()
            here, there = env.step(message), copy.step(message)
            _same([here], [there], f"A copy pickled after {steps} steps must go on alike")
            if _over(here):
                break


def _check_hard_texts(env: "gym.Env[Any, Any]", seed: int) -> None:
    env.reset(seed=seed)
    for text in HARD_TEXTS:
        step = quietly(lambda t=text: env.step(t), f"No text may raise, also not {text[:40]!r}")  # type: ignore[misc]  # binds the text
        inside = env.observation_space.contains(step[0])
        promise(inside, f"The answer to {text[:40]!r} is not in the observation space")
        promise_json(step[4], f"The info after {text[:40]!r}")
        if _over(step):
            env.reset(seed=seed)
