"""Every family keeps its promises: pure items, proved answers, splits that share nothing."""

import msgspec
import pytest

from webenvs.bench.overlap import overlaps
from webenvs.corpora.knowledge import plain
from webenvs.corpora.world.generate import build_world
from webenvs.errors import SettingError, UnknownNameError
from webenvs.search import engines
from webenvs.tasks.families.family import LEVELS, generated, knobs_of
from webenvs.tasks.families.table import FAMILIES, family_of
from webenvs.tasks.kp.task import flaws

SPLITS = ("train", "validation", "test")
EACH = 6


@pytest.fixture(scope="module")
def world():
    return build_world(seed=5, pages=1500)


def source(world, name, level="medium", **knobs):
    retriever = engines.retriever(world.corpus, "bm25", {})
    return generated(family_of(name), world.knowledge, retriever, level=level, knobs=knobs)


@pytest.mark.parametrize("name", FAMILIES)
def test_an_item_is_a_pure_function_of_its_address(world, name):
    one, other = source(world, name), source(world, name)
    backward = [other.item("train", index) for index in reversed(range(EACH))]
    assert [one.item("train", index) for index in range(EACH)] == backward[::-1]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", FAMILIES)
def test_every_task_is_proved_again_from_the_corpus_alone(world, name, level):
    tasks = source(world, name, level)
    retriever = engines.retriever(world.corpus, "bm25", {})
    for index in range(EACH):
        task = tasks.item("test", index)
        assert list(flaws(world.knowledge, task, retriever)) == []
        assert task.meta["level"] == level
        assert task.hops and task.evidence and task.difficulty["fetches"] >= 1


@pytest.mark.parametrize("name", FAMILIES)
def test_no_answer_stands_in_its_question(world, name):
    tasks = source(world, name)
    for index in range(4 * EACH):
        task = tasks.item("train", index)
        names = [*task.answers, *(one for names in task.aliases.values() for one in names)]
        assert not any(plain(one) in plain(task.question) for one in names)


@pytest.mark.parametrize("name", FAMILIES)
def test_splits_share_no_question_and_no_chain_of_facts(world, name):
    tasks = source(world, name)
    sets = {split: [tasks.item(split, index) for index in range(4 * EACH)] for split in SPLITS}
    for row in overlaps(sets):
        assert (row.questions, row.chains) == (0, 0)


@pytest.mark.parametrize("name", FAMILIES)
def test_worlds_of_neighbouring_seeds_share_no_question(world, name):
    neighbour = build_world(seed=6, pages=1500)
    sets = {
        str(number): [source(one, name).item("train", index) for index in range(4 * EACH)]
        for number, one in enumerate((world, neighbour))
    }
    assert overlaps(sets)[0].questions == 0


@pytest.mark.parametrize("name", FAMILIES)
def test_harder_levels_need_no_fewer_facts(world, name):
    def mean(level):
        tasks = source(world, name, level)
        return sum(len(tasks.item("test", index).hops) for index in range(EACH)) / EACH

    assert mean("easy") <= mean("extreme")


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("answers", ("Nobody",), "V2"),
        ("evidence", (("https://world.example/wiki/Main_Page",),), "V3"),
        ("hops", (), "V1"),
        ("difficulty", {}, "record"),
    ],
)
def test_a_field_that_does_not_follow_is_named_with_its_rule(world, field, value, rule):
    task = msgspec.structs.replace(source(world, "multi-hop").item("test", 0), **{field: value})
    found = next(flaws(world.knowledge, task))
    assert found.rule == rule
    assert field in found.message


def test_a_question_that_tells_its_answer_breaks_v9(world):
    task = source(world, "multi-hop").item("test", 0)
    told = msgspec.structs.replace(task, question=f"{task.question} It is {task.answers[0]}.")
    assert "V9" in {flaw.rule for flaw in flaws(world.knowledge, told)}


