"""From long to short: the golden run, what is refused and why, and evolutions of a whole world."""

import msgspec
import pytest

from webenvs.corpora.world.generate import build_world
from webenvs.errors import QueryError, SettingError
from webenvs.tasks.evolve import Evolving, attempt, evolve, leak
from webenvs.tasks.explore import explore, first_question
from webenvs.tasks.kp.edits import Rejection
from webenvs.tasks.kp.join import answer_of, assignments
from webenvs.tasks.kp.query import NAMED, Atom, Post, Query, Var, const
from webenvs.tasks.kp.sufficient import essential_reach, min_docs
from webenvs.tasks.question_edits import Edit, candidates, edited
from webenvs.testing.golden_world import golden_world

T, B, D, H, X = map(Var, "TBDHX")
A1 = Atom(B, "openedIn", T)
A2 = Atom(B, NAMED, const("Mira Bridge"))
A3 = Atom(D, "alsoDesigned", B)
A4 = Atom(D, NAMED, const("Ines Roth"))
A5 = Atom(H, "designedBy", D)
A6 = Atom(H, NAMED, const("Hohen Park"))
A7 = Atom(H, "locatedIn", const("Kelm"))
A8 = Atom(X, "homeGround", H)
A9 = Atom(X, NAMED, const("FC Norla"))
A10 = Atom(X, "foundedIn", const(1966))
A11 = Atom(X, "isA", const("football club"))
SIXTIES = Atom(X, "foundedIn", const(1966, label="the 1960s"))
Q0 = Query(atoms=(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11))
Q4 = Query(atoms=(A1, A3, A5, A7, A8, A10, A11))
Q5 = Query(atoms=(A1, A3, A5, A7, A8, SIXTIES, A11))


@pytest.fixture(scope="module")
def knowledge():
    return build_world(seed=3, pages=600).knowledge


@pytest.fixture(scope="module")
def evolutions(knowledge):
    return [
        evolve(knowledge, first_question(knowledge, explore(knowledge, 1, turn)), 5, 1, turn)
        for turn in range(12)
    ]


def edit(kind, query, atom, *by):
    return Edit(kind=kind, place=query.atoms.index(atom), atom=atom, by=by)


def test_the_golden_run_is_the_one_of_the_specification():
    """Table of section 8b: atoms, answer, essential reach, fewest documents of Q0 to Q5."""
    done = evolve(golden_world(), Q0).rounds
    assert [each.edit and (each.edit.kind, each.edit.atom) for each in done] == [
        None,
        ("remove", A2),
        ("remove", A4),
        ("remove", A6),
        ("remove", A9),
        ("vague", A10),
    ]
    table = [(len(each.query.atoms), each.essential_reach, each.min_docs) for each in done]
    assert table == [(11, 2, 1), (10, 3, 2), (9, 4, 3), (8, 5, 4), (7, 5, 4), (7, 5, 4)]
    assert {answer_of(golden_world(), each.query) for each in done} == {(1931,)}
    assert (done[4].query, done[5].query) == (Q4, Q5)


def test_the_recorded_difficulty_is_that_of_the_query():
    for each in evolve(golden_world(), Q0).rounds:
        assert each.essential_reach == essential_reach(golden_world(), each.query)
        assert each.min_docs == min_docs(golden_world(), each.query)


def test_the_golden_questions_become_shorter_and_less_salient():
    done = evolve(golden_world(), Q0).rounds
    bits = [each.salience for each in done]
    assert bits == sorted(set(bits), reverse=True)
    assert done[-1].length < done[0].length
    assert "1960s" in done[-1].question
    assert "1931" not in "".join(each.question for each in done)


def test_removing_the_kind_of_club_leaves_two_answers():
    outcome = attempt(golden_world(), Q4, edit("remove", Q4, A11))
    assert outcome == Rejection("V2", "the answers are 1929, 1931")


def test_a_vaguer_kind_of_club_leaves_two_answers():
    wider = Atom(X, "isA", const("football club", "handball club"))
    outcome = attempt(golden_world(), Q5, edit("vague", Q5, A11, wider))
    assert outcome == Rejection("V2", "the answers are 1929, 1931")


