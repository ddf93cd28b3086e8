"""Policies are judged on the tasks and seeds of the benchmark, in the worlds that places name."""

import msgspec
import pytest

from baselines.ppo import evaluate, references, results, worlds
from baselines.ppo.algorithms import RandomSlots, Trained
from baselines.ppo.arms import REFERENCES, SLOTS
from baselines.ppo.gathered import REFERENCE_FILE
from webenvs.errors import UnknownNameError

SOLO = {"game": "solo", "level": "easy"}


def rows(place="held-out", episodes=6, **settings):
    where, chosen = worlds.place(place), SOLO | settings
    return evaluate.rows("slots", RandomSlots(), "Lookup-v0", where, chosen, episodes=episodes)


def asked(played):
    return [(row.task, row.seed, row.repeat) for row in played]


def test_questions_are_those_of_players_by_name():
    where = worlds.place("held-out")
    others = evaluate.reference(["first-hit"], "Lookup-v0", where, SOLO, episodes=6)
    assert asked(rows()) == asked(others)


def test_rows_do_not_hang_on_how_many_games_are_played_at_once(monkeypatch):
    first = Trained(lambda seen, masks: -masks.cumsum(axis=1).astype("float32"))
    where = worlds.place("held-out")
    many = evaluate.rows("slots", first, "Lookup-v0", where, SOLO, episodes=6)
    monkeypatch.setattr(evaluate, "GAMES", 2)
    assert evaluate.rows("slots", first, "Lookup-v0", where, SOLO, episodes=6) == many


def test_a_team_is_played_by_one_policy():
    played = rows(game="team", episodes=2)
    assert len(played) == 2
    assert all(row.valid for row in played)


def test_unseen_worlds_are_other_worlds():
    names = ("held-out", "unseen")
    held, unseen = (worlds.scenario("Lookup-v0", worlds.place(name), SOLO) for name in names)
    assert held.web.corpus.digest != unseen.web.corpus.digest
    assert not {task.question for task in _tasks(held)} & {task.question for task in _tasks(unseen)}


def _tasks(scenario):
    tasks = scenario.tasks.of_split("test")
    return [tasks[place] for place in range(30)]


def test_every_place_draws_from_the_test_split():
    for where in worlds.PLACES.values():
        assert worlds.settings(where, SOLO | {"split": "train"})["split"] == "test"


def test_references_play_every_place_and_are_kept_in_one_file(tmp_path):
    references.play("lookup", tmp_path / "lookup", episodes=2)
    kept = tmp_path / "lookup" / REFERENCE_FILE
    played = msgspec.json.decode(kept.read_bytes(), type=dict[str, dict[str, results.Judged]])
    assert set(played) == {*REFERENCES, *SLOTS}
    assert all(set(places) == set(worlds.PLACES) for places in played.values())
    assert played["oracle"]["held-out"].mean == 1.0


def test_a_place_that_does_not_exist_is_named():
    with pytest.raises(UnknownNameError, match="Did you mean 'held-out'"):
        worlds.place("heldout")


def test_what_is_kept_of_rows_leaves_out_broken_episodes():
    played = rows()
    broken = msgspec.structs.replace(played[0], valid=False)
    kept = results.judged([broken, *played[1:]])
    assert kept.tasks == tuple(row.task for row in played[1:])


def test_a_curve_holds_the_mean_of_every_stretch():
    outcomes = [(10, 0.0), (50, 1.0), (51, 0.5), (100, 1.0), (104, 1.0)]
    assert results.curve(outcomes, 100, points=2) == ((50, 0.5), (100, round(2.5 / 3, 4)))
