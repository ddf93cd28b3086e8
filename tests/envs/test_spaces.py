"""The spaces of text: cheap, honest about lengths, and usable by Gymnasium's own tools."""

import copy
import time

import numpy as np
import pytest
from gymnasium.spaces import flatten, flatten_space, unflatten
from gymnasium.vector.utils import (
    batch_space,
    create_empty_array,
    create_shared_memory,
    read_from_shared_memory,
    write_to_shared_memory,
)

from webenvs.envs.spaces import SAMPLES, UnicodeText, action_space, observation_space


def test_any_character_is_in_the_space_and_only_the_length_counts():
    """T5: no page and no message falls out of the space because of its characters."""
    space = UnicodeText(5)
    for text in ("", "abcde", "é\u202e\ud800\x00", "\N{PILE OF POO}" * 5):
        assert space.contains(text)
    for wrong in ("abcdef", 3, None, b"abc", ["a"]):
        assert not space.contains(wrong)
    assert not UnicodeText(5, min_length=2).contains("a")


def test_contains_does_not_walk_over_the_text():
    """T5: Gymnasium's Text takes milliseconds for what is a look at a length here."""
    space, text = UnicodeText(2_000_000), "x" * 1_000_000
    before = time.process_time()
    for _ in range(1000):
        assert space.contains(text)
    assert time.process_time() - before < 0.5


def test_samples_are_short_seeded_and_in_the_space():
    """T4, T7: sampling costs the same however long a message may be."""
    space = UnicodeText(65_536, seed=1)
    drawn = [space.sample() for _ in range(200)]
    assert set(drawn) == set(SAMPLES)
    space.seed(1)
    assert [space.sample() for _ in range(200)] == drawn
    assert all(space.contains(text) for text in drawn)
    assert all(len(UnicodeText(3).sample()) <= 3 for _ in range(20))
    assert all(len(UnicodeText(50, min_length=40).sample()) >= 40 for _ in range(20))


def test_a_mask_changes_nothing():
    """PettingZoo's tests hand a mask to sample()."""
    one, other = UnicodeText(100, seed=3), UnicodeText(100, seed=3)
    assert one.sample(mask=None) == other.sample()


def test_spaces_are_equal_by_their_lengths():
    assert UnicodeText(5) == UnicodeText(5)
    assert UnicodeText(5) != UnicodeText(6)
    assert UnicodeText(5, min_length=1) != UnicodeText(5)
    assert UnicodeText(5) != "text"
    assert len({UnicodeText(5), UnicodeText(5), UnicodeText(6)}) == 2
    assert repr(UnicodeText(5)) == "UnicodeText(0, 5)"
    assert observation_space(100, 3) == observation_space(100, 3)


def test_bad_lengths_are_refused():
    with pytest.raises((ValueError, AssertionError)):
        UnicodeText(3, min_length=5)


def test_observations_flatten_to_code_points():
    space = observation_space(12, 3)
    seen = {"text": "aé\U0001f4a9", "turn": 1, "turns_left": 2, "live": 1}
    assert space.contains(seen)
    flat = flatten(space, seen)
    assert isinstance(flat, np.ndarray)
    assert flat in flatten_space(space)
    again = unflatten(space, flat)
    assert {key: int(again[key]) for key in ("turn", "turns_left", "live")} == {
        "turn": 1,
        "turns_left": 2,
        "live": 1,
    }
    assert again["text"].startswith("aé\U0001f4a9")


def test_spaces_batch():
    batched = batch_space(observation_space(10, 3), 4)
    seen = {
        "text": ("", "a", "b", "c"),
        "turn": np.zeros(4, np.int64),
        "turns_left": np.ones(4, np.int64),
        "live": np.ones(4, np.int64),
    }
    assert batched.contains(seen)
    assert len(create_empty_array(batch_space(action_space(9), 4), n=1)) == 4


def test_texts_in_shared_memory_are_those_written_last():
    """T8: Gymnasium's own reads every character, and the texts only once."""
    space = UnicodeText(20_000)
    memory = create_shared_memory(space, n=3)
    texts = read_from_shared_memory(space, memory, n=3)
    assert tuple(texts) == ("", "", "")
    for written in ("aé\U0001f4a9\ud800\x00", "", "x" * 20_000, "short again"):
        write_to_shared_memory(space, 1, written, memory)
        assert copy.deepcopy(texts) == ("", written, "")
        assert texts[1:] == (written, "")
    assert len(texts) == 3
