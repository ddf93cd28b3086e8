"""Two trainers over a store: what each learns from, in every mode, whoever dies and comes back."""

import pytest

from baselines.grpo import credit
from baselines.grpo.config import Config
from baselines.grpo.decoupled.publishing import committed
from baselines.grpo.decoupled.store import StoreError
from baselines.grpo.decoupled.worker_side import IMPORTANCE_CAP, WorkerSide, trained_config
from baselines.grpo.records import Query
from webenvs.errors import SettingError

MODES = ("sync", "delay-1", "async")
D = 4


def plain(row):
    """A row without the names of what was not trained."""
    one = row.trajectory
    return (one.token_ids, one.loss_mask, one.prompt_len, one.advantage, one.reward, row.coef)


def taught(student):
    return [tuple(plain(row) for row in rows) for rows in student.taught]


def together(groups, config, batch, policy):
    """The rows of a policy where one process sees all tokens."""
    rows, _ = credit.rows(groups, config, (config.seed, "credit", batch))
    return tuple(plain(row) for row in rows if row.trajectory.policy == policy)


def heard(pair):
    """The groups of every batch as the engine played them, noted on the way."""
    groups, play = [], pair.engine.groups

    def noted(queries, key):
        played = play(queries, key)
        groups.append([pair.planner._scored(group) for group in played])
        return played

    pair.engine.groups = noted
    return groups


@pytest.mark.parametrize("alignment", ["weighted", "random", "pooled"])
def test_each_side_learns_the_rows_of_its_policy_as_if_it_saw_all_tokens(pair, alignment):
    sides = pair(alignment=alignment, align_to=D)
    groups = heard(sides)
    sides.run(2)
    for name, student in (("planner", sides.planner_student), ("worker", sides.worker_student)):
        assert taught(student) == [
            together(played, sides.config, batch, name) for batch, played in enumerate(groups)
        ]


@pytest.mark.parametrize("credited", ["broadcast", "blend"])
def test_inherited_credit_crosses_the_store_too(pair, credited):
    sides = pair(credit=credited, blend=0.5, aggregation="rollout-token-mean", reward="matpo")
    groups = heard(sides)
    sides.run(1)
    assert taught(sides.worker_student)[0] == together(groups[0], sides.config, 0, "worker")


def test_a_random_alignment_gives_d_samples_for_every_rollout_with_workers(pair):
    sides = pair(alignment="random", align_to=D)
    sides.run(1)
    rows = sides.worker_student.taught[0]
    of_one_group = [row for row in rows if row.group.startswith("w/t0")]
    share = [row.coef * row.trajectory.sampled for row in of_one_group]
    rollouts_with_workers, groups = 3, 2
    samples = [round(part * groups * D * rollouts_with_workers, 9) for part in share]
    assert sum(samples) == pytest.approx(D * rollouts_with_workers)
    assert all(sample == pytest.approx(round(sample)) for sample in samples)


def test_a_rollout_without_workers_is_none_of_the_workers_samples(pair):
    sides = pair().run(1)
    assert not [row for row in sides.worker_student.taught[0] if "/1/" in row.trajectory.id]


def test_an_aborted_rollout_is_taught_to_neither_side(pair):
    sides = pair(broken=(3,)).run(1)
    rows = [*sides.planner_student.taught[0], *sides.worker_student.taught[0]]
    assert rows and not [row for row in rows if "/3/" in row.trajectory.id]


@pytest.mark.parametrize("mode", MODES)
def test_every_batch_is_taught_once(pair, mode):
    sides = pair(sync=mode).run(5)
    assert len(sides.worker_student.taught) == 5


def test_in_sync_nothing_lags(pair):
    sides = pair(sync="sync").run(4)
    assert {entry.lag for entry in sides.lags} == {0}


def test_with_a_delay_everything_lags_by_one_after_the_first_batch(pair):
    sides = pair(sync="delay-1").run(5)
    assert {(entry.batch > 0, entry.lag) for entry in sides.lags} == {(False, 0), (True, 1)}


