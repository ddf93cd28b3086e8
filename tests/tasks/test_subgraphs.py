"""Sub-graph questions: walks, parts, shapes, classes, and queries with one answer."""

import itertools

import msgspec
import pytest

from webenvs.corpora.knowledge import Entity, Fact, Knowledge, Relation
from webenvs.corpora.world.generate import build_world
from webenvs.errors import CorpusError, SettingError
from webenvs.tasks.kp.join import answer_of
from webenvs.tasks.kp.query import Atom, Const, Var
from webenvs.tasks.kp.rules import RuleSettings, check
from webenvs.tasks.subgraphs import (
    Sampling,
    classes,
    connected_part,
    ends_of,
    graph_hash,
    stated_facts,
    subgraph_queries,
    walk,
)
from webenvs.testing.golden_world import golden_world

SMALL = Sampling(size=5, least=3, edges=16, graphs=12)


@pytest.fixture(scope="module")
def golden():
    return golden_world()


@pytest.fixture(scope="module")
def tiny():
    return build_world(0, 300).knowledge


def fact(subject, relation, value):
    return Fact(subject=subject, relation=relation, object=value)


def hang_together(facts):
    held = set(ends_of(facts[0]))
    for _ in facts:
        held |= {end for one in facts if held & {*ends_of(one)} for end in ends_of(one)}
    return all(held & {*ends_of(one)} for one in facts)


def test_a_walk_gathers_stated_facts_that_hang_together(golden):
    facts = walk(golden, "Ada Brandt", Sampling(edges=20), 7)
    assert len(facts) == len(set(facts)) == 20
    assert all(one.places for one in facts)
    assert hang_together(facts)
    assert facts == walk(golden, "Ada Brandt", Sampling(edges=20), 7)
    assert facts != walk(golden, "Ada Brandt", Sampling(edges=20), 8)


def test_a_walk_ends_where_nothing_is_left(golden):
    facts = walk(golden, "Rune Fair", Sampling(edges=500), 0)
    # both fairs share their kind; years are no way on
    assert {one.subject for one in facts} >= {"Rune Fair", "Gala Fair"}
    assert len(facts) == 4


def test_a_walk_that_goes_onward_is_longer_than_one_that_turns_back(tiny):
    def depth(onward):
        settings = Sampling(edges=20, onward=onward)
        starts = [entity for entity in tiny.entities if stated_facts(tiny, entity)][:40]
        return sum(_depth(walk(tiny, start, settings, 0), start) for start in starts)

    assert depth(1.0) > 1.2 * depth(0.0)


def _depth(facts, start):
    near, edge, depth = {start}, {start}, 0
    while edge:
        edge = {e for one in facts if edge & {*ends_of(one)} for e in ends_of(one)} - near
        near |= edge
        depth += bool(edge)
    return depth


def test_parts_hang_together_and_are_of_the_size_asked_for(golden):
    facts = walk(golden, "Ada Brandt", Sampling(edges=20), 0)
    parts = [connected_part(facts, 5, 0, turn) for turn in range(20)]
    assert {len(part) for part in parts} == {5}
    assert all(hang_together(part) and set(part) <= set(facts) for part in parts)
    assert len(set(parts)) > 5
    assert len(connected_part(facts[:3], 5, 0)) == 3


def test_graphs_of_one_shape_have_one_hash_whatever_their_nodes(golden):
    one = [fact("a", "r", "b"), fact("b", "s", "c"), fact("d", "r", "b")]
    same = [fact("x", "r", "y"), fact("z", "r", "y"), fact("y", "s", "w")]
    turned = [fact("b", "r", "a"), fact("b", "s", "c"), fact("d", "r", "b")]
    renamed = [fact("a", "q", "b"), fact("b", "s", "c"), fact("d", "r", "b")]
    hashes = [graph_hash(facts) for facts in (one, same, turned, renamed)]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_nodes_that_a_symmetry_exchanges_are_in_one_class():
    star = [fact("a", "r", "b"), fact("d", "r", "b"), fact("b", "s", 1900)]
    assert sorted(classes(star), key=str) == [("a", "d"), ("b",), (1900,)]


