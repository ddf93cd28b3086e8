"""What numbers and dates are read out of short texts, and when two of them are the same."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webenvs.rewards import date, number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        ("1,234.5", Fraction("1234.5")),
        ("12 000", 12000),
        ("$1,234", 1234),
        ("-$5", -5),
        ("€ 5", 5),
        ("12%", 12),
        ("−4", -4),
        (".5", Fraction(1, 2)),
        ("1e3", 1000),
        ("5km", 5),
        ("42nd", 42),
        ("about 42 people.", 42),
        ("3.5M", 3_500_000),
        ("$3.5bn", 3_500_000_000),
        ("12k people", 12_000),
        ("2Mn", 2_000_000),
        ("7b", 7 * 10**9),
        ("1.5t", 15 * 10**11),
        ("2tn", 2 * 10**12),
        ("1e3k", 1_000_000),
        ("5 m", 5),
        ("5m²", 5),
        ("510km²", 510),
        ("5mm", 5),
        ("No. 1", 1),
        ("no 1", 1),
        ("not 5 but 6", 6),
        ("3.5million", 3_500_000),
        ("1e999", 10**999),
        ("forty-two", 42),
        ("two hundred and five", 205),
        ("one thousand, two hundred", 1200),
        ("three million", 3_000_000),
        ("3.5 million", 3_500_000),
        ("a hundred", 100),
        ("hundred million", 100_000_000),
        ("minus four", -4),
        ("zero", 0),
        ("5 (five)", 5),
        ("٣", None),
        ("", None),
        ("many", None),
        ("minus", None),
        ("three minus two", None),
        ("B52", None),
        ("B52k", None),
        ("No one", None),
        ("no-one.", None),
        ("not two hundred", None),
        ("It isn't 5", None),
        ("nobody", None),
        ("12k-15k", None),
        ("1.2.3k", None),
        ("1e999999", None),
        ("1e-1000", None),
        ("1e3.5", None),
        ("1.2.3", None),
        ("1.234,5", None),
        ("1,2", None),
        ("between 3 and 5", None),
        ("1999-2001", None),
        ("nineteen ninety", None),
        ("two thousand million", None),
        ("3.5 hundred two 7", None),
        ("4 " + "x" * 200, None),
    ],
)
def test_a_text_states_one_number_or_none(text, value):
    assert number.read(text) == value


@pytest.mark.parametrize(
    ("said", "gold", "right"),
    [
        ("3.5M", "3.5B", 0.0),
        ("3.5M", "3.5 million", 1.0),
        ("3,500,000", "3.5M", 1.0),
        ("12k", "12", 0.0),
        ("12k", "12,000", 1.0),
        ("No one", "1", 0.0),
        ("1e999999", "1", 0.0),
    ],
)
def test_a_scale_counts_and_what_is_no_number_is_wrong(said, gold, right):
    assert number.number(said, [gold]) == right


@given(st.integers(-(10**12), 10**12))
def test_thousands_separators_change_nothing(value):
    assert number.number(f"{value:,}", [str(value)]) == 1.0
    assert number.number(f"{value + 1:,}", [str(value)]) == 0.0


def test_equality_is_exact_unless_a_tolerance_is_given():
    assert number.number("3.1416", ["3.14159"]) == 0.0
    assert number.number("3.1416", ["3.14159"], tolerance=1e-3) == 1.0
    assert number.number("0.3", ["0.30"]) == 1.0
    assert number.number("101", ["100"], tolerance=0.01) == 1.0
    assert number.number("102", ["100"], tolerance=0.01) == 0.0


@pytest.mark.parametrize("module", [number, date])
def test_a_gold_that_cannot_be_read_is_compared_as_text(module):
    compare = getattr(module, module.__name__.rpartition(".")[2])
    assert compare("Countless!", ["countless"]) == 1.0
    assert compare("7", ["countless"]) == 0.0
    assert compare("countless", ["1999"]) == 0.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1999-03-03", (1999, 3, 3)),
        ("1999-03-03T12:00:00Z", (1999, 3, 3)),
        ("1999/3/4", (1999, 3, 4)),
        ("3 March 1999", (1999, 3, 3)),
        ("on the 3rd of March, 1999 at noon", (1999, 3, 3)),
        ("March 3, 1999", (1999, 3, 3)),
        ("July the 4th, 1776", (1776, 7, 4)),
        ("Dec. 10, 1817", (1817, 12, 10)),
        ("14 December 1972 UTC", (1972, 12, 14)),
        ("14/3/1999", (1999, 3, 14)),
        ("3/14/1999", (1999, 3, 14)),
        ("3.3.1999", (1999, 3, 3)),
        ("March 1999", (1999, 3)),
        ("Sept. of 2001", (2001, 9)),
        ("1999-03", (1999, 3)),
        ("1999", (1999,)),
        ("in 1999.", (1999,)),
        ("1999 (MCMXCIX), 1999", (1999,)),
        ("476", (476,)),
        ("15 March 44 B.C.", (-44, 3, 15)),
        ("44 BCE", (-44,)),
        ("AD 79", (79,)),
        ("29 February 2000", (2000, 2, 29)),
        ("29 Feb 1900", None),
        ("31 April 1999", None),
        ("0 May 1999", None),
        ("2001-13-01", None),
        ("3/4/1999", None),
        ("14/15/1999", None),
        ("March 3", None),
        ("3 seasons", None),
        ("between 1999 and 2001", None),
        ("1999-2001", None),
        ("the 1990s", None),
        ("0", None),
        ("", None),
        ("1999" + " " * 200, None),
    ],
)
def test_a_text_states_one_date_or_none(text, value):
    assert date.read(text) == value


@pytest.mark.parametrize(
    ("said", "gold", "right"),
    [
        ("3 March 1999", "1999", 1.0),
        ("3 March 1999", "March 1999", 1.0),
        ("March 3, 1999", "1999-03-03", 1.0),
        ("1999", "3 March 1999", 0.0),
        ("March 1999", "3 March 1999", 0.0),
        ("4 March 1999", "1999-03-03", 0.0),
        ("44 AD", "44 BC", 0.0),
    ],
)
def test_the_gold_decides_how_precise_an_answer_must_be(said, gold, right):
    assert date.date(said, [gold]) == right


@given(st.dates())
def test_every_day_reads_the_same_in_every_spelling(day):
    spellings = [
        day.isoformat(),
        f"{day.day} {day:%B} {day.year:04d}",
        f"{day:%B} {day.day}, {day.year:04d}",
        f"{day:%b} {day.day} {day.year:04d}",
    ]
    assert {date.read(text) for text in spellings} == {(day.year, day.month, day.day)}
