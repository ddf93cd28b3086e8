"""Chance: pinned draws, uniform enough, and independent of everything but the key."""

import random
from collections import Counter

import numpy as np
import pytest

from webenvs import seeding


def test_canonical_json_has_one_spelling():
    assert seeding.canonical_json({"b": 1, "a": ["é", 2.5, None, True]}) == (
        '{"a":["é",2.5,null,true],"b":1}'.encode()
    )
    assert seeding.canonical_json({"a": 1, "b": 2}) == seeding.canonical_json({"b": 2, "a": 1})


def test_draws_are_pinned_so_that_no_machine_differs():
    """SHA-256 of the canonical JSON of the key; these values must never change."""
    digest = "bf49b1a4a2db15ef9f5fb020c09794f97ce24b6a155c4a35e852595c39f8946f"
    assert seeding.digest([7, "task"]) == digest  # printf '[7,"task"]' | sha256sum
    assert seeding.uniform(7, "task") == int(digest[:16], 16) / 2**64
    assert seeding.integer(1000, 7, "task") == int(digest[:32], 16) % 1000
    assert seeding.uniform(0, "a") == 0.4541693152310098
    assert seeding.integer(1000, 0, "a") == 690
    assert seeding.choice("abcdef", 1, "letter") == "c"
    assert seeding.shuffled(range(6), 1, "order") == (2, 5, 0, 1, 3, 4)
    bulk = seeding.generator(3, "bulk").random(2).tolist()
    assert bulk == [0.5653809821662763, 0.18049406146949099]


def test_a_draw_is_uniform():
    draws = [seeding.uniform(n, "uniform") for n in range(4000)]
    assert all(0 <= draw < 1 for draw in draws)
    assert abs(sum(draws) / 4000 - 0.5) < 0.02
    counts = Counter(seeding.integer(10, n, "integer") for n in range(4000))
    assert set(counts) == set(range(10))
    assert all(320 < count < 480 for count in counts.values())


def test_keys_that_differ_in_one_part_are_independent():
    """T12: neighbouring seeds share nothing."""
    one = [seeding.integer(1000, seed, "task") for seed in range(300)]
    other = [seeding.integer(1000, seed + 1, "task") for seed in range(300)]
    assert sum(a == b for a, b in zip(one, other, strict=True)) <= 3
    assert sum(a == b for a, b in zip(one[1:], other[:-1], strict=True)) == 299
    splits = [seeding.integer(1000, seed, "test") for seed in range(300)]
    assert sum(a == b for a, b in zip(one, splits, strict=True)) <= 3


def test_text_and_number_are_different_keys():
    assert seeding.uniform(1) != seeding.uniform("1")
    assert seeding.uniform("a", "b") != seeding.uniform("ab")


def test_shuffled_is_a_permutation_that_depends_on_the_key():
    orders = {seeding.shuffled(range(4), seed) for seed in range(400)}
    assert len(orders) == 24
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
    assert seeding.shuffled(["x", "x"], 3) == ("x", "x")
    assert seeding.shuffled([], 3) == ()


def test_a_bound_below_one_is_refused():
    with pytest.raises(ValueError, match="bound = 0 is not allowed: bound must be at least 1"):
        seeding.integer(0, "key")


def test_generators_are_keyed_and_of_their_own():
    before = random.getstate(), repr(np.random.get_state())
    one = seeding.generator(3, "bulk").random(1000)
    assert (one == seeding.generator(3, "bulk").random(1000)).all()
    assert not (one == seeding.generator(4, "bulk").random(1000)).any()
    assert (random.getstate(), repr(np.random.get_state())) == before
