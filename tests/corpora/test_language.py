"""The language of a page is that of its body, not of the names and numbers it begins with."""

import pytest

from webenvs.corpora.language import CERTAIN, LEAST, language_of

ENGLISH = (
    "The river rises in the northern hills, flows past three old towns and a mill, and reaches the "
    "sea beside a lighthouse that was built by fishermen after a storm in the last century. "
)
GERMAN = (
    "Der Fluss entspringt in den Bergen des Nordens, fließt an drei alten Städten und einer Mühle "
    "vorbei und erreicht das Meer neben einem Leuchtturm, den Fischer nach einem Sturm bauten. "
)


HEADERS = "".join(
    f"Author: {name} <{name.lower()}@firma.de>\n"
    for name in ("Schmidt", "Müller", "Wagner", "Schäfer", "Köhler", "Zimmermann", "Weiß", "Groß")
)


@pytest.mark.parametrize("declared", ["", "en"])
def test_names_at_the_beginning_do_not_hide_the_language_of_the_body(declared):
    assert language_of(HEADERS, declared) != "en"
    assert language_of(HEADERS * 3 + ENGLISH * 20, declared) == "en"


def test_a_declaration_stands_unless_beginning_and_middle_agree_against_it():
    assert language_of(ENGLISH * 4 + GERMAN * 20, "fr") == "fr"
    assert language_of(GERMAN * 24, "fr") == "de"
    assert language_of(GERMAN * 2, "fr") == "de"


def test_a_short_text_is_what_it_is_declared_to_be():
    assert language_of(GERMAN[: CERTAIN - 1], "en") == "en"
    assert language_of(GERMAN[: LEAST - 1]) == ""
    assert language_of(GERMAN[:CERTAIN]) == "de"
