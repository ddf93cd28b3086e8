"""What a request asks step by step, and what lines of pages solve of it."""

import pytest

from webenvs.envs.features.asked import asked
from webenvs.envs.features.knowledge import TRIES, Knowledge
from webenvs.envs.features.reading import hits_in, leaf_of, value_of
from webenvs.envs.features.solving import SURE, Solver

PAGE = """Alba
https://small.example/alba (page 1 of 1)

The Alba is a river. Its mouth was described by Ilsa Veit.

Length in kilometres: 427
Source: Monte Corvo

Links:
[0] Monte Corvo -> https://small.example/corvo
[1] Ilsa Veit -> https://small.example/veit"""
HITS = """1. Alba
   https://small.example/alba
   The Alba is a river. Length in kilometres: 427 Source: Monte Corvo
2. Index of rivers
   https://small.example/rivers
   A list of rivers."""


def solved(request, *results):
    """A solver that has read these (tool, value, content)."""
    known = Knowledge(request)
    for result in results:
        known.learn(*result)
    solver = Solver(known)
    solver.update()
    return solver


def sought(request):
    """(type, kinds, [what each tie starts from]) of every step."""
    return [
        (
            step.type,
            set(step.kinds),
            [tie.step if tie.step >= 0 else tie.anchor for tie in step.ties],
        )
        for step in asked(request).steps
    ]


def test_a_question_of_one_fact_has_one_step():
    assert sought("In which year was Ilsa Veit born?") == [("year", set(), ["Ilsa Veit"])]


def test_a_chain_has_a_step_for_everything_that_is_sought():
    assert sought("What is the birthplace of the mentor of Ilsa Veit?") == [
        ("name", {"person"}, ["Ilsa Veit"]),
        ("name", {"city"}, [0]),
    ]


def test_conditions_on_one_thing_are_ties_of_one_step():
    request = "Who was born in Tarn and was employed by Corvo Mills?"
    assert sought(request) == [("name", {"person"}, ["Tarn", "Corvo Mills"])]


def test_a_part_of_a_thing_is_no_step_of_its_own():
    request = "How many spectators fit into the stadium of Brena Rangers?"
    assert sought(request) == [("number", set(), ["Brena Rangers"])]


def test_what_the_grammar_cannot_read_starts_from_its_first_name():
    assert sought("How many metres above the sea is Brena?") == [("number", set(), ["Brena"])]


@pytest.mark.parametrize("request_", ["", "?", "why", "1860s", "Rivers, rivers, rivers."])
def test_any_text_has_a_step(request_):
    assert asked(request_).steps


@pytest.mark.parametrize(
    ("request_", "wants"),
    [
        ("When did the Brena Fair open?", "date"),
        ("In which year was Brena founded?", "year"),
        ("How long is the Alba?", "number"),
        ("Who is the mayor of Brena?", "name"),
        ("Is Brena a town?", "yesno"),
    ],
)
def test_the_type_of_an_answer_is_told_from_the_question(request_, wants):
    assert asked(request_).wants == wants


def test_a_labelled_line_of_its_page_solves_a_step():
    found = solved("How long is the Alba?", ("fetch", "u", PAGE)).found[-1]
    assert found[0].text == "427"
    assert found[0].strength >= SURE


def test_a_line_of_a_snippet_solves_a_step_too():
    solver = solved("How long is the Alba?", ("search", "q", HITS))
    assert solver.found[-1][0].text == "427"


def test_nothing_is_solved_before_anything_is_read():
    solver = solved("How long is the Alba?")
    assert (solver.progress, solver.open_step, solver.found) == (0.0, 0, [[]])


def test_a_step_is_not_solved_by_a_line_about_something_else():
    solver = solved("How long is the Brena?", ("fetch", "u", PAGE))
    assert solver.found == [[]]


def test_learning_bit_by_bit_finds_what_learning_at_once_finds():
    request = "Where is the source of the Alba?"
    results = [("search", "q", HITS), ("fetch", "u", PAGE)]
    known = Knowledge(request)
    stepwise = Solver(known)
    for result in results:
        known.learn(*result)
        stepwise.update()
    assert stepwise.found == solved(request, *results).found


def test_a_call_that_fails_is_done_only_after_some_tries():
    known = Knowledge("How long is the Alba?")
    for tries in range(1, TRIES + 1):
        known.learn("search", "q", "The connection timed out. You can try again.")
        assert (("search", "q") in known.done) == (tries == TRIES)


def test_a_late_report_answers_the_task_that_it_names():
    known = Knowledge("Where was the mayor of Brena born?")
    known.learn("delegate", "Who is it?", "The report is still on its way; it comes later.")
    known.learn("search", "q", HITS)
    known.learn("search", "r", "Late report on the task 'Who is it?':\nIlsa Veit")
    assert known.reports == {"Who is it?": "Ilsa Veit"}
    assert ("search", "r") not in known.done


def test_names_that_lead_to_one_page_are_one():
    known = Knowledge("How long is the Alba?")
    page = PAGE.replace("] Monte Corvo ->", "] the Peak ->")
    known.learn("fetch", "u", page)
    known.learn(
        "fetch", "v", "Monte Corvo\nhttps://small.example/corvo (page 1 of 1)\n\nIt is high."
    )
    assert set(known.keys("peak")) == {"peak", "monte corvo"}
    assert known.is_read("peak")


def test_menus_of_a_site_say_nothing():
    page = "A\nhttps://a.example/ (page 1 of 1)\n\nHome · Great News · Find Us"
    assert leaf_of(page).given == {}


@pytest.mark.parametrize(
    ("report", "value"),
    [
        ("Tarn\nIlsa Veit: born in Tarn.", "Tarn"),
        ("Late report on the task 'x':\nTarn", "Tarn"),
        ("unknown", ""),
        ("The report is still on its way; it will come with a later message.", ""),
        ("word " * 50, ""),
    ],
)
def test_the_value_of_a_report_is_its_first_short_line(report, value):
    assert value_of(report) == value


@pytest.mark.parametrize(
    "layout",
    [
        "1. [Alba](<https://a.example/>): A river.",
        "<url>https://a.example/</url>\n<title>Alba</title>\n<snippet>A river.</snippet>",
        "Text: A river.\nSource: https://a.example/\nName: Alba",
        "| 1 | Alba | https://a.example/ | A river. |",
        "https://a.example/ - Alba - A river. [1]",
        '{"results": [{"title": "Alba", "link": "https://a.example/", "description": "A river."}]}',
        '{"title": "Alba", "link": "https://a.example/", "description": "A river."}',
    ],
)
def test_hits_are_read_in_every_layout(layout):
    assert hits_in(layout) == (("Alba", "https://a.example/", "A river."),)
