"""The obfuscation ladder: what each level takes away, and that the answer stays."""

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, EntityWords, Fact, Knowledge, Place, Relation
from webenvs.corpora.world.generate import build_world
from webenvs.errors import QueryError, SettingError
from webenvs.records import Page
from webenvs.tasks.explore import explore, first_question
from webenvs.tasks.kp.join import answer_of
from webenvs.tasks.kp.query import NAMED, Atom, Const, Query, Var, const
from webenvs.tasks.kp.wording import question_of
from webenvs.tasks.obfuscate import LEVELS, initials, level_of, obfuscate
from webenvs.testing.golden_world import golden_world

T, B, D, H, X = map(Var, "TBDHX")
LONG = Query(
    atoms=(
        Atom(B, "openedIn", T),
        Atom(B, NAMED, const("Mira Bridge")),
        Atom(D, "alsoDesigned", B),
        Atom(D, NAMED, const("Ines Roth")),
        Atom(H, "designedBy", D),
        Atom(H, NAMED, const("Hohen Park")),
        Atom(H, "locatedIn", const("Kelm")),
        Atom(X, "homeGround", H),
        Atom(X, NAMED, const("FC Norla")),
        Atom(X, "foundedIn", const(1966)),
        Atom(X, "isA", const("football club")),
    )
)
ANCHORED = Query(atoms=(Atom(B, "openedIn", T), Atom(B, NAMED, const("Mira Bridge"))))


@pytest.fixture(scope="module")
def knowledge():
    return build_world(seed=3, pages=600).knowledge


@pytest.fixture(scope="module")
def questions(knowledge):
    return [first_question(knowledge, explore(knowledge, 9, turn)) for turn in range(6)]


def levelled(level, query=LONG):
    return obfuscate(golden_world(), query, level)


def relations(query):
    return [atom.relation for atom in query.atoms]


def test_level_0_gives_all_names():
    found = levelled(0)
    assert (found.query, found.applied, found.hints, found.distractor) == (LONG, (), (), None)


def test_level_1_gives_no_names_of_things_on_the_way():
    assert NAMED not in relations(levelled(1).query)
    assert [step.atom.object.members[0] for step in levelled(1).applied] == [
        "Mira Bridge",
        "Ines Roth",
        "Hohen Park",
        "FC Norla",
    ]


def test_level_2_gives_years_by_decade():
    terms = [atom.object for atom in levelled(2).query.atoms if atom.relation == "foundedIn"]
    assert terms == [const(1966, label="the 1960s")]


def test_level_3_describes_a_thing_instead_of_naming_it():
    (step,) = [step for step in levelled(3).applied if step.level == 3]
    assert step.atom.object == const("football club")
    assert Atom(X, "isA", const("football club")) not in levelled(3).query.atoms
    assert "football club" not in question_of(golden_world(), levelled(3).query)


def test_level_4_gives_initials_only_and_one_distractor():
    found = levelled(4)
    question = question_of(golden_world(), found.query)
    assert "Kelm" not in question
    assert "a city with the initial K" in question
    assert found.distractor is not None
    assert len(found.hints) == 1


def test_the_distractor_is_true_of_another_thing_of_a_type_and_false_of_the_one():
    golden = golden_world()
    told = levelled(4).distractor
    assert told in golden.facts
    kind = golden.entities[told.subject].type
    meant = {"work": "Mira Bridge", "designer": "Ines Roth", "ground": "Hohen Park"}
    meant["club"] = "FC Norla"
    assert told.subject != meant[kind]
    assert told.object not in [f.object for f in golden.facts_from(meant[kind], told.relation)]
    assert told.relation != "openedIn"  # a wrong answer would be no remark
    assert str(told.object) in levelled(4).hints[0]


@pytest.mark.parametrize("level", LEVELS)
def test_the_answer_is_the_same_at_every_level(level):
    assert answer_of(golden_world(), levelled(level).query) == (1931,)


@pytest.mark.parametrize(("level", "said"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 4)])
def test_the_level_can_be_read_off_a_query(level, said):
    """At level 3 nothing here has a region, and a description looks like any condition."""
    assert level_of(levelled(level).query) == said


def test_a_region_is_read_as_level_3():
    told = Atom(H, "locatedIn", const("Kelm", "Sund", label="a city in Norland"))
    assert level_of(Query(atoms=(*ANCHORED.atoms, told))) == 3


def test_dates_and_numbers_are_read_as_exact_unless_they_have_a_label():
    born = Atom(T, "born", const("1931-05-04"))
    assert level_of(Query(atoms=(born,))) == 1
    vague = Atom(T, "born", const("1931-05-04", label="in the 1930s"))
    assert level_of(Query(atoms=(vague,))) == 4


