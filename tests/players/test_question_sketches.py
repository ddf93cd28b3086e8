"""A question becomes a sketch: the things it speaks of, and the words that tie them."""

import pytest

from webenvs.players.script.grammar import sketch_of
from webenvs.players.script.notes import says
from webenvs.players.script.solving import solvable


def ties_of(question):
    """The ties of a sketch, each thing by its name, or else by its noun."""
    sketch = sketch_of(question)
    said = [thing.name or thing.noun for thing in sketch.things]
    return [(said[tie.one], tie.words, said[tie.other]) for tie in sketch.ties]


def target_of(question):
    sketch = sketch_of(question)
    return sketch.things[sketch.target].noun


def test_nested_phrases_become_a_chain_that_ends_at_a_name():
    assert ties_of("What is the year of birth of the mayor of Ley?") == [
        ("mayor", "mayor", "Ley"),
        ("year of birth", "year of birth", "mayor"),
    ]


def test_two_conditions_are_tied_to_one_thing():
    question = "Which club plays in Kelm and is sponsored by Fonet Press?"
    assert target_of(question) == "club"
    assert ties_of(question) == [
        ("club", "plays in", "Kelm"),
        ("club", "is sponsored by", "Fonet Press"),
    ]


def test_a_condition_behind_and_belongs_to_the_innermost_clause():
    assert ties_of("Who wrote a book that was published in 1902 and is set in Ley?") == [
        ("book", "was published in", "1902"),
        ("book", "is set in", "Ley"),
        ("person", "wrote", "book"),
    ]


def test_and_who_goes_back_to_the_person():
    assert ties_of("Which river did a person who wrote a book set in Ley, and who won Ink, cross?")[
        1:3
    ] == [("person", "wrote", "book"), ("person", "won", "Ink")]


def test_a_clause_whose_verb_comes_last_ties_its_subject_to_the_place():
    assert ties_of("Who leads the city in which the club sponsored by Ale Works plays?") == [
        ("club", "sponsored by", "Ale Works"),
        ("club", "plays in", "city"),
        ("person", "leads", "city"),
    ]


def test_earlier_sentences_introduce_what_the_last_one_speaks_of():
    question = (
        "Take a person (person A) who was born in Ley. Consider also the city where the Ink Prize "
        "is given. When did person A move to it?"
    )
    assert ties_of(question) == [
        ("person", "was born in", "Ley"),
        ("Ink Prize", "is given", "city"),
        ("year when", "move to it", "person"),
    ]


def test_a_name_that_is_described_is_one_thing():
    sketch = sketch_of("Take Ley, a city that has 9,042 inhabitants. How many people live in Ley?")
    assert [thing.name for thing in sketch.things] == ["Ley", "9,042", ""]
    assert sketch.ties[-1].other == 0


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Which river has a length of between 20 and 30 kilometres?", "20-30"),
        ("Who was born in the 1860s?", "1860s"),
        ("Which museum was opened on 7 June 1872?", "7 June 1872"),
    ],
)
def test_values_are_read_as_one(question, value):
    assert [thing.name for thing in sketch_of(question).things if thing.value] == [value]


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("Length: 25 kilometres", "20-30", True),
        ("Length: 35 kilometres", "20-30", False),
        ("Born: 1864", "1860s", True),
        ("Born: 1874", "1860s", False),
        ("Staff: 1,155", "155", False),
        ("Staff: 155", "155", True),
    ],
)
def test_a_text_says_a_value_a_decade_or_a_range(text, value, said):
    assert says(text, value) is said


def test_a_title_goes_on_behind_and_the():
    found = sketch_of("Who wrote the paper Salt Wires and the Ley Effect?").things
    assert [thing.name for thing in found if thing.name] == ["Salt Wires and the Ley Effect"]


def test_a_question_tied_to_no_name_is_not_solvable():
    assert solvable(sketch_of("Who leads Ley?"))
    assert not solvable(sketch_of("Who leads a city?"))
    assert not solvable(sketch_of("Is Ley a town?"))
    assert not solvable(sketch_of(""))