def test_redundant_clues_may_go_as_well():
    """From Q5: first the city, six atoms are left; then the founding year, five are left."""
    six = attempt(golden_world(), Q5, edit("remove", Q5, A7))
    assert six == Query(atoms=(A1, A3, A5, A8, SIXTIES, A11))
    five = attempt(golden_world(), six, edit("remove", six, SIXTIES))
    assert five == Query(atoms=(A1, A3, A5, A8, A11))
    assert answer_of(golden_world(), five) == (1931,)


def test_without_a_plan_clues_are_removed_as_long_as_any_can_go():
    done = evolve(golden_world(), Q0, 9, settings=Evolving(plan=())).rounds
    kinds = [each.edit.kind for each in done[1:]]
    assert kinds[:6] == ["remove"] * 6
    assert len(done[6].query.atoms) == 5


def test_clues_of_the_shortest_way_go_first_then_the_most_salient():
    order = [one.atom for one in candidates(golden_world(), Q0, "remove")]
    assert order[0] == A2  # the only shortest way to the answer takes it
    assert order[1:] == [A6, A4, A9, A10, A11, A7]


def test_a_clue_that_the_answer_needs_is_tried_last():
    order = [one.atom for one in candidates(golden_world(), Q4, "remove")]
    assert order[-1] == A11


def test_evolution_stops_where_no_edit_is_accepted():
    query = Query(atoms=(A1, A2))
    done = evolve(golden_world(), query, 5, settings=Evolving(tries=0))
    assert len(done.rounds) == 1
    assert [(each.round, each.rule) for each in done.refused] == [(1, "V1")]
    assert done.questions == (query,)


ASKED = Atom(H, "designedBy", T)


def test_a_thing_is_replaced_by_a_less_salient_description():
    query = Query(atoms=(ASKED, A6, A7))
    settings = Evolving(plan=("replace", "remove"), growth=2.0)
    done = evolve(golden_world(), query, 2, settings=settings)
    assert [each.edit.kind for each in done.rounds[1:]] == ["replace", "remove"]
    assert done.questions[-1].atoms == (ASKED, Atom(const("FC Norla"), "homeGround", H))
    assert done.rounds[-1].question == "Who designed the home ground of FC Norla?"


def test_a_replacement_that_makes_the_text_long_is_refused():
    query = Query(atoms=(ASKED, A6))
    refused = evolve(golden_world(), query, 1, settings=Evolving(plan=("replace",))).refused
    assert "length" in {each.rule for each in refused}


def test_rounds_that_leave_the_text_longer_than_at_first_are_taken_back():
    query = Query(atoms=(ASKED, A6))
    settings = Evolving(plan=("replace",), growth=9.0)
    done = evolve(golden_world(), query, 1, settings=settings)
    assert done.questions == (query,)
    assert (done.refused[-1].rule, done.refused[-1].edit.kind) == ("taken back", "replace")


def test_an_edit_that_cuts_the_question_in_two_is_refused():
    outcome = attempt(golden_world(), Q0, edit("replace", Q0, A3))
    assert outcome.rule == "V1"


def test_an_edit_that_changes_the_answer_is_refused():
    other = Atom(B, NAMED, const("Sel Tower"))
    query = Query(atoms=(A1, A2))
    outcome = attempt(golden_world(), query, edit("replace", query, A2, other))
    assert outcome == Rejection("V14", "the answer is 1929, no longer 1931")


def test_an_edit_that_says_as_much_as_before_is_refused():
    outcome = attempt(golden_world(), Q4, edit("replace", Q4, A7, A7))
    assert outcome.rule == "salience"


def test_an_edit_that_brings_the_answer_nearer_is_refused():
    """That the club plays football is one step nearer than who designed its ground."""
    designed = Atom(H, "designedBy", const("Ines Roth"))
    atoms = (Atom(T, "playsFor", X), Atom(T, "bornIn", const(1990)), A8, designed)
    query = Query(atoms=atoms)
    made = edit("replace", query, designed, A11)
    outcome = attempt(golden_world(), query, made, settings=Evolving(growth=9.0))
    assert outcome == Rejection("V6", "the essential reach is 2, 3 before")


def test_an_edit_that_tells_a_hidden_name_is_refused():
    """FC Norla is to be found, and comes back as a constant."""
    query = Query(atoms=(A1, A3, A5, A6, A8, A10, A11))
    telling = Atom(const("FC Norla"), "homeGround", H)
    outcome = attempt(golden_world(), query, edit("replace", query, A6, telling))
    assert outcome == Rejection("V9", "the question tells 'FC Norla'")


