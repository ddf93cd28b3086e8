"""What the workers' side holds of the messages that it sampled."""

import math

import pytest

from baselines.grpo.decoupled.cache import Cache, fingerprint
from baselines.grpo.decoupled.store import StoreError
from baselines.grpo.policy import Prompt, Sampled

# The mask example of the specification: a worker with a tool's answer and a summary instruction.
OPENING, FIRST, TOOL = (1, 6, 7), (30, 31, 9), (4, 40, 41, 42, 5)
SECOND, ASKED, THIRD = (32, 9), (4, 50, 5), (33, 34, 9)
MASK = (0,) * 3 + (1,) * 3 + (0,) * 5 + (1,) * 2 + (0,) * 3 + (1,) * 3


@pytest.fixture
def cache(tmp_path):
    cache = Cache(tmp_path / "cache.db")
    yield cache
    cache.close()


def said(*token_ids):
    return Sampled(token_ids=token_ids, logprobs=(-0.5,) * len(token_ids), finish="stop")


def ask(token_ids, context="w"):
    return Prompt(context=context, token_ids=tuple(token_ids), key=("k",), limit=9, stops=(9,))


def turn(cache, before, message, *, batch=0, version=0, context="w"):
    cache.keep(batch, [ask(before, context)], [said(*message)], version)
    return (*before, *message)


def play(cache, context="w", **fields):
    seen = turn(cache, OPENING, FIRST, context=context, **fields)
    seen = turn(cache, (*seen, *TOOL), SECOND, context=context, **fields)
    return turn(cache, (*seen, *ASKED), THIRD, context=context, **fields)


def only(cache, batch=0):
    (held,) = cache.trajectories(batch).values()
    return held


def test_messages_are_joined_with_what_was_read_between_them(cache):
    assert play(cache) == only(cache).token_ids


def test_the_mask_marks_exactly_what_was_sampled(cache):
    play(cache)
    assert only(cache).loss_mask == MASK


def test_the_prompt_is_what_was_read_first(cache):
    play(cache)
    assert only(cache).prompt_len == 3


def test_log_probs_stand_where_tokens_were_sampled(cache):
    play(cache)
    assert [math.isfinite(value) for value in only(cache).logprobs] == [bool(m) for m in MASK]


def test_a_trajectory_is_found_by_the_fingerprint_of_its_tokens(cache):
    tokens = play(cache)
    assert list(cache.trajectories(0)) == [fingerprint(tokens, MASK)]


def test_a_fingerprint_does_not_see_what_was_read_after_the_last_message():
    assert fingerprint((1, 2, 3, 4), (0, 1, 0, 0)) == fingerprint((1, 2), (0, 1))


def test_a_fingerprint_sees_the_mask():
    assert fingerprint((1, 2, 3), (0, 0, 1)) != fingerprint((1, 2, 3), (0, 1, 1))


def test_a_message_asked_for_again_is_held_once(cache):
    turn(cache, OPENING, FIRST)
    tokens = turn(cache, OPENING, FIRST)
    assert only(cache).token_ids == tokens


def test_an_episode_played_again_begins_anew(cache):
    play(cache)
    again = turn(cache, OPENING, (77, 9))
    assert only(cache).token_ids == again


def test_an_episode_played_again_with_a_longer_opening_begins_anew(cache):
    turn(cache, OPENING, FIRST)
    longer = turn(cache, (1, 6, 7, 8, 8, 8, 8), SECOND)
    assert (only(cache).token_ids, only(cache).prompt_len) == (longer, 7)


def test_the_version_is_that_of_the_first_message(cache):
    seen = turn(cache, OPENING, FIRST, version=4)
    turn(cache, (*seen, *TOOL), SECOND, version=5)
    assert only(cache).version == 4


def test_batches_are_held_apart(cache):
    play(cache, context="a", batch=0)
    turn(cache, OPENING, (88, 9), context="b", batch=1)
    assert only(cache, 1).token_ids == (*OPENING, 88, 9)


def test_a_context_that_comes_again_in_another_batch_leaves_the_first(cache):
    tokens = play(cache, batch=0)
    turn(cache, OPENING, (88, 9), batch=1)
    assert only(cache, 0).token_ids == tokens


def test_forgetting_a_batch_leaves_the_others(cache):
    play(cache, context="a", batch=0)
    play(cache, context="b", batch=1)
    cache.forget(0)
    assert (len(cache.trajectories(0)), len(cache.trajectories(1))) == (0, 1)


def test_what_was_kept_outlives_the_process(cache, tmp_path):
    tokens = play(cache)
    again = Cache(tmp_path / "cache.db")
    assert only(again).token_ids == tokens
    again.close()


def test_a_file_that_is_no_cache_is_refused(tmp_path):
    (tmp_path / "notes").write_text("These are notes, not a database. " * 100)
    with pytest.raises(StoreError, match="is no store"):
        Cache(tmp_path / "notes")
