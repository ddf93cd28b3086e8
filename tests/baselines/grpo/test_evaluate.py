"""An evaluation asks every policy the same, and counts what came of it."""

from typing import Any

import msgspec
import pytest

from baselines.grpo.config import Config
from baselines.grpo.evaluate import KEY, chosen, evaluate
from baselines.grpo.records import Query, Rollout, Trajectory
from webenvs import catalog
from webenvs.episodes import play
from webenvs.players.lineup import Lineup

CONFIG = Config(game="solo", preset="grpo-solo")


@pytest.fixture(scope="module")
def scenario():
    return catalog.scenario("MultiHop-v0", game="solo", level="easy", items=4, reward="matpo")


class World:
    """One world: where questions are answered."""

    def __init__(self, scenario):
        self.scenario = scenario

    def task(self, query):
        return self.scenario.tasks.get(query.task)


class Fake:
    """An engine whose episodes a built-in player plays; it notes how it was asked."""

    def __init__(self, scenario, player, broken=()):
        self.scenario, self.broken = scenario, broken
        self.lineup: Lineup = catalog.lineup(player, scenario.game)
        self.asked: list[Any] = []

    def rollouts(self, plays, sampling, key):
        self.asked.append((tuple(plays), sampling.temperature, key))
        return [self.rollout(query, index) for query, index in plays]

    def rollout(self, query, index):
        episode = play(self.scenario, self.lineup, query.seed, query.task)
        trajectory = Trajectory(
            id=query.id,
            role="planner",
            token_ids=(1, 2),
            prompt_len=1,
            loss_mask=(0, 1),
            logprobs=(float("nan"), -0.5),
            calls_total=4,
            calls_valid=3,
            turns=4,
            finish="answer",
        )
        status = "infra_error" if query.task in self.broken else "ok"
        return Rollout(query=query, index=index, planner=trajectory, episode=episode, status=status)


@pytest.fixture(scope="module")
def queries(scenario):
    ids = [task.id for task in scenario.tasks.of_split("test")][:3]
    return [Query(world="w", task=name, seed=5, hops=2 + place) for place, name in enumerate(ids)]


def evaluated(scenario, queries, player="oracle", broken=(), **options):
    engine = Fake(scenario, player, broken)
    return engine, evaluate(engine, World(scenario), queries, CONFIG, **options)


def test_a_player_that_knows_the_answers_succeeds_on_all(scenario, queries):
    _, found = evaluated(scenario, queries)
    assert found.evaluation.success == (1.0, 1.0, 1.0)
    assert found.estimate.interval.kind == "wilson"


def test_every_question_is_asked_once_under_one_key(scenario, queries):
    engine, _ = evaluated(scenario, queries)
    assert engine.asked == [(tuple((query, 0) for query in queries), 1.0, KEY)]


def test_a_greedy_evaluation_has_no_temperature(scenario, queries):
    engine, _ = evaluated(scenario, queries, greedy=True)
    assert engine.asked[0][1] == 0.0


def test_broken_episodes_are_no_failures(scenario, queries):
    _, found = evaluated(scenario, queries, broken={queries[1].task})
    assert found.evaluation.tasks == (queries[0].id, queries[2].id)
    assert found.metrics["infra"] == pytest.approx(1 / 3)


def test_success_is_told_by_hops_and_by_world(scenario, queries):
    _, found = evaluated(scenario, queries)
    named = {name: found.metrics[name] for name in ("hops/2", "hops/3", "hops/4", "world/w")}
    assert set(named.values()) == {1.0}


@pytest.mark.parametrize(("player", "share"), [("oracle", 1.0), ("scripted", 0.0)])
def test_episodes_that_never_search_are_counted(scenario, queries, player, share):
    _, found = evaluated(scenario, queries, player)
    assert found.metrics["no_search"] == share


def test_the_episodes_are_kept_in_the_order_of_the_questions(scenario, queries):
    _, found = evaluated(scenario, queries)
    assert [episode.task for episode in found.episodes] == [query.task for query in queries]


def test_noise_and_context_are_noted(scenario, queries):
    noisy = [msgspec.structs.replace(query, noise="mild") for query in queries]
    _, found = evaluated(scenario, noisy)
    assert (found.evaluation.noise, found.evaluation.context) == ("mild", CONFIG.context)


def test_the_questions_are_drawn_in_one_way_and_keep_their_order(queries):
    many = [msgspec.structs.replace(queries[0], seed=seed) for seed in range(50)]
    few = chosen(many, 8)
    assert few == chosen(many, 8)
    assert [query.seed for query in few] == sorted(query.seed for query in few)
    assert set(few) <= set(chosen(many, 20))


def test_fewer_questions_than_asked_for_are_all_taken(queries):
    assert chosen(queries, 100) == tuple(queries)