def test_an_answer_that_takes_too_many_pages_is_refused():
    settings = Evolving(pages=1)
    outcome = attempt(golden_world(), Q0, edit("remove", Q0, A2), settings=settings)
    assert outcome == Rejection("V13", "2 pages prove it; from 1 to 1 may")


def test_removing_a_clue_takes_along_what_then_leads_nowhere():
    query = Query(atoms=(A1, A2, A3, A5, A6))
    left = edited(query, edit("remove", query, A6))
    assert left.atoms == (A1, A2)


def test_inequalities_go_with_their_variables():
    query = Query(atoms=(A1, A2, A3, A5, A6), neqs=(("D", "H"), ("B", "T")))
    assert edited(query, edit("remove", query, A6)).neqs == (("B", "T"),)


def test_an_edit_of_another_query_is_an_error():
    with pytest.raises(QueryError, match="no atom"):
        edited(Q4, edit("remove", Q0, A2))


def test_names_that_the_query_gives_are_no_leaks():
    gold = next(iter(assignments(golden_world(), Q0)))
    assert leak(golden_world(), Q0, gold, "Is Mira Bridge by Ines Roth?") is None
    assert leak(golden_world(), Q4, gold, "Is MIRA BRIDGE by Ines Roth?") == "Mira Bridge"
    assert leak(golden_world(), Q0, gold, "What opened in 1931?") == "1931"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (Query(atoms=(Atom(T, "foundedIn", const(1966)),)), "this one has 2"),
        (Query(atoms=(Atom(T, "bornIn", const(1990)),), post=Post(op="COUNT")), "not for COUNT"),
    ],
)
def test_a_query_that_cannot_evolve_is_named(query, words):
    with pytest.raises(QueryError, match=words):
        evolve(golden_world(), query)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"plan": ("shorten",)}, "plan"),
        ({"growth": 0.5}, "growth"),
        ({"lax": 0}, "lax"),
        ({"tries": -1}, "tries"),
        ({"pages": 0}, "pages"),
    ],
)
def test_a_wrong_setting_is_named(settings, field):
    with pytest.raises(SettingError, match=f"^{field} = "):
        Evolving(**settings)


def test_rounds_are_not_negative():
    with pytest.raises(SettingError, match=r"^rounds = -1"):
        evolve(golden_world(), Q0, -1)


def test_an_evolution_is_a_pure_function_of_its_key(knowledge):
    query = first_question(knowledge, explore(knowledge, 1, 0))
    assert evolve(knowledge, query, 5, 1, 0) == evolve(knowledge, query, 5, 1, 0)


def test_an_evolution_goes_through_json(evolutions):
    for each in evolutions[:3]:
        assert msgspec.json.decode(msgspec.json.encode(each), type=type(each)) == each


def test_fewer_rounds_are_the_beginning_of_more(knowledge, evolutions):
    query = evolutions[0].questions[0]
    assert evolve(knowledge, query, 2, 1, 0).rounds == evolutions[0].rounds[:3]


def test_every_question_of_every_evolution_has_the_same_one_answer(knowledge, evolutions):
    for each in evolutions:
        answers = {answer_of(knowledge, query) for query in each.questions}
        assert len(answers) == 1
        assert len(answers.pop()) == 1


def test_every_evolution_loses_salience_and_never_reach(evolutions):
    for each in evolutions:
        bits = [one.salience for one in each.rounds]
        reaches = [one.essential_reach for one in each.rounds]
        assert bits == sorted(set(bits), reverse=True)
        assert reaches == sorted(reaches)
        assert each.rounds[-1].length <= each.rounds[0].length


def test_evolved_questions_are_farther_from_their_answers(evolutions):
    gained = [one.rounds[-1].essential_reach - one.rounds[0].essential_reach for one in evolutions]
    assert sum(gained) >= len(gained) / 2


def test_difficulty_in_a_world_is_what_the_set_algebra_says(knowledge, evolutions):
    for each in evolutions[:4]:
        for one in (each.rounds[2], each.rounds[-1]):
            assert one.essential_reach == essential_reach(knowledge, one.query)
            assert one.min_docs == min_docs(knowledge, one.query)
