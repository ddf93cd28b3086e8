"""The curriculum: what an update asks, how it grows harder, and what rests."""

import msgspec
import pytest

from baselines.grpo.config import Config
from baselines.grpo.curriculum import (
    MEMORY,
    REST,
    Curriculum,
    Past,
    asleep,
    chosen,
    hops_at,
    name_of,
    noise_at,
    seen,
    stage,
)
from baselines.grpo.records import Group, Query, Rollout, Trajectory
from webenvs.errors import SettingError

POOL = tuple(Query(world="w", task=f"t{n:02}", seed=0, hops=2 + n % 3) for n in range(30))


def config(**settings):
    return Config(**{"queries": 4, "updates": 100, "noise": ("none", "mild", "severe"), **settings})


def group(query, *accs, status="ok"):
    empty = Trajectory(
        id="x", role="planner", token_ids=(), prompt_len=0, loss_mask=(), logprobs=()
    )
    rollouts = tuple(
        Rollout(query=query, index=index, planner=empty, acc=acc, status=status)
        for index, acc in enumerate(accs)
    )
    return Group(query=query, rollouts=rollouts)


def settled(rate, *queries, update=0):
    return {name_of(query): Past(acc=(rate,) * MEMORY, update=update) for query in queries}


@pytest.mark.parametrize(
    ("count", "progress", "wanted"),
    [(1, 0.9, 0), (3, 0.0, 0), (3, 0.24, 0), (3, 0.25, 1), (3, 0.5, 2), (3, 1.0, 2), (2, 0.49, 0)],
)
def test_stages_are_of_equal_length_up_to_half_of_the_run(count, progress, wanted):
    assert stage(count, progress) == wanted


def test_without_a_curriculum_all_noises_are_met_at_once():
    assert noise_at(config(), 0.0) == ("none", "mild", "severe")


def test_a_curriculum_of_noise_begins_with_the_first():
    assert noise_at(config(curriculum="noise"), 0.0) == ("none",)


def test_a_curriculum_of_noise_keeps_the_earlier_ones():
    assert noise_at(config(curriculum="both"), 0.3) == ("none", "mild")


def test_without_a_curriculum_the_longest_chains_are_asked_at_once():
    assert hops_at([2, 3, 4], config(curriculum="noise"), 0.0) == 4


@pytest.mark.parametrize(("progress", "wanted"), [(0.0, 2), (0.3, 3), (0.6, 4)])
def test_a_curriculum_of_difficulty_grows_with_progress(progress, wanted):
    assert hops_at([4, 2, 3, 2], config(curriculum="difficulty"), progress) == wanted


def test_an_update_asks_as_many_different_questions_as_it_should():
    found = chosen(POOL, {}, config(), 0)
    assert len({name_of(query) for query in found}) == 4


def test_the_same_update_asks_the_same_again():
    assert chosen(POOL, {}, config(), 7) == chosen(POOL, {}, config(), 7)


def test_another_update_asks_others():
    assert chosen(POOL, {}, config(), 7) != chosen(POOL, {}, config(), 8)


def test_another_seed_asks_others():
    assert chosen(POOL, {}, config(seed=1), 7) != chosen(POOL, {}, config(), 7)


def test_the_order_of_the_history_does_not_matter():
    history = {name_of(query): Past(acc=(0.5,), update=n) for n, query in enumerate(POOL)}
    turned = dict(reversed(history.items()))
    assert chosen(POOL, turned, config(), 40) == chosen(POOL, history, config(), 40)


def test_short_chains_come_first_in_a_curriculum_of_difficulty():
    found = chosen(POOL, {}, config(curriculum="difficulty"), 0)
    assert {query.hops for query in found} == {2}


def test_progress_may_be_that_of_the_time():
    found = chosen(POOL, {}, config(curriculum="difficulty", queries=30), 0, 1.0)
    assert {query.hops for query in found} == {2, 3, 4}


def test_noise_is_drawn_for_every_question():
    found = chosen(POOL, {}, config(queries=30), 0)
    assert {query.noise for query in found} == {"none", "mild", "severe"}


def test_what_was_asked_least_lately_is_asked_first():
    history = {name_of(query): Past(acc=(0.5,), update=5) for query in POOL[4:]}
    found = chosen(POOL, history, config(), 6)
    assert sorted(name_of(query) for query in found) == [name_of(query) for query in POOL[:4]]


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_question_that_teaches_nothing_rests(rate):
    assert asleep(POOL[0], settled(rate, POOL[0]), 1)