def test_queries_have_one_answer_and_tell_true_facts(golden):
    drawn = list(subgraph_queries(golden, 0, settings=SMALL))
    assert len(drawn) >= 10
    for one in drawn:
        assert answer_of(golden, one.query) == (one.answer,)
        assert SMALL.least <= len(one.query.atoms) == len(one.facts) <= SMALL.size
        assert graph_hash(one.facts) == one.graph
        terms = [end for atom in one.query.atoms for end in (atom.subject, atom.object)]
        assert any(isinstance(term, Const) for term in terms)
        assert Var(name="T") in terms


def test_no_two_questions_have_one_graph_shape(golden, tiny):
    for knowledge in (golden, tiny):
        drawn = itertools.islice(subgraph_queries(knowledge, 1, settings=SMALL), 20)
        shapes = [one.graph for one in drawn]
        assert len(shapes) == len(set(shapes)) > 5


def test_drawn_questions_are_connected_and_have_no_idle_atom(tiny):
    settings = RuleSettings(skipped=("V5", "V6", "V8", "V12"))
    drawn = list(itertools.islice(subgraph_queries(tiny, 2), 15))
    assert len(drawn) == 15
    for one in drawn:
        assert check(tiny, one.query, settings, answer=(one.answer,)) == ()


def test_many_questions_keep_all_the_rules_and_ask_of_many_types(tiny):
    drawn = list(itertools.islice(subgraph_queries(tiny, 3), 25))
    kept = [one for one in drawn if not any(not f.warning for f in check(tiny, one.query))]
    assert len(kept) >= 8
    asked = {tiny.entities[one.answer].type for one in drawn if one.answer in tiny.entities}
    assert len(asked) >= 5
    assert any(one.answer not in tiny.entities for one in drawn)


def test_unknowns_that_stand_alike_are_kept_apart(golden):
    drawn = (one.query for one in subgraph_queries(golden, 0, settings=SMALL))
    coupled = list(itertools.islice((query for query in drawn if query.neqs), 3))
    assert len(coupled) == 3
    for query in coupled:
        for pair in query.neqs:
            beside = [_beside(query.atoms, name) for name in pair]
            assert beside[0] & beside[1]


def _beside(atoms: tuple[Atom, ...], name: str):
    ahead = {(a.relation, "ahead", a.object) for a in atoms if a.subject == Var(name=name)}
    return ahead | {(a.relation, "back", a.subject) for a in atoms if a.object == Var(name=name)}


def test_a_drawing_depends_on_its_key_alone(golden):
    def drawn(seed):
        found = subgraph_queries(golden, seed, settings=SMALL)
        return [one.query for one in itertools.islice(found, 6)]

    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("size", 0, "at least 1"),
        ("graphs", 0, "at least 1"),
        ("parts", 0, "at least 1"),
        ("cap", 0, "at least 1"),
        ("least", 9, "between 1 and size = 7"),
        ("edges", 3, "at least size = 7"),
        ("onward", 1.5, "between 0 and 1"),
    ],
)
def test_settings_that_can_draw_nothing_are_errors(field, value, allowed):
    with pytest.raises(SettingError, match=f"{field} = {value} is not allowed.*{allowed}"):
        Sampling(**{field: value})


def test_knowledge_without_stated_facts_has_no_start():
    bare = Knowledge(
        [Entity(id="a", name="a", type="thing")],
        [Relation(name="r", domain="thing", range="thing")],
        [],
        [fact("a", "r", "a")],
        None,
        "bare",
    )
    with pytest.raises(CorpusError, match="'bare' has no entity with a stated fact"):
        next(subgraph_queries(bare, 0))


def test_what_the_cap_leaves_undecided_is_not_asked(golden):
    settings = msgspec.structs.replace(SMALL, cap=1, graphs=2)
    for one in subgraph_queries(golden, 0, settings=settings):
        assert answer_of(golden, one.query) == (one.answer,)
