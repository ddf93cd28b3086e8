"""Prints the fingerprints of episodes of every id as JSON: python fingerprints.py ORDER.

ORDER says how the episodes are run, which must not matter: one after another, in turns, in threads,
or backwards.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import webenvs
from webenvs.catalog import ROWS
from webenvs.envs.session import Session

GAMES = {
    "alone": {"noise": "mild"},
    "team": {"noise": "mild", "dense": True, "reward": "matpo"},
}
SEEDS = range(2)


def jobs():
    return [(name, game, seed) for name in ROWS for game in GAMES for seed in SEEDS]


def turns(job):
    """Play an episode, pausing before every message; returns its fingerprint at the end."""
    name, game, seed = job
    table = {"game": ROWS[name].team} if game == "team" else {}
    scenario = webenvs.scenario(name, **GAMES[game], **table)
    session = Session(scenario, scenario.tasks.draw(seed, scenario.split), seed)
    players = webenvs.lineup("random").sit(scenario.players, session.task, seed)
    while session.to_act:
        yield
        player = session.to_act[0]
        session.act(players[player](session.observe(player), session.info(player)))
    return session.episode().fingerprint


def finish(running):
    while True:
        try:
            next(running)
        except StopIteration as end:
            return end.value


def in_turns(all_jobs):
    running = {job: turns(job) for job in all_jobs}
    found = {}
    while running:
        for job in list(running):
            try:
                next(running[job])
            except StopIteration as end:
                found[job] = end.value
                del running[job]
    return found


def run(order):
    todo = jobs()
    if order == "turns":
        found = in_turns(todo)
    elif order == "threads":
        with ThreadPoolExecutor(max_workers=4) as threads:
            found = dict(zip(todo, threads.map(lambda job: finish(turns(job)), todo), strict=True))
    else:
        found = {job: finish(turns(job)) for job in (todo[::-1] if order == "backwards" else todo)}
    return {" ".join(map(str, job)): found[job] for job in todo}


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1])))
