"""Prints what saving, restoring and forking a 20-turn episode costs, beside deepcopy and pickle."""

import argparse
import copy
import json
import pickle
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import webenvs
from webenvs import catalog
from webenvs.envs.session import Session
from webenvs.players.message import say

GUIDE = """\
what is measured
  Episode   20 messages on MultiHop-v0 (solo; in a team the planner's and its workers' together),
            pages of 3,000 characters and searches in turns, noise "mild".
  Columns   medians in microseconds of one call, on one core: snapshot(), restore() of that
            snapshot, fork(); json is json.dumps of the snapshot (not part of the goal).
  Beside    copy.deepcopy of the whole environment, and pickle.dumps and pickle.loads of its state.
  Size      bytes of the snapshot as JSON; of the state without a table of texts; of the pickle.
  Goal      snapshot, restore and fork each under 1,000 us.
"""

TURNS = 20
SEED = 3
SETTINGS = {"turns": 60, "planner_turns": 30, "noise": "mild"}


class Figures(NamedTuple):
    """Medians in microseconds, and sizes in bytes."""

    snapshot: float
    restore: float
    fork: float
    json: float
    deepcopy: float
    pickle: float
    bytes_json: int
    bytes_plain: int
    bytes_pickle: int


def message(session: Session, number: int) -> Any:
    """The message of the player whose turn it is."""
    role = session.scenario.role_of(session.to_act[0])
    if role == "planner":
        return say("delegate", task=f"Look into part {number} of it")
    urls = session.scenario.web.corpus
    if number % 2:
        return say("fetch", url=urls.url((number * 37) % len(urls)))
    return say("search", query=f"{session.task.question.split()[number % 7]} river {number}")


def played(env: Any) -> Any:
    """The environment after 20 messages."""
    env.reset(seed=SEED)
    number = 0
    while number < TURNS:
        session = env.session
        said = message(session, number)
        rounds = isinstance(env, catalog_parallel())
        env.step(dict.fromkeys(session.to_act, said) if rounds else said)
        number = len(session.state.turns)
    return env


def catalog_parallel() -> type:
    """The class of parallel environments."""
    from webenvs.envs.parallel import ParallelTeamEnv

    return ParallelTeamEnv


def vector() -> Any:
    """A vector environment of one part, so that its row compares with the others."""
    envs = catalog.vector_env(env="MultiHop-v0", num_envs=1, **SETTINGS)
    envs.reset(seed=SEED)
    for number in range(TURNS):
        envs.step((message(envs.envs[0].session, number),))
    return envs


def faces() -> dict[str, Any]:
    """Every environment form after 20 turns."""
    seat = catalog.gym_env(env="MultiHop-v0", **SETTINGS)
    return {
        "Session": played(seat).session,
        "SeatEnv": seat,
        "TeamEnv (AEC)": played(webenvs.aec("MultiHop-v0", **SETTINGS)),
        "ParallelTeamEnv": played(webenvs.parallel("MultiHop-v0", **SETTINGS)),
        "TextVectorEnv, 1 part": vector(),
    }


def median(call: Callable[[], Any], repeats: int) -> float:
    """The median time of a call in microseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def figures(env: Any, repeats: int) -> Figures:
    """What is measured of one environment."""
    import msgspec

    saved = env.snapshot()
    state = env.state if isinstance(env, Session) else sessions(env)[0].state
    pickled = pickle.dumps(state)
    return Figures(
        snapshot=median(env.snapshot, repeats),
        restore=median(lambda: env.restore(saved), repeats),
        fork=median(env.fork, repeats),
        json=median(lambda: json.dumps(saved), repeats),
        deepcopy=median(lambda: copy.deepcopy(env), max(1, repeats // 5)),
        pickle=median(lambda: pickle.loads(pickle.dumps(state)), repeats),
        bytes_json=len(json.dumps(saved)),
        bytes_plain=len(json.dumps(msgspec.to_builtins(state))),
        bytes_pickle=len(pickled),
    )


def sessions(env: Any) -> list[Session]:
    """The running episodes of an environment."""
    return [part.session for part in getattr(env, "envs", [env])]


def main(argv: Sequence[str] | None = None) -> None:
    """Measure every form and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=GUIDE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=300, help="calls a median (default: 300)")
    repeats = parser.parse_args(argv).repeats
    names = [name.replace("_", " ") for name in Figures._fields]
    print(f"{'':24}" + "".join(f"{name:>13}" for name in names))
    for name, env in faces().items():
        found = figures(env, repeats)
        print(f"{name:24}" + "".join(f"{value:13,.0f}" for value in found))


if __name__ == "__main__":
    main()
