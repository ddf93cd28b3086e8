"""Prints the fingerprints of episodes as JSON: python fingerprints.py ORDER.

An episode of every id, alone and in a team, under every noise preset. ORDER says how they are run,
which must not matter: one after another, in turns, in threads, backwards, or each saved as JSON
before every message and gone on with in a new session.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import webenvs
from webenvs.catalog import ROWS
from webenvs.envs.session import Session
from webenvs.noise.presets import PRESETS

GAMES = {"alone": {}, "team": {"dense": True, "reward": "matpo"}}
SEEDS = (3,)
MILD_SEEDS = (0, 1, 3)
"""Seeds of the preset "mild", whose episodes are played more than once."""


def jobs():
    return [
        (name, game, preset, seed)
        for name in ROWS
        for game in GAMES
        for preset in PRESETS
        for seed in (MILD_SEEDS if preset == "mild" else SEEDS)
    ]


def scenario_of(name, game, preset):
    table = {"game": ROWS[name].team} if game == "team" else {}
    return webenvs.scenario(name, noise=preset, turns=6, **GAMES[game], **table)


def turns(job, *, saved=False):
    """Play an episode, pausing before every message; returns its fingerprint at the end."""
    name, game, preset, seed = job
    scenario = scenario_of(name, game, preset)
    session = Session(scenario, scenario.tasks.draw(seed, scenario.split), seed)
    players = webenvs.lineup("random").sit(scenario.players, session.task, seed)
    while session.to_act:
        yield
        if saved:
            data = json.loads(json.dumps(session.snapshot(), sort_keys=True))
            session = Session(scenario, scenario.tasks.draw(seed + 1, scenario.split), seed + 1)
            session.restore(data)
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


def in_threads(all_jobs):
    with ThreadPoolExecutor(max_workers=4) as threads:
        found = threads.map(lambda job: finish(turns(job)), all_jobs)
        return dict(zip(all_jobs, found, strict=True))


def run(order):
    todo = jobs()
    if order == "turns":
        found = in_turns(todo)
    elif order == "threads":
        found = in_threads(todo)
    else:
        ordered = todo[::-1] if order == "backwards" else todo
        found = {job: finish(turns(job, saved=order == "saved")) for job in ordered}
    return {" ".join(map(str, job)): found[job] for job in todo}


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1])))
