"""What every store of the decoupled trainers promises, SQLite and Ray alike."""

import itertools

import pytest

from baselines.grpo.decoupled.store import Ack, LeaseLostError, StoreError
from webenvs.errors import SettingError

DAY = 86_400.0


def ack(*queries, step=0, batch=0, **fields):
    return Ack(step=step, batch=batch, consumed=queries, **fields)


def names(groups):
    return [ready.done.query for ready in groups]


def test_an_empty_store_has_nothing_to_lease(store):
    assert store.lease("s") == ()


def test_an_empty_store_has_no_last_ack(store):
    assert store.last_ack() is None


def test_a_committed_group_is_leased_with_all_its_records_in_order(store, make):
    store.commit(make.group(workers=(2, 0, 1)))
    (ready,) = store.lease("s")
    assert [entry.rollout for entry in ready.outcomes] == [0, 1, 2]
    assert [(entry.rollout, entry.invocation) for entry in ready.workers] == [
        (0, 0),
        (0, 1),
        (2, 0),
    ]


def test_a_commit_tells_how_many_records_were_new(store, make):
    assert store.commit(make.group(workers=(1, 2))) == 6


def test_a_record_survives_the_store_field_by_field(store, make):
    sent = make.outcome(
        acc=0.25, reward=0.7, format_ok=False, policy_version=3, components={"format": 0.5}
    )
    store.commit([sent, make.done()])
    assert store.lease("s")[0].outcomes == (sent,)


@pytest.mark.parametrize("turn", range(4))
def test_records_may_arrive_in_any_order(store, make, turn):
    records = make.group(workers=(1,))
    orders = list(itertools.permutations(records))
    for record in orders[turn]:
        store.commit([record])
    assert len(store.lease("s")[0].workers) == 1


def test_a_group_is_not_leased_before_it_is_done(store, make):
    store.commit(make.group(workers=(1,))[1:])
    assert store.lease("s") == ()


def test_a_group_is_not_leased_while_an_outcome_is_missing(store, make):
    store.commit([make.done(valid=(0, 1)), make.outcome(rollout=0)])
    assert store.lease("s") == ()


def test_a_group_is_not_leased_while_a_worker_is_missing(store, make):
    store.commit([make.done(), make.outcome(workers=2), make.worker(invocation=1)])
    assert store.lease("s") == ()


def test_a_batch_is_not_leased_while_one_of_its_groups_is_missing(store, make):
    store.commit(make.group("a", (1,), place=0, of_groups=2))
    assert store.lease("s") == ()


def test_groups_of_a_batch_come_by_place_whatever_came_first(store, make):
    store.commit(make.group("z", (1,), place=0, of_groups=2))
    store.commit(make.group("a", (1,), place=1, of_groups=2))
    assert names(store.lease("s")) == ["z", "a"]


def test_an_aborted_rollout_is_left_out_of_the_group(store, make):
    broken = make.outcome(rollout=1, status="infra_error")
    store.commit([make.done(valid=(0, 2), rollouts=3), broken])
    store.commit([make.outcome(rollout=0), make.outcome(rollout=2)])
    assert [entry.rollout for entry in store.lease("s")[0].outcomes] == [0, 2]


def test_a_group_of_which_every_rollout_was_aborted_still_completes_its_batch(store, make):
    store.commit([make.done("a", (), rollouts=4, of_groups=2)])
    store.commit(make.group("b", (1,), place=1, of_groups=2))
    assert names(store.lease("s")) == ["a", "b"]


def test_a_duplicate_counts_as_nothing_new(store, make):
    store.commit(make.group())
    assert store.commit(make.group()) == 0


def test_a_duplicate_changes_no_count(store, make):
    store.commit(make.group(workers=(1, 2)))
    before = store.counts()
    store.commit(make.group(workers=(1, 2)))
    assert store.counts() == before


def test_the_first_record_of_a_key_stands(store, make):
    store.commit([make.outcome(acc=1.0)])
    store.commit([make.outcome(acc=0.0), make.done()])
    assert store.lease("s")[0].outcomes[0].acc == 1.0


def test_a_second_record_of_a_key_that_says_something_else_is_counted(store, make):
    store.commit([make.outcome(acc=1.0)])
    store.commit([make.outcome(acc=0.0)])
    assert store.counts()["conflicts"] == 1


def test_a_question_asked_again_in_another_batch_is_refused(store, make):
    store.commit(make.group(batch=0))
    with pytest.raises(StoreError, match="seed of its own"):
        store.commit(make.group(batch=1))


def test_a_commit_that_is_refused_keeps_none_of_its_records(store, make):
    store.commit(make.group("q"))
    with pytest.raises(StoreError):
        store.commit([make.outcome("other"), make.done("q", batch=7)])
    assert store.counts()["outcomes"] == 2


def test_the_oldest_complete_batch_comes_first(store, make):
    store.commit(make.group("new", batch=2))
    store.commit(make.group("old", batch=1))
    assert names(store.lease("s")) == ["old"]


def test_a_later_batch_may_be_leased_by_number(store, make):
    store.commit(make.group("new", batch=2))
    store.commit(make.group("old", batch=1))
    assert names(store.lease("s", 2)) == ["new"]


def test_a_batch_that_is_asked_for_and_not_there_is_empty(store, make):
    store.commit(make.group(batch=2))
    assert store.lease("s", 1) == ()


def test_a_lease_takes_nothing_away(store, make):
    store.commit(make.group())
    assert store.lease("s") == store.lease("s")


def test_a_leased_batch_is_not_given_to_another(store, make):
    store.commit(make.group())
    store.lease("s")
    assert store.lease("other") == ()


