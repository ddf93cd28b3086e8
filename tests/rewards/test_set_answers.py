"""Set answers: how lists are read and how members are matched."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webenvs.rewards.members import set_exact, set_f1

GOLD = ("Bosnia and Herzegovina", "Serbia", "Washington, D.C.")
WORDS = st.lists(st.from_regex(r"[b-z]{4,8}", fullmatch=True), min_size=1, max_size=6, unique=True)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Serbia; Bosnia and Herzegovina; Washington, D.C.", 1.0),
        ("Serbia, Bosnia and Herzegovina and Washington DC", 1.0),
        ("Washington D.C., Serbia, and Bosnia and Herzegovina", 1.0),
        ("washington dc\r\nthe Serbia\n\nbosnia AND herzegovina\n", 1.0),
        ("Serbia、Bosnia and Herzegovina，Washington DC", 1.0),
        ('["Serbia", "Bosnia and Herzegovina", "Washington D.C."]', 1.0),
        ("Serbia", 2 / 4),
        ("Serbia, Serbia, SERBIA!", 2 / 4),
        ("Serbia and Croatia", 2 / 5),
        ("Bosnia; Serbia", 2 / 5),
        ("Serbia; ; and", 2 / 4),
        ("Croatia", 0.0),
        ("", 0.0),
        (";,and\n", 0.0),
        ("[[[[", 0.0),
        ('["Serbia", {}]', 2 / 4),
        ("\ud800", 0.0),
    ],
)
def test_lists_are_read_by_any_mark_and_gold_members_are_found_whole(said, value):
    assert set_f1(said, GOLD) == pytest.approx(value)
    assert set_exact(said, GOLD) == float(value == 1.0)


def test_numbers_in_a_json_list_are_members():
    assert set_f1("[1999, 2.5]", ["1999", "2.5"]) == 1.0


def test_members_match_one_to_one():
    aliases = {"New York City": ("NYC",)}
    golds = ["New York City", "Oslo"]
    assert set_f1("NYC; Oslo", golds, aliases) == 1.0
    # Two spellings of one member are two listed members, of which one is surplus.
    assert set_f1("NYC; New York City; Oslo", golds, aliases) == pytest.approx(4 / 5)


def test_an_ambiguous_alias_goes_where_it_is_needed():
    aliases = {"Georgia (country)": ("Georgia",), "Georgia (state)": ("Georgia", "Peach State")}
    golds = list(aliases)
    assert set_f1("Georgia; Peach State", golds, aliases) == 1.0
    assert set_f1("Peach State; Georgia", golds, aliases) == 1.0
    assert set_f1("Georgia; Georgia (country)", golds, aliases) == 1.0


def test_golds_that_differ_in_spelling_alone_are_one_member():
    assert set_exact("the red", ["Red", "red!"]) == 1.0


@given(WORDS, st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(members, draw):
    mixed = draw.sample(members, len(members))
    for text in ("; ".join(mixed), ", ".join(mixed), "\n".join(mixed), json.dumps(mixed)):
        assert set_f1(text, members) == 1.0
    assert set_f1(mixed[0], members) == set_f1(members[0], members)


@given(WORDS, WORDS)
def test_soft_f1_is_that_of_the_two_sets(said, golds):
    shared = len(set(said) & set(golds))
    assert set_f1("; ".join(said), golds) == pytest.approx(2 * shared / (len(said) + len(golds)))
