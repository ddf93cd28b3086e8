"""Worlds of fact sheets: proved, read in one search, and false in the next world."""

import pytest

from baselines.grpo.cold.guide import Guide, Step, words
from baselines.grpo.cold.sheets import LABELS, ORIGINS, chain_tasks, sheet_world
from baselines.grpo.cold.worlds import SHEET_SETTINGS, Worlds
from baselines.grpo.config import Config
from webenvs import catalog
from webenvs.episodes import play
from webenvs.errors import UnknownNameError
from webenvs.tasks.kp.task import flaws


@pytest.fixture(scope="module")
def world():
    return sheet_world(5)


@pytest.fixture(scope="module")
def tasks(world):
    return chain_tasks(world, (1, 4), 40)


def test_every_question_is_proved_again_from_the_pages(world, tasks):
    assert [flaw for task in tasks for flaw in flaws(world.knowledge, task)] == []


def test_there_are_as_many_questions_of_every_length(tasks):
    lengths = [task.meta["hops"] for task in tasks]
    assert {length: lengths.count(length) for length in lengths} == {1: 10, 2: 10, 3: 10, 4: 10}


def test_a_question_names_its_steps_from_the_last_to_the_first(tasks):
    task = next(task for task in tasks if task.meta["hops"] == 2)
    (known, first, _), (_, second, found) = task.meta["chain"]
    assert task.question == f"What is the {second} of the {first} of {known}?"
    assert task.answers == (found,)


def test_a_page_states_the_facts_of_its_thing_alone(world):
    fact = world.knowledge.facts[0]
    entity = world.knowledge.entities[fact.subject]
    page = world.corpus.page(world.corpus.index(entity.url))
    place = fact.places[0]
    named = world.knowledge.entities[str(fact.object)].name
    assert page.text[place.start : place.end] == f"{LABELS[fact.relation]}: {named}."


def test_the_same_seed_gives_the_same_world():
    sheet_world.cache_clear()
    again = sheet_world(5).knowledge.digest
    sheet_world.cache_clear()
    assert sheet_world(5).knowledge.digest == again


def test_worlds_of_one_origin_share_their_names_and_not_their_facts(world):
    other = sheet_world(5 + ORIGINS)
    assert _names(other) == _names(world)
    shared = _facts(other) & _facts(world)
    assert len(shared) < len(_facts(world)) / 5


def test_the_heldout_worlds_are_none_of_the_training():
    worlds = Worlds(Config(train_worlds=3, heldout_worlds=2))
    assert not set(worlds.names("train")) & set(worlds.names("heldout"))


def test_a_split_that_does_not_exist_is_told():
    with pytest.raises(UnknownNameError, match=r"no split 'test'. Allowed: heldout, train"):
        Worlds(Config()).names("test")


def test_another_corpus_asks_its_own_questions():
    worlds = Worlds(Config(worlds="tiny", game="solo", tasks_per_world=3))
    held = worlds.queries("heldout")
    assert [worlds.task(query).split for query in held] == ["test"] * 3


@pytest.mark.parametrize("game", ["solo", "team"])
def test_the_guide_finds_every_answer(game, world, tasks):
    scenario = catalog.scenario(
        "MultiHop-v0", corpus=world, tasks=tasks, game=game, codec="xml", **SHEET_SETTINGS
    )
    lineup = catalog.lineup(Guide, scenario.game)
    answers = [play(scenario, lineup, 0, task.id).answer for task in tasks]
    assert answers == [task.answers[0] for task in tasks]


def test_the_guide_tries_again_where_a_search_fails(world, tasks):
    scenario = catalog.scenario(
        "MultiHop-v0",
        corpus=world,
        tasks=tasks,
        codec="xml",
        noise="timeout:0.3",
        **SHEET_SETTINGS,
    )
    lineup = catalog.lineup(Guide, scenario.game)
    episodes = [play(scenario, lineup, seed, tasks.tasks[-1].id) for seed in range(20)]
    failed = [
        episode
        for episode in episodes
        if any(result.status == "timeout" for turn in episode.turns for result in turn.results)
    ]
    assert failed
    assert any(episode.answer == tasks.tasks[-1].answers[0] for episode in failed)


def test_steps_are_worded_as_a_question_asks_for_them():
    steps = (Step("Kelm Lines", "founder", "Ada"), Step("Ada", "birthplace", "Sund"))
    assert words(steps) == "the birthplace of the founder of Kelm Lines"


def _names(world):
    return sorted(entity.name for entity in world.knowledge.entities.values())


def _facts(world):
    called = {entity.id: entity.name for entity in world.knowledge.entities.values()}
    return {
        (called[fact.subject], fact.relation, called[str(fact.object)])
        for fact in world.knowledge.facts
    }