def test_the_name_that_a_question_starts_from_is_described_at_level_3():
    assert levelled(1, ANCHORED).query == levelled(2, ANCHORED).query == ANCHORED
    assert levelled(3, ANCHORED).query.atoms == (
        ANCHORED.atoms[0],
        Atom(const("Ines Roth"), "alsoDesigned", B),
    )
    assert level_of(ANCHORED) == 2
    masked = Query(atoms=(ANCHORED.atoms[0], Atom(B, NAMED, const("Mira Bridge", label="M… B…"))))
    assert level_of(masked) == 4


def test_a_step_that_would_change_the_answer_is_left_out():
    query = Query(atoms=(Atom(T, "playsFor", const("FC Norla")), Atom(T, "bornIn", const(1990))))
    found = levelled(2, query)
    assert found.query == query
    assert [step.atom.relation for step in found.kept] == ["bornIn"]
    assert level_of(found.query) == 1


def test_a_name_is_kept_where_the_question_needs_it():
    """Only its name tells this person from the others who come from Kelm."""
    query = Query(
        atoms=(
            Atom(X, "bornIn", T),
            Atom(X, NAMED, const("Ada Brandt")),
            Atom(X, "bornInCity", const("Kelm")),
        )
    )
    found = levelled(1, query)
    assert found.query == query
    assert [step.atom.relation for step in found.kept] == [NAMED]
    assert level_of(query) == 0


def islands():
    """Nine islands with their size, on one page; three towns, each on an island."""
    relations = [
        Relation(name="people", domain="isle", range="number", predicates=("has {x} inhabitants",)),
        Relation(name="on", domain="town", range="isle", predicates=("lies in {x}",)),
    ]
    types = [
        EntityWords(name="isle", noun="isle", plural="isles"),
        EntityWords(name="town", noun="town", plural="towns"),
    ]
    url = "https://isles.example/"
    text = "All of them."
    isles = [Entity(id=f"Isle {n}", name=f"Isle {n}", type="isle", url=url) for n in range(9)]
    towns = [Entity(id=f"Town {n}", name=f"Town {n}", type="town", url=url) for n in range(3)]
    places = (Place(url, 0, len(text)),)
    facts = [
        Fact(subject=f"Isle {n}", relation="people", object=100 * (n + 1), places=places)
        for n in range(9)
    ]
    facts += [
        Fact(subject=f"Town {n}", relation="on", object=f"Isle {4 * n}", places=places)
        for n in range(3)
    ]
    pages = [Page(url=url, title="Isles", text=text)]
    return Knowledge([*isles, *towns], relations, types, facts, MemoryCorpus(pages), "isles")


@pytest.mark.parametrize(
    ("people", "amount"),
    [(100, "relatively few"), (500, "a middling number of"), (900, "a great many")],
)
def test_level_4_gives_quantities_in_words(people, amount):
    query = Query(atoms=(Atom(T, "on", X), Atom(X, "people", const(people))))
    found = obfuscate(islands(), query, 4)
    (term,) = [atom.object for atom in found.query.atoms if atom.relation == "people"]
    assert term.label == amount
    assert len(term.members) == 3
    assert people in term.members


@pytest.mark.parametrize("level", LEVELS)
def test_questions_about_a_world_keep_their_one_answer(knowledge, questions, level):
    for query in questions:
        found = obfuscate(knowledge, query, level)
        assert answer_of(knowledge, found.query) == answer_of(knowledge, query)
        assert len(answer_of(knowledge, query)) == 1


def test_questions_about_a_world_say_less_from_level_to_level(knowledge, questions):
    for query in questions:
        steps = [len(obfuscate(knowledge, query, level).applied) for level in LEVELS]
        assert steps == sorted(steps)
        top = obfuscate(knowledge, query, 4)
        assert level_of(top.query) > level_of(query)
        assert top.hints


def test_nothing_to_be_found_is_told_on_the_way_up(knowledge, questions):
    for query in questions:
        found = obfuscate(knowledge, query, 4)
        answer = answer_of(knowledge, query)[0]
        told = [
            member
            for atom in found.query.atoms
            for term in (atom.subject, atom.object)
            if isinstance(term, Const) and not term.label
            for member in term.members
        ]
        assert answer not in told


def test_obfuscation_is_a_pure_function(knowledge, questions):
    assert obfuscate(knowledge, questions[0], 4) == obfuscate(knowledge, questions[0], 4)


def test_initials_are_the_first_letters_in_capitals():
    assert initials("FC Norla") == ("F", "N")
    assert initials("élan of the sea") == ("É", "O", "T", "S")


@pytest.mark.parametrize("level", [-1, 5])
def test_another_level_is_refused(level):
    with pytest.raises(SettingError, match=f"^level = {level}"):
        levelled(level)


def test_a_query_with_several_answers_is_refused():
    query = Query(atoms=(Atom(T, "foundedIn", const(1966)),))
    with pytest.raises(QueryError, match="has 2"):
        levelled(1, query)
