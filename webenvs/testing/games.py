"""The checks of PettingZoo environments, turn by turn and round by round."""

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pettingzoo.test import (
    api_test,
    parallel_api_test,
    parallel_seed_test,
    render_test,
    seed_test,
)

from webenvs import catalog
from webenvs.envs.parallel import ParallelTeamEnv
from webenvs.envs.team import TeamEnv
from webenvs.players.lineup import Lineup
from webenvs.seeding import canonical_json
from webenvs.testing.promises import (
    promise,
    promise_equal,
    promise_json,
    quietly,
    untouched_chance,
)

# PettingZoo advises numeric observations and actions; text is what these environments are for.
ADVICE: tuple[str, ...] = (
    "Observation is not a NumPy array",
    "Observation space for each agent probably should be gymnasium.spaces.box or "
    "gymnasium.spaces.discrete",
    "Action space for each agent probably should be gymnasium.spaces.box or "
    "gymnasium.spaces.discrete",
)
"""The warnings of PettingZoo's tests that do not apply to text; every other one is an error."""

_CYCLES = 200


def check_aec(make: Callable[..., Any], *, seeds: Sequence[int] = (0, 1, 2)) -> None:
    """Check a PettingZoo AEC environment of text, made anew by every call of `make`.

    `make` takes `render_mode`. PettingZoo's api_test, seed_test and render_test pass, with warnings
    as errors but for `ADVICE`. Observations are in their spaces, infos write to JSON, the same
    seed and messages give the same steps after other episodes, and the global random state stays.
    """
    with _strict(), untouched_chance("An AEC environment"):
        quietly(lambda: api_test(make(), num_cycles=_CYCLES), "PettingZoo's api_test must pass")
        quietly(lambda: seed_test(make, num_cycles=_CYCLES), "PettingZoo's seed_test must pass")
        quietly(lambda: render_test(make), "PettingZoo's render_test must pass")
        env = make()
        first = [_aec_rollout(env, seed) for seed in seeds]
        again = [_aec_rollout(env, seed) for seed in reversed(seeds)][::-1]
        promise_equal(first, again, "Seed and messages alone must fix an episode")
        promise_equal(_aec_rollout(make(), seeds[0]), first[0], "Two instances must agree")


def check_parallel(make: Callable[..., Any], *, seeds: Sequence[int] = (0, 1, 2)) -> None:
    """Check a PettingZoo Parallel environment of text, made anew by every call of `make`.

    As `check_aec`, with parallel_api_test and parallel_seed_test.
    """
    with _strict(), untouched_chance("A Parallel environment"):
        quietly(
            lambda: parallel_api_test(make(), num_cycles=_CYCLES),
            "PettingZoo's parallel_api_test must pass",
        )
        quietly(
            lambda: parallel_seed_test(make, num_cycles=_CYCLES),
            "PettingZoo's parallel_seed_test must pass",
        )
        env = make()
        first = [_parallel_rollout(env, seed) for seed in seeds]
        again = [_parallel_rollout(env, seed) for seed in reversed(seeds)][::-1]
        promise_equal(first, again, "Seed and messages alone must fix an episode")
        promise_equal(_parallel_rollout(make(), seeds[0]), first[0], "Two instances must agree")


def check_faces_agree(
    aec: TeamEnv, parallel: ParallelTeamEnv, *, players: Any = "random", seeds: Sequence[int]
) -> None:
    """Check that the same players play the same episodes on both PettingZoo faces of a game.

    Episodes are equal as records, turn for turn, and so are the rewards paid to every agent.
    """
    for seed in seeds:
        paid_aec = _play_aec(aec, catalog.lineup(players), seed)
        paid_parallel = _play_parallel(parallel, catalog.lineup(players), seed)
        one, other = aec.episode(), parallel.episode()
        for left, right in zip(one.turns, other.turns, strict=False):
            promise_equal(left, right, f"Seed {seed}: AEC and Parallel must agree turn for turn")
        promise_equal(one, other, f"Seed {seed}: AEC and Parallel must give the same episode")
        promise_equal(paid_aec, paid_parallel, f"Seed {seed}: both must pay the same rewards")


@contextmanager
def _strict() -> Iterator[None]:
    """Warnings are errors, except PettingZoo's advice; what its tests print is dropped."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        for line in ADVICE:
            warnings.filterwarnings("ignore", message=f"^{line}$")
        yield


def _aec_rollout(env: Any, seed: int) -> list[bytes]:
    env.reset(seed=seed)
    for place, agent in enumerate(env.agents):
        env.action_space(agent).seed(seed + place)
    taken: list[bytes] = []
    for agent in env.agent_iter(_CYCLES):
        observation, reward, terminated, truncated, info = env.last()
        _check_seen(env, agent, observation, info)
        taken.append(canonical_json([agent, observation, reward, terminated, truncated, info]))
        env.step(None if terminated or truncated else env.action_space(agent).sample())
    return taken


def _parallel_rollout(env: Any, seed: int) -> list[bytes]:
    observations, infos = env.reset(seed=seed)
    for place, agent in enumerate(env.agents):
        env.action_space(agent).seed(seed + place)
    taken = [canonical_json([observations, infos])]
    while env.agents and len(taken) < _CYCLES:
        step = env.step({agent: env.action_space(agent).sample() for agent in env.agents})
        for agent, observation in step[0].items():
            _check_seen(env, agent, observation, step[4][agent])
        taken.append(canonical_json(step))
    return taken


def _check_seen(env: Any, agent: str, observation: Any, info: Mapping[str, Any]) -> None:
    inside = env.observation_space(agent).contains(observation)
    promise(inside, f"What {agent} sees is not in its observation space: {observation!r:.300}")
    promise_json(info, f"The info of {agent}")


def _play_aec(env: TeamEnv, lineup: Lineup, seed: int) -> dict[str, float]:
    env.reset(seed=seed)
    players = lineup.sit(env.possible_agents, env.session.task, seed)
    paid = dict.fromkeys(env.possible_agents, 0.0)
    for agent in env.agent_iter():
        observation, reward, terminated, truncated, info = env.last()
        paid[agent] += reward
        env.step(None if terminated or truncated else players[agent](observation, info))
    return paid


def _play_parallel(env: ParallelTeamEnv, lineup: Lineup, seed: int) -> dict[str, float]:
    observations, infos = env.reset(seed=seed)
    players = lineup.sit(env.possible_agents, env.session.task, seed)
    paid = dict.fromkeys(env.possible_agents, 0.0)
    while env.agents:
        actions = {
            agent: players[agent](seen, infos[agent]) if seen["live"] else ""
            for agent, seen in observations.items()
        }
        observations, rewards, _, _, infos = env.step(actions)
        for agent, reward in rewards.items():
            paid[agent] += reward
    return paid
