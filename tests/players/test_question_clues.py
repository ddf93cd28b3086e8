"""A question is taken apart into its start and the hops that lead on, nearest first."""

import pytest

from webenvs.players.script.clues import clues, innermost
from webenvs.players.script.comparison import comparison
from webenvs.players.script.names import key, names
from webenvs.players.script.plan import Plan, reports


def kinds_of(question):
    return [sorted(hop.kinds) for hop in clues(question).hops]


def test_hops_are_cut_at_every_the_and_come_nearest_first():
    found = clues("What is the population of the birthplace of the author of Red Sand?")
    assert found.start == "Red Sand"
    assert [hop.text for hop in found.hops] == ["author of", "birthplace of", "population of"]
    assert kinds_of("In which city was the author of Red Sand born?") == [["person"], ["city"]]


def test_a_verb_behind_the_name_goes_to_the_clause_that_waits_for_it():
    found = clues("How large is the country to which Ley belongs?")
    assert [hop.text for hop in found.hops] == ["country to which belongs", "How large is"]
    outer = clues("In which year was the author of Red Sand born?")
    assert outer.hops[-1].text == "In which year was born"


def test_a_second_sentence_goes_on_from_what_the_first_led_to():
    found = clues(
        "Take the club coached by Ann Lee. What is the capacity of the ground of that club?"
    )
    assert [hop.text for hop in found.hops] == ["club coached by", "ground of", "capacity of"]


def test_a_possessive_is_the_nearest_hop():
    assert [hop.text for hop in clues("When was the mayor of Ley's country born?").hops] == [
        "country",
        "mayor of",
        "When was born",
    ]


def test_a_word_before_a_name_only_describes_it():
    assert kinds_of("Where is the source of the river Ley?") == [[]]


def test_further_names_and_years_are_conditions():
    found = clues("Who was born in Ley and studied at Hill College in 1902?")
    assert (found.start, [name for name, _ in found.also]) == ("Ley", ["Hill College", "1902"])


def test_a_question_without_a_name_starts_at_its_longest_word():
    assert clues("which outbreaks killed most?").start == "outbreaks"
    assert clues("").start == "nothing"


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("In which year was Ley founded?", "year"),
        ("When did Ann Lee die?", "year"),
        ("How many people live in Ley?", "number"),
        ("What is the population of Ley?", "number"),
        ("Who wrote Red Sand?", "person"),
        ("Is Ley a town?", "yesno"),
        ("What does Ann Lee like?", "thing"),
    ],
)
def test_the_last_sentence_says_what_is_wanted(question, wants):
    assert clues(question).wants == wants


def test_the_innermost_clause_is_a_question_of_its_own():
    question = "What is the population of the birthplace of the author of Red Sand?"
    assert innermost(question) == ("the author of Red Sand", "Who is the author of Red Sand?")
    assert innermost("Where is the city in which Ann Lee lived?") is None
    assert innermost("Who wrote Red Sand?") is None
    assert innermost("who was the first of the two?") is None


def test_an_open_clause_keeps_its_verb():
    question = "How large is the country to which the Ley river belongs now?"
    assert innermost(question) is None
    found = innermost("Who leads the land of the town where Ann Lee lived once?")
    assert found == ("the town where Ann Lee lived", "What is the town where Ann Lee lived?")


def test_names_are_runs_of_capitals_without_the_opening_word():
    text = 'In May the Bridge of Ley and Ann Lee\'s song "red sand" met Bo. It rained.'
    assert [name for _, _, name in names(text)] == ["Bridge of Ley", "Ann Lee", "red sand", "Bo"]
    assert [name for _, _, name in names("The Ley is long.")] == ["The Ley"]
    assert [name for _, _, name in names("The rain fell on Ley.")] == ["Ley"]


def test_spellings_of_a_name_share_a_key():
    assert key("The Ley (river)") == key("ley") == key("Ley's")


@pytest.mark.parametrize(
    ("question", "scale", "lowest"),
    [
        ("Which band was formed first, Red Sand or Blue Ink?", "year", True),
        ("Who is younger, Ann Lee or Bo Dean?", "year", False),
        ("Which river is longer, Ley or Orr?", "number", False),
        ("Which hill is smaller, Ley or Orr?", "number", True),
        ("Which is a river, Ley or Orr?", "fit", False),
        ("Are Ley and Orr both rivers?", "yesno", False),
    ],
)
def test_a_comparison_says_its_scale_and_direction(question, scale, lowest):
    found = comparison(question)
    assert (found.scale, found.lowest) == (scale, lowest)


def test_most_questions_compare_nothing():
    assert comparison("Who wrote Red Sand?") is None
    assert comparison("Who wrote Red Sand and Blue Ink?") is None


def test_a_plan_puts_a_report_in_the_place_of_its_clause():
    plan = Plan("Who leads the city that is the setting of Red Sand?", delegations=9)
    steps = plan.run()
    assert next(steps) == [plan.question, "What is the setting of Red Sand?"]
    assert steps.send(["Ann Lee", "Ley"]) == ["Who leads Ley?"]
    with pytest.raises(StopIteration):
        steps.send(["Bo Dean"])
    assert plan.answer == "Ann Lee"


def test_a_plan_takes_the_clauses_answer_when_the_whole_has_the_wrong_kind():
    plan = Plan("In which year was the author of Red Sand born?", delegations=9)
    steps = plan.run()
    next(steps)
    assert steps.send(["Ley", "Ann Lee"]) == ["In which year was Ann Lee born?"]
    with pytest.raises(StopIteration):
        steps.send(["1902"])
    assert plan.answer == "1902"


def test_reports_that_say_nothing_are_empty():
    text = (
        "[delegate] Ley\nAnn Lee: She lived in Ley.\n\n[delegate] unknown\n\n"
        "[delegate] The worker ended without a report (turn_limit).\n\n"
        "[delegate] Not executed: all 2 calls of delegate are used.\n\n"
        "[delegate] You made this call before. Its result:\nOrr"
    )
    assert reports(text) == ["Ley", "", "", "", "Orr"]


def test_reports_that_are_late_or_lost_are_no_values():
    seen = (
        "[delegate] Tarn\nsays the page",
        "[delegate] The report is still on its way; it will come with a later message.",
        "[delegate] No report has come: it was lost on its way. You can delegate the task again.",
        "[delegate] The worker failed before it could report. You can delegate the task again.",
        "[delegate] Late report on the task 'Who?':\nIlsa Veit",
    )
    assert reports("\n\n".join(seen)) == ["Tarn", "", "", ""]