def test_lags_are_logged_for_every_record(pair):
    sides = pair(sync="delay-1").run(3)
    assert len(sides.lags) == 3 * 2 * 6


def test_metrics_tell_of_groups_records_and_lags(pair):
    sides = pair().run(1)
    found = sides.metrics[0]
    assert (found["store/groups"], found["store/records"], found["store/lag_max"]) == (2, 12, 0)


def test_a_lost_trajectory_is_left_out_and_counted(pair):
    sides = pair()
    sides.policy.begin(0)
    play = sides.engine.groups

    def forgetful(queries, key):
        played = play(queries, key)
        sides.cache._db.execute("DELETE FROM pieces WHERE context = 'w/t0/5/0/1'")
        return played

    sides.engine.groups = forgetful
    sides.run(1)
    ids = [row.trajectory.id for row in sides.worker_student.taught[0]]
    assert sides.metrics[0]["store/lost"] == 1
    assert "w/t0/5/0/2" not in ids and "w/t0/5/0/1" in ids


def test_the_rest_of_a_rollout_stands_for_its_lost_trajectory(pair):
    sides = pair()
    play = sides.engine.groups

    def forgetful(queries, key):
        played = play(queries, key)
        sides.cache._db.execute("DELETE FROM pieces WHERE context = 'w/t0/5/0/1'")
        return played

    sides.engine.groups = forgetful
    sides.run(1)
    rows = sides.worker_student.taught[0]
    share = sum(
        row.coef * row.trajectory.sampled for row in rows if row.trajectory.id == "w/t0/5/0/1"
    )
    assert share == pytest.approx(1 / 2 / 3)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_workers_side_that_dies_while_saving_learns_the_same_as_one_that_does_not(
    pair, killed, mode, moment
):
    calm = pair(sync=mode, name="calm").run(4)
    hurt = pair(sync=mode, name="hurt")
    hurt.planner.update()
    hurt.planner.update()
    hurt.shelves["worker"].crash = moment
    with pytest.raises(killed):
        hurt.worker.step()
    hurt.shelves["worker"].crash = None
    hurt.start_worker()
    hurt.run(4)
    assert hurt.weights == calm.weights


@pytest.mark.parametrize("mode", MODES)
def test_a_workers_side_that_dies_while_a_batch_is_played_learns_the_same(pair, mode):
    calm = pair(sync=mode, name="calm").run(4)
    hurt = pair(sync=mode, name="hurt")
    hurt.planner.update()
    hurt.planner.update()
    play = hurt.engine.groups

    def killing(queries, key):
        first = play(queries[:1], key)
        hurt.start_worker()
        return [*first, *play(queries[1:], key)]

    hurt.engine.groups = killing
    hurt.planner.update()
    hurt.engine.groups = play
    hurt.run(4)
    assert hurt.weights == calm.weights


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_planners_side_that_dies_while_saving_learns_the_same(pair, killed, moment):
    calm = pair(name="calm").run(4)
    hurt = pair(name="hurt")
    hurt.planner.update()
    hurt.shelves["planner"].crash = moment
    with pytest.raises(killed):
        hurt.planner.update()
    hurt.worker.step()
    hurt.shelves["planner"].crash = None
    hurt.start_planner()
    hurt.run(4)
    assert hurt.weights == calm.weights


def test_a_planners_side_that_dies_while_it_plays_learns_the_same(pair, killed):
    calm = pair(name="calm").run(3)
    hurt = pair(name="hurt")
    hurt.planner.update()
    hurt.engine.crash = True
    with pytest.raises(killed):
        hurt.planner.update()
    hurt.start_planner()
    hurt.run(3)
    assert hurt.weights == calm.weights


def test_nothing_is_counted_twice_after_both_sides_died(pair):
    sides = pair()
    sides.planner.update()
    sides.start_worker()
    sides.start_planner()
    sides.run(3)
    counts = sides.store.counts()
    assert (counts["groups"], counts["acked"], counts["conflicts"]) == (6, 6, 0)