def test_a_question_that_is_sometimes_answered_does_not_rest():
    assert not asleep(POOL[0], {name_of(POOL[0]): Past(acc=(0.0, 1.0) * MEMORY)}, 1)


def test_a_question_of_few_rollouts_does_not_rest():
    assert not asleep(POOL[0], {name_of(POOL[0]): Past(acc=(1.0,) * (MEMORY - 1))}, 1)


def test_a_question_wakes_up_after_its_rest():
    assert not asleep(POOL[0], settled(0.0, POOL[0], update=3), 3 + REST)


def test_resting_questions_are_not_asked():
    history = settled(1.0, *POOL[:20])
    found = chosen(POOL, history, config(queries=10), 1)
    assert sorted(name_of(query) for query in found) == [name_of(query) for query in POOL[20:]]


def test_questions_that_are_sometimes_answered_fill_the_batch():
    mixed = {name_of(POOL[0]): Past(acc=(0.0, 1.0) * MEMORY)}
    history = settled(1.0, *POOL[1:]) | mixed
    found = chosen(POOL, history, config(), 1)
    assert {name_of(query) for query in found} == {name_of(POOL[0])}


def test_a_question_asked_twice_in_an_update_has_two_seeds():
    found = chosen(POOL[:1], {}, config(), 0)
    assert len({query.id for query in found}) == 4


def test_the_pool_is_refreshed_where_all_rest():
    history = settled(0.0, *POOL[:2], update=1) | settled(0.0, *POOL[2:], update=2)
    found = chosen(POOL, history, config(queries=2), 3)
    assert sorted(name_of(query) for query in found) == [name_of(query) for query in POOL[:2]]


def test_the_last_rollouts_are_remembered():
    history = seen({}, [group(POOL[0], *[0.0] * MEMORY)], 1)
    history = seen(history, [group(POOL[0], 1.0, 1.0)], 2)
    assert history[name_of(POOL[0])] == Past(acc=(0.0,) * (MEMORY - 2) + (1.0, 1.0), update=2)


def test_a_group_larger_than_the_memory_is_remembered_whole():
    history = seen({}, [group(POOL[0], 1.0, *[0.0] * MEMORY)], 1)
    assert not history[name_of(POOL[0])].settled


def test_what_the_infrastructure_broke_is_not_remembered():
    assert seen({}, [group(POOL[0], 0.0, status="infra_error")], 1) == {}


def test_a_history_is_not_changed_but_followed_by_another():
    history = settled(0.0, POOL[0])
    seen(history, [group(POOL[0], 1.0)], 2)
    assert history == settled(0.0, POOL[0])


def test_a_curriculum_goes_on_exactly_from_its_state():
    one, other = Curriculum(config(), POOL), Curriculum(config(), POOL)
    for update in range(3):
        one.seen([group(query, 1.0, 0.0) for query in one.queries(update)])
    other.load_state_dict(msgspec.json.decode(msgspec.json.encode(one.state_dict())))
    assert other.queries(3) == one.queries(3)


def test_a_curriculum_tells_how_much_of_its_pool_is_settled():
    made = Curriculum(config(), POOL)
    asked = made.queries(0)
    made.seen([group(asked[0], *[1.0] * 8), group(asked[1], *[0.0] * 8), group(asked[2], 0.0, 1.0)])
    assert made.metrics() == pytest.approx(
        {"curriculum/asked": 0.1, "curriculum/always": 1 / 30, "curriculum/never": 1 / 30}
    )


def test_a_curriculum_needs_questions():
    with pytest.raises(SettingError, match="at least one question"):
        Curriculum(config(), ())


def test_an_update_that_asks_on_asks_other_questions():
    curriculum = Curriculum(config(), POOL)
    first = curriculum.queries(3)
    more = curriculum.queries(3, after=[group(query, 0.0, 0.0) for query in first])
    assert {name_of(query) for query in first}.isdisjoint(map(name_of, more))


def test_an_update_that_asks_on_leaves_no_trace_before_it_is_seen():
    curriculum = Curriculum(config(), POOL)
    first = curriculum.queries(3)
    curriculum.queries(3, after=[group(query, 0.0, 0.0) for query in first])
    assert curriculum.queries(3) == first


def test_a_question_that_is_asked_twice_in_an_update_has_another_seed():
    curriculum = Curriculum(config(queries=1), POOL[:1])
    (first,) = curriculum.queries(3)
    (second,) = curriculum.queries(3, after=[group(first, 0.0, 1.0)])
    assert name_of(first) == name_of(second)
    assert first.seed != second.seed
