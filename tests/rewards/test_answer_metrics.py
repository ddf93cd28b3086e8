"""The answer metrics: bounds, identities, the default by type, and hand-written cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webenvs.errors import UnknownNameError
from webenvs.records import Episode, Task
from webenvs.rewards import normal
from webenvs.rewards.answer import METRICS, answer, checked, metric, score

TEXTS = st.text(max_size=30) | st.from_regex(r"[-$a-z0-9 ,.;]{0,20}", fullmatch=True)
SELF_RIGHT = ["exact", "musique_f1", "substring", "normalised", "number", "date", "yesno"]


def task(*answers, **fields):
    return Task(question="q", answers=answers, **fields)


@pytest.mark.parametrize("name", METRICS)
@given(said=TEXTS, golds=st.lists(TEXTS, max_size=3))
def test_every_metric_lies_between_0_and_1(name, said, golds):
    assert 0.0 <= metric(name)(said, golds) <= 1.0


@pytest.mark.parametrize("name", METRICS)
def test_without_a_gold_nothing_is_right(name):
    assert metric(name)("x", []) == 0.0


@pytest.mark.parametrize("name", SELF_RIGHT)
@given(gold=TEXTS, others=st.lists(TEXTS, max_size=2))
def test_a_gold_answers_itself_whatever_stands_beside_it(name, gold, others):
    assert metric(name)(gold, [*others, gold]) == 1.0


@pytest.mark.parametrize("name", [name for name in METRICS if not name.startswith("set")])
@given(said=TEXTS, golds=st.lists(TEXTS, min_size=1, max_size=3))
def test_a_metric_is_the_best_over_its_golds(name, said, golds):
    assert metric(name)(said, golds) == max(metric(name)(said, [gold]) for gold in golds)


@given(st.text(max_size=40))
def test_both_normal_forms_are_their_own_normal_form(text):
    assert normal.extended(normal.extended(text)) == normal.extended(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The Eiffel Tower!", "eiffel tower", True),
        ("ﬁve", "five", True),
        ("STRASSE", "straße", True),
        ("O’Brien", "O'Brien", True),
        ("«Paris»", "Paris", True),
        ("東京。", "東京", True),
        ("Zoe\u0308", "Zoë", True),
        ("café", "cafe", False),
        ("A", "The", False),
        ("+", "-", False),
        ("", "the", False),
    ],
)
def test_the_extended_form_folds_what_spelling_alone_tells_apart(one, other, same):
    assert metric("normalised")(one, [other]) == float(same)


@pytest.mark.parametrize(
    ("said", "gold", "right"),
    [
        ("It is the Eiffel Tower.", "Eiffel tower", 1.0),
        ("Eiffel", "Eiffel tower", 0.0),
        ("anything", "the", 0.0),
        ("", "the", 1.0),
    ],
)
def test_substring_wants_the_gold_inside_the_answer(said, gold, right):
    assert metric("substring")(said, [gold]) == right


@pytest.mark.parametrize(
    ("said", "gold", "right"),
    [
        ("Yes.", "yes", 1.0),
        ("True", "yes", 1.0),
        ("No, it is not true", "no", 1.0),
        ("yes and no", "yes", 0.0),
        ("maybe", "no", 0.0),
        ("", "no", 0.0),
        ("perhaps", "Perhaps", 1.0),
    ],
)
def test_yes_and_no_are_read_from_the_first_word(said, gold, right):
    assert metric("yesno")(said, [gold]) == right


@pytest.mark.parametrize(
    ("answer_type", "gold", "said"),
    [
        ("text", "Eiffel Tower", "the eiffel tower"),
        ("number", "1200", "$1,200.00"),
        ("date", "1999-03-03", "March 3rd, 1999"),
        ("yesno", "yes", "Yes, it is"),
    ],
)
def test_the_default_metric_follows_the_answer_type(answer_type, gold, said):
    assert score(task(gold, answer_type=answer_type), said) == 1.0
    assert score(task("other", answer_type="text"), said) == 0.0


def test_the_default_metric_of_a_set_is_soft_f1():
    assert score(task("red", "green", answer_type="set"), "green, blue") == 0.5


def test_aliases_count_as_golds():
    named = task("New York City", aliases={"New York City": ("NYC", "Big Apple")})
    assert score(named, "nyc") == score(named, "the Big Apple", "exact") == 1.0
    members = task("New York City", "Oslo", answer_type="set", aliases=named.aliases)
    assert score(members, "Oslo; NYC") == score(members, "Oslo; NYC", "set_exact") == 1.0


def test_a_text_metric_compares_a_set_with_its_members_joined():
    colours = task("red", "green", answer_type="set")
    assert score(colours, "red; green", "gaia") == 1.0
    assert score(colours, "green red", "f1") == 1.0
    assert score(colours, "red", "exact") == 0.0


def test_a_set_metric_takes_the_golds_of_other_tasks_for_one_member():
    either = task("one", "one season")
    assert score(either, "one season", "set_f1") == score(either, "one", "set_f1") == 1.0
    assert score(either, "one; two", "set_f1") == pytest.approx(2 / 3)


def test_the_answer_term_is_0_until_there_is_an_answer():
    begun = Episode(env="e", settings={}, corpus="c", task="t", seed=0)
    done = Episode(env="e", settings={}, corpus="c", task="t", seed=0, answer="A spirit")
    assert answer(task("spirit"), begun, "any") == 0.0
    assert answer(task("spirit"), done, "any") == 1.0
    assert answer(task("a evil spirit"), done, "any", name="f1") == pytest.approx(2 / 3)


def test_an_unknown_metric_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="Did you mean 'exact'"):
        metric("exatc")
    with pytest.raises(UnknownNameError, match="There is no metric 'auto'"):
        metric("auto")
    assert checked("auto") == "auto"