def test_a_task_of_another_corpus_breaks_v3(world):
    task = source(world, "lookup").item("test", 0)
    other = build_world(seed=6, pages=1500)
    assert next(flaws(other.knowledge, task)).rule == "V3"


def test_a_task_without_a_query_has_no_proof(world):
    task = msgspec.structs.replace(source(world, "lookup").item("test", 0), meta={})
    task = msgspec.structs.replace(task, meta={"corpus": world.corpus.digest})
    assert next(flaws(world.knowledge, task)).rule == "record"


@pytest.mark.parametrize("name", FAMILIES)
def test_every_knob_has_a_meaning_and_every_level_its_knobs(name):
    family = family_of(name)
    assert set(family.meanings) == set(family.knobs.__struct_fields__)
    assert tuple(family.levels) == LEVELS


def test_an_unknown_family_level_or_knob_is_named_with_the_nearest_right_one():
    with pytest.raises(UnknownNameError, match="multi-hop"):
        family_of("multihop")
    family = family_of("multi-hop")
    with pytest.raises(SettingError, match="easy, medium, hard, extreme"):
        knobs_of(family, "heroic", {})
    with pytest.raises(SettingError, match="Did you mean 'hops'"):
        knobs_of(family, "easy", {"hop": [2, 3]})


@pytest.mark.parametrize("hops", [[1, 2], [2, 7], [4, 2], "ab", [2], [2, 3, 4]])
def test_hops_out_of_range_raise(hops):
    with pytest.raises(SettingError, match="hops"):
        knobs_of(family_of("multi-hop"), "easy", {"hops": hops})


def test_a_world_too_small_for_the_asked_questions_says_so_and_the_way_out():
    from webenvs.testing.golden_world import golden_world

    knowledge = golden_world()
    retriever = engines.retriever(knowledge.corpus, "bm25", {})
    tasks = generated(family_of("multi-hop"), knowledge, retriever, knobs={"hops": [6, 6]})
    with pytest.raises(SettingError, match=r"MultiHop.*'hops': \(6, 6\).*larger corpus"):
        tasks.item("test", 0)


def test_a_walk_whose_way_is_longer_than_a_walker_has_turns_breaks_v13(world):
    task = source(world, "web-walk").item("test", 0)
    long = msgspec.structs.replace(task, meta={**task.meta, "steps": 16})
    assert "V13" in {flaw.rule for flaw in flaws(world.knowledge, long)}


def test_a_walk_along_a_link_that_is_not_there_breaks_v13(world):
    task = source(world, "web-walk").item("test", 0)
    paths = [[{**click, "link": 999} for click in path] for path in task.meta["paths"]]
    broken = msgspec.structs.replace(task, meta={**task.meta, "paths": paths})
    assert "V13" in {flaw.rule for flaw in flaws(world.knowledge, broken)}


def test_a_file_cannot_skip_the_rule_against_leaks(world):
    task = source(world, "multi-hop").item("test", 0)
    rules = {**task.meta["rules"], "skipped": ["V9"]}
    told = msgspec.structs.replace(
        task,
        question=f"{task.question} It is {task.answers[0]}.",
        meta={**task.meta, "rules": rules},
    )
    assert "V9" in {flaw.rule for flaw in flaws(world.knowledge, told)}


@pytest.mark.parametrize("field", ["rules", "shape", "gold", "paths", "steps"])
def test_a_record_that_lacks_a_field_is_not_proved(world, field):
    task = source(world, "web-walk").item("test", 0)
    meta = {key: value for key, value in task.meta.items() if key != field}
    found = next(flaws(world.knowledge, msgspec.structs.replace(task, meta=meta)))
    assert found.rule == "record"
    assert field in found.message


def test_a_field_that_cannot_be_read_is_a_flaw_and_no_exception(world):
    task = source(world, "web-walk").item("test", 0)
    broken = msgspec.structs.replace(task, meta={**task.meta, "paths": 3})
    assert "record" in {flaw.rule for flaw in flaws(world.knowledge, broken)}
