"""The chance of one call: keyed as the specification says, the same as a plain keyed draw."""

import math

import pytest

from webenvs.noise.draw import Draw, bound_of, spelling
from webenvs.seeding import uniform

KEY = (7, "search", {"q": "brenn capital"})


@pytest.mark.parametrize(
    ("occurrence", "drawn"),
    [(0, 0.6967384243782078), (1, 0.14627556605517095), (2, 0.5200346442221204)],
)
def test_the_draws_are_those_of_the_specification(occurrence, drawn):
    """Golden numbers G11: the SHA-256 of [seed, tool, arguments, occurrence]."""
    assert Draw(*KEY, occurrence).uniform() == drawn


@pytest.mark.parametrize(
    "names", [(), ("timeout",), ("drop", "https://é.example/\N{PILE OF POO}"), (3,)]
)
def test_a_draw_is_the_keyed_draw_of_the_key_and_the_names(names):
    assert Draw(*KEY, 0).uniform(*names) == uniform(*KEY, 0, *names)


def test_the_order_of_arguments_does_not_count():
    one = Draw(1, "fetch", {"url": "u", "page": 2}, 0)
    other = Draw(1, "fetch", {"page": 2, "url": "u"}, 0)
    assert one.uniform("x") == other.uniform("x")


def test_whole_numbers_lie_below_their_bound_and_take_every_value():
    drawn = [Draw(seed, "x").integer(5, "n") for seed in range(200)]
    assert set(drawn) == {0, 1, 2, 3, 4}


def test_a_choice_is_one_of_the_items_and_hangs_on_the_names():
    draw = Draw(1, "x")
    assert {draw.choice("abc", n) for n in range(50)} == set("abc")
    assert draw.choice("abc", 3) == draw.choice("abc", 3)


def test_a_shuffle_keeps_all_items_and_hangs_on_the_key():
    orders = {Draw(seed, "x").shuffled("abcd", "order") for seed in range(60)}
    assert all(sorted(order) == list("abcd") for order in orders)
    assert len(orders) > 15


RATES = [0.0, 1e-300, 2**-64, 1e-9, 0.05, 0.1, 1 / 3, 0.5, 0.9, 1 - 2**-53, 1.0]


@pytest.mark.parametrize("rate", RATES)
def test_a_draw_is_below_a_rate_as_its_number_is(rate):
    draw = Draw(*KEY, 0)
    for number in range(400):
        name = f"kind{number}"
        assert draw.below(spelling(name), bound_of(rate)) == (draw.uniform(name) < rate)


def test_a_draw_is_not_below_itself_but_below_the_next_number():
    draw = Draw(*KEY, 0)
    for number in range(400):
        name = f"kind{number}"
        value = draw.uniform(name)
        assert not draw.below(spelling(name), bound_of(value))
        assert draw.below(spelling(name), bound_of(math.nextafter(value, 2)))


def test_two_names_are_spelled_as_they_are_drawn():
    draw, names = Draw(*KEY, 0), ("drop", 'a "quoted" url ü')
    rates = (draw.uniform(*names), 1.0)
    assert [draw.below(spelling(*names), bound_of(rate)) for rate in rates] == [False, True]


def test_no_draw_at_all_escapes_a_rate_of_one():
    assert bound_of(1.0) > b"\xff" * 32
    assert bound_of(0.0) <= bytes(32)
