"""Drivers: seeds, the three strategies, and what growth keeps."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, EntityWords, Fact, Knowledge, Place, Relation
from webenvs.corpora.world.generate import build_world
from webenvs.errors import QueryError, SettingError
from webenvs.records import Page
from webenvs.tasks.kp.drivers import GrowthSettings, grow, seed_about, seed_query
from webenvs.tasks.kp.edits import Limits, constant_at, leaves
from webenvs.tasks.kp.join import answer_of
from webenvs.tasks.kp.query import Const, Query, variables_of
from webenvs.tasks.kp.rules import RuleSettings, check
from webenvs.tasks.kp.shape import cycles, shape
from webenvs.tasks.kp.sufficient import distances

NORLA = "FC Norla"
G6 = (("T", "playsFor", NORLA), ("T", "bornIn", 1990))
G7 = ("T playsFor X", ("X", "foundedIn", 1966), ("X", "isA", "football club"), G6[1])
G8 = (*G7[:3], "T bornIn Y", ("Gala Fair", "heldIn", "Y"))
G13 = (*G7, ("X", "homeGround", "Hohen Park"))
CHAIN = (
    *("T playsFor X", "X homeGround H", "H designedBy D", "D alsoDesigned B"),
    ("B", "openedIn", 1931),
)
STRICT = GrowthSettings(operators=("expand_strict", "expand_literal"), limits=Limits(several=1.0))
LINKS = GrowthSettings(operators=("expand_strict",), limits=Limits(several=0.0, facts=1))
STRATEGIES = ("layerwise", "sequential", "random")
KEYS = range(400)
SEEDS = st.integers(0, 100_000)


@pytest.fixture(scope="module")
def world():
    return build_world(0, 300).knowledge


def reached(golden, query, wanted, strategy, settings=STRICT, **limit):
    """The first growth under some key that has the wanted shape."""
    grown = (grow(golden, query, strategy, settings=settings, key=(k,), **limit) for k in KEYS)
    return next(growth for growth in grown if shape(growth.query) == shape(wanted))


def broken(knowledge, query):
    found = check(knowledge, query, RuleSettings(strict_shortcut=True))
    return {finding.rule for finding in found}


def test_layerwise_growth_leads_from_g6_to_g8_in_one_layer(golden, ask):
    growth = reached(golden, ask(*G6), ask(*G8), "layerwise", layers=1)
    assert [edit.operator for edit in growth.edits] == ["expand_literal", "expand_strict"]
    assert "foundedIn" in growth.edits[1].message
    assert broken(golden, growth.query) == set()


def test_layerwise_growth_stops_at_g7_when_there_is_no_room(golden, ask):
    seed = ask(*G6[::-1])
    years = GrowthSettings(operators=("expand_strict",), limits=Limits(several=1.0))
    growth = reached(golden, seed, ask(*G7), "layerwise", years, atoms=4)
    assert len(growth.edits) == 1


def test_sequential_growth_leads_to_g16_and_from_1991_to_g15(golden, ask):
    sixteen = reached(golden, ask(*G6), ask(*CHAIN, G6[1]), "sequential", LINKS, atoms=6)
    assert broken(golden, sixteen.query) == {"V5"}
    ten = ask(G6[0], ("T", "bornIn", 1991))
    near = ask(*CHAIN, ("T", "bornIn", 1991))
    fifteen = reached(golden, ten, near, "sequential", LINKS, atoms=6)
    assert broken(golden, fifteen.query) >= {"V5", "V6"}


def test_random_growth_leads_to_g13(golden, ask):
    growth = reached(golden, ask(*G7), ask(*G13), "random", atoms=5)
    assert [edit.operator for edit in growth.edits] == ["attach"]
    assert "V7" in broken(golden, growth.query)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_a_seed_has_one_answer_and_one_or_two_needed_atoms(world, seed):
    query = seed_query(world, seed)
    assert len(answer_of(world, query)) == 1
    assert len(query.atoms) in (1, 2)
    assert not {"V1", "V2", "V3", "V7", "V12"} & broken(world, query)
    assert query == seed_query(world, seed)


@pytest.mark.parametrize("target", ["city", "university", "year", "number"])
def test_a_seed_asks_for_the_type_that_is_wanted(world, target):
    for key in range(5):
        query = seed_query(world, key, target=target)
        (answer,) = answer_of(world, query)
        if target in ("year", "number"):
            assert isinstance(answer, int)
        else:
            assert world.entities[answer].type == target


def test_a_target_that_nothing_describes_is_refused(golden):
    for target in ("unicorn", "date", "number"):
        with pytest.raises(SettingError, match=f"target = '{target}'"):
            seed_query(golden, 0, target=target)
    with pytest.raises(SettingError, match="target = 'event'"):
        seed_query(golden, 0, target="event", limits=Limits(candidates=0))


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, strategy=st.sampled_from(STRATEGIES))
def test_growth_keeps_the_answer_and_its_limits(world, seed, strategy):
    query = seed_query(world, seed)
    growth = grow(world, query, strategy, atoms=7, key=(seed,))
    assert answer_of(world, growth.query) == answer_of(world, query)
    assert len(growth.query.atoms) <= 7
    assert sum(growth.tried.values()) == len(growth.edits) + sum(growth.rejected.values())
    assert growth == grow(world, query, strategy, atoms=7, key=(seed,))
    if strategy != "random":
        assert not {"V1", "V2", "V3", "V4", "V7"} & broken(world, growth.query)
        assert all(variables_of(atom) for atom in growth.query.atoms)


def test_random_growth_always_reaches_its_atoms_and_is_redundant(world):
    found = [
        grow(world, seed_query(world, k), "random", atoms=8, key=(k,)).query for k in KEYS[:20]
    ]
    assert {len(query.atoms) for query in found} == {8}
    assert sum("V7" in broken(world, query) for query in found) >= 15


def test_sequential_growth_adds_to_the_newest_constant(world):
    for key in KEYS[:20]:
        query = seed_query(world, key)
        growth = grow(world, query, "sequential", layers=3, key=(key,))
        places = [edit.place for edit in growth.edits]
        assert places[1:] == sorted(places[1:])
        assert all(edit.operator.startswith("expand") for edit in growth.edits)


def test_layers_go_deeper_and_near_constants_are_never_widened(world):
    depths = []
    for layers in (1, 2, 3):
        total = 0
        for key in KEYS[:15]:
            query = seed_query(world, key)
            grown = grow(world, query, layers=layers, atoms=14, key=(key,)).query
            far = distances(grown)
            total += max(far.values())
            for leaf in leaves(grown):
                assert not constant_at(grown, leaf).label or far[leaf.place] >= 2
        depths.append(total)
    assert depths == sorted(set(depths))


def test_widening_waits_for_the_last_layer(world):
    late = [grow(world, seed_query(world, k), layers=2, key=(k,)) for k in KEYS[:20]]
    never = GrowthSettings(operators=("expand_strict", "expand_literal", "expand_lax"))
    plain = [
        grow(world, seed_query(world, k), layers=2, settings=never, key=(k,)) for k in KEYS[:20]
    ]
    assert any(edit.operator == "widen" for growth in late for edit in growth.edits)
    assert not any(wide(growth.query) for growth in plain)


def wide(query):
    return any(isinstance(constant_at(query, leaf), Const) and constant_at(query, leaf).label
               for leaf in leaves(query))  # fmt: skip


def test_equal_constants_are_joined_where_they_arise(golden, ask):
    query = ask(
        *("T playsFor X", ("X", "isA", "football club"), "X homeGround H"),
        *(("H", "locatedIn", "Kelm"), ("T", "bornInCity", "Kelm"), ("T", "bornIn", 1990)),
    )
    only = GrowthSettings(operators=("join",), near=1)
    growth = grow(golden, query, layers=1, settings=only, key=(0,))
    assert growth.tried == {"join": len(growth.edits) + sum(growth.rejected.values())}
    assert cycles(growth.query) == len(growth.edits)


def test_a_query_that_can_grow_no_further_is_returned(golden, ask):
    query = ask(("D", "alsoDesigned", "T"), ("D", "alsoDesigned", "Mira Bridge"))
    idle = GrowthSettings(operators=("widen",))
    growth = grow(golden, query, atoms=9, settings=idle)
    assert growth.query == query
    assert growth.edits == ()


def test_random_growth_stops_where_nothing_can_be_attached(small_world, ask):
    knowledge = small_world(3, 1)
    (fact,) = knowledge.facts
    query = Query(atoms=ask((fact.subject, fact.relation, "T")).atoms)
    growth = grow(knowledge, query, "random", atoms=4)
    assert growth.query == query


def test_random_growth_keeps_every_member_of_a_set(golden, ask):
    query = ask(("T", "playsFor", NORLA))
    losses = 0
    for key in KEYS[:30]:
        growth = grow(golden, query, "random", atoms=3, key=(key,))
        assert answer_of(golden, growth.query) == answer_of(golden, query)
        losses += growth.rejected.get("V14", 0)
    assert losses


def test_names_stay_as_they_are_while_the_rest_grows(golden, ask):
    query = ask(("T", "playsFor", "X"), ("X", "named", NORLA), ("T", "bornIn", 1990))
    for strategy in STRATEGIES:
        growth = grow(golden, query, strategy, layers=2, key=(1,))
        assert query.atoms[1] in growth.query.atoms
        assert growth.edits


def test_a_seed_can_be_asked_for_by_its_answer(golden):
    query = seed_about(golden, "Ada Brandt", 0)
    assert answer_of(golden, query) == ("Ada Brandt",)
    assert seed_about(golden, "Ada Brandt", 0, limits=Limits(candidates=0)) is None


def test_an_answer_whose_name_is_shared_or_guessed_is_no_seed():
    page = Page(url="https://twins.example/", title="Twins", text="-")
    stated = [("a1", "age", 7), ("a2", "age", 8), ("b", "age", 8), ("a1", "boss", "b")]
    twins = Knowledge(
        [
            Entity(id=one, name=name, type="person")
            for one, name in (("a1", "Ann"), ("a2", "Ann"), ("b", "Bea"))
        ],
        [
            Relation(name="age", domain="person", range="number"),
            Relation(name="boss", domain="person", range="person"),
        ],
        [EntityWords(name="person", noun="person", plural="people")],
        [Fact(subject=s, relation=r, object=o, places=(Place(page.url),)) for s, r, o in stated],
        MemoryCorpus([page], name="twins"),
        "twins",
    )
    assert seed_about(twins, "a1", 0) is None
    assert seed_about(twins, "b", 0) is None  # the only boss is a safe guess
    assert seed_query(twins, 0, target="number").atoms[0].subject.members == ("a1",)
    with pytest.raises(SettingError, match="target = 'year'"):
        seed_query(twins, 0, target="year")


def test_growth_needs_a_limit_a_strategy_and_an_answer(golden, ask):
    query = ask(*G6)
    with pytest.raises(SettingError, match="layers = None"):
        grow(golden, query)
    with pytest.raises(SettingError, match="layerwise, sequential, random"):
        grow(golden, query, "spiral", layers=1)
    with pytest.raises(QueryError, match="no answer to keep"):
        grow(golden, ask(("T", "playsFor", "TS Velm")), layers=1)


def test_what_grew_can_be_written_down_and_read_back(world):
    growth = grow(world, seed_query(world, 1), layers=2, key=(1,))
    assert msgspec.json.decode(msgspec.json.encode(growth), type=type(growth)) == growth