def test_groups_beyond_the_staleness_bound_are_dropped_and_closed(pair):
    sides = pair(sync="async", max_staleness=1)
    step, sides.policy._side.step = sides.worker.step, lambda: False
    for _ in range(4):
        sides.planner.update()
    sides.policy._side.step = step
    sides.planner.finish()
    counts = sides.store.counts()
    assert (counts["acked"], counts["dropped"]) == (4, 4)


def test_a_dropped_batch_moves_no_weight(pair):
    sides = pair(sync="async", max_staleness=0)
    step, sides.policy._side.step = sides.worker.step, lambda: False
    for _ in range(3):
        sides.planner.update()
    sides.policy._side.step = step
    sides.planner.finish()
    assert sides.worker_student.policy.version == 1


def test_running_freely_takes_truncated_importance_weights():
    assert trained_config(Config(sync="async")).importance_cap == IMPORTANCE_CAP


def test_a_cap_of_the_users_own_stays():
    assert trained_config(Config(sync="async", importance_cap=5.0)).importance_cap == 5.0


@pytest.mark.parametrize("mode", ["sync", "delay-1"])
def test_the_other_modes_take_none_by_themselves(mode):
    assert trained_config(Config(sync=mode)).importance_cap is None


def test_an_evaluation_leaves_nothing_to_train_on(pair):
    sides = pair()

    def evaluate():
        queries = (Query(world="w", task="t", seed=1),)
        return {"groups": float(len(sides.engine.groups(queries, ("evaluation",))))}

    assert sides.planner.evaluated(evaluate) == {"groups": 1.0}
    assert sides.cache.trajectories(0) == {}


def test_what_was_used_up_is_forgotten(pair):
    sides = pair().run(2)
    assert [sides.cache.trajectories(batch) for batch in range(2)] == [{}, {}]


def test_a_question_may_come_again_in_every_batch(pair):
    sides = pair().run(3)
    assert sides.store.counts()["groups"] == 6


def test_a_delay_needs_weights_apart(pair):
    sides = pair()
    with pytest.raises(SettingError, match="sync = 'delay-1'"):
        WorkerSide(
            Config(sync="delay-1"),
            sides.worker_student,
            sides.worker._answering,
            sides.store,
            sides.cache,
            sides.shelves["worker"],
        )


def test_a_workers_side_that_lost_its_checkpoint_is_refused(pair):
    sides = pair().run(2)
    sides.shelves["worker"].state = None
    with pytest.raises(StoreError, match="knows of 2 steps"):
        sides.start_worker()


def test_a_planners_side_that_lost_its_checkpoint_is_refused(pair):
    sides = pair().run(2)
    sides.shelves["planner"].state = None
    (sides.folder / "batch.msgpack").unlink()
    sides.start_planner()
    with pytest.raises(SettingError, match="older checkpoint"):
        sides.planner.update()


def test_a_batch_that_cannot_be_written_is_told_to_nobody(pair):
    sides = pair()
    (sides.folder / "batch.msgpack").mkdir(parents=True)
    with pytest.raises(StoreError, match="nothing of it was told"):
        sides.planner._put(b"")
    assert sides.store.counts()["outcomes"] == 0


def test_a_garbled_batch_is_told(pair):
    sides = pair()
    (sides.folder / "batch.msgpack").write_bytes(b"garbage")
    with pytest.raises(StoreError, match=r"batch\.msgpack holds no batch that was played"):
        sides.planner.update()


def test_no_token_of_a_batch_crosses(pair):
    sides = pair()
    groups = heard(sides)
    sides.run(1)
    sent = repr(committed(groups[0], 0))
    tokens = {repr(one.token_ids) for g in groups[0] for r in g.rollouts for one in r.trajectories}
    assert not [ids for ids in tokens if ids in sent]