def test_another_gets_the_next_batch_while_the_first_is_leased(store, make):
    store.commit([*make.group("a", batch=0), *make.group("b", batch=1)])
    store.lease("s")
    assert names(store.lease("other")) == ["b"]


def test_a_lease_ends_with_its_time(store, make, clock):
    store.commit(make.group())
    store.lease("s")
    clock.now += 60.0
    assert names(store.lease("other")) == ["q"]


def test_a_lease_holds_until_its_time(store, make, clock):
    store.commit(make.group())
    store.lease("s")
    clock.now += 59.0
    assert store.lease("other") == ()


def test_leasing_again_prolongs_the_lease(store, make, clock):
    store.commit(make.group())
    store.lease("s")
    clock.now += 59.0
    store.lease("s")
    clock.now += 59.0
    assert store.lease("other") == ()


def test_a_release_frees_what_an_owner_held(store, make):
    store.commit(make.group())
    store.lease("s")
    assert store.release("s") == 1
    assert names(store.lease("other")) == ["q"]


def test_a_release_leaves_the_leases_of_others(store, make):
    store.commit(make.group())
    store.lease("s")
    assert store.release("other") == 0


def test_an_acked_group_is_never_leased_again(store, make, clock):
    store.commit(make.group())
    store.lease("s")
    store.ack("s", ack("q"))
    clock.now += 10 * DAY
    assert store.lease("s") == ()


def test_an_acked_group_is_not_opened_by_its_duplicates(store, make):
    store.commit(make.group())
    store.ack("s", ack("q"))
    store.commit(make.group())
    assert store.lease("s") == ()


def test_an_ack_may_be_repeated(store, make):
    store.commit(make.group())
    assert store.ack("s", ack("q")) is True
    assert store.ack("s", ack("q")) is False


def test_the_last_ack_is_that_of_the_highest_step(store, make):
    store.commit([*make.group("a", batch=0), *make.group("b", batch=1)])
    store.ack("s", ack("a", step=0, version=1))
    store.ack("s", ack("b", step=1, batch=1, version=2))
    assert store.last_ack() == ack("b", step=1, batch=1, version=2)


def test_a_group_cannot_be_closed_by_two_steps(store, make):
    store.commit(make.group())
    store.ack("s", ack("q", step=0))
    with pytest.raises(LeaseLostError, match="closed by step 0"):
        store.ack("s", ack("q", step=1))


def test_an_ack_of_a_group_that_nobody_knows_is_refused(store):
    with pytest.raises(LeaseLostError, match="unknown"):
        store.ack("s", ack("q"))


def test_a_step_cannot_be_acked_with_other_groups(store, make):
    store.commit([*make.group("a", batch=0), *make.group("b", batch=1)])
    store.ack("s", ack("a"))
    with pytest.raises(LeaseLostError, match="other groups"):
        store.ack("s", ack("b"))


def test_an_ack_of_what_another_leases_by_now_is_refused(store, make, clock):
    store.commit(make.group())
    store.lease("s")
    clock.now += 60.0
    store.lease("other")
    with pytest.raises(LeaseLostError, match="leased to 'other'"):
        store.ack("s", ack("q"))


def test_an_ack_that_is_refused_closes_none_of_its_groups(store, make):
    store.commit(make.group("a"))
    with pytest.raises(LeaseLostError):
        store.ack("s", ack("a", "unknown"))
    assert names(store.lease("s")) == ["a"]


def test_an_expired_lease_that_nobody_took_can_still_be_acked(store, make, clock):
    store.commit(make.group())
    store.lease("s")
    clock.now += DAY
    assert store.ack("s", ack("q")) is True


def test_dropped_groups_are_closed_and_counted_apart(store, make):
    store.commit([*make.group("a", of_groups=2), *make.group("b", place=1, of_groups=2)])
    store.ack("s", ack("a", dropped=("b",)))
    counts = store.counts()
    assert (counts["acked"], counts["dropped"], store.lease("s")) == (1, 1, ())


def test_what_was_committed_before_midnight_is_there_the_day_after(store, make, clock):
    store.commit(make.group("before"))
    clock.now += DAY
    assert names(store.lease("s")) == ["before"]


def test_records_of_two_days_make_one_group(store, make, clock):
    first, *rest = make.group(workers=(1,))
    store.commit([first])
    clock.now += DAY
    store.commit(rest)
    assert names(store.lease("s")) == ["q"]


def test_a_planners_side_that_comes_back_finds_what_it_committed(opener, make):
    records = make.group(workers=(1, 1))
    opener().commit(records[:3])
    again = opener()
    assert again.commit(records) == len(records) - 3


def test_a_workers_side_that_comes_back_gets_its_lease_again(opener, make):
    opener().commit(make.group())
    opener().lease("s")
    assert names(opener().lease("s")) == ["q"]


def test_a_workers_side_that_comes_back_sees_its_last_ack(opener, make):
    store = opener()
    store.commit(make.group())
    store.ack("s", ack("q", version=1))
    assert opener().last_ack() == ack("q", version=1)


def test_two_runs_do_not_see_each_other(opener, make):
    opener("one").commit(make.group())
    assert opener("two").lease("s") == ()


def test_counts_tell_all_there_is(store, make):
    store.commit(make.group(workers=(1, 2)))
    store.lease("s")
    assert store.counts() == {
        "outcomes": 2,
        "workers": 3,
        "groups": 1,
        "leased": 1,
        "acked": 0,
        "dropped": 0,
        "conflicts": 0,
    }


def test_what_is_no_record_of_the_contract_is_refused_by_name(store):
    with pytest.raises(SettingError, match=r"'dict' is not allowed.*only ids and numbers"):
        store.commit([{"token_ids": [1, 2, 3]}])
